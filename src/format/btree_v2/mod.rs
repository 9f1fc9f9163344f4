//! Version 2 B-trees: header, nodes and the eleven kinds of record. Specification III.A.2.

mod geometry;
mod header;
mod node;
mod records;

pub(crate) use geometry::{Geometry, bytes_for};
pub(crate) use header::BTreeHeader;
pub(crate) use node::{Child, Node, NodeContext};
#[cfg(test)]
pub(crate) use records::SharedMessageLocation;
pub(crate) use records::{
    AttributeName, AttributeOrder, Chunk, ChunkShape, FilteredChunk, HugeDirect, HugeFiltered,
    HugeFilteredDirect, HugeIndirect, LinkName, LinkOrder, Record, SharedMessage,
};
