//! Fill values.

use hdfive::datatype::{Datatype, DatatypeClass, EnumType, ReferenceType, VarLenKind};

use super::Xml;
use super::names::escape_string;
use crate::errors::Result;
use crate::format_c::{Format, Real};

/// The first four bytes, which is what the C tool prints of any number.
fn first_word(bytes: &[u8]) -> [u8; 4] {
    let mut word = [0; 4];
    word.iter_mut().zip(bytes).for_each(|(to, &from)| *to = from);
    word
}

impl Xml<'_> {
    /// Writes a fill value, given its bytes as they are stored.
    pub(super) fn fill_value(&mut self, datatype: &Datatype, bytes: &[u8], level: usize) -> Result<()> {
        self.open(level, "Data")?;
        match fill_text(datatype, bytes) {
            _ if matches!(datatype.class, DatatypeClass::Reference(_)) => {
                let path = self.fill_path(datatype, bytes);
                self.open(level + 1, "DataFromFile")?;
                self.line(level + 1, [b"\"", path.as_slice(), b"\""].concat())?;
                self.close(level + 1, "DataFromFile")?;
            }
            Ok(text) => {
                self.open(level + 1, "DataFromFile")?;
                self.begun_line(level + 1, format!("\"{text}\""))?;
                self.close(level + 1, "DataFromFile")?;
            }
            Err(kind) => {
                self.comment(level + 1, &format!("{kind} not yet implemented."))?;
                self.open(level + 1, "NoData /")?;
            }
        }
        self.close(level, "Data")
    }

    /// The path of the object that a fill value refers to.
    fn fill_path(&mut self, datatype: &Datatype, bytes: &[u8]) -> Vec<u8> {
        let mut address = [0; 8];
        address.iter_mut().zip(bytes).for_each(|(to, &from)| *to = from);
        let is_object = datatype.class == DatatypeClass::Reference(ReferenceType::Object);
        let address = Some(u64::from_le_bytes(address)).filter(|_| is_object);
        let objects = self.objects();
        match address.and_then(|address| objects.get(address)) {
            Some((_, path)) => escape_string(path.as_bytes()),
            None => b"NULL".to_vec(),
        }
    }
}

/// A fill value as text, or what it is if that is not printed.
fn fill_text(datatype: &Datatype, bytes: &[u8]) -> Result<String, &'static str> {
    let word = first_word(bytes);
    match &datatype.class {
        DatatypeClass::Integer(_) => Ok(i32::from_le_bytes(word).to_string()),
        DatatypeClass::Float(_) => {
            let fixed = Format::parse("%f").unwrap_or_else(|_| Format::general());
            Ok(fixed.print(Real::from(f64::from(f32::from_le_bytes(word)))))
        }
        DatatypeClass::Bitfield(_) | DatatypeClass::Opaque { .. } => {
            let value = u32::from_le_bytes(word);
            Ok((0..datatype.size)
                .map(|index| format!("{:x} ", value.wrapping_add(index.wrapping_mul(4))))
                .collect())
        }
        DatatypeClass::Enum(class) => Ok(member_name(class, u32::from_le_bytes(word))),
        DatatypeClass::String(_) => Err("String fill values"),
        DatatypeClass::VarLen(class) => match class.kind {
            VarLenKind::String(_) => Err("String fill values"),
            VarLenKind::Sequence => Err("VL fill"),
        },
        DatatypeClass::Array(_) => Err("Array fill values"),
        DatatypeClass::Time { .. } => Err("Time fill"),
        _ => Err("Compound fill"),
    }
}

/// The name of a member of an enumeration, by its position: the C tool takes the value for that.
fn member_name(class: &EnumType, position: u32) -> String {
    class.members.get(position as usize).map_or("(null)".to_owned(), |(name, _)| name.clone())
}
