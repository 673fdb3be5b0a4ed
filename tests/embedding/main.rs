//! Crates of others that run on the executor, and the executor in the loops of
//! others. Each file is written as a program that one might write oneself.
//!
//! ```console
//! $ cargo test -p wheelhouse-tests --features embedding --test embedding --example terminal
//! ```
//!
//! The table in `combinators/src/guide/runs_on.md` names each of these tests. The examples of
//! the page beside it, `batteries.md`, are tests of the documentation of this package:
//!
//! ```console
//! $ cargo test -p wheelhouse-tests --features embedding --doc
//! ```

mod async_channel;
mod async_compat;
mod async_lock;
mod async_net;
mod async_process;
mod async_tungstenite;
mod event_loop;
mod frames;
mod futures;
mod futures_concurrency;
mod hyper;
mod moving_on;
mod tokio_bare;
mod tokio_sync;

use std::time::Duration;

/// Runs a program on an executor of its own. Only one that hangs takes so long.
fn example<F: Future<Output: Send + 'static>>(
    program: impl FnOnce() -> F + Send + 'static,
) -> F::Output {
    let limit = Duration::from_mins(1);
    wheelhouse_tests::with_time_limit(limit, || executor::block_on(program()))
}
