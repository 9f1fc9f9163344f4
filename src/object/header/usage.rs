//! How much of the file a header takes.

use super::{Header, kind};
use crate::Result;
use crate::format::object_header::{
    ContinuationChunk, ContinuationShape, FirstChunk, MessageArea, MessageShape,
};
use crate::store::Store;

/// How large a header is, and how much of it is unused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) chunks: usize,
    /// Messages, NIL and continuation messages included.
    pub(crate) messages: usize,
    /// Bytes of all chunks.
    pub(crate) total: u64,
    /// Bytes of NIL messages and gaps.
    pub(crate) free: u64,
}

impl Usage {
    fn add(&mut self, len: u64, area: &MessageArea, shape: MessageShape) {
        self.chunks = self.chunks.saturating_add(1);
        self.messages = self.messages.saturating_add(area.messages.len());
        self.total = self.total.saturating_add(len);
        let unused = area.messages.iter().filter(|message| message.kind == kind::NIL);
        let unused = unused.map(|message| shape.message_len(message.body.len()));
        self.free = self.free.saturating_add(unused.fold(area.gap, usize::saturating_add) as u64);
    }
}

/// How much of the file this header takes.
pub(crate) fn usage(store: &Store, header: &Header) -> Result<Usage> {
    let mut usage = Usage::default();
    let first = store.fetch::<FirstChunk>(header.first.address, &())?;
    usage.add(header.first.len, &first.area, header.shape());
    for chunk in &header.continuations {
        let shape = ContinuationShape { messages: header.shape(), len: chunk.len };
        let continuation = store.fetch::<ContinuationChunk>(chunk.address, &shape)?;
        usage.add(chunk.len, &continuation.area, header.shape());
    }
    Ok(usage)
}
