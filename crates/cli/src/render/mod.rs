//! Elements as text, laid out in lines as the C tools lay them out.
//!
//! [`value`] turns one element into text, which [`lines`] breaks into lines with indices.

mod escape;
mod lines;
mod native;
mod number;
mod style;
mod value;

pub(crate) use lines::{Cursor, Data, Lines};
pub(crate) use native::{memory_size, native_layout, native_size};
pub(crate) use number::{Bits, Integer, integer, is_long_double, member_value, real, real_within};
pub(crate) use style::{Escape, OPTIONAL_BREAK, Prefix, Style};
pub(crate) use value::{Target, TargetKind, Targets, Values, loses_value, native_bitfield, part};
