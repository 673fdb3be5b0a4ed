//! Random programs whose waits move. A wait stands on a shelf, and is whatever one can wait
//! in: joins, gathers, timeouts and scopes within each other. One task polls it, then
//! another does, at times by a stranger: a future that lends wakers of its own. Meanwhile tasks
//! are cancelled, waits are dropped, also by destructors and by what is asked to cancel, and
//! slots are used again by bystanders. Like all programs these are made of bytes.
//!
//! What holds for each of them, whatever it does:
//!
//! - Nobody asks a bystander to end, and so no request reaches one ([`Scene::look`]).
//! - A task catches no more requests than were made to it ([`Account::catch`]).
//! - A request isn't lost: its task ends, or a scope in it catches ([`Account::expect_heard`]).
//! - A task in which a scope stands that stays there isn't ended by a request
//!   ([`Account::expect_reason`]).
//! - When nothing more happens, and all waits are dropped, tasks that are cancelled end.
//! - All that it makes is dropped; and no panic comes out of a turn, or is a task's outcome.
//! - The same bytes do the same again, in the same order.
//!
//! | file          | what it is                                             |
//! |---------------|--------------------------------------------------------|
//! | `scene.rs`    | what the tasks of a program have in reach              |
//! | `account.rs`  | what a task was asked, and what has come of that       |
//! | `standing.rs` | scopes and other waits, and the tasks that poll them   |
//! | `waits.rs`    | what stands on a shelf                                 |
//! | `inner.rs`    | the tasks that waits wait for                          |
//! | `pollers.rs`  | the tasks that poll what stands on their shelves       |
//! | `acts.rs`     | what anyone may do, as it doesn't wait                 |
//! | `hostile.rs`  | who does: destructors, wakers, targets, a hook         |
//! | `lives.rs`    | how an executor is driven, and what holds at its end   |
//!
//! [`Scene::look`]: scene::Scene::look
//! [`Account::catch`]: account::Account::catch
//! [`Account::expect_heard`]: account::Account::expect_heard
//! [`Account::expect_reason`]: account::Account::expect_reason

mod account;
mod acts;
mod hostile;
mod inner;
mod lives;
mod pollers;
mod scene;
mod standing;
mod waits;

use super::faults::{self, expect};
use super::recorded::Recorder;
use super::world::World;
use scene::Scene;

/// Runs the program that these bytes are, whose waits move: twice. Returns in how many turns
/// it does so once.
///
/// # Panics
///
/// Panics if anything doesn't hold that should.
#[expect(clippy::must_use_candidate, reason = "that nothing fails is what matters")]
pub fn run_moving(bytes: &[u8]) -> usize {
    faults::collect("MOVING", bytes);
    let (turns, log) = run_once(bytes);
    let (_, again) = run_once(bytes);
    expect(log == again, "the same bytes do something else");
    let faults = faults::collected();
    assert!(faults.is_empty(), "{}\n{faults:#?}", log.join("\n"));
    turns
}

/// Returns the number of turns, and what has happened.
fn run_once(bytes: &[u8]) -> (usize, Vec<String>) {
    let world = World::new(bytes, Recorder::default());
    let log = lives::live(&Scene::new(&world));
    world.expect_nothing_left();
    (world.turns.get(), log)
}
