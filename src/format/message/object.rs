//! Messages about an object as a whole: comment (0x000D), modification times (0x000E, 0x0012),
//! reference count (0x0016), continuation (0x0010). Specification IV.A.2.n, o, q, s and w.

use super::MessageBody;
use crate::Result;
use crate::format::fields::{Length, Reserved, Version};
use crate::format::{Address, Reader, Structure, Writer};

/// A comment on an object. Specification IV.A.2.n.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    /// The text, as stored, without its NUL.
    pub(crate) text: Vec<u8>,
}

impl Structure for Comment {
    const NAME: &'static str = "Object comment message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        Ok(Self { text: r.c_string()?.to_vec() })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.c_string(&self.text, 1);
    }
}

impl MessageBody for Comment {
    const TYPE: u16 = 0x000D;
}

on_disk! {
    /// When the object was last changed. Specification IV.A.2.s.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct ModificationTime as "Modification time message" {
        _version: Version<1>,
        _reserved: Reserved<3>,
        /// Seconds since 1970 (UTC).
        pub(crate) seconds: u32,
    }
}

#[cfg(test)]
impl ModificationTime {
    pub(crate) fn new(seconds: u32) -> Self {
        Self { _version: Version, _reserved: Reserved::default(), seconds }
    }
}

impl MessageBody for ModificationTime {
    const TYPE: u16 = 0x0012;
}

on_disk! {
    /// When the object was last changed, as HDF5 1.6.0 and before wrote it: the digits of
    /// "YYYYMMDDhhmmss" (UTC). Specification IV.A.2.o.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct OldModificationTime as "Modification time message (old)" {
        digits: [u8; 14],
        _reserved: Reserved<2>,
    }
}

impl OldModificationTime {
    /// Seconds since 1970, if the digits are a time.
    pub(crate) fn seconds(&self) -> Option<i64> {
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_i64, |number, digit| {
                let digit = digit.is_ascii_digit().then(|| i64::from(digit.wrapping_sub(b'0')))?;
                number.checked_mul(10)?.checked_add(digit)
            })
        };
        let (year, rest) = self.digits.split_at_checked(4)?;
        let (pairs, _) = rest.as_chunks::<2>();
        let [month, day, hour, minute, second] = <&[[u8; 2]; 5]>::try_from(pairs).ok()?;
        let (month, day) = (number(month)?, number(day)?);
        let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
        let valid =
            (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        let days = days_since_1970(number(year)?, month, day).filter(|_| valid)?;
        let hours = days.checked_mul(24)?.checked_add(hour)?;
        hours.checked_mul(60)?.checked_add(minute)?.checked_mul(60)?.checked_add(second)
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; years begin in March, so that the
/// leap day is the last of a year.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month < 3 { year.checked_sub(1)? } else { year };
    let month = month.checked_add(9)?.checked_rem(12)?;
    let leap_days =
        year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    let days_before_month = month.checked_mul(153)?.checked_add(2)?.div_euclid(5);
    let days = year.checked_mul(365)?.checked_add(leap_days)?.checked_add(days_before_month)?;
    // 719469 days from 0000-03-01 to 1970-01-01, and days count from 1.
    days.checked_add(day)?.checked_sub(719_469)
}

impl MessageBody for OldModificationTime {
    const TYPE: u16 = 0x000E;
}

on_disk! {
    /// How many hard links lead to an object with a version 2 header; without this message, one.
    /// Specification IV.A.2.w.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct ReferenceCount as "Object reference count message" {
        _version: Version<0>,
        pub(crate) count: u32,
    }
}

impl ReferenceCount {
    pub(crate) fn new(count: u32) -> Self {
        Self { _version: Version, count }
    }
}

impl MessageBody for ReferenceCount {
    const TYPE: u16 = 0x0016;
}

on_disk! {
    /// Where more messages of an object are. Specification IV.A.2.q.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Continuation as "Object header continuation message" {
        pub(crate) address: Address,
        /// Bytes of the block; in version 2 headers with its signature and checksum.
        pub(crate) length: Length,
    }
}

impl MessageBody for Continuation {
    const TYPE: u16 = 0x0010;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::Widths;
    use crate::format::testing::{addresses, decode, structure_tests};
    use proptest::prelude::*;

    structure_tests! {
        comment: Comment, context = (),
        values = "[^\0]{0,20}".prop_map(|text| Comment { text: text.into_bytes() }),
        real = ["6120636f6d6d656e7400000000000000", "6120636f6d6d656e7400"], checksum = false
    }

    structure_tests! {
        modification_time: ModificationTime, context = (), values = any::<u32>().prop_map(ModificationTime::new),
        real = ["010000001bf1026b"], checksum = false
    }

    structure_tests! {
        reference_count: ReferenceCount, context = (), values = any::<u32>().prop_map(ReferenceCount::new),
        real = ["0003000000"], checksum = false
    }

    structure_tests! {
        continuation: Continuation, context = (),
        values = (addresses(), any::<u32>()).prop_map(|(address, length)| Continuation {
            address,
            length: Length(length.into()),
        }),
        real = ["90430000000000001001000000000000"], checksum = false
    }

    #[test]
    fn old_times() {
        let seconds =
            |text: &[u8]| decode::<OldModificationTime>(text, &(), Widths::default()).unwrap().seconds();
        assert_eq!(seconds(b"19700101000000\0\0"), Some(0));
        assert_eq!(seconds(b"20000229235959\0\0"), Some(951_868_799));
        assert_eq!(seconds(b"19691231235959\0\0"), Some(-1));
        assert_eq!(seconds(b"20001329235959\0\0"), None);
        assert_eq!(seconds(b"2000 229235959\0\0"), None);
    }
}
