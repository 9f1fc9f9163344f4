//! The objects of the global heap that elements own.

use std::collections::HashSet;

use super::sequence::{Reference, element_type};
use super::{HeapId, VarLenRead};
use crate::format::message::datatype::{Datatype, DatatypeClass};

/// Collects the objects that elements of a file refer to with their variable-length data, those that
/// objects among them refer to included.
///
/// What cannot be read owns nothing that could be found.
pub(crate) struct Owned<'a> {
    objects: &'a dyn VarLenRead,
    /// Each is looked through once: in a damaged file many elements may refer to one object, whose elements
    /// refer to it.
    found: HashSet<HeapId>,
}

impl<'a> Owned<'a> {
    pub(crate) fn new(objects: &'a dyn VarLenRead) -> Self {
        Self { objects, found: HashSet::new() }
    }

    /// Those that were found.
    pub(crate) fn found(self) -> HashSet<HeapId> {
        self.found
    }

    /// Looks through elements, one after the other, of a type of the file.
    pub(crate) fn add(&mut self, datatype: &Datatype, elements: &[u8]) {
        let size = datatype.size as usize;
        if size == 0 || !datatype.has_variable_length() {
            return;
        }
        for element in elements.chunks_exact(size) {
            match &datatype.class {
                DatatypeClass::VarLen(class) => {
                    let Some(id) = Reference::load(element).ok().and_then(Reference::id) else { continue };
                    if self.found.insert(id) && class.base.has_variable_length() {
                        let base = element_type(class, datatype);
                        let objects = self.objects;
                        let _ = objects.read(id, &mut |object| {
                            self.add(&base, object);
                            Ok(())
                        });
                    }
                }
                DatatypeClass::Compound(class) => {
                    for member in &class.members {
                        let start = member.offset as usize;
                        let end = start.saturating_add(member.datatype.size as usize);
                        self.add(&member.datatype, element.get(start..end).unwrap_or_default());
                    }
                }
                DatatypeClass::Array(class) => self.add(&class.base, element),
                _ => {}
            }
        }
    }
}
