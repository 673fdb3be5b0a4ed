//! Words: a step as a sentence, with its cause and the line of the source; and the state of
//! a task, with the thing that it waits for.

use std::time::Duration;

use executor::InLine;

use crate::state::{State, Task};
use crate::step::{Advance, Event, Id, NewTimer, On, Outcome, Step};

impl State {
    /// Says what has happened in the step that led to this state.
    pub(crate) fn sentence(&self, step: &Step) -> String {
        let event = &step.event;
        let sentence = self
            .sentence_on_the_loop(event)
            .or_else(|| self.sentence_on_a_task(event))
            .or_else(|| self.sentence_on_a_poll(event))
            .or_else(|| self.sentence_on_timers(event))
            .or_else(|| self.sentence_on_a_cancellation(event))
            .or_else(|| self.sentence_on_a_watch(event))
            .or_else(|| self.sentence_on_a_section(event));
        let unknown = || format!("A step that this version doesn't know: {}.", step.kind);
        sentence.unwrap_or_else(unknown)
    }

    fn sentence_on_the_loop(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Turn { batch } => format!(
                "A turn begins, and takes the ready queue for its batch: {}.",
                count(*batch, "entry", "entries")
            ),
            Event::Order { .. } => "The schedule puts the batch into another order.".into(),
            Event::TurnEnd => "The turn is over.".into(),
            Event::Park { until: None } => {
                "Nothing to do: the thread parks until another one wakes it.".into()
            }
            Event::Park { until: Some(until) } => {
                format!("Nothing to do: the thread parks until {}.", time(*until))
            }
            Event::Unpark => "The thread goes on.".into(),
            Event::Jump { to } => format!(
                "Nothing to do: the virtual clock jumps to {}, the next deadline.",
                time(*to)
            ),
            Event::Heard { task } => format!("Another thread has woken {}.", self.quoted(*task)),
            Event::Close => "The executor ends, and all its tasks with it.".into(),
            Event::Reach { task, at } => self.sentence_on_a_place(*task, at.as_deref()),
            Event::Note { text } => InLine::text(text).to_string(),
            Event::Print { text } => format!("The program prints: {}", InLine::text(text)),
            _ => return None,
        })
    }

    fn sentence_on_a_place(&self, task: Option<Id>, at: Option<&str>) -> String {
        let who = task.map_or_else(|| "The program".into(), |task| self.quoted(task));
        let mut parts = at.unwrap_or_default().rsplitn(3, ':').skip(1);
        match (parts.next(), parts.next()) {
            (Some(line), Some(file)) => format!("{who} comes to line {line} of {file}."),
            _ => format!("{who} comes to no further line."),
        }
    }

    /// Speaks of a task's life, from its spawn to the vacancy of its slot.
    fn sentence_on_a_task(&self, event: &Event) -> Option<String> {
        let name = |task: &Id| self.quoted(*task);
        Some(match event {
            Event::Spawn { task, at: None, .. } => format!("{} gets its slot.", name(task)),
            Event::Spawn { task, at: Some(at), .. } => {
                format!("{} is spawned at {at}.", name(task))
            }
            Event::Found { task, .. } => {
                format!("{} was there before the recording's first step.", name(task))
            }
            Event::Name { task, .. } => format!("Task {task} is named {}.", name(task)),
            Event::Done { task, outcome, text } => {
                let it = self.tasks.get(task);
                let text = text.as_ref().or_else(|| it?.failure.as_ref());
                let text = text.map(|text| format!(": {}", InLine::text(text)));
                let end = end(*outcome, it.is_some_and(|it| it.failure.is_some()));
                format!("{} {end}{}.", name(task), text.unwrap_or_default())
            }
            Event::Fail { task, text } => {
                format!("{} fails: {}.", name(task), InLine::text(text))
            }
            Event::Detach { task } => format!("The last handle of {} is gone.", name(task)),
            Event::Gone { task } => format!("The slot of task {task} is vacant."),
            _ => return None,
        })
    }

    /// Speaks of a task's polls, from the wake to the things that it waits for.
    fn sentence_on_a_poll(&self, event: &Event) -> Option<String> {
        let name = |task: &Id| self.quoted(*task);
        Some(match event {
            Event::Ready { task, because: it } => {
                format!("{} joins the ready queue{}.", name(task), because(*it))
            }
            Event::Again { task, because: it } => {
                format!("{} is woken again{}: it is ready already.", name(task), because(*it))
            }
            Event::Poll { task, number } => format!("{} is polled: poll {number}.", name(task)),
            Event::Unwind { task } => {
                format!("{} was cancelled: its future is dropped, and not polled.", name(task))
            }
            Event::Skip { task } => format!("{} has ended: its turn is void.", name(task)),
            Event::Awaits { task, on, at } => {
                let at = at.as_ref().map_or_else(String::new, |at| format!(", at {at}"));
                format!("{} waits for {}{at}.", name(task), self.on(*on))
            }
            Event::Keep { task } => format!("Somebody keeps a waker of {}.", name(task)),
            Event::Polled { task, ready } => {
                let end = if *ready { "ready" } else { "pending" };
                format!("The poll of {} is over: {end}.", name(task))
            }
            _ => return None,
        })
    }

    fn sentence_on_timers(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Timer(timer) => self.sentence_on_a_new_timer(timer),
            Event::Untimer { timer } => format!("Timer {timer} is taken out before it has fired."),
            Event::Advance(advance) => {
                format!("The loop's time is {} now{}.", time(advance.now), moves(advance))
            }
            Event::Rings { timer, function } => {
                format!("Timer {timer} will call `{}`.", InLine::text(function))
            }
            Event::Fire { timer, task } => self.sentence_on_a_fire(*timer, *task),
            _ => return None,
        })
    }

    fn sentence_on_a_fire(&self, timer: Option<Id>, task: Option<Id>) -> String {
        match timer.and_then(|timer| self.functions.get(&timer)) {
            Some(function) => {
                format!("A timer that is due fires, and calls `{}`.", InLine::text(function))
            }
            None => format!("A timer that is due fires, for {}.", self.quoted_owner(task)),
        }
    }

    fn sentence_on_a_new_timer(&self, it: &NewTimer) -> String {
        let (timer, owner) = (it.timer, self.quoted_owner(it.task));
        let deadline = time(it.deadline.unwrap_or(0));
        if it.is_on_heap() {
            return format!("Timer {timer} of {owner} goes onto the heap, due at {deadline}.");
        }
        let Some((level, list)) = it.spot() else {
            let delay = time(it.delay.unwrap_or(0));
            return format!(
                "Timer {timer} of {owner} waits in the nursery; its {delay} count from the next look."
            );
        };
        format!(
            "Timer {timer} of {owner} goes into the wheel, due at {deadline}: \
             on level {level}, list {list}."
        )
    }

    fn sentence_on_a_cancellation(&self, event: &Event) -> Option<String> {
        let name = |task: &Id| self.quoted(*task);
        Some(match event {
            Event::Cancel { task } => format!("{} is asked to end.", name(task)),
            Event::Pass { task, to: Some(to) } => {
                format!("{} passes that on to {}, which it awaits.", name(task), name(to))
            }
            Event::Pass { task, to: None } => {
                format!("{} passes that on inward, to where its future waits.", name(task))
            }
            Event::Mark { task } => {
                format!("{} is marked: {}.", name(task), self.after_mark(*task))
            }
            Event::Unmark { task } => format!("{} loses its mark.", name(task)),
            Event::Catch { task } => {
                format!("A scope in {} will catch the cancellation.", name(task))
            }
            _ => return None,
        })
    }

    fn after_mark(&self, task: Id) -> &'static str {
        if self.polled == Some(task) {
            "once this poll is over, the cancellation takes effect"
        } else {
            "when its turn comes it ends, without another poll"
        }
    }

    fn sentence_on_a_watch(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Watch => "A watch begins.".into(),
            Event::What { watch, .. } | Event::Calls { watch, .. } => {
                format!("It is to {}.", self.what(*watch))
            }
            Event::Answer { watch, child, why, .. } => {
                let (what, why) = (self.what(*watch), InLine::text(why));
                format!("{what} looks at the end of child {child}: {why}.")
            }
            Event::Child { task, child } => format!("{} is child {child}.", self.quoted(*task)),
            Event::Notice { watch, child } => self.sentence_on_a_notice(*watch, *child),
            Event::Ask { watch, child } => self.sentence_on_a_question(*watch, *child),
            Event::Met { watch } => self.sentence_on_a_met_condition(*watch),
            Event::Over { watch, why } => {
                format!("{} is over: {}.", self.what(*watch), InLine::text(why))
            }
            Event::Unwatch { .. } => "The watch is gone.".into(),
            _ => return None,
        })
    }

    fn sentence_on_a_notice(&self, watch: u32, child: u32) -> String {
        if let Some(function) = self.function(watch) {
            return format!("A function joins the ready queue: `{function}`.");
        }
        let what = self.what(watch);
        format!("A notice joins the ready queue: child {child} of {what} has ended.")
    }

    fn sentence_on_a_question(&self, watch: u32, child: u32) -> String {
        if let Some(function) = self.function(watch) {
            return format!("`{function}` is called, unless it was given up.");
        }
        let what = self.what(watch);
        match self.watches.get(&watch).and_then(|it| it.enough) {
            Some(enough) if enough == child => {
                format!("The notice of child {child}, which has decided {what}, has its turn.")
            }
            _ => format!("The condition of {what} is asked about child {child}."),
        }
    }

    fn sentence_on_a_met_condition(&self, watch: u32) -> String {
        let what = self.what(watch);
        match self.watches.get(&watch).and_then(|it| it.enough) {
            Some(_) => format!("The parent is told that it is over: {what}."),
            None => format!("That is enough for {what}."),
        }
    }

    fn sentence_on_a_section(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Section { section, .. } => {
                let by =
                    self.polled.map_or_else(String::new, |by| format!(" in {}", self.quoted(by)));
                format!("A section begins{by}: {}.", self.section(*section))
            }
            Event::Member { section, task } => {
                format!("{} is in this section: {}.", self.quoted(*task), self.section(*section))
            }
            Event::Limit { section, timer: Some(timer) } => {
                format!("Timer {timer} limits this section: {}.", self.section(*section))
            }
            Event::Limit { section, timer: None } => {
                format!("No timer limits this section any more: {}.", self.section(*section))
            }
            Event::Remark { section, text: it } | Event::Leave { section, why: it } => {
                let over = if matches!(event, Event::Leave { .. }) { " is over" } else { "" };
                format!("{}{over}: {}.", self.section(*section), InLine::text(it))
            }
            _ => return None,
        })
    }

    fn section(&self, section: u32) -> String {
        let what = self.sections.get(&section).map_or("a section", String::as_str);
        InLine::text(what).to_string()
    }

    fn quoted(&self, task: Id) -> String {
        format!("`{}`", self.shown(task))
    }

    fn quoted_owner(&self, task: Option<Id>) -> String {
        task.map_or_else(|| "somebody".into(), |task| self.quoted(task))
    }

    /// Returns in words what a task does or waits for.
    pub(crate) fn condition(&self, id: Id, task: &Task) -> String {
        let mark = if task.marked { ", cancelled" } else { "" };
        match task.ended {
            Some(Outcome::Cancelled) => "was cancelled".into(),
            Some(ended) => end(ended, task.failure.is_some()).into(),
            None if self.polled == Some(id) => format!("is polled{mark}"),
            None if task.queued => format!("is ready{mark}"),
            None if task.ending => "ends".into(),
            None if task.is_new => "is new".into(),
            None => format!("waits for {}{mark}", self.waits(task)),
        }
    }

    /// Returns in words the things that a task waits for, with their lines and the time.
    fn waits(&self, task: &Task) -> String {
        let on = task.awaits.iter().map(|(on, at)| match at {
            Some(at) => format!("{} at {at}", self.on(*on)),
            None => self.on(*on),
        });
        let on = on.collect::<Vec<_>>().join(", and ");
        let on = if on.is_empty() { "something else" } else { &on };
        match task.since {
            Some(since) => format!("{on}, for {}", time(self.now.saturating_sub(since))),
            None => on.into(),
        }
    }

    fn on(&self, on: On) -> String {
        match on {
            On::Task(task) => self.quoted(task),
            On::Timer(timer) => match self.timers.get(&timer).filter(|it| it.spot.is_some()) {
                Some(timer) => format!("its timer, due at {}", time(timer.deadline)),
                None => "its timer".into(),
            },
            On::Watch(watch) => self.what(watch),
            On::Section(section) => self.section(section),
            On::Turn(_) => "the next turn".into(),
        }
    }

    fn what(&self, watch: u32) -> String {
        let what = self.watches.get(&watch).map_or("a watch", |it| &it.what);
        InLine::text(what).to_string()
    }

    /// Returns the function that a watch is there to call.
    pub(crate) fn function(&self, watch: u32) -> Option<String> {
        let function = self.watches.get(&watch)?.function.as_ref()?;
        Some(InLine::text(function).to_string())
    }
}

/// A span of time, or a time since the executor was built.
pub(crate) fn time(ticks: u64) -> String {
    format!("{:?}", Duration::from_nanos(ticks))
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn moves(Advance { started, moved, due, .. }: &Advance) -> String {
    let parts = [(due.len(), "due"), (moved.len(), "moved down"), (started.len(), "started")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts
        .map(|(number, what)| format!("{} {what}", count(number, "timer", "timers")))
        .collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn because(step: Option<usize>) -> String {
    step.map_or_else(String::new, |step| format!(", because of step {step}"))
}

fn end(outcome: Outcome, failed: bool) -> &'static str {
    match outcome {
        Outcome::Returned if failed => "has failed",
        Outcome::Returned => "has returned",
        Outcome::Cancelled => "ends as cancelled",
        Outcome::Panicked => "has panicked",
    }
}
