//! Bytes to structures and back: pure functions, no I/O.
//!
//! One file describes one structure, in both directions. Every structure implements
//! [`Structure`], most of them through [`on_disk!`].
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[macro_use]
mod on_disk;
pub(crate) mod btree_v1;
pub(crate) mod btree_v2;
pub(crate) mod cache_image;
pub(crate) mod checksum;
pub(crate) mod chunk_index;
pub(crate) mod driver_info;
pub(crate) mod extensible_array;
pub(crate) mod fields;
pub(crate) mod fixed_array;
pub(crate) mod fractal_heap;
pub(crate) mod free_space;
pub(crate) mod global_heap;
pub(crate) mod local_heap;
pub(crate) mod message;
pub(crate) mod object_header;
pub(crate) mod onion;
mod reader;
pub(crate) mod reference;
pub(crate) mod selection;
pub(crate) mod shared_table;
pub(crate) mod superblock;
pub(crate) mod symbol_table_node;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod virtual_layout;
mod writer;

pub(crate) use fields::Address;
pub(crate) use reader::Reader;
pub(crate) use writer::{Writer, encode};

use crate::Result;

/// How many bytes the file uses for an address and for a length (2, 4 or 8 each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Widths {
    /// Size of offsets: bytes of a file address.
    pub(crate) offset: u8,
    /// Size of lengths: bytes of a length.
    pub(crate) length: u8,
}

impl Default for Widths {
    fn default() -> Self {
        Self { offset: 8, length: 8 }
    }
}

/// A structure of the file: how its bytes are read, and how they are written.
///
/// `Context` is what the bytes alone do not tell (a B-tree's geometry, say); most have none.
pub(crate) trait Structure: Sized + Send + Sync + 'static {
    /// The name in error messages, in the specification's words.
    const NAME: &'static str;
    /// What decoding needs beyond the bytes.
    type Context: Sync;

    /// How many bytes to read first: the exact size where it is known, else a good guess.
    fn size_hint(context: &Self::Context, widths: Widths) -> usize {
        let _ = (context, widths);
        512
    }

    /// Reads the structure that starts at the reader's position, which must be its first byte.
    fn decode(r: &mut Reader<'_>, context: &Self::Context) -> Result<Self>;

    /// Writes the structure.
    fn encode(&self, w: &mut Writer, context: &Self::Context);

    /// How many bytes [`encode`](Self::encode) writes, if that is known without writing them.
    fn encoded_len(&self, context: &Self::Context, widths: Widths) -> Option<usize> {
        let _ = (context, widths);
        None
    }
}
