//! Waiting for several tasks at once, and functions that are called instead of futures
//! that are polled.
//!
//! The seam for combinators: `gather` and `wait` are made of [`Watch`](seam::Watch). The
//! room uses `time` and `run`. `cancel` needs nothing of it but the texts of its last two files.
//!
//! | file          | what it is                                               |
//! |---------------|----------------------------------------------------------|
//! | `names.rs`    | names of functions, for recordings                       |
//! | `group.rs`    | several tasks, and the watcher that decides about them   |
//! | `notices.rs`  | the entries of the ready queue by which groups are asked |
//! | `callback.rs` | functions that are called when a task has ended          |
//! | `courier.rs`  | functions from other threads: errands                    |
//! | `errands.rs`  | how to get a courier, and how errands are called         |
//! | `frozen.rs`   | virtual time that waits for other threads                |
//! | `seam.rs`     | [`Watch`](seam::Watch), for combinators                  |
//! | `alarm.rs`    | a timer that calls a function                            |
//! | `local.rs`    | a waker that stays on its thread                         |
//! | `in_line.rs`  | a program's text within a line of ours                   |
//! | `words.rs`    | words for recordings: of sections and failures           |
//!
//! It upholds that a task's slot has one entry for each watch, whatever the number of
//! tasks; that a group is asked in the turn after the end that matters, in the place where
//! asyncio has its callback; and that all that is foreign in a group is out of it when it
//! is closed (I7).

pub(crate) mod alarm;
pub(crate) mod callback;
pub(crate) mod courier;
pub(crate) mod errands;
pub(crate) mod frozen;
pub(crate) mod group;
pub(crate) mod in_line;
pub(crate) mod local;
pub(crate) mod names;
pub(crate) mod notices;
pub(crate) mod seam;
pub(crate) mod words;
