//! Names and strings in XML, and the identifiers of objects.

use hdfive::{File, LinkType, Object};

/// A name as it stands in an attribute of XML.
pub(super) fn escape_name(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match entity(c) {
            Some(entity) => text.push_str(entity),
            None if c == '"' => text.push_str("&quot;"),
            None => text.push(c),
        }
    }
    text
}

/// The bytes of a string as they stand between quotation marks in the content of an element.
pub(super) fn escape_string(string: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(string.len());
    for &byte in string {
        match entity(byte.into()) {
            Some(entity) => text.extend_from_slice(entity.as_bytes()),
            // The C tool takes it for a place where the line may be broken.
            None if byte == 1 => {}
            None if matches!(byte, b'"' | b'\\') => text.extend([b'\\', byte]),
            None => text.push(byte),
        }
    }
    text
}

/// What stands for a character that XML reserves, in names and in strings.
fn entity(c: char) -> Option<&'static str> {
    match c {
        '\'' => Some("&apos;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        _ => None,
    }
}

/// The identifiers by which elements of XML refer to each other.
pub(super) struct Ids<'a> {
    file: &'a File,
    /// The last number given to a path without an object; they count down from the largest.
    last_made_up: u64,
    /// How many elements were given a number of their own.
    numbered: u64,
}

impl<'a> Ids<'a> {
    pub(super) fn new(file: &'a File) -> Self {
        Self { file, last_made_up: u64::MAX, numbered: 0 }
    }

    /// The address of the object that a path leads to without leaving the file.
    fn address(&self, path: &str) -> Option<u64> {
        if path.is_empty() || path == "/" {
            return Some(self.file.address());
        }
        match self.file.link(path).ok()?.link_type {
            LinkType::Hard(address) => return Some(address),
            LinkType::Soft(_) => {}
            _ => return None,
        }
        match self.file.open(path).ok()? {
            Object::Group(group) => Some(group.address()),
            Object::Dataset(dataset) => Some(dataset.address()),
            Object::NamedDatatype(datatype) => Some(datatype.address()),
            _ => None,
        }
    }

    /// The identifier of the object at a path, if there is one.
    pub(super) fn find(&self, path: &str) -> Option<String> {
        self.address(path).map(|address| format!("xid_{address}"))
    }

    /// The identifier of the object at a path; a new one each time if there is none.
    pub(super) fn of(&mut self, path: &str) -> String {
        self.find(path).unwrap_or_else(|| {
            self.last_made_up -= 1;
            format!("xid_{}", self.last_made_up)
        })
    }

    /// Tells apart the elements that stand for one object.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_are_escaped() {
        assert_eq!(escape_name("a\"b'<>&\\"), "a&quot;b&apos;&lt;&gt;&amp;\\");
        assert_eq!(escape_string(b"a\"\x01b'<>&\\\xff"), b"a\\\"b&apos;&lt;&gt;&amp;\\\\\xff");
    }

    #[test]
    fn paths_without_objects_get_new_identifiers() {
        let file = File::in_memory().unwrap();
        file.create_group("g").unwrap();
        file.link_soft("/g", "soft").unwrap();
        file.link_soft("/nothing", "dangling").unwrap();
        let mut ids = Ids::new(&file);
        assert_eq!(ids.of("/g"), format!("xid_{}", file.group("g").unwrap().address()));
        assert_eq!(ids.of("/soft"), ids.of("/g"));
        assert_eq!(ids.find(""), ids.find("/"));
        assert_eq!(ids.find("/dangling"), None);
        assert_eq!(ids.of("/dangling"), "xid_18446744073709551614");
        assert_eq!(ids.of("/dangling"), "xid_18446744073709551613");
    }
}
