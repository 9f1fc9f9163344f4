//! References: making them, and going where they lead.

use crate::attribute::Attribute;
use crate::chunk::grid::Axis;
use crate::dataset::{Dataset, MappedSelection};
use crate::format::reference::{Part, Reference};
use crate::format::selection::{Form, Pattern, Selection as Stored, UNLIMITED};
use crate::format::{Widths, encode};
use crate::group::{Group, Object};
use crate::location::Location;
use crate::selection::{Hyperslab, IntoSelection, Points, Resolved, Selection, SliceOrIndex};
use crate::types::{ObjectReference, RegionReference, StdReference};
use crate::{Error, Result};

/// The most blocks of a region that are listed one by one, as every release reads it; a regular
/// pattern of more needs HDF5 1.10.
const MAX_BLOCKS: u64 = 4096;

impl From<&Location> for ObjectReference {
    fn from(location: &Location) -> Self {
        location.object_reference()
    }
}

impl From<&Location> for StdReference {
    fn from(location: &Location) -> Self {
        location.object_reference().into()
    }
}

impl Location {
    /// A reference to this object.
    pub fn object_reference(&self) -> ObjectReference {
        ObjectReference::to_address(self.address)
    }

    /// A reference to the attribute called `name` of this object.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn attr_reference(&self, name: &str) -> Result<StdReference> {
        let attribute = self.attr(name)?;
        Ok(StdReference::new(Reference {
            address: self.address,
            token_size: 8,
            file: None,
            part: Part::Attribute(attribute.name().into_bytes()),
        }))
    }

    /// The object that a reference leads to, which may be in another file. Its
    /// [`name`](Location::name) is `#` and its address.
    ///
    /// # Errors
    /// `NotFound` for a reference to nothing; `Format` if there is no object, or a damaged one.
    pub fn dereference(&self, reference: impl Into<StdReference>) -> Result<Object> {
        let location = self.target(&reference.into())?;
        let path = location.path.clone();
        Group::open_location(location).map_err(|error| error.with_path(&*path))
    }

    /// The dataset that a reference to a region leads to, and what of it is selected. Blocks that are
    /// no regular pattern are selected as points, in row-major order.
    ///
    /// # Errors
    /// As [`dereference`](Self::dereference), and `TypeMismatch` if the reference is not to a region
    /// of a dataset.
    pub fn dereference_region(&self, reference: impl Into<StdReference>) -> Result<(Dataset, Selection)> {
        let reference = reference.into();
        let dataset = self.dereference_dataset(&reference)?;
        let stored = reference.stored_selection()?.ok_or_else(no_region)?;
        let dims: Vec<u64> = dataset.shape().iter().map(|&dim| dim as u64).collect();
        let limit = self.shared.read()?.limits().read;
        let selection = select(&stored, &dims, limit).map_err(|error| error.with_path(dataset.name()))?;
        Ok((dataset, selection))
    }

    /// The dataset that a reference to a region leads to, and the region as it is described there.
    ///
    /// # Errors
    /// As [`dereference_region`](Self::dereference_region).
    pub fn describe_region(&self, reference: impl Into<StdReference>) -> Result<(Dataset, MappedSelection)> {
        let reference = reference.into();
        let dataset = self.dereference_dataset(&reference)?;
        let stored = reference.stored_selection()?.ok_or_else(no_region)?;
        if stored.rank().is_some_and(|rank| rank != dataset.ndim()) {
            let error = Error::format("a region has another rank than its dataset");
            return Err(error.with_path(dataset.name()));
        }
        Ok((dataset, (&stored).into()))
    }

    fn dereference_dataset(&self, reference: &StdReference) -> Result<Dataset> {
        match self.dereference(reference)? {
            Object::Dataset(dataset) => Ok(dataset),
            _ => Err(no_region()),
        }
    }

    /// The attribute that a reference leads to.
    ///
    /// # Errors
    /// As [`dereference`](Self::dereference), `TypeMismatch` if the reference is not to an attribute,
    /// and `NotFound` if there is none of that name.
    pub fn dereference_attr(&self, reference: impl Into<StdReference>) -> Result<Attribute> {
        let reference = reference.into();
        let name = reference
            .attribute_name()
            .ok_or_else(|| Error::type_mismatch("the reference does not lead to an attribute"))?;
        self.target(&reference)?.attr(&name)
    }

    fn target(&self, reference: &StdReference) -> Result<Self> {
        let address = reference
            .address()
            .ok_or_else(|| Error::not_found("the reference leads to nothing").with_path(&*self.path))?;
        let shared = match reference.file_bytes() {
            None => self.shared.clone(),
            Some(name) => self.shared.family.clone().follow(name, &self.shared.origin)?,
        };
        let store = shared.read()?;
        Ok(Self::new(&shared, &store, address, format!("#{address}").into()))
    }
}

fn no_region() -> Error {
    Error::type_mismatch("the reference does not lead to a region of a dataset")
}

impl Group {
    /// A reference to the object called `name`: an [`ObjectReference`] or a [`StdReference`].
    ///
    /// # Errors
    /// `NotFound` if there is none; `Usage` if it is in another file.
    pub fn reference<R: for<'a> From<&'a Location>>(&self, name: &str) -> Result<R> {
        let object = self.open(name)?;
        let location: &Location = match &object {
            Object::Group(group) => group,
            Object::Dataset(dataset) => dataset,
            Object::NamedDatatype(datatype) => datatype,
        };
        if !std::sync::Arc::ptr_eq(&location.shared, &self.shared) {
            return Err(Error::usage("the object is in another file").with_path(name));
        }
        Ok(location.into())
    }
}

impl Dataset {
    /// A reference to a region of this dataset.
    ///
    /// ```
    /// use hdfive::{RegionReference, s};
    ///
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let data = file.new_dataset_builder().with_data(&[10, 11, 12, 13, 14]).create("data")?;
    /// let region = data.region_reference(s![1..4; 2])?;
    /// file.new_dataset_builder().with_data(&[region]).create("regions")?;
    ///
    /// let read: Vec<RegionReference> = file.dataset("regions")?.read_raw()?;
    /// let (dataset, selection) = file.dereference_region(&read[0])?;
    /// assert_eq!(dataset.read_slice_raw::<i32>(selection)?, [11, 13]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Usage` if the selection does not fit the shape.
    pub fn region_reference(&self, selection: impl IntoSelection) -> Result<RegionReference> {
        self.region(selection).map(RegionReference::new)
    }

    fn region(&self, selection: impl IntoSelection) -> Result<Reference> {
        let selection = selection.into_selection()?;
        let dims: Vec<u64> = self.shape().iter().map(|&dim| dim as u64).collect();
        let describe = || {
            let stored = match &selection {
                Selection::All => Stored::All,
                _ => serialize(Resolved::new(&selection, &dims)?),
            };
            encode(&stored, &(), Widths::default())
        };
        let selection = describe().map_err(|error| error.with_path(&*self.path))?;
        let rank = u32::try_from(dims.len()).unwrap_or(u32::MAX);
        Ok(Reference {
            address: self.address,
            token_size: 8,
            file: None,
            part: Part::Region { rank, selection },
        })
    }
}

/// A selection in the oldest form that holds it.
fn serialize(resolved: Resolved) -> Stored {
    let short = |numbers: &[u64]| numbers.iter().all(|&number| number < u64::from(u32::MAX));
    match resolved {
        Resolved::Points { coordinates, .. } if coordinates.is_empty() => Stored::None,
        Resolved::Points { rank, coordinates } => {
            let form = if short(&coordinates) { Form::FIRST } else { Form::LONG_POINTS };
            Stored::Points { form, rank, coordinates }
        }
        Resolved::Slab { axes, .. } if axes.is_empty() => Stored::All,
        Resolved::Slab { axes, .. } if axes.iter().any(|axis| axis.len() == 0) => Stored::None,
        Resolved::Slab { axes, .. } => {
            let blocks = axes.iter().try_fold(1_u64, |blocks, axis| blocks.checked_mul(axis.count));
            if blocks.is_some_and(|blocks| blocks <= MAX_BLOCKS)
                && axes.iter().all(|axis| short(&[axis.end()]))
            {
                return Stored::Blocks { form: Form::FIRST, rank: axes.len(), corners: corners(&axes) };
            }
            let pattern = |axis: &Axis| Pattern {
                start: axis.start,
                stride: axis.stride,
                count: axis.count,
                block: axis.block,
            };
            Stored::Regular { form: Form::REGULAR, axes: axes.iter().map(pattern).collect() }
        }
    }
}

/// First and last corner of each block, the last dimension fastest.
fn corners(axes: &[Axis]) -> Vec<u64> {
    let mut corners = Vec::new();
    let mut at = vec![0_u64; axes.len()];
    loop {
        let starts = || axes.iter().zip(&at).map(|(axis, &at)| axis.start + at * axis.stride);
        corners.extend(starts());
        corners.extend(starts().zip(axes).map(|(start, axis)| start + axis.block - 1));
        let mut dim = axes.len();
        loop {
            let Some(next) = dim.checked_sub(1) else { return corners };
            dim = next;
            at[dim] += 1;
            if at[dim] < axes[dim].count {
                break;
            }
            at[dim] = 0;
        }
    }
}

/// A stored selection as one of a dataset of the shape `dims`; of blocks apart, at most as many
/// elements as `limit`.
fn select(stored: &Stored, dims: &[u64], limit: u64) -> Result<Selection> {
    let rank = dims.len();
    if stored.rank().is_some_and(|stored| stored != rank) {
        return Err(Error::format(format!("a region of another rank than its dataset's {rank}")));
    }
    let number = |number: u64| {
        usize::try_from(number).map_err(|_| Error::limit("a region is beyond what memory can address"))
    };
    let numbers = |all: &[u64]| all.iter().map(|&it| number(it)).collect::<Result<Vec<_>>>();
    Ok(match stored {
        Stored::All => Selection::All,
        Stored::None => Selection::Points(Points::new(rank.max(1), Vec::new())?),
        Stored::Points { coordinates, .. } => Selection::Points(Points::new(rank, numbers(coordinates)?)?),
        Stored::Regular { axes, .. } => {
            let slices = axes.iter().zip(dims).map(|(axis, &dim)| slice(axis, dim, &number));
            Selection::Hyperslab(Hyperslab::new(slices.collect::<Result<Vec<_>>>()?))
        }
        Stored::Blocks { corners, .. } => match corners.chunks_exact(rank.saturating_mul(2).max(1)) {
            mut blocks if blocks.len() == 1 => {
                let (low, high) = blocks.next().unwrap_or_default().split_at(rank);
                let slices = low.iter().zip(high).map(|(&low, &high)| {
                    let axis = Pattern { start: low, stride: 1, count: 1, block: block_len(low, high)? };
                    slice(&axis, u64::MAX, &number)
                });
                Selection::Hyperslab(Hyperslab::new(slices.collect::<Result<Vec<_>>>()?))
            }
            blocks => Selection::Points(Points::new(rank, numbers(&elements(blocks, rank, limit)?)?)?),
        },
    })
}

fn block_len(low: u64, high: u64) -> Result<u64> {
    high.checked_sub(low)
        .and_then(|len| len.checked_add(1))
        .ok_or_else(|| Error::format("a block of a region ends before it starts"))
}

fn slice(axis: &Pattern, dim: u64, number: &dyn Fn(u64) -> Result<usize>) -> Result<SliceOrIndex> {
    let Pattern { start, stride, count, block } = *axis;
    let room = dim.saturating_sub(start);
    let block = if block == UNLIMITED { room } else { block };
    // Whole blocks, as many as there is room for.
    let count = match count {
        UNLIMITED if room < block => 0,
        UNLIMITED => ((room - block) / stride.max(1)).saturating_add(1),
        count => count,
    };
    Ok(SliceOrIndex::SliceCount {
        start: number(start)?,
        step: number(stride)?,
        count: number(count)?,
        block: number(block)?,
    })
}

/// Bytes in memory for a region given by irregular blocks, element by element.
const MAX_REGION: u64 = 1 << 28;

/// The coordinates of all elements of the blocks, in row-major order, each once.
fn elements<'a>(blocks: impl Iterator<Item = &'a [u64]>, rank: usize, limit: u64) -> Result<Vec<u64>> {
    let mut points: Vec<Vec<u64>> = Vec::new();
    for block in blocks {
        let (low, high) = block.split_at(rank);
        let axes = low.iter().zip(high).map(|(&low, &high)| Ok((low, block_len(low, high)?)));
        let axes = axes.collect::<Result<Vec<_>>>()?;
        let len = axes.iter().try_fold(1_u64, |len, &(_, block)| len.checked_mul(block));
        let total = len.and_then(|len| len.checked_add(points.len() as u64));
        let bytes = total.and_then(|total| total.checked_mul(8 * (rank as u64 + 3)));
        if bytes.is_none_or(|bytes| bytes > limit.min(MAX_REGION)) {
            return Err(Error::limit("a region of too many elements"));
        }
        for index in 0..len.unwrap_or(0) {
            let mut rest = index;
            let mut point: Vec<u64> = axes
                .iter()
                .rev()
                .map(|&(low, block)| {
                    let at = low + rest % block;
                    rest /= block;
                    at
                })
                .collect();
            point.reverse();
            points.push(point);
        }
    }
    points.sort_unstable();
    points.dedup();
    Ok(points.concat())
}
