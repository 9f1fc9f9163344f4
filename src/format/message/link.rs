//! Link message (0x0006). Specification IV.A.2.g.

use super::MessageBody;
use super::datatype::CharacterSet;
use crate::Result;
use crate::format::{Address, Reader, Structure, Writer};

/// A link of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The name, as stored; a name that is not UTF-8 is kept.
    pub(crate) name: Vec<u8>,
    pub(crate) charset: CharacterSet,
    /// Position in the order of creation, where the group tracks it.
    pub(crate) creation_order: Option<u64>,
    pub(crate) target: LinkTarget,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkTarget {
    /// An object of this file: the address of its header.
    Hard(u64),
    /// A path in this file.
    Soft(Vec<u8>),
    /// A path in another file.
    External {
        /// Bits 4 to 7 the version, the rest flags; both 0 so far.
        flags: u8,
        file: Vec<u8>,
        path: Vec<u8>,
    },
    /// A link class of the user's, 65 to 255 (64 is `External`), with its data.
    User { class: u8, data: Vec<u8> },
}

impl LinkTarget {
    const SOFT: u8 = 1;
    const EXTERNAL: u8 = 64;

    /// The class code, which the file does not store for hard links.
    fn class(&self) -> Option<u8> {
        match self {
            Self::Hard(_) => None,
            Self::Soft(_) => Some(Self::SOFT),
            Self::External { .. } => Some(Self::EXTERNAL),
            Self::User { class, .. } => Some(*class),
        }
    }
}

const NAME_WIDTH: u8 = 0x03;
const HAS_CREATION_ORDER: u8 = 0x04;
const HAS_CLASS: u8 = 0x08;
const HAS_CHARSET: u8 = 0x10;

impl Structure for Link {
    const NAME: &'static str = "Link message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        if version != 1 {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        let flags = r.flags(NAME_WIDTH | HAS_CREATION_ORDER | HAS_CLASS | HAS_CHARSET)?;
        let class = if flags & HAS_CLASS != 0 { r.u8()? } else { 0 };
        let creation_order = if flags & HAS_CREATION_ORDER != 0 { Some(r.u64()?) } else { None };
        let charset = if flags & HAS_CHARSET != 0 { CharacterSet::decode(r)? } else { CharacterSet::Ascii };
        let len = r.uint(1 << (flags & NAME_WIDTH))?;
        // On a 32-bit machine such a name cannot be in memory either.
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let name = r.bytes(len)?.to_vec();
        if name.is_empty() {
            return Err(r.error("name", "the name is empty"));
        }
        let target = match class {
            0 => LinkTarget::Hard(r.file_address()?.require("Link message")?),
            LinkTarget::SOFT => LinkTarget::Soft(counted(r)?.to_vec()),
            LinkTarget::EXTERNAL => {
                let len = usize::from(r.u16()?);
                let mut value = r.sub(len, "External link")?;
                let flags = value.u8()?;
                let file = value.c_string()?.to_vec();
                LinkTarget::External { flags, file, path: value.c_string()?.to_vec() }
            }
            65.. => LinkTarget::User { class, data: counted(r)?.to_vec() },
            _ => return Err(r.unsupported("link type", format!("link type {class}"))),
        };
        Ok(Self { name, charset, creation_order, target })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let name_width = match self.name.len() {
            0 => return w.overflow("name"),
            1..=0xff => 0,
            0x100..=0xffff => 1,
            0x1_0000..=0xffff_ffff => 2,
            _ => 3,
        };
        let class = self.target.class();
        let mut flags = name_width;
        for (present, bit) in [
            (self.creation_order.is_some(), HAS_CREATION_ORDER),
            (class.is_some(), HAS_CLASS),
            (self.charset != CharacterSet::Ascii, HAS_CHARSET),
        ] {
            flags |= if present { bit } else { 0 };
        }
        w.u8(1);
        w.u8(flags);
        if let Some(class) = class {
            w.u8(class);
        }
        if let Some(order) = self.creation_order {
            w.u64(order);
        }
        if self.charset != CharacterSet::Ascii {
            w.u8(self.charset.code());
        }
        w.uint(self.name.len() as u64, 1 << name_width, "name length");
        w.bytes(&self.name);
        match &self.target {
            LinkTarget::Hard(address) => w.file_address(Address::new(*address)),
            LinkTarget::Soft(value) => write_counted(w, value),
            LinkTarget::External { flags, file, path } => {
                let len = file.len().saturating_add(path.len()).saturating_add(3);
                w.uint(len as u64, 2, "link value length");
                w.u8(*flags);
                w.c_string(file, 1);
                w.c_string(path, 1);
            }
            LinkTarget::User { data, .. } => write_counted(w, data),
        }
    }
}

impl MessageBody for Link {
    const TYPE: u16 = 0x0006;
}

fn counted<'a>(r: &mut Reader<'a>) -> Result<&'a [u8]> {
    let len = r.u16()?;
    r.bytes(usize::from(len))
}

fn write_counted(w: &mut Writer, value: &[u8]) {
    w.uint(value.len() as u64, 2, "link value length");
    w.bytes(value);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::Widths;
    use crate::format::testing::{check_value, decode, hex, structure_tests};
    use proptest::prelude::*;

    fn links() -> impl Strategy<Value = Link> {
        let text = || "[^\0]{0,9}".prop_map(String::into_bytes);
        let target = prop_oneof![
            (0..u64::MAX).prop_map(LinkTarget::Hard),
            (0..60_000_u64).prop_map(LinkTarget::Hard),
            text().prop_map(LinkTarget::Soft),
            (any::<u8>(), text(), text()).prop_map(|(flags, file, path)| LinkTarget::External {
                flags,
                file,
                path
            }),
            (65..=255_u8, prop::collection::vec(any::<u8>(), 0..20))
                .prop_map(|(class, data)| LinkTarget::User { class, data }),
        ];
        let name = prop::collection::vec(any::<u8>(), 1..400);
        let charset = prop_oneof![Just(CharacterSet::Ascii), Just(CharacterSet::Utf8)];
        (name, charset, any::<Option<u64>>(), target).prop_map(|(name, charset, creation_order, target)| {
            Link { name, charset, creation_order, target }
        })
    }

    structure_tests! {
        link: Link, context = (), values = links(),
        real = [
            // A hard link of a group that tracks creation order.
            "010400000000000000000468617264b300000000000000",
            // Soft, external, and hard with a UTF-8 name.
            "010c01000000000000000004736f667404002f612f62",
            "010c4001000000000000000665787465726e0f00006f746865722e6835002f782f7900",
            "011402000000000000000109c3bc6ec3af636f64653000000000000000",
        ],
        checksum = false
    }

    #[test]
    fn long_names_take_wider_lengths() {
        for len in [255, 256, 65_535, 65_536] {
            check_value(
                &Link {
                    name: vec![b'n'; len],
                    charset: CharacterSet::Utf8,
                    creation_order: None,
                    target: LinkTarget::Hard(48),
                },
                &(),
            );
        }
    }

    #[test]
    fn damage_is_refused() {
        for bytes in ["0120 0141 0000000000000000", "0100 00", "0108 02 0141", "0108 40 0141 0200 0041"] {
            assert!(decode::<Link>(&hex(bytes), &(), Widths::default()).is_err(), "{bytes}");
        }
    }
}
