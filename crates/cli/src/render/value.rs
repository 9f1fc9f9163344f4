//! One element as text.

use hdfive::datatype::{
    ArrayType, BitfieldType, ByteOrder, CompoundType, Datatype, DatatypeClass, EnumType, IntegerType,
    ReferenceType, StringPadding, VarLenKind,
};
use hdfive::{Heap, StdReference};

use super::escape::{escape_name, push_char};
use super::native::{memory_size, native_size};
use super::number::{Integer, integer, real};
use super::style::Style;
use crate::errors::Result;
use crate::format_c::Format;

/// Where references lead.
pub(crate) trait Targets {
    /// The object that a reference, which does lead somewhere, leads to.
    fn target(&self, reference: &StdReference) -> Target;
}

/// The object that a reference leads to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// None if there is no such object.
    pub(crate) kind: Option<TargetKind>,
    pub(crate) address: u64,
    /// The name of the object's file.
    pub(crate) file: String,
    /// The path of the object, where it is known.
    pub(crate) path: String,
}

impl Target {
    /// The text of a reference in the form of HDF5 1.12.
    pub(crate) fn standard(&self, reference: &StdReference) -> String {
        let keyword = match reference.kind() {
            Some(ReferenceType::StandardAttribute) => "ATTRIBUTE",
            Some(ReferenceType::StandardRegion) => "DATASET",
            _ => self.kind.map_or("UNKNOWN", TargetKind::keyword),
        };
        let attribute = reference.attribute_name().map_or(String::new(), |name| format!("/{name}"));
        format!("{keyword} \"{}{}{attribute}\"", self.file, self.path)
    }
}

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Group,
    Dataset,
    Datatype,
}

impl TargetKind {
    fn keyword(self) -> &'static str {
        match self {
            Self::Group => "GROUP",
            Self::Dataset => "DATASET",
            Self::Datatype => "DATATYPE",
        }
    }
}

/// Elements as text.
pub(crate) struct Values<'a> {
    style: &'a Style,
    /// The variable-length parts.
    heap: &'a Heap,
    targets: &'a dyn Targets,
    /// Whether an array was the last thing printed: what follows it in an array is on a new line.
    after_array: bool,
}

impl<'a> Values<'a> {
    pub(crate) fn new(style: &'a Style, heap: &'a Heap, targets: &'a dyn Targets) -> Self {
        Self { style, heap, targets, after_array: false }
    }

    /// Adds the element of type `datatype` whose bytes these are; lines that it is broken into are
    /// indented by `level`.
    pub(crate) fn push(
        &mut self,
        text: &mut String,
        datatype: &Datatype,
        bytes: &[u8],
        level: usize,
    ) -> Result<()> {
        match &datatype.class {
            _ if self.style.raw => (1..memory_size(datatype)).for_each(|_| text.push(':')),
            DatatypeClass::Integer(_) if datatype.size == 1 && self.style.ascii => {
                push_char(text, bytes.first().copied().unwrap_or(0), self.style.escape);
            }
            DatatypeClass::Integer(class) => {
                let value = integer(bytes, class);
                let size = native_size(datatype) as u32;
                let value = self.style.bits.map_or(value, |bits| value.masked(bits, size));
                text.push_str(&value.to_string());
            }
            DatatypeClass::Float(class) => {
                let value = real(bytes, class);
                text.push_str(&match datatype.size {
                    0..=4 => self.style.float.print(value),
                    5..=8 => self.style.double.print(value),
                    _ => Format::general().print(value),
                });
            }
            DatatypeClass::String(class) => {
                self.push_string(text, bytes, class.padding == StringPadding::NullTerminated);
            }
            DatatypeClass::Bitfield(class) => push_hex(text, &native_bitfield(bytes, class)),
            DatatypeClass::Time { .. } | DatatypeClass::Opaque { .. } => push_hex(text, bytes),
            DatatypeClass::Compound(class) => self.push_compound(text, class, bytes, level)?,
            DatatypeClass::Reference(class) => self.push_reference(text, datatype, *class, bytes)?,
            DatatypeClass::Enum(class) => push_enum(text, class, bytes, self.style.converted),
            DatatypeClass::Array(class) => self.push_array(text, class, bytes, level)?,
            DatatypeClass::VarLen(class) => match class.kind {
                VarLenKind::String(_) if Heap::is_null(bytes) => text.push_str("NULL"),
                VarLenKind::String(_) => self.push_string(text, self.heap.get(bytes, 1)?, true),
                VarLenKind::Sequence => self.push_sequence(text, &class.base, bytes, level)?,
            },
            DatatypeClass::Complex(class) => self.push_complex(text, &class.base, bytes, level)?,
            _ => text.push_str("invalid datatype"),
        }
        Ok(())
    }

    fn push_string(&self, text: &mut String, bytes: &[u8], terminated: bool) {
        let end = bytes.iter().position(|&byte| terminated && byte == 0).unwrap_or(bytes.len());
        let repeats = self.style.repeats;
        let mut quoted = false;
        let mut at = 0;
        while at < end {
            let run = || bytes[at..end].iter().take_while(|&&byte| byte == bytes[at]);
            let counted = repeats > 0 && run().nth(repeats).is_some();
            let space = if at > 0 { " " } else { "" };
            if counted {
                text.push_str(if quoted { "\"" } else { "" });
                text.push_str(space);
                text.push('\'');
                push_char(text, bytes[at], self.style.escape);
                let same = run().count();
                text.push('\'');
                text.push_str(&self.style.repeated.replace("{}", &(same - 1).to_string()));
                quoted = false;
                at += same;
                continue;
            }
            if !quoted {
                text.push_str(space);
                text.push('"');
                quoted = true;
            }
            push_char(text, bytes[at], self.style.escape);
            at += 1;
        }
        if quoted {
            text.push('"');
        }
        if end == 0 {
            text.push_str("\"\"");
        }
    }

    fn push_indent(&self, text: &mut String, level: usize) {
        (0..level).for_each(|_| text.push_str(self.style.indent));
    }

    fn push_compound(
        &mut self,
        text: &mut String,
        class: &CompoundType,
        bytes: &[u8],
        level: usize,
    ) -> Result<()> {
        let style = self.style;
        text.push_str(style.braces.0);
        for (index, member) in class.members.iter().enumerate() {
            text.push_str(if index == 0 { style.compound_break } else { style.member_separator });
            if style.array_lines {
                self.push_indent(text, level + 1);
            }
            if style.member_names {
                text.push_str(&member.name);
                text.push('=');
            }
            let part = part(bytes, member.offset as usize, member.datatype.size as usize);
            self.push(text, &member.datatype, part, level + 1)?;
        }
        if style.array_lines {
            text.push_str(style.compound_break);
            self.push_indent(text, level);
        }
        text.push_str(style.braces.1);
        Ok(())
    }

    fn push_array(&mut self, text: &mut String, class: &ArrayType, bytes: &[u8], level: usize) -> Result<()> {
        let style = self.style;
        let size = class.base.size as usize;
        let row = class.dims.last().map_or(1, |&dim| dim as usize).max(1);
        let count = class.dims.iter().try_fold(1_usize, |count, &dim| count.checked_mul(dim as usize));
        text.push_str(style.array.0);
        for index in 0..count.unwrap_or(usize::MAX).min(bytes.len().checked_div(size).unwrap_or(0)) {
            if index > 0 {
                text.push_str(style.array_separator);
                if style.array_lines && index % row == 0 {
                    text.push('\n');
                    self.push_indent(text, level + 1);
                } else if self.after_array && style.nested_array_lines {
                    if !style.array_lines {
                        // The line is broken instead of the last space that separates other elements.
                        text.pop();
                    }
                    text.push_str("\n ");
                    self.push_indent(text, level + 1);
                } else if style.array_lines {
                    text.push(' ');
                }
            }
            self.after_array = false;
            self.push(text, &class.base, part(bytes, index * size, size), level + 1)?;
        }
        text.push_str(style.array.1);
        self.after_array = true;
        Ok(())
    }

    fn push_sequence(
        &mut self,
        text: &mut String,
        base: &Datatype,
        bytes: &[u8],
        level: usize,
    ) -> Result<()> {
        let size = base.size as usize;
        let elements = self.heap.get(bytes, size)?;
        text.push_str(self.style.sequence.0);
        for (index, element) in elements.chunks_exact(size.max(1)).enumerate() {
            if index > 0 {
                text.push_str(self.style.sequence_separator);
            }
            self.push(text, base, element, level + 1)?;
        }
        text.push_str(self.style.sequence.1);
        Ok(())
    }

    /// The real and the imaginary part, as release 2.0 prints them; no earlier one knows the class.
    fn push_complex(&mut self, text: &mut String, base: &Datatype, bytes: &[u8], level: usize) -> Result<()> {
        let size = base.size as usize;
        self.push(text, base, part(bytes, 0, size), level)?;
        let mut imaginary = String::new();
        self.push(&mut imaginary, base, part(bytes, size, size), level)?;
        if !imaginary.starts_with('-') {
            text.push('+');
        }
        text.push_str(&imaginary);
        text.push('i');
        Ok(())
    }

    fn push_reference(
        &self,
        text: &mut String,
        datatype: &Datatype,
        class: ReferenceType,
        bytes: &[u8],
    ) -> Result<()> {
        let reference = StdReference::from_element(datatype, bytes, self.heap)?;
        if reference.is_null() {
            text.push_str("NULL");
            return Ok(());
        }
        let target = self.targets.target(&reference);
        text.push_str(&match (class, target.kind) {
            (ReferenceType::Object, None) => "<unknown>".to_owned(),
            // The C tool prints an address in its memory, of as many digits.
            (ReferenceType::Object, Some(kind)) => {
                let between = &self.style.before_address;
                format!("{}{between}{:014} \"{}\"", kind.keyword(), target.address, target.path)
            }
            (ReferenceType::Region, _) => format!("DATASET \"{}\"", target.path),
            _ => target.standard(&reference),
        });
        Ok(())
    }
}

/// The bytes of a part of an element; fewer if the element is too short.
pub(crate) fn part(bytes: &[u8], offset: usize, size: usize) -> &[u8] {
    let rest = bytes.get(offset..).unwrap_or(&[]);
    &rest[..size.min(rest.len())]
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    if let [byte] = bytes {
        text.push_str(&format!("0x{byte:02x}"));
        return;
    }
    for (index, byte) in bytes.iter().enumerate() {
        text.push_str(&format!("{}{byte:02x}", if index > 0 { ":" } else { "" }));
    }
}

/// A bit field as the little-endian native type holds it: its bits only, from the lowest.
pub(crate) fn native_bitfield(bytes: &[u8], class: &BitfieldType) -> Vec<u8> {
    let mut little = bytes.to_vec();
    if class.order == ByteOrder::Big {
        little.reverse();
    }
    let size = match class.precision {
        0..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        // The widest that there is holds the lowest bits of wider ones.
        _ => 8,
    };
    let mut native = vec![0; size];
    for index in 0..usize::from(class.precision).min(8 * size) {
        let from = usize::from(class.bit_offset) + index;
        let bit = little.get(from / 8).copied().unwrap_or(0) >> (from % 8) & 1;
        if let Some(byte) = native.get_mut(index / 8) {
            *byte |= bit << (index % 8);
        }
    }
    native
}

/// Whether the C library converts a value to one with all bits set: where values are not in memory as
/// they are in the file, it does so with all that have no name.
pub(crate) fn loses_value(class: &EnumType, bytes: &[u8]) -> bool {
    let native = matches!(&class.base.class, DatatypeClass::Integer(base) if is_native(&class.base, base));
    !native && class.members.iter().all(|(_, value)| value != bytes)
}

/// Whether integers of this type are in memory as they are in the file.
fn is_native(datatype: &Datatype, class: &IntegerType) -> bool {
    matches!(datatype.size, 1 | 2 | 4 | 8)
        && class.order == ByteOrder::Little
        && class.bit_offset == 0
        && u32::from(class.precision) == 8 * datatype.size
        && !(class.low_padding || class.high_padding)
}

fn push_enum(text: &mut String, class: &EnumType, bytes: &[u8], converted: bool) {
    if let Some((name, _)) = class.members.iter().find(|(_, value)| value == bytes) {
        text.push_str(&escape_name(name));
        return;
    }
    let DatatypeClass::Integer(base) = &class.base.class else {
        return push_hex(text, bytes);
    };
    if converted && loses_value(class, bytes) {
        // What it becomes may have a name.
        let ones = |value: &[u8]| match integer(value, base) {
            Integer::Signed(value) => value == -1,
            Integer::Unsigned(value) => value == u64::MAX >> (64 - 8 * native_size(&class.base)),
        };
        return match class.members.iter().find(|(_, value)| ones(value)) {
            Some((name, _)) => text.push_str(&escape_name(name)),
            None => push_hex(text, &vec![0xff; native_size(&class.base) as usize]),
        };
    }
    let value = match integer(bytes, base) {
        Integer::Signed(value) => value.to_le_bytes(),
        Integer::Unsigned(value) => value.to_le_bytes(),
    };
    let size = native_size(&class.base) as usize;
    push_hex(text, part(&value, 0, size));
}
