//! Creating a header: how large its first chunk is, and what stands in it.

use super::ChunkExtent;
use super::relayout::{self, Placed};
use crate::Result;
use crate::format::message::Message;
use crate::format::object_header::{PhaseChange, Prefix, PrefixV2, Times};
use crate::object::CreationOrder;
use crate::store::{Rank, Space, Store};

/// How a new object keeps its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HeaderOptions {
    /// Seconds since 1970, if the object is to keep its times.
    pub(crate) time: Option<u32>,
    /// When attributes move to a heap, if not as usual.
    pub(crate) phase_change: Option<PhaseChange>,
    pub(crate) attribute_order: CreationOrder,
    /// Bytes to keep free for messages that come later.
    pub(crate) reserve: usize,
}

/// Lengths of a first chunk: so many of each fit in a sector of 512 bytes, inside which the chunk
/// lies so that its rewrite is atomic.
const LENGTHS: [usize; 5] = [80, 128, 168, 256, 512];

/// Creates an object header, of version 2, to which one link will lead; returns its address.
///
/// Large messages go to a continuation chunk.
pub(crate) fn create(store: &mut Store, mut messages: Vec<Message>, options: &HeaderOptions) -> Result<u64> {
    let mut prefix = PrefixV2 {
        flags: match options.attribute_order {
            CreationOrder::Untracked => 0,
            CreationOrder::Tracked => PrefixV2::ATTRIBUTE_ORDER_TRACKED,
            CreationOrder::Indexed => PrefixV2::ATTRIBUTE_ORDER_TRACKED | PrefixV2::ATTRIBUTE_ORDER_INDEXED,
        },
        size_width: 2,
        times: options.time.map(|time| Times { access: time, modification: time, change: time, birth: time }),
        phase_change: options.phase_change.filter(|&change| change != PhaseChange::default()),
    };
    let shape = Prefix::V2(prefix.clone()).shape();
    for message in &mut messages {
        message.creation_index = shape.index(message.creation_index.unwrap_or(0));
    }
    let needed = relayout::len_of(&messages, shape).saturating_add(Prefix::V2(prefix.clone()).overhead());
    let len = first_len(needed, options.reserve);
    if len < 256 {
        prefix.size_width = 1;
    }
    let prefix = Prefix::V2(prefix);
    let room = len.saturating_sub(prefix.overhead());
    let Placed { mut first, continued } = relayout::place(messages, room, shape, store.widths())?;
    let address = store.allocate(Space::Anchor, len as u64)?;
    if !continued.is_empty() {
        let chunk = relayout::new_continuation(store, continued, shape, Rank::Linked)?;
        first.messages.push(relayout::pointer(chunk.extent, shape, store.widths())?);
    }
    first.fill(room, shape);
    let extent = ChunkExtent { address, len: len as u64 };
    relayout::write_first(store, prefix, extent, first, None, Rank::Linked)?;
    Ok(address)
}

/// The length of a first chunk that needs `needed` bytes now and about `reserve` later.
fn first_len(needed: usize, reserve: usize) -> usize {
    let wanted = needed.saturating_add(reserve);
    let least = needed.saturating_add(reserve / 2);
    let fits = |bytes: usize| LENGTHS.into_iter().find(|&len| len >= bytes).unwrap_or(512);
    // A whole sector for a few bytes of reserve is not worth it.
    if fits(wanted) > 256 { fits(least) } else { fits(wanted) }
}
