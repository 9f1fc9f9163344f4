//! ZFP, filter 32013: numbers in blocks of 4 in each dimension, lossy to a chosen rate, precision or
//! error, or reversible. Notes: format-spec-notes/filters.md.
//!
//! Parameters in a file: a word of versions, and behind it ZFP's own header as a bit string, least
//! significant bits first: the magic bytes `zfp` and 5, 52 bits of metadata (type, rank, shape), and
//! the mode in 12 bits or, if these are all ones, 64. `10105111 0570667a 00000ff3 02f00000` is plug-in
//! 1.1.1 with ZFP 1.0.1, 256 doubles, 12 bits a number. On a big-endian machine the bytes of each
//! word stand in the other order, and so do those of the elements. Parameters as a user gives them,
//! before there is a dataset, start with the mode's number: see [`ZfpMode`].
//!
//! A chunk is the blocks of the array, each behind the other to the bit, and zeros up to a byte.
//! A block of floats is 1 bit (0: all zero), the exponent of the largest, and the bit planes of its
//! transformed coefficients from the most significant one on. Eight doubles `0` at any accuracy are
//! two blocks, and one byte `00`.

mod blocks;
mod header;
#[cfg(test)]
mod tests;

use zfp_rs::{ZfpConfig, ZfpDimensionality, ZfpFieldMetadata, ZfpScalarType, ZfpStreamAlignment};

use super::codec::Coder;
use super::{Target, ZfpMode};
use crate::format::message::datatype::{ByteOrder, Datatype, DatatypeClass};
use crate::{Error, Result};

fn bad(what: impl Into<String>) -> Error {
    Error::format(what.into()).in_structure("ZFP filter")
}

/// The mode that a user's parameters give.
fn mode(parameters: &[u32]) -> Option<ZfpMode> {
    let double = |low: u32, high: u32| f64::from_bits(u64::from(high) << 32 | u64::from(low));
    Some(match *parameters {
        [ZfpMode::RATE, _, low, high, ..] => ZfpMode::Rate(double(low, high)),
        [ZfpMode::PRECISION, _, planes, ..] => ZfpMode::Precision(planes),
        [ZfpMode::ACCURACY, _, low, high, ..] => ZfpMode::Accuracy(double(low, high)),
        [ZfpMode::REVERSIBLE, ..] => ZfpMode::Reversible,
        [ZfpMode::EXPERT, _, min_bits, max_bits, max_precision, exponent, ..] => {
            ZfpMode::Expert { min_bits, max_bits, max_precision, min_exponent: exponent.cast_signed() }
        }
        _ => return None,
    })
}

fn config(mode: ZfpMode, metadata: &ZfpFieldMetadata) -> Result<ZfpConfig> {
    let config = match mode {
        ZfpMode::Rate(rate) => rank(metadata).and_then(|rank| {
            ZfpConfig::fixed_rate(rate, metadata.scalar_type, rank, ZfpStreamAlignment::Unaligned).ok()
        }),
        ZfpMode::Precision(planes) => (1..=64).contains(&planes).then(|| ZfpConfig::fixed_precision(planes)),
        ZfpMode::Accuracy(error) => {
            (error >= 0.0 && error.is_finite()).then(|| ZfpConfig::fixed_accuracy(error))
        }
        ZfpMode::Reversible => Some(ZfpConfig::reversible()),
        ZfpMode::Expert { min_bits, max_bits, max_precision, min_exponent } => {
            ZfpConfig::expert(min_bits, max_bits, max_precision, min_exponent).ok()
        }
    };
    config.ok_or_else(|| Error::usage(format!("ZFP cannot work with {mode:?}")))
}

fn rank(metadata: &ZfpFieldMetadata) -> Option<ZfpDimensionality> {
    let rank = metadata.dims.iter().filter(|&&dim| dim > 0).count() as u32;
    ZfpDimensionality::try_from(rank).ok()
}

/// The parameters of a file, understood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    config: ZfpConfig,
    metadata: ZfpFieldMetadata,
    order: ByteOrder,
}

impl Parameters {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        header::decode(parameters)
    }

    /// Bytes of a chunk in memory.
    fn len(&self) -> Option<usize> {
        let elements = self.metadata.dims.iter().filter(|&&dim| dim > 0);
        elements.copied().try_fold(self.metadata.scalar_type.size(), usize::checked_mul)
    }
}

impl Coder for Parameters {
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let len = self.len().filter(|&len| len as u64 <= limit.max(output.len() as u64));
        let len = len.ok_or_else(|| Error::limit("a chunk of the ZFP filter exceeds the limit"))?;
        match self.metadata.scalar_type {
            ZfpScalarType::I32 => blocks::decode::<i32>(self, input, output),
            ZfpScalarType::I64 => blocks::decode::<i64>(self, input, output),
            ZfpScalarType::F32 => blocks::decode::<f32>(self, input, output),
            ZfpScalarType::F64 => blocks::decode::<f64>(self, input, output),
        }?;
        Ok(len as u64)
    }

    /// `Usage` is the error for a chunk of another length than the parameters say, and for values
    /// that a lossy mode would destroy: those not finite, and integers that do not leave two bits
    /// free.
    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        if self.len() != Some(input.len()) {
            return Err(Error::usage("a chunk of another shape than the parameters of its ZFP filter say"));
        }
        match self.metadata.scalar_type {
            ZfpScalarType::I32 => blocks::encode::<i32>(self, input, output),
            ZfpScalarType::I64 => blocks::encode::<i64>(self, input, output),
            ZfpScalarType::F32 => blocks::encode::<f32>(self, input, output),
            ZfpScalarType::F64 => blocks::encode::<f64>(self, input, output),
        }
    }
}

/// The parameters for a new dataset, from those that a user gives, or those of another dataset.
pub(super) fn complete(given: &[u32], target: &Target<'_>) -> Result<Vec<u32>> {
    let metadata = metadata(target.datatype, target.chunk)?;
    let config = match header::decode(given) {
        Ok(known) => known.config,
        Err(_) if given.is_empty() => ZfpConfig::new(),
        Err(_) => {
            let mode = mode(given).ok_or_else(|| Error::usage("the parameters of ZFP give no mode"))?;
            config(mode, &metadata)?
        }
    };
    let unsigned = matches!(&target.datatype.class, DatatypeClass::Integer(integer) if !integer.signed);
    if unsigned && config.mode() != zfp_rs::ZfpMode::Reversible {
        return Err(Error::usage(
            "ZFP takes unsigned integers for signed ones: only reversible mode keeps them",
        ));
    }
    header::encode(&config, &metadata)
}

/// What ZFP has to know of a chunk: its type, and its dimensions above 1, the fastest first.
fn metadata(datatype: &Datatype, chunk: &[u64]) -> Result<ZfpFieldMetadata> {
    let scalar_type = match (&datatype.class, datatype.size) {
        (DatatypeClass::Integer(integer), 4) if integer.order == ByteOrder::Little => ZfpScalarType::I32,
        (DatatypeClass::Integer(integer), 8) if integer.order == ByteOrder::Little => ZfpScalarType::I64,
        _ if *datatype == Datatype::float32(ByteOrder::Little) => ZfpScalarType::F32,
        _ if *datatype == Datatype::float64(ByteOrder::Little) => ZfpScalarType::F64,
        _ => {
            let what = "ZFP compresses little-endian integers and IEEE floats of 32 and 64 bits";
            return Err(Error::usage(what));
        }
    };
    let mut dims = [0; 4];
    let used = chunk.iter().rev().filter(|&&dim| dim > 1);
    let rank = used.clone().count();
    if !(1..=dims.len()).contains(&rank) {
        return Err(Error::usage("ZFP compresses chunks with one to four dimensions above 1"));
    }
    for (to, &dim) in dims.iter_mut().zip(used) {
        *to = usize::try_from(dim).map_err(|_| Error::limit("a chunk exceeds the address space"))?;
    }
    Ok(ZfpFieldMetadata { scalar_type, dims })
}
