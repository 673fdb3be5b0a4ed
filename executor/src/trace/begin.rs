//! The beginning of a recording: all that is there already, recorded as if it came now.

use std::collections::HashSet;

use crate::cancel::deadlock::{Due, timers};
use crate::cancel::found::Found;
use crate::probe::{Caller, Ended, Event, On};
use crate::run::core::{Core, Ready};
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, flag};

use super::recorder::{Record, Texts};
use super::state::{At, Entry, Section, State, Task, Watch};

/// Records all that there is between two turns.
pub(crate) fn tell_what_is_there(core: &Core) {
    for (id, slot) in tasks(core) {
        tell_task(core, id, slot);
    }
    tell_timers(core);
    core.tell_ready();
}

/// Records what can be seen of the turn under way: the tasks that its batch still has, as if
/// they were queued now, and the one that is polled.
pub(crate) fn tell_turn(core: &Core) {
    let in_queue: HashSet<_> = core.ready().into_iter().filter_map(Ready::task).collect();
    for (task, slot) in tasks(core) {
        if slot.has(flag::QUEUED) && !in_queue.contains(&task.index) {
            core.record(|| Event::Ready { task });
        }
    }
    if let Some(task) = core.polling() {
        core.record(|| Event::Poll { task });
    }
}

fn tasks(core: &Core) -> Vec<(TaskId, &Slot)> {
    let slots = (0..core.slots.len()).map(|index| core.slots.tenant(index));
    // The slot of the main future stays when that has ended.
    let is_there = |(id, slot): &(TaskId, &Slot)| match id.index {
        MAIN => slot.has(flag::LIVE),
        _ => slot.has(flag::LIVE | flag::HELD | flag::QUEUED),
    };
    slots.filter(is_there).collect()
}

fn tell_task(core: &Core, task: TaskId, slot: &Slot) {
    core.record(|| Event::Spawn { task, at: slot.spawned_at() });
    let name = core.extras.get(task.index, slot, |extra| extra.name.clone());
    if let Some(name) = name.flatten() {
        core.record_text(|| name.as_ref().into(), |name| Event::Name { task, name });
    }
    if let Some(inner) = core.awaited(core.innermost(Found::Task(task, slot))) {
        let on = On::Task(inner.task());
        core.record(|| Event::Awaits { task, on, at: None });
    }
    if slot.has(flag::MARKED) {
        core.record(|| Event::Mark { task });
    }
    if !slot.has(flag::LIVE) {
        core.record(|| Event::Done { task, outcome: Ended::Returned, text: None });
    }
    core.record(|| Event::Found { task, polls: 0, since: None, ending: false });
    if !slot.has(flag::HELD) {
        core.record(|| Event::Detach { task });
    }
}

fn tell_timers(core: &Core) {
    let now = core.timers.borrow().elapsed();
    core.record(|| Event::Advance { now });
    for (timer, task, due) in timers(core) {
        core.record(|| match due {
            Due::At(deadline) => Event::TimerAt { timer, task, deadline },
            Due::In(delay) => Event::TimerIn { timer, task, delay },
        });
        if let Some(task) = task {
            core.record(|| Event::Awaits { task, on: On::Timer(timer), at: None });
        }
    }
}

impl State {
    /// Returns events from which this state follows: the beginning of a recording
    /// whose former steps are gone.
    pub(super) fn retold(&self, texts: &mut Texts) -> Vec<Record> {
        let mut events = Vec::new();
        for (id, task) in &self.tasks {
            self.retell_task(*id, task, texts, &mut events);
        }
        for (id, watch) in &self.watches {
            retell_watch(*id, watch, texts, &mut events);
        }
        let (polled, others): (Vec<_>, Vec<_>) =
            self.tasks.iter().partition(|(task, _)| Some(**task) == self.polled);
        for (task, it) in others {
            retell_awaits(*task, it, texts, &mut events);
        }
        events.extend(self.timers.retold());
        for (timer, function) in &self.functions {
            let function = texts.keep(function.clone());
            events.push(Event::Rings { timer: *timer, function });
        }
        for (id, section) in &self.sections {
            retell_section(*id, section, texts, &mut events);
        }
        self.retell_turn(&mut events);
        for (task, it) in polled {
            retell_awaits(*task, it, texts, &mut events);
        }
        for (task, at) in &self.reached {
            events.push(Event::Reach { task: *task, at: Some(texts.keep((**at).into())) });
        }
        events.extend(self.queue.iter().map(|entry| entry.retold()));
        events.into_iter().map(|event| Record { tick: self.now, event }).collect()
    }

    fn retell_task(&self, task: TaskId, it: &Task, texts: &mut Texts, events: &mut Vec<Event>) {
        // No task is polled here, so that the place is that of what acts from outside.
        let at = retell_place(None, it.spawned_at.as_ref(), texts, events);
        events.push(Event::Spawn { task, at });
        if let Some(At::Program(_)) = it.spawned_at {
            events.push(Event::Reach { task: None, at: None });
        }
        let name = it.name.as_ref().map(|name| texts.keep(name.clone()));
        events.extend(name.map(|name| Event::Name { task, name }));
        if it.marked {
            events.push(Event::Mark { task });
        }
        events.extend(it.ended.map(|outcome| Event::Done { task, outcome, text: None }));
        let failure = it.failure.as_ref().map(|text| texts.keep(text.clone()));
        events.extend(failure.map(|text| Event::Fail { task, text, at: None }));
        if !it.held {
            events.push(Event::Detach { task });
        }
        if !it.is_new {
            // The poll under way has an event of its own, later.
            let polls = it.polls - u32::from(self.polled == Some(task));
            events.push(Event::Found { task, polls, since: it.since, ending: it.ending });
        }
    }

    /// Adds events for the rest of a turn, and for the poll under way in it.
    fn retell_turn(&self, events: &mut Vec<Event>) {
        let polled = self.polled.map(Entry::Task);
        let entries: Vec<_> = polled.iter().chain(self.batch()).map(|it| it.retold()).collect();
        if entries.is_empty() {
            return;
        }
        let turn = Event::Turn { batch: entries.len() };
        events.extend(entries);
        events.push(turn);
        events.extend(self.polled.map(|task| Event::Poll { task }));
    }
}

fn retell_awaits(task: TaskId, it: &Task, texts: &mut Texts, events: &mut Vec<Event>) {
    for (on, at) in &it.awaits {
        let at = retell_place(Some(task), at.as_ref(), texts, events);
        events.push(Event::Awaits { task, on: *on, at });
    }
}

/// Adds an event for a place in a program, which is that of the next step then, or returns the
/// line of Rust.
fn retell_place(
    task: Option<TaskId>,
    at: Option<&At>,
    texts: &mut Texts,
    events: &mut Vec<Event>,
) -> Option<Caller> {
    match at? {
        At::Rust(caller) => return Some(caller),
        At::Program(at) => {
            events.push(Event::Reach { task, at: Some(texts.keep((**at).into())) });
        }
    }
    None
}

fn retell_watch(watch: u32, it: &Watch, texts: &mut Texts, events: &mut Vec<Event>) {
    events.push(Event::FoundWatch { watch, by: it.by });
    let what = it.what.as_ref().map(|what| texts.keep(what.clone()));
    events.extend(what.map(|what| Event::What { watch, what }));
    let function = it.function.as_ref().map(|function| texts.keep(function.clone()));
    events.extend(function.map(|function| Event::Calls { watch, function }));
    let children = it.children.iter();
    events.extend(children.map(|(&child, &task)| Event::Child { watch, child, task }));
    if it.met {
        events.push(Event::Met { watch });
    }
}

fn retell_section(section: u32, it: &Section, texts: &mut Texts, events: &mut Vec<Event>) {
    let what = texts.keep(it.what.clone());
    events.push(Event::FoundSection { section, by: it.by, what });
    events.extend(it.members.iter().map(|&task| Event::Member { section, task }));
    if it.timer.is_some() {
        events.push(Event::Limit { section, timer: it.timer });
    }
}

impl Entry {
    fn retold(self) -> Event {
        match self {
            Self::Task(task) => Event::Ready { task },
            Self::Notice(watch, child) => Event::Notice { watch, child },
        }
    }
}
