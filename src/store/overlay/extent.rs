//! One dirty extent: bytes, or a structure that waits to be encoded.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::sync::Arc;

use crate::Result;
use crate::format::{Structure, Widths, encode};
use crate::store::Rank;
use crate::store::cache::Shared;

/// A structure that waits to be encoded.
pub(super) trait Pending: Send + Sync {
    fn encode(&self, widths: Widths) -> Result<Vec<u8>>;
    fn value(&self) -> Shared;
    /// The [`PendingValue`].
    fn as_any(&mut self) -> &mut dyn Any;
}

pub(super) struct PendingValue<T: Structure> {
    pub(super) value: Arc<T>,
    pub(super) context: T::Context,
}

impl<T: Structure> Pending for PendingValue<T>
where
    T::Context: Send + 'static,
{
    fn encode(&self, widths: Widths) -> Result<Vec<u8>> {
        encode(&*self.value, &self.context, widths)
    }

    fn value(&self) -> Shared {
        self.value.clone()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Dirty bytes at one address.
pub(in crate::store) struct Extent {
    /// As of the last encoding; none if the structure was never encoded.
    pub(in crate::store) bytes: Vec<u8>,
    /// How many bytes there are, or, while a structure waits, will be as far as is known.
    pub(super) len: usize,
    /// Whether `len` may be wrong.
    pub(super) vague: bool,
    pub(in crate::store) rank: Rank,
    /// Whether it lies in space that was free at the last commit.
    pub(in crate::store) new: bool,
    /// The type of the structure that is exactly these bytes, if it is known.
    pub(super) whole: Option<TypeId>,
    pub(super) pending: Option<Box<dyn Pending>>,
}

impl Extent {
    pub(super) fn new(bytes: Vec<u8>, rank: Rank, new: bool) -> Self {
        Self { len: bytes.len(), bytes, vague: false, rank, new, whole: None, pending: None }
    }

    pub(super) fn bytes(&self, widths: Widths) -> Result<Cow<'_, [u8]>> {
        match &self.pending {
            Some(pending) => pending.encode(widths).map(Cow::Owned),
            None => Ok(Cow::Borrowed(&self.bytes)),
        }
    }

    /// Encodes the structure that waits; it goes on if that fails.
    pub(super) fn settle(&mut self, widths: Widths) -> Result<()> {
        if let Some(pending) = &self.pending {
            self.bytes = pending.encode(widths)?;
            (self.len, self.vague, self.pending) = (self.bytes.len(), false, None);
        }
        Ok(())
    }

    /// The structure that waits, if it is of this type.
    pub(super) fn pending<T: Structure>(&mut self) -> Option<&mut PendingValue<T>>
    where
        T::Context: Send + 'static,
    {
        self.pending.as_mut()?.as_any().downcast_mut()
    }

    /// What is known of the length now.
    pub(super) fn measure(&mut self, known: Option<usize>) -> u64 {
        self.vague = known.is_none();
        self.len = known.unwrap_or(self.len);
        self.len as u64
    }
}
