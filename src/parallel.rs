//! The one place that knows threads: with the feature `rayon` on a pool of our own, else in the
//! caller's.
//!
//! The caller may hold a dataset's lock meanwhile. So work never goes to a pool whose threads may
//! be waiting for that lock, and a thread of a pool never waits for others here: it could be given,
//! meanwhile, a task that wants the lock that it holds.

use crate::Result;

#[cfg(feature = "rayon")]
fn pool() -> Option<&'static rayon::ThreadPool> {
    static POOL: std::sync::OnceLock<Option<rayon::ThreadPool>> = std::sync::OnceLock::new();
    if rayon::current_thread_index().is_some() {
        return None;
    }
    let pool = POOL.get_or_init(|| {
        rayon::ThreadPoolBuilder::new().thread_name(|nth| format!("hdfive-{nth}")).build().ok()
    });
    pool.as_ref().filter(|pool| pool.current_num_threads() > 1)
}

/// How many tasks can run at once for this caller.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return pool().map_or(1, rayon::ThreadPool::current_num_threads);
    #[cfg(not(feature = "rayon"))]
    return 1;
}

/// Calls `work` with each item.
pub(crate) fn try_for_each<T: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<()> + Sync + Send,
) -> Result<()> {
    #[cfg(feature = "rayon")]
    if items.len() > 1
        && let Some(pool) = pool()
    {
        use rayon::prelude::*;
        return pool.install(|| items.into_par_iter().with_max_len(1).try_for_each(work));
    }
    items.into_iter().try_for_each(work)
}

/// The results of `work` for each item, in order.
pub(crate) fn try_map<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
    #[cfg(feature = "rayon")]
    if items.len() > 1
        && let Some(pool) = pool()
    {
        use rayon::prelude::*;
        return pool.install(|| items.into_par_iter().with_max_len(1).map(work).collect());
    }
    items.into_iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_errors_come_out() {
        assert_eq!(try_map((0..100).collect(), |n: i32| Ok(n + 1)).unwrap()[99], 100);
        let fail = |n: i32| if n == 50 { Err(crate::Error::usage("fifty")) } else { Ok(()) };
        assert!(try_for_each((0..100).collect(), fail).is_err());
    }

    /// On a thread of some pool, nothing is handed on.
    #[cfg(feature = "rayon")]
    #[test]
    fn a_pool_thread_does_the_work_itself() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.install(|| {
            let here = std::thread::current().id();
            assert_eq!(threads(), 1);
            let ids = try_map(vec![(); 50], |()| Ok(std::thread::current().id())).unwrap();
            assert!(ids.into_iter().all(|id| id == here));
        });
    }
}
