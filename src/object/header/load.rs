//! Loading a header: the first chunk and all that its continuation messages lead to.

use std::collections::HashSet;
use std::sync::Arc;

use super::{ChunkExtent, Header, flags, kind};
use crate::format::message::object::{Continuation, ReferenceCount};
use crate::format::message::{Message, MessageBody as _};
use crate::format::object_header::{ContinuationChunk, ContinuationShape, FirstChunk, MessageShape};
use crate::format::{Reader, Structure};
use crate::store::Store;
use crate::{Error, Result};

/// The object header at `address`.
///
/// # Errors
/// `Format` if it is damaged; `Unsupported` if it has a message of unknown type that says it must
/// not be ignored.
pub(crate) fn load(store: &Store, address: u64) -> Result<Arc<Header>> {
    load_owned(store, address).map(Arc::new)
}

/// The object header at `address`, to be changed.
pub(crate) fn load_owned(store: &Store, address: u64) -> Result<Header> {
    let chunk = store.fetch::<FirstChunk>(address, &())?;
    let shape = chunk.prefix.shape();
    let len = chunk.prefix.overhead().saturating_add(chunk.area.encoded_len(shape)) as u64;
    let mut collected = Collected { store, address, messages: Vec::new(), continuations: Vec::new() };
    // One message is often added, and one fills the rest of the chunk.
    collected.messages.reserve(chunk.area.messages.len().saturating_add(2));
    collected.add(&chunk.area.messages)?;
    let (mut seen, mut next) = (HashSet::new(), 0_usize);
    while let Some(&extent) = collected.continuations.get(next) {
        next = next.saturating_add(1);
        if next > store.limits().header_chunks as usize {
            return Err(Error::limit("the object header has too many chunks").at(address));
        }
        if extent.address == address || !seen.insert(extent.address) {
            return Err(Error::format("the continuations form a cycle")
                .in_structure(FirstChunk::NAME)
                .at(address));
        }
        collected.add_continuation(extent, shape)?;
    }
    if shape == MessageShape::V1 && collected.messages.iter().any(|m| m.kind == ReferenceCount::TYPE) {
        return Err(Error::format("a header of version 1 has the number of links twice")
            .in_structure(FirstChunk::NAME)
            .at(address));
    }
    let Collected { messages, continuations, .. } = collected;
    let first = ChunkExtent { address, len };
    let prefix = chunk.prefix.clone();
    Ok(Header { widths: store.widths(), prefix, first, continuations, messages })
}

/// What was found so far.
struct Collected<'a> {
    store: &'a Store,
    address: u64,
    messages: Vec<Message>,
    continuations: Vec<ChunkExtent>,
}

impl Collected<'_> {
    fn add_continuation(&mut self, extent: ChunkExtent, shape: MessageShape) -> Result<()> {
        if extent.len > self.store.limits().metadata_block {
            return Err(Error::limit("the chunk is too large")
                .in_structure(ContinuationChunk::NAME)
                .at(extent.address));
        }
        let shape = ContinuationShape { messages: shape, len: extent.len };
        let chunk = self.store.fetch::<ContinuationChunk>(extent.address, &shape)?;
        self.add(&chunk.area.messages)
    }

    fn add(&mut self, messages: &[Message]) -> Result<()> {
        for message in messages {
            self.check_flags(message)?;
            match message.kind {
                kind::NIL => {}
                kind::CONTINUATION => {
                    let widths = self.store.widths();
                    let mut r = Reader::new(&message.body, self.address, widths, Continuation::NAME);
                    let Continuation { address, length } = Continuation::decode(&mut r, &())?;
                    let address = address.require(Continuation::NAME)?;
                    self.continuations.push(ChunkExtent { address, len: length.0 });
                }
                _ => {
                    self.check_known(message)?;
                    self.messages.push(message.clone());
                }
            }
        }
        Ok(())
    }

    /// Refuses flags that contradict each other, or the type of the message.
    fn check_flags(&self, message: &Message) -> Result<()> {
        let has = |flag: u8| message.flags & flag != 0;
        let contradiction = (has(flags::SHARED) && has(flags::DONT_SHARE))
            || (has(flags::WAS_UNKNOWN)
                && (has(flags::FAIL_IF_UNKNOWN_AND_WRITING) || !has(flags::MARK_IF_UNKNOWN)))
            || (has(flags::SHAREABLE) && is_known(message.kind) && !kind::SHAREABLE.contains(&message.kind));
        if contradiction {
            let text =
                format!("a message of type {:#06x} has the flags {:#04x}", message.kind, message.flags);
            return Err(Error::format(text).in_structure(FirstChunk::NAME).at(self.address));
        }
        Ok(())
    }

    /// A message of unknown type may forbid to go on without it.
    fn check_known(&self, message: &Message) -> Result<()> {
        let fatal = match self.store.writable() {
            true => flags::FAIL_IF_UNKNOWN | flags::FAIL_IF_UNKNOWN_AND_WRITING,
            false => flags::FAIL_IF_UNKNOWN,
        };
        if is_known(message.kind) || message.flags & fatal == 0 {
            return Ok(());
        }
        let text =
            format!("the object has a message of unknown type {:#06x} that must be known", message.kind);
        Err(Error::unsupported(text).in_structure(FirstChunk::NAME).at(self.address))
    }
}

/// Whether this version knows what the message type is for.
pub(super) fn is_known(kind: u16) -> bool {
    kind <= kind::LAST && kind != kind::BOGUS
}
