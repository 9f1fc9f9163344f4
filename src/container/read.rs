//! Reading elements.

use super::objects::Objects;
use super::{Container, Source};
use crate::dataset::State;
use crate::format::message::datatype::Datatype;
use crate::selection::{IntoSelection, Resolved, Selection};
use crate::types::{Elements, H5Type, Heap, Plain, Plan, Value, decode_all, memory_type};
use crate::{Error, Result};

impl Container {
    pub(super) fn resolve(&self, selection: &Selection) -> Result<Resolved> {
        let extents = self.extents();
        if extents.is_null() {
            return Ok(Resolved::Points { rank: 1, coordinates: Vec::new() });
        }
        let dims: Vec<u64> = extents.dims().iter().map(|&dim| dim as u64).collect();
        Resolved::new(selection, &dims).map_err(|error| self.locate(error))
    }

    /// The number of elements of a transfer, checked against the limit on its size.
    fn transfer_len(&self, resolved: &Resolved, element_size: usize) -> Result<usize> {
        let bytes = resolved.len().checked_mul(element_size.max(1) as u64);
        let limit = self.shared.read()?.limits().read;
        match (bytes, usize::try_from(resolved.len())) {
            (Some(bytes), Ok(len)) if bytes <= limit && usize::try_from(bytes).is_ok() => Ok(len),
            _ => Err(Error::limit(format!("a read of {} elements exceeds the limit", resolved.len()))),
        }
    }

    /// All elements, in row-major order.
    ///
    /// # Errors
    /// `TypeMismatch` if a stored value does not fit `T`; `Format`, `Io` or `Unsupported` if the
    /// data cannot be read.
    pub fn read_raw<T: H5Type>(&self) -> Result<Vec<T>> {
        self.read_slice_raw(Selection::All)
    }

    /// The selected elements, in row-major order.
    ///
    /// # Errors
    /// As [`read_raw`](Self::read_raw), and `Usage` if the selection does not fit the shape.
    pub fn read_slice_raw<T: H5Type>(&self, selection: impl IntoSelection) -> Result<Vec<T>> {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        self.read_resolved(&resolved).map_err(|error| self.locate(error))
    }

    pub(super) fn read_resolved<T: H5Type>(&self, resolved: &Resolved) -> Result<Vec<T>> {
        let plan = Plan::compile(self.datatype(), &T::datatype())?;
        let len = self.transfer_len(resolved, plan.target_size().max(plan.source_size()))?;
        if let Some(plain) = T::plain().filter(|_| !plan.needs_heap()) {
            let mut values = plain.zeros(len)?;
            self.read_converted(resolved, plain.bytes_mut(&mut values), &plan, &T::datatype())?;
            return Ok(values);
        }
        if let Some(state) = self.virtual_source().filter(|_| plan.needs_heap()) {
            let (images, heap) = self.read_variable(state, resolved, len, (&plan, &T::datatype()))?;
            let mut values = Vec::new();
            values.try_reserve_exact(len).map_err(|_| Error::limit(format!("no memory for {len} values")))?;
            T::decode_into(&mut values, &images, &heap)?;
            return Ok(values);
        }
        // No commit may remove, between the two, what the elements refer to.
        let _turn = self.shared.turn();
        let stored = self.read_stored(resolved, len)?;
        decode_all(&plan, &stored, len, &Objects(&*self.store()?))
    }

    /// Reads the selected elements into `buffer`, which has room for exactly these.
    ///
    /// # Errors
    /// As [`read_slice_raw`](Self::read_slice_raw), and `Usage` if the length is another.
    pub fn read_slice_into<T: H5Type>(&self, selection: impl IntoSelection, buffer: &mut [T]) -> Result<()> {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        if resolved.len() != buffer.len() as u64 {
            return Err(self.locate(Error::usage(format!(
                "a buffer of {} elements for a selection of {}",
                buffer.len(),
                resolved.len()
            ))));
        }
        let mut read = || {
            let plan = Plan::compile(self.datatype(), &T::datatype())?;
            if let Some(plain) = T::plain().filter(|_| !plan.needs_heap()) {
                return self.read_converted(&resolved, plain.bytes_mut(buffer), &plan, &T::datatype());
            }
            let values = self.read_resolved(&resolved)?;
            buffer.iter_mut().zip(values).for_each(|(to, from)| *to = from);
            Ok(())
        };
        read().map_err(|error| self.locate(error))
    }

    /// Reads all elements into `buffer`, which has room for exactly these, and returns their number.
    ///
    /// # Errors
    /// As [`read_slice_into`](Self::read_slice_into).
    pub fn read_into_raw<T: H5Type>(&self, buffer: &mut [T]) -> Result<usize> {
        self.read_slice_into(Selection::All, buffer)?;
        Ok(buffer.len())
    }

    /// The only element.
    ///
    /// # Errors
    /// As [`read_raw`](Self::read_raw), and `Usage` if there is not exactly one element.
    pub fn read_scalar<T: H5Type>(&self) -> Result<T> {
        if self.size() != 1 {
            return Err(self.locate(Error::usage(format!("{} elements are no scalar", self.size()))));
        }
        let mut values = self.read_raw()?;
        values.pop().ok_or_else(|| self.locate(Error::usage("there is no element")))
    }

    /// The bytes of the selected elements, as stored but for the filters.
    ///
    /// # Errors
    /// As [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_bytes(&self, selection: impl IntoSelection) -> Result<Vec<u8>> {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        self.read_selected(&resolved).map_err(|error| self.locate(error))
    }

    /// The selected elements, as stored.
    fn read_selected(&self, resolved: &Resolved) -> Result<Vec<u8>> {
        let len = self.transfer_len(resolved, self.datatype().size as usize)?;
        self.read_stored(resolved, len)
    }

    fn read_stored(&self, resolved: &Resolved, len: usize) -> Result<Vec<u8>> {
        let size = self.datatype().size as usize;
        let mut bytes = Plain::<u8>::new().zeros(len.saturating_mul(size))?;
        self.read_converted(resolved, &mut bytes, &Plan::copy(size), self.datatype())?;
        Ok(bytes)
    }

    /// The state, if the data is in other datasets, and its variable-length parts perhaps in other files.
    fn virtual_source(&self) -> Option<&State> {
        match &self.source {
            Source::Dataset(state) if state.is_virtual() => Some(state),
            _ => None,
        }
    }

    /// The images of `len` selected elements of a virtual dataset, and their variable-length parts.
    fn read_variable(
        &self,
        state: &State,
        resolved: &Resolved,
        len: usize,
        (plan, memory): (&Plan, &Datatype),
    ) -> Result<(Vec<u8>, Heap)> {
        let size = len.checked_mul(plan.target_size());
        let size = size.ok_or_else(|| Error::limit("the elements have too many bytes"))?;
        let mut images = Plain::<u8>::new().zeros(size)?;
        let mut heap = Heap::with_limit(self.shared.read()?.limits().read);
        let files = (&self.shared, &self.shared);
        state.read_variable(files, resolved, &mut images, &mut heap, (plan, memory))?;
        Ok((images, heap))
    }

    /// The selected elements, whatever their type, with their variable-length parts.
    ///
    /// # Errors
    /// As [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_elements(&self, selection: impl IntoSelection) -> Result<Elements> {
        let selection = selection.into_selection()?;
        let resolved = self.resolve(&selection)?;
        let read = || {
            let len = self.transfer_len(&resolved, self.datatype().size as usize)?;
            if let Some(state) = self.virtual_source()
                && (self.datatype().has_variable_length() || self.datatype().has_object_references())
            {
                let memory = match state.leads_elsewhere(&self.shared) {
                    true => memory_type(&self.datatype().with_standard_references()),
                    false => memory_type(self.datatype()),
                };
                let plan = Plan::compile(self.datatype(), &memory)?;
                let (images, heap) = self.read_variable(state, &resolved, len, (&plan, &memory))?;
                return Ok(Elements::from_images(memory, images, heap, len));
            }
            let _turn = self.shared.turn();
            let stored = self.read_stored(&resolved, len)?;
            Elements::new(self.datatype(), stored, len, &Objects(&*self.store()?))
        };
        read().map_err(|error| self.locate(error))
    }

    /// The selected elements, whatever their type, as values.
    ///
    /// # Errors
    /// As [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_values(&self, selection: impl IntoSelection) -> Result<Vec<Value>> {
        let elements = self.read_elements(selection)?;
        elements.values().collect::<Result<_>>().map_err(|error| self.locate(error))
    }

    /// The one way by which elements come from the file, to be of the type `memory`.
    fn read_converted(
        &self,
        resolved: &Resolved,
        out: &mut [u8],
        plan: &Plan,
        memory: &Datatype,
    ) -> Result<()> {
        match &self.source {
            Source::Attribute(value) => {
                if self.datatype().has_variable_length() {
                    value.refresh(self)?;
                }
                value.read(resolved, out, plan)
            }
            Source::Dataset(state) => state.read(&self.shared, resolved, out, plan, memory),
        }
    }
}
