//! Cancellation: where a request to end goes, and what comes of it.
//!
//! One concept serves tasks and the scopes in them: the [point](points::Point). A point
//! may be marked, it waits for something, and it may have passed a request on to that.
//! The room uses `time` and `run`; nothing of recordings.
//!
//! | file          | what it is                                               |
//! |---------------|----------------------------------------------------------|
//! | `table.rs`    | values by keys that are never used again                 |
//! | `points.rs`   | points, what they wait for, and what is kept of both     |
//! | `request.rs`  | the way of a request: sent, marked, heard, taken back    |
//! | `scope.rs`    | scopes, in which futures catch cancellations             |
//! | `join.rs`     | awaiting a task such that it is cancelled with its parent |
//! | `pass.rs`     | cancellations that are passed on to several tasks        |
//! | `deadlock.rs` | the proof that no task can ever go on                    |
//!
//! What it upholds: I9, and I7 wherever a target is asked or a stranger is woken.

pub(crate) mod deadlock;
pub(crate) mod join;
pub(crate) mod pass;
pub(crate) mod points;
pub(crate) mod request;
pub(crate) mod scope;
pub(crate) mod table;
