//! The elements that a write replaces, which may own parts of a variable length.

use std::sync::{Arc, MutexGuard};

use super::read_chunks::{self, Task};
use super::state::{self, Chunked, State, Storage};
use super::transfer;
use crate::Result;
use crate::file::Shared;
use crate::selection::Resolved;
use crate::types::{Plain, Plan};

impl State {
    /// To be held by a writer of elements that own parts, from when it looks at the old ones until it
    /// has given up their parts: what another puts in their place meanwhile would be given up by nobody.
    pub(crate) fn replacing(&self) -> MutexGuard<'_, ()> {
        self.replacing.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// The selected elements that are stored, in the file's form and in no particular order. A chunk that
    /// cannot be read counts as not stored.
    pub(crate) fn stored_elements(&self, shared: &Arc<Shared>, resolved: &Resolved) -> Result<Vec<u8>> {
        let inner = self.read_lock()?;
        state::check_selection(resolved, &inner)?;
        match &inner.storage {
            Storage::Chunked(chunked) => self.stored_in_chunks(shared, chunked, resolved),
            Storage::Compact(_) | Storage::Contiguous { address: Some(_), .. } => {
                drop(inner);
                let size = self.element_size();
                let len = usize::try_from(resolved.len()).unwrap_or(usize::MAX).saturating_mul(size);
                let mut elements = Plain::<u8>::new().zeros(len)?;
                self.read(shared, resolved, &mut elements, &Plan::copy(size), &self.datatype)?;
                Ok(elements)
            }
            Storage::Contiguous { address: None, .. } | Storage::External { .. } | Storage::Virtual(_) => {
                Ok(Vec::new())
            }
        }
    }

    fn stored_in_chunks(&self, shared: &Shared, chunked: &Chunked, resolved: &Resolved) -> Result<Vec<u8>> {
        let limit = shared.read()?.limits().chunk;
        let mut elements = Vec::new();
        read_chunks::for_each_chunk(&chunked.grid, resolved, |scaled, pieces| {
            let task = Task::new(&*shared.read()?, chunked, scaled, pieces)?;
            if task.record.is_none() && !task.cached {
                return Ok(());
            }
            let Ok(chunk) = self.load_chunk(shared, chunked, &task, limit) else { return Ok(()) };
            task.pieces.for_each_run(|run| {
                elements.extend_from_slice(transfer::part_of(
                    &chunk,
                    run.source,
                    run.len,
                    self.element_size(),
                )?);
                Ok(())
            })
        })?;
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Barrier;

    use crate::selection::{IntoSelection as _, Resolved};
    use crate::{Dataset, File};

    /// The number of the selected elements that are stored.
    fn stored_len(dataset: &Dataset, range: std::ops::Range<usize>) -> usize {
        let dims: Vec<u64> = dataset.shape().iter().map(|&dim| dim as u64).collect();
        let resolved = Resolved::new(&range.into_selection().unwrap(), &dims).unwrap();
        let stored = dataset.state.stored_elements(&dataset.shared, &resolved).unwrap();
        stored.len() / dataset.datatype().size as usize
    }

    #[test]
    fn only_what_is_stored_is_looked_at() {
        let file = File::in_memory().unwrap();
        let words = |count: usize| vec!["w".to_owned(); count];
        let chunked = file.new_dataset::<String>().shape(1 << 40).chunk(10).create("chunked").unwrap();
        chunked.write_slice(&words(3), 15..18).unwrap();
        let plain = file.new_dataset::<String>().shape(100).create("plain").unwrap();
        for (dataset, expected) in [(&chunked, 10), (&plain, 0)] {
            assert_eq!(stored_len(dataset, 0..100), expected);
        }
        plain.write_slice(&words(1), 0..1).unwrap();
        assert_eq!(stored_len(&plain, 0..30), 30);
    }

    #[test]
    fn writers_of_the_same_elements_give_up_what_the_other_wrote() {
        let file = File::in_memory().unwrap();
        let data = file.new_dataset::<String>().shape(2000).create("data").unwrap();
        let words: Vec<String> = (0..2000).map(|at| format!("{at} {}", "w".repeat(at % 90))).collect();
        let mut sizes = Vec::new();
        for _ in 0..20 {
            let start = Barrier::new(2);
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        start.wait();
                        data.write(&words).unwrap();
                    });
                }
            });
            file.flush().unwrap();
            sizes.push(file.size().unwrap());
        }
        assert!(sizes[19] < sizes[0] * 3, "{sizes:?}");
    }
}
