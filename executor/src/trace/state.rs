//! The state of an executor, as it follows from the events.
//!
//! It is the fold of the events, which say no more than they must: where in the
//! wheel a timer stands follows from its deadline and the time, and why a task
//! became ready from what was going on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use crate::probe::{Caller, Ended, Event, On};
use crate::run::id::{MAIN, TaskId};
use crate::time::wheel::Key;

use super::recorder::{Record, Texts};
use super::timers::{Moves, Spot, Timers};

/// All that a recording says of an executor at one step.
#[derive(Clone, Default, Debug)]
pub(crate) struct State {
    /// The time of the last step, in ticks.
    pub(crate) now: u64,
    /// The tasks that have a slot.
    pub(crate) tasks: BTreeMap<TaskId, Task>,
    /// The ready queue.
    pub(crate) queue: VecDeque<Entry>,
    /// The rest of this turn's batch.
    batch: VecDeque<Entry>,
    pub(crate) polled: Option<TaskId>,
    pub(crate) timers: Timers,
    pub(crate) watches: BTreeMap<u32, Watch>,
    /// The sections of tasks.
    pub(crate) sections: BTreeMap<u32, Section>,
    /// The functions that timers call.
    pub(crate) functions: BTreeMap<Key, String>,
    /// The places in their programs to which interpreters have come: tasks, and what acts from
    /// outside.
    pub(crate) reached: BTreeMap<Option<TaskId>, Arc<str>>,
    /// The step that causes what happens now.
    cause: Option<u32>,
    /// The last step and its task, if the step may be the cause of the next.
    aside: Option<(TaskId, u32)>,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "so it is in the slot")]
pub(crate) struct Task {
    pub(crate) name: Option<String>,
    pub(crate) spawned_at: Option<At>,
    pub(crate) queued: bool,
    pub(crate) marked: bool,
    pub(crate) held: bool,
    pub(crate) ended: Option<Ended>,
    /// The reason why its value stands for a failure, if it does.
    pub(crate) failure: Option<String>,
    /// The section to which it belongs.
    section: Option<u32>,
    pub(crate) polls: u32,
    /// It was spawned while the recorder was on, and not polled since.
    pub(crate) is_new: bool,
    /// Its last poll was ready, or it will have no other.
    pub(crate) ending: bool,
    /// The things that the last poll waits for, and at which lines.
    pub(crate) awaits: Vec<(On, Option<At>)>,
    /// The end of the last poll, if that is known.
    pub(crate) since: Option<u64>,
}

/// A place in somebody's source.
#[derive(Clone, Debug)]
pub(crate) enum At {
    /// A line of Rust.
    Rust(Caller),
    /// A place in a program that is interpreted: file, line and column.
    Program(Arc<str>),
}

impl At {
    /// Returns the path of the file.
    pub(crate) fn file(&self) -> &str {
        match self {
            Self::Rust(caller) => caller.file(),
            Self::Program(at) => at.rsplitn(3, ':').last().unwrap_or_default(),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rust(caller) => caller.fmt(f),
            Self::Program(at) => f.write_str(at),
        }
    }
}

#[derive(Clone, Default, Debug)]
pub(crate) struct Watch {
    /// The task that began it.
    pub(crate) by: Option<TaskId>,
    /// Its condition has said yes.
    pub(crate) met: bool,
    pub(crate) what: Option<String>,
    /// The function that it is there to call.
    pub(crate) function: Option<String>,
    /// The tasks that it watches, by number.
    pub(crate) children: BTreeMap<u32, TaskId>,
}

#[derive(Clone, Default, Debug)]
pub(crate) struct Section {
    /// The task that is in it.
    pub(crate) by: Option<TaskId>,
    pub(crate) what: String,
    /// The tasks that belong to it and have their slots.
    pub(crate) members: BTreeSet<TaskId>,
    /// The timer that ends it.
    pub(crate) timer: Option<Key>,
}

/// An entry of the ready queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Task(TaskId),
    /// A notice that this child of this watch has ended.
    Notice(u32, u32),
}

/// A conclusion from a step and those before it, which the step itself leaves out.
pub(crate) enum Consequence {
    None,
    /// The step that caused this one.
    Because(Option<u32>),
    /// The task that was polled meanwhile.
    By(Option<TaskId>),
    /// The number of a poll.
    Number(u32),
    /// The place of a timer in the wheel.
    At(Spot),
    Moved(Moves),
    /// The timer that fires, and how many ticks late.
    Fired(Option<(Key, u64)>),
    /// True if a child had ended before it was watched.
    Ended(bool),
}

impl State {
    /// Takes the step of this number, and returns what follows from it.
    pub(crate) fn apply(&mut self, step: u32, record: &Record, texts: &Texts) -> Consequence {
        let event = &record.event;
        let aside = self.aside.take();
        self.now = record.tick;
        self.change_queue(event, texts);
        self.change_tasks(event, texts);
        self.change_polls(event);
        self.change_watches(event, texts);
        self.change_sections(event, texts);
        self.change_functions(event, texts);
        self.change_places(event, texts);
        let of_timers = self.change_timers(event);
        self.change_cause(event, step);
        of_timers.unwrap_or_else(|| self.consequence(event, aside))
    }

    /// Changes the ready queue and the batch.
    fn change_queue(&mut self, event: &Event, texts: &Texts) {
        match *event {
            Event::Turn { .. } => self.begin_turn(),
            Event::Order { order } => self.reorder(texts.places(order)),
            Event::Ready { task } => self.queue.push_back(Entry::Task(task)),
            Event::Notice { watch, child } => self.queue.push_back(Entry::Notice(watch, child)),
            Event::Poll { task } | Event::Unwind { task } | Event::Skip { task } => {
                self.take(Entry::Task(task));
            }
            Event::Ask { watch, child } => self.take(Entry::Notice(watch, child)),
            Event::Close => {
                self.queue.clear();
                self.batch.clear();
            }
            _ => {}
        }
    }

    /// Changes the tasks, where the step is about their lives: from spawn to end.
    fn change_tasks(&mut self, event: &Event, texts: &Texts) {
        match *event {
            Event::Spawn { task, at } => self.spawn(task, at),
            Event::Found { task, polls, since, ending } => self.with(task, |it| {
                it.is_new = false;
                (it.polls, it.since, it.ending) = (polls, since, ending);
            }),
            Event::Name { task, name } => {
                let name = texts.get(name).to_owned();
                self.with(task, |it| it.name = Some(name));
            }
            Event::Mark { task } => self.with(task, |it| it.marked = true),
            Event::Unmark { task } | Event::Catch { task } => {
                self.with(task, |it| it.marked = false);
            }
            Event::Done { task, outcome, .. } => self.with(task, |it| {
                it.ended = Some(outcome);
                it.awaits.clear();
            }),
            Event::Fail { task, text, .. } => {
                self.with(task, |it| _ = it.failure.get_or_insert_with(|| texts.get(text).into()));
            }
            Event::Detach { task } => self.with(task, |it| it.held = false),
            Event::Gone { task } => self.forget(task),
            _ => {}
        }
    }

    fn forget(&mut self, task: TaskId) {
        let section = self.tasks.remove(&task).and_then(|it| it.section);
        if let Some(section) = section.and_then(|it| self.sections.get_mut(&it)) {
            section.members.remove(&task);
        }
    }

    /// Changes the tasks, where the step is about their polls: from wake to wait.
    fn change_polls(&mut self, event: &Event) {
        match *event {
            Event::Ready { task } => self.with(task, |it| it.queued = true),
            Event::Poll { task } => {
                self.polled = Some(task);
                self.with(task, |it| {
                    (it.queued, it.is_new) = (false, false);
                    it.polls += 1;
                    it.awaits.clear();
                });
            }
            Event::Unwind { task } | Event::Skip { task } => {
                self.with(task, |it| (it.queued, it.ending) = (false, true));
            }
            Event::Awaits { task, on, at } => {
                let at = self.place(Some(task), at);
                self.with(task, |it| it.awaits.push((on, at)));
            }
            Event::Polled { task, ready } => {
                let now = self.now;
                self.polled = None;
                self.with(task, |it| (it.since, it.ending) = (Some(now), ready));
            }
            _ => {}
        }
    }

    /// Changes the watches.
    fn change_watches(&mut self, event: &Event, texts: &Texts) {
        match *event {
            Event::Watch { watch } => self.watch(watch, self.polled),
            Event::FoundWatch { watch, by } => self.watch(watch, by),
            Event::What { watch, what } => {
                let it = self.watches.entry(watch).or_default();
                (it.what, it.met) = (Some(texts.get(what).to_owned()), false);
            }
            Event::Calls { watch, function } => {
                let it = self.watches.entry(watch).or_default();
                it.function = Some(texts.get(function).to_owned());
            }
            Event::Met { watch } => self.watches.entry(watch).or_default().met = true,
            Event::Child { watch, child, task } => {
                self.watches.entry(watch).or_default().children.insert(child, task);
            }
            Event::Unwatch { watch } => drop(self.watches.remove(&watch)),
            _ => {}
        }
    }

    fn watch(&mut self, watch: u32, by: Option<TaskId>) {
        self.watches.insert(watch, Watch { by, ..Watch::default() });
    }

    /// Changes the sections.
    fn change_sections(&mut self, event: &Event, texts: &Texts) {
        match *event {
            Event::Section { section, what } => {
                self.begin_section(section, self.polled, texts.get(what));
            }
            Event::FoundSection { section, by, what } => {
                self.begin_section(section, by, texts.get(what));
            }
            Event::Member { section, task } => {
                self.sections.entry(section).or_default().members.insert(task);
                self.with(task, |it| it.section = Some(section));
            }
            Event::Limit { section, timer } => {
                self.sections.entry(section).or_default().timer = timer;
            }
            Event::Leave { section, .. } => drop(self.sections.remove(&section)),
            _ => {}
        }
    }

    fn begin_section(&mut self, section: u32, by: Option<TaskId>, what: &str) {
        self.sections.insert(section, Section { by, what: what.into(), ..Section::default() });
    }

    /// Changes the functions that timers call.
    fn change_functions(&mut self, event: &Event, texts: &Texts) {
        match *event {
            Event::Rings { timer, function } => {
                self.functions.insert(timer, texts.get(function).into());
            }
            Event::Untimer { timer } => drop(self.functions.remove(&timer)),
            Event::Fire { task } => {
                let fired = self.timers.first_due(task);
                fired.map(|timer| self.functions.remove(&timer));
            }
            Event::Close => self.functions.clear(),
            _ => {}
        }
    }

    /// Changes the places to which interpreters have come.
    fn change_places(&mut self, event: &Event, texts: &Texts) {
        match *event {
            Event::Reach { task, at: Some(at) } => {
                self.reached.insert(task, texts.get(at).into());
            }
            Event::Reach { task, at: None } => drop(self.reached.remove(&task)),
            Event::Gone { task } => drop(self.reached.remove(&Some(task))),
            _ => {}
        }
    }

    /// Returns the place of what a task does now, or what acts from outside: that in the program
    /// which it interprets, if it does, and otherwise the line of Rust.
    fn place(&self, task: Option<TaskId>, at: Option<Caller>) -> Option<At> {
        let reached = self.reached.get(&task).map(|at| At::Program(Arc::clone(at)));
        reached.or_else(|| at.map(At::Rust))
    }

    /// Returns the place of what a task says or asks for now. Where programs are interpreted a
    /// line of Rust is no place of the program: the interpreter says it.
    fn place_of_words(&self, task: Option<TaskId>, at: Option<Caller>) -> Option<At> {
        self.place(task, at.filter(|_| self.reached.is_empty()))
    }

    /// Returns the place of the step that was applied last, if it has one.
    pub(crate) fn place_of(&self, event: &Event) -> Option<At> {
        match *event {
            Event::Spawn { task, .. } => self.tasks.get(&task)?.spawned_at.clone(),
            Event::Awaits { task, .. } => self.tasks.get(&task)?.awaits.last()?.1.clone(),
            Event::Cancel { at, .. } | Event::Note { at, .. } | Event::Print { at, .. } => {
                self.place_of_words(self.polled, at)
            }
            // Somebody else may say of a task that it has failed.
            Event::Fail { task, at, .. } if self.polled == Some(task) => {
                self.place_of_words(Some(task), at)
            }
            _ => None,
        }
    }

    /// Changes the timers, and returns what follows from that.
    fn change_timers(&mut self, event: &Event) -> Option<Consequence> {
        match *event {
            Event::TimerAt { timer, task, deadline } => {
                return Some(Consequence::At(self.timers.set(timer, task, deadline)));
            }
            Event::TimerIn { timer, task, delay } => self.timers.set_in(timer, task, delay),
            Event::Awaits { task, on: On::Timer(timer), .. } => self.timers.redirect(timer, task),
            Event::Untimer { timer } => self.timers.remove(timer),
            Event::Advance { now } => return Some(Consequence::Moved(self.timers.advance(now))),
            Event::Fire { task } => {
                let late = |(timer, deadline)| (timer, self.now.saturating_sub(deadline));
                return Some(Consequence::Fired(self.timers.fire(task).map(late)));
            }
            Event::Close => self.timers = Timers::default(),
            _ => {}
        }
        None
    }

    /// Notes that the step causes those that follow, or that none does.
    fn change_cause(&mut self, event: &Event, step: u32) {
        match *event {
            Event::TurnEnd | Event::Unpark | Event::Found { .. } => self.cause = None,
            Event::Heard { .. }
            | Event::Request { .. }
            | Event::Poll { .. }
            | Event::Unwind { .. }
            | Event::Skip { .. }
            | Event::Done { .. }
            | Event::Fire { .. }
            | Event::Ask { .. } => self.cause = Some(step),
            Event::Spawn { task, .. } | Event::Cancel { task, .. } | Event::Mark { task } => {
                self.aside = Some((task, step));
            }
            _ => {}
        }
    }

    /// Returns what follows from a step that isn't about timers.
    fn consequence(&self, event: &Event, aside: Option<(TaskId, u32)>) -> Consequence {
        match *event {
            Event::Ready { task } | Event::Again { task } => {
                Consequence::Because(self.cause_of(task, aside))
            }
            Event::Notice { .. } => Consequence::Because(self.cause),
            Event::Spawn { .. }
            | Event::Cancel { .. }
            | Event::Uncancel { .. }
            | Event::Watch { .. }
            | Event::Section { .. } => Consequence::By(self.polled),
            Event::Poll { task } => {
                Consequence::Number(self.tasks.get(&task).map_or(0, |it| it.polls))
            }
            Event::Child { task, .. } => Consequence::Ended(!self.lives(task)),
            _ => Consequence::None,
        }
    }

    /// Makes the ready queue the batch. The swap keeps the memory of both.
    fn begin_turn(&mut self) {
        self.batch.clear();
        std::mem::swap(&mut self.batch, &mut self.queue);
    }

    fn with(&mut self, task: TaskId, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get_mut(&task) {
            change(task);
        }
    }

    /// Returns the rest of this turn's batch.
    pub(crate) fn batch(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.batch.iter()
    }

    pub(crate) fn lives(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|it| it.ended.is_none())
    }

    /// Returns the step because of which a task is woken: the request just before, or the
    /// cause of all that happens now.
    fn cause_of(&self, task: TaskId, aside: Option<(TaskId, u32)>) -> Option<u32> {
        aside.filter(|it| it.0 == task).map(|it| it.1).or(self.cause)
    }

    fn spawn(&mut self, task: TaskId, at: Option<Caller>) {
        let mut spawned_at = self.place(self.polled, at);
        if task.index == MAIN {
            spawned_at = None;
            // Only one main future is there at a time, and its slot is the first.
            while let Some(former) = self.tasks.first_entry()
                && former.key().index == MAIN
            {
                former.remove();
            }
        }
        self.tasks.insert(
            task,
            Task {
                name: None,
                spawned_at,
                queued: false,
                marked: false,
                held: true,
                ended: None,
                failure: None,
                section: None,
                polls: 0,
                is_new: true,
                ending: false,
                awaits: Vec::new(),
                since: None,
            },
        );
    }

    /// Takes an entry out of the batch. It is the first one.
    fn take(&mut self, entry: Entry) {
        if self.batch.front() == Some(&entry) {
            self.batch.pop_front();
        }
    }

    /// Puts the batch into another order. The notices stay in their order among each other.
    fn reorder(&mut self, places: impl Iterator<Item = u32>) {
        let before = std::mem::take(&mut self.batch);
        let is_notice = |it: &Entry| matches!(it, Entry::Notice(..));
        let mut notices = before.iter().copied().filter(is_notice);
        for entry in places.filter_map(|place| before.get(place as usize)) {
            let notice = if is_notice(entry) { notices.next() } else { None };
            self.batch.push_back(notice.unwrap_or(*entry));
        }
    }
}
