//! Making datatypes, with the message version that libhdf5 1.10 would choose.

use super::{
    ArrayType, BitfieldType, ByteOrder, ComplexType, CompoundType, Datatype, DatatypeClass, EnumType,
    FloatType, IntegerType, Kept, Member, Normalization, ReferenceType, StringType, VarLenKind, VarLenType,
};
use crate::{Error, Result};

/// Stored size of variable-length data with 8-byte addresses: length, address, heap index.
const VAR_LEN_SIZE: u32 = 16;

/// The fields of an IEEE-like float of `size` bytes with no unused bits.
fn packed_float(size: u32, exponent_size: u8, exponent_bias: u32, order: ByteOrder) -> Datatype {
    // At most 8 bytes and 15 exponent bits, so nothing here can overflow.
    let precision = u16::try_from(size.saturating_mul(8)).unwrap_or(u16::MAX);
    let sign_location = u8::try_from(precision.saturating_sub(1)).unwrap_or(u8::MAX);
    let mantissa_size = sign_location.saturating_sub(exponent_size);
    Datatype::new(
        size,
        DatatypeClass::Float(FloatType {
            order,
            bit_offset: 0,
            precision,
            low_padding: false,
            high_padding: false,
            internal_padding: false,
            normalization: Normalization::Implied,
            sign_location,
            exponent_location: mantissa_size,
            exponent_size,
            mantissa_location: 0,
            mantissa_size,
            exponent_bias,
        }),
    )
}

impl Datatype {
    /// A type of this class, to be written with the lowest version that can hold it.
    pub(crate) fn new(size: u32, class: DatatypeClass) -> Self {
        let mut datatype = Self { size, class, version: 1, kept: Kept::default() };
        datatype.version = datatype.minimum_version();
        datatype
    }

    /// An integer of `size` bytes, all of them significant.
    pub fn integer(size: u32, signed: bool, order: ByteOrder) -> Self {
        Self::new(
            size,
            DatatypeClass::Integer(IntegerType {
                order,
                signed,
                bit_offset: 0,
                precision: u16::try_from(size.saturating_mul(8)).unwrap_or(u16::MAX),
                low_padding: false,
                high_padding: false,
            }),
        )
    }

    /// IEEE half precision.
    pub fn float16(order: ByteOrder) -> Self {
        packed_float(2, 5, 15, order)
    }

    /// The upper half of a single: "brain float".
    pub fn bfloat16(order: ByteOrder) -> Self {
        packed_float(2, 8, 127, order)
    }

    /// IEEE single precision.
    pub fn float32(order: ByteOrder) -> Self {
        packed_float(4, 8, 127, order)
    }

    /// IEEE double precision.
    pub fn float64(order: ByteOrder) -> Self {
        packed_float(8, 11, 1023, order)
    }

    /// A string of `len` bytes.
    pub fn fixed_string(len: u32, string: StringType) -> Self {
        Self::new(len, DatatypeClass::String(string))
    }

    /// A string of any length, in a file with 8-byte addresses.
    pub fn var_len_string(string: StringType) -> Self {
        let base = Box::new(Self::integer(1, false, ByteOrder::Little));
        Self::new(VAR_LEN_SIZE, DatatypeClass::VarLen(VarLenType { kind: VarLenKind::String(string), base }))
    }

    /// A sequence of any length, in a file with 8-byte addresses.
    pub fn var_len(base: Self) -> Self {
        let base = Box::new(base);
        Self::new(VAR_LEN_SIZE, DatatypeClass::VarLen(VarLenType { kind: VarLenKind::Sequence, base }))
    }

    /// An array of the shape `dims`.
    ///
    /// # Errors
    /// `Usage` if there is no dimension, more than 32, or one of size 0; `Limit` if one element
    /// of the array would take 4 GiB or more.
    pub fn array(base: Self, dims: &[u32]) -> Result<Self> {
        if dims.is_empty() || dims.len() > ArrayType::MAX_RANK || dims.contains(&0) {
            return Err(Error::usage(format!("an array type of shape {dims:?}")));
        }
        let size = ArrayType::size(&base, dims).ok_or_else(|| Error::limit("the array type is too large"))?;
        Ok(Self::new(size, DatatypeClass::Array(ArrayType { base: Box::new(base), dims: dims.to_vec() })))
    }

    /// Named values of the integer type `base`; each value is one element of it.
    ///
    /// # Errors
    /// `Usage` if `base` is no integer or a value has another size.
    pub fn enumeration(base: Self, members: Vec<(String, Vec<u8>)>) -> Result<Self> {
        if !matches!(base.class, DatatypeClass::Integer(_)) {
            return Err(Error::usage("the base of an enumeration is an integer type"));
        }
        if members.iter().any(|(_, value)| value.len() != base.size as usize) {
            return Err(Error::usage("a value of an enumeration has another size than its base type"));
        }
        Ok(Self::new(base.size, DatatypeClass::Enum(EnumType { base: Box::new(base), members })))
    }

    /// Truth values as h5py stores them: an enumeration of FALSE and TRUE over a signed byte.
    pub fn boolean() -> Self {
        let base = Box::new(Self::integer(1, true, ByteOrder::Little));
        let members = vec![("FALSE".to_owned(), vec![0]), ("TRUE".to_owned(), vec![1])];
        Self::new(1, DatatypeClass::Enum(EnumType { base, members }))
    }

    /// Named members at offsets within `size` bytes.
    ///
    /// # Errors
    /// `Usage` if there is no member, or one reaches past `size`.
    pub fn compound(members: Vec<Member>, size: u32) -> Result<Self> {
        if members.is_empty() {
            return Err(Error::usage("a compound type has members"));
        }
        if let Some(member) = members.iter().find(|member| !member.fits(size)) {
            return Err(Error::usage(format!("the member \"{}\" reaches past the compound", member.name)));
        }
        Ok(Self::new(size, DatatypeClass::Compound(CompoundType { members })))
    }

    /// `len` uninterpreted bytes.
    pub fn opaque(len: u32, tag: impl Into<String>) -> Self {
        Self::new(len, DatatypeClass::Opaque { tag: tag.into() })
    }

    /// `size` bytes of bits, all of them significant.
    pub fn bitfield(size: u32, order: ByteOrder) -> Self {
        Self::new(
            size,
            DatatypeClass::Bitfield(BitfieldType {
                order,
                bit_offset: 0,
                precision: u16::try_from(size.saturating_mul(8)).unwrap_or(u16::MAX),
                low_padding: false,
                high_padding: false,
            }),
        )
    }

    /// HDF5 2.0's complex numbers, of two parts of the floating-point type `base`.
    ///
    /// # Errors
    /// `Usage` if `base` is no floating-point type.
    pub fn complex(base: Self) -> Result<Self> {
        let size = match (&base.class, base.size.checked_mul(2)) {
            (DatatypeClass::Float(_), Some(size)) => size,
            _ => return Err(Error::usage("the base of a complex type is a floating-point type")),
        };
        Ok(Self::new(size, DatatypeClass::Complex(ComplexType { base: Box::new(base) })))
    }

    /// The address of an object, in a file with 8-byte addresses.
    pub fn object_reference() -> Self {
        Self::new(8, DatatypeClass::Reference(ReferenceType::Object))
    }

    /// A reference to a region of a dataset, in a file with 8-byte addresses.
    pub fn region_reference() -> Self {
        Self::new(12, DatatypeClass::Reference(ReferenceType::Region))
    }

    /// The lowest message version that can hold this type, as libhdf5 1.10 chooses it: simple
    /// types keep version 1, what has members has version 3, and nothing has a lower version
    /// than what it contains (variable-length types have just that).
    pub fn minimum_version(&self) -> u8 {
        match &self.class {
            DatatypeClass::Float(FloatType { order: ByteOrder::Vax, .. }) => 3,
            DatatypeClass::Integer(_)
            | DatatypeClass::Float(_)
            | DatatypeClass::Time { .. }
            | DatatypeClass::String(_)
            | DatatypeClass::Bitfield(_)
            | DatatypeClass::Opaque { .. }
            | DatatypeClass::Reference(ReferenceType::Object | ReferenceType::Region) => 1,
            DatatypeClass::Reference(_) => 4,
            DatatypeClass::Complex(_) => 5,
            DatatypeClass::Compound(compound) => {
                compound.members.iter().map(|member| member.datatype.version).max().unwrap_or(3).max(3)
            }
            DatatypeClass::Enum(EnumType { base, .. }) | DatatypeClass::Array(ArrayType { base, .. }) => {
                base.version.max(3)
            }
            DatatypeClass::VarLen(VarLenType { base, .. }) => base.version,
        }
    }

    /// The same type, where members that are arrays are so by their class, not by dimensions of the
    /// member as in version 1.
    pub(crate) fn with_array_classes(&self) -> Self {
        let mut datatype = self.clone();
        if datatype.has_old_arrays() {
            datatype.raise_version(2);
        }
        datatype
    }

    /// Whether there are compounds of version 1 with members that are arrays.
    fn has_old_arrays(&self) -> bool {
        let is_array = |member: &Member| matches!(member.datatype.class, DatatypeClass::Array(_));
        match &self.class {
            DatatypeClass::Compound(class) => {
                (self.version == 1 && class.members.iter().any(is_array))
                    || class.members.iter().any(|member| member.datatype.has_old_arrays())
            }
            DatatypeClass::Array(class) => class.base.has_old_arrays(),
            DatatypeClass::VarLen(class) => class.base.has_old_arrays(),
            _ => false,
        }
    }

    fn raise_version(&mut self, version: u8) {
        self.version = self.version.max(version);
        match &mut self.class {
            DatatypeClass::Compound(class) => {
                class.members.iter_mut().for_each(|member| member.datatype.raise_version(version));
            }
            DatatypeClass::Array(class) => class.base.raise_version(version),
            DatatypeClass::VarLen(class) => class.base.raise_version(version),
            DatatypeClass::Enum(class) => class.base.raise_version(version),
            _ => {}
        }
    }

    /// The same type with the lowest version throughout, to be written to another file than the
    /// one it was read from.
    #[must_use]
    pub(crate) fn with_minimum_version(&self) -> Self {
        let boxed = |base: &Self| Box::new(base.with_minimum_version());
        let class = match &self.class {
            DatatypeClass::Compound(compound) => DatatypeClass::Compound(CompoundType {
                members: compound
                    .members
                    .iter()
                    .map(|member| Member {
                        datatype: member.datatype.with_minimum_version(),
                        ..member.clone()
                    })
                    .collect(),
            }),
            DatatypeClass::Enum(EnumType { base, members }) => {
                DatatypeClass::Enum(EnumType { base: boxed(base), members: members.clone() })
            }
            DatatypeClass::VarLen(VarLenType { kind, base }) => {
                DatatypeClass::VarLen(VarLenType { kind: *kind, base: boxed(base) })
            }
            DatatypeClass::Array(ArrayType { base, dims }) => {
                DatatypeClass::Array(ArrayType { base: boxed(base), dims: dims.clone() })
            }
            DatatypeClass::Complex(ComplexType { base }) => {
                DatatypeClass::Complex(ComplexType { base: boxed(base) })
            }
            simple => simple.clone(),
        };
        Self { kept: Kept { reserved_bits: 0, ..self.kept }, ..Self::new(self.size, class) }
    }
}

impl ArrayType {
    /// The largest rank.
    pub(crate) const MAX_RANK: usize = 32;

    /// The size of an array element, if 32 bits hold it.
    pub(crate) fn size(base: &Datatype, dims: &[u32]) -> Option<u32> {
        dims.iter().try_fold(base.size, |size, &dim| size.checked_mul(dim))
    }
}

impl Member {
    /// A member.
    pub fn new(name: impl Into<String>, offset: u32, datatype: Datatype) -> Self {
        Self { name: name.into(), offset, datatype }
    }

    /// Whether the member lies within a compound of `size` bytes.
    pub(crate) fn fits(&self, size: u32) -> bool {
        self.offset.checked_add(self.datatype.size).is_some_and(|end| end <= size)
    }
}
