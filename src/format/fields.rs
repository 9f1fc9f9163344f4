//! Field types: the type of a field is its encoding.

use super::{Reader, Writer};
use crate::Result;

/// A value with one encoding, of which `on_disk!` structures are made.
pub(crate) trait Field: Sized {
    fn decode(r: &mut Reader<'_>) -> Result<Self>;
    fn encode(&self, w: &mut Writer);
}

macro_rules! integer_fields {
    ($($ty:ident),*) => {$(
        impl Field for $ty {
            fn decode(r: &mut Reader<'_>) -> Result<Self> {
                r.$ty()
            }
            fn encode(&self, w: &mut Writer) {
                w.$ty(*self);
            }
        }
    )*};
}
integer_fields!(u8, u16, u32, u64);

impl<const N: usize> Field for [u8; N] {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        r.array()
    }
    fn encode(&self, w: &mut Writer) {
        w.bytes(self);
    }
}

/// A file address, relative to the file's base address, or the undefined address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address(u64);

impl Address {
    /// The undefined address, all ones on disk whatever the width.
    pub(crate) const UNDEFINED: Self = Self(u64::MAX);

    pub(crate) const fn new(address: u64) -> Self {
        Self(address)
    }

    /// From a stored value of `width` bytes.
    pub(crate) fn from_width(value: u64, width: u8) -> Self {
        let undefined = match width {
            2 => u64::from(u16::MAX),
            4 => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        if value == undefined { Self::UNDEFINED } else { Self(value) }
    }

    /// The address, if it is defined.
    pub(crate) const fn get(self) -> Option<u64> {
        if self.0 == u64::MAX { None } else { Some(self.0) }
    }

    pub(crate) const fn is_defined(self) -> bool {
        self.0 != u64::MAX
    }

    /// The address, or a `Format` error that names `what` is missing.
    pub(crate) fn require(self, what: &'static str) -> Result<u64> {
        self.get().ok_or_else(|| crate::Error::format("the address is undefined").in_structure(what))
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::UNDEFINED
    }
}

impl From<Option<u64>> for Address {
    fn from(address: Option<u64>) -> Self {
        address.map_or(Self::UNDEFINED, Self)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.get() {
            Some(address) => write!(f, "Address({address})"),
            None => f.write_str("Address(undefined)"),
        }
    }
}

impl Field for Address {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        r.file_address()
    }
    fn encode(&self, w: &mut Writer) {
        w.file_address(*self);
    }
}

/// A length in bytes (or a count), in the file's size of lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Length(pub(crate) u64);

impl Field for Length {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        r.length().map(Self)
    }
    fn encode(&self, w: &mut Writer) {
        w.length(self.0);
    }
}

/// A length of which all ones, whatever the width, means that there is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MaxLength(pub(crate) u64);

impl MaxLength {
    /// No bound.
    pub(crate) const UNLIMITED: Self = Self(u64::MAX);
}

impl Field for MaxLength {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let width = usize::from(r.widths().length);
        let all_ones = r.rest().iter().take(width).all(|&byte| byte == 0xff);
        let value = r.length()?;
        Ok(if all_ones { Self::UNLIMITED } else { Self(value) })
    }
    fn encode(&self, w: &mut Writer) {
        let width = usize::from(w.widths().length);
        if *self == Self::UNLIMITED {
            w.ones(width);
        } else {
            let start = w.position();
            w.length(self.0);
            if w.is_ones_from(start) {
                w.overflow("length");
            }
        }
    }
}

/// Four ASCII bytes as a number, to name a [`Signature`].
pub(crate) const fn tag(text: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*text)
}

/// A constant signature, made with [`tag`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signature<const TAG: u32>;

impl<const TAG: u32> Field for Signature<TAG> {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let found: [u8; 4] = r.array()?;
        if found == TAG.to_le_bytes() {
            return Ok(Self);
        }
        let want = TAG.to_le_bytes();
        Err(r.error(
            "signature",
            format!("the signature is \"{}\", not \"{}\"", found.escape_ascii(), want.escape_ascii()),
        ))
    }
    fn encode(&self, w: &mut Writer) {
        w.u32(TAG);
    }
}

/// A version number of which only `N` exists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Version<const N: u8>;

impl<const N: u8> Field for Version<N> {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        match r.u8()? {
            found if found == N => Ok(Self),
            found => Err(r.error("version", format!("the version is {found}, not {N}"))),
        }
    }
    fn encode(&self, w: &mut Writer) {
        w.u8(N);
    }
}

/// Reserved bytes: kept as they are, zero in what we make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reserved<const N: usize>([u8; N]);

impl<const N: usize> Default for Reserved<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Field for Reserved<N> {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        r.array().map(Self)
    }
    fn encode(&self, w: &mut Writer) {
        w.bytes(&self.0);
    }
}

/// The Jenkins lookup3 checksum of everything in the structure before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Checksum;

impl Field for Checksum {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        r.checksum().map(|()| Self)
    }
    fn encode(&self, w: &mut Writer) {
        w.checksum();
    }
}
