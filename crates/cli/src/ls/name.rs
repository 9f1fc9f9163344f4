//! Names as they are listed.

/// A name with the escape sequences of C; of spaces, too, where a name ends at one.
pub(super) fn escape(name: &str, spaces: bool) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', byte.into()]),
            8 => text.push_str("\\b"),
            12 => text.push_str("\\f"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b' ' if spaces => text.push_str("\\ "),
            b' '..=b'~' => text.push(byte.into()),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text
}

/// The first column: a name, filled to 24 characters, and a space.
pub(super) fn column(name: &str) -> String {
    format!("{:<24} ", escape(name, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_filled() {
        assert_eq!(escape("a b\"\té", true), "a\\ b\\\"\\t\\303\\251");
        assert_eq!(column("dset").len(), 25);
        assert_eq!(column(&"x".repeat(30)).len(), 31);
    }
}
