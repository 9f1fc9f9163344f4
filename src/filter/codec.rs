//! One filter with its parameters understood, ready to run.

use std::sync::Arc;

use super::{Filter, copy_prefix, deflate, fletcher32, id, names, registry, shuffle};
use crate::format::message::filter_pipeline::FilterInfo;
use crate::{Error, Result};

/// A filter that is available, with its parameters.
pub(super) enum Codec<'a> {
    Deflate(u32),
    Shuffle(usize),
    Fletcher32,
    /// Chunks stay as they are, or the filter needs no state of its own.
    Other(Box<dyn Coder>),
    Registered(Arc<dyn Filter>, &'a [u32]),
}

/// A filter with its parameters that works without a state.
pub(super) trait Coder {
    /// Whether chunks stay as they are.
    fn is_identity(&self) -> bool {
        false
    }

    /// Whether a chunk has the same length before and after.
    fn keeps_length(&self) -> bool {
        self.is_identity()
    }

    /// Whether chunks can be encoded, too.
    fn encodes(&self) -> bool {
        true
    }

    /// Decodes `input`, puts the first bytes of the result into `output` and tells how long the
    /// whole result is; a result longer than both `output` and `limit` is an error.
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64>;

    /// Appends the encoded `input` to `output`.
    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()>;
}

impl<'a> Codec<'a> {
    pub(super) fn new(info: &'a FilterInfo) -> Result<Self> {
        let parameters = &info.parameters[..];
        if let Some(filter) = registry::registered(info.id) {
            return Ok(Self::Registered(filter, parameters));
        }
        match info.id {
            id::DEFLATE => Ok(Self::Deflate(deflate::level(parameters)?)),
            id::SHUFFLE => Ok(Self::Shuffle(shuffle::element_size(parameters)?)),
            id::FLETCHER32 => Ok(Self::Fletcher32),
            _ => match coder(info.id, parameters) {
                Some(coder) => Ok(Self::Other(coder?)),
                None => Err(names::unavailable(info)),
            },
        }
    }

    /// How many bytes longer the filter makes every chunk, if that does not depend on the data.
    pub(super) fn growth(&self) -> Option<usize> {
        match self {
            Self::Shuffle(_) => Some(0),
            Self::Fletcher32 => Some(fletcher32::LEN),
            Self::Other(coder) if coder.keeps_length() => Some(0),
            Self::Deflate(_) | Self::Other(_) | Self::Registered(..) => None,
        }
    }

    /// Whether chunks can be encoded, too.
    pub(super) fn encodes(&self) -> bool {
        match self {
            Self::Other(coder) => coder.encodes(),
            _ => true,
        }
    }

    /// Whether the filter has no other purpose than to make chunks smaller.
    pub(super) fn compresses(&self) -> bool {
        match self {
            Self::Deflate(_) => true,
            Self::Other(coder) => !coder.keeps_length(),
            Self::Shuffle(_) | Self::Fletcher32 | Self::Registered(..) => false,
        }
    }

    /// Decodes `input`, puts the first bytes of the result into `output` and tells how long the
    /// whole result is.
    pub(super) fn decode(
        &self,
        input: &[u8],
        output: &mut [u8],
        limit: u64,
        deflate: &mut deflate::State,
    ) -> Result<u64> {
        match self {
            Self::Deflate(_) => return deflate::decode(deflate, input, output, limit),
            Self::Shuffle(size) if input.len() == output.len() => shuffle::decode(*size, input, output),
            Self::Shuffle(size) => {
                let mut decoded = vec![0; input.len()];
                shuffle::decode(*size, input, &mut decoded);
                copy_prefix(&decoded, output);
            }
            Self::Fletcher32 => {
                let data = fletcher32::decode(input)?;
                copy_prefix(data, output);
                return Ok(data.len() as u64);
            }
            Self::Other(coder) if coder.is_identity() => copy_prefix(input, output),
            Self::Other(coder) => return coder.decode(input, output, limit),
            Self::Registered(filter, parameters) => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let decoded = filter
                    .decode(parameters, input, limit)
                    .map_err(|error| Error::format(format!("filter {}: {error}", filter.name())))?;
                copy_prefix(&decoded, output);
                return Ok(decoded.len() as u64);
            }
        }
        Ok(input.len() as u64)
    }

    /// Appends the encoded `input` to `output`, or leaves `output` alone where the filter has
    /// nothing to change, and tells which.
    pub(super) fn encode(
        &self,
        input: &[u8],
        output: &mut Vec<u8>,
        deflate: &mut deflate::State,
    ) -> Result<bool> {
        match self {
            Self::Deflate(level) => deflate::encode(deflate, *level, input, output)?,
            Self::Shuffle(size) if shuffle::is_identity(*size, input.len()) => return Ok(false),
            Self::Shuffle(size) => shuffle::encode(*size, input, output),
            Self::Fletcher32 => {
                output.reserve(input.len().saturating_add(fletcher32::LEN));
                output.extend_from_slice(input);
                fletcher32::encode(output);
            }
            Self::Other(coder) if coder.is_identity() => return Ok(false),
            Self::Other(coder) => coder.encode(input, output)?,
            Self::Registered(filter, parameters) => {
                *output = filter
                    .encode(parameters, input)
                    .map_err(|error| Error::usage(format!("filter {}: {error}", filter.name())))?;
            }
        }
        Ok(true)
    }
}

/// The built-in filter of that number, unless its feature is off.
fn coder(id: u16, parameters: &[u32]) -> Option<Result<Box<dyn Coder>>> {
    fn boxed<C: Coder + 'static>(coder: Result<C>) -> Option<Result<Box<dyn Coder>>> {
        Some(coder.map(|coder| Box::new(coder) as Box<dyn Coder>))
    }
    match id {
        id::SZIP => boxed(super::szip::Parameters::new(parameters)),
        id::NBIT => boxed(super::nbit::Parameters::new(parameters)),
        id::SCALE_OFFSET => boxed(super::scale_offset::Parameters::new(parameters)),
        id::LZF => boxed(Ok(super::lzf::Lzf)),
        #[cfg(feature = "bzip2")]
        id::BZIP2 => boxed(super::bzip2::Bzip2::new(parameters)),
        #[cfg(feature = "lz4")]
        id::LZ4 => boxed(Ok(super::lz4::Lz4::new(parameters))),
        #[cfg(feature = "zstd")]
        id::ZSTD => boxed(Ok(super::zstd::Zstd)),
        #[cfg(feature = "bitshuffle")]
        id::BITSHUFFLE => boxed(super::bitshuffle::Parameters::new(parameters)),
        #[cfg(feature = "blosc")]
        id::BLOSC => boxed(Ok(super::blosc::Blosc::first(parameters))),
        #[cfg(feature = "blosc")]
        id::BLOSC2 => boxed(Ok(super::blosc::Blosc::second(parameters))),
        #[cfg(feature = "zfp")]
        id::ZFP => boxed(super::zfp::Parameters::new(parameters)),
        #[cfg(feature = "sperr")]
        id::SPERR => boxed(super::sperr::Parameters::new(parameters)),
        #[cfg(feature = "jpegls")]
        id::JPEG_LS => boxed(Ok(super::jpegls::JpegLs)),
        _ => None,
    }
}

/// Whether the library has the filter of that number.
pub(super) fn is_built_in(id: u16) -> bool {
    matches!(id, id::DEFLATE | id::SHUFFLE | id::FLETCHER32) || coder(id, &[]).is_some()
}

/// `len` zeros, unless memory does not suffice.
pub(super) fn zeros<T: Copy + Default>(len: usize) -> Result<Vec<T>> {
    let mut zeros = Vec::new();
    zeros
        .try_reserve_exact(len)
        .map_err(|_| Error::limit(format!("no memory for {len} elements of a chunk")))?;
    zeros.resize(len, T::default());
    Ok(zeros)
}

/// Lets `fill` write a result of `total` bytes: into `output`, or where that is too short into a
/// buffer whose first bytes go to `output`.
///
/// # Errors
/// `Limit` if the result is longer than both `output` and `limit`, and those of `fill`.
pub(super) fn decode_whole(
    total: u64,
    output: &mut [u8],
    limit: u64,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<u64> {
    let len = usize::try_from(total).unwrap_or(usize::MAX);
    if let Some(output) = output.get_mut(..len) {
        fill(output)?;
        return Ok(total);
    }
    if total > limit {
        let wanted = output.len();
        return Err(Error::limit(format!("a chunk decodes to {total} bytes, of which {wanted} are wanted")));
    }
    let mut whole = zeros(len)?;
    fill(&mut whole)?;
    copy_prefix(&whole, output);
    Ok(total)
}
