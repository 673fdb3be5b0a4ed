//! Each thread must be sure that the other sees its write before it reads what the other has
//! written. So there is a fence in both, between the write and the read; one alone leaves the
//! other thread free to read too early.
//!
//! In the executor: `TaskWaker::send` and `TaskWaker::heard` in `executor/src/run/inbox.rs`.
//! `tests/loom/src/step_8.rs` tries all orders of the step's own code.

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

use Operation::{ClearSent, Fence, ReadSent, ReadWork, WriteWork};

/// The thread that wakes, in `TaskWaker::send` and before.
pub const WAKING: &[Operation] = &[WriteWork, Fence, ReadSent];

/// The executor, in `TaskWaker::heard` and after.
pub const EXECUTOR: &[Operation] = &[ClearSent, Fence, ReadWork];
