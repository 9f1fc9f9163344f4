//! The extensible array: the chunk index of datasets with one unlimited dimension.
//! Specification VII.D; notes: format-spec-notes/chunk-indexes.md.
//!
//! The first elements are in the index block. The others are in data blocks, which belong to
//! super blocks of growing size: super block `u` has `2^(u/2)` data blocks of
//! `2^((u+1)/2)` times the smallest number of elements. The first few super blocks do not
//! exist; their data blocks are led to by the index block itself ("direct" below).

mod blocks;
mod geometry;

pub(crate) use blocks::{DataBlock, IndexBlock, SuperBlock};
pub(crate) use geometry::{Geometry, Parameters, Place};

use super::fields::{Checksum, Length, Signature, Version, tag};
use super::{Address, Structure, Widths};
use crate::Result;

on_disk! {
    /// Extensible array header, "EAHD". Specification VII.D.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Header as "Extensible array header" {
        pub(crate) _signature: Signature<{ tag(b"EAHD") }>,
        pub(crate) _version: Version<0>,
        pub(crate) client_id: u8,
        pub(crate) element_size: u8,
        pub(crate) max_bits: u8,
        pub(crate) index_elements: u8,
        pub(crate) min_elements: u8,
        pub(crate) min_pointers: u8,
        pub(crate) page_bits: u8,
        /// Super blocks that exist.
        pub(crate) super_blocks: Length,
        /// Bytes of all super blocks.
        pub(crate) super_block_bytes: Length,
        /// Data blocks that exist.
        pub(crate) data_blocks: Length,
        /// Bytes of all data blocks with their pages.
        pub(crate) data_block_bytes: Length,
        /// One more than the highest index ever set; elements from there on are absent.
        pub(crate) used: Length,
        /// Elements for which there is room in the blocks that exist.
        pub(crate) realized: Length,
        pub(crate) index_block: Address,
        pub(crate) _checksum: Checksum,
    }
}

impl Header {
    /// The header of an array that has no block yet.
    pub(crate) fn empty(geometry: &Geometry, widths: Widths) -> Self {
        let Parameters { max_bits, index_elements, min_elements, min_pointers, page_bits } =
            geometry.parameters();
        Self {
            _signature: Signature,
            _version: Version,
            client_id: geometry.shape().client_id(),
            element_size: geometry.shape().len(widths),
            max_bits,
            index_elements,
            min_elements,
            min_pointers,
            page_bits,
            super_blocks: Length(0),
            super_block_bytes: Length(0),
            data_blocks: Length(0),
            data_block_bytes: Length(0),
            used: Length(0),
            realized: Length(0),
            index_block: Address::UNDEFINED,
            _checksum: Checksum,
        }
    }

    /// The geometry, or an error if the parameters make none.
    pub(crate) fn geometry(&self, widths: Widths) -> Result<Geometry> {
        let shape = super::chunk_index::ElementShape::from_header(self.client_id, self.element_size, widths);
        let parameters = Parameters {
            max_bits: self.max_bits,
            index_elements: self.index_elements,
            min_elements: self.min_elements,
            min_pointers: self.min_pointers,
            page_bits: self.page_bits,
        };
        shape
            .and_then(|shape| Geometry::new(shape, parameters))
            .map_err(|error| error.in_structure(Self::NAME))
    }
}
