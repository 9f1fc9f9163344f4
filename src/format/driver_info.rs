//! What a file driver keeps in the file: the block of old superblocks, and what is in it.
//! Specification II.B.

use super::{Reader, Structure, Widths, Writer};
use crate::Result;

/// The driver information block of superblock versions 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriverBlock {
    /// Which driver, in ASCII: [`FAMILY`] or [`MULTI`].
    pub(crate) driver: [u8; 8],
    pub(crate) data: Vec<u8>,
}

/// The driver of families: members of one size.
pub(crate) const FAMILY: [u8; 8] = *b"NCSAfami";
/// The driver of files with parts in several files.
pub(crate) const MULTI: [u8; 8] = *b"NCSAmult";

impl Structure for DriverBlock {
    const NAME: &'static str = "Driver information block";
    type Context = ();

    fn size_hint((): &(), _: Widths) -> usize {
        16
    }

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        match r.u8()? {
            0 => {}
            version => return Err(r.error("version", format!("version {version}"))),
        }
        r.skip(3)?;
        let len = r.u32()?;
        let driver = r.array()?;
        Ok(Self { driver, data: r.bytes(len as usize)?.to_vec() })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.zeros(4);
        w.uint(self.data.len() as u64, 4, "driver information size");
        w.bytes(&self.driver);
        w.bytes(&self.data);
    }
}

/// The bytes of each member, from the data of the driver [`FAMILY`].
pub(crate) fn family_member_size(data: &[u8]) -> Option<u64> {
    data.first_chunk().copied().map(u64::from_le_bytes)
}

/// The data of the driver [`FAMILY`] for members of this many bytes.
pub(crate) fn family(member_size: u64) -> Vec<u8> {
    member_size.to_le_bytes().to_vec()
}

/// The files of a file in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiMembers(pub(crate) Vec<MultiMember>);

/// One file of a file in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiMember {
    /// The kind of data that gave it its place, from 1 to 6; see [`MultiMembers::LETTERS`].
    pub(crate) kind: u8,
    /// The address where it starts.
    pub(crate) start: u64,
    /// Its name, in which `%s` stands for that of the whole.
    pub(crate) name: Vec<u8>,
}

impl MultiMember {
    /// The kind of the file with the superblock.
    pub(crate) const SUPERBLOCK: u8 = 1;
    /// The kind of the file with raw data.
    pub(crate) const RAW: u8 = 3;

    /// The name that the C library gives a file of this kind, if it is told no other.
    pub(crate) fn usual_name(kind: u8) -> Vec<u8> {
        let letter = MultiMembers::LETTERS.get(usize::from(kind).saturating_sub(1)).copied();
        [b"%s-".as_slice(), &[letter.unwrap_or(b'X')], b".h5"].concat()
    }
}

/// The kinds of data that may have a file of their own: superblock, B-trees, raw data, global heap,
/// local heap, object headers.
const KINDS: usize = 6;
/// The highest address, for a driver.
const MAX_ADDRESS: u64 = u64::MAX - 1;

impl MultiMembers {
    /// The kinds, as the usual names have them.
    pub(crate) const LETTERS: [u8; KINDS] = *b"sbrglo";

    /// As the C library has it, if it is told nothing: a file for each kind.
    pub(crate) fn usual() -> Self {
        const EACH: u64 = MAX_ADDRESS / KINDS as u64;
        let member = |kind: u8| MultiMember {
            kind,
            start: u64::from(kind).saturating_sub(1).saturating_mul(EACH),
            name: MultiMember::usual_name(kind),
        };
        Self((1_u8..).take(KINDS).map(member).collect())
    }

    /// As the C library has it for a split file: raw data apart.
    pub(crate) fn split() -> Self {
        let member = |(kind, start)| MultiMember { kind, start, name: MultiMember::usual_name(kind) };
        Self([(MultiMember::SUPERBLOCK, 0), (MultiMember::RAW, MAX_ADDRESS / 2)].map(member).to_vec())
    }

    /// From the data of the driver [`MULTI`].
    pub(crate) fn decode(data: &[u8]) -> Result<Self> {
        let mut r = Reader::new(data, 0, Widths::default(), "Multi driver information");
        let map: [u8; KINDS] = r.array()?;
        r.skip(2)?;
        // Each kind is in the file of the kind that the map says; 0 is its own.
        let owners = (1_u8..).zip(map).map(|(kind, to)| if to == 0 { kind } else { to });
        let mut kinds = Vec::new();
        for owner in owners {
            if usize::from(owner) > KINDS {
                return Err(r.error("member mapping", format!("a file of the kind {owner}")));
            }
            if !kinds.contains(&owner) {
                kinds.push(owner);
            }
        }
        let starts = kinds.iter().map(|_| Ok((r.u64()?, r.u64()?).0)).collect::<Result<Vec<_>>>()?;
        let mut members = Vec::new();
        for (kind, start) in kinds.into_iter().zip(starts) {
            let name = r.c_string()?.to_vec();
            let padding = (name.len().saturating_add(1))
                .next_multiple_of(8)
                .saturating_sub(name.len().saturating_add(1));
            r.skip(padding.min(r.remaining()))?;
            members.push(MultiMember { kind, start, name });
        }
        Ok(Self(members))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{hex, structure_tests};
    use proptest::prelude::*;

    /// From a file of the C library's split driver.
    const SPLIT: &str =
        "00000000 38000000 4e4353416d756c74 0101030101010000 0000000000000000 0008000000000000
        ffffffffffffff7f 0008000000000000 25732d6d2e683500 25732d722e683500";

    structure_tests! {
        block: DriverBlock, context = (),
        values = (any::<[u8; 8]>(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(driver, data)| DriverBlock { driver, data }),
        real = [SPLIT], checksum = false
    }

    #[test]
    fn the_members_of_a_split_file() {
        let data = &hex(SPLIT)[16..];
        let members = MultiMembers::decode(data).unwrap();
        let mut expected = MultiMembers::split();
        expected.0[0].name = b"%s-m.h5".to_vec();
        assert_eq!(members, expected);
        for len in 0..data.len() - 1 {
            assert!(MultiMembers::decode(&data[..len]).is_err());
        }
        let mut wrong = data.to_vec();
        wrong[0] = 7;
        assert!(MultiMembers::decode(&wrong).is_err());
    }

    #[test]
    fn the_usual_members() {
        let members = MultiMembers::usual().0;
        let names: Vec<_> = members.iter().map(|member| String::from_utf8_lossy(&member.name)).collect();
        assert_eq!(names, ["%s-s.h5", "%s-b.h5", "%s-r.h5", "%s-g.h5", "%s-l.h5", "%s-o.h5"]);
        let starts: Vec<_> = members.iter().map(|member| member.start).collect();
        assert_eq!((starts[0], starts[1], starts[5]), (0, 0x2aaa_aaaa_aaaa_aaaa, 0xd555_5555_5555_5552));
    }
}
