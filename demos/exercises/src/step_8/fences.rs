//! Exercise 22, of step 8: the two fences.
//!
//! Two threads use two variables, which are false at first, except that `sent` is true: a
//! wake is on its way. What a thread writes goes through a buffer of its own, and reaches the
//! other thread at any later time. A fence waits until the buffer is empty. The test tries all
//! orders in which the operations can happen, and the writes can arrive.

/// An operation of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `work = true`: there is something that the task has to see.
    WriteWork,
    /// `if sent`: then the thread doesn't send another wake.
    ReadSent,
    /// `sent = false`: the wake is heard.
    ClearSent,
    /// The poll of the task: it goes on if it sees the work.
    ReadWork,
    /// `fence(Ordering::SeqCst)`
    Fence,
}

use Operation::{ClearSent, ReadSent, ReadWork, WriteWork};

/// The thread that wakes, in `TaskWaker::send` and before.
pub const WAKING: &[Operation] = &[WriteWork, ReadSent];

/// The executor, in `TaskWaker::heard` and after.
pub const EXECUTOR: &[Operation] = &[ClearSent, ReadWork];
