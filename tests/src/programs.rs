//! Random programs, made of bytes: whoever has to decide what to do next, a
//! task, a destructor or a callback, takes the next byte. Where there is none
//! tasks return, and the others do nothing. So a program always ends, and any
//! bytes are one.
//!
//! What holds for each of them, whatever it does:
//!
//! - All that it makes is dropped once: futures, outputs, errors, wakers, what
//!   callbacks and conditions hold, payloads of panics. But for what the
//!   destructor of a payload panics with.
//! - A future is polled on its thread, not within its own poll, and not after
//!   its end.
//! - A task, or what is in a scope or a group, is cancelled only if there is a
//!   reason ([`Fate`]). Where there was none no cancellation is counted either.
//! - `cancel` says whether the task could still be cancelled.
//! - When nothing more happens no task lives, and each callback at the end of a
//!   task was called.
//! - No panic comes out of `turn`, and out of `block_on` the main future's only.
//! - Afterwards the executor can be used, and has all its slots.
//! - With the executor its tasks go, also if their handles outlive it.
//!
//! | file          | what it is                                      |
//! |---------------|-------------------------------------------------|
//! | `faults.rs`   | what has gone wrong                             |
//! | `fate.rs`     | whether there is a reason to cancel something   |
//! | `world.rs`    | the bytes, and what is counted                  |
//! | `watched.rs`  | futures that see how they are treated           |
//! | `realm.rs`    | an executor, its tasks, and the handles of them |
//! | `recorded.rs` | what a recording says beside what is there      |
//! | `lives.rs`    | how it is driven, and what holds at its end     |
//! | `acts.rs`     | what anyone may do, as it doesn't wait          |
//! | `hostile.rs`  | who does: destructors, callbacks, conditions    |
//! | `tasks.rs`    | how tasks wait                                  |
//! | `nests.rs`    | scopes, limits, groups, and parts side by side  |
//! | `seeds.rs`    | programs by number, as text, and shorter ones   |
//! | `moved.rs`    | other programs, whose waits move between tasks  |
//!
//! [`Fate`]: fate::Fate

mod acts;
mod fate;
mod faults;
mod hostile;
mod lives;
mod moved;
mod nests;
mod realm;
#[cfg_attr(not(feature = "trace"), path = "programs/unrecorded.rs")]
mod recorded;
mod seeds;
mod tasks;
mod watched;
mod world;

use std::rc::Rc;

#[cfg(feature = "trace")]
use executor::trace::Recording;

use realm::Realm;
use recorded::Recorder;
use world::World;

pub use moved::run_moving;
#[cfg(feature = "trace")]
pub use recorded::Recorded;
pub use seeds::{program_from, program_of, shrunk, text_of};

/// Runs the program that these bytes are. Returns in how many turns, without
/// those of `block_on`.
///
/// # Panics
///
/// Panics if anything doesn't hold that should.
#[expect(clippy::must_use_candidate, reason = "that nothing fails is what matters")]
pub fn run_program(bytes: &[u8]) -> usize {
    run_in(&World::new(bytes, Recorder::default()), bytes)
}

/// Runs a program whose executors are recorded. Wherever a task looks, and between the turns, the
/// recording says what is there. Returns the recordings.
///
/// # Panics
///
/// Panics as [`run_program`] does.
#[cfg(feature = "trace")]
#[must_use]
pub fn run_recorded(bytes: &[u8], how: Recorded) -> Vec<Recording> {
    let world = World::new(bytes, Recorder { how: Some(how), ..Recorder::default() });
    run_in(&world, bytes);
    world.recorder.recordings.take()
}

fn run_in(world: &Rc<World>, bytes: &[u8]) -> usize {
    faults::collect("PROGRAM", bytes);
    let panic = lives::live(&Realm::new(world, 0));
    panic.into_iter().for_each(hostile::forget);
    world.wake_all();
    world.wakers.take();
    world.expect_nothing_left();
    let faults = faults::collected();
    assert!(faults.is_empty(), "{faults:#?}");
    world.turns.get()
}
