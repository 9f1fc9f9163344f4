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

/// Calls `work` with each item, on any thread, and `finish` with each result, in order and on the
/// caller's thread. At most `ahead` items are worked on or wait for those before them.
///
/// # Errors
/// The first one, in order; nothing is finished after it.
pub(crate) fn in_order<T: Send, R: Send>(
    items: Vec<T>,
    ahead: usize,
    work: impl Fn(T) -> Result<R> + Sync,
    mut finish: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    #[cfg(feature = "rayon")]
    if items.len() > 1
        && let Some(pool) = pool()
    {
        return pool.in_place_scope(|scope| ordered(scope, items, ahead, &work, finish));
    }
    #[cfg(not(feature = "rayon"))]
    let _ = ahead;
    items.into_iter().try_for_each(|item| finish(work(item)?))
}

#[cfg(feature = "rayon")]
fn ordered<'scope, T: Send + 'scope, R: Send + 'scope>(
    scope: &rayon::Scope<'scope>,
    items: Vec<T>,
    ahead: usize,
    work: &'scope (impl Fn(T) -> Result<R> + Sync),
    mut finish: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut items = items.into_iter().enumerate();
    let (mut waiting, mut next, mut running) = (std::collections::BTreeMap::new(), 0, 0_usize);
    loop {
        while running + waiting.len() < ahead.max(1)
            && let Some((nth, item)) = items.next()
        {
            let sender = sender.clone();
            running += 1;
            scope.spawn(move |_| {
                // A panic is the caller's, who would wait for the result for ever.
                let result = catch_unwind(AssertUnwindSafe(|| work(item)));
                // Nobody waits any more after an error.
                let _ = sender.send((nth, result));
            });
        }
        if running == 0 {
            return Ok(());
        }
        let Ok((nth, result)) = receiver.recv() else { return Ok(()) };
        running -= 1;
        waiting.insert(nth, result.unwrap_or_else(|panic| resume_unwind(panic)));
        while let Some(result) = waiting.remove(&next) {
            finish(result?)?;
            next += 1;
        }
    }
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

    #[test]
    fn results_are_finished_in_order_up_to_the_first_error() {
        for ahead in [0, 1, 3, 1000] {
            let mut finished = Vec::new();
            let slow = |n: u64| {
                std::thread::sleep(std::time::Duration::from_micros(n * 7919 % 100));
                Ok(n)
            };
            in_order((0..200).collect(), ahead, slow, |n| {
                finished.push(n);
                Ok(())
            })
            .unwrap();
            assert!(finished.into_iter().eq(0..200));
            let mut finished = 0;
            let fail = |n: i32| if n >= 50 { Err(crate::Error::usage(format!("{n}"))) } else { Ok(n) };
            let result = in_order((0..200).collect(), ahead, fail, |_| {
                finished += 1;
                Ok(())
            });
            assert_eq!((result.unwrap_err().message(), finished), ("50", 50));
        }
    }

    #[test]
    #[should_panic(expected = "at work")]
    fn a_panic_is_the_callers() {
        let _ = in_order(vec![1, 2, 3], 2, |n| if n == 2 { panic!("at work") } else { Ok(n) }, |_| Ok(()));
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
