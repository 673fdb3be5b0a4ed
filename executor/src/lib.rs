//! A single-threaded async executor.

#![forbid(unsafe_code)]

mod cell;
mod clock;
mod context;
mod core;
mod error;
mod executor;
mod group;
mod id;
mod inbox;
mod sleep;
mod slots;
mod task;
mod waker;
mod watch;
pub mod wheel;

pub use clock::Clock;
pub use error::JoinError;
pub use executor::{Builder, Executor, Next, block_on};
pub use group::Watcher;
pub use id::TaskId;
pub use sleep::{Sleep, now, sleep, sleep_until, yield_now};
pub use task::{IntoTask, Join, Task, TaskRef, current_task, spawn};
pub use watch::Watch;
