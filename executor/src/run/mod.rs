//! The minimal executor: tasks, wakers, a ready queue, timers, and the loop.
//!
//! With `time` this is all that it takes to spawn, wake, sleep, join and block. It knows
//! that a task can be marked, for then its next step is its last. But it knows nothing
//! of how a cancellation finds its task, nor of futures that wait for several tasks. What it
//! calls of the rooms above is named in [`above`](crate::above); a package of the tests
//! builds `time` and `run` with an `above` in which there is nothing.
//!
//! | file          | what it is                                               |
//! |---------------|----------------------------------------------------------|
//! | `id.rs`       | the name of a task                                       |
//! | `error.rs`    | the error of a task; how foreign panics are stopped      |
//! | `inbox.rs`    | how other threads reach the loop, and the one hard race  |
//! | `cell.rs`     | a task's one allocation: the future, then the outcome    |
//! | `waiter.rs`   | the waiters of a task's end or of a timer                |
//! | `pages.rs`    | values in pages, which never move                        |
//! | `slots.rs`    | the table of tasks, and the meaning of its flags         |
//! | `extras.rs`   | data that few tasks have, and that isn't in their slots  |
//! | `unheld.rs`   | values that nobody holds, dropped without recursion      |
//! | `core.rs`     | the part that all share: the ready queue, and waking     |
//! | `timers.rs`   | timers: how they are set, removed and fired              |
//! | `life.rs`     | the life of a task: spawned, ended, forgotten            |
//! | `context.rs`  | the executor that runs on this thread                    |
//! | `waker.rs`    | wakers, lent to one task after another                   |
//! | `task.rs`     | the handle                                               |
//! | `sleep.rs`    | the futures that sleep and yield                         |
//! | `reactor.rs`  | the loop                                                 |
//! | `executor.rs` | settings, `block_on`, `turn`, and the end                |
//!
//! Each file uses only those above it. If you have ten minutes read `reactor.rs`, from
//! `Reactor::turn` on. It upholds I1 to I8, which stand at the [beginning](crate#invariants)
//! of the crate. What asyncio does, as `(F3)`, is in [`facts`](crate::facts).

pub(crate) mod cell;
pub(crate) mod context;
pub(crate) mod core;
pub(crate) mod error;
pub(crate) mod executor;
pub(crate) mod extras;
pub(crate) mod id;
pub(crate) mod inbox;
pub(crate) mod life;
pub(crate) mod pages;
pub(crate) mod reactor;
pub(crate) mod sleep;
pub(crate) mod slots;
pub(crate) mod task;
pub(crate) mod timers;
pub(crate) mod unheld;
pub(crate) mod waiter;
pub(crate) mod waker;
