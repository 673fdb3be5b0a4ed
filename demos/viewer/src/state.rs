//! The executor after a step: the fold of the steps, as far as it is shown.

use std::collections::{BTreeMap, HashMap, VecDeque};

use executor::InLine;

use crate::step::{Advance, Event, Id, On, Outcome, Spot, Step};

/// All that is shown of an executor.
#[derive(Default)]
pub(crate) struct State {
    /// The time of the last step, in ticks.
    pub(crate) now: u64,
    /// The tasks that have a slot.
    pub(crate) tasks: BTreeMap<Id, Task>,
    /// The ready queue.
    pub(crate) queue: VecDeque<Entry>,
    /// The entries of this turn's batch that weren't taken yet.
    pub(crate) batch: VecDeque<Entry>,
    pub(crate) polled: Option<Id>,
    /// The timers that are to fire.
    pub(crate) timers: BTreeMap<Id, Timer>,
    pub(crate) watches: HashMap<u32, Watch>,
    /// The sections, in words.
    pub(crate) sections: HashMap<u32, String>,
    /// The functions that timers call.
    pub(crate) functions: HashMap<Id, String>,
}

#[derive(Default)]
pub(crate) struct Watch {
    /// The words for what it waits for.
    pub(crate) what: String,
    /// The function that it is there to call.
    pub(crate) function: Option<String>,
    /// The child whose end was enough.
    pub(crate) enough: Option<u32>,
}

#[expect(clippy::struct_excessive_bools, reason = "so it is in the executor")]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) queued: bool,
    pub(crate) marked: bool,
    /// No poll of it was seen, and it wasn't there before the recording.
    pub(crate) is_new: bool,
    /// Its last poll was ready, or it will have no other.
    pub(crate) ending: bool,
    pub(crate) ended: Option<Outcome>,
    /// The reason why its value stands for a failure, if it does.
    pub(crate) failure: Option<String>,
    pub(crate) polls: u32,
    /// The things that the last poll waits for, and at which lines.
    pub(crate) awaits: Vec<(On, Option<String>)>,
    /// The end of the last poll, if that is known.
    pub(crate) since: Option<u64>,
}

impl Task {
    fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            queued: false,
            marked: false,
            is_new: true,
            ending: false,
            ended: None,
            failure: None,
            polls: 0,
            awaits: Vec::new(),
            since: None,
        }
    }
}

pub(crate) struct Timer {
    /// The task that it will wake.
    pub(crate) task: Option<Id>,
    /// The deadline; in the nursery, the delay.
    pub(crate) deadline: u64,
    /// `None` in the nursery, and on a heap.
    pub(crate) spot: Option<Spot>,
    pub(crate) is_on_heap: bool,
}

/// An entry of the ready queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Task(Id),
    /// A notice that this child of this watch has ended.
    Notice(u32, u32),
}

impl State {
    /// Takes a step.
    pub(crate) fn apply(&mut self, step: &Step) {
        self.now = step.tick;
        self.change_queue(&step.event);
        self.change_tasks(&step.event, step.task);
        self.change_timers(&step.event);
        self.change_watches(&step.event);
        self.change_sections(&step.event);
    }

    /// Changes the ready queue and the batch.
    fn change_queue(&mut self, event: &Event) {
        match event {
            Event::Turn { .. } => self.batch = std::mem::take(&mut self.queue),
            Event::Order { order } => self.reorder(order),
            Event::Ready { task, .. } => self.queue.push_back(Entry::Task(*task)),
            Event::Notice { watch, child } => self.queue.push_back(Entry::Notice(*watch, *child)),
            Event::Poll { task, .. } | Event::Unwind { task } | Event::Skip { task } => {
                self.take(Entry::Task(*task));
            }
            Event::Ask { watch, child } => self.take(Entry::Notice(*watch, *child)),
            Event::Close => {
                self.queue.clear();
                self.batch.clear();
            }
            _ => {}
        }
    }

    /// Takes an entry out of the batch. It is the first one.
    fn take(&mut self, entry: Entry) {
        if self.batch.front() == Some(&entry) {
            self.batch.pop_front();
        }
    }

    /// Puts the batch into another order. The notices stay in their order among each other.
    fn reorder(&mut self, order: &[usize]) {
        let before = std::mem::take(&mut self.batch);
        let is_notice = |it: &Entry| matches!(it, Entry::Notice(..));
        let mut notices = before.iter().copied().filter(is_notice);
        for entry in order.iter().filter_map(|&place| before.get(place)) {
            let notice = if is_notice(entry) { notices.next() } else { None };
            self.batch.push_back(notice.unwrap_or(*entry));
        }
    }

    /// Changes the tasks.
    fn change_tasks(&mut self, event: &Event, subject: Option<Id>) {
        match event {
            Event::Spawn { task, name, .. } => self.spawn(*task, name),
            Event::Gone { task } => drop(self.tasks.remove(task)),
            Event::Poll { task, .. } => self.polled = Some(*task),
            Event::Polled { .. } => self.polled = None,
            _ => {}
        }
        if let Some(task) = subject.and_then(|id| self.tasks.get_mut(&id)) {
            task.change(event, self.now);
        }
    }

    fn spawn(&mut self, task: Id, name: &str) {
        if task.is_main() {
            // Only one main future is there at a time, and its slot is the first.
            while let Some(former) = self.tasks.first_entry()
                && former.key().is_main()
            {
                former.remove();
            }
        }
        self.tasks.insert(task, Task::named(name));
    }

    /// Changes the timers.
    fn change_timers(&mut self, event: &Event) {
        match event {
            Event::Timer(it) => {
                let deadline = it.deadline.or(it.delay).unwrap_or(0);
                let timer =
                    Timer { task: it.task, deadline, spot: it.spot(), is_on_heap: it.is_on_heap() };
                self.timers.insert(it.timer, timer);
            }
            Event::Awaits { task, on: On::Timer(timer), .. } => {
                self.with_timer(*timer, |it| it.task = Some(*task));
            }
            Event::Untimer { timer } => drop(self.timers.remove(timer)),
            Event::Advance(it) => self.advance(it),
            Event::Close => self.timers.clear(),
            _ => {}
        }
    }

    fn with_timer(&mut self, timer: Id, change: impl FnOnce(&mut Timer)) {
        if let Some(timer) = self.timers.get_mut(&timer) {
            change(timer);
        }
    }

    fn advance(&mut self, Advance { started, moved, due, .. }: &Advance) {
        for timer in due {
            self.timers.remove(timer);
        }
        for it in moved {
            self.with_timer(it.timer, |timer| timer.spot = Some((it.level, it.list)));
        }
        for it in started {
            self.with_timer(it.timer, |timer| {
                timer.deadline = it.deadline;
                timer.spot = Some((it.level, it.list));
            });
        }
    }

    /// Changes the watches.
    fn change_watches(&mut self, event: &Event) {
        match event {
            Event::What { watch, what } => {
                self.watches.insert(*watch, Watch { what: what.clone(), ..Watch::default() });
            }
            Event::Answer { watch, child, enough: true, .. } => {
                self.watches.entry(*watch).or_default().enough = Some(*child);
            }
            Event::Calls { watch, function } => {
                let (what, function) = (format!("call `{function}`"), Some(function.clone()));
                self.watches.insert(*watch, Watch { what, function, enough: None });
            }
            Event::Rings { timer, function } => {
                self.functions.insert(*timer, function.clone());
            }
            Event::Unwatch { watch } => drop(self.watches.remove(watch)),
            _ => {}
        }
    }

    /// Changes the sections. One that is left keeps its words, for the sentence that says so.
    fn change_sections(&mut self, event: &Event) {
        if let Event::Section { section, what } = event {
            self.sections.insert(*section, what.clone());
        }
    }

    /// Returns the name that a task was given, or its number.
    pub(crate) fn name(&self, id: Id) -> String {
        match self.tasks.get(&id) {
            Some(task) => task.name.clone(),
            None if id.is_main() => "main".into(),
            None => format!("Task-{id}"),
        }
    }

    /// Returns that name, as it may stand in a line of text.
    pub(crate) fn shown(&self, id: Id) -> String {
        InLine::name(&self.name(id)).to_string()
    }
}

impl Task {
    fn change(&mut self, event: &Event, now: u64) {
        match event {
            Event::Found { polls, since, ending, .. } => {
                self.is_new = false;
                (self.polls, self.since, self.ending) = (*polls, *since, *ending);
            }
            Event::Name { name, .. } => self.name.clone_from(name),
            Event::Ready { .. } => self.queued = true,
            Event::Poll { number, .. } => {
                (self.queued, self.is_new) = (false, false);
                self.polls = *number;
                self.awaits.clear();
            }
            Event::Unwind { .. } | Event::Skip { .. } => {
                (self.queued, self.ending) = (false, true);
            }
            Event::Awaits { on, at, .. } => self.awaits.push((*on, at.clone())),
            Event::Polled { ready, .. } => (self.since, self.ending) = (Some(now), *ready),
            Event::Done { outcome, .. } => {
                self.ended = Some(*outcome);
                self.awaits.clear();
            }
            Event::Fail { text, .. } => self.failure = Some(text.clone()),
            Event::Mark { .. } => self.marked = true,
            Event::Unmark { .. } | Event::Catch { .. } => self.marked = false,
            _ => {}
        }
    }
}
