//! Datasets: whether they can be compared, and which elements differ.

use hdfive::datatype::DatatypeClass;
use hdfive::{Container, Dataset, Elements, Layout};

use super::attribute::is_strict;
use super::comparable::Shape;
use super::element::{Run, Scope, identical};
use super::memory::native;
use super::reference::Containers;
use super::state::{Diff, Pair, Place};
use super::stream::{Stream, streams_in_step};
use super::subset::{STRIP_BYTES, Slab, Strips, is_within, len};
use super::types;
use crate::errors::{Error, Result};
use crate::render::native_size;
use crate::selection::{Tiles, selection};
use crate::subset::Subset;

/// Bytes, in memory, of the elements that are read at once.
pub(super) const PART_BYTES: u64 = 1 << 21;

/// The C tool compares datasets of fewer bytes at once, larger ones in strips, each with its own heading.
pub(super) const WHOLE_BYTES: u64 = 256 << 20;

/// Parts that go on beyond the end of a dataset are begun again no more often than this.
const MAX_STRIPS: usize = 1 << 20;

/// Bytes of fill values that are read, at most, to compare them.
const MAX_FILL_BYTES: u128 = 1 << 35;

/// Bytes that are passed over, at most, as neither dataset has anything there.
const MAX_PASSED_BYTES: u128 = 1 << 45;

/// The last component of a path.
fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Where two datasets have chunks that were written: elsewhere both have the same fill value.
struct Unwritten {
    dims: Vec<u64>,
    /// Positions of the first element of each chunk, in order, and of the end of it and those before.
    chunks: Vec<(u128, u128)>,
}

/// The positions, in the order of elements, of the first one of a box and of the end of it.
fn span(dims: &[u64], origin: &[u64], count: &[u64]) -> (u128, u128) {
    let last = |(&at, &count): (&u64, &u64)| at.saturating_add(count.saturating_sub(1));
    let last: Vec<u64> = origin.iter().zip(count).map(last).collect();
    let position = |coordinates: &[u64]| {
        let at = |at: u128, (&dim, &coordinate): (&u64, &u64)| {
            at.saturating_mul(dim.into()).saturating_add(coordinate.into())
        };
        dims.iter().zip(coordinates).fold(0, at)
    };
    (position(origin), position(&last).saturating_add(1))
}

impl Unwritten {
    /// Nothing if the datasets may differ elsewhere.
    fn of(datasets: Pair<&Dataset>) -> Result<Option<Self>> {
        let [first, second] = datasets;
        let alike = first.datatype() == second.datatype() && types::self_contained(first.datatype());
        let fill = |dataset: &Dataset| (dataset.fill_value_bytes(), dataset.fill_is_undefined());
        if !alike || fill(first) != fill(second) {
            return Ok(None);
        }
        let dims = Shape::of(first).dims;
        let mut chunks = Vec::new();
        for dataset in datasets {
            let Some(shape) = dataset.chunk() else { return Ok(None) };
            let shape: Vec<u64> = shape.into_iter().map(|dim| dim as u64).collect();
            chunks.extend(dataset.chunks()?.into_iter().map(|chunk| span(&dims, &chunk.offset, &shape)));
        }
        Ok(Some(Self::with(dims, chunks)))
    }

    fn with(dims: Vec<u64>, mut chunks: Vec<(u128, u128)>) -> Self {
        chunks.sort_unstable();
        let mut end = 0;
        for chunk in &mut chunks {
            end = chunk.1.max(end);
            chunk.1 = end;
        }
        Self { dims, chunks }
    }

    /// How many elements are read if those from chunks are, in boxes of about this many.
    fn read_len(&self, part: u128) -> u128 {
        let part = part.max(1);
        let mut reached = 0_u128;
        let parts = self.chunks.iter().map(|&(start, end)| {
            let start = (start / part).max(reached);
            reached = end.div_ceil(part).max(reached);
            reached.saturating_sub(start)
        });
        parts.fold(0, u128::saturating_add).saturating_mul(part)
    }

    /// Whether nothing was written in a box, nor between its elements.
    fn covers(&self, origin: &[u64], count: &[u64]) -> bool {
        let (start, end) = span(&self.dims, origin, count);
        let before = self.chunks.partition_point(|chunk| chunk.0 < end);
        before.checked_sub(1).and_then(|last| self.chunks.get(last)).is_none_or(|chunk| chunk.1 <= start)
    }
}

/// Refuses a dataset of these extents if so little of it was written that what is not has no end.
fn check_written(dataset: &Dataset, dims: &[u64], unwritten: Option<&Unwritten>) -> Result<()> {
    let size = u128::from(dataset.datatype().size.max(1));
    let len = dims.iter().fold(1_u128, |len, &dim| len.saturating_mul(dim.into()));
    if len.saturating_mul(size) <= MAX_FILL_BYTES {
        return Ok(());
    }
    let stored = u128::from(dataset.stored_len()?);
    let missing = |len: u128| len.saturating_sub(stored).saturating_mul(size);
    let read = unwritten.map_or(len, |unwritten| unwritten.read_len(u128::from(PART_BYTES) / size).min(len));
    if missing(read) <= MAX_FILL_BYTES && missing(len) <= MAX_PASSED_BYTES {
        return Ok(());
    }
    Err(Error::new(format_args!(
        "{}: of {len} elements nearly all were never written: compare a part of them",
        dataset.name()
    )))
}

/// The elements of a box of both datasets.
fn read(containers: Pair<&Container>, origin: &[u64], count: &[u64]) -> Result<Pair<Elements>> {
    let [first, second] = containers;
    Ok([first.read_elements(selection(origin, count))?, second.read_elements(selection(origin, count))?])
}

impl Diff<'_> {
    /// Whether the filters of a dataset are there to read it.
    fn readable(&mut self, dataset: &Dataset, path: &str) -> bool {
        let missing = dataset.filters().iter().any(|filter| !hdfive::filter::is_available(filter.id));
        if missing && self.options.verbose {
            crate::errors::report(&Error::new(format_args!(
                "Warning: dataset <{path}> cannot be read, user defined filter is not available"
            )));
        }
        !missing
    }

    /// Compares datasets, and gives the number of differences.
    pub(super) fn datasets(&mut self, datasets: Pair<&Dataset>, paths: Pair<&str>) -> u64 {
        if !self.readable(datasets[0], paths[0]) || !self.readable(datasets[1], paths[1]) {
            self.not_comparable = true;
            self.failed = true;
            return 0;
        }
        let char_position = self.char_position;
        let result = self.dataset_elements(datasets, paths);
        self.char_position = char_position;
        self.or_fail(result)
    }

    /// Compares the elements of datasets, or of those parts of them that are asked for.
    ///
    /// # Errors
    /// That they cannot be read.
    pub(super) fn dataset_elements(&mut self, datasets: Pair<&Dataset>, paths: Pair<&str>) -> Result<u64> {
        let mut can = self.have_data(datasets, paths)?;
        let types = datasets.map(|dataset| dataset.datatype());
        let shapes = datasets.map(|dataset| Shape::of(dataset));
        can &= self.comparable(paths, types, [&shapes[0], &shapes[1]], false);
        for datatype in types {
            if !matches!(datatype.class, DatatypeClass::Reference(_)) {
                native(datatype)?;
            }
        }
        if !can || !self.signs_match(paths, types) {
            return Ok(0);
        }
        let place = Place {
            names: paths.map(|path| base_name(path).to_owned()),
            dims: shapes[0].dims.clone(),
            ..Place::default()
        };
        let files = [datasets[0].file()?, datasets[1].file()?];
        let containers = datasets.map(|dataset| &**dataset);
        let subsets = &self.options.subsets;
        if subsets.iter().any(Option::is_some) {
            return self.parts(containers, place, Containers { files: [&files[0], &files[1]] });
        }
        let scope = Scope {
            place: &place,
            containers: Containers { files: [&files[0], &files[1]] },
            by_name: native_size(types[0]) != native_size(types[1]),
            whole: true,
            strict: false,
        };
        self.whole(datasets, &scope, &shapes[0])
    }

    /// Whether both datasets have data in their files, or sources; it is said if not.
    fn have_data(&mut self, datasets: Pair<&Dataset>, paths: Pair<&str>) -> Result<bool> {
        // An index that is damaged counts as empty.
        let is_empty = |dataset: &Dataset| dataset.storage_size().unwrap_or(0) == 0;
        if !datasets.into_iter().any(is_empty) {
            return Ok(true);
        }
        let [first, second] = paths;
        let is_virtual = |dataset: &Dataset| Ok::<_, Error>(matches!(dataset.layout()?, Layout::Virtual));
        if is_virtual(datasets[0])? || is_virtual(datasets[1])? {
            if self.explains() {
                self.print(format_args!("Warning: <{first}> or <{second}> is a virtual dataset\n"));
            }
            return Ok(true);
        }
        if self.explains() {
            self.print(format_args!("Not comparable: <{first}> or <{second}> is an empty dataset\n"));
        }
        self.not_comparable = true;
        Ok(false)
    }

    /// Compares all elements, part by part.
    fn whole(&mut self, datasets: Pair<&Dataset>, scope: &Scope<'_>, shape: &Shape) -> Result<u64> {
        let containers = datasets.map(|dataset| &**dataset);
        let types = containers.map(|container| container.datatype());
        let unwritten = Unwritten::of(datasets)?;
        for dataset in datasets {
            check_written(dataset, &shape.dims, unwritten.as_ref())?;
        }
        let sizes = types.map(native_size);
        let is_array = matches!(types[0].class, DatatypeClass::Array(_));
        if is_array && sizes[0] != sizes[1] {
            return self.uneven_arrays(containers, scope, shape.len());
        }
        let size = sizes[0].max(sizes[1]).max(1);
        let strip = if shape.len().saturating_mul(size) < WHOLE_BYTES { u64::MAX } else { STRIP_BYTES };
        let stored = types.map(|datatype| u64::from(datatype.size));
        let is_written = |(origin, count): &(Vec<u64>, Vec<u64>)| {
            unwritten.as_ref().is_none_or(|unwritten| !unwritten.covers(origin, count))
        };
        let (mut found, mut index) = (0, 0);
        for (strip_origin, strip_count) in Tiles::new(&shape.dims, size, strip) {
            let tiles = || {
                Tiles::new(&strip_count, stored[0].max(stored[1]), PART_BYTES).map(|(origin, count)| {
                    let origin: Vec<u64> =
                        origin.iter().zip(&strip_origin).map(|(at, start)| at + start).collect();
                    (origin, count)
                })
            };
            let mut strict = false;
            if is_strict(self.options.criterion, types[0]) {
                for (origin, count) in tiles().filter(is_written) {
                    let elements = read(containers, &origin, &count)?;
                    strict |= !identical([Run::of(&elements[0]), Run::of(&elements[1])])?;
                }
            }
            self.heading = true;
            let scope = Scope { strict, ..*scope };
            let mut found_here = 0;
            for tile in tiles() {
                if strict || is_written(&tile) {
                    let elements = read(containers, &tile.0, &tile.1)?;
                    let runs = [Run::of(&elements[0]), Run::of(&elements[1])];
                    found_here = self.elements(&scope, runs, index, found_here)?;
                }
                index += tile.1.iter().product::<u64>();
            }
            found += found_here;
        }
        Ok(found)
    }

    /// Compares the parts that are asked for.
    fn parts(
        &mut self,
        containers: Pair<&Container>,
        mut place: Place,
        files: Containers<'_>,
    ) -> Result<u64> {
        let rank = place.dims.len();
        let types = containers.map(|container| container.datatype());
        let subsets = &self.options.subsets;
        let slab = |side: usize| {
            let subset: Option<&Subset> = subsets[side].as_ref();
            subset.map(|subset| Slab::of(subset, rank)).transpose()
        };
        let (Some(first), second) = (slab(0)?.filter(|_| rank > 0), slab(1)?) else {
            return Err(Error::new("a part of the second dataset only, or of a scalar, cannot be compared"));
        };
        let sizes = types.map(native_size);
        let is_array = matches!(types[0].class, DatatypeClass::Array(_));
        let size = if is_array { sizes[0].min(sizes[1]) } else { sizes[0].max(sizes[1]) };
        let dims = place.dims.clone();
        let strips = Strips::new(&dims, &first, second.as_ref(), size);
        place.part = Some(first.clone());
        let mut found = 0;
        for (number, strip) in strips.enumerate() {
            if number == MAX_STRIPS {
                return Err(Error::new(format_args!(
                    "the part goes on beyond the end more than {MAX_STRIPS} times"
                )));
            }
            if len(&strip[0]) == 0 || !strip.iter().all(|slab| is_within(slab, &dims)) {
                return Err(Error::new("the part is empty, overlaps itself or is beyond the end"));
            }
            place.start = strip[0].iter().map(|axis| axis[0]).collect();
            let streams = || [0, 1].map(|side| Stream::new(containers[side], &strip[side]));
            let mut strict = false;
            if is_strict(self.options.criterion, types[0]) {
                streams_in_step(streams(), |runs, _| {
                    strict |= !identical(runs)?;
                    Ok(!strict)
                })?;
            }
            let scope = Scope {
                place: &place,
                containers: files,
                by_name: sizes[0] != sizes[1],
                whole: true,
                strict,
            };
            self.heading = true;
            let mut found_here = 0;
            streams_in_step(streams(), |runs, index| {
                found_here = self.elements(&scope, runs, index, found_here)?;
                Ok(self.options.count.is_none_or(|wanted| found_here < wanted))
            })?;
            found += found_here;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_whole_rows() {
        let tiles: Vec<_> = Tiles::new(&[5, 3], 4, 24).collect();
        let expected = [([0, 0], [2, 3]), ([2, 0], [2, 3]), ([4, 0], [1, 3])];
        assert_eq!(tiles, expected.map(|(origin, count)| (origin.to_vec(), count.to_vec())));
        let tiles: Vec<_> = Tiles::new(&[2, 3], 4, 8).map(|(origin, _)| origin).collect();
        assert_eq!(tiles, [[0, 0], [0, 2], [1, 0], [1, 2]].map(|origin| origin.to_vec()));
        assert_eq!(Tiles::new(&[], 4, 8).count(), 1);
        assert_eq!(Tiles::new(&[0, 3], 4, 8).count(), 0);
    }

    #[test]
    fn boxes_without_chunks_are_unwritten() {
        let unwritten = Unwritten::with(vec![8, 8], vec![span(&[8, 8], &[4, 0], &[4, 4])]);
        assert!(unwritten.covers(&[0, 0], &[4, 8]));
        assert!(!unwritten.covers(&[4, 0], &[1, 8]));
        assert!(!unwritten.covers(&[3, 3], &[2, 2]));
        assert!(unwritten.covers(&[7, 4], &[1, 4]));
        // From 32 to 59.
        assert_eq!(unwritten.read_len(1), 28);
        assert_eq!(unwritten.read_len(10), 30);
        let scattered = Unwritten::with(vec![100], vec![(71, 72), (3, 4), (5, 6), (8, 12)]);
        assert_eq!(scattered.read_len(1), 7);
        assert_eq!(scattered.read_len(10), 30);
    }

    #[test]
    fn what_is_nearly_all_unwritten_is_refused() {
        let file = hdfive::File::in_memory().unwrap();
        let dataset = file.new_dataset::<i32>().shape(1 << 20).chunk(1 << 10).create("x").unwrap();
        dataset.write_slice(&[7; 4], 3..7).unwrap();
        let unwritten = Unwritten::of([&dataset, &dataset]).unwrap();
        let check =
            |len: u64, skip: bool| check_written(&dataset, &[len], unwritten.as_ref().filter(|_| skip));
        for (bits, skip, compared) in
            [(20, false, true), (33, false, true), (34, false, false), (40, true, true), (55, true, false)]
        {
            assert_eq!(check(1 << bits, skip).is_ok(), compared, "{bits} {skip}");
        }
    }

    #[test]
    fn base_names_are_the_last_component() {
        assert_eq!(["/g/x/", "x", "/"].map(base_name), ["x", "x", ""]);
    }
}
