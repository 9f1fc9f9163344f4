//! The elements of datasets and attributes, read part by part and printed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use hdfive::datatype::DatatypeClass;
use hdfive::{Container, Dataset, Elements, File, Location, Object, StdReference};

use crate::errors::{Error, Result};
use crate::objects::{self, Objects};
use crate::render::{Cursor, Data, Lines, Style, Target, Targets, Values, native_size};
use crate::selection::{Tiles, selection};

/// Bytes, in memory, of the part of a dataset that is read at once.
pub(crate) const PART_BYTES: u64 = 1 << 20;

/// The objects of a file, looked for when the first reference is met.
pub(crate) struct References<'a> {
    objects: RefCell<&'a mut Option<Objects>>,
    file: &'a File,
    /// The objects of other files, by the files' names.
    others: RefCell<HashMap<String, Objects>>,
}

impl<'a> References<'a> {
    /// `objects` is where the objects of `file` are kept, [as stored](Objects::as_stored).
    pub(crate) fn new(objects: &'a mut Option<Objects>, file: &'a File) -> Self {
        Self { objects: RefCell::new(objects), file, others: RefCell::default() }
    }

    /// The path of an object of this file or, if the object is not in this one, of its own.
    fn path(&self, object: &Location, other: Option<&String>) -> String {
        let path = |objects: &Objects| objects.get(object.address()).map(|(_, path)| path.to_owned());
        let found = match other {
            None => path(self.objects.borrow_mut().get_or_insert_with(|| Objects::as_stored(self.file))),
            Some(name) => match (self.others.borrow_mut().entry(name.clone()), object.file()) {
                (Entry::Occupied(entry), _) => path(entry.get()),
                (Entry::Vacant(entry), Ok(file)) => path(entry.insert(Objects::as_stored(&file))),
                (Entry::Vacant(_), Err(_)) => None,
            },
        };
        found.unwrap_or_default()
    }
}

impl Targets for References<'_> {
    fn target(&self, reference: &StdReference) -> Target {
        let other = reference.file_name();
        let object = self.file.dereference(reference).ok();
        let path = match &object {
            Some(Object::Group(group)) => self.path(group, other.as_ref()),
            Some(Object::Dataset(dataset)) => self.path(dataset, other.as_ref()),
            Some(Object::NamedDatatype(datatype)) => self.path(datatype, other.as_ref()),
            _ => String::new(),
        };
        Target {
            kind: object.as_ref().and_then(objects::kind),
            address: reference.address().unwrap_or_default(),
            file: other.unwrap_or_else(|| self.file.filename()),
            path,
        }
    }
}

/// Reads all elements, as many at once as the C tools do, and gives them to `each` with the position
/// of the first, and whether they are the last.
pub(crate) fn for_each_part(
    container: &Container,
    mut each: impl FnMut(&Elements, u64, bool) -> Result<()>,
) -> Result<()> {
    let dims: Vec<u64> = container.shape().iter().map(|&dim| dim as u64).collect();
    let total = dims.iter().try_fold(1_u64, |total, &dim| total.checked_mul(dim));
    let total = total.ok_or_else(|| Error::new("the dataset has too many elements"))?;
    let mut start = 0_u64;
    for (origin, count) in Tiles::new(&dims, native_size(container.datatype()), PART_BYTES) {
        let elements = container.read_elements(selection(&origin, &count))?;
        let end = start.saturating_add((elements.len() as u64).max(1));
        each(&elements, start, end >= total)?;
        start = end;
    }
    Ok(())
}

/// Elements that a dataset may have besides those that the file holds, so that they are printed: damage
/// makes more of them than there is time for.
const UNWRITTEN: u64 = 1 << 26;

/// The most references that the C tool, which reads them all at once, can count.
const MAX_REFERENCES: u64 = i32::MAX as u64;

/// Whether the references of a dataset or an attribute are printed: the C tool prints none if they are
/// too many.
pub(crate) fn are_printable(container: &Container) -> bool {
    let count = container.shape().iter().try_fold(1_u64, |count, &dim| count.checked_mul(dim as u64));
    count.is_some_and(|count| count <= MAX_REFERENCES)
}

/// Refuses a dataset of which next to nothing is in the file, if its elements are printed at all.
pub(crate) fn check_written(dataset: &Dataset) -> Result<()> {
    if matches!(dataset.datatype().class, DatatypeClass::Reference(_)) && !are_printable(dataset) {
        return Ok(());
    }
    let len = dataset.shape().iter().fold(1_u64, |len, &dim| len.saturating_mul(dim as u64));
    check_len(dataset, len)
}

/// Refuses to print so many elements of a dataset of which next to nothing is in the file.
pub(crate) fn check_len(dataset: &Dataset, len: u64) -> Result<()> {
    if len <= UNWRITTEN || len.saturating_sub(dataset.stored_len()?) <= UNWRITTEN {
        return Ok(());
    }
    Err(Error::new(format_args!(
        "{}: of {len} elements nearly all were never written: print a part of them (--start, --count)",
        dataset.name()
    )))
}

/// Prints all elements.
pub(crate) fn print_elements(
    container: &Container,
    style: &Style,
    references: &References<'_>,
    cursor: &mut Cursor,
    lines: &mut Lines<'_>,
) -> Result<()> {
    let mut data = Data::new(container.shape().iter().map(|&dim| dim as u64).collect());
    for_each_part(container, |elements, start, last| {
        data.next_part(start);
        print_part(&Run::all(elements, last), style, references, &mut data, cursor, lines)?;
        data.continued = true;
        Ok(())
    })
}

/// Elements that follow each other, of those that were read at once.
pub(crate) struct Run<'e> {
    pub(crate) elements: &'e Elements,
    pub(crate) range: Range<usize>,
    /// Whether nothing follows the last of them.
    pub(crate) last: bool,
}

impl<'e> Run<'e> {
    /// All elements that were read.
    pub(crate) fn all(elements: &'e Elements, last: bool) -> Self {
        Self { elements, range: 0..elements.len(), last }
    }
}

/// Prints elements that were read at once.
pub(crate) fn print_part(
    run: &Run<'_>,
    style: &Style,
    references: &References<'_>,
    data: &mut Data,
    cursor: &mut Cursor,
    lines: &mut Lines<'_>,
) -> Result<()> {
    let mut values = Values::new(style, run.elements.heap(), references);
    let mut text = String::new();
    let elements = run.range.clone().filter_map(|index| run.elements.get(index));
    for (position, element) in elements.enumerate() {
        text.clear();
        values.push(&mut text, run.elements.datatype(), element, cursor.level)?;
        if !run.last || position + 1 < run.range.len() {
            text.push_str(style.element_suffix);
        }
        lines.element(cursor, style, data, position as u64, &text)?;
    }
    Ok(())
}
