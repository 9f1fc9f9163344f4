//! Values from the bytes of the file, and back.

use std::borrow::Cow;

use super::convert::{Context, HeapId, Plan, VarLenRead, VarLenWrite};
use super::sequence::encode_images;
use super::{H5Type, H5Write, Heap, Plain};
use crate::format::message::datatype::Datatype;
use crate::{Error, Result};

/// Elements that go through their images at a time.
const BLOCK: usize = 4096;

/// Elements whose Rust type need not be known: their bytes as in the file, but with references
/// into a heap of their own where data has a variable length.
#[derive(Debug)]
pub struct Elements {
    datatype: Datatype,
    bytes: Vec<u8>,
    heap: Heap,
    len: usize,
}

impl Elements {
    /// From `len` elements of the file.
    pub(crate) fn new(file: &Datatype, bytes: Vec<u8>, len: usize, objects: &dyn VarLenRead) -> Result<Self> {
        let datatype = memory_type(file);
        let plan = Plan::compile(file, &datatype)?;
        check_len(&plan, &bytes, len)?;
        let mut heap = Heap::with_limit(objects.limit());
        if plan.is_copy() {
            return Ok(Self { datatype, bytes, heap, len });
        }
        let size = len.checked_mul(plan.target_size()).ok_or_else(too_many)?;
        let mut images = Plain::<u8>::new().zeros(size)?;
        plan.run_with(&bytes, &mut images, &mut Context::Read { objects, heap: &mut heap })?;
        Ok(Self { datatype, bytes: images, heap, len })
    }

    /// From `len` images of the type `datatype`, with their variable-length parts in `heap`.
    pub(crate) fn from_images(datatype: Datatype, images: Vec<u8>, heap: Heap, len: usize) -> Self {
        Self { datatype, bytes: images, heap, len }
    }

    /// How the elements are laid out: the stored type, with references as [`Heap`] has them.
    pub fn datatype(&self) -> &Datatype {
        &self.datatype
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of one element.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let size = self.datatype.size as usize;
        let start = index.checked_mul(size)?;
        self.bytes.get(start..start.checked_add(size)?)
    }

    /// The bytes of all elements, one after the other.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of each element.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact((self.datatype.size as usize).max(1))
    }

    /// Where their variable-length parts are.
    pub fn heap(&self) -> &Heap {
        &self.heap
    }
}

/// How elements of a stored type are kept in memory without conversion.
pub(crate) fn memory_type(file: &Datatype) -> Datatype {
    file.for_memory()
}

/// One value, apart from any file.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    datatype: Datatype,
    bytes: Vec<u8>,
    heap: Heap,
}

impl Image {
    pub(crate) fn of<T: H5Write>(value: &T) -> Result<Self> {
        let mut heap = Heap::new();
        let mut bytes = vec![0; T::SIZE];
        value.encode(&mut bytes, &mut heap)?;
        let datatype = T::datatype();
        check_size(&datatype, T::SIZE)?;
        Ok(Self { datatype, bytes, heap })
    }
}

/// The value as one element of the type `file`, as a fill value is kept.
///
/// # Errors
/// `Unsupported` for types with variable-length data, `TypeMismatch` for other values.
pub(crate) fn fill_bytes(value: &Image, file: &Datatype) -> Result<Vec<u8>> {
    if file.has_variable_length() {
        return Err(Error::unsupported("fill values of variable length"));
    }
    let plan = Plan::compile_write(&value.datatype, file)?;
    let mut element = vec![0; plan.target_size()];
    // Text of a variable length may go to a fixed one: its heap is read, no object is written.
    let context = &mut Context::Write { heap: &value.heap, objects: &mut NoObjects };
    plan.run_with(&value.bytes, &mut element, context)?;
    Ok(element)
}

/// Where nothing of a variable length is expected.
struct NoObjects;

impl VarLenWrite for NoObjects {
    fn write(&mut self, _: &[u8]) -> Result<HeapId> {
        Err(Error::usage("variable-length data has no place here"))
    }
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

fn check_len(plan: &Plan, bytes: &[u8], len: usize) -> Result<()> {
    if len.checked_mul(plan.source_size()) == Some(bytes.len()) {
        return Ok(());
    }
    Err(Error::usage(format!("{} bytes for {len} elements of {}", bytes.len(), plan.source_size())))
}

/// The values of `len` elements of the file by the plan, which leads to the images of `T`.
///
/// # Errors
/// `TypeMismatch` if an element is no value of `T`, and those of `objects`.
pub(crate) fn decode_all<T: H5Type>(
    plan: &Plan,
    bytes: &[u8],
    len: usize,
    objects: &dyn VarLenRead,
) -> Result<Vec<T>> {
    check_len(plan, bytes, len)?;
    if plan.target_size() != <T as H5Type>::SIZE {
        check_size(&<T as H5Type>::datatype(), <T as H5Type>::SIZE)?;
        return Err(Error::usage("the conversion is for another type"));
    }
    if let Some(plain) = T::plain().filter(|_| !plan.needs_heap()) {
        let mut values = plain.zeros(len)?;
        plan.run(bytes, plain.bytes_mut(&mut values))?;
        return Ok(values);
    }
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| too_many())?;
    if plan.is_copy() {
        T::decode_into(&mut values, bytes, &Heap::new())?;
        return Ok(values);
    }
    let block = plan.source_size().checked_mul(BLOCK).ok_or_else(too_many)?;
    let room = plan.target_size().checked_mul(BLOCK.min(len)).ok_or_else(too_many)?;
    let mut images = vec![0; room];
    let mut left = objects.limit();
    for elements in bytes.chunks(block) {
        let count = elements.len().checked_div(plan.source_size()).unwrap_or(0);
        let images = images.get_mut(..count.saturating_mul(plan.target_size())).unwrap_or_default();
        let mut heap = Heap::with_limit(left);
        plan.run_with(elements, images, &mut Context::Read { objects, heap: &mut heap })?;
        T::decode_into(&mut values, images, &heap)?;
        left = left.saturating_sub(heap.len());
    }
    Ok(values)
}

/// The bytes of the values as elements of the type `file`, without a copy if they are so already.
/// Only [types with variable-length data](Datatype::has_variable_length) need `objects`.
///
/// # Errors
/// `TypeMismatch` if a value is none of that type, and those of `objects`.
pub(crate) fn encode_all<'v, T: H5Write>(
    values: &'v [T],
    file: &Datatype,
    objects: Option<&mut dyn VarLenWrite>,
) -> Result<Cow<'v, [u8]>> {
    let memory = T::datatype();
    check_size(&memory, T::SIZE)?;
    let plan = Plan::compile_write(&memory, file)?;
    let mut heap = Heap::with_limit(u64::MAX);
    let images = match T::images(values) {
        Some(images) => Cow::Borrowed(images),
        None => Cow::Owned(encode_images(values, &mut heap)?),
    };
    if plan.is_copy() {
        return Ok(images);
    }
    let len = values.len().checked_mul(plan.target_size()).ok_or_else(too_many)?;
    let mut elements = Plain::<u8>::new().zeros(len)?;
    let mut nowhere = NoObjects;
    let objects = objects.unwrap_or(&mut nowhere);
    plan.run_with(&images, &mut elements, &mut Context::Write { heap: &heap, objects })?;
    Ok(Cow::Owned(elements))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::ErrorKind;
    use crate::format::message::datatype::{CharacterSet, StringPadding, StringType};

    /// A global heap that numbers its objects.
    #[derive(Default)]
    struct Objects(Vec<Vec<u8>>, Option<u64>);

    impl VarLenRead for Objects {
        fn read(&self, id: HeapId, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
            assert_eq!(id.address, 0x1000);
            visit(self.0.get(id.index as usize - 1).ok_or_else(|| Error::format("no such object"))?)
        }

        fn limit(&self) -> u64 {
            self.1.unwrap_or(1 << 20)
        }
    }

    impl VarLenWrite for Objects {
        fn write(&mut self, bytes: &[u8]) -> Result<HeapId> {
            self.0.push(bytes.to_vec());
            Ok(HeapId { address: 0x1000, index: self.0.len() as u32 })
        }
    }

    fn read<T: H5Type>(file: &Datatype, bytes: &[u8], objects: &Objects) -> Result<Vec<T>> {
        let plan = Plan::compile(file, &<T as H5Type>::datatype())?;
        decode_all(&plan, bytes, bytes.len() / file.size as usize, objects)
    }

    fn round_trip<T: H5Type + PartialEq + std::fmt::Debug>(values: &[T], offset_size: u8) {
        let mut objects = Objects::default();
        let file = Datatype::of::<T>().for_file(offset_size);
        let bytes = encode_all(values, &file, Some(&mut objects)).unwrap().into_owned();
        assert_eq!(bytes.len(), values.len() * file.size as usize);
        assert_eq!(read::<T>(&file, &bytes, &objects).unwrap(), values);
        let elements = Elements::new(&file, bytes, values.len(), &objects).unwrap();
        assert_eq!(elements.datatype(), &Datatype::of::<T>());
        let decoded: Vec<T> = elements.iter().map(|e| T::decode(e, elements.heap()).unwrap()).collect();
        assert_eq!(decoded, values);
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
        assert!(matches!(encode_all(&values, &Datatype::of::<u32>(), None), Ok(Cow::Borrowed(_))));
        assert!(matches!(encode_all(&[true], &Datatype::of::<bool>(), None), Ok(Cow::Borrowed([1]))));
    }

    #[test]
    fn fill_values_are_one_element() {
        let bytes = |datatype: &Datatype| fill_bytes(&Image::of(&300_i32).unwrap(), datatype);
        assert_eq!(bytes(&Datatype::of::<u8>()).unwrap(), [255]);
        assert_eq!(bytes(&Datatype::of::<f64>()).unwrap(), 300_f64.to_ne_bytes());
        assert_eq!(bytes(&Datatype::of::<String>()).unwrap_err().kind(), ErrorKind::Unsupported);
        let text = Image::of(&"ab").unwrap();
        assert_eq!(fill_bytes(&text, &Datatype::of::<crate::FixedAscii<3>>()).unwrap(), b"ab\0");
    }

    #[test]
    fn text_of_variable_length_is_not_padded() {
        for padding in [StringPadding::NullTerminated, StringPadding::NullPadded, StringPadding::SpacePadded]
        {
            let file = Datatype::var_len_string(StringType { padding, charset: CharacterSet::Utf8 });
            let mut objects = Objects::default();
            let bytes = encode_all(&["a b ", ""], &file, Some(&mut objects)).unwrap().into_owned();
            assert_eq!(objects.0, [b"a b ".to_vec(), vec![]]);
            assert_eq!(read::<String>(&file, &bytes, &objects).unwrap(), ["a b ", ""]);
            let error = encode_all(&["a\0b"], &file, Some(&mut objects)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TypeMismatch);
            objects.0[0][1] = 0;
            assert_eq!(read::<String>(&file, &bytes, &objects).unwrap(), ["a", ""]);
        }
    }

    #[test]
    fn damaged_references_are_errors() {
        let file = Datatype::of::<String>();
        let mut objects = Objects::default();
        let bytes = encode_all(&["abc"], &file, Some(&mut objects)).unwrap().into_owned();
        let kind = |bytes: &[u8], objects: &Objects| {
            read::<String>(&file, bytes, objects).map_err(|error| error.kind())
        };
        assert_eq!(kind(&bytes, &objects).unwrap(), ["abc"]);
        objects.1 = Some(2);
        assert_eq!(kind(&bytes, &objects), Err(ErrorKind::Limit));
        objects.1 = None;
        let mut long = bytes.clone();
        long[0] = 4;
        assert_eq!(kind(&long, &objects), Err(ErrorKind::Format));
        let mut lost = bytes.clone();
        lost[12] = 9;
        assert_eq!(kind(&lost, &objects), Err(ErrorKind::Format));
        let mut nowhere = bytes;
        nowhere[4..12].fill(0);
        assert_eq!(kind(&nowhere, &objects), Err(ErrorKind::Format));
        assert_eq!(kind(&[0; 16], &objects).unwrap(), [""]);
        assert_eq!(encode_all(&["abc"], &file, None).unwrap_err().kind(), ErrorKind::Usage);
    }
}
