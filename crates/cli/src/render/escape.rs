//! Characters that are not printed as they are.

use super::lines::raw_byte;
use super::style::Escape;

/// Adds one byte of a string. Bytes outside ASCII are written as C prints a `char`, which is
/// signed, through `%03o`: with the bits of the sign.
pub(super) fn push_char(text: &mut String, byte: u8, escape: Escape) {
    match (byte, escape) {
        (b'!'..=b'~', Escape::Percent) => text.push(byte.into()),
        (_, Escape::Percent) => text.push_str(&format!("%{:02x}", i32::from(byte as i8))),
        (b'"' | b'\\', Escape::Sequences) => text.extend(['\\', byte.into()]),
        (8, Escape::Sequences) => text.push_str("\\b"),
        (12, Escape::Sequences) => text.push_str("\\f"),
        (b'\n', Escape::Sequences) => text.push_str("\\n"),
        (b'\r', Escape::Sequences) => text.push_str("\\r"),
        (b'\t', Escape::Sequences) => text.push_str("\\t"),
        (b'\n' | b'\r', Escape::Plain) => {
            text.push(byte.into());
            text.push_str("           ");
        }
        (b' '..=b'~' | 8 | 12 | b'\t', _) => text.push(byte.into()),
        _ => text.push_str(&format!("\\{:03o}", i32::from(byte as i8))),
    }
}

/// The name of an enumeration's value, with C's escape sequences. As with the C tools, what follows
/// such a sequence is printed as it is.
pub(super) fn escape_name(name: &str) -> String {
    let mut text = String::new();
    let mut escaped = false;
    for byte in name.bytes() {
        if std::mem::take(&mut escaped) {
            text.push(raw_byte(byte));
            continue;
        }
        escaped = !matches!(byte, b' '..=b'~') || matches!(byte, b'\'' | b'"' | b'\\' | b'?');
        match byte {
            b'\'' | b'"' | b'\\' | b'?' => text.extend(['\\', byte.into()]),
            7 => text.push_str("\\a"),
            8 => text.push_str("\\b"),
            12 => text.push_str("\\f"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            11 => text.push_str("\\v"),
            b' '..=b'~' => text.push(byte.into()),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(bytes: &[u8], escape: Escape) -> String {
        let mut text = String::new();
        bytes.iter().for_each(|&byte| push_char(&mut text, byte, escape));
        text
    }

    #[test]
    fn strings_are_escaped_as_h5dump_does() {
        assert_eq!(chars(b"a\"\\\t\0", Escape::Sequences), "a\\\"\\\\\\t\\000");
        assert_eq!(chars(b"a\"\\\t\x7f", Escape::Plain), "a\"\\\t\\177");
        assert_eq!(chars(b"a\nb", Escape::Plain), "a\n           b");
        assert_eq!(chars("é".as_bytes(), Escape::Plain), "\\37777777703\\37777777651");
        assert_eq!(chars(b"a b", Escape::Percent), "a%20b");
        assert_eq!(escape_name("what?!\u{7}.\n\n"), "what\\?!\\a.\\n\n");
        assert_eq!(escape_name("éx"), format!("\\303{}x", raw_byte(0xa9)));
    }
}
