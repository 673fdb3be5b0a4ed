//! Events as the notebook prints them.

use std::time::Duration;

use anstyle::Style;

use super::{FAILED, Reporter, print_line};
use crate::event::{End, Event, Returned, Why};
use crate::plan::{Call, Plan, ReturnWhen, Source};

const HEADING: Style = Style::new().bold();

/// Prints each event as some lines of text.
pub(super) struct Text;

impl Reporter for Text {
    fn report(&self, plan: &Plan, at: Duration, event: &Event) {
        self.lines(plan, at, event).iter().for_each(print_line);
    }
}

/// Returns the lines of an event. The ends of coroutines have none: the
/// notebook's coroutines print when they start, and nothing more.
pub(super) fn lines(plan: &Plan, event: &Event) -> Vec<String> {
    match event {
        Event::Run { .. } => vec![heading(plan)],
        Event::Started { coroutine, sleep_ms } => vec![started(*coroutine, *sleep_ms)],
        Event::Ended(_) | Event::Cancelled { .. } => Vec::new(),
        Event::Returned(Returned::Waited { completed, pending, reason, done }) => {
            let sizes = format!("Completed size: {completed}, pending size {pending}");
            let mut lines = vec![sizes];
            lines.extend(results(plan, done));
            lines.extend(why(plan, *reason));
            lines
        }
        Event::Returned(Returned::Gathered { results }) => gathered(plan, results),
        Event::Returned(Returned::Raised(end)) => vec![result(end)],
    }
}

fn heading(plan: &Plan) -> String {
    match plan.source {
        Source::Notebook { cell, .. } => {
            format!("{HEADING}# cell {cell}: {}{HEADING:#}", plan.call)
        }
        Source::Random { seed } => format!("{HEADING}Seed {seed}{HEADING:#}"),
    }
}

fn started(coroutine: usize, sleep_ms: u128) -> String {
    let (seconds, hundredths) = (sleep_ms / 1000, sleep_ms / 10 % 100);
    format!("Coro with {coroutine}, sleeping for {seconds}.{hundredths:02} seconds")
}

/// Returns the results of the coroutines that are done. The notebook asks for one after the
/// other until one raises.
fn results(plan: &Plan, done: &[End]) -> Vec<String> {
    let first_exception = done.iter().position(End::has_failed);
    let last = first_exception.filter(|_| plan.is_replay()).unwrap_or(done.len());
    done.iter().take(last.saturating_add(1)).map(result).collect()
}

fn result(end: &End) -> String {
    match end {
        End::Returned { value, .. } => value.to_string(),
        End::Failed { error, .. } => format!("{FAILED}{error}{FAILED:#}"),
    }
}

/// Returns the reason for which `wait` returned, which the notebook doesn't print.
fn why(plan: &Plan, reason: Why) -> Option<String> {
    let Source::Random { .. } = plan.source else { return None };
    let Call::Wait { return_when, .. } = plan.call else { return None };
    let why = match (reason, return_when) {
        (Why::Timeout, _) => "the time was up".to_owned(),
        (Why::Met { .. }, ReturnWhen::AllCompleted) => "all have ended".to_owned(),
        (Why::Met { by }, condition) => {
            format!("coroutine {by} {}, as {condition} demands", end_for(condition))
        }
        (Why::Impossible { by }, condition) => {
            format!("coroutine {by} has failed, and {condition} is out of reach")
        }
        (Why::Exhausted, condition) => format!("all have ended, but not as {condition} demands"),
    };
    Some(format!("Returned because {why}"))
}

/// Returns the end of a coroutine that counts for a condition.
fn end_for(condition: ReturnWhen) -> &'static str {
    match condition {
        ReturnWhen::AllCompleted | ReturnWhen::FirstCompleted | ReturnWhen::Completions(_) => {
            "has ended"
        }
        ReturnWhen::FirstException => "has failed",
        ReturnWhen::FirstSuccess | ReturnWhen::Successes(_) => "has succeeded",
    }
}

fn gathered(plan: &Plan, ends: &[End]) -> Vec<String> {
    let list: Vec<_> = ends.iter().map(result).collect();
    let list = format!("[{}]", list.join(", "));
    if plan.is_replay() { vec!["Tasks complete".to_owned(), list] } else { vec![list] }
}
