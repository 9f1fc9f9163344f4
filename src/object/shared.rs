//! Messages that are stored once and used by many: committed datatypes and the shared-message heap.

use crate::format::message::MessageBody;
use crate::format::message::datatype::Datatype;
use crate::format::message::shared::{MaybeShared, SharedPointer, SharedTarget};
use crate::format::{Reader, Structure};
use crate::heap::fractal::FractalHeap;
use crate::object::header::Header;
use crate::object::{extension, header};
use crate::store::Store;
use crate::{Error, Result};

/// The message that the pointer at the reader's position leads to.
pub(super) fn resolve_at<T: MessageBody>(store: &Store, r: &mut Reader<'_>) -> Result<T> {
    resolve_pointer(store, &SharedPointer::decode(r, &())?)
}

/// The message itself, from where it is.
pub(crate) fn resolve<T: MessageBody + Clone>(store: &Store, message: &MaybeShared<T>) -> Result<T> {
    match message {
        MaybeShared::Here(value) => Ok(value.clone()),
        MaybeShared::Shared(pointer) => resolve_pointer(store, pointer),
    }
}

/// The address of the committed datatype that `datatype` is, if it is one.
pub(crate) fn committed(datatype: &MaybeShared<Datatype>) -> Option<u64> {
    match datatype {
        MaybeShared::Shared(SharedPointer { target: SharedTarget::Header(address), .. }) => Some(*address),
        _ => None,
    }
}

/// The address of the committed datatype of the dataset with this header, if it has one.
pub(crate) fn committed_of(store: &Store, header: &Header) -> Result<Option<u64>> {
    match header.of::<Datatype>().next() {
        Some(message) if message.is_shared() => {
            let mut r = Reader::new(&message.body, header.address(), store.widths(), Datatype::NAME);
            Ok(committed(&MaybeShared::decode(&mut r, true)?))
        }
        _ => Ok(None),
    }
}

fn resolve_pointer<T: MessageBody>(store: &Store, pointer: &SharedPointer) -> Result<T> {
    match pointer.target {
        SharedTarget::Header(address) => {
            let header = header::load(store, address)?;
            let Some(message) = header.of::<T>().next() else {
                return Err(Error::format("the object that shares this message does not have it")
                    .in_structure(T::NAME)
                    .at(address));
            };
            // A shared message is never itself a pointer; so there are no cycles.
            if message.is_shared() {
                return Err(Error::format("a shared message is a pointer to another")
                    .in_structure(T::NAME)
                    .at(address));
            }
            header.decode(store, message)
        }
        SharedTarget::Heap(id) => from_heap(store, &id),
    }
}

/// The message with this id in the file's heap of shared messages of its type.
pub(super) fn from_heap<T: MessageBody>(store: &Store, id: &[u8; 8]) -> Result<T> {
    let index = extension::shared_index(store, T::TYPE)?;
    let heap = FractalHeap::open(store, index.heap.require("shared message heap")?)?;
    let body = heap.get(store, id)?;
    T::decode(&mut Reader::new(&body, heap.header_address(), store.widths(), T::NAME), &())
}
