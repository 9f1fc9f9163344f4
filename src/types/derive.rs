//! What `#[derive(H5Type)]` expands to; not for use by hand.

pub use super::{H5Type, Heap};
use super::{native, wrong_image};
pub use crate::format::message::datatype::Datatype;
use crate::format::message::datatype::Member;
pub use crate::{Error, Result};

/// Where the `N` fields of a struct are in its image.
#[derive(Debug, Clone, Copy)]
pub struct Layout<const N: usize> {
    /// The size of the image.
    pub size: usize,
    /// The alignment of the image within another.
    pub align: usize,
    fields: [(usize, usize); N],
}

impl<const N: usize> Layout<N> {
    /// Fields in their order, each given by size and alignment, as C lays them out; an alignment
    /// is at most `max_align`, so that 1 means packed.
    pub const fn new(sizes: [(usize, usize); N], max_align: usize) -> Self {
        let mut fields = [(0, 0); N];
        let mut rest: &[(usize, usize)] = &sizes;
        let mut out: &mut [(usize, usize)] = &mut fields;
        let (mut end, mut largest) = (0_usize, 1_usize);
        while let ([(size, align), after @ ..], [field, free @ ..]) = (rest, out) {
            let align = if *align > max_align { max_align } else { *align };
            largest = if align > largest { align } else { largest };
            let start = round_up(end, align);
            *field = (start, *size);
            end = start.saturating_add(*size);
            rest = after;
            out = free;
        }
        Self { size: round_up(end, largest), align: largest, fields }
    }

    /// The compound type of fields with these names and types.
    pub fn datatype(&self, members: [(&str, Datatype); N]) -> Datatype {
        let members = members.into_iter().zip(self.fields).map(|((name, datatype), (offset, _))| Member {
            name: name.to_owned(),
            offset: offset as u32,
            datatype,
        });
        native::compound(members.collect(), self.size)
    }

    /// The value of a field.
    pub fn decode<T: H5Type>(&self, field: usize, image: &[u8], heap: &Heap) -> Result<T> {
        let part = self.range(field).and_then(|range| image.get(range));
        T::decode(part.ok_or_else(|| wrong_image(self.size, image.len()))?, heap)
    }

    /// Writes the value of a field.
    pub fn encode<T: H5Type>(
        &self,
        field: usize,
        value: &T,
        image: &mut [u8],
        heap: &mut Heap,
    ) -> Result<()> {
        let len = image.len();
        let part = self.range(field).and_then(|range| image.get_mut(range));
        H5Type::encode(value, part.ok_or_else(|| wrong_image(self.size, len))?, heap)
    }

    fn range(&self, field: usize) -> Option<std::ops::Range<usize>> {
        let (start, size) = *self.fields.get(field)?;
        Some(start..start.checked_add(size)?)
    }
}

const fn round_up(value: usize, align: usize) -> usize {
    match value.checked_next_multiple_of(align) {
        Some(rounded) => rounded,
        None => usize::MAX,
    }
}

/// The enumeration type over the integer type `R` with these names and values.
pub fn enumeration<R: H5Type, const N: usize>(members: [(&str, R); N]) -> Datatype {
    let members = members.into_iter().map(|(name, value)| {
        let mut bytes = vec![0; <R as H5Type>::SIZE];
        // An integer fills an image of its size, whatever its value.
        let encoded = H5Type::encode(&value, &mut bytes, &mut Heap::new());
        debug_assert!(encoded.is_ok());
        (name.to_owned(), bytes)
    });
    native::enumeration(<R as H5Type>::datatype(), members.collect())
}

/// The error for a value without a variant.
pub fn no_variant(name: &str, value: impl std::fmt::Display) -> Error {
    Error::type_mismatch(format!("{value} is no value of the enumeration {name}"))
}

#[cfg(all(test, feature = "derive"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::format::message::datatype::DatatypeClass;
    use crate::types::sequence::{decode_all, encode_images};
    use crate::{ErrorKind, FixedAscii, H5Type};

    #[derive(H5Type, Debug, Clone, PartialEq)]
    struct Packed {
        a: u8,
        #[hdf5(rename = "bee")]
        b: f64,
        name: String,
    }

    #[derive(H5Type, Debug, Clone, PartialEq)]
    #[repr(C)]
    struct Padded {
        a: u8,
        b: f64,
        #[hdfive(rename = "text")]
        c: FixedAscii<3>,
        d: u16,
        e: Color,
    }

    #[derive(H5Type, Debug, Clone, PartialEq)]
    #[repr(C, packed(2))]
    struct Half(u8, u32, u8);

    #[derive(H5Type, Debug, Clone, Copy, PartialEq)]
    #[repr(i16)]
    enum Color {
        Red = -3,
        #[hdf5(rename = "GRÜN")]
        Green,
        Blue = 0x100,
    }

    #[derive(H5Type, Debug, Clone, PartialEq)]
    #[repr(transparent)]
    struct Metres(f32);

    #[derive(H5Type, Debug, Clone, PartialEq)]
    struct Nested<T: Clone, const N: usize> {
        pair: (Padded, T),
        many: [Packed; N],
        list: Vec<Metres>,
    }

    fn members(datatype: &Datatype) -> Vec<(&str, u32)> {
        match &datatype.class {
            DatatypeClass::Compound(compound) => {
                compound.members.iter().map(|member| (member.name.as_str(), member.offset)).collect()
            }
            other => panic!("{other:?} is no compound"),
        }
    }

    fn padded() -> Padded {
        Padded { a: 1, b: 2.5, c: "ab".parse().unwrap(), d: 7, e: Color::Blue }
    }

    #[test]
    fn layouts_are_those_of_c() {
        assert_eq!(members(&Packed::datatype()), [("a", 0), ("bee", 1), ("name", 9)]);
        assert_eq!(Packed::datatype().size, 25);
        assert_eq!(members(&Padded::datatype()), [("a", 0), ("b", 8), ("text", 16), ("d", 20), ("e", 22)]);
        assert_eq!(Padded::datatype().size, 24);
        assert_eq!(members(&Half::datatype()), [("0", 0), ("1", 2), ("2", 6)]);
        assert_eq!(Half::datatype().size as usize, size_of::<Half>());
        assert_eq!(Metres::datatype(), f32::datatype());
    }

    #[test]
    fn enumerations_have_their_names_and_values() {
        let DatatypeClass::Enum(enumeration) = Color::datatype().class else { panic!("no enumeration") };
        let expected = [("Red", -3_i16), ("GRÜN", -2), ("Blue", 256)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_ne_bytes().to_vec()));
        assert_eq!(enumeration.members, expected);
        assert_eq!(Color::decode(&(-2_i16).to_ne_bytes(), &Heap::new()).unwrap(), Color::Green);
        let error = Color::decode(&0_i16.to_ne_bytes(), &Heap::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TypeMismatch);
        assert!(error.to_string().contains("Color"));
    }

    #[test]
    fn values_survive_their_images() {
        let packed = Packed { a: 9, b: -1.0, name: "größer".to_owned() };
        let value =
            Nested { pair: (padded(), 5_u64), many: [packed.clone(), packed], list: vec![Metres(1.5)] };
        let mut heap = Heap::new();
        let images = encode_images(&[value.clone(), value.clone()], &mut heap).unwrap();
        assert_eq!(decode_all::<Nested<u64, 2>>(&images, 2, &heap).unwrap(), [value.clone(), value]);
        assert!(Packed::decode(&[0; 9], &heap).is_err());
        let half = encode_images(&[Half(1, 2, 3)], &mut heap).unwrap();
        assert_eq!(decode_all::<Half>(&half, 1, &heap).unwrap(), [Half(1, 2, 3)]);
    }
}
