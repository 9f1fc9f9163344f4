//! The one error type: a kind to match on, and a context that says where.

use std::borrow::Cow;
use std::fmt;

/// The result of every fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system or the storage failed.
    Io,
    /// The bytes are not what the HDF5 specification says: not an HDF5 file, or a damaged one.
    Format,
    /// The file, or the request, uses a feature that this version does not support.
    Unsupported,
    /// A [`Limits`](crate::Limits) bound, or the range of an on-disk field, would be exceeded.
    Limit,
    /// No object, link, attribute or member has that name.
    NotFound,
    /// A stored value and the requested Rust type do not fit each other.
    TypeMismatch,
    /// The call's arguments, or the state of the handle, do not allow the operation.
    Usage,
}

impl ErrorKind {
    const fn describe(self) -> &'static str {
        match self {
            Self::Io => "input/output error",
            Self::Format => "malformed HDF5 data",
            Self::Unsupported => "unsupported",
            Self::Limit => "limit exceeded",
            Self::NotFound => "not found",
            Self::TypeMismatch => "type mismatch",
            Self::Usage => "invalid use",
        }
    }
}

/// An error, with its [kind](Error::kind) and where it happened.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug, thiserror::Error)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    structure: Option<&'static str>,
    field: Option<&'static str>,
    address: Option<u64>,
    path: Option<String>,
    /// Bytes, from the start of the structure, without which decoding could not go on.
    needed: Option<u64>,
    source: Option<std::io::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            structure: None,
            field: None,
            address: None,
            path: None,
            needed: None,
            source: None,
        }))
    }

    pub(crate) fn format(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Format, message)
    }

    pub(crate) fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    pub(crate) fn type_mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::TypeMismatch, message)
    }

    pub(crate) fn usage(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A structure that ends before its last field; `needed` counts from the structure's start.
    pub(crate) fn truncated(needed: u64) -> Self {
        let mut error = Self::format("the data ends inside this structure");
        error.0.needed = Some(needed);
        error
    }

    /// How many bytes from its start the structure needs at least, if truncation was the error.
    pub(crate) fn needed(&self) -> Option<u64> {
        self.0.needed
    }

    /// Names the structure, unless an inner layer already did.
    pub(crate) fn in_structure(mut self, structure: &'static str) -> Self {
        self.0.structure.get_or_insert(structure);
        self
    }

    /// Names the field, unless an inner layer already did.
    pub(crate) fn in_field(mut self, field: &'static str) -> Self {
        self.0.field.get_or_insert(field);
        self
    }

    /// Names the file address, unless an inner layer already did.
    pub(crate) fn at(mut self, address: u64) -> Self {
        self.0.address.get_or_insert(address);
        self
    }

    /// Names the path of the object or of the file, unless an inner layer already did.
    pub(crate) fn with_path(mut self, path: impl Into<String>) -> Self {
        if self.0.path.is_none() {
            self.0.path = Some(path.into());
        }
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message without its context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The name of the on-disk structure concerned, in the specification's words.
    pub fn structure(&self) -> Option<&str> {
        self.0.structure
    }

    /// The field of the structure concerned.
    pub fn field(&self) -> Option<&str> {
        self.0.field
    }

    /// The file address of the structure concerned.
    pub fn address(&self) -> Option<u64> {
        self.0.address
    }

    /// The path of the object, or of the file, concerned.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        write!(f, "{}: {}", self.kind.describe(), self.message)?;
        match (self.structure, self.field) {
            (Some(structure), Some(field)) => write!(f, " ({structure}, {field}")?,
            (Some(name), None) | (None, Some(name)) => write!(f, " ({name}")?,
            (None, None) if self.address.is_some() => write!(f, " (")?,
            (None, None) => return Ok(()),
        }
        if let Some(address) = self.address {
            let space = if self.structure.or(self.field).is_some() { " " } else { "" };
            write!(f, "{space}at address {address}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// What the caller found wrong.
impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::usage(message)
    }
}

/// What the caller found wrong.
impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::usage(message.to_owned())
    }
}

#[cfg(feature = "ndarray")]
impl From<ndarray::ShapeError> for Error {
    fn from(error: ndarray::ShapeError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        let mut error = Self::new(ErrorKind::Io, source.to_string());
        error.0.source = Some(source);
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_is_printed_and_the_innermost_wins() {
        let error = Error::format("bad signature")
            .in_structure("Local heap")
            .in_structure("Group")
            .in_field("signature")
            .at(96)
            .with_path("/ships");
        assert_eq!(
            error.to_string(),
            "/ships: malformed HDF5 data: bad signature (Local heap, signature at address 96)"
        );
        assert_eq!(error.kind(), ErrorKind::Format);
    }

    #[test]
    fn io_errors_keep_their_source() {
        let error = Error::from(std::io::Error::other("disk on fire"));
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(std::error::Error::source(&error).is_some());
    }
}
