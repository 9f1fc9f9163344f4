//! bzip2, filter 307 of the registry of The HDF Group, which PyTables brought.
//!
//! Parameter 0, where there is one, is the size of a block in 100,000 bytes, 1 to 9; reading does
//! not need it. A chunk is one bzip2 stream, which starts with `BZh` and the size of a block as a
//! digit; bytes after the stream do not matter.

use bzip2::{Action, Compress, Compression, Decompress, Status};

use super::codec::Coder;
use crate::{Error, Result};

/// The filter with its parameter.
pub(super) struct Bzip2 {
    block: u32,
}

/// How much effort to spend on repetitive input before another method takes over: the default.
const WORK_FACTOR: u32 = 30;

impl Bzip2 {
    pub(super) fn new(parameters: &[u32]) -> Result<Self> {
        match parameters {
            [] => Ok(Self { block: 9 }),
            [block @ 1..=9, ..] => Ok(Self { block: *block }),
            _ => Err(Error::format("the block size of the bzip2 filter is 1 to 9")),
        }
    }
}

impl Coder for Bzip2 {
    fn decode(&self, input: &[u8], output: &mut [u8], limit: u64) -> Result<u64> {
        let bad = |error: &dyn std::fmt::Display| Error::format(format!("invalid bzip2 stream: {error}"));
        let limit = limit.max(output.len() as u64);
        let mut stream = Decompress::new(false);
        let mut excess = Vec::new();
        loop {
            let before = (stream.total_in(), stream.total_out());
            let rest = input.get(before.0 as usize..).unwrap_or_default();
            let mut free = output.get_mut(before.1 as usize..).unwrap_or_default();
            if free.is_empty() {
                excess.resize(32 << 10, 0);
                free = &mut excess;
            }
            let status = stream.decompress(rest, free).map_err(|error| bad(&error))?;
            if stream.total_out() > limit {
                return Err(Error::limit("a bzip2 chunk is larger than the limit for chunks"));
            }
            if status == Status::StreamEnd {
                return Ok(stream.total_out());
            }
            if before == (stream.total_in(), stream.total_out()) {
                return Err(bad(&"it ends early"));
            }
        }
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let failed = |what: &dyn std::fmt::Display| Error::usage(format!("bzip2 failed: {what}"));
        let mut stream = Compress::new(Compression::new(self.block), WORK_FACTOR);
        output.reserve(input.len().saturating_add(input.len() / 100).saturating_add(600));
        loop {
            let consumed = stream.total_in() as usize;
            let rest = input.get(consumed..).unwrap_or_default();
            let before = (stream.total_in(), stream.total_out());
            match stream.compress_vec(rest, output, Action::Finish) {
                Ok(Status::StreamEnd) => return Ok(()),
                Ok(_) if output.len() == output.capacity() => output.reserve(64 << 10),
                Ok(_) if before == (stream.total_in(), stream.total_out()) => {
                    return Err(failed(&"no progress"));
                }
                Ok(_) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }
}
