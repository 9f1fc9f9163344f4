//! The commit: the order of writes of format-spec-notes/durability.md.

use super::overlay::Extent;
use super::record::{Anchor, Record, atomic};
use super::{Rank, Store};
use crate::format::{Widths, encode};
use crate::storage::SyncMode;
use crate::{Error, Result};

/// When a commit waits for the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// Never: what is flushed survives the end of the process, but not of the power.
    #[default]
    Buffered,
    /// What is flushed survives a power failure (`fdatasync`).
    Data,
    /// As `Data`, the file's times included (`fsync`); and after a power failure also the C library,
    /// which does not know this crate's commit record, finds each object as it was or as it will be.
    Full,
}

impl Durability {
    fn sync_mode(self) -> Option<SyncMode> {
        match self {
            Self::Buffered => None,
            Self::Data => Some(SyncMode::Data),
            Self::Full => Some(SyncMode::Full),
        }
    }
}

/// Small extents are gathered into writes of at most this many bytes.
const RUN: usize = 4 << 20;
/// Gaps of at most this many bytes inside new metadata blocks are written over.
const GAP: u64 = 4096;

/// What happens to the superblock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Superblock {
    Same,
    /// The end-of-file address grows: its write is the commit point.
    Grows,
    /// Something else changes, while the end stays: it is one of the anchors.
    Anchor,
}

/// An anchor to be rewritten.
struct Rewrite {
    rank: Rank,
    address: u64,
    bytes: Vec<u8>,
}

impl Store {
    /// Writes all that changed since the last commit, in the order of the notes.
    ///
    /// # Errors
    /// `Io`. If the error came before anything in use was touched, the commit can be tried again;
    /// else the store refuses further changes, and the file is consistent when it is opened again.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.commit_and(true)
    }

    /// As [`commit`](Self::commit), for the last time.
    pub(crate) fn commit_last(&mut self) -> Result<()> {
        self.commit_and(false)
    }

    /// Commits; with `keep` the structures that were written stay in the cache.
    fn commit_and(&mut self, keep: bool) -> Result<()> {
        self.check_writable()?;
        for finish in self.scratch.to_finish() {
            // If it fails half-way, nothing more can be changed.
            self.edit(finish)?;
        }
        if self.image.is_some() {
            // What is dirty is nothing but the image, which says the same.
            self.home.settle()?;
            return self.barrier();
        }
        let end = self.space.seal();
        if !self.overlay.is_empty() || end != self.space.committed_end() || self.space.has_freed() {
            self.forget_free_space()?;
        }
        let cache = &self.cache;
        self.overlay.settle(|address, len, value| {
            if keep {
                cache.insert(address, len, value);
            }
        })?;
        self.home.set_end(end);
        let superblock = self.superblock_bytes(end)?;
        self.home.settle()?;
        self.write_new()?;
        if self.home.stored() < end {
            self.home.set_len(end)?;
        }
        let published = self.publish(end, superblock);
        self.poisoned = published.is_err();
        published
    }

    /// The superblock as it shall be, with `end` as end-of-file address, and its bytes.
    fn superblock_bytes(&self, end: u64) -> Result<Option<Vec<u8>>> {
        let Some(superblock) = &self.superblock else { return Ok(None) };
        if !superblock.root().is_defined() {
            return Err(Error::usage("the file has no root group"));
        }
        let mut superblock = superblock.clone();
        superblock.end = self.base.saturating_add(end);
        encode(&superblock, &(), Widths::default()).map(Some)
    }

    /// Phase 1: everything that is new, in order of address and in large writes.
    fn write_new(&self) -> Result<()> {
        let mut run: (u64, Vec<u8>) = (0, Vec::new());
        let new = |(_, extent): &(u64, &Extent)| extent.new;
        for (address, extent) in self.overlay.extents().filter(new) {
            let run_end = run.0.saturating_add(run.1.len() as u64);
            if address < run_end && !run.1.is_empty() {
                return Err(Error::format("structures that wait to be written overlap").at(address));
            }
            let gap = address.saturating_sub(run_end);
            let joins = gap == 0 || (gap <= GAP && self.space.same_new_block(run_end, address));
            let gap = usize::try_from(gap).unwrap_or(usize::MAX);
            let joined = run.1.len().saturating_add(gap).saturating_add(extent.bytes.len());
            if run.1.is_empty() || !joins || joined > RUN {
                self.write_run(&run.0, &run.1)?;
                run.1.clear();
                if extent.bytes.len() >= RUN {
                    self.home.write(address, &extent.bytes)?;
                    continue;
                }
                run.0 = address;
            } else {
                run.1.resize(run.1.len().saturating_add(gap), 0);
            }
            run.1.extend_from_slice(&extent.bytes);
        }
        self.write_run(&run.0, &run.1)
    }

    fn write_run(&self, address: &u64, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() { Ok(()) } else { self.home.write(*address, bytes) }
    }

    fn barrier(&self) -> Result<()> {
        self.durability.sync_mode().map_or(Ok(()), |mode| self.home.sync(mode))
    }

    /// Phases 2 to 6, after which the transaction is the file's content.
    fn publish(&mut self, end: u64, superblock: Option<Vec<u8>>) -> Result<()> {
        let (fate, only_end) = self.superblock_fate(end, superblock.as_deref())?;
        let mut anchors = self.anchors();
        if let (Superblock::Anchor, Some(bytes)) = (fate, &superblock) {
            anchors.insert(0, Rewrite { rank: Rank::Linked, address: 0, bytes: bytes.clone() });
        }
        let alone = match &anchors[..] {
            [] => true,
            [anchor] => {
                atomic(self.base.saturating_add(anchor.address), anchor.bytes.len())
                    && (fate != Superblock::Grows || only_end)
            }
            _ => false,
        };
        let recorded = !alone && superblock.is_some();
        if recorded {
            // The record takes effect when it is whole, unless the end has yet to grow.
            if fate != Superblock::Grows {
                self.barrier()?;
            }
            self.write_record(end, &anchors)?;
        }
        self.barrier()?;
        if let (Superblock::Grows, Some(bytes)) = (fate, &superblock) {
            self.home.write(0, bytes)?;
            self.barrier()?;
        }
        self.write_anchors(&anchors)?;
        if self.superblock.is_some() && self.home.stored() > end {
            self.home.set_len(end)?;
        }
        self.overlay.clear();
        self.scratch.clear();
        self.stored_superblock = superblock;
        self.shrink(end)
    }

    /// What happens to the superblock, and whether nothing but its end changes.
    fn superblock_fate(&self, end: u64, new: Option<&[u8]>) -> Result<(Superblock, bool)> {
        if new == self.stored_superblock.as_deref() {
            return Ok((Superblock::Same, true));
        }
        let grows = end != self.space.committed_end() || self.stored_superblock.is_none();
        let only_end = self.superblock_bytes(self.space.committed_end())? == self.stored_superblock;
        Ok((if grows { Superblock::Grows } else { Superblock::Anchor }, only_end))
    }

    /// What is rewritten in place, in the order in which it is.
    fn anchors(&self) -> Vec<Rewrite> {
        let old = self.overlay.extents().filter(|(_, extent)| !extent.new);
        let rewrite = |(address, extent): (u64, &Extent)| Rewrite {
            rank: extent.rank,
            address,
            bytes: extent.bytes.clone(),
        };
        let mut anchors: Vec<Rewrite> = old.map(rewrite).collect();
        anchors.sort_by_key(|anchor| (anchor.rank, anchor.address));
        anchors
    }

    /// Phase 2.
    fn write_record(&self, end: u64, anchors: &[Rewrite]) -> Result<()> {
        let anchor = |anchor: &Rewrite| Anchor::new(&self.home, self.base, anchor.address, &anchor.bytes);
        let anchors = anchors.iter().map(anchor).collect::<Result<_>>()?;
        let record = Record { position: self.base.saturating_add(end), anchors };
        self.home.write(end, &record.encode()?)
    }

    /// Phase 4.
    fn write_anchors(&self, anchors: &[Rewrite]) -> Result<()> {
        if anchors.is_empty() {
            return Ok(());
        }
        for group in anchors.chunk_by(|a, b| a.rank == b.rank) {
            for anchor in group {
                self.home.write(anchor.address, &anchor.bytes)?;
            }
            if self.durability == Durability::Full {
                self.barrier()?;
            }
        }
        if self.durability == Durability::Data { self.barrier() } else { Ok(()) }
    }

    /// Phase 6: frees what the transaction freed; the file becomes shorter if that was its end.
    fn shrink(&mut self, end: u64) -> Result<()> {
        let shrunk = self.space.committed();
        self.home.set_end(shrunk);
        if shrunk == end || self.superblock.is_none() {
            return Ok(());
        }
        let bytes = self.superblock_bytes(shrunk)?;
        if let Some(bytes) = &bytes {
            self.home.write(0, bytes)?;
        }
        self.stored_superblock = bytes;
        // A file that is cut while its superblock has the old end would be refused as truncated.
        self.barrier()?;
        self.home.set_len(shrunk)
    }
}
