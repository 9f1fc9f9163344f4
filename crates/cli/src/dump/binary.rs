//! Elements as they are in memory or in the file, one after the other, without what separates them.

use std::io::Write;

use hdfive::datatype::{ByteOrder, Datatype, DatatypeClass, StringPadding, VarLenKind};
use hdfive::{Elements, Heap};

use super::options::BinaryForm;
use crate::errors::Result;
use crate::format_c::Real;
use crate::render::{Integer, integer, loses_value, native_bitfield, native_size, part, real};

/// Writes elements; those that have no such form are left out. False if a string that was never written
/// has no bytes: nothing after it is written.
pub(super) fn write(out: &mut dyn Write, elements: &Elements, form: BinaryForm) -> Result<bool> {
    let ordered = matches!(form, BinaryForm::LittleEndian | BinaryForm::BigEndian);
    if ordered && !has_order(elements.datatype()) {
        return Ok(true);
    }
    let mut writer = Binary { form, heap: elements.heap(), ended: false };
    let mut bytes = Vec::new();
    for element in elements.iter() {
        writer.push(&mut bytes, elements.datatype(), element)?;
        if bytes.len() >= 1 << 16 {
            out.write_all(&bytes)?;
            bytes.clear();
        }
    }
    out.write_all(&bytes)?;
    Ok(!writer.ended)
}

/// Whether there is a type of this size in both byte orders.
fn has_order(datatype: &Datatype) -> bool {
    match datatype.class {
        DatatypeClass::Integer(_) | DatatypeClass::Bitfield(_) => matches!(datatype.size, 1 | 2 | 4 | 8),
        DatatypeClass::Float(_) => matches!(datatype.size, 2 | 4 | 8),
        _ => false,
    }
}

struct Binary<'a> {
    form: BinaryForm,
    heap: &'a Heap,
    /// Whether a string without bytes was met.
    ended: bool,
}

impl Binary<'_> {
    fn push(&mut self, out: &mut Vec<u8>, datatype: &Datatype, bytes: &[u8]) -> Result<()> {
        match &datatype.class {
            _ if self.ended => {}
            DatatypeClass::Integer(_) | DatatypeClass::Float(_) | DatatypeClass::Bitfield(_) => {
                self.push_number(out, datatype, bytes);
            }
            DatatypeClass::Enum(class) if self.form == BinaryForm::Native && loses_value(class, bytes) => {
                out.resize(out.len() + native_size(&class.base) as usize, 0xff);
            }
            DatatypeClass::Enum(class) => self.push_number(out, &class.base, bytes),
            DatatypeClass::String(class) => {
                push_text(out, bytes, class.padding == StringPadding::NullTerminated);
            }
            DatatypeClass::Compound(class) => {
                for member in &class.members {
                    let size = member.datatype.size as usize;
                    self.push(out, &member.datatype, part(bytes, member.offset as usize, size))?;
                }
            }
            DatatypeClass::Array(class) => self.push_all(out, &class.base, bytes)?,
            DatatypeClass::Complex(class) => self.push_all(out, &class.base, bytes)?,
            DatatypeClass::VarLen(class) => match class.kind {
                VarLenKind::String(_) if Heap::is_null(bytes) => self.ended = true,
                VarLenKind::String(_) => push_text(out, self.heap.get(bytes, 1)?, true),
                VarLenKind::Sequence => {
                    self.push_all(out, &class.base, self.heap.get(bytes, class.base.size as usize)?)?;
                }
            },
            DatatypeClass::Reference(_) => {}
            _ => out.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn push_all(&mut self, out: &mut Vec<u8>, base: &Datatype, bytes: &[u8]) -> Result<()> {
        let mut elements = bytes.chunks_exact((base.size as usize).max(1));
        elements.try_for_each(|element| self.push(out, base, element))
    }

    fn push_number(&self, out: &mut Vec<u8>, datatype: &Datatype, bytes: &[u8]) {
        let size = match self.form {
            BinaryForm::File => return out.extend_from_slice(bytes),
            BinaryForm::Native => native_size(datatype) as usize,
            _ => datatype.size as usize,
        };
        let mut little = little_endian(datatype, bytes, size);
        little.resize(size, 0);
        if self.form == BinaryForm::BigEndian {
            little.reverse();
        }
        out.extend_from_slice(&little);
    }
}

/// A number of `size` bytes, the least significant first.
fn little_endian(datatype: &Datatype, bytes: &[u8], size: usize) -> Vec<u8> {
    match &datatype.class {
        DatatypeClass::Integer(class) => {
            let value = match integer(bytes, class) {
                Integer::Signed(value) => value.to_le_bytes(),
                Integer::Unsigned(value) => value.to_le_bytes(),
            };
            part(&value, 0, size).to_vec()
        }
        DatatypeClass::Bitfield(class) => native_bitfield(bytes, class),
        DatatypeClass::Float(class) => {
            let order = class.order;
            let plain = [Datatype::float16(order), Datatype::float32(order), Datatype::float64(order)];
            match order {
                ByteOrder::Little if plain.contains(datatype) => bytes.to_vec(),
                ByteOrder::Big if plain.contains(datatype) => bytes.iter().rev().copied().collect(),
                _ => encode(real(bytes, class), size),
            }
        }
        _ => bytes.to_vec(),
    }
}

/// A text, up to its terminator if it has one.
fn push_text(out: &mut Vec<u8>, bytes: &[u8], terminated: bool) {
    let end = bytes.iter().position(|&byte| terminated && byte == 0).unwrap_or(bytes.len());
    out.extend_from_slice(&bytes[..end]);
}

/// A number as half, `float`, `double` or the `long double` of x86, which fits it, little-endian.
fn encode(value: Real, size: usize) -> Vec<u8> {
    let (precision, exponent_bits, explicit) = match size {
        2 => (11, 5, false),
        4 => (24, 8, false),
        8 => (53, 11, false),
        _ => (64, 15, true),
    };
    let fraction_bits = if explicit { precision } else { precision - 1 };
    let bias = (1_i32 << (exponent_bits - 1)) - 1;
    let largest = (1_u128 << exponent_bits) - 1;
    let one = 1_u128 << (precision - 1);
    let (negative, exponent, significand) = match value {
        Real::Infinite { negative } => (negative, largest, one),
        Real::NotANumber { negative } => (negative, largest, one | one >> 1),
        Real::Finite { negative, mantissa: 0, .. } => (negative, 0, 0),
        Real::Finite { negative, mantissa, exponent } => {
            let leading = exponent + 127 - mantissa.leading_zeros() as i32;
            // The weight of the last bit.
            let last = leading.max(1 - bias) - (precision - 1);
            let shift = exponent - last;
            let significand = if shift >= 0 { mantissa << shift } else { mantissa >> -shift };
            let exponent = if significand < one { 0 } else { (leading + bias) as u128 };
            (negative, exponent, significand)
        }
    };
    let fraction = if explicit { significand } else { significand & (one - 1) };
    let bits = fraction | exponent << fraction_bits | u128::from(negative) << (fraction_bits + exponent_bits);
    bits.to_le_bytes().into_iter().take(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_encoded_as_the_processor_has_them() {
        for value in [0.0, -0.0, 1.0, -1.5, 0.1, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY] {
            assert_eq!(encode(Real::from(value), 8), value.to_le_bytes(), "{value}");
            let float = value as f32;
            let rounded = Real::from(value).rounded(24, -126, 127);
            assert_eq!(encode(rounded, 4), float.to_le_bytes(), "{value}");
        }
        for (value, half) in [(1.5, 0x3e00_u16), (-2.0, 0xc000), (65_504.0, 0x7bff), (6e-8, 1), (1e9, 0x7c00)]
        {
            let rounded = Real::from(value).rounded(11, -14, 15);
            assert_eq!(encode(rounded, 2), half.to_le_bytes(), "{value}");
        }
        let one = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f, 0, 0, 0, 0, 0, 0];
        assert_eq!(encode(Real::from(1.0), 16), one);
    }

    #[test]
    fn numbers_in_both_orders() {
        let push = |form, datatype: &Datatype, bytes: &[u8]| {
            let mut out = Vec::new();
            Binary { form, heap: &Heap::new(), ended: false }.push(&mut out, datatype, bytes).unwrap();
            out
        };
        let int = Datatype::integer(4, true, ByteOrder::Big);
        assert_eq!(push(BinaryForm::Native, &int, &[1, 2, 3, 4]), [4, 3, 2, 1]);
        assert_eq!(push(BinaryForm::File, &int, &[1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(push(BinaryForm::BigEndian, &int, &[1, 2, 3, 4]), [1, 2, 3, 4]);
        let named = Datatype::enumeration(int.clone(), vec![("one".to_owned(), vec![0, 0, 0, 1])]).unwrap();
        assert_eq!(push(BinaryForm::Native, &named, &[0, 0, 0, 1]), [1, 0, 0, 0]);
        assert_eq!(push(BinaryForm::Native, &named, &[0, 0, 0, 2]), [0xff; 4]);
        assert_eq!(push(BinaryForm::File, &named, &[0, 0, 0, 2]), [0, 0, 0, 2]);
        let odd = Datatype::integer(3, true, ByteOrder::Little);
        assert_eq!(push(BinaryForm::Native, &odd, &[0xfe, 0xff, 0xff]), [0xfe, 0xff, 0xff, 0xff]);
    }
}
