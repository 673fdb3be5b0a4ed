//! The rows of the table: which figure of which workload counts.

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) workload: &'static str,
    /// The name of the reading.
    pub(crate) metric: &'static str,
    pub(crate) unit: &'static str,
    /// The row whose best peer is the one to compare with: this one, or one
    /// that is at odds with it.
    pub(crate) contest: &'static str,
}

const fn row(
    name: &'static str,
    workload: &'static str,
    metric: &'static str,
    unit: &'static str,
) -> Row {
    Row { name, workload, metric, unit, contest: name }
}

/// The CPU time of a workload.
pub(crate) const fn cpu(name: &'static str) -> Row {
    row(name, name, "cpu", "ns")
}

const fn wall(name: &'static str) -> Row {
    row(name, name, "wall", "ns, wall")
}

/// How late timers fire. A peer is easily punctual that spends a system call on
/// each, so the one to compare with is the one that is best at CPU time.
const fn lateness(name: &'static str, metric: &'static str, unit: &'static str) -> Row {
    Row { name, workload: "timer_fire", metric, unit, contest: "timer_fire" }
}

pub(crate) const ALL: &[Row] = &[
    cpu("spawn_join"),
    cpu("spawn_one"),
    cpu("yield"),
    cpu("ping_pong"),
    cpu("timer_churn"),
    cpu("timer_fire"),
    lateness("timer_fire late", "late mean", "us, mean"),
    lateness("timer_fire late p99", "late p99", "us"),
    cpu("gather_10"),
    cpu("gather_result"),
    cpu("wait_all"),
    cpu("gather_100k"),
    cpu("gather_staggered"),
    cpu("wait_first"),
    cpu("drain_first"),
    wall("cross_wake"),
    wall("cross_flood"),
    row("idle_mem", "idle_mem", "bytes", "bytes"),
    row("idle_mem spawn", "idle_mem", "cpu", "ns"),
    row("idle_mem drop", "idle_mem", "drop", "ns"),
    row("spawn_pause", "spawn_pause", "longest", "us"),
    cpu("run_cold"),
];
