//! Numbers to numbers, bit fields and the values of enumerations among them.

use super::kernels::{Kernel, Native, kernel};
use super::soft::{Kind, Layout};
use super::strided::{Source, Target, transfer};
use super::{Op, mismatch};
use crate::format::message::datatype::{ByteOrder, Datatype, DatatypeClass};
use crate::types::describe::known_float;
use crate::types::native::NATIVE;
use crate::{Error, Result};

/// Elements that are converted at a time when they are not in place.
const BLOCK: usize = 256;

/// The largest native number, in bytes.
const MAX_NATIVE: usize = 8;

#[derive(Debug)]
pub(crate) enum Numeric {
    /// The machine's own numbers, perhaps in the other byte order.
    Native { from: Stored, to: Stored, kernel: Kernel },
    /// Numbers of any layout; with `strict`, a value out of range is an error.
    Soft { from: Layout, to: Layout, strict: bool },
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
    let is_float = |layout: &Layout| matches!(layout.kind, Kind::Float(_));
    let bits = a.kind == Kind::Bits || b.kind == Kind::Bits;
    let strict = bits || matches!(to.class, DatatypeClass::Enum(_));
    if strict && (is_float(&a) || is_float(&b)) {
        return Err(mismatch(from, to));
    }
    if a.is_same_but_order(&b) {
        if a.order == b.order || a.size == 1 {
            return Ok(Some(Op::Copy));
        }
        if a.order != ByteOrder::Vax && b.order != ByteOrder::Vax {
            return Ok(Some(Op::Swap));
        }
    }
    if !strict
        && let (Some((x, from)), Some((y, to))) = (native(&a), native(&b))
        && let Some(kernel) = kernel(x, y)
    {
        return Ok(Some(Op::Number(Numeric::Native { from, to, kernel })));
    }
    Ok(Some(Op::Number(Numeric::Soft { from: a, to: b, strict })))
}

fn native(layout: &Layout) -> Option<(Native, Stored)> {
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
            Self::Soft { from: a, to: b, strict } => {
                for (from, to) in from.elements(count, a.size)?.zip(to.elements(count, b.size)?) {
                    let number = a.load(from);
                    if !b.store(number, to) && *strict {
                        return Err(Error::type_mismatch(
                            "a stored number is out of the range of the other type",
                        ));
                    }
                }
                Ok(())
            }
        }
    }
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
