//! The parameters that filters get from the type, the chunk's shape and the fill value of a new
//! dataset, as the filters of the C library compute them.

use super::{FilterInfo, id};
use crate::format::message::datatype::{ByteOrder, Datatype, DatatypeClass};
use crate::{Error, Result};

/// A new dataset, as far as filters depend on it.
pub(crate) struct Target<'a> {
    pub(crate) datatype: &'a Datatype,
    /// The shape of a chunk; empty without chunks.
    pub(crate) chunk: &'a [u64],
    /// The bytes of the fill value, unless it is undefined; empty for zeros.
    pub(crate) fill: Option<&'a [u8]>,
}

impl Target<'_> {
    fn elements(&self) -> Result<u32> {
        let count = self.chunk.iter().try_fold(1_u64, |count, dim| count.checked_mul(*dim));
        count
            .and_then(|count| u32::try_from(count).ok())
            .ok_or_else(|| Error::usage("chunks of so many elements are too large for the filter"))
    }

    fn bytes(&self) -> Result<u32> {
        self.elements()?
            .checked_mul(self.datatype.size)
            .ok_or_else(|| Error::usage("chunks of so many bytes are too large for the filter"))
    }

    /// Bytes of an element, of arrays those of theirs.
    fn base_size(&self) -> u32 {
        match &self.datatype.class {
            DatatypeClass::Array(array) => array.base.size,
            _ => self.datatype.size,
        }
    }
}

/// Completes the parameters that a user gave.
///
/// # Errors
/// `Usage` if one is out of range, or the filter cannot work on the type.
pub(super) fn complete(filter: &mut FilterInfo, target: &Target<'_>) -> Result<()> {
    let given = std::mem::take(&mut filter.parameters);
    let size = target.datatype.size;
    filter.parameters = match (filter.id, &given[..]) {
        (id::DEFLATE, [0..=9]) => given,
        (id::DEFLATE, _) => return Err(Error::usage("the level of deflate is 0 to 9")),
        (id::SHUFFLE, _) => vec![size],
        (id::SZIP, [options, pixels, ..]) => szip(*options, *pixels, target)?,
        (id::NBIT, _) => nbit(target)?,
        (id::SCALE_OFFSET, [scale, factor, ..]) => scale_offset(*scale, *factor, target)?,
        #[cfg(feature = "zfp")]
        (id::ZFP, _) => super::zfp::complete(&given, target)?,
        (id::LZF, _) => vec![4, 0x0105, target.bytes()?],
        (id::BZIP2, [block, ..]) if !(1..=9).contains(block) => {
            return Err(Error::usage("the block size of bzip2 is 1 to 9"));
        }
        // Of another dataset's parameters, those that a user gives are the ones from the fourth on.
        (id::BITSHUFFLE, [_, _, _, options @ ..]) if given.len() > 3 => [&[0, 4, size][..], options].concat(),
        (id::BITSHUFFLE, options) => [&[0, 4, size][..], options].concat(),
        (id::BLOSC | id::BLOSC2, [_, _, _, _, level, ..]) if *level > 9 => {
            return Err(Error::usage("the level of Blosc is 0 to 9"));
        }
        (id::BLOSC, [_, _, _, _, level, shuffle, codec]) => {
            let size = if target.base_size() > 255 { 1 } else { target.base_size() };
            vec![2, 2, size, target.bytes()?, *level, *shuffle, *codec]
        }
        (id::BLOSC2, [_, _, _, _, level, filter, codec, ..]) => {
            let mut all = vec![1, 0, target.base_size(), target.bytes()?, *level, *filter, *codec];
            let is_array = matches!(target.datatype.class, DatatypeClass::Array(_));
            // The dimensions count elements of the size above, which those of arrays do not have.
            if (2..=8).contains(&target.chunk.len()) && !is_array {
                all.push(target.chunk.len() as u32);
                all.extend(target.chunk.iter().map(|dim| *dim as u32));
            }
            all
        }
        _ => given,
    };
    Ok(())
}

/// Bytes, order, precision and offset of a number.
fn number(datatype: &Datatype) -> Option<(ByteOrder, u32, u32)> {
    let (order, precision, offset) = match &datatype.class {
        DatatypeClass::Integer(integer) => (integer.order, integer.precision, integer.bit_offset),
        DatatypeClass::Float(float) => (float.order, float.precision, float.bit_offset),
        _ => return None,
    };
    Some((order, u32::from(precision), u32::from(offset)))
}

fn szip(options: u32, pixels: u32, target: &Target<'_>) -> Result<Vec<u32>> {
    const LITTLE: u32 = 8;
    const BIG: u32 = 16;
    const MAX_BLOCKS: u32 = 128;
    const MAX_LINE: u32 = 4096;
    let full = target.datatype.size.saturating_mul(8);
    let found = match &target.datatype.class {
        DatatypeClass::Bitfield(bits) => {
            Some((bits.order, u32::from(bits.precision), u32::from(bits.bit_offset)))
        }
        DatatypeClass::Enum(of) => number(&of.base),
        _ => number(target.datatype),
    };
    let (order, precision, offset) = found.ok_or_else(|| Error::usage("szip works on numbers only"))?;
    let order = match order {
        ByteOrder::Little => LITTLE,
        ByteOrder::Big => BIG,
        ByteOrder::Vax => return Err(Error::usage("szip does not know the byte order of the VAX")),
    };
    let bits = match if precision < full && offset != 0 { full } else { precision } {
        bits @ 1..=24 => bits,
        25..=32 => 32,
        33..=64 => 64,
        _ => return Err(Error::usage("szip works on numbers of up to 64 bits")),
    };
    if !pixels.is_multiple_of(2) || !(2..=32).contains(&pixels) {
        return Err(Error::usage("szip blocks have an even number of elements, 2 to 32"));
    }
    let longest = pixels.saturating_mul(MAX_BLOCKS);
    let last = target.chunk.last().copied().unwrap_or(0);
    let line = match u32::try_from(last).unwrap_or(u32::MAX) {
        line if line < pixels => {
            let elements = target.elements()?;
            if elements < pixels {
                return Err(Error::usage("szip blocks of more elements than a chunk has"));
            }
            longest.min(elements)
        }
        line if line <= MAX_LINE => longest.min(line),
        _ => longest,
    };
    Ok(vec![options & !(LITTLE | BIG) | order, pixels, bits, line])
}

fn nbit(target: &Target<'_>) -> Result<Vec<u32>> {
    let mut all = vec![0, 1, target.elements()?];
    let mut identity = true;
    nbit_type(target.datatype, &mut all, &mut identity)?;
    let count = all.len() as u32;
    if let [number, is_identity, ..] = &mut all[..] {
        (*number, *is_identity) = (count, u32::from(identity));
    }
    Ok(all)
}

/// Appends the description of a type, and notes whether it has bits that are not significant.
fn nbit_type(datatype: &Datatype, all: &mut Vec<u32>, identity: &mut bool) -> Result<()> {
    if let Some((order, precision, offset)) = number(datatype) {
        let order = match order {
            ByteOrder::Little => 0,
            ByteOrder::Big => 1,
            ByteOrder::Vax => return Err(Error::usage("n-bit does not know the byte order of the VAX")),
        };
        all.extend([1, datatype.size, order, precision, offset]);
        *identity &= offset == 0 && precision == datatype.size.saturating_mul(8);
        return Ok(());
    }
    match &datatype.class {
        DatatypeClass::Array(array) => {
            all.extend([2, datatype.size]);
            nbit_type(&array.base, all, identity)
        }
        DatatypeClass::Compound(compound) => {
            all.extend([3, datatype.size, compound.members.len() as u32]);
            compound.members.iter().try_for_each(|member| {
                all.push(member.offset);
                nbit_type(&member.datatype, all, identity)
            })
        }
        _ => {
            all.extend([4, datatype.size]);
            Ok(())
        }
    }
}

fn scale_offset(scale: u32, factor: u32, target: &Target<'_>) -> Result<Vec<u32>> {
    const INTEGERS: u32 = 2;
    let size = target.datatype.size;
    let (class, sign, order) = match &target.datatype.class {
        DatatypeClass::Integer(integer) if scale == INTEGERS => (0, u32::from(integer.signed), integer.order),
        DatatypeClass::Float(float) if scale != INTEGERS => (1, 0, float.order),
        _ => return Err(Error::usage("scale-offset works on integers or floats, as its mode says")),
    };
    let big_endian = match order {
        ByteOrder::Little => false,
        ByteOrder::Big => true,
        ByteOrder::Vax => return Err(Error::usage("scale-offset does not know the byte order of the VAX")),
    };
    let mut all = vec![scale, factor, target.elements()?, class, size, sign, u32::from(big_endian)];
    all.push(u32::from(target.fill.is_some()));
    let mut fill = target.fill.unwrap_or_default().to_vec();
    if big_endian {
        fill.reverse();
    }
    fill.resize(8, 0);
    all.extend(fill.as_chunks().0.iter().map(|part| u32::from_le_bytes(*part)));
    all.resize(20, 0);
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::filter::{Bitshuffle, Blosc, SZip, ScaleOffset};

    fn completed(filter: FilterInfo, datatype: &Datatype, chunk: &[u64]) -> Result<Vec<u32>> {
        let mut filter = filter;
        complete(&mut filter, &Target { datatype, chunk, fill: Some(&[]) })?;
        Ok(filter.parameters)
    }

    #[test]
    fn parameters_are_those_of_the_c_library() {
        let float = Datatype::float32(ByteOrder::Little);
        let shape = [20, 30];
        let check = |filter, expected: &[u32]| {
            assert_eq!(completed(filter, &float, &shape).unwrap(), expected);
        };
        check(FilterInfo::shuffle(), &[4]);
        check(FilterInfo::bitshuffle(Bitshuffle::LZ4), &[0, 4, 4, 0, 2]);
        check(FilterInfo::blosc(Blosc::LZ4, 5, true), &[2, 2, 4, 2400, 5, 1, 1]);
        check(FilterInfo::blosc2(Blosc::BloscLZ, 5, true), &[1, 0, 4, 2400, 5, 1, 0, 2, 20, 30]);
        check(FilterInfo::lzf(), &[4, 261, 2400]);
        check(FilterInfo::nbit(), &[8, 1, 600, 1, 4, 0, 32, 0]);
        check(FilterInfo::szip(SZip::NearestNeighbor, 8), &[169, 8, 32, 30]);
        check(FilterInfo::szip(SZip::Entropy, 32), &[141, 32, 32, 600]);
        let mut scaled = vec![0, 3, 600, 1, 4, 0, 0, 1];
        scaled.resize(20, 0);
        check(FilterInfo::scale_offset(ScaleOffset::FloatDScale(3)), &scaled);
        assert!(completed(FilterInfo::szip(SZip::Entropy, 8), &float, &[7]).is_err());
        assert!(completed(FilterInfo::scale_offset(ScaleOffset::Integer(0)), &float, &shape).is_err());
        assert!(completed(FilterInfo::deflate(10), &float, &shape).is_err());
    }
}
