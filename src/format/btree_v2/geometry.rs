//! How many records a version 2 B-tree node holds, and how wide the counts in its pointers are.

use crate::format::Widths;
use crate::{Error, Result};

/// Bytes of a node that are neither records nor pointers: signature, version, type, checksum.
const NODE_OVERHEAD: u64 = 10;

/// What the header implies about the nodes of each depth; the file stores none of it.
///
/// Specification III.A.2, "Number of Records in Child Node". Depth 0 is a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Geometry {
    node_size: u32,
    record_size: u16,
    /// Bytes of the record count in every child pointer, whatever the depth: what a leaf needs.
    count_width: u8,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    /// Most records in one node.
    max_records: u16,
    /// Most records in one node and everything below it.
    max_total: u64,
    /// Bytes of the total count in a pointer to such a node; none for a leaf.
    total_width: u8,
}

/// Bytes to store values up to `limit`, at least 1.
pub(crate) fn bytes_for(limit: u64) -> u8 {
    (limit.checked_ilog2().unwrap_or(0) / 8).saturating_add(1) as u8
}

impl Geometry {
    /// The geometry of a tree of this `depth`.
    ///
    /// # Errors
    /// `Format` if a node of some depth holds no record, or more than its count field can say.
    pub(crate) fn new(widths: Widths, node_size: u32, record_size: u16, depth: u16) -> Result<Self> {
        let room = u64::from(node_size).saturating_sub(NODE_OVERHEAD);
        let leaf = Self::capacity(room, u64::from(record_size))?;
        let mut geometry = Self {
            node_size,
            record_size,
            count_width: bytes_for(u64::from(leaf)),
            levels: vec![Level { max_records: leaf, max_total: u64::from(leaf), total_width: 0 }],
        };
        while geometry.levels.len() <= usize::from(depth) {
            geometry.add_level(widths)?;
        }
        Ok(geometry)
    }

    /// Room for one more level of internal nodes.
    pub(crate) fn add_level(&mut self, widths: Widths) -> Result<()> {
        let below = self.level(self.levels.len().saturating_sub(1));
        let pointer = self.pointer_width(widths, below.total_width);
        let room = u64::from(self.node_size).saturating_sub(NODE_OVERHEAD).saturating_sub(pointer);
        let max_records = Self::capacity(room, u64::from(self.record_size).saturating_add(pointer))?;
        let max_total = u64::from(max_records)
            .saturating_add(1)
            .checked_mul(below.max_total)
            .and_then(|total| total.checked_add(u64::from(max_records)))
            .ok_or_else(|| Error::format("the tree is too deep").in_field("depth"))?;
        self.levels.push(Level { max_records, max_total, total_width: bytes_for(max_total) });
        Ok(())
    }

    fn capacity(room: u64, each: u64) -> Result<u16> {
        match room.checked_div(each).map(u16::try_from) {
            Some(Ok(records @ 1..)) => Ok(records),
            _ => Err(Error::format("the node size does not suit the record size").in_field("node size")),
        }
    }

    fn pointer_width(&self, widths: Widths, total_width: u8) -> u64 {
        u64::from(widths.offset)
            .saturating_add(u64::from(self.count_width))
            .saturating_add(u64::from(total_width))
    }

    fn level(&self, depth: usize) -> Level {
        self.levels.get(depth).copied().unwrap_or(Level { max_records: 0, max_total: 0, total_width: 0 })
    }

    /// Bytes of a node in the file.
    pub(crate) fn node_size(&self) -> u32 {
        self.node_size
    }

    pub(crate) fn record_size(&self) -> u16 {
        self.record_size
    }

    /// Most records in a node of this depth; 0 beyond the tree's depth.
    pub(crate) fn max_records(&self, depth: u16) -> u16 {
        self.level(usize::from(depth)).max_records
    }

    /// Bytes of the record count in a child pointer.
    pub(crate) fn count_width(&self) -> usize {
        usize::from(self.count_width)
    }

    /// Bytes of the total count in the child pointers of a node of this depth; 0 just above leaves.
    pub(crate) fn total_width(&self, depth: u16) -> usize {
        usize::from(self.level(usize::from(depth).wrapping_sub(1)).total_width)
    }

    /// Bytes in use of a node of this depth with `records` records.
    pub(crate) fn used_size(&self, widths: Widths, depth: u16, records: u16) -> u64 {
        let (records, mut size) = (u64::from(records), NODE_OVERHEAD);
        size = size.saturating_add(records.saturating_mul(u64::from(self.record_size)));
        if depth > 0 {
            let pointer = self.pointer_width(widths, self.total_width(depth) as u8);
            size = size.saturating_add(records.saturating_add(1).saturating_mul(pointer));
        }
        size
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The numbers that `h5debug` prints for a link-name tree of depth 3.
    #[test]
    fn link_names_of_depth_three() {
        let geometry = Geometry::new(Widths::default(), 512, 11, 3).unwrap();
        let max: Vec<u16> = (0..5).map(|depth| geometry.max_records(depth)).collect();
        assert_eq!(max, [45, 24, 22, 22, 0]);
        assert_eq!(geometry.count_width(), 1);
        let widths: Vec<usize> = (0..4).map(|depth| geometry.total_width(depth)).collect();
        assert_eq!(widths, [0, 0, 2, 2]);
    }

    #[test]
    fn widths_grow_by_whole_bytes() {
        let sizes: Vec<u8> = [0, 1, 255, 256, 65535, 65536, u64::MAX].map(bytes_for).into();
        assert_eq!(sizes, [1, 1, 1, 2, 2, 3, 8]);
    }

    #[test]
    fn impossible_sizes_are_errors() {
        let widths = Widths::default();
        for (node_size, record_size, depth) in
            [(0, 1, 0), (10, 1, 0), (512, 0, 0), (512, 503, 0), (64, 40, 1)]
        {
            assert!(Geometry::new(widths, node_size, record_size, depth).is_err());
        }
        assert!(Geometry::new(widths, u32::MAX, 1, 0).is_err(), "more records than a count field holds");
        assert!(Geometry::new(widths, 512, 11, u16::MAX).is_err(), "more records than 64 bits count");
    }
}
