//! Datasets: whether they can be compared, and which elements differ.

use hdfive::datatype::{Datatype, DatatypeClass};
use hdfive::{Container, Dataset, Layout, Selection};

use super::comparable::Shape;
use super::element::Scope;
use super::reference::Containers;
use super::state::{Diff, Pair, Place};
use super::subset::Slab;
use super::types;
use crate::errors::{Error, Result};
use crate::render::native_size;
use crate::selection::{Tiles, selection};

/// Bytes, in memory, of the elements that are read at once.
const PART_BYTES: u64 = 1 << 21;

/// The C tool compares datasets of fewer bytes at once.
const WHOLE_BYTES: u64 = 128 << 20;

/// Larger datasets it compares in parts of so many bytes, each with its own heading.
const STRIP_BYTES: u64 = 32 << 20;

/// The most chunks that are looked for where nothing else may be written.
const MAX_CHUNKS: usize = 1024;

/// The last component of a path.
fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Where two datasets have chunks that were written: elsewhere both have the same fill value.
struct Unwritten {
    /// First element and shape of each chunk.
    chunks: Vec<(Vec<u64>, Vec<u64>)>,
}

impl Unwritten {
    /// Nothing if the datasets may differ elsewhere, or there are so many chunks that to look for them
    /// takes long.
    fn of(datasets: Pair<&Dataset>) -> Result<Option<Self>> {
        let [first, second] = datasets;
        let alike = first.datatype() == second.datatype() && types::self_contained(first.datatype());
        let fill = |dataset: &Dataset| (dataset.fill_value_bytes(), dataset.fill_is_undefined());
        if !alike || fill(first) != fill(second) {
            return Ok(None);
        }
        let mut chunks = Vec::new();
        for dataset in datasets {
            let Some(shape) = dataset.chunk() else { return Ok(None) };
            let shape: Vec<u64> = shape.into_iter().map(|dim| dim as u64).collect();
            let written = dataset.chunks()?;
            if written.len() > MAX_CHUNKS {
                return Ok(None);
            }
            chunks.extend(written.into_iter().map(|chunk| (chunk.offset, shape.clone())));
        }
        Ok(Some(Self { chunks }))
    }

    /// Whether nothing was written in a box.
    fn covers(&self, origin: &[u64], count: &[u64]) -> bool {
        let apart = |(offset, shape): &(Vec<u64>, Vec<u64>)| {
            let chunk =
                offset.iter().zip(shape).map(|(&offset, &size)| (offset, offset.saturating_add(size)));
            chunk
                .zip(origin.iter().zip(count))
                .any(|((start, end), (&from, &size))| end <= from || from.saturating_add(size) <= start)
        };
        self.chunks.iter().all(apart)
    }
}

/// How many base elements an array has; 1 for other types.
fn array_len(datatype: &Datatype) -> u64 {
    match &datatype.class {
        DatatypeClass::Array(class) => {
            class.dims.iter().fold(1, |len, &dim| len.saturating_mul(u64::from(dim)))
        }
        _ => 1,
    }
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
        let result = self.dataset_elements(datasets, paths, true);
        self.char_position = char_position;
        self.or_fail(result)
    }

    /// Compares the elements of datasets, or of those parts of them that are asked for.
    ///
    /// # Errors
    /// That they cannot be read.
    pub(super) fn dataset_elements(
        &mut self,
        datasets: Pair<&Dataset>,
        paths: Pair<&str>,
        parts: bool,
    ) -> Result<u64> {
        let mut can = self.have_data(datasets, paths)?;
        let types = datasets.map(|dataset| dataset.datatype());
        let shapes = datasets.map(|dataset| Shape::of(dataset));
        can &= self.comparable(paths, types, [&shapes[0], &shapes[1]], false);
        if !can || !self.signs_match(paths, types) {
            return Ok(0);
        }
        let place = Place {
            names: paths.map(|path| base_name(path).to_owned()),
            dims: shapes[0].dims.clone(),
            part: None,
        };
        let files = [datasets[0].file()?, datasets[1].file()?];
        let containers = datasets.map(|dataset| &**dataset);
        let subsets = &self.options.subsets;
        if parts && subsets.iter().any(Option::is_some) {
            return self.parts(containers, place, Containers { files: [&files[0], &files[1]] });
        }
        let scope = Scope {
            place: &place,
            containers: Containers { files: [&files[0], &files[1]] },
            by_name: native_size(types[0]) != native_size(types[1]),
            follow: true,
        };
        self.whole(datasets, &scope, &shapes[0])
    }

    /// Whether both datasets have data in their files, or sources; it is said if not.
    fn have_data(&mut self, datasets: Pair<&Dataset>, paths: Pair<&str>) -> Result<bool> {
        if datasets[0].storage_size()? > 0 && datasets[1].storage_size()? > 0 {
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
        let sizes = types.map(native_size);
        let is_array = matches!(types[0].class, DatatypeClass::Array(_));
        if is_array && array_len(types[0]) != array_len(types[1]) {
            return self.uneven_arrays(containers, scope, shape);
        }
        let size = sizes[0].max(sizes[1]).max(1);
        let strip = if shape.len().saturating_mul(size) < WHOLE_BYTES { u64::MAX } else { STRIP_BYTES };
        let stored = types.map(|datatype| u64::from(datatype.size));
        let unwritten = Unwritten::of(datasets)?;
        let (mut found, mut index) = (0, 0);
        for (strip_origin, strip_count) in Tiles::new(&shape.dims, size, strip) {
            self.heading = true;
            let mut found_here = 0;
            for (origin, count) in Tiles::new(&strip_count, stored[0].max(stored[1]), PART_BYTES) {
                let origin: Vec<u64> =
                    origin.iter().zip(&strip_origin).map(|(at, start)| at + start).collect();
                if unwritten.as_ref().is_some_and(|unwritten| unwritten.covers(&origin, &count)) {
                    index += count.iter().product::<u64>();
                    continue;
                }
                let elements = [
                    containers[0].read_elements(selection(&origin, &count))?,
                    containers[1].read_elements(selection(&origin, &count))?,
                ];
                found_here = self.elements(scope, [&elements[0], &elements[1]], index, found_here)?;
                index += elements[0].len() as u64;
            }
            found += found_here;
        }
        Ok(found)
    }

    /// Compares arrays of different lengths as the C tool does: as if all arrays had the length of the
    /// shorter ones, one after the other.
    fn uneven_arrays(
        &mut self,
        containers: Pair<&Container>,
        scope: &Scope<'_>,
        shape: &Shape,
    ) -> Result<u64> {
        let lens = containers.map(|container| array_len(container.datatype()));
        let shorter = usize::from(lens[0] > lens[1]);
        let total = shape.len().saturating_mul(lens[shorter]);
        let elements =
            [containers[0].read_elements(Selection::All)?, containers[1].read_elements(Selection::All)?];
        self.heading = true;
        self.flattened(scope, [&elements[0], &elements[1]], lens[shorter], total)
    }

    /// Compares the parts that are asked for.
    fn parts(
        &mut self,
        containers: Pair<&Container>,
        mut place: Place,
        files: Containers<'_>,
    ) -> Result<u64> {
        let rank = place.dims.len();
        let slab = |side: usize| {
            let subset = self.options.subsets[side].as_ref();
            subset.map(|subset| subset.slab(rank).map_err(Error::new)).transpose()
        };
        let (first, second) = (slab(0)?, slab(1)?);
        let first = first.map(|slab| if second.is_some() { slab } else { slab.to_end(&place.dims) });
        let select =
            |slab: Option<&Slab>| slab.map_or(Selection::All, |slab| slab.within(&place.dims).selection());
        let elements = [
            containers[0].read_elements(select(first.as_ref()))?,
            containers[1].read_elements(select(second.as_ref()))?,
        ];
        place.part = first;
        let types = containers.map(|container| container.datatype());
        let scope = Scope {
            place: &place,
            containers: files,
            by_name: native_size(types[0]) != native_size(types[1]),
            follow: true,
        };
        self.heading = true;
        self.elements(&scope, [&elements[0], &elements[1]], 0, 0)
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
        let unwritten = Unwritten { chunks: vec![(vec![4, 0], vec![4, 4])] };
        assert!(unwritten.covers(&[0, 0], &[4, 8]));
        assert!(unwritten.covers(&[4, 4], &[4, 4]));
        assert!(!unwritten.covers(&[3, 3], &[2, 2]));
    }

    #[test]
    fn base_names_are_the_last_component() {
        assert_eq!(["/g/x/", "x", "/"].map(base_name), ["x", "x", ""]);
    }
}
