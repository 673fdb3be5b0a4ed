//! What one measurement is made of: clocks, memory, and a processor to stay on.

use std::fs;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// A figure, and what it is a figure of: `cpu` and `wall` in nanoseconds per
/// operation, and what a workload adds.
pub(crate) type Reading = (&'static str, f64);

/// Measures CPU time and wall time from here on.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch {
    cpu: f64,
    wall: Instant,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { cpu: cpu_nanos(), wall: Instant::now() }
    }

    /// Returns the nanoseconds per operation since the start.
    pub(crate) fn per_op(self, ops: u64) -> Vec<Reading> {
        let wall = nanos(self.wall.elapsed());
        vec![("cpu", self.cpu_per_op(ops)), ("wall", wall / float(ops))]
    }

    /// Returns the nanoseconds of CPU time per operation since the start.
    pub(crate) fn cpu_per_op(self, ops: u64) -> f64 {
        (cpu_nanos() - self.cpu) / float(ops)
    }
}

/// The time that this process, all threads of it, has spent on processors, in
/// user mode and in the kernel.
fn cpu_nanos() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    nanos(Duration::try_from(time).expect("a process has used no negative time"))
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// Returns the memory that this process has in use, in bytes, if the system
/// says so. Only growth by many pages means anything.
pub(crate) fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// Keeps this process, and the threads it starts, on one processor.
pub(crate) fn stay_on_one_processor() {
    let mut processors = CpuSet::new();
    processors.set(0);
    if let Err(error) = sched_setaffinity(None, &processors) {
        eprintln!("measuring unpinned: {error}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
