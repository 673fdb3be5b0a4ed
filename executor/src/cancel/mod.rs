//! Cancellation: the way of a request to end, and its outcome.
//!
//! One concept serves tasks and the scopes in them: the [point](point::Point). The room uses
//! `time` and `run`, and of `watch` the words by which a recording shows a scope, and the way to
//! show a program's text. It tells of events, and doesn't know how they are kept.
//!
//! Who reads it first may skip `table.rs` and `walk.rs`. `handle.rs` and `deadlock.rs` are here
//! because they need joins and waits.
//!
//! | file             | what it is                                               |
//! |------------------|----------------------------------------------------------|
//! | `table.rs`       | values by keys, which go stale                           |
//! | `point.rs`       | a point, and what it waits for                           |
//! | `declared.rs`    | the waits that futures declare while they are polled     |
//! | `walk.rs`        | the walk of a request, as a loop instead of calls        |
//! | `points.rs`      | the state of cancellations: of executor, task and scope  |
//! | `found.rs`       | points that are there, with their states                 |
//! | `request.rs`     | the way of a request, to the point that is marked        |
//! | `count.rs`       | the number of requests, and how one is taken back        |
//! | `hear.rs`        | what comes of a request                                  |
//! | `strangers.rs`   | scopes that strangers poll                               |
//! | `settle.rs`      | the end of a poll: what the point waits for by then      |
//! | `scope_polls.rs` | the polls of a scope, also in another point than before  |
//! | `redeliver.rs`   | requests that are delivered again                        |
//! | `cancelled.rs`   | cancellations that were caught, and ways to go on        |
//! | `held.rs`        | cancellations that are held back, and who gets them back |
//! | `scope.rs`       | scopes that can be cancelled by themselves               |
//! | `catch.rs`       | futures in scopes, which catch what they end by          |
//! | `join.rs`        | awaits of a task that pass cancellations on to it        |
//! | `handle.rs`      | handles by which combinators wait for tasks              |
//! | `pass.rs`        | cancellations that are passed on to several tasks        |
//! | `deadlock.rs`    | the error that no task can ever go on                    |
//!
//! It upholds I9, and I7 wherever a target is asked or a stranger is woken.

pub(crate) mod cancelled;
pub(crate) mod catch;
pub(crate) mod count;
pub(crate) mod deadlock;
pub(crate) mod declared;
pub(crate) mod found;
pub(crate) mod handle;
pub(crate) mod hear;
pub(crate) mod held;
pub(crate) mod join;
pub(crate) mod pass;
pub(crate) mod point;
pub(crate) mod points;
pub(crate) mod redeliver;
pub(crate) mod request;
pub(crate) mod scope;
pub(crate) mod scope_polls;
pub(crate) mod settle;
pub(crate) mod strangers;
pub(crate) mod table;
pub(crate) mod walk;
