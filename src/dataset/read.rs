//! Reading the data of a dataset.

use std::sync::Arc;

use super::state::{self, Chunked, Inner, State, Storage};
use super::transfer::{self, Pieces};
use super::unwritten::Unwritten;
use super::virtual_read::{Memory, VirtualRead};
use crate::container::objects::{Objects, ObjectsOf};
use crate::file::Shared;
use crate::format::message::datatype::Datatype;
use crate::selection::Resolved;
use crate::types::{Context, Heap, Plain, Plan};
use crate::{Error, Result};

impl State {
    /// Converts the selected elements into `out`, where they are of the type `memory`.
    pub(crate) fn read(
        &self,
        shared: &Arc<Shared>,
        resolved: &Resolved,
        out: &mut [u8],
        plan: &Plan,
        memory: &Datatype,
    ) -> Result<()> {
        let inner = self.read_lock()?;
        state::check_selection(resolved, &inner)?;
        if out.is_empty() {
            // The fill value of a damaged type can be large, whatever there is to read.
            return Ok(());
        }
        if let Storage::Virtual(data) = &inner.storage {
            let (data, dims) = (data.clone(), inner.dims().to_vec());
            // Its sources may be in the same file, or lead back here.
            drop(inner);
            let read =
                VirtualRead { state: self, shared, home: shared, dims, request: resolved, plan, memory };
            return read.run(&data, &mut Memory { out, heap: None });
        }
        let Some(pieces) = Pieces::whole(resolved, inner.dims()) else { return Ok(()) };
        match &inner.storage {
            Storage::Compact(data) => transfer::scatter(&pieces, data, out, 0, plan),
            Storage::Contiguous { address: Some(address), size } => {
                let raw = shared.read()?.raw();
                transfer::read_stored(&raw, (*address, *size), &pieces, out, 0, plan)
            }
            Storage::Contiguous { address: None, .. } => {
                Unwritten::new(shared)?.add(out.len() as u64)?;
                transfer::scatter_fill(&pieces, self.fill_pattern.as_deref(), out, 0, plan)
            }
            Storage::Chunked(chunked) => self.read_chunks(shared, chunked, resolved, out, plan),
            Storage::External { data, .. } => data.read(shared, &pieces, out, plan),
            Storage::Virtual(_) => Ok(()),
        }
    }

    /// Converts the selected elements, with their variable-length parts, into images of the type
    /// `memory`. Each source of a virtual dataset has its parts in its own file, `shared`, which references
    /// tell if it is not the one of whoever reads, `home`.
    pub(crate) fn read_variable(
        &self,
        (shared, home): (&Arc<Shared>, &Arc<Shared>),
        resolved: &Resolved,
        images: &mut [u8],
        heap: &mut Heap,
        (plan, memory): (&Plan, &Datatype),
    ) -> Result<()> {
        let inner = self.read_lock()?;
        state::check_selection(resolved, &inner)?;
        if images.is_empty() {
            return Ok(());
        }
        if let Storage::Virtual(data) = &inner.storage {
            let (data, dims) = (data.clone(), inner.dims().to_vec());
            drop(inner);
            let read = VirtualRead { state: self, shared, home, dims, request: resolved, plan, memory };
            return read.run(&data, &mut Memory { out: images, heap: Some(heap) });
        }
        drop(inner);
        // No commit may remove, between the two, what the elements refer to. Whoever reads for a virtual
        // dataset holds no turn.
        let _turn = shared.turn();
        let len = resolved.len().checked_mul(plan.source_size() as u64);
        let len = len.and_then(|len| usize::try_from(len).ok());
        let len = len.ok_or_else(|| Error::limit("the elements have too many bytes"))?;
        let mut stored = Plain::<u8>::new().zeros(len)?;
        self.read(shared, resolved, &mut stored, &Plan::copy(plan.source_size()), &self.datatype)?;
        convert_parts((shared, home), plan, (&stored, images), heap)
    }

    /// Whether the data is in other datasets.
    pub(crate) fn is_virtual(&self) -> bool {
        self.read_lock().is_ok_and(|inner| matches!(inner.storage, Storage::Virtual(_)))
    }
}

/// Converts elements of the file `shared`, with their variable-length parts, for whoever reads from `home`.
pub(super) fn convert_parts(
    (shared, home): (&Arc<Shared>, &Arc<Shared>),
    plan: &Plan,
    (from, to): (&[u8], &mut [u8]),
    heap: &mut Heap,
) -> Result<()> {
    let store = shared.read()?;
    let objects = Objects(&store);
    if Arc::ptr_eq(shared, home) {
        return plan.run_with(from, to, &mut Context::Read { objects: &objects, heap });
    }
    let objects = ObjectsOf(objects, shared.origin.as_os_str().as_encoded_bytes());
    plan.run_with(from, to, &mut Context::Read { objects: &objects, heap })
}

impl Inner {
    /// The chunked storage, for what only that has.
    pub(super) fn chunked(&self) -> Option<&Chunked> {
        match &self.storage {
            Storage::Chunked(chunked) => Some(chunked),
            _ => None,
        }
    }
}
