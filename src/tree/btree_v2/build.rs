//! Building a tree from all its records at once.

use super::*;

impl<R: Record> BTree<R> {
    /// Makes a tree of `records`, which are in ascending order.
    pub(crate) fn build(
        store: &mut Store,
        params: R::Params,
        tree: TreeParams,
        mut records: Vec<R>,
    ) -> Result<Self> {
        let mut tree = Self::create(store, params, tree)?;
        if records.is_empty() {
            return Ok(tree);
        }
        tree.check_editable()?;
        let mut children = Vec::new();
        loop {
            let depth = tree.header.depth;
            if tree.geometry.max_records(depth) == 0 {
                Arc::make_mut(&mut tree.geometry).add_level(store.widths())?;
            }
            let last = records.len() <= tree.max_records(depth);
            (records, children) = tree.build_level(store, records, children, depth)?;
            if last {
                return tree.set_root(store, children.first().copied()).map(|()| tree);
            }
            tree.header.depth =
                depth.checked_add(1).ok_or_else(|| Error::limit("the tree has too many levels"))?;
        }
    }

    /// Makes the nodes of one level, equally full, and returns the records between them and the
    /// pointers to them.
    fn build_level(
        &self,
        store: &mut Store,
        records: Vec<R>,
        children: Vec<Child>,
        depth: u16,
    ) -> Result<(Vec<R>, Vec<Child>)> {
        let places = records.len().saturating_add(1);
        let nodes = places.div_ceil(self.max_records(depth).saturating_add(1)).max(1);
        let (mut separators, mut pointers) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
        let (mut records, mut children) = (records.into_iter(), children.into_iter());
        let mut left = places;
        for index in 0..nodes {
            // Each node takes its records and the separator behind them, so many places.
            let share = left.div_ceil(nodes.saturating_sub(index).max(1));
            left = left.saturating_sub(share);
            let node = Node {
                records: records.by_ref().take(share.saturating_sub(1)).collect(),
                children: children.by_ref().take(share).collect(),
            };
            pointers.push(self.save_new(store, node, depth)?);
            separators.extend(records.next());
        }
        Ok((separators, pointers))
    }
}
