//! The value of an attribute: all in memory.

use std::sync::{RwLock, RwLockReadGuard};

use crate::container::Container;
use crate::dataset::extents;
use crate::dataset::transfer::{self, Pieces};
use crate::extents::Extents;
use crate::format::message::attribute::Attribute;
use crate::object::{attributes, shared};
use crate::selection::Resolved;
use crate::types::Plan;
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
        let changed = container.edit(|store| {
            // Another handle may have written since this one was opened.
            let mut changed = attributes::get(store, container.address, &self.name)?
                .ok_or_else(|| Error::usage("the attribute is deleted"))?;
            let datatype = shared::resolve(store, &changed.datatype)?;
            let space = shared::resolve(store, &changed.dataspace)?;
            if datatype != *container.datatype() || extents(&space) != self.extents {
                return Err(Error::usage("the attribute was made anew, of another type or shape"));
            }
            transfer::gather(&pieces, memory, &mut changed.data, container.datatype().size as usize)?;
            attributes::replace(store, container.address, &changed)?;
            Ok(changed)
        })?;
        *self.message.write().unwrap_or_else(|poison| poison.into_inner()) = changed;
        Ok(())
    }
}
