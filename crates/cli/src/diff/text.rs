//! Strings: which characters differ.

use hdfive::Heap;
use hdfive::datatype::{DatatypeClass, StringPadding, VarLenKind};

use super::element::Datum;
use super::state::{Diff, Pair, Place};
use crate::errors::Result;

/// Two strings; nothing for one that was never written.
pub(super) type Strings<'a> = Pair<Option<std::borrow::Cow<'a, [u8]>>>;

/// The bytes up to the first that is zero.
fn terminated(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A fixed-length string as one of another padding and size.
pub(super) fn converted(bytes: &[u8], padding: StringPadding, to: StringPadding, size: usize) -> Vec<u8> {
    let text = match padding {
        StringPadding::SpacePadded => {
            let end = bytes.iter().rposition(|&byte| byte != b' ').map_or(0, |at| at + 1);
            &bytes[..end]
        }
        _ => terminated(bytes),
    };
    let mut text = text.to_vec();
    match to {
        StringPadding::SpacePadded => text.resize(size, b' '),
        StringPadding::NullPadded => text.resize(size, 0),
        StringPadding::NullTerminated => text.truncate(size.saturating_sub(1)),
    }
    text
}

/// The characters that are compared; nothing if the elements are no strings.
///
/// # Errors
/// That the heap does not have them.
pub(super) fn strings<'a>(datum: &Datum<'a>, lead: usize) -> Result<Option<Strings<'a>>> {
    let mut strings: Strings<'a> = [None, None];
    let sizes = datum.types.map(|datatype| datatype.size as usize);
    for side in [0, 1] {
        let bytes = datum.bytes[side];
        strings[side] = match (&datum.types[side].class, &datum.types[lead].class) {
            (DatatypeClass::String(class), DatatypeClass::String(_)) if sizes[0] == sizes[1] => {
                // Of strings of one size the first says how both are padded.
                let first = match &datum.types[0].class {
                    DatatypeClass::String(first) => first.padding,
                    _ => class.padding,
                };
                let nul = first == StringPadding::NullTerminated;
                Some((if nul { terminated(bytes) } else { bytes }).into())
            }
            (DatatypeClass::String(class), DatatypeClass::String(to)) => {
                let text = match (side == lead, to.padding) {
                    (true, StringPadding::NullTerminated) => terminated(bytes).to_vec(),
                    (true, _) => bytes.to_vec(),
                    (false, padding) => converted(bytes, class.padding, padding, sizes[lead]),
                };
                Some(text.into())
            }
            (DatatypeClass::VarLen(class), DatatypeClass::VarLen(_))
                if matches!(class.kind, VarLenKind::String(_)) =>
            {
                if Heap::is_null(bytes) {
                    None
                } else {
                    Some(terminated(datum.heaps[side].get(bytes, 1)?).into())
                }
            }
            _ => return Ok(None),
        };
    }
    Ok(Some(strings))
}

/// A character as it is printed.
fn printed(byte: u8) -> String {
    match byte {
        b'"' => "\\\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        8 => "\\b".to_owned(),
        12 => "\\f".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        // A character is a signed number.
        _ => format!("\\{:03o}", i32::from(byte as i8)),
    }
}

impl Diff<'_> {
    /// Compares the characters of the shorter string; if it is the start of the longer, what follows
    /// there is printed, but is one difference.
    pub(super) fn strings(&mut self, place: &Place, strings: Strings<'_>, index: u64) -> u64 {
        let bytes = |side: usize| strings[side].as_deref().unwrap_or_default();
        let (first, second) = (bytes(0), bytes(1));
        let shorter = usize::from(first.len() >= second.len());
        let mut found = u64::from(first.len() != second.len());
        if strings[shorter].is_none() {
            return found;
        }
        let (short, long) = (bytes(shorter), bytes(1 - shorter));
        if found > 0 && long.starts_with(short) {
            for (at, &byte) in long.iter().enumerate().skip(short.len()) {
                self.characters(place, index, at, 0, byte);
            }
            return found;
        }
        for (at, (&first, &second)) in short.iter().zip(long).enumerate() {
            found += self.characters(place, index, at, first, second);
        }
        found
    }

    fn characters(&mut self, place: &Place, index: u64, at: usize, first: u8, second: u8) -> u64 {
        if first == second {
            return 0;
        }
        if self.options.prints_data() {
            self.char_position = true;
            self.print_position(place, index, at, false);
            self.print(format_args!("  {}            {}\n", printed(first), printed(second)));
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_printed_as_in_c() {
        let characters = b"a\"\\\n\x01\xe4".map(printed);
        assert_eq!(characters, ["a", "\\\"", "\\\\", "\\n", "\\001", "\\37777777744"]);
    }

    #[test]
    fn padding_is_converted() {
        use StringPadding::{NullPadded, NullTerminated, SpacePadded};
        assert_eq!(converted(b"ab  ", SpacePadded, NullPadded, 6), b"ab\0\0\0\0");
        assert_eq!(converted(b"ab\0x", NullPadded, SpacePadded, 5), b"ab   ");
        assert_eq!(converted(b"abcd", NullPadded, NullTerminated, 4), b"abc");
    }
}
