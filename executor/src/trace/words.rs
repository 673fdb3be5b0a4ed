//! A step in words: what happens, because of what, and where in the source.

use crate::cancel::deadlock::InLine;
use crate::probe::{Ended, Event, On};
use crate::run::id::TaskId;

use super::recorder::{Record, Texts};
use super::state::{Consequence, State};
use super::timers::Moves;

impl State {
    /// Says what has happened in the step that led to this state.
    #[expect(clippy::too_many_lines, reason = "a line or two for each kind of step")]
    pub(super) fn sentence(&self, record: &Record, texts: &Texts, it: &Consequence) -> String {
        let name = |task: TaskId| format!("`{}`", self.shown(task));
        let named = |task: Option<TaskId>| task.map_or_else(|| "somebody".into(), name);
        let watch = |watch: u32| self.what(watch);
        match record.event {
            Event::Turn { batch } => {
                format!(
                    "A turn begins, and takes the ready queue for its batch: {}.",
                    count(batch, "entry", "entries")
                )
            }
            Event::Order { .. } => "The schedule puts the batch into another order.".into(),
            Event::TurnEnd => "The turn is over.".into(),
            Event::Park { until: None } => "Nothing to do, and no timer: the thread parks.".into(),
            Event::Park { until: Some(until) } => {
                format!("Nothing to do: the thread parks until {}.", time(until))
            }
            Event::Unpark => "The thread goes on.".into(),
            Event::Jump { to } => {
                format!(
                    "Nothing to do: the virtual clock jumps to {}, the next deadline.",
                    time(to)
                )
            }
            Event::Heard { task } => format!("Another thread has woken {}.", name(task)),
            Event::Close => "The executor ends, and all its tasks with it.".into(),
            Event::Spawn { task, at: None } => format!("{} gets its slot.", name(task)),
            Event::Spawn { task, at: Some(at) } => format!("{} is spawned at {at}.", name(task)),
            Event::Found { task, .. } => {
                format!("{} was there before the recording's first step.", name(task))
            }
            Event::Name { task, .. } => format!("Task {task} is named {}.", name(task)),
            Event::Ready { task } => {
                format!("{} joins the ready queue{}.", name(task), because(it))
            }
            Event::Again { task } => {
                format!("{} is woken again{}: it is ready already.", name(task), because(it))
            }
            Event::Poll { task } => match it {
                Consequence::Number(number) => format!("{} is polled: poll {number}.", name(task)),
                _ => format!("{} is polled.", name(task)),
            },
            Event::Unwind { task } => {
                format!("{} was cancelled: its future is dropped, and not polled.", name(task))
            }
            Event::Skip { task } => format!("{} has ended: its turn is void.", name(task)),
            Event::Awaits { task, on, at } => {
                let at = at.map_or_else(String::new, |at| format!(", at {at}"));
                format!("{} waits for {}{at}.", name(task), self.on(on))
            }
            Event::Keep { task } => format!("Somebody keeps a waker of {}.", name(task)),
            Event::Polled { task, ready: false } => {
                format!("The poll of {} is over: pending.", name(task))
            }
            Event::Polled { task, ready: true } => {
                format!("The poll of {} is over: ready.", name(task))
            }
            Event::Done { task, outcome, text } => {
                let text = text.map_or_else(String::new, |text| {
                    format!(": {}", InLine::text(texts.get(text)))
                });
                format!("{} {}{text}.", name(task), end(outcome))
            }
            Event::Detach { task } => format!("Nobody holds {} any more.", name(task)),
            Event::Gone { task } => format!("The slot of task {task} is vacant."),
            Event::TimerAt { timer, task, deadline } => {
                let spot = if let Consequence::At(Some((level, list))) = it {
                    format!(": on level {level}, list {list}")
                } else {
                    String::new()
                };
                format!(
                    "Timer {timer} of {} goes into the wheel, due at {}{spot}.",
                    named(task),
                    time(deadline)
                )
            }
            Event::TimerIn { timer, task, delay } => {
                format!(
                    "Timer {timer} of {} waits in the nursery; its {} count from the next look.",
                    named(task),
                    time(delay)
                )
            }
            Event::Untimer { timer } => format!("Timer {timer} is taken out of the wheel."),
            Event::Advance { now } => {
                let moves =
                    if let Consequence::Moved(moves) = it { moved(moves) } else { String::new() };
                format!("The wheel's time is {} now{moves}.", time(now))
            }
            Event::Fire { task } => format!("A timer that is due fires, for {}.", named(task)),
            Event::Cancel { task } => format!("{} is asked to end.", name(task)),
            Event::Pass { task, to: Some(to) } => {
                format!("{} passes that on to {}, which it awaits.", name(task), name(to))
            }
            Event::Pass { task, to: None } => {
                format!("{} passes that on to what it waits for.", name(task))
            }
            Event::Mark { task } => {
                format!("{} is marked: its next step sees the cancellation.", name(task))
            }
            Event::Unmark { task } => format!("{} loses its mark.", name(task)),
            Event::Catch { task } => {
                format!("A scope in {} will catch the cancellation.", name(task))
            }
            Event::Watch { .. } => "A watch begins.".into(),
            Event::FoundWatch { .. } => {
                "A watch was there before the recording's first step.".into()
            }
            Event::What { watch: it, .. } => format!("It is to {}.", watch(it)),
            Event::Child { task, child, .. } => format!("{} is child {child}.", name(task)),
            Event::Notice { watch: it, child } => {
                format!("A notice joins the ready queue: child {child} of {} has ended.", watch(it))
            }
            Event::Ask { watch: it, child } => {
                format!("The condition of {} is asked about child {child}.", watch(it))
            }
            Event::Met { watch: it } => format!("That is enough for {}.", watch(it)),
            Event::Over { watch: it, text } => {
                format!("{} is over: {}.", watch(it), InLine::text(texts.get(text)))
            }
            Event::Unwatch { .. } => "The watch is gone.".into(),
            Event::Note { text } => InLine::text(texts.get(text)).to_string(),
        }
    }

    pub(super) fn on(&self, on: On) -> String {
        match on {
            On::Task(task) => format!("`{}`", self.shown(task)),
            On::Timer(timer) => match self.timers.deadline(timer) {
                Some(deadline) => format!("its timer, due at {}", time(deadline)),
                None => "its timer".into(),
            },
            On::Watch(watch) => self.what(watch),
            On::Turn => "the next turn".into(),
        }
    }

    fn what(&self, watch: u32) -> String {
        let what = self.watches.get(&watch).and_then(|it| it.what.as_deref());
        InLine::text(what.unwrap_or("a watch")).to_string()
    }
}

/// A time since the executor was built.
pub(super) fn time(tick: u64) -> String {
    format!("{:?}", std::time::Duration::from_nanos(tick))
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn moved(Moves { started, moved, due }: &Moves) -> String {
    let parts = [(due.len(), "due"), (moved.len(), "moved down"), (started.len(), "started")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts
        .map(|(number, what)| format!("{} {what}", count(number, "timer", "timers")))
        .collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn because(consequence: &Consequence) -> String {
    match consequence {
        Consequence::Because(Some(step)) => format!(", because of step {step}"),
        _ => String::new(),
    }
}

fn end(outcome: Ended) -> &'static str {
    match outcome {
        Ended::Returned => "has returned",
        Ended::Cancelled => "ends as cancelled",
        Ended::Panicked => "has panicked",
    }
}

/// The function that performs a step, and its file.
pub(super) fn performer(event: &Event) -> (&'static str, &'static str) {
    match event {
        Event::Turn { .. } => ("run/core.rs", "take_batch"),
        Event::Order { .. } => ("probe.rs", "reorder"),
        Event::TurnEnd => ("run/reactor.rs", "turn"),
        Event::Park { .. } | Event::Unpark => ("run/reactor.rs", "park"),
        Event::Jump { .. } => ("run/reactor.rs", "prepare_park"),
        Event::Heard { .. } => ("run/core.rs", "hear"),
        Event::Close => ("run/life.rs", "close"),
        Event::Spawn { at: None, .. } => ("run/life.rs", "start_main"),
        Event::Spawn { .. } => ("run/life.rs", "spawn"),
        Event::Found { .. } | Event::FoundWatch { .. } => ("trace/begin.rs", "retold"),
        Event::Name { .. } => ("run/life.rs", "set_name"),
        Event::Ready { .. } | Event::Again { .. } => ("run/core.rs", "enqueue"),
        Event::Poll { .. } => ("run/core.rs", "begin_poll"),
        Event::Unwind { .. } => ("run/reactor.rs", "poll_or_end"),
        Event::Skip { .. } => ("run/reactor.rs", "step"),
        Event::Awaits { on, .. } => match on {
            On::Task(_) => ("run/task.rs", "poll_end"),
            On::Timer(_) => ("run/sleep.rs", "poll"),
            On::Watch(_) => ("watch/seam.rs", "poll_met"),
            On::Turn => ("run/context.rs", "wake_again"),
        },
        Event::Keep { .. } => ("run/waker.rs", "keep_if_cloned"),
        Event::Polled { .. } => ("run/reactor.rs", "poll"),
        Event::Done { .. } => ("run/life.rs", "finish"),
        Event::Detach { .. } => ("run/life.rs", "let_go"),
        Event::Gone { .. } => ("run/life.rs", "release_unused"),
        Event::TimerAt { .. } => ("time/wheel.rs", "insert"),
        Event::TimerIn { .. } => ("time/wheel.rs", "insert_in"),
        Event::Untimer { .. } => ("time/wheel.rs", "remove"),
        Event::Advance { .. } => ("time/wheel.rs", "advance"),
        Event::Fire { .. } => ("run/timers.rs", "fire"),
        Event::Cancel { .. } => ("cancel/request.rs", "cancel"),
        Event::Pass { .. } => ("cancel/request.rs", "pass"),
        Event::Mark { .. } => ("cancel/request.rs", "mark"),
        Event::Unmark { .. } => ("cancel/request.rs", "clear_mark"),
        Event::Catch { .. } => ("cancel/request.rs", "catch"),
        Event::Watch { .. } | Event::Child { .. } => ("watch/seam.rs", "add_running"),
        Event::What { .. } => ("watch/seam.rs", "describe"),
        Event::Notice { .. } => ("watch/notices.rs", "note_end"),
        Event::Ask { .. } => ("watch/notices.rs", "give_notice"),
        Event::Met { .. } => ("watch/group.rs", "notice"),
        Event::Over { .. } => ("watch/seam.rs", "conclude"),
        Event::Unwatch { .. } => ("watch/seam.rs", "drop"),
        Event::Note { .. } => ("trace/mod.rs", "note"),
    }
}
