//! Datatypes.

use hdfive::Container;
use hdfive::datatype::{
    ArrayType, ByteOrder, CharacterSet, CompoundType, Datatype, DatatypeClass, EnumType, FloatType,
    IntegerType, StringPadding, StringType, VarLenKind,
};

use super::Xml;
use super::names::escape_name;
use crate::errors::Result;
use crate::render::member_value;

/// The name of a byte order.
fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "LE",
        ByteOrder::Big => "BE",
        ByteOrder::Vax => "VAX",
    }
}

impl Xml<'_> {
    /// Writes the datatype of a dataset or an attribute, or which named datatype it is.
    pub(super) fn container_type(&mut self, container: &Container, level: usize) -> Result<()> {
        let Some(named) = container.named_datatype()? else {
            return self.datatype_element(container.datatype(), level);
        };
        let address = named.address();
        let path = self.objects().get(address).map(|(_, path)| path.to_owned());
        let user = self.objects().user_of(address).map(str::to_owned);
        match (path, user) {
            (Some(path), _) => {
                let (id, path) = (self.ids.of(&path), escape_name(&path));
                self.open(level, &format!("NamedDataTypePtr OBJ-XID=\"{id}\" H5Path=\"{path}\" /"))
            }
            (None, Some(user)) => {
                let id = self.ids.of(&user);
                self.open(level, &format!("NamedDataTypePtr OBJ-XID=\"{id}\"/"))
            }
            (None, None) => self.comment(level, "h5dump error: unknown committed type."),
        }
    }

    /// Writes an element with a datatype.
    pub(super) fn datatype_element(&mut self, datatype: &Datatype, level: usize) -> Result<()> {
        self.open(level, "DataType")?;
        self.datatype(datatype, level + 1)?;
        self.close(level, "DataType")
    }

    fn datatype(&mut self, datatype: &Datatype, level: usize) -> Result<()> {
        let size = datatype.size;
        match &datatype.class {
            DatatypeClass::Integer(class) => self.atomic(level, &integer_tag(size, class)),
            DatatypeClass::Float(class) => self.atomic(level, &float_tag(size, class)),
            DatatypeClass::Time { .. } => {
                self.open(level, "AtomicType")?;
                self.open(level + 1, "TimeType /")?;
                self.close(level, "AtomicType")
            }
            DatatypeClass::String(class) => self.atomic(level, &string_tag(&size.to_string(), class)),
            DatatypeClass::Bitfield(class) => {
                let order = if class.order == ByteOrder::Vax { "ERROR_UNKNOWN" } else { order(class.order) };
                self.atomic(level, &format!("BitfieldType ByteOrder=\"{order}\" Size=\"{size}\"/"))
            }
            DatatypeClass::Opaque { tag } => {
                self.atomic(level, &format!("OpaqueType Tag=\"{tag}\" Size=\"{size}\"/"))
            }
            DatatypeClass::Compound(class) => self.compound(class, level),
            DatatypeClass::Reference(_) => {
                self.open(level, "AtomicType")?;
                self.open(level + 1, "ReferenceType")?;
                self.open(level + 2, "ObjectReferenceType /")?;
                self.close(level + 1, "ReferenceType")?;
                self.close(level, "AtomicType")
            }
            DatatypeClass::Enum(class) => self.enumeration(class, level),
            DatatypeClass::VarLen(class) => match &class.kind {
                VarLenKind::String(string) => self.atomic(level, &string_tag("H5T_VARIABLE", string)),
                VarLenKind::Sequence => {
                    self.open(level, "VLType")?;
                    self.datatype_element(&class.base, level + 1)?;
                    self.close(level, "VLType")
                }
            },
            DatatypeClass::Array(class) => self.array(class, level),
            _ => {
                self.failed = true;
                self.comment(level, "unknown datatype")
            }
        }
    }

    fn atomic(&mut self, level: usize, tag: &str) -> Result<()> {
        self.open(level, "AtomicType")?;
        self.open(level + 1, tag)?;
        self.close(level, "AtomicType")
    }

    fn compound(&mut self, class: &CompoundType, level: usize) -> Result<()> {
        self.open(level, "CompoundType")?;
        for member in &class.members {
            self.open(level + 1, &format!("Field FieldName=\"{}\"", escape_name(&member.name)))?;
            self.datatype_element(&member.datatype, level + 2)?;
            self.close(level + 1, "Field")?;
        }
        self.close(level, "CompoundType")
    }

    fn enumeration(&mut self, class: &EnumType, level: usize) -> Result<()> {
        self.open(level, "AtomicType")?;
        self.open(level + 1, &format!("EnumType Nelems=\"{}\"", class.members.len()))?;
        // The base type stands no deeper than the enumeration.
        self.open(level + 1, "DataType")?;
        self.datatype(&class.base, level + 1)?;
        self.close(level + 1, "DataType")?;
        for (name, value) in &class.members {
            let value = member_value(value, &class.base);
            self.open(level + 2, "EnumElement")?;
            self.begun_line(level + 3, escape_name(name))?;
            self.close(level + 2, "EnumElement")?;
            self.open(level + 2, "EnumValue")?;
            self.begun_line(level + 3, value)?;
            self.close(level + 2, "EnumValue")?;
        }
        self.close(level + 1, "EnumType")?;
        self.close(level, "AtomicType")
    }

    fn array(&mut self, class: &ArrayType, level: usize) -> Result<()> {
        self.open(level, &format!("ArrayType Ndims=\"{}\"", class.dims.len()))?;
        for dim in &class.dims {
            self.open(level + 1, &format!("ArrayDimension DimSize=\"{dim}\"/"))?;
        }
        self.datatype_element(&class.base, level + 1)?;
        self.close(level, "ArrayType")
    }
}

fn integer_tag(size: u32, class: &IntegerType) -> String {
    let order = if class.order == ByteOrder::Vax { "ERROR_UNKNOWN" } else { order(class.order) };
    format!("IntegerType ByteOrder=\"{order}\" Sign=\"{}\" Size=\"{size}\" /", class.signed)
}

fn float_tag(size: u32, class: &FloatType) -> String {
    format!(
        "FloatType ByteOrder=\"{}\" Size=\"{size}\" SignBitLocation=\"{}\" ExponentBits=\"{}\" \
         ExponentLocation=\"{}\" MantissaBits=\"{}\" MantissaLocation=\"{}\" /",
        order(class.order),
        class.sign_location,
        class.exponent_size,
        class.exponent_location,
        class.mantissa_size,
        class.mantissa_location,
    )
}

fn string_tag(size: &str, class: &StringType) -> String {
    let charset = match class.charset {
        CharacterSet::Ascii => "H5T_CSET_ASCII",
        CharacterSet::Utf8 => "unknown_cset",
    };
    let padding = match class.padding {
        StringPadding::NullTerminated => "H5T_STR_NULLTERM",
        StringPadding::NullPadded => "H5T_STR_NULLPAD",
        StringPadding::SpacePadded => "H5T_STR_SPACEPAD",
    };
    format!("StringType Cset=\"{charset}\" StrSize=\"{size}\" StrPad=\"{padding}\"/")
}
