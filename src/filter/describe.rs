//! Filters as a user asks for them.

use super::parameters::{Target, complete};
use super::{FilterInfo, OPTIONAL, codec, id, names, pipeline};
use crate::{Error, Result};

/// How szip codes elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SZip {
    /// As they are.
    Entropy,
    /// By how far they are from the one before.
    NearestNeighbor,
}

/// What scale-offset stores of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScaleOffset {
    /// Integers in this many bits, or in as many as they need for 0.
    Integer(u16),
    /// Floating-point numbers, rounded to this many decimal digits.
    FloatDScale(u8),
}

/// What compresses the planes of [`FilterInfo::bitshuffle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bitshuffle {
    /// Nothing.
    None,
    /// LZ4.
    LZ4,
    /// Zstandard.
    ZStd,
}

/// The codecs of Blosc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blosc {
    /// Blosc's own.
    BloscLZ,
    /// LZ4.
    LZ4,
    /// LZ4, named as written with more effort.
    LZ4HC,
    /// Snappy, which Blosc 2 does not have.
    Snappy,
    /// zlib.
    ZLib,
    /// Zstandard.
    ZStd,
}

/// How Blosc sorts the bytes of elements before it compresses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BloscShuffle {
    /// Not at all.
    None,
    /// Bytes of the same significance together.
    #[default]
    Byte,
    /// Bits of the same significance together.
    Bit,
}

/// What ZFP holds to when it compresses numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ZfpMode {
    /// So many bits for each number, on average over each block of 4, 16, 64 or 256 of them.
    Rate(f64),
    /// So many bit planes of each block: a bound of the relative error, roughly.
    Precision(u32),
    /// A bound of the absolute error.
    Accuracy(f64),
    /// Every bit as it was.
    Reversible,
    /// ZFP's own parameters.
    Expert {
        /// The fewest bits of a block.
        min_bits: u32,
        /// The most bits of a block.
        max_bits: u32,
        /// The most bit planes of a block, 1 to 64.
        max_precision: u32,
        /// The exponent of the smallest bit plane; below -1074 is reversible.
        min_exponent: i32,
    },
}

impl ZfpMode {
    pub(super) const RATE: u32 = 1;
    pub(super) const PRECISION: u32 = 2;
    pub(super) const ACCURACY: u32 = 3;
    pub(super) const EXPERT: u32 = 4;
    pub(super) const REVERSIBLE: u32 = 5;
}

impl From<bool> for BloscShuffle {
    fn from(shuffle: bool) -> Self {
        if shuffle { Self::Byte } else { Self::None }
    }
}

/// Descriptions of filters, for [`DatasetBuilder::filter`](crate::DatasetBuilder::filter). What
/// depends on the dataset's type and chunks is added when the dataset is made.
impl FilterInfo {
    fn new(id: u16, flags: u16, parameters: Vec<u32>) -> Self {
        Self { id, name: None, flags, parameters }
    }

    /// Compression with deflate, at a level of 0 (none) to 9 (smallest).
    pub fn deflate(level: u8) -> Self {
        Self::new(id::DEFLATE, OPTIONAL, vec![u32::from(level)])
    }

    /// The bytes of each chunk's elements sorted by significance.
    pub fn shuffle() -> Self {
        Self::new(id::SHUFFLE, OPTIONAL, Vec::new())
    }

    /// A checksum for each chunk.
    pub fn fletcher32() -> Self {
        Self::new(id::FLETCHER32, 0, Vec::new())
    }

    /// Compression of numbers with szip, in blocks of 2 to 32 elements.
    pub fn szip(coding: SZip, px_per_block: u8) -> Self {
        // Bits 0 and 7 are always set: the coding of 1.x and no header of its own.
        let coding = match coding {
            SZip::Entropy => 4,
            SZip::NearestNeighbor => 32,
        };
        Self::new(id::SZIP, OPTIONAL, vec![coding | 1 | 128, u32::from(px_per_block)])
    }

    /// Only the significant bits of numbers.
    pub fn nbit() -> Self {
        Self::new(id::NBIT, OPTIONAL, Vec::new())
    }

    /// Numbers as distances from the smallest of their chunk.
    pub fn scale_offset(mode: ScaleOffset) -> Self {
        let parameters = match mode {
            ScaleOffset::Integer(bits) => vec![2, u32::from(bits)],
            ScaleOffset::FloatDScale(digits) => vec![0, u32::from(digits)],
        };
        Self::new(id::SCALE_OFFSET, OPTIONAL, parameters)
    }

    /// Compression with LZF, which h5py brought.
    pub fn lzf() -> Self {
        Self::new(id::LZF, OPTIONAL, Vec::new())
    }

    /// Compression with LZ4.
    pub fn lz4() -> Self {
        Self::new(id::LZ4, OPTIONAL, vec![0])
    }

    /// Compression with Zstandard. The level is noted in the file; this library's own effort is
    /// that of level 1.
    pub fn zstd(level: u8) -> Self {
        Self::new(id::ZSTD, OPTIONAL, vec![u32::from(level)])
    }

    /// Compression with bzip2, in blocks of 1 to 9 times 100,000 bytes.
    pub fn bzip2(block_size: u8) -> Self {
        Self::new(id::BZIP2, OPTIONAL, vec![u32::from(block_size)])
    }

    /// The bits of each chunk's elements sorted by significance, and compressed.
    pub fn bitshuffle(compression: Bitshuffle) -> Self {
        let parameters = match compression {
            Bitshuffle::None => vec![0, 0],
            Bitshuffle::LZ4 => vec![0, 2],
            Bitshuffle::ZStd => vec![0, 3, 3],
        };
        Self::new(id::BITSHUFFLE, OPTIONAL, parameters)
    }

    /// Compression with a codec of Blosc, at a level of 0 (none) to 9.
    pub fn blosc(codec: Blosc, level: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        let options = [u32::from(level), shuffle.into() as u32, codec as u32];
        Self::new(id::BLOSC, OPTIONAL, [&[0; 4][..], &options].concat())
    }

    /// Compression with a codec of Blosc 2, at a level of 0 (none) to 9.
    pub fn blosc2(codec: Blosc, level: u8, shuffle: impl Into<BloscShuffle>) -> Self {
        Self { id: id::BLOSC2, ..Self::blosc(codec, level, shuffle) }
    }

    /// Compression of numbers with ZFP. Chunks with values that a lossy mode would destroy (those not
    /// finite, integers from 2^30 or 2^62 on) are stored without it.
    pub fn zfp(mode: ZfpMode) -> Self {
        let double = |number, value: f64| {
            let bits = value.to_bits();
            vec![number, 0, bits as u32, (bits >> 32) as u32]
        };
        let parameters = match mode {
            ZfpMode::Rate(rate) => double(ZfpMode::RATE, rate),
            ZfpMode::Precision(planes) => vec![ZfpMode::PRECISION, 0, planes],
            ZfpMode::Accuracy(error) => double(ZfpMode::ACCURACY, error),
            ZfpMode::Reversible => vec![ZfpMode::REVERSIBLE],
            ZfpMode::Expert { min_bits, max_bits, max_precision, min_exponent } => {
                vec![ZfpMode::EXPERT, 0, min_bits, max_bits, max_precision, min_exponent.cast_unsigned()]
            }
        };
        Self::new(id::ZFP, OPTIONAL, parameters)
    }
}

/// The filters as the header of the dataset `target` describes them.
///
/// # Errors
/// `Usage` if a parameter is out of range, or the filters cannot work on the type, and `Unsupported` if a
/// mandatory one only reads.
pub(crate) fn prepare(filters: &[FilterInfo], target: &Target<'_>) -> Result<Vec<FilterInfo>> {
    if filters.len() > 32 {
        return Err(Error::usage("a dataset has at most 32 filters"));
    }
    let prepare = |filter: &FilterInfo| {
        let mut filter = filter.clone();
        complete(&mut filter, target)?;
        filter.name = filter.name.or_else(|| names::stored_name(filter.id).map(str::to_owned));
        if super::is_available(filter.id) {
            pipeline::check_encodes(&filter, &codec::Codec::new(&filter)?)?;
        }
        Ok(filter)
    };
    filters.iter().map(prepare).collect()
}
