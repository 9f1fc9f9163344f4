//! Dirty metadata: what every read sees first, until the commit writes it.

mod extent;
#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rank;
use super::cache::Shared;
use crate::Result;
use crate::format::{Structure, Widths, encode};
pub(super) use extent::Extent;
use extent::{Pending, PendingValue};

/// Structures of at least this many bytes are encoded when they are needed, not whenever they
/// change: a heap block changes with every object in it, an object header with every attribute.
/// (Smaller ones hold counts, of which it is good to know at once that they fit, where fields are
/// narrower than the counts in memory.)
const DEFERRED: usize = 64;

/// The dirty extents, which do not overlap, by address.
pub(super) struct Overlay {
    extents: BTreeMap<u64, Extent>,
    widths: Widths,
}

impl Overlay {
    pub(super) fn new(widths: Widths) -> Self {
        Self { extents: BTreeMap::new(), widths }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.extents.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.extents.clear();
    }

    /// Replaces bytes. Whatever overlaps them becomes one extent with them.
    pub(super) fn write(&mut self, address: u64, bytes: Vec<u8>, rank: Rank, new: bool) -> Result<()> {
        self.lay(address, Extent::new(bytes, rank, new))
    }

    /// Adds an extent, merged with what it overlaps.
    fn lay(&mut self, address: u64, mut extent: Extent) -> Result<()> {
        if extent.len == 0 {
            return Ok(());
        }
        let end = address.saturating_add(extent.len as u64);
        if self.settle_before(end)? <= address {
            self.extents.insert(address, extent);
            return Ok(());
        }
        extent.settle(self.widths)?;
        self.settle_before(address)?;
        let overlapping = self.overlapping(address, end);
        let mut start = address;
        // From the last to the first, so that at each step the extent covers what it was merged with.
        for at in overlapping.into_iter().rev() {
            let Some(old) = self.extents.remove(&at) else { continue };
            let mut under = match at >= address && at.saturating_add(old.len as u64) <= end {
                true => Vec::new(),
                false => old.bytes(self.widths)?.into_owned(),
            };
            extent.rank = extent.rank.max(old.rank);
            extent.new &= old.new;
            if under.is_empty() {
                continue;
            }
            extent.whole = None;
            let union = start.min(at);
            let (shift, under_shift) = (start.saturating_sub(union), at.saturating_sub(union));
            let top = extent.bytes.len().saturating_add(index(shift));
            let len = under.len().saturating_add(index(under_shift)).max(top);
            if under_shift > 0 {
                under.splice(0..0, std::iter::repeat_n(0, index(under_shift)));
            }
            under.resize(len, 0);
            if let Some(to) = under.get_mut(index(shift)..top) {
                to.copy_from_slice(&extent.bytes);
            }
            (start, extent.len, extent.bytes) = (union, under.len(), under);
        }
        self.extents.insert(start, extent);
        Ok(())
    }

    /// Replaces the structure at `address`; gives its length, and the value back if it does not wait
    /// to be encoded.
    pub(super) fn put<T: Structure>(
        &mut self,
        address: u64,
        value: T,
        context: &T::Context,
        rank: Rank,
        new: bool,
    ) -> Result<(u64, Option<T>)>
    where
        T::Context: Clone + Send + 'static,
    {
        let whole = Some(TypeId::of::<T>());
        let widths = self.widths;
        let known = value.encoded_len(context, widths);
        if let Some(old) = self.extents.get_mut(&address).filter(|old| old.whole == whole) {
            if old.len >= DEFERRED || widths == Widths::default() {
                match old.pending::<T>() {
                    Some(pending) => {
                        match Arc::get_mut(&mut pending.value) {
                            Some(old) => *old = value,
                            None => pending.value = Arc::new(value),
                        }
                        pending.context = context.clone();
                    }
                    None => {
                        let pending = PendingValue { value: Arc::new(value), context: context.clone() };
                        old.pending = Some(Box::new(pending));
                    }
                }
                old.rank = old.rank.max(rank);
                return Ok((old.measure(known), None));
            }
            let bytes = encode(&value, context, widths)?;
            let len = bytes.len() as u64;
            if bytes.len() == old.bytes.len() {
                old.bytes = bytes;
                old.rank = old.rank.max(rank);
                return Ok((len, Some(value)));
            }
            self.lay(address, Extent { whole, ..Extent::new(bytes, rank, new) })?;
            return Ok((len, Some(value)));
        }
        if let Some(len) = known.filter(|&len| len >= DEFERRED) {
            let pending = PendingValue { value: Arc::new(value), context: context.clone() };
            let pending: Option<Box<dyn Pending>> = Some(Box::new(pending));
            self.lay(address, Extent { len, whole, pending, ..Extent::new(Vec::new(), rank, new) })?;
            return Ok((len as u64, None));
        }
        let bytes = encode(&value, context, widths)?;
        let len = bytes.len() as u64;
        self.lay(address, Extent { whole, ..Extent::new(bytes, rank, new) })?;
        Ok((len, Some(value)))
    }

    /// Changes the structure at `address` where it is, if it waits to be encoded; gives its length.
    pub(super) fn modify<T: Structure + Clone, R>(
        &mut self,
        address: u64,
        context: &T::Context,
        rank: Rank,
        change: &mut dyn FnMut(&mut T) -> R,
    ) -> Option<(u64, R)>
    where
        T::Context: Clone + Send + 'static,
    {
        let widths = self.widths;
        let extent = self.extents.get_mut(&address)?;
        let pending = extent.pending::<T>()?;
        let value = Arc::make_mut(&mut pending.value);
        let result = change(value);
        let known = value.encoded_len(context, widths);
        pending.context = context.clone();
        extent.rank = extent.rank.max(rank);
        Some((extent.measure(known), result))
    }

    /// The structure at `address` if it waits to be encoded.
    pub(super) fn pending_value(&self, address: u64) -> Option<Shared> {
        self.extents.get(&address)?.pending.as_ref().map(|pending| pending.value())
    }

    /// The dirty bytes from `address` to the end of their extent, if `address` is dirty. They are
    /// borrowed unless a structure there waits to be encoded.
    pub(super) fn covering(&self, address: u64) -> Result<Option<Cow<'_, [u8]>>> {
        let Some((&start, extent)) = self.extents.range(..=address).next_back() else { return Ok(None) };
        let skip = index(address.saturating_sub(start));
        if !extent.vague && skip >= extent.len {
            return Ok(None);
        }
        Ok(match extent.bytes(self.widths)? {
            Cow::Borrowed(bytes) => bytes.get(skip..).map(Cow::Borrowed),
            Cow::Owned(bytes) => bytes.get(skip..).map(|rest| Cow::Owned(rest.to_vec())),
        }
        .filter(|rest| !rest.is_empty()))
    }

    /// Whether any of the `len` bytes at `address` are dirty.
    pub(super) fn touches(&self, address: u64, len: u64) -> bool {
        !self.overlapping(address, address.saturating_add(len)).is_empty()
    }

    /// Lays the dirty bytes over `buf`, which stands at `address`.
    pub(super) fn apply(&self, address: u64, buf: &mut [u8]) -> Result<()> {
        let end = address.saturating_add(buf.len() as u64);
        for start in self.overlapping(address, end) {
            let Some(extent) = self.extents.get(&start) else { continue };
            let bytes = extent.bytes(self.widths)?;
            let to = buf.get_mut(index(start.saturating_sub(address))..).unwrap_or_default();
            let from = bytes.get(index(address.saturating_sub(start))..).unwrap_or_default();
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
        }
        Ok(())
    }

    /// Forgets the dirty bytes in a range that is freed. (A structure of which only a part is freed
    /// and that cannot be encoded stays whole; the commit will say why.)
    pub(super) fn remove(&mut self, address: u64, len: u64) {
        let end = address.saturating_add(len);
        let _ = self.settle_before(address);
        for start in self.overlapping(address, end) {
            let Some(extent) = self.extents.remove(&start) else { continue };
            if start >= address && start.saturating_add(extent.len as u64) <= end {
                continue;
            }
            let Ok(bytes) = extent.bytes(self.widths).map(Cow::into_owned) else {
                self.extents.insert(start, extent);
                continue;
            };
            let Extent { rank, new, .. } = extent;
            // What lies before the freed range, and what lies behind it.
            let head = bytes.get(..index(address.saturating_sub(start)));
            let tail = bytes.get(index(end.saturating_sub(start))..);
            let head = if start < address { head.or(Some(&bytes)) } else { None };
            for (at, rest) in [(start, head), (end, tail)] {
                if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                    self.extents.insert(at, Extent::new(rest.to_vec(), rank, new));
                }
            }
        }
    }

    /// Encodes all that waits to be; `keep` gets each structure, with its address and length.
    pub(super) fn settle(&mut self, mut keep: impl FnMut(u64, u64, Shared)) -> Result<()> {
        let widths = self.widths;
        let mut grown = Vec::new();
        for (&start, extent) in &mut self.extents {
            let value = extent.pending.as_ref().map(|pending| pending.value());
            let before = extent.len;
            extent.settle(widths)?;
            if extent.len > before {
                grown.push(start);
            } else if let Some(value) = value {
                keep(start, extent.len as u64, value);
            }
        }
        // What became longer takes in what it now overlaps.
        for start in grown {
            let Some(extent) = self.extents.remove(&start) else { continue };
            self.write(start, extent.bytes, extent.rank, extent.new)?;
        }
        Ok(())
    }

    /// Encodes the extent before `address` if its length is not known; gives its end.
    fn settle_before(&mut self, address: u64) -> Result<u64> {
        let widths = self.widths;
        let Some((&start, extent)) = self.extents.range_mut(..address).next_back() else { return Ok(0) };
        if extent.vague {
            extent.settle(widths)?;
        }
        Ok(start.saturating_add(extent.len as u64))
    }

    /// The extents in order of address; call [`settle`](Self::settle) first.
    pub(super) fn extents(&self) -> impl Iterator<Item = (u64, &Extent)> {
        self.extents.iter().map(|(&address, extent)| (address, extent))
    }

    /// The addresses of the extents that overlap `start..end`, in order. A structure before `start`
    /// whose length is not known is among them, since it may have grown.
    fn overlapping(&self, start: u64, end: u64) -> Vec<u64> {
        let mut found = Vec::new();
        if let Some((&at, extent)) = self.extents.range(..start).next_back()
            && (extent.vague || at.saturating_add(extent.len as u64) > start)
        {
            found.push(at);
        }
        found.extend(self.extents.range(start..end.max(start)).map(|(&at, _)| at));
        found
    }
}

/// A distance within one extent, which is in memory, as an index.
fn index(distance: u64) -> usize {
    usize::try_from(distance).unwrap_or(usize::MAX)
}
