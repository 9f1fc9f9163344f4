//! Nodes: loading, saving, searching, and the pointers that lead to them.

use super::*;

impl<R: Record> BTree<R> {
    pub(super) fn root(&self) -> Option<Child> {
        let address = self.header.root.get()?;
        Some(Child { address, records: self.header.root_records, total: self.header.total_records.0 })
    }

    /// The depth of the `count`th node of a path, counted from 1 at the root.
    pub(super) fn depth_of(&self, count: usize) -> u16 {
        usize::from(self.header.depth).saturating_add(1).saturating_sub(count) as u16
    }

    pub(super) fn context(&self, depth: u16, records: u16) -> NodeContext<R> {
        NodeContext { params: self.params.clone(), geometry: self.geometry.clone(), depth, records }
    }

    /// The node that `child` leads to, whose counts are what the pointer says.
    pub(super) fn node(&self, store: &Store, child: Child, depth: u16) -> Result<Arc<Node<R>>> {
        let node = store.fetch::<Node<R>>(child.address, &self.context(depth, child.records))?;
        let shape = if depth == 0 { 0 } else { usize::from(child.records).saturating_add(1) };
        if node.records.len() != usize::from(child.records)
            || node.children.len() != shape
            || total_of(&node) != Some(child.total)
        {
            return Err(Error::format("the node does not have as many records as its parent says")
                .in_structure(Node::<R>::NAME)
                .at(child.address));
        }
        Ok(node)
    }

    /// Puts `node` where `old` is or, if that was committed, in new space.
    pub(super) fn save(&self, store: &mut Store, old: Child, node: Node<R>, depth: u16) -> Result<Child> {
        let size = u64::from(self.geometry.node_size());
        let address = store.shadow(Space::Metadata, old.address, size)?;
        self.put_node(store, address, node, depth)
    }

    /// Puts `node` in new space.
    pub(super) fn save_new(&self, store: &mut Store, node: Node<R>, depth: u16) -> Result<Child> {
        let address = store.allocate(Space::Metadata, u64::from(self.geometry.node_size()))?;
        self.put_node(store, address, node, depth)
    }

    fn put_node(&self, store: &mut Store, address: u64, node: Node<R>, depth: u16) -> Result<Child> {
        let records = u16::try_from(node.records.len()).unwrap_or(u16::MAX);
        let total = total_of(&node).ok_or_else(|| Error::limit("there are too many records"))?;
        store.put(address, node, &self.context(depth, records), Rank::Linked)?;
        Ok(Child { address, records, total })
    }

    /// Changes a node without checking its size again.
    pub(super) fn modify(
        &self,
        store: &mut Store,
        child: Child,
        depth: u16,
        mut change: impl FnMut(&mut Node<R>),
    ) -> Result<Child> {
        let Child { address, records, .. } = child;
        if store.is_new(address) {
            let context = self.context(depth, records);
            let (records, total) = store.modify(address, &context, Rank::Linked, |node| {
                change(node);
                (u16::try_from(node.records.len()).unwrap_or(u16::MAX), total_of(node))
            })?;
            let total = total.ok_or_else(|| Error::limit("there are too many records"))?;
            return Ok(Child { address, records, total });
        }
        let mut node = Node::clone(&*self.node(store, child, depth)?);
        change(&mut node);
        self.save(store, child, node, depth)
    }

    pub(super) fn free_node(&self, store: &mut Store, child: Child) {
        store.free(Space::Metadata, child.address, u64::from(self.geometry.node_size()));
    }

    /// The way to the record that `compare` finds equal.
    pub(super) fn seek(
        &self,
        store: &Store,
        compare: &mut dyn FnMut(&Store, &R) -> Result<Ordering>,
    ) -> Result<Path> {
        let depths = usize::from(self.header.depth).saturating_add(1);
        let mut path = Path { steps: Vec::with_capacity(depths), found: false };
        let mut depth = self.header.depth;
        let mut next = self.root();
        while let Some(child) = next {
            let node = self.node(store, child, depth)?;
            let (index, found) = search(&node.records, |record| compare(store, record))?;
            path.steps.push(Step { node: child, index });
            path.found = found;
            if found || depth == 0 {
                break;
            }
            depth = depth.saturating_sub(1);
            next = node.children.get(index).copied();
        }
        Ok(path)
    }

    /// Makes the nodes of `above`, from the last up, lead to `child`, the new version of what
    /// the last of them leads to; then the header.
    pub(super) fn replace_upwards(
        &mut self,
        store: &mut Store,
        above: &[Step],
        mut child: Child,
    ) -> Result<()> {
        for (count, step) in above.iter().enumerate().rev() {
            let depth = self.depth_of(count.saturating_add(1));
            child = self.modify(store, step.node, depth, |node| {
                if let Some(pointer) = node.children.get_mut(step.index) {
                    *pointer = child;
                }
            })?;
        }
        self.set_root(store, Some(child))
    }

    /// Makes the header lead to `root`, and puts it.
    pub(super) fn set_root(&mut self, store: &mut Store, root: Option<Child>) -> Result<()> {
        self.header.root = root.map(|root| root.address).into();
        self.header.root_records = root.map_or(0, |root| root.records);
        self.header.total_records = Length(root.map_or(0, |root| root.total));
        self.address = store.shadow(Space::Metadata, self.address, header_size(store.widths()))?;
        store.put(self.address, self.header.clone(), &(), Rank::Linked)
    }

    /// The most records of a node that we make. The reference library splits a node when it has
    /// exactly so many, so there must never be more.
    pub(super) fn max_records(&self, depth: u16) -> usize {
        let percent = usize::from(self.header.split_percent);
        usize::from(self.geometry.max_records(depth)).saturating_mul(percent) / 100
    }

    /// The fewest records of a node that is not the root: with fewer, the reference library
    /// would fail to notice that a node runs empty.
    pub(super) fn min_records(&self, depth: u16) -> usize {
        let percent = usize::from(self.header.merge_percent);
        (usize::from(self.geometry.max_records(depth)).saturating_mul(percent) / 100).max(1)
    }

    /// Whether nodes can be split and merged at all: percentages and sizes of other makers'
    /// files may be such that they cannot.
    pub(super) fn check_editable(&self) -> Result<()> {
        let depths = 0..=self.header.depth;
        let roomy = depths.into_iter().all(|depth| self.max_records(depth) / 2 >= self.min_records(depth));
        if self.header.split_percent <= 100 && roomy {
            return Ok(());
        }
        Err(Error::unsupported("nodes of this tree cannot be split and merged")
            .in_structure(BTreeHeader::NAME)
            .at(self.address))
    }
}

/// Records in the node and everything below it.
fn total_of<R>(node: &Node<R>) -> Option<u64> {
    node.children.iter().try_fold(node.records.len() as u64, |sum, child| sum.checked_add(child.total))
}

/// Where `compare` finds a record equal, or the index before which it would be.
fn search<R>(records: &[R], mut compare: impl FnMut(&R) -> Result<Ordering>) -> Result<(usize, bool)> {
    let mut failure = None;
    let found = records.binary_search_by(|record| match compare(record) {
        Ok(order) => order,
        Err(error) => {
            failure.get_or_insert(error);
            Ordering::Equal
        }
    });
    match (failure, found) {
        (Some(error), _) => Err(error),
        (None, Ok(index)) => Ok((index, true)),
        (None, Err(index)) => Ok((index, false)),
    }
}
