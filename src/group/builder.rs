//! Making groups.

use super::Group;
use crate::Result;
use crate::format::message::link::LinkTarget;
use crate::location::Location;
use crate::object::CreationOrder;
use crate::object::group::{self, GroupOptions};

/// Makes a group: first options, then [`create`](Self::create).
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::in_memory()?;
/// let log = file.create_group_builder().track_order(true).create("log")?;
/// log.create_group("second")?;
/// log.create_group("first")?;
/// let names: Vec<_> = log.links_by_creation()?.into_iter().map(|link| link.name).collect();
/// assert_eq!(names, ["second", "first"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GroupBuilder {
    parent: Group,
    track_order: Option<bool>,
    track_times: Option<bool>,
    intermediate: bool,
}

impl GroupBuilder {
    pub(super) fn new(parent: Group) -> Self {
        Self { parent, track_order: None, track_times: None, intermediate: true }
    }

    /// Whether the order in which links and attributes are made is kept.
    #[must_use]
    pub fn track_order(mut self, track: bool) -> Self {
        self.track_order = Some(track);
        self
    }

    /// Whether times of creation and change are stored.
    #[must_use]
    pub fn obj_track_times(mut self, track: bool) -> Self {
        self.track_times = Some(track);
        self
    }

    /// Whether groups that are missing on the way to the new one are made; they are, if not told otherwise.
    #[must_use]
    pub fn create_intermediate_group(mut self, create: bool) -> Self {
        self.intermediate = create;
        self
    }

    /// Creates the group.
    ///
    /// # Errors
    /// `Usage` if the name is taken or the file is open for reading only, `NotFound` if a group on the way
    /// is missing and is not to be made.
    pub fn create(&self, name: &str) -> Result<Group> {
        let parent = &self.parent;
        let options = self.options();
        parent.edit(|store| {
            if !self.intermediate {
                parent.require_way(store, name)?;
            }
            let link = parent.new_link(store, name)?;
            let address = group::create_group(store, &options)?;
            parent.insert(store, link, LinkTarget::Hard(address))?;
            Ok(Group::new(Location::new(&parent.shared, store, address, parent.path_of(name))))
        })
    }

    fn options(&self) -> GroupOptions {
        let mut options = self.parent.shared.settings.group_options();
        if let Some(track) = self.track_order {
            let order = if track { CreationOrder::Indexed } else { CreationOrder::Untracked };
            (options.link_order, options.header.attribute_order) = (order, order);
        }
        if let Some(track) = self.track_times {
            options.header.time = track.then(crate::file::now);
        }
        options
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{ErrorKind, File};

    #[test]
    fn a_group_is_made_as_asked() {
        let file = File::in_memory().unwrap();
        let group = file.create_group_builder().track_order(true).obj_track_times(true).create("a").unwrap();
        assert!(group.times().unwrap().is_some());
        for name in ["c", "a", "b"] {
            group.new_attr::<u8>().create(name).unwrap();
        }
        let names = group.attrs_by_creation().unwrap();
        assert_eq!(names.iter().map(|attr| attr.name()).collect::<Vec<_>>(), ["c", "a", "b"]);
        let without = file.create_group_builder().obj_track_times(false).create("without").unwrap();
        assert!(without.times().unwrap().is_none());
    }

    #[test]
    fn groups_on_the_way_are_made_unless_refused() {
        let file = File::in_memory().unwrap();
        let strict = file.create_group_builder().create_intermediate_group(false);
        assert_eq!(strict.create("x/y").unwrap_err().kind(), ErrorKind::NotFound);
        assert!(file.is_empty().unwrap());
        file.create_group_builder().create("a/b").unwrap();
        for name in ["a/b/c", "/a/d/", "/e"] {
            strict.create(name).unwrap();
        }
        assert!(file.group("a/d").is_ok() && strict.create("/e").is_err());
    }
}
