//! Other threads: functions that block run on them, and they spawn tasks on an executor.
//!
//! The room uses `foreign.rs` of this library, and of the executor its couriers and
//! wakers. The other files don't use it.
//!
//! | file           | what it is                                      |
//! |----------------|-------------------------------------------------|
//! | `pool.rs`      | the threads that run blocking functions         |
//! | `to_thread.rs` | a blocking function, on a thread of its own     |
//! | `remote.rs`    | spawning on an executor from any thread         |
//!
//! What it upholds: no job keeps another from running, whatever it does; and a thread
//! that waits for a task always hears what came of it.

pub(crate) mod pool;
pub(crate) mod remote;
pub(crate) mod to_thread;

use std::panic::Location;

/// Says which line of somebody's source a place is.
fn place_in_words(place: &Location<'_>) -> String {
    format!("line {} of {}", place.line(), place.file())
}
