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

/// The files of a file in several: the address where each starts, and its name, in which `%s` stands
/// for that of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiMembers(pub(crate) Vec<(u64, Vec<u8>)>);

/// The kinds of data that may have a file of their own: superblock, B-trees, raw data, global heap,
/// local heap, object headers.
const KINDS: usize = 6;

impl MultiMembers {
    /// From the data of the driver [`MULTI`].
    pub(crate) fn decode(data: &[u8]) -> Result<Self> {
        let mut r = Reader::new(data, 0, Widths::default(), "Multi driver information");
        let map: [u8; KINDS] = r.array()?;
        r.skip(2)?;
        // Each kind is in the file of the kind that the map says; 0 is its own.
        let owners = (1_u8..).zip(map).map(|(kind, to)| if to == 0 { kind } else { to });
        let mut files = Vec::new();
        for owner in owners {
            if usize::from(owner) > KINDS {
                return Err(r.error("member mapping", format!("a file of the kind {owner}")));
            }
            if !files.contains(&owner) {
                files.push(owner);
            }
        }
        let starts = files.iter().map(|_| Ok((r.u64()?, r.u64()?).0)).collect::<Result<Vec<_>>>()?;
        let mut members = Vec::new();
        for start in starts {
            let name = r.c_string()?.to_vec();
            let padding = (name.len().saturating_add(1))
                .next_multiple_of(8)
                .saturating_sub(name.len().saturating_add(1));
            r.skip(padding.min(r.remaining()))?;
            members.push((start, name));
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
        let members = vec![(0, b"%s-m.h5".to_vec()), (i64::MAX as u64, b"%s-r.h5".to_vec())];
        assert_eq!(MultiMembers::decode(data).unwrap(), MultiMembers(members));
        for len in 0..data.len() - 1 {
            assert!(MultiMembers::decode(&data[..len]).is_err());
        }
        let mut wrong = data.to_vec();
        wrong[0] = 7;
        assert!(MultiMembers::decode(&wrong).is_err());
    }
}
