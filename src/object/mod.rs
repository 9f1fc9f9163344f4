//! The objects of a file: their headers, their links and attributes, and paths that lead to them.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub(crate) mod attributes;
mod dense;
pub(crate) mod extension;
pub(crate) mod group;
pub(crate) mod header;
pub(crate) mod links;
pub(crate) mod path;
pub(crate) mod reference;
pub(crate) mod shared;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

/// Whether the order in which links or attributes are created is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum CreationOrder {
    /// No.
    #[default]
    Untracked,
    /// It is stored.
    Tracked,
    /// It is stored, and dense storage can be listed by it without sorting.
    Indexed,
}

impl CreationOrder {
    pub(crate) const fn is_tracked(self) -> bool {
        !matches!(self, Self::Untracked)
    }

    pub(crate) const fn is_indexed(self) -> bool {
        matches!(self, Self::Indexed)
    }
}
