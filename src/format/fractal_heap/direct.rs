//! Fractal heap direct block, "FHDB".

use super::{BlockContext, BlockKind};
use crate::Result;
use crate::format::checksum::lookup3;
use crate::format::fields::{Field, Signature, Version, tag};
use crate::format::{Reader, Structure, Widths, Writer};

/// A block of objects, without its filters. Specification III.G; notes:
/// format-spec-notes/fractal-heap.md.
///
/// Its checksum stands before what it covers, and counts as zero in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectBlock {
    /// The objects: the whole block but its prefix.
    pub(crate) data: Vec<u8>,
}

fn parameters(context: &BlockContext) -> (u64, bool) {
    match context.kind {
        BlockKind::Direct { size, checksummed } => (size, checksummed),
        BlockKind::Indirect { .. } => (0, false),
    }
}

impl DirectBlock {
    /// A block without objects.
    pub(crate) fn empty(context: &BlockContext, widths: Widths) -> Self {
        let size = usize::try_from(parameters(context).0).unwrap_or(0);
        Self { data: vec![0; size.saturating_sub(context.prefix_size(widths))] }
    }

    fn encode_prefix(w: &mut Writer, context: &BlockContext) {
        Signature::<{ tag(b"FHDB") }>.encode(w);
        Version::<0>.encode(w);
        context.encode_owner(w);
    }
}

impl Structure for DirectBlock {
    const NAME: &'static str = "fractal heap direct block";
    type Context = BlockContext;

    fn size_hint(context: &BlockContext, _: Widths) -> usize {
        usize::try_from(parameters(context).0).unwrap_or(0)
    }

    fn decode(r: &mut Reader<'_>, context: &BlockContext) -> Result<Self> {
        let (size, checksummed) = parameters(context);
        let size = usize::try_from(size).map_err(|_| r.error("size", "the block is too large"))?;
        let whole = r.rest().get(..size);
        Signature::<{ tag(b"FHDB") }>::decode(r)?;
        Version::<0>::decode(r)?;
        context.decode_owner(r)?;
        if checksummed {
            let position = r.position();
            let stored = r.u32()?;
            // The lengths were just read, so a block that ends inside them has been an error.
            let mut covered = whole.map(<[u8]>::to_vec).unwrap_or_default();
            if let Some(field) = covered.get_mut(position..r.position()) {
                field.fill(0);
            }
            if whole.is_some() && stored != lookup3(&covered) {
                return Err(r.error("checksum", "the checksum does not match the data"));
            }
        }
        let len = size
            .checked_sub(context.prefix_size(r.widths()))
            .ok_or_else(|| r.error("size", "the block is smaller than its prefix"))?;
        Ok(Self { data: r.bytes(len)?.to_vec() })
    }

    fn encode(&self, w: &mut Writer, context: &BlockContext) {
        let (size, checksummed) = parameters(context);
        let whole = context.prefix_size(w.widths()).saturating_add(self.data.len());
        if u64::try_from(whole) != Ok(size) {
            w.overflow("data");
        }
        if checksummed {
            let mut zeroed = Writer::new(w.widths());
            Self::encode_prefix(&mut zeroed, context);
            zeroed.u32(0);
            zeroed.bytes(&self.data);
            let sum = zeroed.finish(Self::NAME).map_or(0, |bytes| lookup3(&bytes));
            Self::encode_prefix(w, context);
            w.u32(sum);
        } else {
            Self::encode_prefix(w, context);
        }
        w.bytes(&self.data);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::super::DoublingTable;
    use super::*;
    use crate::format::testing::{check_bytes, check_flips, decode, hex};

    /// The root block of the heap of twelve soft links, by libhdf5; the last bytes are zero.
    const REAL: &str = "
4648444200df01000000000000000000004a796268010c010000000000000000076c696e6b30303003002f7830010c01
0100000000000000076c696e6b30303103002f7831010c010200000000000000076c696e6b30303203002f7832010c01
0300000000000000076c696e6b30303303002f7833010c010400000000000000076c696e6b30303403002f7834010c01
0500000000000000076c696e6b30303503002f7835010c010600000000000000076c696e6b30303603002f7836010c01
0700000000000000076c696e6b30303703002f7837010c010800000000000000076c696e6b30303803002f7838010c01
0900000000000000076c696e6b30303903002f7839010c010a00000000000000076c696e6b30313004002f783130010c
010b00000000000000076c696e6b30313104002f783131";

    fn context() -> BlockContext {
        let table =
            DoublingTable { width: 4, start_block: 512, max_direct: 65536, max_bits: 32, start_rows: 1 };
        BlockContext { heap: 479, offset: 0, table, kind: BlockKind::Direct { size: 512, checksummed: true } }
    }

    fn real() -> Vec<u8> {
        let mut bytes = hex(REAL);
        bytes.resize(512, 0);
        bytes
    }

    #[test]
    fn real_bytes_round_trip() {
        check_bytes::<DirectBlock>(&real(), &context(), Widths::default());
        check_flips::<DirectBlock>(&real(), &context(), Widths::default());
        let block: DirectBlock = decode(&real(), &context(), Widths::default()).unwrap();
        assert_eq!(block.data.len(), 491);
        assert_eq!(&block.data[12..19], b"link000");
    }

    #[test]
    fn a_block_of_another_heap_is_an_error() {
        let elsewhere = [BlockContext { heap: 480, ..context() }, BlockContext { offset: 512, ..context() }];
        for context in elsewhere {
            assert!(decode::<DirectBlock>(&real(), &context, Widths::default()).is_err());
        }
        for size in [0, 20, 1024, u64::MAX] {
            let context = BlockContext { kind: BlockKind::Direct { size, checksummed: true }, ..context() };
            assert!(decode::<DirectBlock>(&real(), &context, Widths::default()).is_err());
        }
    }

    #[test]
    fn without_checksum() {
        let context = BlockContext { kind: BlockKind::Direct { size: 512, checksummed: false }, ..context() };
        let mut block = DirectBlock::empty(&context, Widths::default());
        block.data[0] = 7;
        let bytes = crate::format::encode(&block, &context, Widths::default()).unwrap();
        assert_eq!((bytes.len(), bytes[17]), (512, 7));
        assert_eq!(decode::<DirectBlock>(&bytes, &context, Widths::default()).unwrap(), block);
    }
}
