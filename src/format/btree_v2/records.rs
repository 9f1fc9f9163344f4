//! The records of version 2 B-trees, types 1 to 11. Specification III.A.2.

use std::cmp::Ordering;
use std::fmt::Debug;

use crate::Result;
use crate::format::fields::{Field, Length, Reserved};
use crate::format::{Address, Reader, Widths, Writer};

/// One kind of record: its bytes, and its place in the tree.
pub(crate) trait Record: Debug + Clone + PartialEq + Send + Sync + 'static {
    /// The record type in header and nodes.
    const TYPE: u8;
    /// What the bytes alone do not tell.
    type Params: Debug + Clone + PartialEq + Send + Sync + 'static;

    /// Bytes of one record.
    fn size(params: &Self::Params, widths: Widths) -> usize;
    fn decode(r: &mut Reader<'_>, params: &Self::Params) -> Result<Self>;
    fn encode(&self, w: &mut Writer, params: &Self::Params);

    /// The order in the tree, as far as the record itself tells it: records of equal name hash
    /// are ordered by the names, which are in a heap.
    fn compare(&self, other: &Self) -> Ordering;
}

/// Bytes of a field whose size depends on nothing but the file's widths.
trait FieldSize {
    fn size(widths: Widths) -> usize;
}

macro_rules! field_sizes {
    ($([$($generics:tt)*] $ty:ty = |$widths:ident| $size:expr;)*) => {$(
        impl<$($generics)*> FieldSize for $ty {
            fn size($widths: Widths) -> usize {
                $size
            }
        }
    )*};
}
field_sizes! {
    [] u8 = |_w| 1;
    [] u16 = |_w| 2;
    [] u32 = |_w| 4;
    [] u64 = |_w| 8;
    [] Address = |widths| usize::from(widths.offset);
    [] Length = |widths| usize::from(widths.length);
    [const N: usize] [u8; N] = |_w| N;
}

/// Declares a record all of whose fields have a fixed width; `key` orders the records.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident = $record_type:literal, key = |$this:ident| $key:expr,
        { $( $(#[$field_meta:meta])* $field:ident : $ty:ty ),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name {
            $( $(#[$field_meta])* pub(crate) $field : $ty ),*
        }

        impl Record for $name {
            const TYPE: u8 = $record_type;
            type Params = ();

            fn size((): &(), widths: Widths) -> usize {
                0_usize $( .saturating_add(<$ty as FieldSize>::size(widths)) )*
            }
            fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
                Ok(Self {
                    $( $field: <$ty as Field>::decode(r)
                        .map_err(|error| error.in_field(stringify!($field)))? ),*
                })
            }
            fn encode(&self, w: &mut Writer, (): &()) {
                $( Field::encode(&self.$field, w); )*
            }
            fn compare(&self, other: &Self) -> Ordering {
                let key = |$this: &Self| $key;
                key(self).cmp(&key(other))
            }
        }
    };
}

record! {
    /// Type 1: a huge fractal-heap object found by its id, without filters.
    HugeIndirect = 1, key = |this| this.id,
    { address: Address, length: Length, id: Length }
}

record! {
    /// Type 2: a huge fractal-heap object found by its id, filtered.
    HugeFiltered = 2, key = |this| this.id,
    {
        address: Address,
        /// Bytes in the file, after the filters.
        length: Length,
        filter_mask: u32,
        /// Bytes in memory.
        memory_size: Length,
        id: Length,
    }
}

record! {
    /// Type 3: a huge fractal-heap object whose heap id says where it is, without filters.
    HugeDirect = 3, key = |this| (this.address, this.length),
    { address: Address, length: Length }
}

record! {
    /// Type 4: a huge fractal-heap object whose heap id says where it is, filtered.
    HugeFilteredDirect = 4, key = |this| (this.address, this.length, this.filter_mask, this.memory_size),
    {
        address: Address,
        /// Bytes in the file, after the filters.
        length: Length,
        filter_mask: u32,
        /// Bytes in memory.
        memory_size: Length,
    }
}

record! {
    /// Type 5: a link of an indexed group by its name.
    LinkName = 5, key = |this| this.hash,
    {
        /// lookup3 of the name.
        hash: u32,
        /// Heap id of the link message.
        id: [u8; 7],
    }
}

record! {
    /// Type 6: a link of an indexed group by its creation order.
    LinkOrder = 6, key = |this| this.order as i64,
    {
        /// A signed number, in two's complement.
        order: u64,
        /// Heap id of the link message.
        id: [u8; 7],
    }
}

record! {
    /// Type 8: an indexed attribute by its name.
    AttributeName = 8, key = |this| this.hash,
    {
        /// Heap id of the attribute message, or of the shared message.
        id: [u8; 8],
        /// Message flags.
        flags: u8,
        order: u32,
        /// lookup3 of the name.
        hash: u32,
    }
}

record! {
    /// Type 9: an indexed attribute by its creation order.
    AttributeOrder = 9, key = |this| this.order,
    {
        /// Heap id of the attribute message, or of the shared message.
        id: [u8; 8],
        /// Message flags.
        flags: u8,
        order: u32,
    }
}

/// Type 7: a shared object header message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedMessage {
    /// lookup3 of the encoded message.
    pub(crate) hash: u32,
    pub(crate) location: SharedMessageLocation,
}

/// Where a shared message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SharedMessageLocation {
    /// In the index's fractal heap.
    Heap { references: u32, id: [u8; 8] },
    /// In the header of the only object that uses it so far.
    Header {
        message_type: u8,
        /// Which of the header's messages of that type.
        index: u16,
        address: Address,
    },
}

impl Record for SharedMessage {
    const TYPE: u8 = 7;
    type Params = ();

    /// The larger of the two locations: a heap location is 12 bytes.
    fn size((): &(), widths: Widths) -> usize {
        usize::from(widths.offset).saturating_add(4).max(12).saturating_add(5)
    }

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let location = r.u8()?;
        let hash = r.u32()?;
        let location = match location {
            0 => SharedMessageLocation::Heap { references: r.u32()?, id: r.array()? },
            1 => {
                Reserved::<1>::decode(r)?;
                let (message_type, index) = (r.u8()?, r.u16()?);
                SharedMessageLocation::Header { message_type, index, address: r.file_address()? }
            }
            other => return Err(r.error("message location", format!("the location is {other}"))),
        };
        Ok(Self { hash, location })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        match self.location {
            SharedMessageLocation::Heap { references, id } => {
                w.u8(0);
                w.u32(self.hash);
                w.u32(references);
                w.bytes(&id);
            }
            SharedMessageLocation::Header { message_type, index, address } => {
                w.u8(1);
                w.u32(self.hash);
                Reserved::<1>::default().encode(w);
                w.u8(message_type);
                w.u16(index);
                w.file_address(address);
            }
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.hash.cmp(&other.hash)
    }
}

/// What the records of a chunk index depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkShape {
    /// Number of dimensions of the dataset.
    pub(crate) rank: u8,
    /// Bytes of the stored chunk size in type 11 (at most 8).
    pub(crate) size_width: u8,
}

impl ChunkShape {
    fn coordinates_size(self) -> usize {
        usize::from(self.rank).saturating_mul(8)
    }

    fn decode_coordinates(self, r: &mut Reader<'_>) -> Result<Box<[u64]>> {
        (0..self.rank).map(|_| r.u64()).collect()
    }
}

/// Type 10: a chunk without filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) address: Address,
    /// Position in units of chunks, slowest dimension first.
    pub(crate) scaled: Box<[u64]>,
}

impl Record for Chunk {
    const TYPE: u8 = 10;
    type Params = ChunkShape;

    fn size(shape: &ChunkShape, widths: Widths) -> usize {
        usize::from(widths.offset).saturating_add(shape.coordinates_size())
    }

    fn decode(r: &mut Reader<'_>, shape: &ChunkShape) -> Result<Self> {
        Ok(Self { address: r.file_address()?, scaled: shape.decode_coordinates(r)? })
    }

    fn encode(&self, w: &mut Writer, _: &ChunkShape) {
        w.file_address(self.address);
        self.scaled.iter().for_each(|&position| w.u64(position));
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.scaled.cmp(&other.scaled)
    }
}

/// Type 11: a filtered chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilteredChunk {
    pub(crate) address: Address,
    /// Bytes in the file, after the filters.
    pub(crate) size: u64,
    /// Bit i is set if filter i was not applied.
    pub(crate) filter_mask: u32,
    /// Position in units of chunks, slowest dimension first.
    pub(crate) scaled: Box<[u64]>,
}

impl Record for FilteredChunk {
    const TYPE: u8 = 11;
    type Params = ChunkShape;

    fn size(shape: &ChunkShape, widths: Widths) -> usize {
        usize::from(widths.offset)
            .saturating_add(usize::from(shape.size_width))
            .saturating_add(4)
            .saturating_add(shape.coordinates_size())
    }

    fn decode(r: &mut Reader<'_>, shape: &ChunkShape) -> Result<Self> {
        Ok(Self {
            address: r.file_address()?,
            size: r.uint(usize::from(shape.size_width))?,
            filter_mask: r.u32()?,
            scaled: shape.decode_coordinates(r)?,
        })
    }

    fn encode(&self, w: &mut Writer, shape: &ChunkShape) {
        w.file_address(self.address);
        w.uint(self.size, usize::from(shape.size_width), "chunk size");
        w.u32(self.filter_mask);
        self.scaled.iter().for_each(|&position| w.u64(position));
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.scaled.cmp(&other.scaled)
    }
}
