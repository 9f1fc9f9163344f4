//! References: where they lead, and whether that is the same.

use hdfive::datatype::{Datatype, DatatypeClass, ReferenceType};
use hdfive::{Dataset, File, Heap, Object, StdReference};

use super::element::{Datum, Scope};
use super::state::{Diff, Pair};
use crate::dump::Region;
use crate::errors::{Error, Result};

/// The files that elements are in, where references lead to other objects.
#[derive(Clone, Copy)]
pub(super) struct Containers<'a> {
    pub(super) files: Pair<&'a File>,
}

/// How many references are followed one after the other.
const MAX_DEPTH: usize = 32;

/// The coordinates of each part of a region: a point, or the first and last element of a block.
fn coordinates(region: &Region) -> Vec<Vec<u64>> {
    match region {
        Region::Points(points) => points.clone(),
        Region::Blocks(blocks) => {
            blocks.iter().map(|(low, high)| [low.as_slice(), high.as_slice()].concat()).collect()
        }
    }
}

/// Coordinates in parentheses.
fn point(coordinates: &[u64]) -> String {
    let coordinates: Vec<_> = coordinates.iter().map(u64::to_string).collect();
    format!("({})", coordinates.join(","))
}

/// Whether references of a type are only followed if they are elements themselves.
fn is_old(datatype: &Datatype) -> bool {
    matches!(datatype.class, DatatypeClass::Reference(ReferenceType::Object | ReferenceType::Region))
}

impl Diff<'_> {
    /// Compares what references lead to.
    ///
    /// # Errors
    /// That they lead nowhere.
    pub(super) fn references(&mut self, scope: &Scope<'_>, datum: &Datum<'_>) -> Result<u64> {
        let reference = |side: usize| {
            let heap: &Heap = datum.heaps[side];
            StdReference::from_element(datum.types[side], datum.bytes[side], heap)
        };
        let references = [reference(0)?, reference(1)?];
        match [references[0].is_null(), references[1].is_null()] {
            [true, true] => return Ok(0),
            [false, false] => {}
            _ => return Ok(1),
        }
        if !scope.whole && is_old(datum.types[0]) {
            return Ok(0);
        }
        if self.depth >= MAX_DEPTH {
            return Err(Error::new("references lead to references, and so on"));
        }
        self.depth += 1;
        let references = [&references[0], &references[1]];
        let char_position = self.char_position;
        let found = match references[0].kind() {
            Some(ReferenceType::Region | ReferenceType::StandardRegion) => self.regions(scope, references),
            Some(ReferenceType::StandardAttribute) => self.referenced_attributes(scope, references),
            _ => self.referenced_objects(scope, references),
        };
        self.char_position = char_position;
        self.depth -= 1;
        found
    }

    fn referenced_objects(&mut self, scope: &Scope<'_>, references: Pair<&StdReference>) -> Result<u64> {
        let [first, second] = scope.containers.files;
        let objects = [first.dereference(references[0])?, second.dereference(references[1])?];
        let names = [0, 1].map(|side| scope.place.names[side].as_str());
        let [first, second] = names;
        let kind = match &objects {
            [Object::Dataset(a), Object::Dataset(b)] => return self.dataset_elements([a, b], names),
            [Object::Group(_), Object::Group(_)] => "group object",
            [Object::NamedDatatype(_), Object::NamedDatatype(_)] => "named datatypes object",
            _ => {
                self.print(format_args!("Different object types referenced: <{first}> and <{second}>"));
                self.not_comparable = true;
                self.failed = true;
                return Ok(0);
            }
        };
        if self.options.verbose {
            self.print(format_args!(
                "Warning: Comparison not possible of {kind} types referenced: <{first}> and <{second}>\n"
            ));
        }
        self.not_comparable = true;
        Ok(0)
    }

    fn referenced_attributes(&mut self, scope: &Scope<'_>, references: Pair<&StdReference>) -> Result<u64> {
        let mut attributes = Vec::new();
        for (number, (file, reference)) in (1..).zip(scope.containers.files.iter().zip(references)) {
            match file.dereference_attr(reference) {
                Ok(attribute) => attributes.push(attribute),
                Err(_) => {
                    self.print(format_args!("Warning: Cannot open referenced attribute{number}\n"));
                    return Ok(0);
                }
            }
        }
        let [first, second] = attributes.as_slice() else { return Ok(0) };
        let names = [first.name(), second.name()];
        let paths = [0, 1].map(|side| scope.place.names[side].as_str());
        self.attribute([first, second], [&names[0], &names[1]], paths)
    }

    /// Compares regions of datasets; those that cannot be opened are not compared.
    fn regions(&mut self, scope: &Scope<'_>, references: Pair<&StdReference>) -> Result<u64> {
        let [first, second] = scope.containers.files;
        let objects = (first.dereference(references[0]), second.dereference(references[1]));
        let (Ok(_), Ok(object)) = objects else { return Ok(0) };
        // The C tool fails to close as a dataset what is none.
        self.failed |= !matches!(object, Object::Dataset(_));
        let (first, selection) = first.describe_region(references[0])?;
        let Ok((second, other)) = second.describe_region(references[1]) else { return Ok(0) };
        let rank = first.ndim();
        let regions = match [Region::of(selection)?, Region::of(other)?] {
            [Some(region), Some(other)] if rank == second.ndim() && rank > 0 => [region, other],
            [None, None] if rank == second.ndim() => return Ok(0),
            _ => {
                self.not_comparable = true;
                return Ok(0);
            }
        };
        let coordinates = [coordinates(&regions[0]), coordinates(&regions[1])];
        let alike = std::mem::discriminant(&regions[0]) == std::mem::discriminant(&regions[1]);
        if !alike || coordinates[0].len() != coordinates[1].len() {
            self.not_comparable = true;
            return Ok(0);
        }
        let is_blocks = matches!(regions[0], Region::Blocks(_));
        let differing = |(first, second): (&Vec<u64>, &Vec<u64>)| {
            let differs =
                |at: &usize| first[*at] != second[*at] || first.get(at + rank) != second.get(at + rank);
            (0..rank).filter(differs).count() as u64
        };
        let different: u64 = coordinates[0].iter().zip(&coordinates[1]).map(differing).sum();
        if different > 0 && self.options.verbose {
            if is_blocks {
                self.print_blocks([&first, &second], &coordinates, rank);
            } else {
                self.print_points(&coordinates);
            }
        }
        Ok(different / rank as u64)
    }

    fn print_blocks(&mut self, datasets: Pair<&Dataset>, blocks: &Pair<Vec<Vec<u64>>>, rank: usize) {
        let [first, second] = datasets.map(|dataset| dataset.address());
        self.print(format_args!("Referenced dataset      {first}            {second}\n"));
        self.print(format_args!("{:-<60}\nRegion blocks\n", ""));
        for (number, (first, second)) in blocks[0].iter().zip(&blocks[1]).enumerate() {
            let [first, second] = [first, second].map(|block| {
                let (low, high) = block.split_at(rank);
                format!("           {}-{}", point(low), point(high))
            });
            self.print(format_args!("block #{number}{first}{second}\n"));
        }
    }

    fn print_points(&mut self, points: &Pair<Vec<Vec<u64>>>) {
        self.print(format_args!("Region points\n"));
        for (number, (first, second)) in points[0].iter().zip(&points[1]).enumerate() {
            if first != second {
                let [first, second] = [first, second].map(|coordinates| point(coordinates));
                self.print(format_args!("point #{number}{:14}{first}{:14}{second}\n", "", ""));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_in_parentheses() {
        assert_eq!(point(&[1, 2]), "(1,2)");
        let blocks = Region::Blocks(vec![(vec![0, 1], vec![2, 3])]);
        assert_eq!(coordinates(&blocks), [[0, 1, 2, 3]]);
    }
}
