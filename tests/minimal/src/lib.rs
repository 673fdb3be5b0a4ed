//! The minimal executor by itself: the rooms `time` and `run`, as they are, with nothing
//! above them.
//!
//! [`above`] names all that these rooms call of the others, and here each of it does
//! nothing. So this package builds only as long as nothing else is called.

#![allow(dead_code, unused_imports, reason = "the rooms above use more of these than the tests")]

#[path = "../../../executor/src/platform.rs"]
mod platform;
#[path = "../../../executor/src/probe.rs"]
mod probe;
#[path = "../../../executor/src/run/mod.rs"]
mod run;
#[path = "../../../executor/src/time/mod.rs"]
mod time;

mod above;

/// The names that `executor` exports, for the rooms use some of them.
pub use run::error::JoinError;
pub use run::executor::{Builder, Executor, block_on};
pub use run::reactor::Next;
pub use run::sleep::{advance, now, sleep, sleep_until, yield_now};
pub use run::task::{Task, spawn};
pub use time::clock::Clock;

#[cfg(test)]
mod tests;
