//! What a piece of work costs: time, processor time, memory.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::time::Instant;

use hdfive::Result;

/// What a piece of work cost. Processor time and memory are known on Linux only.
pub(crate) struct Cost {
    /// Seconds on the clock.
    wall: f64,
    /// Seconds of processor time of all threads.
    cpu: f64,
    /// Seconds of processor time of the busiest thread: on a busy machine, the nearest to what the
    /// clock would show on a quiet one.
    busiest: f64,
    /// MiB of memory at the highest, above what was in use at the start.
    memory: f64,
}

impl Cost {
    pub(crate) fn of(work: impl FnOnce() -> Result<()>) -> Result<Self> {
        // Lets the peak start from what is in use now.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let (memory, before) = (status("VmRSS:"), threads());
        let start = Instant::now();
        work()?;
        let wall = start.elapsed().as_secs_f64();
        let used: Vec<f64> = threads()
            .into_iter()
            .map(|(thread, seconds)| seconds - before.get(&thread).unwrap_or(&0.0))
            .collect();
        Ok(Self {
            wall,
            cpu: used.iter().sum(),
            busiest: used.iter().copied().fold(0.0, f64::max),
            memory: (status("VmHWM:") - memory).max(0.0) / 1024.0,
        })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} {:.4} {:.4} {:.1}", self.wall, self.cpu, self.busiest, self.memory)
    }
}

/// Seconds of processor time of each thread.
fn threads() -> HashMap<String, f64> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return HashMap::new() };
    let seconds = |task: &fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("schedstat")).ok()?;
        Some(stat.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    };
    let each =
        tasks.flatten().filter_map(|task| Some((task.file_name().into_string().ok()?, seconds(&task)?)));
    each.collect()
}

/// A number of kB that `/proc/self/status` states.
fn status(name: &str) -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0)
}
