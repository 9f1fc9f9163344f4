//! Filters: what chunks go through between memory and file.
//!
//! A dataset's filters form a pipeline; each filter is a file of this folder, headed by its
//! number, parameters and an example, and works on byte slices alone, so that chunks can be
//! filtered on any thread. [`register`] adds filters that are not built in.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(feature = "bitshuffle")]
mod bitplanes;
mod bits;
#[cfg(feature = "bitshuffle")]
mod bitshuffle;
#[cfg(feature = "blosc")]
mod blosc;
#[cfg(feature = "bzip2")]
mod bzip2;
mod codec;
mod deflate;
mod describe;
pub(crate) mod fletcher32;
#[cfg(feature = "jpegls")]
mod jpegls;
#[cfg(feature = "lz4")]
mod lz4;
mod lzf;
mod names;
mod nbit;
mod parameters;
mod pipeline;
mod registry;
mod scale_offset;
mod shuffle;
#[cfg(feature = "sperr")]
mod sperr;
mod szip;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests;
#[cfg(feature = "zfp")]
mod zfp;
#[cfg(feature = "zstd")]
mod zstd;

pub use crate::format::message::filter_pipeline::FilterInfo;
pub(crate) use describe::prepare;
pub use describe::{Bitshuffle, Blosc, BloscShuffle, SZip, ScaleOffset, ZfpMode};
pub(crate) use parameters::Target;
pub(crate) use pipeline::{Pipeline, Scratch};
pub use registry::{Filter, FilterError, register};

/// The identification numbers of the built-in filters.
pub mod id {
    /// Deflate, the compression of zlib.
    pub const DEFLATE: u16 = 1;
    /// Shuffle: the bytes of elements regrouped by significance.
    pub const SHUFFLE: u16 = 2;
    /// Fletcher32 checksum.
    pub const FLETCHER32: u16 = 3;
    /// Szip, the adaptive entropy coding of CCSDS 121.0-B.
    pub const SZIP: u16 = 4;
    /// N-bit: only the significant bits of numbers.
    pub const NBIT: u16 = 5;
    /// Scale-offset: numbers as distances from the smallest, in as few bits as they need.
    pub const SCALE_OFFSET: u16 = 6;
    /// bzip2, which PyTables brought.
    pub const BZIP2: u16 = 307;
    /// LZF, a fast compression that h5py brought.
    pub const LZF: u16 = 32_000;
    /// Blosc: blocks of shuffled elements, compressed by one of several codecs.
    pub const BLOSC: u16 = 32_001;
    /// LZ4, a fast compression.
    pub const LZ4: u16 = 32_004;
    /// Bitshuffle: elements as planes of bits, compressed or not.
    pub const BITSHUFFLE: u16 = 32_008;
    /// ZFP: blocks of numbers at a bound of size or error.
    pub const ZFP: u16 = 32_013;
    /// Zstandard.
    pub const ZSTD: u16 = 32_015;
    /// JPEG-LS, which EUMETSAT brought with FCIDECOMP; chunks can only be read.
    pub const JPEG_LS: u16 = 32_018;
    /// Blosc 2, whose chunks have several dimensions.
    pub const BLOSC2: u16 = 32_026;
    /// SPERR: wavelet coefficients of floats; chunks can only be read.
    pub const SPERR: u16 = 32_028;
}

/// Bit 0 of a filter's flags: a chunk that it cannot process is stored without it.
pub(crate) const OPTIONAL: u16 = 1;

/// Whether chunks with this filter can be read now. They can be written, too, unless the filter is JPEG-LS or
/// SPERR: then an optional filter is left out, and a mandatory one is an error.
pub fn is_available(id: u16) -> bool {
    codec::is_built_in(id) || registry::registered(id).is_some()
}

/// As many bytes of `from` as `to` takes.
fn copy_prefix(from: &[u8], to: &mut [u8]) {
    let len = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) {
        to.copy_from_slice(from);
    }
}
