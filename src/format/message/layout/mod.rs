//! Data layout message (0x0008), versions 1 to 5. Specification IV.A.2.i;
//! notes: format-spec-notes/messages.md.

mod chunked;

use super::MessageBody;
use crate::Result;
use crate::format::{Address, Reader, Structure, Writer};

pub(crate) use chunked::{ChunkIndexLayout, ChunkedLayout};

/// Where the raw data of a dataset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Message version, 1 to 5. Version 5 has the bytes of version 4, but says that the chunk index
    /// stores the sizes of filtered chunks in the file's size of lengths, where up to version 4
    /// their width follows from the size of a whole chunk.
    pub(crate) version: u8,
    pub(crate) storage: LayoutStorage,
    /// Versions 1 and 2: the dimensions stored with compact and contiguous layouts. They were cut
    /// to 32 bits when they were written, so nothing is computed from them.
    pub(crate) old_dims: Vec<u32>,
}

/// The kinds of layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutStorage {
    /// In the message itself.
    Compact { data: Vec<u8> },
    /// In one piece.
    Contiguous {
        address: Address,
        /// In bytes. Versions 1 and 2 do not store it and give 0: it follows from the dataspace
        /// and the datatype.
        size: u64,
    },
    /// In chunks of one shape.
    Chunked(ChunkedLayout),
    /// Nowhere: a view of other datasets, described by a global-heap object.
    Virtual { heap: Address, index: u32 },
}

impl Layout {
    /// A layout of the version that libhdf5 1.10 writes for it: 4 if it is virtual or has one of
    /// the chunk indexes of that release, else 3. (The C library refuses chunks of 4 GiB or more
    /// below version 5.)
    pub(crate) fn new(storage: LayoutStorage) -> Self {
        let version = match &storage {
            LayoutStorage::Compact { .. } | LayoutStorage::Contiguous { .. } => 3,
            LayoutStorage::Chunked(chunked) if matches!(chunked.index, ChunkIndexLayout::BTreeV1 { .. }) => 3,
            LayoutStorage::Chunked(_) | LayoutStorage::Virtual { .. } => 4,
        };
        Self { version, storage, old_dims: Vec::new() }
    }
}

const COMPACT: u8 = 0;
const CONTIGUOUS: u8 = 1;
const CHUNKED: u8 = 2;
const VIRTUAL: u8 = 3;

impl Structure for Layout {
    const NAME: &'static str = "Data layout message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        let (storage, old_dims) = match version {
            1 | 2 => decode_old(r)?,
            3..=5 => (decode_new(r, version)?, Vec::new()),
            _ => return Err(r.unsupported("version", format!("version {version}"))),
        };
        Ok(Self { version, storage, old_dims })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(self.version);
        if self.version < 3 {
            encode_old(self, w);
        } else {
            encode_new(self, w);
        }
    }
}

impl MessageBody for Layout {
    const TYPE: u16 = 0x0008;
}

fn decode_old(r: &mut Reader<'_>) -> Result<(LayoutStorage, Vec<u32>)> {
    let rank = chunked::decode_rank(r, 1)?;
    let class = r.u8()?;
    r.skip(5)?;
    let address = if class == COMPACT { Address::UNDEFINED } else { r.file_address()? };
    let dims = (0..rank).map(|_| r.u32()).collect::<Result<Vec<_>>>()?;
    Ok(match class {
        COMPACT => {
            let len = r.u32()?;
            (LayoutStorage::Compact { data: r.bytes(len as usize)?.to_vec() }, dims)
        }
        CONTIGUOUS => (LayoutStorage::Contiguous { address, size: 0 }, dims),
        CHUNKED => {
            let dims = dims.into_iter().map(u64::from).collect();
            let index = ChunkIndexLayout::BTreeV1 { address };
            (LayoutStorage::Chunked(ChunkedLayout::from_stored(r, 0, dims, index)?), Vec::new())
        }
        _ => return Err(r.unsupported("layout class", format!("layout class {class}"))),
    })
}

fn encode_old(layout: &Layout, w: &mut Writer) {
    let (class, dims) = match &layout.storage {
        LayoutStorage::Compact { .. } => (COMPACT, layout.old_dims.iter().map(|&dim| dim.into()).collect()),
        LayoutStorage::Contiguous { .. } => {
            (CONTIGUOUS, layout.old_dims.iter().map(|&dim| dim.into()).collect())
        }
        LayoutStorage::Chunked(chunked) => (CHUNKED, chunked.stored_dims()),
        LayoutStorage::Virtual { .. } => return w.overflow("layout class"),
    };
    w.uint(dims.len() as u64, 1, "dimensionality");
    w.u8(class);
    w.zeros(5);
    match &layout.storage {
        LayoutStorage::Contiguous { address, .. } => w.file_address(*address),
        LayoutStorage::Chunked(ChunkedLayout { index: ChunkIndexLayout::BTreeV1 { address }, .. }) => {
            w.file_address(*address);
        }
        LayoutStorage::Chunked(_) => w.overflow("chunk index"),
        LayoutStorage::Compact { .. } | LayoutStorage::Virtual { .. } => {}
    }
    dims.iter().for_each(|&dim| w.uint(dim, 4, "dimension size"));
    if let LayoutStorage::Compact { data } = &layout.storage {
        w.uint(data.len() as u64, 4, "compact data size");
        w.bytes(data);
    }
}

fn decode_new(r: &mut Reader<'_>, version: u8) -> Result<LayoutStorage> {
    Ok(match (r.u8()?, version) {
        (COMPACT, _) => {
            let len = r.u16()?;
            LayoutStorage::Compact { data: r.bytes(len.into())?.to_vec() }
        }
        (CONTIGUOUS, _) => LayoutStorage::Contiguous { address: r.file_address()?, size: r.length()? },
        (CHUNKED, 3) => LayoutStorage::Chunked(ChunkedLayout::decode_v3(r)?),
        (CHUNKED, _) => LayoutStorage::Chunked(ChunkedLayout::decode_v4(r)?),
        (VIRTUAL, 4..) => LayoutStorage::Virtual { heap: r.file_address()?, index: r.u32()? },
        (class, _) => return Err(r.unsupported("layout class", format!("layout class {class}"))),
    })
}

fn encode_new(layout: &Layout, w: &mut Writer) {
    match &layout.storage {
        LayoutStorage::Compact { data } => {
            w.u8(COMPACT);
            w.uint(data.len() as u64, 2, "compact data size");
            w.bytes(data);
        }
        LayoutStorage::Contiguous { address, size } => {
            w.u8(CONTIGUOUS);
            w.file_address(*address);
            w.length(*size);
        }
        LayoutStorage::Chunked(chunked) => {
            w.u8(CHUNKED);
            chunked.encode(layout.version, w);
        }
        LayoutStorage::Virtual { heap, index } => {
            if layout.version < 4 {
                w.overflow("layout class");
            }
            w.u8(VIRTUAL);
            w.file_address(*heap);
            w.u32(*index);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{addresses, decode, hex, structure_tests};
    use crate::format::{Widths, encode, extensible_array};
    use proptest::prelude::*;

    fn indexes() -> impl Strategy<Value = ChunkIndexLayout> {
        (addresses(), any::<Option<(u64, u32)>>(), any::<[u8; 5]>(), any::<u32>(), 0..6_u8).prop_map(
            |(address, filtered, bytes, node_size, kind)| {
                let [max_bits, index_elements, min_elements, min_pointers, page_bits] =
                    bytes.map(|byte| byte.max(1));
                let (split_percent, merge_percent) = (max_bits, page_bits);
                match kind {
                    0 => ChunkIndexLayout::BTreeV1 { address },
                    1 => ChunkIndexLayout::Single { address, filtered },
                    2 => ChunkIndexLayout::Implicit { address },
                    3 => ChunkIndexLayout::FixedArray { page_bits, address },
                    4 => {
                        let parameters = extensible_array::Parameters {
                            max_bits,
                            index_elements,
                            min_elements,
                            min_pointers,
                            page_bits,
                        };
                        ChunkIndexLayout::ExtensibleArray { parameters, address }
                    }
                    _ => ChunkIndexLayout::BTreeV2 { node_size, split_percent, merge_percent, address },
                }
            },
        )
    }

    fn layouts() -> impl Strategy<Value = Layout> {
        let data = prop::collection::vec(any::<u8>(), 0..30);
        let dim = || prop_oneof![1..300_u64, 1..u64::from(u32::MAX)];
        let old_dims = prop::collection::vec(any::<u32>(), 1..4);
        prop_oneof![
            (1..=5_u8, data, old_dims.clone()).prop_map(|(version, data, old_dims)| Layout {
                version,
                storage: LayoutStorage::Compact { data },
                old_dims: if version < 3 { old_dims } else { Vec::new() },
            }),
            (1..=5_u8, addresses(), any::<u64>(), old_dims).prop_map(|(version, address, size, old_dims)| {
                let size = if version < 3 { 0 } else { size };
                Layout {
                    version,
                    storage: LayoutStorage::Contiguous { address, size },
                    old_dims: if version < 3 { old_dims } else { Vec::new() },
                }
            }),
            (prop::collection::vec(dim(), 1..5), dim(), any::<bool>(), indexes(), any::<u8>()).prop_map(
                |(chunk_dims, element_size, partial, index, version)| {
                    let filtered = matches!(index, ChunkIndexLayout::Single { filtered: Some(_), .. });
                    let old = matches!(index, ChunkIndexLayout::BTreeV1 { .. });
                    let version = if old { 1 + version % 3 } else { 4 + version % 2 };
                    let partial = if old { 0 } else { u8::from(partial) };
                    let flags = partial | u8::from(filtered) << 1;
                    let chunked = ChunkedLayout { flags, chunk_dims, element_size, index };
                    Layout { version, storage: LayoutStorage::Chunked(chunked), old_dims: Vec::new() }
                }
            ),
            (4..=5_u8, addresses(), any::<u32>()).prop_map(|(version, heap, index)| Layout {
                version,
                storage: LayoutStorage::Virtual { heap, index },
                old_dims: Vec::new(),
            }),
        ]
    }

    structure_tests! {
        layout: Layout, context = (), values = layouts(),
        real = [
            // Contiguous; not allocated; compact; version 1 B-tree (in a padded message).
            "030118080000000000001800000000000000",
            "0301ffffffffffffffff0000000000000000",
            "030008000000010002000300",
            "030203ffffffffffffffff 0a0000000a0000000200000000",
            // Single chunk, filtered and not; implicit; fixed array; extensible array; B-tree.
            "0402020301141e02011300000000000000000000003408000000000000",
            "0402000301141e0201ffffffffffffffff",
            "0402000301050502024708000000000000",
            "04020003010a0a02030affffffffffffffff",
            "040200030102050204200404100affffffffffffffff",
            "04020003010a0a0205000800006428ffffffffffffffff",
            // Virtual; HDF5 2.0's version 5.
            "0403361c00000000000002000000",
            "0502020301141e02011300000000000000000000003408000000000000",
        ],
        checksum = false
    }

    #[test]
    fn old_versions() {
        // Written by hand from the specification: contiguous and compact, with dimensions.
        for text in [
            "01020100 00000000 0008000000000000 03000000 04000000",
            "02010000 00000000 04000000 04000000 0a0b0c0d",
        ] {
            let layout: Layout = decode(&hex(text), &(), Widths::default()).unwrap();
            assert_eq!(encode(&layout, &(), Widths::default()).unwrap(), hex(text));
        }
    }

    #[test]
    fn damage_is_refused() {
        for text in [
            "030201ffffffffffffffff 02000000",
            "030203ffffffffffffffff 0000000005000000 02000000",
            "0402000301141e0206ffffffffffffffff",
            "0402040301141e0201ffffffffffffffff",
            "0402000309141e0201ffffffffffffffff",
            "0402000301141e020300ffffffffffffffff",
            "0303361c00000000000002000000",
        ] {
            assert!(decode::<Layout>(&hex(text), &(), Widths::default()).is_err(), "{text}");
        }
    }
}
