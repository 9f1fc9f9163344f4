//! What a conversion needs besides the elements: where variable-length data is.

use crate::types::Heap;
use crate::{Error, Limits, Result};

/// Where an object of the global heap is: the collection's address and the object's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HeapId {
    pub(crate) address: u64,
    pub(crate) index: u32,
}

/// The global heap of a file, to read from.
pub(crate) trait VarLenRead {
    /// Calls `visit` with the object's bytes; it may read other objects meanwhile.
    fn read(&self, id: HeapId, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;

    /// The rank of the dataset at `address`, as far as that can be told.
    fn rank(&self, _address: u64) -> Option<u32> {
        None
    }

    /// The name by which references lead to the file, if another is read.
    fn file(&self) -> Option<&[u8]> {
        None
    }

    /// The most bytes of variable-length data to take in one transfer.
    fn limit(&self) -> u64 {
        Limits::default().read
    }
}

/// The global heap of a file, to write to.
pub(crate) trait VarLenWrite {
    /// Keeps the bytes (perhaps none) as a new object.
    fn write(&mut self, bytes: &[u8]) -> Result<HeapId>;
}

/// Where the variable-length data of the elements is, on both sides of a conversion.
pub(crate) enum Context<'a> {
    /// There is none.
    Fixed,
    /// From the file's global heap to the heap of the memory images.
    Read { objects: &'a dyn VarLenRead, heap: &'a mut Heap },
    /// From the heap of the memory images to the file's global heap.
    Write { heap: &'a Heap, objects: &'a mut dyn VarLenWrite },
}

impl Context<'_> {
    /// The error for a conversion that was given the other direction's heaps.
    pub(crate) fn wrong_direction() -> Error {
        Error::usage("variable-length data was converted without its heap")
    }
}
