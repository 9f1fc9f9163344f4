//! Fill value messages, old (0x0004) and new (0x0005). Specification IV.A.2.e and IV.A.2.f.

use super::MessageBody;
use crate::Result;
use crate::format::{Reader, Structure, Writer};

/// The value of elements that were never written, and when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FillValue {
    /// Message version, 1 to 3.
    pub(crate) version: u8,
    pub(crate) allocation: AllocationTime,
    pub(crate) write_time: FillTime,
    pub(crate) value: Fill,
}

impl FillValue {
    /// The fill value of a dataset whose header has none.
    pub(crate) fn zeros() -> Self {
        Self {
            version: 2,
            allocation: AllocationTime::Late,
            write_time: FillTime::IfSet,
            value: Fill::Default,
        }
    }
}

/// What the fill value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fill {
    /// The library's default: zeros.
    Default,
    /// None: what was never written is undefined.
    Undefined,
    /// These bytes, one element of the dataset's type; never empty.
    Value(Vec<u8>),
}

/// When the space for raw data is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AllocationTime {
    /// As suits the layout; the C library resolves this before it writes a file.
    Default,
    /// At creation.
    Early,
    /// At the first write.
    Late,
    /// Piece by piece, as chunks are written.
    Incremental,
}

/// When fill values are written to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FillTime {
    /// When space is allocated.
    OnAllocation,
    /// Never.
    Never,
    /// When space is allocated, if the user set a value.
    IfSet,
}

impl AllocationTime {
    /// From the low two bits of the stored code.
    fn from_code(code: u8) -> Self {
        match code & 3 {
            0 => Self::Default,
            1 => Self::Early,
            2 => Self::Late,
            _ => Self::Incremental,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Early => 1,
            Self::Late => 2,
            Self::Incremental => 3,
        }
    }
}

impl FillTime {
    fn from_code(code: u8, r: &Reader<'_>) -> Result<Self> {
        match code {
            0 => Ok(Self::OnAllocation),
            1 => Ok(Self::Never),
            2 => Ok(Self::IfSet),
            _ => Err(r.unsupported("fill value write time", format!("code {code}"))),
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::OnAllocation => 0,
            Self::Never => 1,
            Self::IfSet => 2,
        }
    }
}

/// Version 3 flags: undefined, and a value present.
const UNDEFINED: u8 = 0x10;
const HAS_VALUE: u8 = 0x20;

impl Structure for FillValue {
    const NAME: &'static str = "Fill value message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        let (allocation, write_time, value) = match version {
            1 | 2 => {
                let allocation = match r.u8()? {
                    code @ 0..=3 => AllocationTime::from_code(code),
                    code => return Err(r.unsupported("space allocation time", format!("code {code}"))),
                };
                let write_time = r.u8()?;
                let write_time = FillTime::from_code(write_time, r)?;
                let value = if r.u8()? != 0 {
                    sized_value(r)?
                } else {
                    // Version 1 has a size even so, but later libraries read and wrote it without.
                    if version == 1 && r.remaining() >= 4 {
                        r.skip(4)?;
                    }
                    Fill::Undefined
                };
                (allocation, write_time, value)
            }
            3 => {
                let flags = r.u8()?;
                let value = match flags & (UNDEFINED | HAS_VALUE) {
                    0 => Fill::Default,
                    UNDEFINED => Fill::Undefined,
                    HAS_VALUE => sized_value(r)?,
                    _ => return Err(r.error("flags", "the fill value is both defined and undefined")),
                };
                if flags & 0xc0 != 0 {
                    return Err(r.unsupported("flags", format!("flags {flags:#04x}")));
                }
                (AllocationTime::from_code(flags), FillTime::from_code((flags >> 2) & 3, r)?, value)
            }
            _ => return Err(r.unsupported("version", format!("version {version}"))),
        };
        Ok(Self { version, allocation, write_time, value })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(self.version);
        if self.version < 3 {
            w.u8(self.allocation.code());
            w.u8(self.write_time.code());
            w.u8(u8::from(self.value != Fill::Undefined));
            match &self.value {
                Fill::Undefined if self.version > 1 => {}
                Fill::Undefined | Fill::Default => w.u32(0),
                Fill::Value(bytes) => write_sized(w, bytes),
            }
        } else {
            let value_flags = match self.value {
                Fill::Default => 0,
                Fill::Undefined => UNDEFINED,
                Fill::Value(_) => HAS_VALUE,
            };
            w.u8(self.allocation.code() | (self.write_time.code() << 2) | value_flags);
            if let Fill::Value(bytes) = &self.value {
                write_sized(w, bytes);
            }
        }
    }
}

impl MessageBody for FillValue {
    const TYPE: u16 = 0x0005;
}

/// A signed size, then as many bytes. Nothing but the sign tells undefined (-1) from the default (0).
fn sized_value(r: &mut Reader<'_>) -> Result<Fill> {
    let size = r.u32()?;
    Ok(match size {
        0 => Fill::Default,
        0x8000_0000.. => Fill::Undefined,
        _ => Fill::Value(r.bytes(size as usize)?.to_vec()),
    })
}

fn write_sized(w: &mut Writer, bytes: &[u8]) {
    // The size is signed.
    match i32::try_from(bytes.len()) {
        Ok(size) => w.u32(size.cast_unsigned()),
        Err(_) => w.overflow("size"),
    }
    w.bytes(bytes);
}

/// The old fill value message (0x0004): a value for old readers, next to the new message.
///
/// Specification IV.A.2.e.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldFillValue {
    /// One element of the dataset's type; empty if the fill value is undefined.
    pub(crate) value: Vec<u8>,
}

impl Structure for OldFillValue {
    const NAME: &'static str = "Fill value message (old)";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let size = r.u32()?;
        Ok(Self { value: r.bytes(size as usize)?.to_vec() })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.uint(self.value.len() as u64, 4, "size");
        w.bytes(&self.value);
    }
}

impl MessageBody for OldFillValue {
    const TYPE: u16 = 0x0004;
}

impl From<OldFillValue> for FillValue {
    /// What a dataset that has only the old message asks for.
    fn from(old: OldFillValue) -> Self {
        let value = if old.value.is_empty() { Fill::Undefined } else { Fill::Value(old.value) };
        Self { version: 2, allocation: AllocationTime::Late, write_time: FillTime::IfSet, value }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    fn fill_values() -> impl Strategy<Value = FillValue> {
        let value = prop_oneof![
            Just(Fill::Default),
            Just(Fill::Undefined),
            prop::collection::vec(any::<u8>(), 1..40).prop_map(Fill::Value)
        ];
        (1..=3_u8, 0..=3_u8, 0..=2_u8, value).prop_map(|(version, allocation, time, value)| FillValue {
            version,
            allocation: AllocationTime::from_code(allocation),
            write_time: [FillTime::OnAllocation, FillTime::Never, FillTime::IfSet][usize::from(time)],
            value,
        })
    }

    structure_tests! {
        fill_value: FillValue, context = (), values = fill_values(),
        real = ["0202020100000000", "0201010100000000", "02030201020000000700", "030a", "0305", "032b020000000700"],
        checksum = false
    }

    structure_tests! {
        old_fill_value: OldFillValue, context = (),
        values = prop::collection::vec(any::<u8>(), 0..40).prop_map(|value| OldFillValue { value }),
        real = ["020000000700"], checksum = false
    }
}
