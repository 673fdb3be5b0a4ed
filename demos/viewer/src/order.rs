//! The order in which steps can come: where it is another, lines are missing or damaged.

use std::collections::HashSet;

use crate::step::{Event, Id, Step};

/// What the steps so far say of those that can follow. A page refuses the same, in `lines.js`:
/// nobody is to get one that won't open.
#[derive(Default)]
pub(crate) struct Order {
    spawned: HashSet<Id>,
    /// The task whose poll isn't over.
    polled: Option<Id>,
    /// The number of entries that have joined the queue since the last turn began.
    queued: usize,
    /// The number of entries that it had then.
    batch: usize,
}

impl Order {
    /// Takes the next step. A step of a kind that this version doesn't know changes nothing.
    ///
    /// # Errors
    ///
    /// The error says why the step can't come next.
    pub(crate) fn take(&mut self, step: &Step) -> Result<(), String> {
        if matches!(step.event, Event::Unknown) {
            return Ok(());
        }
        self.check_tasks(step)?;
        self.check_batch(&step.event)?;
        self.check_poll(&step.event)
    }

    fn check_tasks(&mut self, step: &Step) -> Result<(), String> {
        let to = match step.event {
            Event::Spawn { task, .. } => {
                self.spawned.insert(task);
                None
            }
            Event::Pass { to, .. } => to,
            _ => None,
        };
        let mut told = [step.task, step.by, to].into_iter().flatten();
        match told.find(|it| !self.spawned.contains(it)) {
            Some(task) => Err(format!("tells of task {task}, of which no line before tells")),
            None => Ok(()),
        }
    }

    /// An order has each entry of the batch at most once.
    fn check_batch(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Ready { .. } | Event::Notice { .. } => self.queued += 1,
            Event::Turn { .. } => (self.batch, self.queued) = (self.queued, 0),
            Event::Close => (self.batch, self.queued) = (0, 0),
            Event::Order { order } => {
                let mut seen = HashSet::with_capacity(order.len());
                if !order.iter().all(|it| *it < self.batch && seen.insert(it)) {
                    return Err("orders what isn't in the batch".into());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A poll is over after it has begun, and before anything else is taken.
    fn check_poll(&mut self, event: &Event) -> Result<(), String> {
        match (event, self.polled) {
            (Event::Polled { task, .. }, polled) if polled != Some(*task) => {
                Err("ends a poll that no line before begins".into())
            }
            (event, Some(polled)) if is_after_a_poll(event) => {
                Err(format!("comes before the poll of task {polled} is over"))
            }
            (Event::Poll { task, .. }, _) => {
                self.polled = Some(*task);
                Ok(())
            }
            (Event::Polled { .. } | Event::Close, _) => {
                self.polled = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn is_after_a_poll(event: &Event) -> bool {
    let is_entry = matches!(event, Event::Poll { .. } | Event::Ask { .. } | Event::Unwind { .. });
    is_entry || matches!(event, Event::Skip { .. } | Event::Turn { .. } | Event::TurnEnd)
}
