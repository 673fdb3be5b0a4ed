//! The functions of the executor that perform steps, by which steps are named.

use executor::trace::source;
use serde::Serialize;

use crate::step::{Event, On, Step};

/// A file in the executor's `src`, and a function in it.
pub(crate) type Performer = (&'static str, &'static str);

/// The functions by kind of step, and by more where several functions perform a kind.
const PERFORMERS: [(&str, Performer); 60] = [
    ("turn", ("run/core.rs", "take_batch")),
    ("order", ("trace/probe.rs", "reorder")),
    ("turn_end", ("run/reactor.rs", "turn")),
    ("park", ("run/reactor.rs", "park")),
    ("unpark", ("run/reactor.rs", "park")),
    ("jump", ("run/reactor.rs", "prepare_park")),
    ("heard", ("run/core.rs", "hear")),
    ("request", ("run/core.rs", "hear")),
    ("stuck", ("run/reactor.rs", "is_deadlocked")),
    ("close", ("run/life.rs", "close")),
    ("spawn", ("run/life.rs", "spawn")),
    ("spawn main", ("run/life.rs", "start_main")),
    ("found", ("trace/begin.rs", "retold")),
    ("name", ("run/life.rs", "set_name")),
    ("ready", ("run/core.rs", "enqueue")),
    ("again", ("run/core.rs", "enqueue")),
    ("poll", ("run/core.rs", "begin_poll")),
    ("unwind", ("run/reactor.rs", "poll_or_end")),
    ("skip", ("run/reactor.rs", "step")),
    ("awaits task", ("run/task.rs", "poll_end")),
    ("awaits timer", ("run/sleep.rs", "poll")),
    ("awaits watch", ("watch/seam.rs", "poll_met")),
    ("awaits section", ("watch/words.rs", "wait")),
    ("awaits turn", ("run/context.rs", "wake_again")),
    ("keep", ("run/waker.rs", "keep_if_cloned")),
    ("polled", ("run/reactor.rs", "poll")),
    ("done", ("run/life.rs", "finish")),
    ("fail", ("watch/words.rs", "record_failure")),
    ("detach", ("run/life.rs", "let_go")),
    ("gone", ("run/life.rs", "release_unused")),
    ("timer", ("time/wheel.rs", "insert")),
    ("timer nursery", ("time/wheel.rs", "insert_in")),
    ("untimer", ("time/wheel.rs", "remove")),
    ("advance", ("time/wheel.rs", "collect_due")),
    ("fire", ("run/timers.rs", "fire_due")),
    ("rings", ("watch/alarm.rs", "set")),
    ("cancel", ("cancel/request.rs", "cancel")),
    ("pass", ("cancel/request.rs", "pass")),
    ("mark", ("cancel/request.rs", "mark")),
    ("unmark", ("cancel/request.rs", "clear_mark")),
    ("catch", ("cancel/scope_polls.rs", "take_request")),
    ("uncancel", ("cancel/count.rs", "uncancel")),
    ("watch", ("watch/seam.rs", "add_running")),
    ("what", ("watch/seam.rs", "describe")),
    ("calls", ("watch/callback.rs", "record_callback")),
    ("child", ("watch/seam.rs", "add_running")),
    ("answer", ("watch/notices.rs", "record_answer")),
    ("notice", ("watch/notices.rs", "note_end")),
    ("ask", ("watch/notices.rs", "give_notice")),
    ("met", ("watch/group.rs", "notice")),
    ("over", ("watch/seam.rs", "conclude")),
    ("unwatch", ("watch/seam.rs", "drop")),
    ("section", ("watch/words.rs", "begin")),
    ("member", ("watch/words.rs", "add")),
    ("limit", ("watch/words.rs", "limit")),
    ("remark", ("watch/words.rs", "remark")),
    ("leave", ("watch/words.rs", "end")),
    ("reach", ("trace/mod.rs", "reach")),
    ("note", ("trace/mod.rs", "note")),
    ("print", ("trace/mod.rs", "printed")),
];

/// Returns the function that performs a step. File and name are empty if the kind of step
/// isn't known.
pub(crate) fn performer(step: &Step) -> Performer {
    let key = match &step.event {
        Event::Spawn { task, .. } if task.is_main() => "spawn main",
        Event::Timer(it) if it.spot().is_none() => "timer nursery",
        Event::Awaits { on: On::Task(_), .. } => "awaits task",
        Event::Awaits { on: On::Timer(_), .. } => "awaits timer",
        Event::Awaits { on: On::Watch(_), .. } => "awaits watch",
        Event::Awaits { on: On::Section(_), .. } => "awaits section",
        Event::Awaits { on: On::Turn(_), .. } => "awaits turn",
        _ => &step.kind,
    };
    PERFORMERS.iter().find(|it| it.0 == key).map(|it| it.1).unwrap_or_default()
}

/// A function that performs steps, as a page shows it.
#[derive(Serialize)]
pub(crate) struct Function {
    file: &'static str,
    name: &'static str,
    /// The number of its first line in the file.
    line: usize,
    text: String,
}

/// Returns all functions, by the keys of what they perform.
pub(crate) fn functions() -> impl Iterator<Item = (&'static str, Function)> {
    PERFORMERS.into_iter().filter_map(|(key, performer)| Some((key, function(performer)?)))
}

fn function((file, name): Performer) -> Option<Function> {
    let lines: Vec<_> = source(file)?.lines().collect();
    let is_head = |line: &&str| has_head(line, name);
    let head = lines.iter().position(is_head)?;
    let before = lines[..head].iter().rev();
    let first = head - before.take_while(|line| belongs_to_next(line)).count();
    let indent = lines[head].len() - lines[head].trim_start().len();
    let closing = format!("{:indent$}}}", "");
    let last = head + lines[head..].iter().position(|line| *line == closing)?;
    let text: Vec<_> =
        lines[first..=last].iter().map(|line| line.get(indent..).unwrap_or("")).collect();
    Some(Function { file, name, line: first + 1, text: text.join("\n") })
}

/// Returns whether a function of that name begins in a line.
fn has_head(line: &str, name: &str) -> bool {
    let after = line.split_once("fn ").and_then(|(_, after)| after.strip_prefix(name));
    after.is_some_and(|after| after.starts_with(['(', '<']))
}

/// Returns whether a line says something about the function below it.
fn belongs_to_next(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("///") || line.starts_with("#[")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_function_is_where_it_is_said_to_be() {
        for (_, performer) in PERFORMERS {
            let function = function(performer).unwrap_or_else(|| panic!("{performer:?}"));
            assert!(function.text.ends_with('}'), "{performer:?}");
            assert_eq!(function.text.matches('{').count(), function.text.matches('}').count());
        }
    }

    #[test]
    fn a_function_has_the_text_that_belongs_to_it() {
        let function = function(("run/reactor.rs", "turn")).unwrap();
        assert!(function.text.starts_with("///"), "{}", function.text);
        let source = source("run/reactor.rs").unwrap();
        let line = source.lines().nth(function.line - 1).unwrap();
        assert_eq!(function.text.lines().next(), Some(line.trim_start()));
    }

    #[test]
    fn each_kind_of_step_has_one() {
        let format = include_str!("../../../executor/src/trace/format.md");
        let rows = format.lines().filter_map(|line| line.strip_prefix("| `"));
        let described = rows.filter_map(|row| row.split('`').next());
        let known: HashSet<_> = PERFORMERS.iter().filter_map(|it| it.0.split(' ').next()).collect();
        assert_eq!(described.collect::<HashSet<_>>(), known);
    }
}
