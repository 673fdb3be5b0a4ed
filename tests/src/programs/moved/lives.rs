//! The life of an executor, and what holds at its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use executor::{Clock, Executor, Next, all_tasks};

use super::super::faults::expect;
use super::acts::{act, fill};
use super::hostile::hear_of_wake;
use super::pollers;
use super::scene::{Scene, kind};

/// No program takes as many.
const MOST_TURNS: usize = 20_000;

/// Lives, and returns what has happened.
pub(super) fn live(scene: &Rc<Scene>) -> Vec<String> {
    let builder = Executor::builder().clock(Clock::Virtual).on_wake(hear_of_wake);
    let executor = Rc::new(builder.build());
    scene.set_executor(&executor);
    begin(scene);
    while let Some(byte) = scene.world.byte() {
        if byte % 4 == 0 {
            act(scene);
        } else {
            let _ = turn(&executor, scene);
        }
    }
    if !scene.has(kind::CUT_SHORT) {
        bring_to_rest(&executor, scene);
    }
    end(executor, scene);
    scene.take_log()
}

fn begin(scene: &Rc<Scene>) {
    for _ in &scene.shelves {
        fill(scene);
    }
    for (number, poller) in scene.pollers.iter().enumerate() {
        poller.task.replace(pollers::spawn(scene, number));
    }
}

fn turn(executor: &Executor, scene: &Scene) -> Next {
    scene.world.turns.update(|turns| turns + 1);
    let next = catch_unwind(AssertUnwindSafe(|| executor.turn()));
    expect(next.is_ok(), "a panic came out of a turn");
    next.unwrap_or(Next::Woken)
}

fn run_until_stalled(executor: &Executor, scene: &Scene) {
    let stalled = (0..MOST_TURNS).any(|_| turn(executor, scene) != Next::Now);
    expect(stalled, "the program doesn't end");
}

/// Turns the executor until nothing more happens, and looks at what is left.
fn bring_to_rest(executor: &Executor, scene: &Rc<Scene>) {
    run_until_stalled(executor, scene);
    scene.look();
    scene.pollers.iter().for_each(|poller| poller.account.expect_heard());
    scene.world.muted.set(true);
    scene.clear();
    executor.block_on(async { cancel_all() });
    run_until_stalled(executor, scene);
    let are_left = executor.block_on(async { all_tasks().len() > 1 });
    expect(!are_left, "a task that was cancelled lives on, and nobody can wake it");
}

fn cancel_all() {
    for task in all_tasks() {
        task.cancel();
    }
}

/// Drops the executor, with what it has left.
fn end(executor: Rc<Executor>, scene: &Scene) {
    scene.world.muted.set(true);
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(executor)));
    expect(dropped.is_ok(), "a panic came out of the end of the executor");
    scene.clear();
    scene.forget_tasks();
}
