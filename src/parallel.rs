//! The one place that knows threads: with the feature `rayon` on its pool, else in the caller's.

use crate::Result;

/// How many tasks can run at once.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    return 1;
}

/// Calls `work` with each item and something that `init` makes once for many items.
pub(crate) fn try_for_each<T: Send, S>(
    items: Vec<T>,
    init: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, T) -> Result<()> + Sync + Send,
) -> Result<()> {
    #[cfg(feature = "rayon")]
    if items.len() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().with_max_len(1).try_for_each_init(init, work);
    }
    let mut state = init();
    items.into_iter().try_for_each(|item| work(&mut state, item))
}

/// The results of `work` for each item, in order.
pub(crate) fn try_map<T: Send, R: Send, S>(
    items: Vec<T>,
    init: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, T) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
    #[cfg(feature = "rayon")]
    if items.len() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().with_max_len(1).map_init(init, work).collect();
    }
    let mut state = init();
    items.into_iter().map(|item| work(&mut state, item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_errors_come_out() {
        assert_eq!(try_map((0..100).collect(), || 1, |one, n: i32| Ok(n + *one)).unwrap()[99], 100);
        let fail = |(): &mut (), n: i32| if n == 50 { Err(crate::Error::usage("fifty")) } else { Ok(()) };
        assert!(try_for_each((0..100).collect(), || (), fail).is_err());
    }
}
