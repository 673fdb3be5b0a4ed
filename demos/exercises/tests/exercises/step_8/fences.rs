#[path = "../../../src/step_8/fences.rs"]
mod exercise;

use exercise::Operation::{self, ClearSent, Fence, ReadSent, ReadWork, WriteWork};
use exercise::{EXECUTOR, WAKING};

/// A thread: what it still has to do, what it has written that hasn't arrived, and what it
/// has read.
#[derive(Clone)]
struct Thread {
    name: &'static str,
    left: &'static [Operation],
    buffer: Vec<Operation>,
    read: Option<bool>,
}

impl Thread {
    fn new(name: &'static str, left: &'static [Operation]) -> Self {
        Self { name, left, buffer: Vec::new(), read: None }
    }
}

/// Both threads, the variables as they are in memory, and the order of all that has happened.
#[derive(Clone)]
struct State {
    threads: [Thread; 2],
    work: bool,
    sent: bool,
    happened: Vec<String>,
}

impl State {
    /// Lets the oldest write of a thread arrive.
    fn arrive(mut self, thread: usize) -> Option<Self> {
        let Thread { name, buffer, .. } = &mut self.threads[thread];
        let write = (!buffer.is_empty()).then(|| buffer.remove(0))?;
        self.happened.push(format!("{name}: {write:?} arrives"));
        match write {
            WriteWork => self.work = true,
            _ => self.sent = false,
        }
        Some(self)
    }

    /// Lets a thread do its next operation, unless that is a fence that waits.
    fn go_on(mut self, thread: usize) -> Option<Self> {
        let Thread { name, left, buffer, read } = &mut self.threads[thread];
        let (operation, rest) = left.split_first()?;
        let happens = match operation {
            WriteWork | ClearSent => {
                buffer.push(*operation);
                "goes into its buffer".to_owned()
            }
            ReadSent => format!("sees {}", *read.insert(self.sent)),
            ReadWork => format!("sees {}", *read.insert(self.work)),
            Fence if !buffer.is_empty() => return None,
            Fence => "finds its buffer empty".to_owned(),
        };
        *left = rest;
        self.happened.push(format!("{name}: {operation:?} {happens}"));
        Some(self)
    }

    /// Returns whether neither thread has seen what the other has done.
    fn is_lost(&self) -> bool {
        let [waking, executor] = &self.threads;
        waking.read == Some(true) && executor.read == Some(false)
    }

    /// Tries all orders from here, and returns the first in which the wake is lost.
    fn find_lost(self) -> Option<Vec<String>> {
        if self.is_lost() {
            return Some(self.happened);
        }
        let next = (0..2).flat_map(|thread| {
            [self.clone().go_on(thread), self.clone().arrive(thread)].into_iter().flatten()
        });
        next.into_iter().find_map(Self::find_lost)
    }
}

fn without_fences(operations: &[Operation]) -> Vec<Operation> {
    operations.iter().copied().filter(|operation| *operation != Fence).collect()
}

#[test]
fn the_wake_is_lost_in_no_order() {
    let threads = [Thread::new("waking", WAKING), Thread::new("executor", EXECUTOR)];
    let begin = State { threads, work: false, sent: true, happened: Vec::new() };
    if let Some(happened) = begin.find_lost() {
        panic!("the wake is lost if this happens:\n    {}", happened.join("\n    "));
    }
}

#[test]
fn there_are_no_more_fences_than_are_needed() {
    let fences = WAKING.iter().chain(EXECUTOR).filter(|operation| **operation == Fence);
    assert!(fences.count() <= 2, "some of them are of no use");
}

#[test]
fn the_other_operations_are_still_there_in_their_order() {
    assert_eq!(without_fences(WAKING), [WriteWork, ReadSent]);
    assert_eq!(without_fences(EXECUTOR), [ClearSent, ReadWork]);
}
