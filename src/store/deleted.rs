//! Which objects were deleted, so that whoever still has their address does not take what is there
//! now for them.

use std::collections::HashMap;

/// The deletions since the file was opened, counted.
#[derive(Default)]
pub(super) struct Deletions {
    count: u64,
    /// The last at each address.
    last: HashMap<u64, u64>,
}

impl Deletions {
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, address: u64) {
        self.count = self.count.saturating_add(1);
        self.last.insert(address, self.count);
    }

    /// Whether the object that was at `address` after the first `count` deletions is deleted.
    pub(super) fn contains(&self, address: u64, count: u64) -> bool {
        self.count != count && self.last.get(&address).is_some_and(|&last| last > count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_reused_space_is_another() {
        let mut deletions = Deletions::default();
        deletions.add(100);
        let second = deletions.count();
        assert!(deletions.contains(100, 0) && !deletions.contains(100, second));
        deletions.add(200);
        assert!(!deletions.contains(100, second) && deletions.contains(200, second));
        deletions.add(100);
        assert!(deletions.contains(100, second) && !deletions.contains(300, 0));
    }
}
