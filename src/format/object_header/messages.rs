//! The messages of one chunk of an object header: a small header each, then the body.

use std::sync::Arc;

use crate::Result;
use crate::format::message::Message;
use crate::format::{Reader, Writer};

/// How messages are laid out, which all chunks of a header have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageShape {
    /// Version 1: bodies are padded to multiples of 8 bytes.
    V1,
    /// Version 2.
    V2 {
        /// Whether each message states its creation index.
        creation_index: bool,
    },
}

impl MessageShape {
    /// The bytes before a message's body.
    pub(crate) const fn header_len(self) -> usize {
        match self {
            Self::V1 => 8,
            Self::V2 { creation_index: false } => 4,
            Self::V2 { creation_index: true } => 6,
        }
    }

    /// The bytes of a body of `len` bytes with its padding.
    pub(crate) const fn padded(self, len: usize) -> usize {
        match self {
            Self::V1 => len.next_multiple_of(8),
            Self::V2 { .. } => len,
        }
    }

    /// The bytes of a whole message with a body of `len` bytes.
    pub(crate) const fn message_len(self, len: usize) -> usize {
        self.padded(len).saturating_add(self.header_len())
    }
}

/// The messages of one chunk, in order, and the bytes at its end that are too few for another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MessageArea {
    pub(crate) messages: Vec<Message>,
    /// Unused bytes at the end, fewer than a message's header.
    pub(crate) gap: usize,
}

/// No real chunk has so many; bounds the memory that a chunk of empty messages takes.
const MAX_MESSAGES: usize = 1 << 20;

impl MessageArea {
    /// The largest body.
    pub(crate) const MAX_BODY: usize = u16::MAX as usize;

    /// The bytes of this area in the file.
    pub(crate) fn encoded_len(&self, shape: MessageShape) -> usize {
        let lens = self.messages.iter().map(|message| shape.message_len(message.body.len()));
        lens.fold(self.gap, usize::saturating_add)
    }

    /// Appends NIL messages, and a gap, that make this area `len` bytes long; it is no longer yet.
    pub(crate) fn fill(&mut self, len: usize, shape: MessageShape) {
        let mut free = len.saturating_sub(self.encoded_len(shape)).saturating_add(self.gap);
        self.gap = 0;
        let largest = Self::MAX_BODY & !7;
        while let Some(room) = free.checked_sub(shape.header_len()) {
            let body = zeros(room.min(largest));
            free = room.saturating_sub(body.len());
            self.messages.push(Message { kind: 0, flags: 0, creation_index: shape.index(0), body });
        }
        self.gap = free;
    }

    pub(super) fn decode(r: &mut Reader<'_>, len: u64, shape: MessageShape) -> Result<Self> {
        let mut area = r.sub(usize::try_from(len).unwrap_or(usize::MAX), "Object header")?;
        let mut messages = Vec::new();
        while area.remaining() >= shape.header_len() {
            if messages.len() >= MAX_MESSAGES {
                return Err(r.error("messages", "there are too many messages"));
            }
            messages.push(decode_message(&mut area, shape)?);
        }
        Ok(Self { messages, gap: area.remaining() })
    }

    pub(super) fn encode(&self, w: &mut Writer, shape: MessageShape) {
        for message in &self.messages {
            encode_message(message, w, shape);
        }
        w.zeros(self.gap);
    }
}

impl MessageShape {
    /// A creation index, where this shape has one.
    pub(crate) fn index(self, index: u16) -> Option<u16> {
        (self == Self::V2 { creation_index: true }).then_some(index)
    }
}

fn zeros(len: usize) -> Arc<[u8]> {
    static ZEROS: [u8; 512] = [0; 512];
    ZEROS.get(..len).map_or_else(|| vec![0; len].into(), Arc::from)
}

fn decode_message(r: &mut Reader<'_>, shape: MessageShape) -> Result<Message> {
    let (kind, len, flags, creation_index);
    match shape {
        MessageShape::V1 => {
            kind = r.u16()?;
            len = usize::from(r.u16()?);
            flags = r.u8()?;
            creation_index = None;
            r.skip(3)?;
            if len != shape.padded(len) {
                return Err(r.error("message size", format!("a message of {len} bytes is not aligned")));
            }
        }
        MessageShape::V2 { creation_index: indexed } => {
            kind = u16::from(r.u8()?);
            len = usize::from(r.u16()?);
            flags = r.u8()?;
            creation_index = if indexed { Some(r.u16()?) } else { None };
        }
    }
    if r.remaining() < len {
        return Err(r.error("message size", "a message reaches past the end of its chunk"));
    }
    Ok(Message { kind, flags, creation_index, body: r.bytes(len)?.into() })
}

fn encode_message(message: &Message, w: &mut Writer, shape: MessageShape) {
    let len = shape.padded(message.body.len());
    match shape {
        MessageShape::V1 => {
            w.u16(message.kind);
            w.uint(len as u64, 2, "message size");
            w.u8(message.flags);
            w.zeros(3);
        }
        MessageShape::V2 { creation_index } => {
            w.uint(u64::from(message.kind), 1, "message type");
            w.uint(len as u64, 2, "message size");
            w.u8(message.flags);
            if creation_index {
                w.u16(message.creation_index.unwrap_or(0));
            }
        }
    }
    w.bytes(&message.body);
    w.zeros(len.saturating_sub(message.body.len()));
}
