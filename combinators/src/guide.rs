//! Pages for those who come from elsewhere, want more than there is here, or move on.
//!
//! | page          | what it says                                            |
//! |---------------|---------------------------------------------------------|
//! | [`asyncio`]   | asyncio's names, and the same thing here                |
//! | [`recipes`]   | programs that many need, as a quorum or an orderly stop |
//! | [`batteries`] | events, locks, queues, sockets, files: whose to take    |
//! | [`runs_on`]   | which crates run on it, and the test of each            |
//! | [`cores`]     | one executor per core                                   |
//! | [`tokio`]     | moving on: what each piece is called in tokio           |
//!
//! [The executor's guide](executor::guide) has the others. The pages are Markdown files,
//! which are read in the repository as well: how their links work is said there.

/// [batteries]: crate::guide::batteries
/// [facts]: executor::facts
///
#[doc = include_str!("guide/asyncio.md")]
pub mod asyncio {}

/// [batteries]: crate::guide::batteries
/// [clock]: executor::Clock::Virtual
///
#[doc = include_str!("guide/recipes.md")]
pub mod recipes {}

// Its examples take all those crates, and run as tests of the package `wheelhouse-tests`.
/// [runs_on]: crate::guide::runs_on
/// [to_thread]: crate::to_thread()
/// [task_set]: crate::TaskSet
///
#[cfg(not(doctest))]
#[doc = include_str!("guide/batteries.md")]
pub mod batteries {}

/// [batteries]: crate::guide::batteries
///
#[doc = include_str!("guide/runs_on.md")]
pub mod runs_on {}

/// [remote]: crate::remote()
/// [speed]: executor::guide::speed
///
#[doc = include_str!("guide/cores.md")]
pub mod cores {}

#[doc = include_str!("guide/tokio.md")]
pub mod tokio {}
