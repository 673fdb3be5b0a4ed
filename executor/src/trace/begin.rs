//! The beginning of a recording: what is there already, as if it came now.

use crate::core::Core;
use crate::id::{MAIN, TaskId};
use crate::points::Wait;
use crate::probe::{Ended, Event, On};
use crate::slots::{Slot, flag};

/// Tells of all that there is between two turns.
pub(crate) fn tell_what_is_there(core: &Core) {
    let (tasks, timers) = (tasks(core), timers(core));
    for (id, slot) in tasks {
        tell_task(core, id, slot);
    }
    for event in timers {
        core.tell(|| event);
    }
    core.tell_ready();
}

fn tasks(core: &Core) -> Vec<(TaskId, &Slot)> {
    let slots = (1..core.slots.len()).map(|index| core.slots.tenant(index));
    slots.filter(|(_, slot)| slot.has(flag::LIVE | flag::HELD | flag::QUEUED)).collect()
}

fn tell_task(core: &Core, task: TaskId, slot: &Slot) {
    debug_assert_ne!(task.index, MAIN);
    core.tell(|| Event::Spawn { task, at: slot.spawned_at() });
    let name = core.extras.get(task.index, slot, |extra| extra.name.clone());
    if let Some(name) = name.flatten() {
        core.tell_text(|| name.as_ref().into(), |name| Event::Name { task, name });
    }
    if let Wait::Task(inner) = core.innermost_wait(task) {
        let on = On::Task(inner);
        core.tell(|| Event::Awaits { task, on, at: None });
    }
    if slot.has(flag::CANCELLED) {
        core.tell(|| Event::Mark { task });
    }
    if !slot.has(flag::LIVE) {
        core.tell(|| Event::Done { task, outcome: Ended::Returned, text: None });
    }
    if !slot.has(flag::HELD) {
        core.tell(|| Event::Detach { task });
    }
}

fn timers(core: &Core) -> Vec<Event> {
    let timers = &mut *core.timers.borrow_mut();
    let all: Vec<_> = timers.timers().collect();
    let mut events = vec![Event::Advance { now: timers.elapsed() }];
    for (timer, deadline, spot) in all {
        let task = timers.get_mut(timer).and_then(|waiter| waiter.task());
        events.push(match spot {
            Some(_) => Event::TimerAt { timer, task, deadline },
            None => Event::TimerIn { timer, task, delay: deadline },
        });
    }
    events
}
