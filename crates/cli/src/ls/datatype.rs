//! Datatypes in words.

use hdfive::datatype::{
    ByteOrder, CharacterSet, CompoundType, Datatype, DatatypeClass, EnumType, FloatType, Normalization,
    ReferenceType, StringPadding, StringType, VarLenKind,
};

use super::name::escape;
use crate::render::{member_value, memory_size};

/// The description of a datatype, whose lines after the first are indented by `indent` columns.
/// The types of this machine (taken to be a little-endian one) have names unless `simple`.
pub(super) fn describe(datatype: &Datatype, indent: usize, simple: bool) -> String {
    let size = datatype.size;
    match &datatype.class {
        DatatypeClass::Integer(class) => {
            let padded = class.low_padding || class.high_padding;
            let whole = class.bit_offset == 0 && u32::from(class.precision) == size * 8 && !padded;
            if let Some(name) = native_integer(size, class.signed, class.order).filter(|_| whole && !simple) {
                return name.to_owned();
            }
            let sign = if class.signed { "" } else { " unsigned" };
            let text = format!("{}-bit{}{sign} integer", size * 8, order(size, class.order));
            let bits = Bits { offset: class.bit_offset, precision: class.precision };
            text + &bits.describe(size, (class.low_padding, class.high_padding), indent)
        }
        DatatypeClass::Float(class) => float(size, class, indent, simple),
        DatatypeClass::String(class) => string(&format!("{size}-byte"), class),
        DatatypeClass::Bitfield(class) => {
            let padded = class.low_padding || class.high_padding;
            let whole = class.bit_offset == 0 && u32::from(class.precision) == size * 8 && !padded;
            let native = class.order == ByteOrder::Little;
            if whole && native && !simple && matches!(size, 1 | 2 | 4 | 8) {
                return format!("native {}-bit field", size * 8);
            }
            let bits = Bits { offset: class.bit_offset, precision: class.precision };
            format!("{}-bit{} bitfield", size * 8, order(size, class.order))
                + &bits.describe(size, (class.low_padding, class.high_padding), indent)
        }
        DatatypeClass::Opaque { tag } => {
            format!("{size}-byte opaque type\n{:indent$}(tag = \"{}\")", "", escape(tag, false))
        }
        DatatypeClass::Compound(class) => compound(size, class, indent, simple),
        DatatypeClass::Reference(class) => match class {
            ReferenceType::Object => "object reference".to_owned(),
            ReferenceType::Region => "dataset region reference".to_owned(),
            _ => "standard reference".to_owned(),
        },
        DatatypeClass::Enum(class) => enumeration(class, indent, simple),
        DatatypeClass::VarLen(class) => match &class.kind {
            VarLenKind::String(class) => string("variable-length", class),
            VarLenKind::Sequence => {
                let indent = indent + 4;
                format!("variable length of\n{:indent$}{}", "", describe(&class.base, indent, simple))
            }
        },
        DatatypeClass::Array(class) => {
            let dims: Vec<_> = class.dims.iter().map(u32::to_string).collect();
            format!("[{}] {}", dims.join(","), describe(&class.base, indent + 4, simple))
        }
        DatatypeClass::Complex(class) => {
            format!("complex number of {}", describe(&class.base, indent, simple))
        }
        _ => format!("{size}-byte class-2 unknown"),
    }
}

fn order(size: u32, order: ByteOrder) -> &'static str {
    match order {
        _ if size <= 1 => "",
        ByteOrder::Little => " little-endian",
        ByteOrder::Big => " big-endian",
        ByteOrder::Vax => " mixed-endian",
    }
}

fn native_integer(size: u32, signed: bool, order: ByteOrder) -> Option<&'static str> {
    if order != ByteOrder::Little {
        return None;
    }
    Some(match (size, signed) {
        (1, true) => "native signed char",
        (1, false) => "native unsigned char",
        (2, true) => "native short",
        (2, false) => "native unsigned short",
        (4, true) => "native int",
        (4, false) => "native unsigned int",
        (8, true) => "native long",
        (8, false) => "native unsigned long",
        _ => return None,
    })
}

/// The significant bits of a number.
struct Bits {
    offset: u16,
    precision: u16,
}

impl Bits {
    /// The lines that say which bits are significant, unless all are.
    fn describe(&self, size: u32, padding: (bool, bool), indent: usize) -> String {
        let (offset, precision) = (u32::from(self.offset), u32::from(self.precision));
        let all = size * 8;
        if precision == all {
            return String::new();
        }
        let plural = |count: u32| if count == 1 { "" } else { "s" };
        let kind = |ones: bool| if ones { "one" } else { "zero" };
        let mut text = format!(
            "\n{:indent$}({precision} bit{} of precision beginning at bit {offset})",
            "",
            plural(precision)
        );
        let mut pads = Vec::new();
        if offset > 0 {
            pads.push(format!("{offset} {} bit{} at bit 0", kind(padding.0), plural(offset)));
        }
        let high = all.saturating_sub(offset + precision);
        if high > 0 {
            pads.push(format!("{high} {} bit{} at bit {}", kind(padding.1), plural(high), all - high));
        }
        if !pads.is_empty() {
            text.push_str(&format!("\n{:indent$}({})", "", pads.join(", ")));
        }
        text
    }
}

fn float(size: u32, class: &FloatType, indent: usize, simple: bool) -> String {
    let fields = [class.sign_location, class.exponent_location, class.exponent_size, class.mantissa_size];
    let ieee = match (size, fields, class.exponent_bias) {
        (2, [15, 10, 5, 10], 15) | (4, [31, 23, 8, 23], 127) | (8, [63, 52, 11, 52], 1023) => {
            class.normalization == Normalization::Implied && class.order != ByteOrder::Vax
        }
        _ => false,
    };
    if ieee {
        return match (size, class.order) {
            (2, ByteOrder::Little) if !simple => "native _Float16".to_owned(),
            (4, ByteOrder::Little) if !simple => "native float".to_owned(),
            (8, ByteOrder::Little) if !simple => "native double".to_owned(),
            _ => format!("IEEE {}-bit{} float", size * 8, order(size, class.order)),
        };
    }
    let plural = |count: u8| if count == 1 { "" } else { "s" };
    let bits = Bits { offset: class.bit_offset, precision: class.precision };
    let mut text = format!("{}-bit{} floating-point", size * 8, order(size, class.order));
    text.push_str(&bits.describe(size, (class.low_padding, class.high_padding), indent));
    let normalization = match class.normalization {
        Normalization::Implied => ", msb implied",
        Normalization::AlwaysSet => ", msb always set",
        Normalization::None => ", no normalization",
    };
    text.push_str(&format!(
        "\n{:indent$}(significant for {} bit{} at bit {}{normalization})",
        "",
        class.mantissa_size,
        plural(class.mantissa_size),
        class.mantissa_location
    ));
    text.push_str(&format!(
        "\n{:indent$}(exponent for {} bit{} at bit {}, bias is 0x{:x})",
        "",
        class.exponent_size,
        plural(class.exponent_size),
        class.exponent_location,
        class.exponent_bias
    ));
    text.push_str(&format!("\n{:indent$}(sign bit at {})", "", class.sign_location));
    let used = 1 + u16::from(class.exponent_size) + u16::from(class.mantissa_size);
    if used < class.precision {
        let kind = if class.internal_padding { "one" } else { "zero" };
        text.push_str(&format!("\n{:indent$}(internal padding bits are {kind})", ""));
    }
    text
}

fn string(size: &str, class: &StringType) -> String {
    let padding = match class.padding {
        StringPadding::NullTerminated => "null-terminated",
        StringPadding::NullPadded => "null-padded",
        StringPadding::SpacePadded => "space-padded",
    };
    let charset = match class.charset {
        CharacterSet::Ascii => "ASCII",
        CharacterSet::Utf8 => "UTF-8",
    };
    format!("{size} {padding} {charset} string")
}

fn compound(size: u32, class: &CompoundType, indent: usize, simple: bool) -> String {
    let mut text = "struct {".to_owned();
    let inner = indent + 4;
    // What refers to data elsewhere has another size in memory, and what follows it moves.
    let mut moved = 0;
    for member in &class.members {
        let name = escape(&member.name, false);
        let padding = 16_usize.saturating_sub(name.len());
        text.push_str(&format!(
            "\n{:inner$}\"{name}\"{:padding$} +{:<4} {}",
            "",
            "",
            i64::from(member.offset) + moved,
            describe(&member.datatype, inner, simple)
        ));
        moved += memory_size(&member.datatype) as i64 - i64::from(member.datatype.size);
    }
    let size = i64::from(size) + moved;
    text + &format!("\n{:indent$}}} {size} byte{}", "", if size == 1 { "" } else { "s" })
}

fn enumeration(class: &EnumType, indent: usize, simple: bool) -> String {
    let inner = indent + 4;
    let mut text = format!("enum {} {{", describe(&class.base, inner, simple));
    for (name, value) in &class.members {
        let name = escape(name, true);
        let value = member_value(value, &class.base);
        let padding = 16_usize.saturating_sub(name.len());
        text.push_str(&format!("\n{:inner$}{name}{:padding$} = {value}", "", ""));
    }
    if class.members.is_empty() {
        text.push_str(&format!("\n{:inner$} <empty>", ""));
    }
    text + &format!("\n{:indent$}}}", "")
}
