//! Times as they are listed.

/// A number of seconds since 1970 as a date and a time of day; as the C tool prints them where the
/// local time is universal time, which goes by another name in output for programs.
pub(super) fn printed(seconds: i64, simple: bool) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days of the proleptic Gregorian calendar, in years that begin in March and eras of 400 of them.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, late) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + late;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let zone = if simple { "GMT" } else { "UTC" };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {zone}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates() {
        assert_eq!(printed(1, true), "1970-01-01 00:00:01 GMT");
        assert_eq!(printed(951_782_400, false), "2000-02-29 00:00:00 UTC");
        assert_eq!(printed(1_461_485_029, false), "2016-04-24 08:03:49 UTC");
        assert_eq!(printed(4_102_444_799, false), "2099-12-31 23:59:59 UTC");
    }
}
