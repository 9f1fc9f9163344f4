//! Virtual datasets: their mappings, the datasets these lead to, and the shape that follows.

use std::cell::RefCell;
use std::sync::Arc;

use super::virtual_map::{Numbered, extent_of, slices, unlimited};
use super::{Dataset, State};
use crate::external::Purpose;
use crate::file::Shared;
use crate::format::selection::{Pattern, Selection};
use crate::format::virtual_layout::{Mapping, VirtualLayout};
use crate::format::{Reader, Structure as _};
use crate::heap::global;
use crate::store::Store;
use crate::{Error, ErrorKind, Group, Result};

/// How deep virtual datasets may be the sources of others.
const MAX_DEPTH: usize = 16;
/// How often the sources of sources may be opened for one read.
const MAX_NESTED: usize = 1 << 16;

/// How far a virtual dataset with unlimited mappings reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum VirtualView {
    /// To the last element that any source has, the default.
    #[default]
    LastAvailable,
    /// To the first element that a source misses.
    FirstMissing,
}

/// The mappings of a virtual dataset.
#[derive(Debug)]
pub(crate) struct VirtualData {
    pub(super) mappings: Vec<Source>,
}

impl VirtualData {
    /// How many elements of a dataset of this shape have a source, whether that exists or not; those that
    /// have several count as often.
    pub(super) fn mapped(&self, dims: &[u64]) -> u64 {
        let lens = self.mappings.iter().map(|mapping| mapping.target.selected(dims));
        lens.fold(0, u64::saturating_add)
    }
}

/// One mapping.
#[derive(Debug)]
pub(super) struct Source {
    file: Name,
    dataset: Name,
    pub(super) source: Selection,
    pub(super) target: Selection,
    stored: Mapping,
}

/// A name with a place for the block's number between each two pieces.
#[derive(Debug)]
struct Name(Vec<Vec<u8>>);

impl Name {
    fn parse(stored: &[u8]) -> Result<Self> {
        let mut pieces = vec![Vec::new()];
        let mut bytes = stored.iter();
        while let Some(&byte) = bytes.next() {
            let last = pieces.len() - 1;
            match (byte, if byte == b'%' { bytes.next() } else { None }) {
                (b'%', Some(b'b')) => pieces.push(Vec::new()),
                (b'%', Some(b'%')) => pieces[last].push(b'%'),
                (b'%', _) => {
                    let name = String::from_utf8_lossy(stored);
                    return Err(Error::format(format!("\"{name}\" has a % without b or %")));
                }
                _ => pieces[last].push(byte),
            }
        }
        Ok(Self(pieces))
    }

    fn of_block(&self, block: u64) -> Vec<u8> {
        self.0.join(block.to_string().as_bytes())
    }

    fn is_numbered(&self) -> bool {
        self.0.len() > 1
    }
}

impl VirtualData {
    /// The mappings in object `index` of the heap collection at `heap`; none without one.
    pub(super) fn open(store: &Store, heap: Option<u64>, index: u32) -> Result<Self> {
        let Some(heap) = heap else { return Ok(Self { mappings: Vec::new() }) };
        let layout = global::read(store, heap, index, |block| {
            VirtualLayout::decode(&mut Reader::new(block, heap, store.widths(), VirtualLayout::NAME), &())
        })?;
        let source = |stored: Mapping| {
            Ok(Source {
                file: Name::parse(&stored.file)?,
                dataset: Name::parse(&stored.dataset)?,
                source: stored.source.clone(),
                target: stored.target.clone(),
                stored,
            })
        };
        Ok(Self { mappings: layout.mappings.into_iter().map(source).collect::<Result<_>>()? })
    }

    fn is_unlimited(&self) -> bool {
        self.mappings.iter().any(|mapping| unlimited(&mapping.target).is_some())
    }
}

impl Source {
    /// The pattern of blocks of the virtual dataset that are datasets of their own each, and its
    /// dimension.
    pub(super) fn numbered(&self) -> Result<Option<(usize, Pattern)>> {
        let Some((dim, pattern)) = unlimited(&self.target).filter(|_| unlimited(&self.source).is_none())
        else {
            return Ok(None);
        };
        let numbered = self.file.is_numbered() || self.dataset.is_numbered();
        if !numbered || pattern.stride == 0 || pattern.block > pattern.stride {
            return Err(Error::format("an unlimited mapping of a dataset that is not unlimited"));
        }
        Ok(Some((dim, pattern)))
    }

    /// The virtual dataset's selection, block `block` of it along `dim`.
    pub(super) fn block(&self, dim: usize, block: u64) -> Selection {
        let mut selection = self.target.clone();
        if let Selection::Regular { axes, .. } = &mut selection
            && let Some(axis) = axes.get_mut(dim)
        {
            axis.start = axis.start.saturating_add(axis.stride.saturating_mul(block));
            axis.count = 1;
        }
        selection
    }

    /// The source, or that of block `block`; none if it is not there.
    pub(super) fn open(&self, shared: &Arc<Shared>, block: u64) -> Result<Option<Dataset>> {
        NESTING.with_borrow_mut(Nesting::count)?;
        let file = self.file.of_block(block);
        let shared = if file == b"." {
            Some(shared.clone())
        } else {
            shared.family.find(&file, &shared.origin, Purpose::VirtualSource)?
        };
        let Some(shared) = shared else { return Ok(None) };
        let name = self.dataset.of_block(block);
        match Group::root(shared)?.dataset(&String::from_utf8_lossy(&name)) {
            Ok(dataset) => Ok(Some(dataset)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::TypeMismatch) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The virtual datasets that this thread is at work on, each the source of the one before.
#[derive(Default)]
struct Nesting {
    active: Vec<*const State>,
    opened: usize,
}

thread_local! {
    static NESTING: RefCell<Nesting> = RefCell::default();
}

impl Nesting {
    fn count(&mut self) -> Result<()> {
        if self.active.len() > 1 {
            self.opened += 1;
        }
        if self.opened > MAX_NESTED {
            return Err(Error::limit("the sources of a virtual dataset are too many"));
        }
        Ok(())
    }
}

/// Runs `work` on a virtual dataset, unless it is at work on it already.
pub(super) fn nested<R>(state: &State, work: impl FnOnce() -> Result<R>) -> Result<R> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            NESTING.with_borrow_mut(|nesting| nesting.active.pop());
        }
    }
    NESTING.with_borrow_mut(|nesting| {
        let state = std::ptr::from_ref(state);
        if nesting.active.contains(&state) {
            return Err(Error::format("a virtual dataset is a source of itself"));
        }
        if nesting.active.len() >= MAX_DEPTH {
            return Err(Error::limit("virtual datasets are nested too deep"));
        }
        if nesting.active.is_empty() {
            nesting.opened = 0;
        }
        nesting.active.push(state);
        Ok(())
    })?;
    let _leave = Leave;
    work()
}

impl State {
    /// Whether this is a virtual dataset with sources in other files, or that are virtual themselves.
    pub(crate) fn leads_elsewhere(&self, shared: &Arc<Shared>) -> bool {
        let data = match self.read_lock() {
            Ok(inner) => match &inner.storage {
                super::state::Storage::Virtual(data) => data.clone(),
                _ => return false,
            },
            Err(_) => return false,
        };
        data.mappings.iter().any(|mapping| {
            mapping.stored.file != b"."
                || mapping.open(shared, 0).is_ok_and(|source| {
                    source.is_some_and(|source| matches!(source.layout(), Ok(super::Layout::Virtual)))
                })
        })
    }

    /// Makes the shape what the sources of unlimited mappings have now.
    pub(super) fn update_virtual_extent(&self, shared: &Arc<Shared>) -> Result<()> {
        let (data, dims) = {
            let inner = self.read_lock()?;
            match &inner.storage {
                super::state::Storage::Virtual(data) if data.is_unlimited() => {
                    (data.clone(), inner.dims().to_vec())
                }
                _ => return Ok(()),
            }
        };
        let dims = nested(self, || data.extent(shared, &dims))?;
        self.write_lock()?.set_dims(dims);
        Ok(())
    }
}

impl VirtualData {
    fn extent(&self, shared: &Arc<Shared>, stored: &[u64]) -> Result<Vec<u64>> {
        let view = shared.family.builder().view();
        let mut reached: Vec<Option<u64>> = vec![None; stored.len()];
        let mut least = vec![0; stored.len()];
        for mapping in &self.mappings {
            let open = unlimited(&mapping.target);
            // What is not unlimited is there whatever the sources have.
            if mapping.target != Selection::All {
                let ends = Numbered::new(&mapping.target, stored, 0)?.ends(stored.len());
                for (dim, (least, end)) in least.iter_mut().zip(ends).enumerate() {
                    if open.is_none_or(|(open, _)| open != dim) {
                        *least = end.max(*least);
                    }
                }
            }
            let Some((dim, pattern)) = open else { continue };
            let extent = match mapping.numbered()? {
                Some(_) => mapping.numbered_extent(shared, pattern, view)?,
                None => match mapping.open(shared, 0)? {
                    Some(source) => {
                        let slices = mapping.source_slices(&source)?;
                        extent_of(pattern, slices, view == VirtualView::FirstMissing)
                    }
                    None => 0,
                },
            };
            if let Some(reached) = reached.get_mut(dim) {
                *reached = Some(match (*reached, view) {
                    (None, _) => extent,
                    (Some(other), VirtualView::LastAvailable) => other.max(extent),
                    (Some(other), VirtualView::FirstMissing) => other.min(extent),
                });
            }
        }
        let each = reached.iter().zip(stored).zip(&least);
        Ok(each
            .map(|((reached, &stored), &least)| reached.map_or(stored, |reached| reached.max(least)))
            .collect())
    }
}

impl Source {
    /// How many positions of the source's unlimited dimension there are.
    pub(super) fn source_slices(&self, source: &Dataset) -> Result<u64> {
        let Some((dim, pattern)) = unlimited(&self.source) else { return Ok(0) };
        match source.shape().get(dim) {
            Some(&extent) => Ok(slices(pattern, extent as u64)),
            None => Err(Error::format("a mapping of another rank than its source")),
        }
    }

    /// How far the blocks reach that have datasets.
    fn numbered_extent(&self, shared: &Arc<Shared>, pattern: Pattern, view: VirtualView) -> Result<u64> {
        let gap = match view {
            VirtualView::LastAvailable => shared.family.builder().gap(),
            VirtualView::FirstMissing => 0,
        };
        let (mut block, mut first_missing) = (0_u64, 0_u64);
        while block <= first_missing.saturating_add(gap) {
            if self.open(shared, block)?.is_some() {
                first_missing = block.saturating_add(1);
            }
            block = block.saturating_add(1);
        }
        let start = |block: u64| pattern.start.saturating_add(pattern.stride.saturating_mul(block));
        Ok(match (first_missing.checked_sub(1), view) {
            (None, _) => 0,
            (Some(last), VirtualView::LastAvailable) => start(last).saturating_add(pattern.block),
            (Some(_), VirtualView::FirstMissing) => start(first_missing),
        })
    }
}

/// A mapping of a virtual dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualMapping {
    /// The source's file; `.` is that of the virtual dataset. `%b` stands for a block's number.
    pub file: String,
    /// The source's path in its file.
    pub dataset: String,
    /// What is mapped of the source.
    pub source: MappedSelection,
    /// Where it is in the virtual dataset.
    pub target: MappedSelection,
}

/// One side of a mapping of a virtual dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MappedSelection {
    /// Nothing.
    None,
    /// Every element.
    All,
    /// Single elements, in order.
    Points(Vec<Vec<u64>>),
    /// Start, stride, count and block along each dimension; a count or block of `u64::MAX` is
    /// unlimited.
    Regular(Vec<[u64; 4]>),
    /// The first and the last element of each block.
    Blocks(Vec<(Vec<u64>, Vec<u64>)>),
}

impl From<&Selection> for MappedSelection {
    fn from(selection: &Selection) -> Self {
        match selection {
            Selection::None => Self::None,
            Selection::All => Self::All,
            Selection::Points { rank, coordinates, .. } => {
                Self::Points(coordinates.chunks_exact((*rank).max(1)).map(<[u64]>::to_vec).collect())
            }
            Selection::Regular { axes, .. } => Self::Regular(
                axes.iter().map(|axis| [axis.start, axis.stride, axis.count, axis.block]).collect(),
            ),
            Selection::Blocks { rank, corners, .. } => Self::Blocks(
                corners
                    .chunks_exact(rank.saturating_mul(2).max(1))
                    .map(|block| block.split_at((*rank).min(block.len())))
                    .map(|(low, high)| (low.to_vec(), high.to_vec()))
                    .collect(),
            ),
        }
    }
}

impl Dataset {
    /// The mappings of a virtual dataset, in order; none for other layouts.
    pub fn virtual_mappings(&self) -> Vec<VirtualMapping> {
        let Ok(inner) = self.state.read_lock() else { return Vec::new() };
        let super::state::Storage::Virtual(data) = &inner.storage else { return Vec::new() };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let describe = |mapping: &Source| VirtualMapping {
            file: text(&mapping.stored.file),
            dataset: text(&mapping.stored.dataset),
            source: (&mapping.source).into(),
            target: (&mapping.target).into(),
        };
        data.mappings.iter().map(describe).collect()
    }
}
