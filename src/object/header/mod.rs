//! Object headers as a whole: the messages of all chunks, found, added and replaced.

mod create;
mod load;
mod relayout;
#[cfg(test)]
mod tests;
mod usage;

pub(crate) use create::{HeaderOptions, create};
pub(crate) use load::{load, load_owned};
pub(crate) use relayout::write;
pub(crate) use usage::{Usage, usage};

use std::sync::Arc;

use crate::format::message::attribute::Attribute;
use crate::format::message::object::ReferenceCount;
use crate::format::message::{Message, MessageBody};
use crate::format::object_header::{MessageArea, MessageShape, PhaseChange, Prefix, PrefixV2, Times};
use crate::format::{Reader, Widths, encode};
use crate::object::{CreationOrder, shared};
use crate::store::{Rank, Space, Store};
use crate::{Error, Result};

/// The flags of a header message. Specification IV.A.1.
pub(crate) mod flags {
    /// The message never changes.
    pub(crate) const CONSTANT: u8 = 0x01;
    /// The body is a pointer to where the message is shared.
    pub(crate) const SHARED: u8 = 0x02;
    /// The message must not be shared.
    pub(crate) const DONT_SHARE: u8 = 0x04;
    /// Who does not know the message must not open the object in a file open for writing.
    pub(crate) const FAIL_IF_UNKNOWN_AND_WRITING: u8 = 0x08;
    /// Who does not know the message and changes the object sets [`WAS_UNKNOWN`].
    pub(crate) const MARK_IF_UNKNOWN: u8 = 0x10;
    /// Someone who did not know the message changed the object.
    pub(crate) const WAS_UNKNOWN: u8 = super::Message::WAS_UNKNOWN;
    /// The message may be shared.
    pub(crate) const SHAREABLE: u8 = 0x40;
    /// Who does not know the message must not open the object.
    pub(crate) const FAIL_IF_UNKNOWN: u8 = 0x80;
}

/// The type numbers of the messages that a header manages itself.
pub(crate) mod kind {
    pub(crate) const NIL: u16 = 0x00;
    pub(crate) const LINK: u16 = 0x06;
    pub(crate) const ATTRIBUTE: u16 = 0x0c;
    pub(crate) const CONTINUATION: u16 = 0x10;
    /// The highest that this version knows (metadata cache image).
    pub(crate) const LAST: u16 = 0x18;
    /// Only the C library's own tests write it.
    pub(crate) const BOGUS: u16 = 0x09;
    /// Those that can be shared: dataspace, datatype, both fill values, filter pipeline, attribute.
    pub(crate) const SHAREABLE: [u16; 6] = [0x01, 0x03, 0x04, 0x05, 0x0b, ATTRIBUTE];
}

/// Where a chunk of a header is, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkExtent {
    pub(crate) address: u64,
    pub(crate) len: u64,
}

/// An object header: what it says of itself, and its messages except NIL and continuations.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    widths: Widths,
    prefix: Prefix,
    /// The first chunk, then its continuations; never empty.
    first: ChunkExtent,
    continuations: Vec<ChunkExtent>,
    messages: Vec<Message>,
}

impl Header {
    /// The object's address.
    pub(crate) fn address(&self) -> u64 {
        self.first.address
    }

    /// 1 or 2.
    pub(crate) fn version(&self) -> u8 {
        self.prefix.version()
    }

    /// The object's times, if it keeps them here.
    pub(crate) fn times(&self) -> Option<Times> {
        match &self.prefix {
            Prefix::V1(_) => None,
            Prefix::V2(v2) => v2.times,
        }
    }

    /// When attributes move between the header and a heap.
    pub(crate) fn phase_change(&self) -> PhaseChange {
        match &self.prefix {
            Prefix::V1(_) => PhaseChange::default(),
            Prefix::V2(v2) => v2.phase_change.unwrap_or_default(),
        }
    }

    /// Whether the order of attributes is kept.
    pub(crate) fn attribute_order(&self) -> CreationOrder {
        match &self.prefix {
            Prefix::V2(v2) if v2.flags & PrefixV2::ATTRIBUTE_ORDER_INDEXED != 0 => CreationOrder::Indexed,
            Prefix::V2(v2) if v2.flags & PrefixV2::ATTRIBUTE_ORDER_TRACKED != 0 => CreationOrder::Tracked,
            _ => CreationOrder::Untracked,
        }
    }

    /// The chunks, the first one first.
    #[cfg(test)]
    pub(crate) fn chunks(&self) -> impl Iterator<Item = ChunkExtent> + '_ {
        std::iter::once(self.first).chain(self.continuations.iter().copied())
    }

    /// The messages, without NIL and continuation messages.
    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How the messages of this header are laid out.
    pub(crate) fn shape(&self) -> MessageShape {
        self.prefix.shape()
    }

    /// Whether there is a message of this type.
    pub(crate) fn has<T: MessageBody>(&self) -> bool {
        self.messages.iter().any(|message| message.kind == T::TYPE)
    }

    /// The messages of type `T`, as stored.
    pub(crate) fn of<T: MessageBody>(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|message| message.kind == T::TYPE)
    }

    /// The first message of type `T`, decoded, from where it is shared if it is.
    pub(crate) fn find<T: MessageBody>(&self, store: &Store) -> Result<Option<T>> {
        self.of::<T>().next().map(|message| self.decode(store, message)).transpose()
    }

    /// All messages of type `T`, decoded.
    pub(crate) fn find_all<T: MessageBody>(&self, store: &Store) -> Result<Vec<T>> {
        self.of::<T>().map(|message| self.decode(store, message)).collect()
    }

    /// The first message of type `T`, which the object must have.
    pub(crate) fn require<T: MessageBody>(&self, store: &Store) -> Result<T> {
        self.find(store)?.ok_or_else(|| {
            Error::format("the object has no such message").in_structure(T::NAME).at(self.address())
        })
    }

    /// The body of one of this header's messages, decoded.
    pub(crate) fn decode<T: MessageBody>(&self, store: &Store, message: &Message) -> Result<T> {
        if message.is_shared() {
            let mut r = Reader::new(&message.body, self.address(), self.widths, T::NAME);
            return shared::resolve_at(store, &mut r);
        }
        T::decode(&mut Reader::new(&message.body, self.address(), self.widths, T::NAME), &())
    }

    /// How many hard links lead to the object.
    pub(crate) fn reference_count(&self, store: &Store) -> Result<u32> {
        match &self.prefix {
            Prefix::V1(v1) => Ok(v1.reference_count),
            Prefix::V2(_) => Ok(self.find::<ReferenceCount>(store)?.map_or(1, |message| message.count)),
        }
    }

    /// Changes how many hard links lead to the object.
    pub(crate) fn set_reference_count(&mut self, count: u32) -> Result<()> {
        match &mut self.prefix {
            Prefix::V1(v1) => v1.reference_count = count,
            Prefix::V2(_) if count == 1 => self.remove::<ReferenceCount>(),
            Prefix::V2(_) => self.set(&ReferenceCount::new(count), 0)?,
        }
        Ok(())
    }

    /// Appends a message.
    pub(crate) fn push<T: MessageBody>(&mut self, value: &T, flags: u8) -> Result<()> {
        let body = self.body(value)?;
        self.messages.push(Message { kind: T::TYPE, flags, creation_index: self.shape().index(0), body });
        Ok(())
    }

    /// Appends an attribute, the `creation`-th where that is tracked.
    pub(crate) fn push_attribute(&mut self, attribute: &Attribute, creation: u32) -> Result<()> {
        self.push_encoded_attribute(encode(attribute, &(), self.widths)?, creation)
    }

    /// As [`push_attribute`](Self::push_attribute), with the message's bytes.
    pub(crate) fn push_encoded_attribute(&mut self, body: Vec<u8>, creation: u32) -> Result<()> {
        let body = self.padded::<Attribute>(body)?;
        let creation_index = self.shape().index(u16::try_from(creation).unwrap_or(u16::MAX));
        self.messages.push(Message { kind: Attribute::TYPE, flags: 0, creation_index, body });
        Ok(())
    }

    /// Replaces the first message of type `T`, in its place, or appends one with these flags.
    pub(crate) fn set<T: MessageBody>(&mut self, value: &T, flags: u8) -> Result<()> {
        let body = self.body(value)?;
        match self.messages.iter_mut().find(|message| message.kind == T::TYPE) {
            Some(message) => {
                message.body = body;
                message.flags &= !flags::SHARED;
            }
            None => {
                let creation_index = self.shape().index(0);
                self.messages.push(Message { kind: T::TYPE, flags, creation_index, body });
            }
        }
        Ok(())
    }

    /// Removes all messages of type `T`.
    pub(crate) fn remove<T: MessageBody>(&mut self) {
        self.messages.retain(|message| message.kind != T::TYPE);
    }

    /// Removes the message at this place of [`messages`](Self::messages).
    pub(crate) fn remove_at(&mut self, at: usize) {
        if at < self.messages.len() {
            self.messages.remove(at);
        }
    }

    /// The message at this place of [`messages`](Self::messages), to change it.
    pub(crate) fn message_mut(&mut self, at: usize) -> Option<&mut Message> {
        self.messages.get_mut(at)
    }

    /// The bytes of a message body, padded as this header has it, if it can hold it.
    pub(crate) fn body<T: MessageBody>(&self, value: &T) -> Result<Arc<[u8]>> {
        self.padded::<T>(encode(value, &(), self.widths)?)
    }

    fn padded<T: MessageBody>(&self, mut body: Vec<u8>) -> Result<Arc<[u8]>> {
        if self.fits(body.len()) {
            body.resize(self.shape().padded(body.len()), 0);
            return Ok(body.into());
        }
        Err(Error::limit(format!("a header message of {} bytes is too large", body.len()))
            .in_structure(T::NAME)
            .at(self.address()))
    }

    /// Whether a header can hold a message body of `len` bytes.
    pub(crate) fn fits(&self, len: usize) -> bool {
        self.shape().padded(len) <= MessageArea::MAX_BODY
    }
}

/// Changes the header at `address`: all of it, or on an error nothing.
///
/// `rank` says when, relative to other anchors, the change becomes visible. What no longer fits
/// in the first chunk goes to one continuation, which is new in each transaction.
pub(crate) fn update<R>(
    store: &mut Store,
    address: u64,
    rank: Rank,
    edit: impl FnOnce(&mut Header) -> Result<R>,
) -> Result<R> {
    let mut header = load::load_owned(store, address)?;
    let result = edit(&mut header)?;
    relayout::write(store, header, rank)?;
    Ok(result)
}

/// Frees the space of the header at `address`: the object is deleted.
pub(crate) fn delete(store: &mut Store, address: u64) -> Result<()> {
    let header = load(store, address)?;
    store.note_deletion(address);
    store.free(Space::Anchor, header.first.address, header.first.len);
    for chunk in &header.continuations {
        store.free(Space::Metadata, chunk.address, chunk.len);
    }
    Ok(())
}
