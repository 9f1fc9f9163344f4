//! Conversions between the machine's own numbers, over whole runs.

use super::soft;

/// Converts a run of native numbers; both slices hold the same number of elements.
pub(crate) type Kernel = fn(&[u8], &mut [u8]);

/// The numbers that have kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Native {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    #[cfg(feature = "half")]
    F16,
    #[cfg(feature = "half")]
    Bf16,
}

impl Native {
    /// The integer of `size` bytes.
    pub(crate) fn integer(size: usize, signed: bool) -> Option<Self> {
        Some(match (size, signed) {
            (1, true) => Self::I8,
            (2, true) => Self::I16,
            (4, true) => Self::I32,
            (8, true) => Self::I64,
            (1, false) => Self::U8,
            (2, false) => Self::U16,
            (4, false) => Self::U32,
            (8, false) => Self::U64,
            _ => return None,
        })
    }

    /// The float with a name of `describe::known_float`.
    pub(crate) fn float(name: &str) -> Option<Self> {
        match name {
            "float32" => Some(Self::F32),
            "float64" => Some(Self::F64),
            #[cfg(feature = "half")]
            "float16" => Some(Self::F16),
            #[cfg(feature = "half")]
            "bfloat16" => Some(Self::Bf16),
            _ => None,
        }
    }
}

/// Who converts floats: what the C library leaves to the processor, it does otherwise by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Processor,
    Library,
}

/// One conversion of a value, by the rules of format-spec-notes/conversions.md.
trait Convert<D> {
    fn convert(self) -> D;
}

/// The same where the C library's own rules differ.
trait Soften<D> {
    fn soften(self) -> D;
}

/// Out of range becomes the nearest value; the bounds are constants of the source type.
macro_rules! integer_to_integer {
    ($($from:ident => [$($to:ident),*]);* $(;)?) => {$($(
        impl Convert<$to> for $from {
            #[inline(always)]
            fn convert(self) -> $to {
                const LOW: $from =
                    if ($to::MIN as i128) > ($from::MIN as i128) { $to::MIN as $from } else { $from::MIN };
                const HIGH: $from =
                    if ($to::MAX as i128) < ($from::MAX as i128) { $to::MAX as $from } else { $from::MAX };
                self.clamp(LOW, HIGH) as $to
            }
        }
    )*)*};
}
integer_to_integer! {
    i8 => [i8, i16, i32, i64, u8, u16, u32, u64];
    i16 => [i8, i16, i32, i64, u8, u16, u32, u64];
    i32 => [i8, i16, i32, i64, u8, u16, u32, u64];
    i64 => [i8, i16, i32, i64, u8, u16, u32, u64];
    u8 => [i8, i16, i32, i64, u8, u16, u32, u64];
    u16 => [i8, i16, i32, i64, u8, u16, u32, u64];
    u32 => [i8, i16, i32, i64, u8, u16, u32, u64];
    u64 => [i8, i16, i32, i64, u8, u16, u32, u64];
}

/// `as` truncates towards zero, saturates and makes 0 of NaN; from integers it rounds to even.
macro_rules! cast {
    ($($from:ident => [$($to:ident),*]);* $(;)?) => {$($(
        impl Convert<$to> for $from {
            #[inline(always)]
            fn convert(self) -> $to {
                self as $to
            }
        }
    )*)*};
}
cast! {
    f32 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64];
    f64 => [i8, i16, i32, i64, u8, u16, u32, u64, f64];
    i8 => [f32, f64];
    i16 => [f32, f64];
    i32 => [f32, f64];
    i64 => [f32, f64];
    u8 => [f32, f64];
    u16 => [f32, f64];
    u32 => [f32, f64];
    u64 => [f32, f64];
}

impl Convert<f32> for f64 {
    /// What is larger than the largest finite value becomes infinite, even if it would round to it.
    #[inline(always)]
    fn convert(self) -> f32 {
        if self.abs() > f64::from(f32::MAX) { f32::INFINITY.copysign(self as f32) } else { self as f32 }
    }
}

/// Conversions by way of `f32`, which holds every value of the small format.
#[cfg(feature = "half")]
macro_rules! small_float {
    ($small:ty => [$($to:ident),*]) => {$(
        impl Convert<$to> for $small {
            #[inline(always)]
            fn convert(self) -> $to {
                self.to_f32().convert()
            }
        }
    )*};
}
#[cfg(feature = "half")]
small_float!(half::f16 => [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64]);
#[cfg(feature = "half")]
small_float!(half::bf16 => [f32, f64]);

#[cfg(feature = "half")]
impl Convert<half::f16> for f32 {
    #[inline(always)]
    fn convert(self) -> half::f16 {
        if self.abs() > half::f16::MAX.to_f32() {
            half::f16::from_f32(f32::INFINITY.copysign(self))
        } else {
            half::f16::from_f32(self)
        }
    }
}

/// A negative number of a magnitude below a half is out of range, and so becomes the smallest integer.
macro_rules! soft_integers {
    ($($from:ty => [$($to:ident),*]);* $(;)?) => {$($(
        impl Soften<$to> for $from {
            #[inline(always)]
            fn soften(self) -> $to {
                let value: f64 = self.convert();
                if value < 0.0 && value > -0.5 { $to::MIN } else { value.convert() }
            }
        }
    )*)*};
}
soft_integers! {
    f32 => [i8, i16, i32, i64, u8, u16, u32, u64];
    f64 => [i8, i16, i32, i64, u8, u16, u32, u64];
}
#[cfg(feature = "half")]
soft_integers! {
    half::f16 => [i8, i16, i32, i64, u8, u16, u32, u64];
    half::bf16 => [i8, i16, i32, i64, u8, u16, u32, u64];
}

/// Widening loses nothing, but of what is no number all bits of the fraction become set.
macro_rules! soft_widening {
    ($($from:ty => [$($to:ident),*]);* $(;)?) => {$($(
        impl Soften<$to> for $from {
            #[inline(always)]
            fn soften(self) -> $to {
                const NAN: $to = $to::from_bits(!0 >> 1);
                match (self.is_nan(), self.is_sign_negative()) {
                    (false, _) => self.convert(),
                    (true, false) => NAN,
                    (true, true) => -NAN,
                }
            }
        }
    )*)*};
}
soft_widening!(f32 => [f64]);
#[cfg(feature = "half")]
soft_widening! {
    half::f16 => [f32, f64];
    half::bf16 => [f32, f64];
}

impl Soften<f32> for f64 {
    /// Halves are rounded up.
    #[inline(always)]
    fn soften(self) -> f32 {
        const BIASES: u64 = (1023 - 127) << 52;
        const BINADE: u64 = 1 << 52;
        const NORMAL: u64 = BIASES + BINADE;
        const LAST: u64 = NORMAL + 253 * BINADE;
        let bits = self.abs().to_bits();
        if !(NORMAL..LAST).contains(&bits) {
            return narrowed(self);
        }
        // The carry of the fraction goes to the exponent.
        let rounded = bits.wrapping_sub(BIASES).wrapping_add(1 << 28) >> 29;
        f32::from_bits(rounded as u32).copysign(self as f32)
    }
}

/// Beyond the binades where rounding is all there is to it.
#[cold]
fn narrowed(value: f64) -> f32 {
    if value == 0.0 || value.is_infinite() {
        return value as f32;
    }
    let mut bytes = [0; 4];
    soft::narrow(&value.to_ne_bytes(), &mut bytes);
    f32::from_ne_bytes(bytes)
}

macro_rules! kernel {
    ($from:ty, $to:ty, $convert:ident) => {{
        fn run(from: &[u8], to: &mut [u8]) {
            let (from, _) = from.as_chunks::<{ size_of::<$from>() }>();
            let (to, _) = to.as_chunks_mut::<{ size_of::<$to>() }>();
            for (from, to) in from.iter().zip(to) {
                let value: $to = <$from>::from_ne_bytes(*from).$convert();
                *to = value.to_ne_bytes();
            }
        }
        Some(run as Kernel)
    }};
}

macro_rules! kernels_from {
    ($from:ty, $to:expr, $convert:ident, [$($native:ident $target:ty),*]) => {
        match $to {
            $(Native::$native => kernel!($from, $target, $convert),)*
            #[allow(unreachable_patterns, reason = "without the feature `half` there are no others")]
            _ => None,
        }
    };
}

macro_rules! to_standard {
    ($from:ty, $to:expr) => {
        kernels_from!($from, $to, convert, [
            I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64, F32 f32, F64 f64
        ])
    };
}

macro_rules! to_integers_and {
    ($from:ty, $to:expr, [$($native:ident $target:ty),*]) => {
        kernels_from!($from, $to, soften, [
            I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64 $(, $native $target)*
        ])
    };
}

/// The kernel, if there is one.
pub(crate) fn kernel(from: Native, to: Native, rules: Rules) -> Option<Kernel> {
    match from {
        Native::I8 => to_standard!(i8, to),
        Native::I16 => to_standard!(i16, to),
        Native::I32 => to_standard!(i32, to),
        Native::I64 => to_standard!(i64, to),
        Native::U8 => to_standard!(u8, to),
        Native::U16 => to_standard!(u16, to),
        Native::U32 => to_standard!(u32, to),
        Native::U64 => to_standard!(u64, to),
        float => match rules {
            Rules::Processor => processor_kernel(float, to),
            Rules::Library => library_kernel(float, to),
        },
    }
}

fn processor_kernel(from: Native, to: Native) -> Option<Kernel> {
    match from {
        #[cfg(feature = "half")]
        Native::F32 if to == Native::F16 => kernel!(f32, half::f16, convert),
        Native::F32 => to_standard!(f32, to),
        Native::F64 => to_standard!(f64, to),
        #[cfg(feature = "half")]
        Native::F16 => to_standard!(half::f16, to),
        _ => None,
    }
}

fn library_kernel(from: Native, to: Native) -> Option<Kernel> {
    match from {
        Native::F32 => to_integers_and!(f32, to, [F64 f64]),
        Native::F64 => to_integers_and!(f64, to, [F32 f32]),
        #[cfg(feature = "half")]
        Native::F16 => to_integers_and!(half::f16, to, [F32 f32, F64 f64]),
        #[cfg(feature = "half")]
        Native::Bf16 => to_integers_and!(half::bf16, to, [F32 f32, F64 f64]),
        _ => None,
    }
}

/// Copies elements of `N` bytes with their bytes reversed.
fn copy_reversed<const N: usize>(from: &[u8], to: &mut [u8]) {
    for (from, to) in from.as_chunks::<N>().0.iter().zip(to.as_chunks_mut::<N>().0) {
        *to = *from;
        to.reverse();
    }
}

/// Copies elements of `size` bytes into the other byte order.
pub(crate) fn copy_swapped(from: &[u8], to: &mut [u8], size: usize) {
    match size {
        2 => copy_reversed::<2>(from, to),
        4 => copy_reversed::<4>(from, to),
        8 => copy_reversed::<8>(from, to),
        16 => copy_reversed::<16>(from, to),
        _ => {
            for (from, to) in from.chunks_exact(size.max(1)).zip(to.chunks_exact_mut(size.max(1))) {
                to.copy_from_slice(from);
                to.reverse();
            }
        }
    }
}
