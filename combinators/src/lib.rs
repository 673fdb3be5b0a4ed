//! Combinators.

#![forbid(unsafe_code)]

mod children;
mod conditions;
mod failure;
mod gather;
mod outcome;
mod pending;
mod tasks;
mod wait;

pub use conditions::{
    AllCompleted, Completions, Condition, FirstCompleted, FirstException, FirstSuccess, Progress,
    Successes,
};
pub use failure::{Failure, GatherError};
pub use gather::{Gather, GatherAll, gather};
pub use outcome::{Outcome, Plain};
pub use pending::{IntoPending, Iter, Pending};
pub use wait::{Reason, Wait, Waited, wait};
