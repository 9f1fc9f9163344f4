//! Attribute message (0x000C), versions 1 to 3. Specification IV.A.2.m.

use super::MessageBody;
use super::dataspace::Dataspace;
use super::datatype::{CharacterSet, Datatype};
use super::shared::MaybeShared;
use crate::Result;
use crate::format::{Reader, Structure, Writer};

/// An attribute: a small named dataset in an object's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Message version, 1 to 3.
    pub(crate) version: u8,
    /// The name, as stored; a name that is not UTF-8 is kept.
    pub(crate) name: Vec<u8>,
    /// Version 3 stores it; ASCII before.
    pub(crate) charset: CharacterSet,
    pub(crate) datatype: MaybeShared<Datatype>,
    pub(crate) dataspace: MaybeShared<Dataspace>,
    /// The raw data. If the datatype or the dataspace is shared, its length is not known here:
    /// then it is all the rest of the message, which may end in padding.
    pub(crate) data: Vec<u8>,
}

const DATATYPE_SHARED: u8 = 0x01;
const DATASPACE_SHARED: u8 = 0x02;

impl Attribute {
    /// The length of the data, as far as this message tells.
    fn data_len(&self) -> Option<u64> {
        match (&self.datatype, &self.dataspace) {
            (MaybeShared::Here(datatype), MaybeShared::Here(dataspace)) => {
                Some(dataspace.elements()?.saturating_mul(u64::from(datatype.size)))
            }
            _ => None,
        }
    }

    fn is_known(&self) -> bool {
        matches!((&self.datatype, &self.dataspace), (MaybeShared::Here(_), MaybeShared::Here(_)))
    }
}

/// What an attribute message begins with.
struct Head<'a> {
    version: u8,
    flags: u8,
    charset: CharacterSet,
    /// Bytes of the datatype and of the dataspace.
    lens: [usize; 2],
    name: &'a [u8],
}

impl<'a> Head<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.u8()?;
        if !(1..=3).contains(&version) {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        // Reserved in version 1.
        let flags = if version == 1 { r.u8().map(|_| 0)? } else { r.u8()? };
        if flags & !(DATATYPE_SHARED | DATASPACE_SHARED) != 0 {
            return Err(r.unsupported("flags", format!("flags {flags:#04x}")));
        }
        let [name_len, datatype_len, dataspace_len] = [r.u16()?, r.u16()?, r.u16()?].map(usize::from);
        let charset = if version == 3 { CharacterSet::decode(r)? } else { CharacterSet::Ascii };
        let mut name = part(r, name_len, version, Attribute::NAME)?;
        let name = match name.c_string() {
            Ok(text) if name.remaining() == 0 => text,
            _ => return Err(r.error("name", "the name does not end where its size says")),
        };
        Ok(Self { version, flags, charset, lens: [datatype_len, dataspace_len], name })
    }
}

impl Attribute {
    /// The name of the attribute that begins at the reader's position.
    pub(crate) fn decode_name<'a>(r: &mut Reader<'a>) -> Result<&'a [u8]> {
        Ok(Head::decode(r)?.name)
    }
}

impl Structure for Attribute {
    const NAME: &'static str = "Attribute message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let head = Head::decode(r)?;
        let Head { version, flags, charset, lens: [datatype_len, dataspace_len], .. } = head;
        let name = head.name.to_vec();
        let mut datatype = part(r, datatype_len, version, Datatype::NAME)?;
        let datatype = MaybeShared::decode(&mut datatype, flags & DATATYPE_SHARED != 0)?;
        let mut dataspace = part(r, dataspace_len, version, Dataspace::NAME)?;
        let dataspace = MaybeShared::decode(&mut dataspace, flags & DATASPACE_SHARED != 0)?;

        let mut attribute = Self { version, name, charset, datatype, dataspace, data: Vec::new() };
        let len = match attribute.data_len() {
            Some(len) => usize::try_from(len).unwrap_or(usize::MAX),
            None if attribute.is_known() => return Err(r.error("data", "the data is too large")),
            None => r.remaining(),
        };
        attribute.data = r.bytes(len)?.to_vec();
        Ok(attribute)
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let datatype = self.datatype.to_bytes(w);
        let dataspace = self.dataspace.to_bytes(w);
        let mut flags = 0;
        if matches!(self.datatype, MaybeShared::Shared(_)) {
            flags |= DATATYPE_SHARED;
        }
        if matches!(self.dataspace, MaybeShared::Shared(_)) {
            flags |= DATASPACE_SHARED;
        }
        if self.version == 1 && flags != 0 {
            w.overflow("flags");
        }
        if self.version < 3 && self.charset != CharacterSet::Ascii {
            w.overflow("character set");
        }
        if self.data_len().is_some_and(|len| len != self.data.len() as u64) {
            w.overflow("data");
        }
        let align = alignment(self.version);
        w.u8(self.version);
        w.u8(flags);
        w.uint((self.name.len() as u64).saturating_add(1), 2, "name size");
        w.uint(datatype.len() as u64, 2, "datatype size");
        w.uint(dataspace.len() as u64, 2, "dataspace size");
        if self.version == 3 {
            w.u8(self.charset.code());
        }
        w.c_string(&self.name, align);
        for part in [datatype, dataspace] {
            w.bytes(&part);
            w.zeros(part.len().next_multiple_of(align).saturating_sub(part.len()));
        }
        w.bytes(&self.data);
    }
}

impl MessageBody for Attribute {
    const TYPE: u16 = 0x000C;
}

/// Version 1 pads each part to a multiple of 8 bytes; the stored sizes are without padding.
fn alignment(version: u8) -> usize {
    if version == 1 { 8 } else { 1 }
}

fn part<'a>(r: &mut Reader<'a>, len: usize, version: u8, structure: &'static str) -> Result<Reader<'a>> {
    let part = r.sub(len, structure)?;
    r.skip(len.next_multiple_of(alignment(version)).saturating_sub(len))?;
    Ok(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::message::dataspace::tests::dataspaces;
    use crate::format::message::datatype::tests::datatypes;
    use crate::format::message::shared::tests::pointers;
    use crate::format::testing::{check_value, decode, hex, structure_tests};
    use crate::format::{Widths, encode};
    use proptest::prelude::*;

    fn attributes() -> impl Strategy<Value = Attribute> {
        let datatype = prop_oneof![
            4 => datatypes().prop_map(MaybeShared::Here),
            1 => pointers().prop_map(MaybeShared::Shared),
        ];
        let dataspace = prop_oneof![
            4 => dataspaces().prop_map(MaybeShared::Here),
            1 => pointers().prop_map(MaybeShared::Shared),
        ];
        let charset = prop_oneof![Just(CharacterSet::Ascii), Just(CharacterSet::Utf8)];
        (1..=3_u8, "[^\0]{0,12}", charset, datatype, dataspace, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(version, name, charset, datatype, dataspace, data)| {
                let shared =
                    [matches!(datatype, MaybeShared::Shared(_)), matches!(dataspace, MaybeShared::Shared(_))];
                let version = if shared.contains(&true) { version.max(2) } else { version };
                let charset = if version == 3 { charset } else { CharacterSet::Ascii };
                Attribute { version, name: name.into_bytes(), charset, datatype, dataspace, data }
            })
            .prop_filter_map("small enough", |mut attribute| {
                match attribute.data_len() {
                    Some(len) => attribute.data.resize(usize::try_from(len).ok().filter(|&n| n < 4096)?, 7),
                    None if attribute.is_known() => return None,
                    None => {}
                }
                Some(attribute)
            })
    }

    structure_tests! {
        attribute: Attribute, context = (), values = attributes(),
        real = [
            // Version 1: a variable-length string.
            "0100020014000800 7300000000000000 190101001000000010000000010000000000080000000000
             0100000000000000 06000000303300000000000001000000",
            // Version 3: a UTF-8 name, three integers.
            "030003000c001400 00 c3bc00 100800000800000000004000 0201010103000000000000000300000000000000
             000000000000000001000000000000000200000000000000",
            // Version 3: a null dataspace.
            "030002000c000400 00 6500 100800000100000000000800 02000002",
        ],
        checksum = false
    }

    #[test]
    fn shared_datatype() {
        let bytes = hex(
            "030106000a001400 00 6e616d656400 0202732c000000000000 0201010102000000000000000200000000000000
             000000000000000000000000000000000000000000000000000000000000",
        );
        let attribute: Attribute = decode(&bytes, &(), Widths::default()).unwrap();
        assert_eq!(attribute.name, b"named");
        let MaybeShared::Shared(pointer) = &attribute.datatype else { panic!("a committed datatype") };
        assert_eq!(pointer.header(), Some(0x2c73));
        assert_eq!(attribute.data.len(), 30);
        assert_eq!(encode(&attribute, &(), Widths::default()).unwrap(), bytes);
        check_value(&attribute, &());
    }

    #[test]
    fn a_name_of_another_length_is_refused() {
        let bytes = hex("030004000c000400 00 65006600 100800000100000000000800 02000002");
        let error = decode::<Attribute>(&bytes, &(), Widths::default()).unwrap_err();
        assert!(error.to_string().contains("the name does not end"), "{error}");
    }
}
