//! Packed bits: the list of `-M`.

use crate::render::Bits;

/// Bits of the widest integer.
const WIDEST: u32 = 64;
/// Groups of bits that may be asked for at once.
const MAX_GROUPS: usize = 8;

/// Groups of bits: a list of offsets and lengths in turn.
///
/// # Errors
/// What is wrong with the list, as the C tool says it.
pub(super) fn parse(list: &str) -> Result<Vec<Bits>, String> {
    let bad = || format!("Bad mask list({list})");
    let mut groups = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let (number, after) = number(rest).ok_or_else(bad)?;
        let offset = u32::try_from(number).ok().filter(|&offset| offset < WIDEST).ok_or_else(|| {
            format!("Packed Bit offset value({number}) must be between 0 and {}", WIDEST - 1)
        })?;
        let after = after
            .strip_prefix(',')
            .ok_or_else(|| format!("Bad mask list({list}), missing expected comma separator."))?;
        let (length, after) = self::number(after).ok_or_else(bad)?;
        let length = u32::try_from(length)
            .ok()
            .filter(|&length| length > 0)
            .ok_or_else(|| format!("Packed Bit length value({length}) must be positive."))?;
        let end = u64::from(offset) + u64::from(length);
        if end > WIDEST.into() {
            return Err(format!("Packed Bit offset+length value({end}) too large. Max is {WIDEST}"));
        }
        if groups.len() == MAX_GROUPS {
            return Err(format!("Too many masks requested (max. {MAX_GROUPS}). Mask list({list})"));
        }
        groups.push(Bits { offset, length });
        rest = match after.strip_prefix(',') {
            Some("") => return Err(format!("Bad mask list({list}), unexpected end of string.")),
            Some(next) => next,
            None => after,
        };
    }
    if groups.is_empty() { Err(bad()) } else { Ok(groups) }
}

/// The number at the start, as C's `int` holds it, and what follows.
fn number(text: &str) -> Option<(i32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let value = match digits.parse::<u64>() {
        Ok(value) => value as i32,
        Err(_) if digits.is_empty() => return None,
        Err(_) => -1,
    };
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_groups() {
        let groups = [Bits { offset: 0, length: 2 }, Bits { offset: 62, length: 2 }];
        assert_eq!(parse("0,2,62,2"), Ok(groups.to_vec()));
        for (wrong, message) in [
            ("64,1", "Packed Bit offset value(64) must be between 0 and 63"),
            ("-1,1", "Bad mask list(-1,1)"),
            ("4,0", "Packed Bit length value(0) must be positive."),
            ("63,2", "Packed Bit offset+length value(65) too large. Max is 64"),
            ("1", "Bad mask list(1), missing expected comma separator."),
            ("1,2,", "Bad mask list(1,2,), unexpected end of string."),
            ("", "Bad mask list()"),
        ] {
            assert_eq!(parse(wrong), Err(message.to_owned()), "{wrong}");
        }
        assert!(parse(&["1,1"; 9].join(",")).unwrap_err().starts_with("Too many masks"));
    }
}
