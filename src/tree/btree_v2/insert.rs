//! Inserting: into a leaf, then sharing or splitting what is too full, upwards.

use super::*;

impl<R: Record> BTree<R> {
    /// Inserts `record` where `compare` says.
    ///
    /// # Errors
    /// `Usage` if there is a record that `compare` finds equal.
    pub(crate) fn insert(
        &mut self,
        store: &mut Store,
        record: R,
        compare: impl FnMut(&Store, &R) -> Result<Ordering>,
    ) -> Result<()> {
        match self.vacancy(store, compare)? {
            Some(vacancy) => self.insert_at(store, vacancy, record),
            None => Err(Error::usage("there is such a record already").in_structure(BTreeHeader::NAME)),
        }
    }

    /// Where a record would be inserted; none if there is one that `compare` finds equal.
    pub(crate) fn vacancy(
        &self,
        store: &Store,
        mut compare: impl FnMut(&Store, &R) -> Result<Ordering>,
    ) -> Result<Option<Vacancy>> {
        let path = self.seek(store, &mut compare)?;
        Ok(if path.found { None } else { Some(Vacancy(path)) })
    }

    /// Inserts `record` where it was found missing.
    pub(crate) fn insert_at(&mut self, store: &mut Store, Vacancy(path): Vacancy, record: R) -> Result<()> {
        self.check_editable()?;
        let Some((leaf, above)) = path.steps.split_last() else {
            let node = Node { records: vec![record], children: Vec::new() };
            let root = self.save_new(store, node, 0)?;
            return self.set_root(store, Some(root));
        };
        if usize::from(leaf.node.records) < self.max_records(0) {
            let at = leaf.index;
            let child = self.modify(store, leaf.node, 0, |node| node.records.insert(at, record.clone()))?;
            return self.replace_upwards(store, above, child);
        }
        let mut node = Node::clone(&*self.node(store, leaf.node, 0)?);
        node.records.insert(leaf.index, record);
        self.settle_upwards(store, &path.steps, node)
    }

    /// Inserts `record` where its own order says.
    pub(crate) fn insert_ordered(&mut self, store: &mut Store, record: R) -> Result<()> {
        let sought = record.clone();
        self.insert(store, record, |_, other| Ok(other.compare(&sought)))
    }

    /// Puts `node`, the new version of the last node of `steps`, which may have one record too
    /// many or one too few, and all nodes above it.
    pub(super) fn settle_upwards(
        &mut self,
        store: &mut Store,
        steps: &[Step],
        mut node: Node<R>,
    ) -> Result<()> {
        let mut old = None;
        for (count, step) in steps.iter().enumerate().rev() {
            let depth = self.depth_of(count.saturating_add(1));
            let Some(parent) = count.checked_sub(1).and_then(|above| steps.get(above)) else {
                old = Some(step.node);
                break;
            };
            let mut above = Node::clone(&*self.node(store, parent.node, depth.saturating_add(1))?);
            self.settle(store, &mut above, parent.index, node, depth)?;
            node = above;
        }
        self.settle_root(store, old, node)
    }

    /// Puts `node` as the child `index` of `parent`: as it is if its size is right, else after
    /// sharing records with a neighbour, splitting it, or merging it with a neighbour.
    fn settle(
        &self,
        store: &mut Store,
        parent: &mut Node<R>,
        index: usize,
        node: Node<R>,
        depth: u16,
    ) -> Result<()> {
        let Some(&old) = parent.children.get(index) else {
            return Err(Error::format("the node has too few children").in_structure(Node::<R>::NAME));
        };
        let (min, max) = (self.min_records(depth), self.max_records(depth));
        if (min..=max).contains(&node.records.len()) {
            let child = self.save(store, old, node, depth)?;
            replace(parent, index, child);
            return Ok(());
        }
        if node.records.len() < min {
            return self.join(store, parent, index, node, depth);
        }
        let has_room =
            |at: usize| parent.children.get(at).is_some_and(|child| usize::from(child.records) < max);
        let appended = index == parent.records.len();
        if let Some(left) = index.checked_sub(1).filter(|&left| has_room(left)) {
            return self.share(store, parent, left, Side::Right(node), depth, appended);
        }
        if has_room(index.saturating_add(1)) {
            return self.share(store, parent, index, Side::Left(node), depth, false);
        }
        // Appending fills nodes one after the other, so the left one stays as full as may be.
        let left = if appended { max.saturating_sub(min) } else { max / 2 };
        let (left, middle, right) = cut(node, left)?;
        let left = self.save(store, old, left, depth)?;
        let right = self.save_new(store, right, depth)?;
        replace(parent, index, left);
        parent.records.insert(index, middle);
        parent.children.insert(index.saturating_add(1), right);
        Ok(())
    }

    /// Merges `node`, the child `index` of `parent`, with a neighbour, or takes records from it.
    fn join(
        &self,
        store: &mut Store,
        parent: &mut Node<R>,
        index: usize,
        node: Node<R>,
        depth: u16,
    ) -> Result<()> {
        match index.checked_sub(1) {
            Some(left) => self.share(store, parent, left, Side::Right(node), depth, false),
            None => self.share(store, parent, index, Side::Left(node), depth, false),
        }
    }

    /// Spreads the records of the children `at` and `at + 1` of `parent`, one of which is given
    /// as it is to be, over both, or over one if they fit; `fill` fills the left one.
    fn share(
        &self,
        store: &mut Store,
        parent: &mut Node<R>,
        at: usize,
        given: Side<R>,
        depth: u16,
        fill: bool,
    ) -> Result<()> {
        let next = at.saturating_add(1);
        let (Some(&old_left), Some(&old_right)) = (parent.children.get(at), parent.children.get(next)) else {
            return Err(Error::format("the node has too few children").in_structure(Node::<R>::NAME));
        };
        let (mut left, right) = match given {
            Side::Left(left) => (left, Node::clone(&*self.node(store, old_right, depth)?)),
            Side::Right(right) => (Node::clone(&*self.node(store, old_left, depth)?), right),
        };
        let (min, max) = (self.min_records(depth), self.max_records(depth));
        let separator = parent.records.remove(at);
        left.records.push(separator);
        left.records.extend(right.records);
        left.children.extend(right.children);
        if left.records.len() <= max {
            let child = self.save(store, old_left, left, depth)?;
            self.free_node(store, old_right);
            parent.children.remove(next);
            replace(parent, at, child);
            return Ok(());
        }
        let spread = left.records.len().saturating_sub(1);
        let count = if fill { max.min(spread.saturating_sub(min)) } else { spread / 2 };
        let (left, middle, right) = cut(left, count)?;
        let left = self.save(store, old_left, left, depth)?;
        let right = self.save(store, old_right, right, depth)?;
        parent.records.insert(at, middle);
        replace(parent, at, left);
        replace(parent, next, right);
        Ok(())
    }

    /// Puts the new root, which may have one record too many, or none.
    fn settle_root(&mut self, store: &mut Store, old: Option<Child>, node: Node<R>) -> Result<()> {
        let depth = self.header.depth;
        let Some(old) = old else {
            return Err(Error::format("the tree has no root").in_structure(BTreeHeader::NAME));
        };
        if node.records.is_empty() {
            self.free_node(store, old);
            // Without records an internal node has one child, which becomes the root.
            self.header.depth = depth.saturating_sub(1);
            return self.set_root(store, node.children.first().copied());
        }
        if node.records.len() <= self.max_records(depth) {
            let root = self.save(store, old, node, depth)?;
            return self.set_root(store, Some(root));
        }
        let depth = depth.checked_add(1).ok_or_else(|| Error::limit("the tree is too deep"))?;
        if self.geometry.max_records(depth) == 0 {
            Arc::make_mut(&mut self.geometry).add_level(store.widths())?;
        }
        self.header.depth = depth;
        let mut root = Node { records: Vec::new(), children: vec![old] };
        self.settle(store, &mut root, 0, node, depth.saturating_sub(1))?;
        let root = self.save_new(store, root, depth)?;
        self.set_root(store, Some(root))
    }
}

/// One of two neighbours, as it is to be.
enum Side<R> {
    Left(Node<R>),
    Right(Node<R>),
}

fn replace<R>(parent: &mut Node<R>, index: usize, child: Child) {
    if let Some(pointer) = parent.children.get_mut(index) {
        *pointer = child;
    }
}

/// Cuts a node behind its first `count` records; the record there separates the two.
fn cut<R: Record>(mut node: Node<R>, count: usize) -> Result<(Node<R>, R, Node<R>)> {
    let behind = count.saturating_add(1);
    let mut records = node.records.split_off(count.min(node.records.len()));
    if records.is_empty() {
        return Err(Error::format("the node has too few records").in_structure(Node::<R>::NAME));
    }
    let middle = records.remove(0);
    let children = node.children.split_off(behind.min(node.children.len()));
    Ok((node, middle, Node { records, children }))
}
