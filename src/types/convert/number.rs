//! Numbers to numbers, bit fields and the values of enumerations among them.

use super::kernels::{Kernel, Native, Rules, kernel};
use super::layout::{Kind, Layout};
use super::soft::{self, Convert};
use super::strided::{Source, Target, transfer};
use super::{Op, mismatch};
use crate::format::message::datatype::{ByteOrder, Datatype, DatatypeClass};
use crate::types::describe::known_float;
use crate::types::native::{self, NATIVE};
use crate::{Error, Result};

/// Elements that are converted at a time when they are not in place.
const BLOCK: usize = 256;

/// The largest native number, in bytes.
const MAX_NATIVE: usize = 8;

#[derive(Debug)]
pub(crate) enum Numeric {
    /// The machine's own numbers, perhaps in the other byte order.
    Native { from: Stored, to: Stored, kernel: Kernel },
    /// Numbers of any layout, as the processor converts them; with `strict`, a value out of range is an error.
    Exact { from: Layout, to: Layout, strict: bool },
    /// Floats of any layout, as the C library converts them by itself.
    Soft { from: Layout, to: Layout, convert: Convert },
    /// The low bits of bit fields.
    Bits { from: Layout, to: Layout },
}

/// A native number as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored {
    size: usize,
    swap: bool,
}

/// The conversion, if both types are numeric.
pub(crate) fn compile(from: &Datatype, to: &Datatype) -> Result<Option<Op>> {
    let (Some(a), Some(b)) = (Layout::of(from)?, Layout::of(to)?) else { return Ok(None) };
    let (from_number, to_number) = (values(from), values(to));
    if from_number == to_number {
        return Ok(Some(Op::Copy));
    }
    let is_float = |layout: &Layout| matches!(layout.kind, Kind::Float(_));
    if a.kind == Kind::Bits && b.kind == Kind::Bits {
        return Ok(Some(Op::Number(Numeric::Bits { from: a, to: b })));
    }
    if a.kind == Kind::Bits || b.kind == Kind::Bits || matches!(to.class, DatatypeClass::Enum(_)) {
        // The C library has no such conversions, so that nothing need be lost.
        if is_float(&a) || is_float(&b) {
            return Err(mismatch(from, to));
        }
        return Ok(Some(match a.is_same_but_order(&b) {
            true if a.order == b.order || a.size == 1 => Op::Copy,
            true => Op::Swap,
            false => Op::Number(Numeric::Exact { from: a, to: b, strict: true }),
        }));
    }
    if a.is_reversal(&b) {
        return Ok(Some(if a.size == 1 { Op::Copy } else { Op::Swap }));
    }
    let processor = is_native(from_number, &a) && is_native(to_number, &b);
    let rules = if processor { Rules::Processor } else { Rules::Library };
    if let (Some((x, from)), Some((y, to))) = (standard(&a), standard(&b))
        && let Some(kernel) = kernel(x, y, rules)
    {
        return Ok(Some(Op::Number(Numeric::Native { from, to, kernel })));
    }
    Ok(Some(Op::Number(match soft::conversion(&a, &b) {
        Some(convert) if !processor => Numeric::Soft { from: a, to: b, convert },
        _ => Numeric::Exact { from: a, to: b, strict: false },
    })))
}

/// The type of an enumeration's values, or the type itself.
fn values(datatype: &Datatype) -> &Datatype {
    match &datatype.class {
        DatatypeClass::Enum(t) => &t.base,
        _ => datatype,
    }
}

/// Whether the C library leaves conversions between two such types to the processor: those of C's own
/// types, x86's `long double` among them.
fn is_native(datatype: &Datatype, layout: &Layout) -> bool {
    match &layout.kind {
        Kind::Float(float) => {
            [Datatype::float16(NATIVE), Datatype::float32(NATIVE), Datatype::float64(NATIVE)]
                .contains(datatype)
                || layout.is_long_double(float)
        }
        kind => {
            let signed = *kind == Kind::Signed;
            matches!(layout.size, 1 | 2 | 4 | 8) && *datatype == native::integer(layout.size, signed)
        }
    }
}

/// The number of a kernel, and how it is stored.
fn standard(layout: &Layout) -> Option<(Native, Stored)> {
    if layout.order == ByteOrder::Vax {
        return None;
    }
    let native = match &layout.kind {
        Kind::Float(float) => Native::float(known_float(u32::try_from(layout.size).ok()?, float)?),
        kind if layout.is_full() => Native::integer(layout.size, *kind == Kind::Signed),
        _ => None,
    }?;
    let swap = layout.order != NATIVE && layout.size > 1;
    Some((native, Stored { size: layout.size, swap }))
}

impl Numeric {
    pub(crate) fn apply(&self, from: Source<'_>, to: &mut Target<'_>, count: usize) -> Result<()> {
        match self {
            Self::Native { from: a, to: b, kernel } => {
                if !a.swap
                    && !b.swap
                    && let Some(from) = from.contiguous(count, a.size)
                    && let Some(to) = to.contiguous(count, b.size)
                {
                    kernel(from, to);
                    return Ok(());
                }
                apply_blocks(from, to, count, *a, *b, *kernel)
            }
            Self::Exact { from: a, to: b, strict } => {
                each(from, to, count, a, b, |from, to| match b.store(a.load(from), to) || !strict {
                    true => Ok(()),
                    false => {
                        Err(Error::type_mismatch("a stored number is out of the range of the other type"))
                    }
                })
            }
            Self::Soft { from: a, to: b, convert } => {
                each(from, to, count, a, b, |from, to| convert(a, b, from, to))
            }
            Self::Bits { from: a, to: b } => each(from, to, count, a, b, |from, to| {
                b.copy_bits(a, from, to);
                Ok(())
            }),
        }
    }
}

/// Converts one element after the other.
fn each(
    from: Source<'_>,
    to: &mut Target<'_>,
    count: usize,
    a: &Layout,
    b: &Layout,
    convert: impl Fn(&[u8], &mut [u8]) -> Result<()>,
) -> Result<()> {
    let mut pairs = from.elements(count, a.size)?.zip(to.elements(count, b.size)?);
    pairs.try_for_each(|(from, to)| convert(from, to))
}

/// Gathers, converts and scatters a block at a time.
fn apply_blocks(
    from: Source<'_>,
    to: &mut Target<'_>,
    count: usize,
    a: Stored,
    b: Stored,
    kernel: Kernel,
) -> Result<()> {
    let mut gathered = [0; BLOCK * MAX_NATIVE];
    let mut converted = [0; BLOCK * MAX_NATIVE];
    for first in (0..count).step_by(BLOCK) {
        let len = BLOCK.min(count.saturating_sub(first));
        let source = gathered.get_mut(..len.saturating_mul(a.size)).unwrap_or_default();
        let target = converted.get_mut(..len.saturating_mul(b.size)).unwrap_or_default();
        transfer(from.skip(first), &mut Target::new(source, a.size), len, a.size, a.swap)?;
        kernel(source, target);
        transfer(Source::new(target, b.size), &mut to.skip(first), len, b.size, b.swap)?;
    }
    Ok(())
}
