//! What fills the places of sentences: see the [table]. The page's `sentences.js`
//! has the same for each place, with links and buttons.

use executor::InLine;
use serde_json::{Value, json};

use crate::sentence::{Teller, Woken, fields, id, is_interpreted, place_of};
use crate::state::{Entry, Section, Task, Timer, Watch};
use crate::step::{Fields, Id};
use crate::table;

impl Teller {
    /// Returns what fills a place, if it is known of a thing.
    pub(crate) fn place(&self, place: &str, it: &Fields) -> Option<String> {
        let text = self
            .task_at(place, it)
            .or_else(|| self.number_at(place, it))
            .or_else(|| self.time_at(place, it))
            .or_else(|| self.text_at(place, it))
            .or_else(|| Some(format!("step {}", self.step_at(place, it)?)))
            .or_else(|| self.phrase_at(place, it))
            .or_else(|| self.list_at(place, it));
        text.filter(|it| !it.is_empty())
    }

    /// Returns a part of a sentence that is itself one of the table's.
    fn phrase(&self, key: &str, it: &Fields) -> Option<String> {
        Some(table::phrase(key)?.fill(|place| self.place(place, it)))
    }

    fn task_at(&self, place: &str, it: &Fields) -> Option<String> {
        let task = match place {
            "task" | "to" => id(it, place)?,
            "task or program" => match id(it, "task") {
                Some(task) => task,
                None => return self.phrase("program", it),
            },
            "member" => self.member(it)?,
            "owner" if it.contains_key("section") => self.section(it)?.by?,
            "owner" => self.timer(it)?.owner?,
            "recipient" if self.ends_in_a_future(it) => return self.phrase("waiter.future", it),
            "parent" | "recipient" => self.watch(it)?.by?,
            "waiter" => match (self.woken(number(it, "watch")?), self.watch(it)?.by) {
                (Woken::Task(task), _) | (Woken::Unknown, Some(task)) => task,
                (Woken::Future, _) => return self.phrase("waiter.future", it),
                (Woken::Unknown, None) => return self.phrase("waiter.unknown", it),
            },
            _ => return None,
        };
        Some(format!("`{}`", self.state.shown(task)))
    }

    /// Returns whether a combinator ends in a future that is no task: nobody was woken by the end
    /// of its wait, and its parent isn't polled.
    fn ends_in_a_future(&self, it: &Fields) -> bool {
        let Some(watch) = self.watch(it) else { return false };
        let parent = watch.by.and_then(|it| self.state.task(it));
        let woken = number(it, "watch").zip(watch.met).map(|(it, met)| self.woken_from(it, met));
        woken == Some(Woken::Future) && !parent.is_some_and(|it| it.is_polled)
    }

    /// Returns the child that a watch is told of.
    pub(crate) fn member(&self, it: &Fields) -> Option<Id> {
        let watch = self.watch(it)?;
        let child = number(it, "child").or(watch.asked.map(|it| it.0))?;
        watch.children.get(&child).copied()
    }

    fn number_at(&self, place: &str, it: &Fields) -> Option<String> {
        let task = id(it, "task");
        Some(match place {
            "id" => task?.to_string(),
            "slot" => task?.place().to_string(),
            "alias" => {
                format!("Task-{}", task.filter(|it| self.state.name(*it) != format!("Task-{it}"))?)
            }
            "timer" => id(it, place)?.to_string(),
            "watch" | "section" | "child" | "number" | "level" | "list" => {
                number(it, place)?.to_string()
            }
            "turn" => self.state.turn.to_string(),
            "next turn" => (self.state.turn + 1).to_string(),
            "batch" | "count" | "left" => grouped(it.get(place)?.as_u64()?),
            "queued" => grouped(self.state.queue.len() as u64),
            _ => return None,
        })
    }

    fn time_at(&self, place: &str, it: &Fields) -> Option<String> {
        let time = |field: &str| it.get(field).and_then(Value::as_u64);
        let moment = match place {
            "now" | "until" | "to" => time(place)?,
            "parked until" => self.parked_until()?,
            "deadline" => time(place).or_else(|| self.timer(it)?.known_deadline())?,
            // That of the next timer, if the thread parks longer.
            "earlier deadline" => self.next_deadline().filter(|it| Some(*it) < time("until"))?,
            "slack" => return Some(span(self.slack.filter(|it| *it > 0)?.into())),
            "delay" => return Some(span(time(place).unwrap_or(0).into())),
            "late" => return Some(span(time(place).filter(|it| *it > 0)?.into())),
            _ => return None,
        };
        Some(span(i128::from(moment) - i128::from(self.origin)))
    }

    fn next_deadline(&self) -> Option<u64> {
        self.state.timer(self.state.next_timer()?)?.known_deadline()
    }

    /// Returns until when the thread parks, by the step before the one that is told.
    pub(crate) fn parked_until(&self) -> Option<u64> {
        self.fields(self.number().checked_sub(1)?)?.get("until")?.as_u64()
    }

    /// Returns the name of the function that is called.
    fn function<'a>(&'a self, it: &'a Fields) -> Option<&'a str> {
        let of_watch = || self.watch(it)?.function.as_deref();
        let of_timer = || self.timer(it)?.function.as_deref();
        it.get("function").and_then(Value::as_str).or_else(of_watch).or_else(of_timer)
    }

    fn text_at(&self, place: &str, it: &Fields) -> Option<String> {
        let field = |name: &str| it.get(name).and_then(Value::as_str);
        let quoted = |text: &str| format!("`{}`", InLine::text(text));
        let plain = |text: &str| InLine::text(text).to_string();
        Some(match place {
            "name" => format!("`{}`", InLine::name(field(place)?)),
            "text" => quoted(field(place)?),
            "kind" => quoted(field("ev")?),
            "failure" => quoted(self.failure(id(it, "task")?)?),
            "function" => quoted(self.function(it)?),
            "words" => plain(field("text")?),
            "why" => plain(field(place)?),
            "what" if it.contains_key("section") => plain(&self.section(it)?.what),
            "what" => plain(self.watch(it)?.what.as_ref()?),
            "statement" => quoted(self.statement(field("at")?)?),
            "file" => plain(place_of(field("at")?)?.0),
            "line" => place_of(field("at")?)?.1.to_string(),
            "before" | "next" => field(place)?.into(),
            _ => return None,
        })
    }

    fn step_at(&self, place: &str, it: &Fields) -> Option<usize> {
        let task = || self.subject(it);
        match place {
            "step" => it.get(place)?.as_u64()?.try_into().ok(),
            "cause" => it.get("because")?.as_u64()?.try_into().ok(),
            "ended" => task()?.done,
            "cancelled" => task()?.asked(),
            "request" => task()?.request(),
            "detached" => task()?.detached,
            "marked" => task()?.last_mark,
            "woken" => task()?.woken,
            "work" => self
                .state
                .work
                .filter(|work| Some(work.entry) == id(it, "task").map(Entry::Task))
                .map(|it| it.step),
            "set" => Some(self.timer(it)?.set),
            "begun" if it.contains_key("section") => Some(self.section(it)?.begun),
            "begun" => self.watch(it)?.begun,
            "answered" => self.watch(it)?.answer.map(|it| it.2),
            "asked" => self.watch(it)?.asked.map(|it| it.1),
            "met" => self.watch(it)?.met,
            "over" => self.watch(it)?.over,
            "given up" => self.watch(it)?.gone,
            "joined" => self.state.work?.joined,
            _ => None,
        }
    }

    fn phrase_at(&self, place: &str, it: &Fields) -> Option<String> {
        match place {
            "actor" => self.filled(self.actor(it)),
            "because" => self.filled(self.reason(it)),
            "purpose" => self.phrase(&format!("purpose.{}", self.function(it)?), it),
            "at the end" if self.state.is_main_done() => self.phrase("end.main", it),
            "at the end" => self.phrase("end.run", it),
            "its turn" if self.state.in_turn => self.phrase("turn.next", it),
            "its turn" => self.phrase("turn.later", it),
            "use" => self.filled(self.timer_use(it)?),
            "watch in words" => self.phrase("watch.words", it),
            "child in words" if self.member(it).is_some() => self.phrase("child.known", it),
            "child in words" => self.phrase("child.nameless", it),
            "section in words" => self.phrase("section.of", it),
            "named section" => match self.section(it).map(|it| it.what.as_str()) {
                Some("catch_cancel") => self.phrase("section.scope", it),
                Some(_) => self.phrase("section.words", it),
                None => self.phrase("section.nameless", it),
            },
            _ => None,
        }
    }

    fn filled(&self, (key, it): (&str, Fields)) -> Option<String> {
        self.phrase(key, &it)
    }

    /// Returns what a timer is there for that wakes no task.
    fn timer_use(&self, it: &Fields) -> Option<(&'static str, Fields)> {
        let timer = self.timer(it).filter(|it| it.owner.is_none())?;
        match (timer.section, &timer.function) {
            (Some(section), _) => Some(("use.limit", fields(json!({ "section": section })))),
            (None, Some(_)) => Some(("use.call", it.clone())),
            (None, None) => None,
        }
    }

    fn list_at(&self, place: &str, it: &Fields) -> Option<String> {
        match place {
            "awaited" => match it.get("on") {
                Some(on) => Some(self.awaited(on.clone())),
                None => self.waits(it).or_else(|| {
                    let is_future = self.subject(it).is_some_and(is_interpreted);
                    self.phrase(if is_future { "awaited.future" } else { "awaited.waker" }, it)
                }),
            },
            "known wait" => self.waits(it),
            "first entry" => self.first_entry(),
            "next timer" => {
                let next = self.state.next_timer()?.to_string();
                self.phrase("timer.set", &fields(json!({ "timer": next })))
            }
            "due" => self.timers(it.get(place)?.as_array()?),
            "started" | "moved" => {
                let count = it.get(place)?.as_array().filter(|it| !it.is_empty())?.len();
                let variant = if count == 1 { "one" } else { "several" };
                self.phrase(&format!("{place}.{variant}"), &fields(json!({ "count": count })))
            }
            _ => None,
        }
    }

    /// Returns what a task waits for, as one would say it.
    fn awaited(&self, on: Value) -> String {
        let on = fields(on);
        let kind = on.keys().next().map_or("", String::as_str);
        let known = self.phrase(&format!("awaited.{kind}"), &on);
        known.or_else(|| self.phrase("awaited.waker", &on)).unwrap_or_default()
    }

    fn waits(&self, it: &Fields) -> Option<String> {
        let waits = self.subject(it)?.waits();
        self.joined("awaited.and", waits.map(|it| self.awaited(it.on.to_json())))
    }

    /// Joins each part to those before.
    fn joined(&self, key: &str, parts: impl Iterator<Item = String>) -> Option<String> {
        parts.reduce(|before, next| {
            self.phrase(key, &fields(json!({ "before": before, "next": next }))).unwrap_or_default()
        })
    }

    fn timers(&self, timers: &[Value]) -> Option<String> {
        const MOST: usize = 3;
        let brief = |timer: &Value| self.phrase("timer.brief", &fields(json!({ "timer": timer })));
        let before = self.joined("list.and", timers.iter().take(MOST).filter_map(brief))?;
        match timers.len().saturating_sub(MOST) {
            0 => Some(before),
            count => self.phrase("list.more", &fields(json!({ "before": before, "count": count }))),
        }
    }

    fn first_entry(&self) -> Option<String> {
        match self.state.batch.front()?.entry {
            Entry::Task(task) => {
                self.phrase("entry.task", &fields(json!({ "task": task.to_string() })))
            }
            Entry::Notice(watch, child) => {
                let is_call = self.state.function(watch).is_some();
                let key = if is_call { "entry.call" } else { "entry.notice" };
                self.phrase(key, &fields(json!({ "watch": watch, "child": child })))
            }
        }
    }

    /// Returns the task that a step is about.
    fn subject(&self, it: &Fields) -> Option<&Task> {
        self.state.task(id(it, "task").or_else(|| self.member(it))?)
    }

    fn timer(&self, it: &Fields) -> Option<&Timer> {
        self.state.timer(id(it, "timer")?)
    }

    fn watch(&self, it: &Fields) -> Option<&Watch> {
        self.state.watches.get(&number(it, "watch")?)
    }

    fn section(&self, it: &Fields) -> Option<&Section> {
        self.state.sections.get(&number(it, "section")?)
    }
}

fn number(it: &Fields, field: &str) -> Option<u32> {
    it.get(field)?.as_u64()?.try_into().ok()
}

/// Writes a time in nanoseconds as people say it: "1.59 s".
fn span(nanoseconds: i128) -> String {
    const UNITS: [(&str, u128); 4] =
        [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000), ("ns", 1)];
    let (sign, time) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.unsigned_abs());
    let (unit, size) = UNITS.into_iter().find(|it| time >= it.1).unwrap_or(UNITS[0]);
    let thousandths = (time * 2_000 / size).div_ceil(2);
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    let whole = grouped(whole.try_into().unwrap_or(u64::MAX));
    format!("{sign}{whole}{} {unit}", fraction.trim_end_matches('0'))
}

/// Writes a number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let part = |(nth, digit): (usize, char)| {
        let is_first_of_three = nth > 0 && (digits.len() - nth).is_multiple_of(3);
        [is_first_of_three.then_some(','), Some(digit)]
    };
    digits.chars().enumerate().flat_map(part).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_up_to_three_digits_after_the_point() {
        let said = [0, 7, 1_500, 1_062_500, 2_000_400, 999_999_999, 1_234_000_000_000, -5_000_000];
        let expected =
            ["0 s", "7 ns", "1.5 µs", "1.063 ms", "2 ms", "1,000 ms", "1,234 s", "-5 ms"];
        assert_eq!(said.map(span), expected);
    }
}
