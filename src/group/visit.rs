//! Visiting the links of a group, in the ways of the C binding.

use super::{Group, LinkInfo};
use crate::Result;

/// By what the links of a group are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexType {
    /// Their names.
    #[default]
    Name,
    /// The order in which they were made; by name in a group that does not keep that.
    CreationOrder,
}

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IterationOrder {
    /// From the first to the last.
    Increasing,
    /// From the last to the first.
    Decreasing,
    /// The fastest: by name, that in which they are stored, as
    /// [`links_as_stored`](Group::links_as_stored) has it; by creation, from the first to the last.
    #[default]
    Native,
}

impl Group {
    fn links_by(&self, index: IndexType, order: IterationOrder) -> Result<Vec<LinkInfo>> {
        let mut links = match (index, order) {
            (IndexType::Name, IterationOrder::Native) => self.links_as_stored()?,
            (IndexType::Name, _) => self.links()?,
            (IndexType::CreationOrder, _) => self.links_by_creation()?,
        };
        if order == IterationOrder::Decreasing {
            links.reverse();
        }
        Ok(links)
    }

    /// The names of all members, in an order.
    ///
    /// # Errors
    /// `Format` if the group is damaged.
    pub fn member_names_by(&self, index: IndexType, order: IterationOrder) -> Result<Vec<String>> {
        Ok(self.links_by(index, order)?.into_iter().map(|link| link.name).collect())
    }

    /// Calls `visit` with the name and the description of each link, in an order, until it fails;
    /// a loop over [`links`](Self::links) does the same by increasing names.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::in_memory()?;
    /// use hdfive::{IndexType, IterationOrder};
    ///
    /// file.create_group("a")?;
    /// file.link_soft("a", "b")?;
    /// let mut names = Vec::new();
    /// file.iter_visit(IndexType::Name, IterationOrder::Decreasing, |name, _| {
    ///     names.push(name.to_owned());
    ///     Ok(())
    /// })?;
    /// assert_eq!(names, ["b", "a"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first error of `visit`, and `Format` if the group is damaged.
    pub fn iter_visit<F>(&self, index: IndexType, order: IterationOrder, mut visit: F) -> Result<()>
    where
        F: FnMut(&str, LinkInfo) -> Result<()>,
    {
        self.links_by(index, order)?.into_iter().try_for_each(|link| {
            let name = link.name.clone();
            visit(&name, link)
        })
    }

    /// Calls `visit` with the name and the description of each link, in the order in which they are
    /// stored, until it fails.
    ///
    /// # Errors
    /// As [`iter_visit`](Self::iter_visit).
    pub fn iter_visit_default<F>(&self, visit: F) -> Result<()>
    where
        F: FnMut(&str, LinkInfo) -> Result<()>,
    {
        self.iter_visit(IndexType::default(), IterationOrder::default(), visit)
    }

    /// The first value that `find` gives for a link, if there is one.
    ///
    /// # Errors
    /// As [`iter_visit`](Self::iter_visit).
    pub fn find_link<B, F>(&self, index: IndexType, order: IterationOrder, mut find: F) -> Result<Option<B>>
    where
        F: FnMut(&str, LinkInfo) -> Result<Option<B>>,
    {
        for link in self.links_by(index, order)? {
            let name = link.name.clone();
            if let Some(found) = find(&name, link)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Error, File, LinkType};

    #[test]
    fn links_are_visited_in_the_order_asked() {
        let storage = std::sync::Arc::new(crate::storage::MemoryStorage::default());
        let file = File::with_options().track_order(true).create_storage(storage).unwrap();
        for name in ["time", "latitude", "pressure"] {
            file.create_group(name).unwrap();
        }
        file.link_soft("time", "alias").unwrap();
        let by = |index, order| file.member_names_by(index, order).unwrap();
        let native = by(IndexType::default(), IterationOrder::default());
        assert_eq!(native, ["time", "latitude", "pressure", "alias"]);
        let named = by(IndexType::Name, IterationOrder::Increasing);
        assert_eq!(named, ["alias", "latitude", "pressure", "time"]);
        let made = by(IndexType::CreationOrder, IterationOrder::Decreasing);
        assert_eq!(made, ["alias", "pressure", "latitude", "time"]);
        let soft = |name: &str, link: LinkInfo| {
            Ok(matches!(link.link_type, LinkType::Soft(_)).then(|| name.to_owned()))
        };
        let found = file.find_link(IndexType::Name, IterationOrder::Increasing, soft).unwrap();
        assert_eq!(found.as_deref(), Some("alias"));
        let mut count = 0;
        let failed = file.iter_visit_default(|_, _| {
            count += 1;
            Err(Error::usage("enough"))
        });
        assert!(failed.is_err() && count == 1);
    }
}
