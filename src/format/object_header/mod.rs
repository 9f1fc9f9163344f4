//! Object headers, versions 1 and 2, chunk by chunk. Specification IV.A.1.
//!
//! A header is a first chunk, which the object's address names, and continuation chunks that
//! continuation messages name. What the messages mean is for others; their bodies stay bytes.

mod messages;

pub(crate) use messages::{MessageArea, MessageShape};

pub(crate) use super::message::group::PhaseChange;

use super::fields::{Field, Reserved, Signature, Version, tag};
use super::{Reader, Structure, Widths, Writer};
use crate::Result;

/// The first chunk of an object header, with the header's prefix. Specification IV.A.1.a, IV.A.1.b.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstChunk {
    pub(crate) prefix: Prefix,
    pub(crate) area: MessageArea,
}

/// What precedes the messages of the first chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Prefix {
    V1(PrefixV1),
    V2(PrefixV2),
}

/// The prefix of version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixV1 {
    pub(crate) reserved: Reserved<1>,
    /// How many messages there are in all chunks, NIL and continuation messages included.
    pub(crate) message_count: u16,
    /// How many hard links lead to the object.
    pub(crate) reference_count: u32,
    /// Aligns the messages to 8 bytes.
    pub(crate) padding: Reserved<4>,
}

/// The prefix of version 2, "OHDR".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixV2 {
    /// Flags without those that the other fields tell; see the constants.
    pub(crate) flags: u8,
    /// Bytes of the field that states the first chunk's size: 1, 2, 4 or 8.
    pub(crate) size_width: u8,
    pub(crate) times: Option<Times>,
    pub(crate) phase_change: Option<PhaseChange>,
}

/// When the object was used, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) access: u32,
    pub(crate) modification: u32,
    pub(crate) change: u32,
    pub(crate) birth: u32,
}

impl PrefixV2 {
    /// Flag: the order in which attributes are created is tracked.
    pub(crate) const ATTRIBUTE_ORDER_TRACKED: u8 = 0x04;
    /// Flag: the order in which attributes are created is indexed.
    pub(crate) const ATTRIBUTE_ORDER_INDEXED: u8 = 0x08;
    const SIZE_WIDTH: u8 = 0x03;
    const PHASE_CHANGE: u8 = 0x10;
    const TIMES: u8 = 0x20;
    const KNOWN_FLAGS: u8 = 0x3f;
}

impl Prefix {
    /// 1 or 2.
    pub(crate) fn version(&self) -> u8 {
        match self {
            Self::V1(_) => 1,
            Self::V2(_) => 2,
        }
    }

    /// How the messages of all chunks are laid out.
    pub(crate) fn shape(&self) -> MessageShape {
        match self {
            Self::V1(_) => MessageShape::V1,
            Self::V2(v2) => {
                MessageShape::V2 { creation_index: v2.flags & PrefixV2::ATTRIBUTE_ORDER_TRACKED != 0 }
            }
        }
    }

    /// The bytes before the messages and, for the checksum, after them.
    pub(crate) fn overhead(&self) -> usize {
        match self {
            Self::V1(_) => 16,
            Self::V2(v2) => {
                let times = if v2.times.is_some() { 16 } else { 0 };
                let phase_change = if v2.phase_change.is_some() { 4 } else { 0 };
                10_usize
                    .saturating_add(times)
                    .saturating_add(phase_change)
                    .saturating_add(v2.size_width.into())
            }
        }
    }
}

impl Structure for FirstChunk {
    const NAME: &'static str = "Object header";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        if r.rest().starts_with(b"OHDR") { decode_v2(r) } else { decode_v1(r) }
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        match &self.prefix {
            Prefix::V1(v1) => {
                Version::<1>.encode(w);
                v1.reserved.encode(w);
                w.u16(v1.message_count);
                w.u32(v1.reference_count);
                w.uint(self.area.encoded_len(self.prefix.shape()) as u64, 4, "object header size");
                v1.padding.encode(w);
                self.area.encode(w, self.prefix.shape());
            }
            Prefix::V2(v2) => {
                encode_prefix_v2(v2, self.area.encoded_len(self.prefix.shape()), w);
                self.area.encode(w, self.prefix.shape());
                w.checksum();
            }
        }
    }

    fn encoded_len(&self, (): &(), _: Widths) -> Option<usize> {
        Some(self.prefix.overhead().saturating_add(self.area.encoded_len(self.prefix.shape())))
    }
}

fn decode_v1(r: &mut Reader<'_>) -> Result<FirstChunk> {
    match r.u8()? {
        1 => {}
        version => return Err(r.error("version", format!("{version} begins no object header"))),
    }
    let reserved = Reserved::decode(r)?;
    let message_count = r.u16()?;
    let reference_count = r.u32()?;
    let len = r.u32()?;
    let padding = Reserved::decode(r)?;
    let least = if message_count == 0 { 0 } else { MessageShape::V1.header_len() as u32 };
    if len < least || (message_count == 0 && len > 0) {
        return Err(r.error("object header size", format!("{message_count} messages in {len} bytes")));
    }
    let area = MessageArea::decode(r, u64::from(len), MessageShape::V1)?;
    let prefix = Prefix::V1(PrefixV1 { reserved, message_count, reference_count, padding });
    Ok(FirstChunk { prefix, area })
}

fn decode_v2(r: &mut Reader<'_>) -> Result<FirstChunk> {
    Signature::<{ tag(b"OHDR") }>::decode(r)?;
    match r.u8()? {
        2 => {}
        version => return Err(r.unsupported("version", format!("object header version {version}"))),
    }
    let flags = r.u8()?;
    if flags & !PrefixV2::KNOWN_FLAGS != 0 {
        return Err(r.error("flags", format!("the flags are {flags:#x}")));
    }
    let times = match flags & PrefixV2::TIMES {
        0 => None,
        _ => Some(Times { access: r.u32()?, modification: r.u32()?, change: r.u32()?, birth: r.u32()? }),
    };
    let phase_change = match flags & PrefixV2::PHASE_CHANGE {
        0 => None,
        _ => Some(PhaseChange { max_compact: r.u16()?, min_dense: r.u16()? }),
    };
    let size_width = 1_u8 << (flags & PrefixV2::SIZE_WIDTH);
    let len = r.uint(usize::from(size_width))?;
    let flags = flags & !(PrefixV2::TIMES | PrefixV2::PHASE_CHANGE | PrefixV2::SIZE_WIDTH);
    let prefix = Prefix::V2(PrefixV2 { flags, size_width, times, phase_change });
    let area = MessageArea::decode(r, len, prefix.shape())?;
    r.checksum()?;
    Ok(FirstChunk { prefix, area })
}

fn encode_prefix_v2(v2: &PrefixV2, len: usize, w: &mut Writer) {
    Signature::<{ tag(b"OHDR") }>.encode(w);
    Version::<2>.encode(w);
    let times = if v2.times.is_some() { PrefixV2::TIMES } else { 0 };
    let phase_change = if v2.phase_change.is_some() { PrefixV2::PHASE_CHANGE } else { 0 };
    let width = match v2.size_width {
        1 => 0,
        2 => 1,
        4 => 2,
        8 => 3,
        _ => return w.overflow("size of chunk 0"),
    };
    w.u8(v2.flags | times | phase_change | width);
    if let Some(times) = &v2.times {
        for time in [times.access, times.modification, times.change, times.birth] {
            w.u32(time);
        }
    }
    if let Some(phase_change) = &v2.phase_change {
        w.u16(phase_change.max_compact);
        w.u16(phase_change.min_dense);
    }
    w.uint(len as u64, usize::from(v2.size_width), "size of chunk 0");
}

/// What the bytes of a continuation chunk do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContinuationShape {
    pub(crate) messages: MessageShape,
    /// The length of the whole chunk, from the continuation message.
    pub(crate) len: u64,
}

/// A continuation chunk ("OCHK" in version 2 headers). Specification IV.A.1.b.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContinuationChunk {
    pub(crate) area: MessageArea,
}

impl ContinuationChunk {
    /// The bytes of a chunk that are not its messages.
    pub(crate) fn overhead(shape: MessageShape) -> usize {
        match shape {
            MessageShape::V1 => 0,
            MessageShape::V2 { .. } => 8,
        }
    }
}

impl Structure for ContinuationChunk {
    const NAME: &'static str = "Object header continuation";
    type Context = ContinuationShape;

    fn size_hint(shape: &ContinuationShape, _: Widths) -> usize {
        usize::try_from(shape.len).unwrap_or(usize::MAX)
    }

    fn decode(r: &mut Reader<'_>, shape: &ContinuationShape) -> Result<Self> {
        let Some(len) = shape.len.checked_sub(Self::overhead(shape.messages) as u64) else {
            return Err(r.error("length", format!("{} bytes hold no continuation chunk", shape.len)));
        };
        match shape.messages {
            MessageShape::V1 => Ok(Self { area: MessageArea::decode(r, len, shape.messages)? }),
            MessageShape::V2 { .. } => {
                Signature::<{ tag(b"OCHK") }>::decode(r)?;
                let area = MessageArea::decode(r, len, shape.messages)?;
                r.checksum()?;
                Ok(Self { area })
            }
        }
    }

    fn encode(&self, w: &mut Writer, shape: &ContinuationShape) {
        match shape.messages {
            MessageShape::V1 => self.area.encode(w, shape.messages),
            MessageShape::V2 { .. } => {
                Signature::<{ tag(b"OCHK") }>.encode(w);
                self.area.encode(w, shape.messages);
                w.checksum();
            }
        }
        if w.position() as u64 != shape.len {
            w.overflow("continuation length");
        }
    }

    fn encoded_len(&self, shape: &ContinuationShape, _: Widths) -> Option<usize> {
        Some(Self::overhead(shape.messages).saturating_add(self.area.encoded_len(shape.messages)))
    }
}

#[cfg(test)]
mod tests;
