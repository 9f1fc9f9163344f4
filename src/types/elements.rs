//! Values from the bytes of the file, and back.

use std::borrow::Cow;

use super::convert::{Context, Plan, VarLenRead, VarLenWrite};
use super::sequence::{decode_into, encode_images};
use super::{H5Type, H5Write, Heap, Plain};
use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

/// Elements that go through their images at a time.
const BLOCK: usize = 4096;

/// Reads elements of one stored type as values of `T`.
#[derive(Debug)]
pub(crate) struct ElementReader<T> {
    plan: Plan,
    plain: Option<Plain<T>>,
}

fn check_size(rust: &Datatype, size: usize) -> Result<()> {
    if rust.size as usize == size {
        return Ok(());
    }
    Err(Error::usage(format!("a Rust type with images of {size} bytes says that it is stored as {rust}")))
}

fn too_many() -> Error {
    Error::limit("the elements have too many bytes")
}

impl<T: H5Type> ElementReader<T> {
    /// A reader of elements that are stored as `file`, where addresses have `offset_size` bytes.
    ///
    /// # Errors
    /// `TypeMismatch` if `T` cannot hold such elements.
    pub(crate) fn new(file: &Datatype, offset_size: u8) -> Result<Self> {
        let memory = <T as H5Type>::datatype();
        check_size(&memory, <T as H5Type>::SIZE)?;
        let plan = Plan::read(file, &memory, offset_size)?;
        let plain = if plan.has_variable_length() { None } else { T::plain() };
        Ok(Self { plan, plain })
    }

    /// The conversion from elements of the file to images.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether images can be written straight into values, by [`images`](Self::images).
    pub(crate) fn is_direct(&self) -> bool {
        self.plain.is_some()
    }

    /// The images of the values, to be written by the [plan](Self::plan); none if `T` has to be decoded.
    pub(crate) fn images<'v>(&self, values: &'v mut [T]) -> Option<&'v mut [u8]> {
        Some(self.plain?.bytes_mut(values))
    }

    /// `count` values to write images into; none if `T` has to be decoded.
    ///
    /// # Errors
    /// `Limit` if there is not so much memory.
    pub(crate) fn zeros(&self, count: usize) -> Result<Option<Vec<T>>> {
        self.plain.map(|plain| plain.zeros(count)).transpose()
    }

    /// The values of the elements in `bytes`; their variable-length data is in `objects`, of
    /// which no more than `limit` bytes are taken.
    ///
    /// # Errors
    /// `TypeMismatch` if an element is no value of `T`, and those of `objects`.
    pub(crate) fn read(&self, bytes: &[u8], objects: Option<&dyn VarLenRead>, limit: u64) -> Result<Vec<T>> {
        let count = bytes.len().checked_div(self.plan.from_size()).unwrap_or(0);
        if count.checked_mul(self.plan.from_size()) != Some(bytes.len()) {
            return Err(Error::usage("the bytes end inside an element"));
        }
        if let Some(mut values) = self.zeros(count)? {
            if let Some(images) = self.images(&mut values) {
                self.plan.run(bytes, images)?;
            }
            return Ok(values);
        }
        let mut values = Vec::new();
        values.try_reserve_exact(count).map_err(|_| too_many())?;
        if self.plan.is_copy() {
            decode_into(&mut values, bytes, &Heap::new())?;
            return Ok(values);
        }
        let block = self.plan.from_size().checked_mul(BLOCK).ok_or_else(too_many)?;
        let len = self.plan.to_size().checked_mul(BLOCK.min(count)).ok_or_else(too_many)?;
        let mut images = vec![0; len];
        let mut left = limit;
        for elements in bytes.chunks(block) {
            let count = elements.len().checked_div(self.plan.from_size()).unwrap_or(0);
            let images = images.get_mut(..count.saturating_mul(self.plan.to_size())).unwrap_or_default();
            let mut heap = Heap::with_limit(left);
            let mut context = match objects {
                Some(objects) => Context::Read { objects, heap: &mut heap },
                None => Context::Fixed,
            };
            self.plan.run_with(elements, images, &mut context)?;
            decode_into(&mut values, images, &heap)?;
            left = left.saturating_sub(heap.len());
        }
        Ok(values)
    }
}

/// The bytes of the values as elements of the type `file`, without a copy if they are so already.
///
/// # Errors
/// `TypeMismatch` if a value is none of that type, `Usage` if `objects` would be needed and is
/// missing, and those of `objects`.
pub(crate) fn write_elements<'v, T: H5Write>(
    values: &'v [T],
    file: &Datatype,
    offset_size: u8,
    objects: Option<&mut dyn VarLenWrite>,
) -> Result<Cow<'v, [u8]>> {
    let memory = T::datatype();
    check_size(&memory, T::SIZE)?;
    let plan = Plan::write(&memory, file, offset_size)?;
    let mut heap = Heap::with_limit(u64::MAX);
    let images = match T::images(values) {
        Some(images) => Cow::Borrowed(images),
        None => Cow::Owned(encode_images(values, &mut heap)?),
    };
    if plan.is_copy() {
        return Ok(images);
    }
    let len = values.len().checked_mul(plan.to_size()).ok_or_else(too_many)?;
    let mut elements = Plain::<u8>::new().zeros(len)?;
    let mut context = match objects {
        Some(objects) => Context::Write { heap: &heap, objects },
        None => Context::Fixed,
    };
    plan.run_with(&images, &mut elements, &mut context)?;
    Ok(Cow::Owned(elements))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::super::convert::HeapId;
    use super::*;
    use crate::ErrorKind;

    /// A global heap that numbers its objects.
    #[derive(Default)]
    struct Objects(Vec<Vec<u8>>);

    impl VarLenRead for Objects {
        fn read(&self, id: HeapId, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
            assert_eq!(id.address, 0x1000);
            visit(self.0.get(id.index as usize - 1).ok_or_else(|| Error::format("no such object"))?)
        }
    }

    impl VarLenWrite for Objects {
        fn write(&mut self, bytes: &[u8]) -> Result<HeapId> {
            self.0.push(bytes.to_vec());
            Ok(HeapId { address: 0x1000, index: self.0.len() as u32 })
        }
    }

    fn round_trip<T: H5Type + PartialEq + std::fmt::Debug + Clone>(values: &[T], offset_size: u8) {
        let mut objects = Objects::default();
        let file = Datatype::of::<T>().for_file(offset_size);
        let bytes = write_elements(values, &file, offset_size, Some(&mut objects)).unwrap().into_owned();
        assert_eq!(bytes.len(), values.len() * file.size as usize);
        let reader = ElementReader::<T>::new(&file, offset_size).unwrap();
        assert_eq!(reader.read(&bytes, Some(&objects), 1 << 20).unwrap(), values);
    }

    #[test]
    fn values_survive_the_file() {
        for offset_size in [2, 4, 8] {
            round_trip(&[1.5_f32, -2.0], offset_size);
            round_trip(&[true, false, true], offset_size);
            round_trip(&["".to_owned(), "größer".to_owned()], offset_size);
            round_trip(&[vec![1_u16, 2], vec![], vec![3]], offset_size);
            round_trip(&[(vec!["a".to_owned()], 1_u8), (vec![], 2)], offset_size);
            round_trip(&[[vec![vec![1_i64], vec![]], vec![]]], offset_size);
        }
        let many: Vec<_> = (0..3 * BLOCK + 5).map(|at| (at as u32, at % 3 == 0)).collect();
        round_trip(&many, 8);
        let many: Vec<_> = (0..BLOCK + 5).map(|at| at.to_string()).collect();
        round_trip(&many, 8);
    }

    #[test]
    fn plain_values_are_not_copied() {
        let values = [1_u32, 2, 3];
        assert!(matches!(write_elements(&values, &Datatype::of::<u32>(), 8, None), Ok(Cow::Borrowed(_))));
        let reader = ElementReader::<u32>::new(&Datatype::of::<u32>(), 8).unwrap();
        assert!(reader.is_direct() && reader.plan().is_copy());
    }

    #[test]
    fn damaged_references_are_errors() {
        let file = Datatype::of::<String>();
        let reader = ElementReader::<String>::new(&file, 8).unwrap();
        let mut objects = Objects::default();
        let bytes = write_elements(&["abc"], &file, 8, Some(&mut objects)).unwrap().into_owned();
        let read =
            |bytes: &[u8], limit| reader.read(bytes, Some(&objects), limit).map_err(|error| error.kind());
        assert_eq!(read(&bytes, 3).unwrap(), ["abc"]);
        assert_eq!(read(&bytes, 2), Err(ErrorKind::Limit));
        let mut long = bytes.clone();
        long[0] = 4;
        assert_eq!(read(&long, 100), Err(ErrorKind::Format));
        let mut lost = bytes.clone();
        lost[12] = 9;
        assert_eq!(read(&lost, 100), Err(ErrorKind::Format));
        let mut nowhere = bytes;
        nowhere[4..12].fill(0);
        assert_eq!(read(&nowhere, 100), Err(ErrorKind::Format));
        assert_eq!(reader.read(&[0; 16], None, 1).unwrap_err().kind(), ErrorKind::Usage);
    }
}
