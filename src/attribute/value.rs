//! The value of an attribute: all in memory.

use std::collections::HashSet;
use std::sync::{RwLock, RwLockReadGuard};

use crate::container::{Container, objects};
use crate::dataset::extents;
use crate::dataset::transfer::{self, Pieces};
use crate::extents::Extents;
use crate::format::message::attribute::Attribute;
use crate::format::message::datatype::Datatype;
use crate::object::{attributes, shared};
use crate::selection::Resolved;
use crate::store::Store;
use crate::types::{HeapId, Plan};
use crate::{Error, Result};

/// The value of an attribute, shared by the clones of a handle.
pub(crate) struct Value {
    pub(crate) name: Vec<u8>,
    pub(crate) extents: Extents,
    message: RwLock<Attribute>,
}

impl Value {
    pub(super) fn new(message: Attribute, extents: Extents) -> Self {
        Self { name: message.name.clone(), extents, message: RwLock::new(message) }
    }

    fn message(&self) -> RwLockReadGuard<'_, Attribute> {
        self.message.read().unwrap_or_else(|poison| poison.into_inner())
    }

    /// The address of the committed datatype of the attribute, if it has one.
    pub(crate) fn committed_datatype(&self) -> Option<u64> {
        shared::committed(&self.message().datatype)
    }

    fn pieces(&self, resolved: &Resolved) -> Option<Pieces> {
        let dims: Vec<u64> = self.extents.dims().iter().map(|&dim| dim as u64).collect();
        Pieces::whole(resolved, &dims)
    }

    /// Converts the selected elements into `out`.
    pub(crate) fn read(&self, resolved: &Resolved, out: &mut [u8], plan: &Plan) -> Result<()> {
        match self.pieces(resolved) {
            Some(pieces) => transfer::scatter(&pieces, &self.message().data, out, 0, plan),
            None => Ok(()),
        }
    }

    /// Writes the selected elements, which are in the file's form.
    pub(crate) fn write(&self, container: &Container, resolved: &Resolved, memory: &[u8]) -> Result<()> {
        let Some(pieces) = self.pieces(resolved) else { return Ok(()) };
        let size = container.datatype().size as usize;
        let changed = container.edit(|store| {
            // Another handle may have written since this one was opened.
            let mut changed = self.stored(store, container)?;
            let old = self.owned(store, container.datatype(), &pieces, &changed.data)?;
            transfer::gather(&pieces, memory, &mut changed.data, size)?;
            attributes::replace(store, container.address, &changed)?;
            objects::release(store, &old);
            Ok(changed)
        })?;
        *self.message.write().unwrap_or_else(|poison| poison.into_inner()) = changed;
        Ok(())
    }

    /// Takes over what another handle has written since this one was opened, as far as it is the same
    /// attribute still: what its old elements referred to may be gone.
    pub(crate) fn refresh(&self, container: &Container) -> Result<()> {
        let store = container.store()?;
        if store.writable() {
            let message = self.stored(&store, container)?;
            *self.message.write().unwrap_or_else(|poison| poison.into_inner()) = message;
        }
        Ok(())
    }

    /// The attribute as it is in the file.
    fn stored(&self, store: &Store, container: &Container) -> Result<Attribute> {
        let message = attributes::get(store, container.address, &self.name)?
            .ok_or_else(|| Error::usage("the attribute is deleted"))?;
        let datatype = shared::resolve(store, &message.datatype)?;
        let space = shared::resolve(store, &message.dataspace)?;
        if datatype != *container.datatype() || extents(&space) != self.extents {
            return Err(Error::usage("the attribute was made anew, of another type or shape"));
        }
        Ok(message)
    }

    /// The objects of the global heap that the elements in `pieces` of `data` refer to.
    fn owned(
        &self,
        store: &Store,
        datatype: &Datatype,
        pieces: &Pieces,
        data: &[u8],
    ) -> Result<HashSet<HeapId>> {
        if !datatype.has_variable_length() {
            return Ok(HashSet::new());
        }
        let size = datatype.size as usize;
        let mut old = vec![0; usize::try_from(pieces.len()).unwrap_or(usize::MAX).saturating_mul(size)];
        transfer::scatter(pieces, data, &mut old, 0, &Plan::copy(size))?;
        Ok(objects::owned(store, datatype, &old))
    }
}
