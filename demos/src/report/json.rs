//! Events as JSON.

use std::time::Duration;

use serde::Serialize;

use super::{Reporter, print_line};
use crate::event::Event;
use crate::plan::Plan;

/// Prints each event as a JSON object.
pub(super) struct Json;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<u8>,
    at_ms: u128,
}

impl Reporter for Json {
    fn report(&self, plan: &Plan, at: Duration, event: &Event) {
        self.lines(plan, at, event).iter().for_each(print_line);
    }

    fn lines(&self, plan: &Plan, at: Duration, event: &Event) -> Vec<String> {
        let line = Line { event, cell: plan.cell(), at_ms: at.as_millis() };
        vec![serde_json::to_string(&line).expect("all keys are strings")]
    }
}
