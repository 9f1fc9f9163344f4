//! Attributes: which of two objects have which, and which elements differ.

use hdfive::datatype::{Datatype, DatatypeClass};
use hdfive::{Attribute, Location, Selection};

use super::comparable::Shape;
use super::element::{Run, Scope, identical};
use super::memory::{Images, native};
use super::options::Criterion;
use super::reference::Containers;
use super::state::{Diff, Pair, Place, padded};
use super::subset::Slab;
use crate::errors::{Error, Result};
use crate::render::native_size;

/// The names, each with the objects that have an attribute of that name.
fn matched(names: Pair<Vec<String>>) -> Vec<(String, Pair<bool>)> {
    let [first, second] = names;
    let mut matched = Vec::new();
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let Some(order) = match (first.peek(), second.peek()) {
        (Some(first), Some(second)) => Some(first.as_bytes().cmp(second.as_bytes())),
        (Some(_), None) => Some(std::cmp::Ordering::Less),
        (None, Some(_)) => Some(std::cmp::Ordering::Greater),
        (None, None) => None,
    } {
        let from_first = order.is_le().then(|| first.next()).flatten();
        let from_second = order.is_ge().then(|| second.next()).flatten();
        let has = [from_first.is_some(), from_second.is_some()];
        matched.extend(from_first.or(from_second).map(|name| (name, has)));
    }
    matched
}

/// Whether the criterion may tell numbers apart that are the same; they are compared where others differ.
pub(super) fn is_strict(criterion: Criterion, datatype: &Datatype) -> bool {
    match (criterion, &datatype.class) {
        (Criterion::Epsilon, DatatypeClass::Float(_)) => true,
        // As an integer such a bound is the least one.
        (Criterion::Delta(delta), DatatypeClass::Integer(class)) => {
            class.signed && (delta.is_nan() || delta >= 2_f64.powi(63))
        }
        _ => false,
    }
}

impl Diff<'_> {
    /// Compares the attributes of objects, and gives the number of differences.
    pub(super) fn attributes(&mut self, objects: Pair<&Location>, paths: Pair<&str>) -> u64 {
        let char_position = self.char_position;
        let result = self.all_attributes(objects, paths);
        self.char_position = char_position;
        self.or_fail(result)
    }

    fn all_attributes(&mut self, objects: Pair<&Location>, paths: Pair<&str>) -> Result<u64> {
        let matched = matched([objects[0].attr_names()?, objects[1].attr_names()?]);
        self.print_attribute_table(&matched);
        let mut found = 0;
        for (name, has) in &matched {
            if *has != [true, true] {
                self.contents_differ = true;
                continue;
            }
            let attributes = [objects[0].attr(name)?, objects[1].attr(name)?];
            let result = self.attribute([&attributes[0], &attributes[1]], [name, name], paths);
            found += self.or_fail(result);
            self.check_output()?;
        }
        Ok(found)
    }

    fn print_attribute_table(&mut self, matched: &[(String, Pair<bool>)]) {
        if self.options.level == 2 {
            self.print(format_args!("   obj1   obj2\n {:-<38}\n", ""));
            for (name, has) in matched {
                self.print_row(name, *has);
            }
        }
        if self.options.level >= 1 {
            let count = |wanted| matched.iter().filter(|(_, has)| *has == wanted).count();
            let (first, second) = (count([true, false]), count([false, true]));
            let common = matched.len() - first - second;
            self.print(format_args!(
                "Attributes status:  {common} common, {first} only in obj1, {second} only in obj2\n"
            ));
        }
    }

    /// Prints a line of a table of what is in which object.
    pub(super) fn print_row(&mut self, name: &str, has: Pair<bool>) {
        let [first, second] = has.map(|has| if has { 'x' } else { ' ' });
        self.print(format_args!("{first:>5} {second:>6}    {}\n", padded(name, 15)));
    }

    /// Compares two attributes.
    ///
    /// # Errors
    /// That they cannot be read.
    pub(super) fn attribute(
        &mut self,
        attributes: Pair<&Attribute>,
        names: Pair<&str>,
        paths: Pair<&str>,
    ) -> Result<u64> {
        let types = attributes.map(|attribute| attribute.datatype());
        for datatype in types {
            if !matches!(datatype.class, DatatypeClass::Reference(_)) {
                native(datatype)?;
            }
        }
        let shapes = attributes.map(|attribute| Shape::of(attribute).fixed());
        if !self.comparable(names, types, [&shapes[0], &shapes[1]], false) {
            return Ok(0);
        }
        let files = [attributes[0].file()?, attributes[1].file()?];
        let images = Images::of(types, false)?;
        let mut elements = Vec::new();
        for (side, (attribute, name)) in attributes.iter().zip(names).enumerate() {
            let converts = images.as_ref().map_or(Ok(()), |images| images.check(side));
            let read = attribute.read_elements(Selection::All).map_err(Error::from);
            match converts.and(read) {
                Ok(read) => elements.push(read),
                Err(error) => {
                    self.print(format_args!("Failed reading attribute{} {name}\n", side + 1));
                    return Err(error);
                }
            }
        }
        let [first, second] = elements.as_slice() else {
            return Err(Error::new("attributes come in pairs"));
        };
        // What has no element is one of zeros.
        let zeros = [first, second].map(|elements| vec![0; elements.datatype().size as usize]);
        let run = |side: usize, elements| {
            let run = Run::of(elements);
            if attributes[side].extents().is_null() { Run { bytes: &zeros[side], ..run } } else { run }
        };
        let runs = [run(0, first), run(1, second)];
        let subset = self.options.subsets[0].as_ref();
        let place = Place {
            names: [0, 1].map(|side| format!("{} of <{}>", names[side], paths[side])),
            dims: shapes[0].dims.clone(),
            // The C tool takes elements of attributes for those of the part as well.
            part: subset.and_then(|subset| Slab::of(subset, shapes[0].dims.len()).ok()),
            start: Vec::new(),
        };
        let scope = Scope {
            place: &place,
            containers: Containers { files: [&files[0], &files[1]] },
            by_name: native_size(types[0]) != native_size(types[1]),
            whole: true,
            strict: is_strict(self.options.criterion, types[0]) && !identical(runs)?,
        };
        let names = [place.names[0].as_str(), place.names[1].as_str()];
        let lists = self.options.verbose || self.options.report;
        if lists {
            self.print(format_args!("attribute: <{}> and <{}>\n", names[0], names[1]));
        }
        self.heading = true;
        let found = self.elements(&scope, runs, 0, 0)?;
        if lists {
            self.print_found(found);
        } else if found > 0 && !self.options.quiet {
            self.print(format_args!("attribute: <{}> and <{}>\n", names[0], names[1]));
            self.print_found(found);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let matched = matched([names(&["a", "b", "d"]), names(&["b", "c", "d", "e"])]);
        let expected = [("a", [true, false]), ("b", [true, true]), ("c", [false, true])];
        let expected = expected.into_iter().chain([("d", [true, true]), ("e", [false, true])]);
        assert_eq!(matched, expected.map(|(name, has)| (name.to_owned(), has)).collect::<Vec<_>>());
    }
}
