//! One filter with its parameters understood, ready to run.

use std::sync::Arc;

use super::{Filter, copy_prefix, deflate, fletcher32, id, lzf, nbit, registry, scale_offset, shuffle, szip};
use crate::format::message::filter_pipeline::FilterInfo;
use crate::{Error, Result};

/// A filter that is available, with its parameters.
pub(super) enum Codec<'a> {
    Deflate(u32),
    Shuffle(usize),
    Fletcher32,
    Nbit(nbit::Parameters),
    ScaleOffset(scale_offset::Parameters),
    Szip(szip::Parameters),
    Lzf,
    Registered(Arc<dyn Filter>, &'a [u32]),
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
            id::NBIT => Ok(Self::Nbit(nbit::Parameters::new(parameters)?)),
            id::SCALE_OFFSET => Ok(Self::ScaleOffset(scale_offset::Parameters::new(parameters)?)),
            id::SZIP => Ok(Self::Szip(szip::Parameters::new(parameters)?)),
            id::LZF => Ok(Self::Lzf),
            id => {
                let name = info.name.as_deref().unwrap_or("no name stored");
                Err(Error::unsupported(format!("filter {id} ({name}) is not available")))
            }
        }
    }

    /// How many bytes longer the filter makes every chunk, if that does not depend on the data.
    pub(super) fn growth(&self) -> Option<usize> {
        match self {
            Self::Shuffle(_) => Some(0),
            Self::Fletcher32 => Some(fletcher32::LEN),
            Self::Nbit(parameters) if parameters.is_identity() => Some(0),
            Self::ScaleOffset(parameters) if parameters.is_identity() => Some(0),
            Self::Deflate(_)
            | Self::Nbit(_)
            | Self::ScaleOffset(_)
            | Self::Szip(_)
            | Self::Lzf
            | Self::Registered(..) => None,
        }
    }

    /// Whether the filter has no other purpose than to make chunks smaller.
    pub(super) fn compresses(&self) -> bool {
        matches!(self, Self::Deflate(_) | Self::Nbit(_) | Self::ScaleOffset(_) | Self::Szip(_) | Self::Lzf)
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
            Self::Nbit(parameters) if parameters.is_identity() => copy_prefix(input, output),
            Self::Nbit(parameters) => {
                parameters.decode(input, output)?;
                return Ok(output.len() as u64);
            }
            Self::ScaleOffset(parameters) if parameters.is_identity() => copy_prefix(input, output),
            Self::ScaleOffset(parameters) => {
                parameters.decode(input, output)?;
                return Ok(output.len() as u64);
            }
            Self::Szip(parameters) => {
                parameters.decode(input, output)?;
                return Ok(output.len() as u64);
            }
            Self::Lzf => return lzf::decode(input, output),
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
            Self::Nbit(parameters) if parameters.is_identity() => return Ok(false),
            Self::Nbit(parameters) => parameters.encode(input, output)?,
            Self::ScaleOffset(parameters) if parameters.is_identity() => return Ok(false),
            Self::ScaleOffset(parameters) => parameters.encode(input, output)?,
            Self::Szip(parameters) => parameters.encode(input, output)?,
            Self::Lzf => lzf::encode(input, output),
            Self::Registered(filter, parameters) => {
                *output = filter
                    .encode(parameters, input)
                    .map_err(|error| Error::usage(format!("filter {}: {error}", filter.name())))?;
            }
        }
        Ok(true)
    }
}
