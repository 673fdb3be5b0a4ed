//! asyncio's `wait` and `gather`, as native futures that look at task slots
//! directly; and the rest of its page on tasks.
//!
//! Both wait for several tasks at once. What tells them apart:
//!
//! |                              | [`wait`](wait())                     | [`gather`](gather())                         |
//! |------------------------------|---------------------------------|------------------------------------|
//! | takes                        | tasks                           | tasks or futures                   |
//! | ends when                    | a condition is met, or time is up | all have ended, or one has failed |
//! | gives                        | the tasks: `done` and `pending` | the values, or the first failure   |
//! | in order of                  | completion; arguments           | arguments                          |
//! | a child's failure            | is in the child's outcome       | is `gather`'s, unless [`return_exceptions`](Gather::return_exceptions) |
//! | the rest, on return          | is yours, in `pending`          | runs on                            |
//! | the rest, if its await is dropped | runs on                    | is cancelled                       |
//!
//! ```
//! use std::time::Duration;
//! use combinators::{FirstCompleted, gather, wait};
//! use executor::{block_on, sleep, spawn};
//!
//! async fn nap(ms: u64) -> u64 {
//!     sleep(Duration::from_millis(ms)).await;
//!     ms
//! }
//!
//! block_on(async {
//!     assert_eq!(gather([nap(2), nap(1)]).await.unwrap(), [2, 1]);
//!
//!     let tasks = [nap(50_000), nap(1)].map(spawn);
//!     let waited = wait(tasks).return_when(FirstCompleted).await;
//!     assert_eq!(waited.done[0].outcome().unwrap().unwrap(), 1);
//!     assert_eq!(waited.pending.len(), 1);
//! });
//! ```
//!
//! The [guide] has [asyncio's names](guide::asyncio) and those here, and says whose
//! [locks, queues and sockets](guide::batteries) to take.
//!
//! # What becomes of the children
//!
//! | | when it returns | when a child fails | when the task that awaits is cancelled | when the await is dropped |
//! |---|---|---|---|---|
//! | [`wait`](wait()) | are given back | no matter | run on | run on |
//! | [`gather`](gather()) | have ended | run on | are cancelled, and end first | are cancelled |
//! | [`as_completed`](as_completed()) | have ended, or the time is up | no matter | run on | run on |
//! | [`TaskSet`] | - | no matter | run on | run on; are cancelled when the set is dropped |
//! | [`shield`](shield()) | has ended | - | runs on | runs on |
//! | [`timeout`](timeout()) of a task, [`wait_for`](wait_for()) | has ended | - | is cancelled, and ends first | is cancelled |
//! | [`task_group`](task_group()) | have ended | are cancelled, and end first | are cancelled, and end first | are cancelled |
//! | [`to_thread`](to_thread()) | has ended | - | runs on, if it has begun | runs on, if it has begun |
//!
//! # How it works
//!
//! Those that wait for several tasks poll none of them: the executor does that. Each
//! child's slot holds one registration, made once. When a child ends it is counted,
//! and if its end may matter the condition is asked. The child that makes it enough
//! puts a notice into the ready queue; a turn later the notice wakes the parent, which
//! then looks at the slots. So a child costs O(1) over its life, and the parent of a `wait`
//! or a `gather` is polled twice, be there ten children or a hundred thousand. They go through
//! [`executor::Watch`], which is public: your own combinators can do the same. A task group has
//! a function called at each end, by [`Task::on_done`](executor::Task::on_done). A `timeout` is
//! made of two other parts that are public, [`executor::Scope`] and [`executor::Alarm`].
//!
//! The turns are asyncio's, and they decide who is in `done`: the parent
//! resumes two turns after the end of the child that was enough, and finds
//! what has ended by then.
//!
//! **F** and a number, as in (F73), is a fact about asyncio that the code follows;
//! [`executor::facts`] lists them.
//!
//! # Reading order
//!
//! | file            | what it is                                             |
//! |-----------------|--------------------------------------------------------|
//! | `foreign.rs`    | foreign code whose panic stops here                    |
//! | `outcome.rs`    | how a child's value says whether it is a success       |
//! | `raising.rs`    | a failure that counts for more than a cancellation     |
//! | `conditions.rs` | when `wait` returns                                    |
//! | `children.rs`   | the mechanism of `wait` and `gather`: be woken once    |
//! | `wait.rs`, `pending.rs` | `wait`, and the tasks it keeps between waits   |
//! | `gather.rs`, `tasks.rs`, `failure.rs` | `gather`, its children, its error |
//! | `limited.rs`    | the children of a `gather`, so many at once           |
//! | `consumers.rs`  | those who take what has ended, each in its turn        |
//! | `queue.rs`      | the tasks that have ended, for those who take them one by one |
//! | `as_completed.rs`, `task_set.rs` | tasks one by one, as they end; and more meanwhile |
//! | `shield.rs`     | an await that no cancellation gets through             |
//! | `timeout.rs`    | a time limit for a future                              |
//! | `wait_for.rs`   | a time limit for a task                                |
//! | `task_group.rs` | tasks that end before the block does                   |
//! | `interval.rs`   | ticks at equal distances in time                       |
//! | `threads/`      | what other threads do for or to an executor            |

#![forbid(unsafe_code)]

pub mod guide;

mod as_completed;
mod children;
mod conditions;
mod consumers;
mod failure;
mod foreign;
mod gather;
mod interval;
mod limited;
mod outcome;
mod pending;
mod queue;
mod raising;
mod shield;
mod task_group;
mod task_set;
mod tasks;
mod threads;
mod timeout;
mod wait;
mod wait_for;

pub use as_completed::{AsCompleted, NextCompleted, as_completed};
pub use conditions::{
    AllCompleted, Completions, Condition, FirstCompleted, FirstException, FirstSuccess, Progress,
    Successes,
};
pub use failure::{Failure, GatherError};
pub use gather::{Gather, GatherAll, Gathering, gather};
pub use interval::{Interval, Missed, interval};
pub use limited::{Limited, LimitedTasks, limited};
pub use outcome::{Outcome, Plain};
pub use pending::{IntoPending, Iter, Pending};
pub use raising::raising;
pub use shield::{Shield, shield};
pub use task_group::{Group, GroupClosed, GroupError, GroupFailure, task_group};
pub use task_set::{NextEnded, TaskSet};
pub use threads::remote::{Refused, Remote, RemoteError, RemoteTask, remote};
pub use threads::to_thread::{ToThread, to_thread};
pub use timeout::{Elapsed, NotRunning, Timeout, timeout, timeout_at};
pub use wait::{Reason, Wait, Waited, Waiting, wait};
pub use wait_for::{WaitForError, wait_for};
