//! From options to the messages of a new dataset.

use std::borrow::Cow;

use super::state::{State, Storage};
use super::{Dataset, transfer};
use crate::chunk::index::{ChunkIndex, IndexShape};
use crate::extents::Extents;
use crate::filter::{self, FilterInfo};
use crate::format::Address;
use crate::format::message::Message;
use crate::format::message::dataspace::{Dataspace, Extent};
use crate::format::message::datatype::Datatype;
use crate::format::message::fill_value::{AllocationTime, Fill, FillTime, FillValue};
use crate::format::message::filter_pipeline::FilterPipeline;
use crate::format::message::layout::{ChunkIndexLayout, ChunkedLayout, Layout, LayoutStorage};
use crate::format::message::link::LinkTarget;
use crate::group::Group;
use crate::location::Location;
use crate::object::CreationOrder;
use crate::object::header::{self, HeaderOptions, flags};
use crate::store::{Space, Store};
use crate::types::{H5Write, Image, fill_bytes};
use crate::{Error, Result};

/// The options of a new dataset.
#[derive(Debug, Clone)]
pub(super) struct Properties {
    pub(super) chunk: ChunkShape,
    pub(super) filters: Vec<FilterInfo>,
    pub(super) fill: FillChoice,
    pub(super) fill_time: FillTime,
    pub(super) allocation: Option<AllocationTime>,
    pub(super) track_order: Option<bool>,
    pub(super) track_times: Option<bool>,
}

impl Default for Properties {
    fn default() -> Self {
        Self {
            chunk: ChunkShape::IfNeeded,
            filters: Vec::new(),
            fill: FillChoice::Default,
            fill_time: FillTime::IfSet,
            allocation: None,
            track_order: None,
            track_times: None,
        }
    }
}

/// How the data is laid out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ChunkShape {
    /// In chunks if it can grow or is filtered, else in one piece.
    IfNeeded,
    None,
    Compact,
    Given(Vec<usize>),
    Guess {
        min_bytes: usize,
    },
}

/// The fill value.
#[derive(Debug, Clone)]
pub(super) enum FillChoice {
    Default,
    Undefined,
    /// One value, which is converted to the dataset's type; or why there is none.
    Value(std::result::Result<Image, String>),
}

impl FillChoice {
    pub(super) fn value<T: H5Write>(value: &T) -> Self {
        Self::Value(Image::of(value).map_err(|error| error.to_string()))
    }
}

/// Bytes of a new header for attributes: with them most headers get the 256 bytes that the C
/// library gives every dataset, and a few attributes need no continuation.
const RESERVE: usize = 160;

/// Data of at most this many bytes is written together with the header.
const AT_ONCE: usize = 64 << 10;

/// Makes the elements of a new dataset into those of a type of the file.
pub(super) type Encode<'e> = &'e dyn Fn(&Datatype) -> Result<Cow<'e, [u8]>>;

/// Writes the header of a new dataset and links it; tells, too, whether the dataset has its data, which
/// it gets at once if that is little and in one piece.
pub(super) fn create(
    parent: &Group,
    name: &str,
    datatype: &Datatype,
    extents: &Extents,
    properties: &Properties,
    content: Option<Encode<'_>>,
) -> Result<(Dataset, bool)> {
    extents.check()?;
    let (shared, settings) = (&parent.shared, &parent.shared.settings);
    settings.check_datatype(datatype)?;
    if datatype.size == 0 {
        return Err(Error::usage("a dataset cannot have elements of no size"));
    }
    let mut options = HeaderOptions { reserve: RESERVE, ..settings.header_options() };
    if let Some(track) = properties.track_times {
        options.time = track.then(crate::file::now);
    }
    if let Some(track) = properties.track_order {
        options.attribute_order = if track { CreationOrder::Indexed } else { CreationOrder::Untracked };
    }
    let datatype = datatype.for_file(shared.read()?.widths().offset).with_minimum_version();
    let bytes = extents.size().saturating_mul(datatype.size as usize);
    let at_once = (1..=AT_ONCE).contains(&bytes)
        && is_one_piece(extents, properties)
        && !datatype.has_variable_length();
    let data = content.filter(|_| at_once).map(|encode| encode(&datatype)).transpose()?;

    // No commit and no deletion may come between the header and the data.
    let turn = shared.turn();
    let mut store = shared.write()?;
    parent.check(&store)?;
    let (link, mut plan) = store.edit(|store| {
        let link = parent.new_link(store, name)?;
        Ok((link, plan(store, datatype, extents, properties)?))
    })?;
    if let Some(data) = &data {
        plan.take(&mut store, data)?;
    }
    let created = store.edit(|store| {
        let messages = plan.messages(store)?;
        let address = header::create(store, messages, &options)?;
        parent.insert(store, link, LinkTarget::Hard(address))?;
        Ok(address)
    });
    if created.is_err() {
        plan.release(&mut store);
    }
    let address = created?;
    let location = Location::new(shared, &store, address, parent.path_of(name));
    let allocation = plan.fill.allocation;
    let state = match plan.storage() {
        Some(storage) => {
            let Plan { datatype, space, fill, layout, .. } = plan;
            State::new(address, datatype, space, fill, &layout, storage)?
        }
        None => State::open(&store, address)?,
    };
    let large = bytes as u64 > store.limits().fill;
    drop(store);
    if large {
        shared.note_made(address);
    }
    let dataset = Dataset::new(location, shared.dataset(address, || Ok(state))?);
    drop(turn);
    if allocation == AllocationTime::Early && data.is_none() {
        let _turn = shared.turn();
        dataset.state.allocate_all(shared)?;
    }
    Ok((dataset, data.is_some()))
}

/// Whether the data is neither in chunks nor anywhere else but in one place of the file.
fn is_one_piece(extents: &Extents, properties: &Properties) -> bool {
    let chunks = extents.is_resizable() || !properties.filters.is_empty();
    !chunks && matches!(properties.chunk, ChunkShape::IfNeeded | ChunkShape::None | ChunkShape::Compact)
}

/// What the messages of a new dataset say.
struct Plan {
    datatype: Datatype,
    space: Dataspace,
    fill: FillValue,
    layout: Layout,
    filters: Vec<FilterInfo>,
}

impl Plan {
    /// Puts the data, which is in one piece, where the layout then says that it is. If that fails, nothing
    /// is changed.
    fn take(&mut self, store: &mut Store, data: &[u8]) -> Result<()> {
        match &mut self.layout.storage {
            LayoutStorage::Compact { data: stored } => data.clone_into(stored),
            LayoutStorage::Contiguous { address, size } => {
                let new = store.allocate(Space::Raw, *size)?;
                if let Err(error) = store.raw().write_at(new, data) {
                    store.free(Space::Raw, new, *size);
                    return Err(error);
                }
                *address = Address::new(new);
            }
            LayoutStorage::Chunked(_) | LayoutStorage::Virtual { .. } => {
                return Err(Error::usage("the data is not in one piece"));
            }
        }
        Ok(())
    }

    /// Gives back the space of data that no header came to lead to.
    fn release(&self, store: &mut Store) {
        if let LayoutStorage::Contiguous { address, size } = &self.layout.storage
            && let Some(address) = address.get()
        {
            store.free(Space::Raw, address, *size);
        }
    }

    /// Where the data is, if it is in one piece.
    fn storage(&self) -> Option<Storage> {
        match &self.layout.storage {
            LayoutStorage::Compact { data } => Some(Storage::Compact(data.clone())),
            LayoutStorage::Contiguous { address, size } => {
                Some(Storage::Contiguous { address: address.get(), size: *size })
            }
            LayoutStorage::Chunked(_) | LayoutStorage::Virtual { .. } => None,
        }
    }

    fn messages(&self, store: &Store) -> Result<Vec<Message>> {
        let widths = store.widths();
        let constant = |mut message: Message| {
            message.flags = flags::CONSTANT;
            message
        };
        // With a pipeline and what fills the rest of the header there are six.
        let mut messages = Vec::with_capacity(6);
        messages.push(Message::new(&self.space, widths)?);
        messages.push(constant(Message::new(&self.datatype, widths)?));
        messages.push(constant(Message::new(&self.fill, widths)?));
        messages.push(Message::new(&self.layout, widths)?);
        if !self.filters.is_empty() {
            let pipeline = FilterPipeline { version: 2, filters: self.filters.clone() };
            messages.push(constant(Message::new(&pipeline, widths)?));
        }
        Ok(messages)
    }
}

fn plan(store: &mut Store, datatype: Datatype, extents: &Extents, properties: &Properties) -> Result<Plan> {
    if extents.is_unlimited() && store.widths().length < 8 {
        // All bits of its maximum size are ones, which the C library reads back as a number.
        return Err(Error::unsupported("a dataset without a maximum size in a file with short lengths"));
    }
    let size = u64::from(datatype.size);
    let chunk = chunk_shape(&datatype, extents, properties)?;
    let value = fill_value(&datatype, &properties.fill)?;
    let fill = match &value {
        Fill::Value(bytes) => Some(&bytes[..]),
        Fill::Default => Some(&[][..]),
        Fill::Undefined => None,
    };
    let target = filter::Target { datatype: &datatype, chunk: chunk.as_deref().unwrap_or_default(), fill };
    let filters = filter::prepare(&properties.filters, &target)?;
    let (storage, allocation) = match (&properties.chunk, chunk) {
        (ChunkShape::Compact, _) => {
            let bytes = (extents.size() as u64).checked_mul(size).filter(|&bytes| bytes < 65_520);
            let bytes = bytes.ok_or_else(|| Error::usage("the data is too large for the compact layout"))?;
            let mut data = vec![0; bytes as usize];
            if let Fill::Value(element) = &value {
                transfer::fill(&mut data, element);
            }
            (LayoutStorage::Compact { data }, AllocationTime::Early)
        }
        (_, None) => {
            let bytes = (extents.size() as u64).checked_mul(size);
            let bytes = bytes.ok_or_else(|| Error::limit("the dataset is larger than a file can be"))?;
            let layout = LayoutStorage::Contiguous { address: Address::UNDEFINED, size: bytes };
            (layout, AllocationTime::Late)
        }
        (_, Some(chunk_dims)) => {
            let early = properties.allocation == Some(AllocationTime::Early);
            let undefined = ChunkIndexLayout::BTreeV1 { address: Address::UNDEFINED };
            let mut layout = ChunkedLayout { flags: 0, chunk_dims, element_size: size, index: undefined };
            let (dims, max_dims) = (current_dims(extents), max_dims(extents));
            let shape = IndexShape::new(4, &layout, &dims, Some(&max_dims), !filters.is_empty())?;
            layout.index = ChunkIndex::create(store, shape, early)?.layout();
            if matches!(layout.index, ChunkIndexLayout::Single { filtered: Some(_), .. }) {
                layout.flags |= ChunkedLayout::SINGLE_FILTERED;
            }
            (LayoutStorage::Chunked(layout), AllocationTime::Incremental)
        }
    };
    let fill = FillValue {
        version: 3,
        allocation: properties.allocation.unwrap_or(allocation),
        write_time: properties.fill_time,
        value,
    };
    Ok(Plan { datatype, space: dataspace(extents), fill, layout: Layout::new(storage), filters })
}

fn current_dims(extents: &Extents) -> Vec<u64> {
    extents.dims().iter().map(|&dim| dim as u64).collect()
}

fn max_dims(extents: &Extents) -> Vec<u64> {
    extents.maxdims().iter().map(|max| max.map_or(Dataspace::UNLIMITED, |max| max as u64)).collect()
}

/// The dataspace message of `extents`.
pub(crate) fn dataspace(extents: &Extents) -> Dataspace {
    let extent = match extents {
        Extents::Null => Extent::Null,
        Extents::Scalar => Extent::Scalar,
        Extents::Simple(_) => Extent::Simple {
            dims: current_dims(extents),
            max_dims: extents.is_resizable().then(|| max_dims(extents)),
        },
    };
    Dataspace::new(extent)
}

fn fill_value(datatype: &Datatype, choice: &FillChoice) -> Result<Fill> {
    match choice {
        FillChoice::Default => Ok(Fill::Default),
        FillChoice::Undefined => Ok(Fill::Undefined),
        FillChoice::Value(Ok(value)) => fill_bytes(value, datatype).map(Fill::Value),
        FillChoice::Value(Err(message)) => Err(Error::usage(message.clone())),
    }
}

/// The shape of a chunk, or `None` for data in one piece.
fn chunk_shape(datatype: &Datatype, extents: &Extents, properties: &Properties) -> Result<Option<Vec<u64>>> {
    let wants_chunks = matches!(properties.chunk, ChunkShape::Given(_) | ChunkShape::Guess { .. });
    let needs_chunks = extents.is_resizable() || !properties.filters.is_empty();
    if extents.ndim() == 0 {
        return if wants_chunks || needs_chunks {
            Err(Error::usage("a dataset without dimensions has no chunks, and no filters"))
        } else {
            Ok(None)
        };
    }
    let chunk = match &properties.chunk {
        ChunkShape::None | ChunkShape::Compact if needs_chunks => {
            return Err(Error::usage("a dataset that can grow or is filtered must be chunked"));
        }
        ChunkShape::None | ChunkShape::Compact => return Ok(None),
        ChunkShape::IfNeeded if !needs_chunks => return Ok(None),
        ChunkShape::IfNeeded => guess(extents, datatype.size as usize, 16 << 10),
        ChunkShape::Guess { min_bytes } => guess(extents, datatype.size as usize, *min_bytes),
        ChunkShape::Given(shape) => shape.iter().map(|&dim| dim as u64).collect(),
    };
    if chunk.len() != extents.ndim() || chunk.contains(&0) {
        return Err(Error::usage(format!(
            "chunks of shape {chunk:?} for a dataset of shape {:?}",
            extents.dims()
        )));
    }
    let too_large =
        chunk.iter().zip(extents.maxdims()).any(|(&chunk, max)| max.is_some_and(|max| chunk > max as u64));
    if too_large {
        return Err(Error::usage("a chunk is larger than the dataset can become"));
    }
    let bytes = chunk.iter().try_fold(u64::from(datatype.size), |n, &dim| n.checked_mul(dim));
    match bytes {
        Some(bytes) if bytes < 1 << 32 => Ok(Some(chunk)),
        _ => Err(Error::usage("a chunk must be smaller than 4 GiB")),
    }
}

/// A shape of at least `min_bytes` (or the whole dataset), at most 1 MiB beyond that: dimensions
/// are halved in turn, the slowest first, so that chunks stay long where memory is contiguous.
fn guess(extents: &Extents, element_size: usize, min_bytes: usize) -> Vec<u64> {
    const MAX_BYTES: u64 = 1 << 20;
    let mut chunk: Vec<u64> = (extents.dims().iter().zip(extents.maxdims()))
        .map(|(&dim, max)| match (dim as u64, max) {
            (0, max) => max.map_or(1024, |max| max as u64).clamp(1, 1024),
            (dim, _) => dim,
        })
        .collect();
    let target = MAX_BYTES.min((min_bytes as u64).saturating_mul(4)).max(min_bytes as u64);
    let mut axis = 0;
    loop {
        let bytes = chunk.iter().fold(element_size as u64, |n, &dim| n.saturating_mul(dim));
        if bytes <= target || chunk.iter().all(|&dim| dim == 1) {
            return chunk;
        }
        let at = axis % chunk.len();
        chunk[at] = chunk[at].div_ceil(2);
        axis += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::format::message::datatype::{Datatype, Member};
    use crate::types::{H5Write, Heap};
    use crate::{ByteOrder, File, Result};

    /// A value whose type is too long for a message.
    struct Wide;

    impl H5Write for Wide {
        const SIZE: usize = 3000;

        fn datatype() -> Datatype {
            let byte = || Datatype::integer(1, false, ByteOrder::Little);
            let member = |at| Member::new(format!("a member of a long name, the {at}th"), at, byte());
            Datatype::compound((0..3000).map(member).collect(), 3000).unwrap()
        }

        fn encode(&self, image: &mut [u8], _: &mut Heap) -> Result<()> {
            image.fill(1);
            Ok(())
        }
    }

    #[test]
    fn short_lengths_have_no_word_for_unlimited() {
        let bytes = std::fs::read("testdata/fixtures/sizes24-v18.h5").unwrap();
        let storage = std::sync::Arc::new(crate::storage::MemoryStorage::new(bytes));
        let file = File::with_options().open_rw_storage(storage).unwrap();
        let error = file.new_dataset::<u8>().shape(1..).create("growing").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
        file.new_dataset::<u8>().shape((1..=100, 3)).create("bounded").unwrap().resize((100, 3)).unwrap();
    }

    #[test]
    fn data_of_a_dataset_that_cannot_be_made_takes_no_space() {
        let file = File::in_memory().unwrap();
        file.flush().unwrap();
        let before = file.size().unwrap();
        for _ in 0..3 {
            let elements = [Wide, Wide, Wide, Wide];
            assert!(file.new_dataset_builder().with_data(&elements).create("wide").is_err());
        }
        file.flush().unwrap();
        assert_eq!(file.size().unwrap(), before);
        file.new_dataset_builder().with_data(&[1_u8; 100]).create("good").unwrap();
        file.flush().unwrap();
        assert!(file.size().unwrap() < before + 4096);
    }
}
