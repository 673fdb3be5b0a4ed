//! The parts of the rooms above that the minimal executor uses.
//!
//! `time` and `run` are an executor by themselves. The other rooms add to it, and for
//! that some of their values stand in its [`Core`](crate::run::core::Core), and it calls
//! some of their functions. The types are named here. The functions are theirs, and these
//! of `Core`:
//!
//! | function                        | where it stands      |
//! |---------------------------------|----------------------|
//! | `notify_group`, `give_notice`   | `watch/notices.rs`   |
//! | `queue_errand`, `may_get_errands` | `watch/errands.rs` |
//! | `settle`                        | `cancel/settle.rs`   |

pub(crate) use crate::cancel::deadlock::Deadlock;
pub(crate) use crate::cancel::point::Wait;
pub(crate) use crate::cancel::points::{OfTask, Points};
pub(crate) use crate::watch::callback::Callback;
pub(crate) use crate::watch::courier::{Couriers, Errand};
pub(crate) use crate::watch::group::Group;
pub(crate) use crate::watch::notices::Notices;
