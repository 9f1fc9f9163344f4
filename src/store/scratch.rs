//! What the layers above remember of a transaction until it is committed.

use std::any::{Any, TypeId};
use std::collections::HashMap;

/// One value of each type that was asked for.
#[derive(Default)]
pub(super) struct Scratch(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Scratch {
    /// The value of this type, which starts as its default.
    #[expect(clippy::expect_used, reason = "the key is the type of the value")]
    pub(super) fn get<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        let value = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
        value.downcast_mut().expect("a value of the type that is its key")
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
