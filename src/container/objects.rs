//! The global heap of a file, for conversions of variable-length data.

use std::collections::HashSet;

use crate::Result;
use crate::format::message::dataspace::Dataspace;
use crate::format::message::datatype::Datatype;
use crate::heap::global;
use crate::object::header;
use crate::store::Store;
use crate::types::{HeapId, Owned, VarLenRead, VarLenWrite};

/// To read from.
pub(crate) struct Objects<'a>(pub(crate) &'a Store);

impl VarLenRead for Objects<'_> {
    fn read(&self, id: HeapId, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        global::read(self.0, id.address, id.index, visit)
    }

    fn rank(&self, address: u64) -> Option<u32> {
        let space = header::load(self.0, address).ok()?.find::<Dataspace>(self.0).ok()??;
        u32::try_from(space.dims().len()).ok()
    }

    fn limit(&self) -> u64 {
        self.0.limits().read
    }
}

/// To read from a file that another leads to: references tell its name.
pub(crate) struct ObjectsOf<'a>(pub(crate) Objects<'a>, pub(crate) &'a [u8]);

impl VarLenRead for ObjectsOf<'_> {
    fn read(&self, id: HeapId, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.0.read(id, visit)
    }

    fn rank(&self, address: u64) -> Option<u32> {
        self.0.rank(address)
    }

    fn file(&self) -> Option<&[u8]> {
        Some(self.1)
    }

    fn limit(&self) -> u64 {
        self.0.limit()
    }
}

/// The objects that `elements` of the type `datatype` own.
pub(crate) fn owned(store: &Store, datatype: &Datatype, elements: &[u8]) -> HashSet<HeapId> {
    let objects = Objects(store);
    let mut owned = Owned::new(&objects);
    owned.add(datatype, elements);
    owned.found()
}

/// Gives up the objects `ids` of elements that were overwritten.
pub(crate) fn release(store: &mut Store, ids: &HashSet<HeapId>) {
    ids.iter().for_each(|id| global::remove(store, id.address, id.index));
}

/// To write to; [`finish`](Self::finish) is to be called when all is written.
pub(crate) struct ObjectsMut<'a> {
    store: &'a mut Store,
    inserter: global::Inserter,
}

impl<'a> ObjectsMut<'a> {
    pub(crate) fn new(store: &'a mut Store) -> Result<Self> {
        Ok(Self { inserter: global::Inserter::new(store)?, store })
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.inserter.finish(self.store)
    }
}

impl VarLenWrite for ObjectsMut<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<HeapId> {
        let (address, index) = self.inserter.insert(self.store, bytes)?;
        Ok(HeapId { address, index })
    }
}
