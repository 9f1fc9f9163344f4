//! Times as they are listed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A number of seconds since 1970 as a date and a time of day, as C's `strftime` writes them: in the zone
/// that the variable `TZ` or else the system says, but in universal time in output for programs.
pub(super) fn printed(seconds: i64, simple: bool) -> String {
    if simple {
        return in_zone(seconds, &TimeZone::UTC, Some("GMT"));
    }
    match std::env::var("TZ") {
        Ok(name) => {
            let (zone, unknown) = zone(&name);
            in_zone(seconds, &zone, unknown.as_deref())
        }
        Err(_) => in_zone(seconds, &TimeZone::try_system().unwrap_or(TimeZone::UTC), None),
    }
}

/// The zone with this name or rule; for one that is not known universal time, and what the C library
/// calls it then.
fn zone(name: &str) -> (TimeZone, Option<String>) {
    let name = name.strip_prefix(':').unwrap_or(name);
    if name.is_empty() {
        return (TimeZone::UTC, None);
    }
    let file = || TimeZone::tzif(name, &std::fs::read(name).ok()?).ok();
    let stored = if name.starts_with('/') { file() } else { TimeZone::get(name).ok() };
    // Where a rule does not say when summer time is, it is when it was in the United States.
    let rule = || {
        let summer = format!("{name},M3.2.0,M11.1.0");
        TimeZone::posix(name).or_else(|_| TimeZone::posix(&summer)).ok()
    };
    match stored.or_else(rule) {
        Some(zone) => (zone, None),
        None => {
            let end = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
            (TimeZone::UTC, Some(if end < 3 { "" } else { &name[..end] }.to_owned()))
        }
    }
}

/// A time in a zone that is called `called` or else what it says itself.
fn in_zone(seconds: i64, zone: &TimeZone, called: Option<&str>) -> String {
    // Times that have no date have none in the C library either, but then much later.
    let Ok(timestamp) = Timestamp::from_second(seconds) else { return seconds.to_string() };
    let time = timestamp.to_zoned(zone.clone());
    let name = called.map_or_else(|| time.strftime("%Z").to_string(), str::to_owned);
    format!("{} {name}", time.strftime("%Y-%m-%d %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, name: &str) -> String {
        let (zone, unknown) = zone(name);
        in_zone(seconds, &zone, unknown.as_deref())
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(printed(1, true), "1970-01-01 00:00:01 GMT");
        assert_eq!(at(951_782_400, "UTC"), "2000-02-29 00:00:00 UTC");
        assert_eq!(at(1_461_485_029, ""), "2016-04-24 08:03:49 UTC");
        assert_eq!(at(4_102_444_799, "UTC0"), "2099-12-31 23:59:59 UTC");
    }

    /// As `date -d @1461485029` prints them with these variables.
    #[test]
    fn zones_are_rules_or_names() {
        assert_eq!(at(1_461_485_029, "CET-1CEST,M3.5.0,M10.5.0/3"), "2016-04-24 10:03:49 CEST");
        assert_eq!(at(1_461_485_029, "CET-1CEST"), "2016-04-24 10:03:49 CEST");
        assert_eq!(at(1_452_988_800, "CET-1CEST"), "2016-01-17 01:00:00 CET");
        assert_eq!(at(1_461_485_029, "<+0530>-5:30"), "2016-04-24 13:33:49 +0530");
        assert_eq!(at(1_461_485_029, "Nowhere/Atall"), "2016-04-24 08:03:49 Nowhere");
        assert_eq!(at(1_461_485_029, "X"), "2016-04-24 08:03:49 ");
    }
}
