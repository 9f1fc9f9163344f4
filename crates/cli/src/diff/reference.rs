//! References: where they lead, and whether that is the same.

use hdfive::datatype::DatatypeClass;
use hdfive::datatype::{Datatype, ReferenceType};
use hdfive::{File, Object};

use super::element::Scope;
use super::state::{Diff, Pair};
use crate::errors::{Error, Result};
use crate::objects::Objects;

/// The files that elements are in, where references lead to other objects.
#[derive(Clone, Copy)]
pub(super) struct Containers<'a> {
    pub(super) files: Pair<&'a File>,
}

/// How many references are followed one after the other.
const MAX_DEPTH: usize = 32;

impl Diff<'_> {
    /// Compares what references lead to.
    ///
    /// # Errors
    /// That they lead nowhere.
    pub(super) fn references(
        &mut self,
        scope: &Scope<'_>,
        types: Pair<&Datatype>,
        references: Pair<&[u8]>,
        _index: u64,
    ) -> Result<u64> {
        let is_null = |reference: &[u8]| reference.iter().all(|&byte| byte == 0);
        match references.map(is_null) {
            [true, true] => return Ok(0),
            [false, false] => {}
            _ => return Ok(1),
        }
        let DatatypeClass::Reference(class) = &types[0].class else { return Ok(0) };
        if !scope.follow && matches!(class, ReferenceType::Object | ReferenceType::Region) {
            return Ok(0);
        }
        if self.depth >= MAX_DEPTH {
            return Err(Error::new("references lead to references, and so on"));
        }
        self.depth += 1;
        let found = self.nested_reference(scope, *class, references);
        self.depth -= 1;
        found
    }

    fn nested_reference(
        &mut self,
        scope: &Scope<'_>,
        class: ReferenceType,
        references: Pair<&[u8]>,
    ) -> Result<u64> {
        match class {
            ReferenceType::Object => {
                let objects = [
                    object(scope.containers.files[0], references[0])?,
                    object(scope.containers.files[1], references[1])?,
                ];
                self.referenced_objects(scope, [&objects[0], &objects[1]])
            }
            _ => Err(Error::new("references to regions and attributes are not supported")),
        }
    }

    fn referenced_objects(&mut self, scope: &Scope<'_>, objects: Pair<&Object>) -> Result<u64> {
        let names = [0, 1].map(|side| scope.place.names[side].as_str());
        let [first, second] = names;
        let kind = match objects {
            [Object::Dataset(a), Object::Dataset(b)] => return self.dataset_elements([a, b], names, false),
            [Object::Group(_), Object::Group(_)] => "group ",
            [Object::NamedDatatype(_), Object::NamedDatatype(_)] => "named datatypes ",
            _ => {
                self.print(format_args!("Different object types referenced: <{first}> and <{second}>"));
                self.not_comparable = true;
                self.failed = true;
                return Ok(0);
            }
        };
        let _ = kind;
        if self.options.verbose {
            self.print(format_args!(
                "Warning: Comparison not possible of object types referenced: <{first}> and <{second}>\n"
            ));
        }
        self.not_comparable = true;
        Ok(0)
    }
}

/// The object that a reference leads to.
fn object(file: &File, reference: &[u8]) -> Result<Object> {
    let mut bytes = [0; 8];
    if let Some(start) = bytes.get_mut(..reference.len()) {
        start.copy_from_slice(reference);
    }
    let objects = Objects::of(file);
    let (_, path) =
        objects.get(u64::from_le_bytes(bytes)).ok_or_else(|| Error::new("a reference leads to no object"))?;
    Ok(file.open(path)?)
}
