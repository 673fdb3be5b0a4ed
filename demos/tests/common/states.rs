//! The states of an executor, told by its snapshots and by the page's own fold in one form.

use executor::trace::{ReadySnapshot, Recording};
use serde_json::{Value, json};

/// The page's function `told`, which says of one of its states what [`state_after`] does.
pub(crate) const TOLD: &str = "
    const flags = (it) => [it.live, it.queued, it.live && it.marked !== null, it.held];
    const place = (it) => [it.deadline ?? it.delay, it.level, it.list];
    const table = (all, isThere, row) => Object.fromEntries(
        Object.values(all).filter(isThere).map((it) => [it.id, row(it)]));
    // A main future has no slot any more when it has ended.
    const inSlot = (it) => !it.vacant && (it.live || it.id.split('.')[0] !== '0');
    const toFire = (it) => it.where === 'wheel' || it.where === 'nursery';
    const told = ({ tasks, queue, timers, elapsed }) => ({
        tasks: table(tasks, inSlot, flags),
        ready: queue.map((it) => it.task ?? 'notice'),
        timers: table(timers, toFire, place),
        elapsed,
    });
";

/// Returns the executor's state after so many steps.
pub(crate) fn state_after(recording: &Recording, steps: usize) -> Value {
    let snapshot = recording.snapshot_after(steps);
    let tasks = snapshot
        .tasks
        .iter()
        .map(|(id, it)| (id.to_string(), json!([it.lives, it.queued, it.marked, it.held])));
    let ready = snapshot.ready.iter().map(|it| match it {
        ReadySnapshot::Task(id) => id.to_string(),
        ReadySnapshot::Notice => "notice".into(),
    });
    let timers = snapshot.timers.iter().map(|(key, it)| {
        let (level, list) = it.place.unzip();
        (key.to_string(), json!([it.deadline, level, list]))
    });
    json!({
        "tasks": tasks.collect::<serde_json::Map<_, _>>(),
        "ready": ready.collect::<Vec<_>>(),
        "timers": timers.collect::<serde_json::Map<_, _>>(),
        "elapsed": snapshot.elapsed,
    })
}
