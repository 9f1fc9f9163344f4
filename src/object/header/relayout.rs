//! Writing a changed header back: its first chunk in its place, the rest in one continuation.
//!
//! The first chunk is an anchor: one write of it makes the change visible. A continuation is a
//! shadow: where it differs from what the last commit left, it is new space, which the first
//! chunk then names. So whoever reads the file finds the header as it was or as it will be.

use super::load::is_known;
use super::{ChunkExtent, Header, flags, kind};
use crate::format::message::Message;
use crate::format::message::object::Continuation;
use crate::format::object_header::{
    ContinuationChunk, ContinuationShape, FirstChunk, MessageArea, MessageShape, Prefix,
};
use crate::format::{Address, Widths, fields::Length};
use crate::store::{Rank, Space, Store};
use crate::{Error, Result};

/// Writes `header`, which was loaded from this store, with the messages that it has now.
pub(crate) fn write(store: &mut Store, mut header: Header, rank: Rank) -> Result<()> {
    for message in &mut header.messages {
        if !is_known(message.kind) && message.flags & flags::MARK_IF_UNKNOWN != 0 {
            message.flags |= flags::WAS_UNKNOWN;
        }
    }
    let shape = header.shape();
    let len = usize::try_from(header.first.len).unwrap_or(usize::MAX);
    let Some(room) = len.checked_sub(header.prefix.overhead()) else {
        return Err(Error::unsupported("the object header's first chunk has no room").at(header.address()));
    };
    let mut placed = place(std::mem::take(&mut header.messages), room, shape, header.widths)
        .map_err(|error| error.at(header.address()))?;
    if placed.continued.is_empty() {
        for old in &header.continuations {
            store.free(Space::Metadata, old.address, old.len);
        }
        placed.first.fill(room, shape);
        return write_first(store, header.prefix, header.first, placed.first, None, rank);
    }
    let chunk = write_continuation(store, &header, placed.continued, rank)?;
    placed.first.messages.push(pointer(chunk.extent, shape, header.widths)?);
    placed.first.fill(room, shape);
    write_first(store, header.prefix, header.first, placed.first, Some(chunk.messages), rank)
}

/// Writes a first chunk at `extent`, which it fills.
pub(super) fn write_first(
    store: &mut Store,
    mut prefix: Prefix,
    extent: ChunkExtent,
    area: MessageArea,
    continued: Option<usize>,
    rank: Rank,
) -> Result<()> {
    if let Prefix::V1(v1) = &mut prefix {
        let count = area.messages.len().saturating_add(continued.unwrap_or(0));
        v1.message_count = u16::try_from(count)
            .map_err(|_| Error::limit("the object header has too many messages").at(extent.address))?;
    }
    store.put(extent.address, FirstChunk { prefix, area }, &(), rank)
}

/// The messages of a header, distributed.
pub(super) struct Placed {
    pub(super) first: MessageArea,
    /// What did not fit in the first chunk. If there is any, the first chunk has room for the
    /// continuation message.
    pub(super) continued: Vec<Message>,
}

/// Distributes messages over a first chunk with `room` bytes and a continuation.
///
/// Each goes to the first chunk if it fits; but of attributes and of links, whose order users
/// see, none does after one that did not.
pub(super) fn place(
    messages: Vec<Message>,
    room: usize,
    shape: MessageShape,
    widths: Widths,
) -> Result<Placed> {
    if let Some(long) =
        messages.iter().find(|message| shape.padded(message.body.len()) > MessageArea::MAX_BODY)
    {
        let len = long.body.len();
        return Err(Error::limit(format!("a message of {len} bytes is too long for an object header")));
    }
    if len_of(&messages, shape) <= room {
        return Ok(Placed { first: MessageArea { messages, gap: 0 }, continued: Vec::new() });
    }
    let Some(mut free) = room.checked_sub(continuation_message_len(shape, widths)) else {
        return Err(Error::unsupported(
            "the object header's first chunk has no room for a continuation message",
        ));
    };
    let mut placed = Placed { first: MessageArea::default(), continued: Vec::new() };
    let mut overflowed = [(kind::LINK, false), (kind::ATTRIBUTE, false)];
    for message in messages {
        let ordered = overflowed.iter_mut().find(|(kind, _)| *kind == message.kind);
        let blocked = ordered.as_ref().is_some_and(|(_, overflowed)| *overflowed);
        match free.checked_sub(shape.message_len(message.body.len())) {
            Some(rest) if !blocked => {
                free = rest;
                placed.first.messages.push(message);
            }
            _ => {
                if let Some((_, overflowed)) = ordered {
                    *overflowed = true;
                }
                placed.continued.push(message);
            }
        }
    }
    Ok(placed)
}

/// The bytes of the message that names a continuation chunk.
pub(super) fn continuation_message_len(shape: MessageShape, widths: Widths) -> usize {
    shape.message_len(usize::from(widths.offset).saturating_add(usize::from(widths.length)))
}

/// The message that names the continuation chunk at `extent`.
pub(super) fn pointer(extent: ChunkExtent, shape: MessageShape, widths: Widths) -> Result<Message> {
    let body = Continuation { address: Address::new(extent.address), length: Length(extent.len) };
    Ok(Message { creation_index: shape.index(0), ..Message::new(&body, widths)? })
}

/// The bytes of `messages` in a chunk.
pub(super) fn len_of(messages: &[Message], shape: MessageShape) -> usize {
    let lens = messages.iter().map(|message| shape.message_len(message.body.len()));
    lens.fold(0, usize::saturating_add)
}

/// A continuation chunk and how many messages it holds, NIL messages included.
pub(super) struct Continued {
    pub(super) extent: ChunkExtent,
    pub(super) messages: usize,
}

/// Writes the one continuation chunk of `header`, unless it holds these messages already.
fn write_continuation(
    store: &mut Store,
    header: &Header,
    messages: Vec<Message>,
    rank: Rank,
) -> Result<Continued> {
    let shape = header.shape();
    let needed = len_of(&messages, shape).saturating_add(ContinuationChunk::overhead(shape)) as u64;
    if let [old] = *header.continuations.as_slice() {
        let context = ContinuationShape { messages: shape, len: old.len };
        let stored = store.fetch::<ContinuationChunk>(old.address, &context)?;
        let live = stored.area.messages.iter().filter(|message| message.kind != kind::NIL);
        if live.eq(&messages) {
            return Ok(Continued { extent: old, messages: stored.area.messages.len() });
        }
        if store.is_new(old.address) && needed <= old.len {
            return put_continuation(store, old, messages, shape, rank);
        }
    }
    for old in &header.continuations {
        store.free(Space::Metadata, old.address, old.len);
    }
    new_continuation(store, messages, shape, rank)
}

/// Writes `messages` into a continuation chunk in new space, with some room for more.
pub(super) fn new_continuation(
    store: &mut Store,
    messages: Vec<Message>,
    shape: MessageShape,
    rank: Rank,
) -> Result<Continued> {
    let needed = len_of(&messages, shape).saturating_add(ContinuationChunk::overhead(shape)) as u64;
    // A header that overflowed is likely to grow on within the transaction.
    let spare = (needed / 2).clamp(SPARE_MIN, SPARE_MAX);
    let len = needed.saturating_add(spare).next_multiple_of(8);
    let address = store.allocate(Space::Metadata, len)?;
    put_continuation(store, ChunkExtent { address, len }, messages, shape, rank)
}

const SPARE_MIN: u64 = 64;
const SPARE_MAX: u64 = 4096;

fn put_continuation(
    store: &mut Store,
    extent: ChunkExtent,
    messages: Vec<Message>,
    shape: MessageShape,
    rank: Rank,
) -> Result<Continued> {
    let mut area = MessageArea { messages, gap: 0 };
    let room = extent.len.saturating_sub(ContinuationChunk::overhead(shape) as u64);
    area.fill(usize::try_from(room).unwrap_or(usize::MAX), shape);
    let count = area.messages.len();
    let context = ContinuationShape { messages: shape, len: extent.len };
    store.put(extent.address, ContinuationChunk { area }, &context, rank)?;
    Ok(Continued { extent, messages: count })
}
