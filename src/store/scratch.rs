//! What the layers above remember of a transaction until it is committed.

use std::any::{Any, TypeId};
use std::collections::HashMap;

use super::Store;
use crate::Result;

/// What puts into the file what was kept in the scratch.
pub(super) type Finish = fn(&mut Store) -> Result<()>;

/// One value of each type that was asked for.
#[derive(Default)]
pub(super) struct Scratch {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    finish: Vec<Finish>,
}

impl Scratch {
    /// The value of this type, which starts as its default.
    #[expect(clippy::expect_used, reason = "the key is the type of the value")]
    pub(super) fn get<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        let value = self.values.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
        value.downcast_mut().expect("a value of the type that is its key")
    }

    /// Adds to what is to be called before the commit, once.
    pub(super) fn before_commit(&mut self, finish: Finish) {
        if !self.finish.iter().any(|known| std::ptr::fn_addr_eq(*known, finish)) {
            self.finish.push(finish);
        }
    }

    /// What is to be called before the commit.
    pub(super) fn to_finish(&self) -> Vec<Finish> {
        self.finish.clone()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
