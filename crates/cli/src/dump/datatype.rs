//! Datatypes as text.

use hdfive::datatype::{
    ArrayType, ByteOrder, CharacterSet, CompoundType, Datatype, DatatypeClass, EnumType, FloatType,
    IntegerType, Normalization, ReferenceType, StringPadding, StringType, VarLenKind,
};

use crate::render::member_value;

/// A line of a description that needs several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Indentation, relative to the line on which the description begins.
    pub(crate) level: usize,
    pub(crate) text: String,
    /// Whether the line is begun before it is known how long it is, so that it may be broken.
    pub(super) breakable: bool,
}

/// The description of a datatype, whose first line goes on with `before`, the last with `after`.
pub(crate) fn describe(datatype: &Datatype, before: &str, after: &str) -> Vec<Line> {
    let mut description = Description { lines: Vec::new(), text: before.to_owned(), level: 0 };
    description.push(datatype);
    description.text.push_str(after);
    description.end_line();
    description.lines
}

struct Description {
    lines: Vec<Line>,
    /// The line that is being written.
    text: String,
    level: usize,
}

impl Description {
    fn end_line(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.lines.push(Line { level: self.level, text, breakable: false });
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.end_line();
    }

    fn push(&mut self, datatype: &Datatype) {
        let size = datatype.size;
        match &datatype.class {
            DatatypeClass::Integer(class) => self.text.push_str(&integer_name(size, class)),
            DatatypeClass::Float(class) => self.text.push_str(&float_name(size, class)),
            DatatypeClass::Time { .. } => self.text.push_str("H5T_TIME: not yet implemented"),
            DatatypeClass::String(class) => self.push_string(Some(size), class),
            DatatypeClass::Bitfield(class) => {
                let padded = class.low_padding || class.high_padding;
                let whole = class.bit_offset == 0 && u32::from(class.precision) == size * 8 && !padded;
                let order = if class.order == ByteOrder::Big { "BE" } else { "LE" };
                match (size, whole) {
                    (1 | 2 | 4 | 8, true) => self.text.push_str(&format!("H5T_STD_B{}{order}", size * 8)),
                    _ => self.text.push_str("undefined bitfield"),
                }
            }
            DatatypeClass::Opaque { tag } => {
                self.line("H5T_OPAQUE {");
                self.level += 1;
                self.line(&format!("OPAQUE_TAG \"{tag}\";"));
                self.level -= 1;
                self.text.push('}');
            }
            DatatypeClass::Compound(class) => self.push_compound(class),
            DatatypeClass::Reference(class) => self.text.push_str(reference_name(*class)),
            DatatypeClass::Enum(class) => self.push_enum(class),
            DatatypeClass::VarLen(class) => match &class.kind {
                VarLenKind::String(string) => self.push_string(None, string),
                VarLenKind::Sequence => {
                    self.text.push_str("H5T_VLEN { ");
                    self.push(&class.base);
                    self.text.push_str(" }");
                }
            },
            DatatypeClass::Array(class) => self.push_array(class),
            DatatypeClass::Complex(class) => {
                self.text.push_str("H5T_COMPLEX { ");
                self.push(&class.base);
                self.text.push_str(" }");
            }
            _ => self.text.push_str("unknown datatype"),
        }
    }

    fn push_string(&mut self, size: Option<u32>, class: &StringType) {
        self.line("H5T_STRING {");
        self.level += 1;
        match size {
            Some(size) => self.line(&format!("STRSIZE {size};")),
            None => self.line("STRSIZE H5T_VARIABLE;"),
        }
        self.line(match class.padding {
            StringPadding::NullTerminated => "STRPAD H5T_STR_NULLTERM;",
            StringPadding::NullPadded => "STRPAD H5T_STR_NULLPAD;",
            StringPadding::SpacePadded => "STRPAD H5T_STR_SPACEPAD;",
        });
        self.line(match class.charset {
            CharacterSet::Ascii => "CSET H5T_CSET_ASCII;",
            CharacterSet::Utf8 => "CSET H5T_CSET_UTF8;",
        });
        self.line("CTYPE H5T_C_S1;");
        self.level -= 1;
        self.text.push('}');
    }

    fn push_compound(&mut self, class: &CompoundType) {
        self.line("H5T_COMPOUND {");
        self.level += 1;
        for member in &class.members {
            self.push(&member.datatype);
            self.line(&format!(" \"{}\";", member.name));
        }
        self.level -= 1;
        self.text.push('}');
    }

    fn push_enum(&mut self, class: &EnumType) {
        self.line("H5T_ENUM {");
        self.level += 1;
        self.push(&class.base);
        self.line(";");
        for (name, value) in &class.members {
            let value = member_value(value, &class.base);
            let padding = 16_usize.saturating_sub(name.len());
            self.line(&format!("\"{name}\"{:padding$} {value};", ""));
            if let Some(line) = self.lines.last_mut() {
                line.breakable = true;
            }
        }
        if class.members.is_empty() {
            self.text.push_str("\n<empty>");
        }
        self.level -= 1;
        self.text.push('}');
    }

    fn push_array(&mut self, class: &ArrayType) {
        self.text.push_str("H5T_ARRAY { ");
        for dim in &class.dims {
            self.text.push_str(&format!("[{dim}]"));
        }
        self.text.push(' ');
        self.push(&class.base);
        self.text.push_str(" }");
    }
}

fn reference_name(class: ReferenceType) -> &'static str {
    match class {
        ReferenceType::Object => "H5T_REFERENCE { H5T_STD_REF_OBJECT }",
        ReferenceType::Region => "H5T_REFERENCE { H5T_STD_REF_DSETREG }",
        ReferenceType::StandardObject | ReferenceType::StandardRegion | ReferenceType::StandardAttribute => {
            "H5T_REFERENCE { H5T_STD_REF }"
        }
        _ => "H5T_REFERENCE { UNDEFINED }",
    }
}

/// The byte order in words, for types without a name.
fn order_words(size: u32, order: ByteOrder) -> &'static str {
    match order {
        _ if size <= 1 => "",
        ByteOrder::Little => " little-endian",
        ByteOrder::Big => " big-endian",
        ByteOrder::Vax => " mixed-endian",
    }
}

fn integer_name(size: u32, class: &IntegerType) -> String {
    let bits = size * 8;
    let order = if class.order == ByteOrder::Big { "BE" } else { "LE" };
    let sign = if class.signed { 'I' } else { 'U' };
    let padded = class.low_padding || class.high_padding;
    if matches!(size, 1 | 2 | 4 | 8) && class.bit_offset == 0 && u32::from(class.precision) == bits && !padded
    {
        return format!("H5T_STD_{sign}{bits}{order}");
    }
    let sign = if class.signed { "" } else { " unsigned" };
    format!("{bits}-bit{}{sign} integer {}-bit precision", order_words(size, class.order), class.precision)
}

/// The fields of the types that have names: size in bits, sign, exponent, mantissa, bias.
const NAMED_FLOATS: [(&str, [u32; 6]); 3] = [
    ("F16", [16, 15, 10, 5, 10, 15]),
    ("F32", [32, 31, 23, 8, 23, 127]),
    ("F64", [64, 63, 52, 11, 52, 1023]),
];

fn float_name(size: u32, class: &FloatType) -> String {
    let fields = [
        size * 8,
        class.sign_location.into(),
        class.exponent_location.into(),
        class.exponent_size.into(),
        class.mantissa_size.into(),
        class.exponent_bias,
    ];
    let plain = class.bit_offset == 0
        && class.mantissa_location == 0
        && u32::from(class.precision) == size * 8
        && class.normalization == Normalization::Implied
        && !(class.low_padding || class.high_padding || class.internal_padding);
    if plain {
        let named = NAMED_FLOATS.iter().find(|(_, named)| *named == fields);
        match (named, class.order) {
            (Some((name, _)), ByteOrder::Little) => return format!("H5T_IEEE_{name}LE"),
            (Some((name, _)), ByteOrder::Big) => return format!("H5T_IEEE_{name}BE"),
            (None, ByteOrder::Vax) if fields == [32, 31, 23, 8, 23, 129] => return "H5T_VAX_F32".to_owned(),
            (None, ByteOrder::Vax) if fields == [64, 63, 52, 11, 52, 1025] => {
                return "H5T_VAX_F64".to_owned();
            }
            _ => {}
        }
    }
    let order = order_words(size, class.order);
    format!("{}-bit{order} floating-point {}-bit precision", size * 8, class.precision)
}

#[cfg(test)]
mod tests {
    use hdfive::datatype::Member;

    use super::*;

    fn text(datatype: &Datatype) -> String {
        let lines = describe(datatype, "", "");
        lines.iter().map(|line| format!("{}{}\n", "  ".repeat(line.level), line.text)).collect()
    }

    #[test]
    fn types_with_names_and_without() {
        let int = Datatype::integer(4, false, ByteOrder::Big);
        assert_eq!(text(&int), "H5T_STD_U32BE\n");
        assert_eq!(
            text(&Datatype::integer(3, true, ByteOrder::Little)),
            "24-bit little-endian integer 24-bit precision\n"
        );
        assert_eq!(text(&Datatype::float64(ByteOrder::Little)), "H5T_IEEE_F64LE\n");
        assert_eq!(
            text(&Datatype::bfloat16(ByteOrder::Little)),
            "16-bit little-endian floating-point 16-bit precision\n"
        );
        assert_eq!(text(&Datatype::bitfield(2, ByteOrder::Big)), "H5T_STD_B16BE\n");
        assert_eq!(text(&Datatype::var_len(int.clone())), "H5T_VLEN { H5T_STD_U32BE }\n");
        assert_eq!(text(&Datatype::array(int, &[2, 3]).unwrap()), "H5T_ARRAY { [2][3] H5T_STD_U32BE }\n");
    }

    #[test]
    fn types_of_several_lines() {
        let string = StringType { padding: StringPadding::NullPadded, charset: CharacterSet::Utf8 };
        let name = Datatype::fixed_string(5, string);
        let members = vec![Member::new("name", 0, name), Member::new("flag", 5, Datatype::boolean())];
        let compound = Datatype::compound(members, 6).unwrap();
        assert_eq!(
            text(&compound),
            "H5T_COMPOUND {\n  H5T_STRING {\n    STRSIZE 5;\n    STRPAD H5T_STR_NULLPAD;\n    \
             CSET H5T_CSET_UTF8;\n    CTYPE H5T_C_S1;\n  } \"name\";\n  H5T_ENUM {\n    H5T_STD_I8LE;\n    \
             \"FALSE\"            0;\n    \"TRUE\"             1;\n  } \"flag\";\n}\n"
        );
    }
}
