//! Making datasets.

use super::Dataset;
use super::create::{ChunkShape, Properties};
use crate::Result;
use crate::container::{ArrayData, DataElements};
use crate::extents::Extents;
use crate::filter::{Bitshuffle, Blosc, BloscShuffle, FilterInfo, SZip, ScaleOffset, ZfpMode};
use crate::format::message::datatype::Datatype;
use crate::format::message::fill_value::{AllocationTime, FillTime};
use crate::group::Group;
use crate::selection::Selection;
use crate::types::H5Write;

/// Makes a dataset: first a type or data, then options, then [`create`](DatasetBuilderEmpty::create).
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::in_memory()?;
/// // Empty, and filled later:
/// let images = file
///     .new_dataset::<u8>()
///     .shape((0.., 80, 80, 3))
///     .chunk((1, 80, 80, 3))
///     .shuffle()
///     .deflate(4)
///     .create("images")?;
/// images.resize((1, 80, 80, 3))?;
///
/// // With data:
/// file.new_dataset_builder().with_data(&[1.5_f64, 2.5]).create("weights")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatasetBuilder<S = ()> {
    parent: Group,
    properties: Properties,
    content: S,
}

/// The content of a builder that makes a dataset without data.
#[derive(Debug, Clone)]
pub struct Empty {
    datatype: Datatype,
    extents: Extents,
}

/// The content of a builder that makes a dataset with data.
#[derive(Debug, Clone)]
pub struct Data<'d, T> {
    datatype: Option<Datatype>,
    extents: Extents,
    elements: DataElements<'d, T>,
}

/// A builder of a dataset without data.
pub type DatasetBuilderEmpty = DatasetBuilder<Empty>;
/// A builder of a dataset with data.
pub type DatasetBuilderData<'d, T> = DatasetBuilder<Data<'d, T>>;

impl DatasetBuilder {
    pub(crate) fn new(parent: Group) -> Self {
        Self { parent, properties: Properties::default(), content: () }
    }

    fn with<S>(self, content: S) -> DatasetBuilder<S> {
        DatasetBuilder { parent: self.parent, properties: self.properties, content }
    }

    /// A dataset of elements of type `T`; a scalar, unless a shape is given.
    pub fn empty<T: H5Write>(self) -> DatasetBuilderEmpty {
        self.empty_as(&T::datatype())
    }

    /// A dataset of elements of the type `datatype`; a scalar, unless a shape is given.
    pub fn empty_as(self, datatype: &Datatype) -> DatasetBuilderEmpty {
        let content = Empty { datatype: datatype.clone(), extents: Extents::Scalar };
        self.with(content)
    }

    /// A dataset with the shape and the elements of `data`.
    pub fn with_data<'d, A: ArrayData<'d>>(self, data: A) -> DatasetBuilderData<'d, A::Element> {
        let extents = Extents::from(data.shape());
        self.with(Data { datatype: None, extents, elements: data.into_elements() })
    }

    /// A dataset with the shape and the elements of `data`, stored as the type `datatype`.
    pub fn with_data_as<'d, A: ArrayData<'d>>(
        self,
        data: A,
        datatype: &Datatype,
    ) -> DatasetBuilderData<'d, A::Element> {
        let mut builder = self.with_data(data);
        builder.content.datatype = Some(datatype.clone());
        builder
    }

    /// A dataset of one element, without dimensions.
    pub fn with_scalar<T: H5Write>(self, value: &T) -> DatasetBuilderData<'_, T> {
        let elements = std::slice::from_ref(value).into();
        self.with(Data { datatype: None, extents: Extents::Scalar, elements })
    }
}

impl DatasetBuilderEmpty {
    /// The shape: sizes, or ranges for dimensions that can grow (`0..` without bound, `0..=9` up to 9).
    #[must_use]
    pub fn shape(mut self, extents: impl Into<Extents>) -> Self {
        self.content.extents = extents.into();
        self
    }

    /// Creates the dataset, with the groups on the way to it.
    ///
    /// # Errors
    /// `Usage` if the name is taken, options contradict each other, or the file is open for
    /// reading only.
    pub fn create(&self, name: &str) -> Result<Dataset> {
        super::create::create(
            &self.parent,
            name,
            &self.content.datatype,
            &self.content.extents,
            &self.properties,
            None,
        )
        .map(|(dataset, _)| dataset)
        .map_err(|error| error.with_path(&*self.parent.path_of(name)))
    }
}

impl<T: H5Write> DatasetBuilderData<'_, T> {
    /// Lets dimensions grow: the same shape with other maximum sizes.
    #[must_use]
    pub fn shape(mut self, extents: impl Into<Extents>) -> Self {
        self.content.extents = extents.into();
        self
    }

    /// Creates the dataset and writes the data, with the groups on the way to it.
    ///
    /// # Errors
    /// As for a dataset without data, and `Usage` if the shape given has another number of
    /// elements than the data.
    pub fn create(&self, name: &str) -> Result<Dataset> {
        let Data { datatype, extents, elements } = &self.content;
        let datatype = datatype.clone().unwrap_or_else(T::datatype);
        if extents.size() != elements.len() {
            return Err(crate::Error::usage(format!(
                "{} elements for a shape of {}",
                elements.len(),
                extents.size()
            ))
            .with_path(&*self.parent.path_of(name)));
        }
        let encode = |stored: &Datatype| elements.encode(stored, None);
        let (dataset, has_data) =
            super::create::create(&self.parent, name, &datatype, extents, &self.properties, Some(&encode))
                .map_err(|error| error.with_path(&*self.parent.path_of(name)))?;
        if !has_data {
            dataset.write_elements(elements, Selection::All)?;
        }
        Ok(dataset)
    }
}

/// Options.
impl<S> DatasetBuilder<S> {
    /// Stores the data in chunks of this shape.
    #[must_use]
    pub fn chunk(mut self, shape: impl Into<Extents>) -> Self {
        self.properties.chunk = ChunkShape::Given(shape.into().dims());
        self
    }

    /// Stores the data in chunks of a shape that is chosen for it.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.properties.chunk = ChunkShape::Guess { min_bytes: 16 << 10 };
        self
    }

    /// Stores the data in chunks of a shape that is chosen for it, of at least this many KiB.
    #[must_use]
    pub fn chunk_min_kb(mut self, size: usize) -> Self {
        self.properties.chunk = ChunkShape::Guess { min_bytes: size.saturating_mul(1024) };
        self
    }

    /// Stores the data in one piece.
    #[must_use]
    pub fn no_chunk(mut self) -> Self {
        self.properties.chunk = ChunkShape::None;
        self
    }

    /// Stores the data in the object's header: for at most 64 KiB.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.properties.chunk = ChunkShape::Compact;
        self
    }

    /// Compresses chunks with deflate, at a level of 0 (none) to 9 (smallest).
    #[must_use]
    pub fn deflate(self, level: u8) -> Self {
        self.filter(FilterInfo::deflate(level))
    }

    /// Sorts the bytes of each chunk's elements by significance, so that they compress better.
    #[must_use]
    pub fn shuffle(self) -> Self {
        self.filter(FilterInfo::shuffle())
    }

    /// Adds a checksum to each chunk, which is verified when it is read.
    #[must_use]
    pub fn fletcher32(self) -> Self {
        self.filter(FilterInfo::fletcher32())
    }

    /// Compresses chunks of numbers with szip, in blocks of 2 to 32 elements.
    #[must_use]
    pub fn szip(self, coding: SZip, px_per_block: u8) -> Self {
        self.filter(FilterInfo::szip(coding, px_per_block))
    }

    /// Stores only the significant bits of numbers.
    #[must_use]
    pub fn nbit(self) -> Self {
        self.filter(FilterInfo::nbit())
    }

    /// Stores numbers as distances from the smallest of their chunk.
    #[must_use]
    pub fn scale_offset(self, mode: ScaleOffset) -> Self {
        self.filter(FilterInfo::scale_offset(mode))
    }

    /// Compresses chunks with LZF, which h5py brought.
    #[must_use]
    pub fn lzf(self) -> Self {
        self.filter(FilterInfo::lzf())
    }

    /// Compresses chunks with LZ4.
    #[must_use]
    pub fn lz4(self) -> Self {
        self.filter(FilterInfo::lz4())
    }

    /// Compresses chunks with Zstandard. The level is noted in the file; this library's own effort
    /// is that of level 1.
    #[must_use]
    pub fn zstd(self, level: u8) -> Self {
        self.filter(FilterInfo::zstd(level))
    }

    /// Compresses chunks with bzip2, in blocks of 1 to 9 times 100,000 bytes.
    #[must_use]
    pub fn bzip2(self, block_size: u8) -> Self {
        self.filter(FilterInfo::bzip2(block_size))
    }

    /// Sorts the bits of each chunk's elements by significance, and compresses them.
    #[must_use]
    pub fn bitshuffle(self, compression: Bitshuffle) -> Self {
        self.filter(FilterInfo::bitshuffle(compression))
    }

    /// Compresses chunks with a codec of Blosc, at a level of 0 (none) to 9.
    #[must_use]
    pub fn blosc(self, complib: Blosc, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.filter(FilterInfo::blosc(complib, clevel, shuffle))
    }

    /// Compresses chunks with Blosc's own codec.
    #[must_use]
    pub fn blosc_blosclz(self, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.blosc(Blosc::BloscLZ, clevel, shuffle)
    }

    /// Compresses chunks with LZ4 in Blosc.
    #[must_use]
    pub fn blosc_lz4(self, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.blosc(Blosc::LZ4, clevel, shuffle)
    }

    /// Compresses chunks with LZ4 in Blosc, named as written with more effort.
    #[must_use]
    pub fn blosc_lz4hc(self, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.blosc(Blosc::LZ4HC, clevel, shuffle)
    }

    /// Compresses chunks with Snappy in Blosc.
    #[must_use]
    pub fn blosc_snappy(self, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.blosc(Blosc::Snappy, clevel, shuffle)
    }

    /// Compresses chunks with zlib in Blosc.
    #[must_use]
    pub fn blosc_zlib(self, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.blosc(Blosc::ZLib, clevel, shuffle)
    }

    /// Compresses chunks with Zstandard in Blosc.
    #[must_use]
    pub fn blosc_zstd(self, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.blosc(Blosc::ZStd, clevel, shuffle)
    }

    /// Compresses chunks with a codec of Blosc 2, at a level of 0 (none) to 9.
    #[must_use]
    pub fn blosc2(self, complib: Blosc, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        self.filter(FilterInfo::blosc2(complib, clevel, shuffle))
    }

    /// Adds a filter by its number and parameters, after those added before.
    #[must_use]
    pub fn add_filter(self, id: u16, cdata: &[u32]) -> Self {
        self.filter(FilterInfo { id, name: None, flags: 0, parameters: cdata.to_vec() })
    }

    /// Replaces all filters.
    #[must_use]
    pub fn set_filters(mut self, filters: &[FilterInfo]) -> Self {
        self.properties.filters = filters.to_vec();
        self
    }

    /// Compresses chunks of numbers with ZFP, within the bound that `mode` sets.
    #[must_use]
    pub fn zfp(self, mode: ZfpMode) -> Self {
        self.filter(FilterInfo::zfp(mode))
    }

    /// Adds a filter, after those added before.
    #[must_use]
    pub fn filter(mut self, filter: FilterInfo) -> Self {
        self.properties.filters.push(filter);
        self
    }

    /// Removes all filters.
    #[must_use]
    pub fn clear_filters(mut self) -> Self {
        self.properties.filters.clear();
        self
    }

    /// The value of elements that were never written; without one they are zero.
    #[must_use]
    pub fn fill_value<T: H5Write>(mut self, value: T) -> Self {
        self.properties.fill = super::create::FillChoice::value(&value);
        self
    }

    /// Leaves elements that were never written undefined.
    #[must_use]
    pub fn no_fill_value(mut self) -> Self {
        self.properties.fill = super::create::FillChoice::Undefined;
        self
    }

    /// When fill values are written.
    #[must_use]
    pub fn fill_time(mut self, time: FillTime) -> Self {
        self.properties.fill_time = time;
        self
    }

    /// When space is allocated; by default when it is first written to.
    #[must_use]
    pub fn alloc_time(mut self, time: Option<AllocationTime>) -> Self {
        self.properties.allocation = time;
        self
    }

    /// Whether the order in which attributes are made is kept.
    #[must_use]
    pub fn track_order(mut self, track: bool) -> Self {
        self.properties.track_order = Some(track);
        self
    }

    /// Whether times of creation and change are stored.
    #[must_use]
    pub fn obj_track_times(mut self, track: bool) -> Self {
        self.properties.track_times = Some(track);
        self
    }
}
