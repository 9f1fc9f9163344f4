//! Removing: from a leaf, into which the record is first exchanged if it is higher up.

use super::*;

impl<R: Record> BTree<R> {
    /// Removes the record that `compare` finds equal, and returns it.
    pub(crate) fn remove(
        &mut self,
        store: &mut Store,
        mut compare: impl FnMut(&Store, &R) -> Result<Ordering>,
    ) -> Result<Option<R>> {
        self.check_editable()?;
        let mut path = self.seek(store, &mut compare)?;
        if !path.found {
            return Ok(None);
        }
        let found = path.steps.len().saturating_sub(1);
        if path.steps.len() <= usize::from(self.header.depth) {
            self.extend_to_successor(store, &mut path)?;
        }
        let Some(leaf) = path.steps.last().copied() else {
            return Ok(None);
        };
        let mut node = Node::clone(&*self.node(store, leaf.node, 0)?);
        if leaf.index >= node.records.len() {
            return Err(Error::format("the node has no records")
                .in_structure(Node::<R>::NAME)
                .at(leaf.node.address));
        }
        let mut removed = node.records.remove(leaf.index);
        if found.saturating_add(1) < path.steps.len() {
            removed = self.exchange(store, &mut path, found, removed)?;
        }
        self.settle_upwards(store, &path.steps, node)?;
        Ok(Some(removed))
    }

    /// Extends the way to a record of an internal node by that to the next record, the first of
    /// the leaf to its right.
    fn extend_to_successor(&self, store: &Store, path: &mut Path) -> Result<()> {
        while path.steps.len() <= usize::from(self.header.depth) {
            let depth = self.depth_of(path.steps.len());
            let Some(step) = path.steps.last_mut() else {
                return Ok(());
            };
            if path.found {
                step.index = step.index.saturating_add(1);
                path.found = false;
            }
            let step = *step;
            let node = self.node(store, step.node, depth)?;
            let Some(&child) = node.children.get(step.index) else {
                return Err(Error::format("the node has too few children").in_structure(Node::<R>::NAME));
            };
            path.steps.push(Step { node: child, index: 0 });
        }
        Ok(())
    }

    /// Puts `record` in the place of the one before the child that step `at` leads to, and makes
    /// all steps up to there lead to the new versions of their nodes.
    fn exchange(&mut self, store: &mut Store, path: &mut Path, at: usize, record: R) -> Result<R> {
        let mut replaced = None;
        let Some((step, above)) = path.steps.get_mut(..=at).and_then(<[Step]>::split_last_mut) else {
            return Ok(record);
        };
        let depth = self.depth_of(at.saturating_add(1));
        let mut node = Node::clone(&*self.node(store, step.node, depth)?);
        if let Some(place) = step.index.checked_sub(1).and_then(|index| node.records.get_mut(index)) {
            replaced = Some(std::mem::replace(place, record));
        }
        let mut child = self.save(store, step.node, node, depth)?;
        step.node = child;
        for (count, step) in above.iter_mut().enumerate().rev() {
            let depth = self.depth_of(count.saturating_add(1));
            child = self.modify(store, step.node, depth, |node| {
                if let Some(pointer) = node.children.get_mut(step.index) {
                    *pointer = child;
                }
            })?;
            step.node = child;
        }
        replaced.ok_or_else(|| Error::format("the node has too few records").in_structure(Node::<R>::NAME))
    }
}
