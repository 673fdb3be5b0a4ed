//! Pages for those who write programs with the executor.
//!
//! | page          | what it says                                            |
//! |---------------|---------------------------------------------------------|
//! | [`steps`]     | an executor in eight steps, to be read, run and changed |
//! | [`embedding`] | an executor in a loop of your own                       |
//! | [`testing`]   | time that takes none, other orders, and tests that hang |
//! | [`watch`]     | the demo; recordings of runs, and other orders of tasks |
//! | [`speed`]     | what operations cost, here and elsewhere                |
//! | [`platforms`] | where it runs, and what isn't there                     |
//!
//! The crate `combinators` has a guide too: asyncio's names and those here; whose events,
//! locks, queues and sockets to take, and which crates run on it; one executor per core;
//! and moving on to tokio.
//!
//! The pages are Markdown files, which are read in the repository as well. So each file
//! ends with its links as they are there. The links as they are here stand before it in the
//! source, and of two links with one name the first counts.

#[doc = include_str!("guide/steps.md")]
pub mod steps {}

/// [turn]: crate::Executor::turn
/// [on_wake]: crate::Builder::on_wake
/// [try_block_on]: crate::Executor::try_block_on
/// [guarantees]: crate::guarantees
/// [clock]: crate::Clock::Virtual
///
#[doc = include_str!("guide/embedding.md")]
pub mod embedding {}

// Its examples are a test of the package `wheelhouse-demos`, which takes the viewer.
/// [clock]: crate::Clock::Virtual
/// [try_block_on]: crate::Executor::try_block_on
#[cfg_attr(feature = "trace", doc = "[explore]: crate::explore()")]
#[cfg_attr(not(feature = "trace"), doc = "[explore]: crate::guide")]
///
#[cfg(not(doctest))]
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

// Its examples take the viewer, and run as tests of that.
#[cfg_attr(feature = "trace", doc = "[format]: mod@crate::trace::format")]
#[cfg_attr(not(feature = "trace"), doc = "[format]: crate::guide")]
/// [testing]: crate::guide::testing
///
#[cfg(not(doctest))]
#[doc = include_str!("guide/watch.md")]
pub mod watch {}

#[doc = include_str!("guide/speed.md")]
pub mod speed {}

/// [clock]: crate::Clock::Virtual
/// [instant]: crate::Instant
/// [turn]: crate::Executor::turn
///
#[doc = include_str!("guide/platforms.md")]
pub mod platforms {}
