//! What each step shows when it runs.

use std::rc::Rc;
use std::time::Duration;

use crate::faults::{
    Relay, Step, run_leg, show_cancelled_timers, show_sleeps, show_stale_wake, show_starvation,
    show_stolen_token, show_tasks, show_wait,
};
use crate::meter::{compare, say};
use crate::{step_1, step_2, step_3, step_4, step_5, step_6, step_7, step_8};

/// The steps: what each is, and the function that shows it.
pub const ALL: [(&str, fn()); 8] = [
    ("a loop that polls", step_1),
    ("a waker that ends a park", step_2),
    ("tasks, and a queue of those that are ready", step_3),
    ("timers in a heap", step_4),
    ("a timer wheel", step_5),
    ("handles", step_6),
    ("one registration for each child", step_7),
    ("wakers on loan, and an inbox", step_8),
];

/// The step as the faults see it.
pub const STEP_3: Step = Step {
    name: "step 3",
    block_on: |it| step_3::block_on(it),
    spawn: step_3::spawn,
    sleep: |it| Box::pin(step_2::sleep(it)),
};

/// The step as the faults see it.
pub const STEP_4: Step = Step {
    name: "step 4",
    block_on: |it| step_4::block_on(it),
    spawn: step_4::spawn,
    sleep: |it| Box::pin(step_4::sleep(it)),
};

/// The step as the faults see it.
pub const STEP_5: Step = Step {
    name: "step 5",
    block_on: |it| step_5::block_on(it),
    spawn: step_5::spawn,
    sleep: |it| Box::pin(step_5::sleep(it)),
};

/// The step as the faults see it.
pub const STEP_6: Step = Step {
    name: "step 6",
    block_on: |it| step_6::block_on(it),
    spawn: |it| drop(step_6::spawn(it)),
    sleep: |it| Box::pin(step_6::sleep(it)),
};

/// The step as the faults see it.
pub const STEP_7: Step = Step {
    name: "step 7",
    block_on: |it| step_7::block_on(it),
    spawn: |it| drop(step_7::spawn(it)),
    sleep: |it| Box::pin(step_7::sleep(it)),
};

/// The step as the faults see it.
pub const STEP_8: Step = Step {
    name: "step 8",
    block_on: |it| step_8::block_on(it),
    spawn: |it| drop(step_8::spawn(it)),
    sleep: |it| Box::pin(step_8::sleep(it)),
};

/// A loop keeps a processor busy.
pub fn step_1() {
    compare(&[("step 1", step_1::run)]);
}

/// It parks, and a wake gets lost.
pub fn step_2() {
    compare(&[("step 1", step_1::run), ("step 2", step_2::run)]);
    show_stolen_token("step 2", step_2::block_on);
}

/// Turns, and a thread for each sleep.
pub fn step_3() {
    compare(&[("step 2", step_2::run), ("step 3", step_3::run)]);
    show_stolen_token("step 3", STEP_3.block_on);
    let by_turns = |it| step_3::run_by(step_3::Executor::turn, it);
    show_starvation("turns", by_turns, step_3::spawn);
    let without_end = |it| step_3::run_by(step_3::Executor::turn_without_end, it);
    show_starvation("turns without end", without_end, step_3::spawn);
    show_sleeps(&STEP_3);
}

/// One thread sleeps for all, and cancelled timers stay.
pub fn step_4() {
    compare(&[("step 3", step_3::run), ("step 4", step_4::run)]);
    show_sleeps(&STEP_3);
    show_sleeps(&STEP_4);
    show_cancelled_timers(&STEP_4, step_4::entries);
}

/// Cancelled timers are gone.
pub fn step_5() {
    compare(&[("step 4", step_4::run), ("step 5", step_5::run)]);
    show_cancelled_timers(&STEP_4, step_4::entries);
    show_cancelled_timers(&STEP_5, step_5::entries);
}

/// Tasks have ends; names that are stale; and a wait for many.
pub fn step_6() {
    compare(&[("step 5", step_5::run), ("step 6", step_6::run)]);
    say("\nA task panics, and another one is cancelled:");
    step_6::block_on(async {
        let panics = step_6::spawn(async { panic!("oh") });
        let sleeps = step_6::spawn(step_6::sleep(Duration::from_hours(1)));
        sleeps.cancel();
        let (panicked, cancelled) = (panics.await.map(|()| "it?"), sleeps.await);
        say(format_args!("Their handles say {panicked:?} and {cancelled:?}."));
    });
    show_stale_wake("with generations", &STEP_6);
    let block_on = |it| step_6::run_with(false, it);
    show_stale_wake("without", &Step { block_on, ..STEP_6 });
    show_wait("step 6", wait_in_step_6);
}

/// Waits for tasks that end one after the other.
pub fn wait_in_step_6(count: usize) {
    step_6::block_on(async move {
        let relay = Rc::new(Relay::default());
        let leg = |number| run_leg(Rc::clone(&relay), count - 1 - number);
        step_6::wait((0..count).map(|number| step_6::spawn(leg(number))).collect()).await;
    });
}

/// Waits for tasks that end one after the other.
pub fn wait_in_step_7(count: usize) {
    step_7::block_on(async move {
        let relay = Rc::new(Relay::default());
        let leg = |number| run_leg(Rc::clone(&relay), count - 1 - number);
        step_7::gather((0..count).map(|number| step_7::spawn(leg(number))).collect()).await;
    });
}

/// A wait for many takes one look at each.
pub fn step_7() {
    compare(&[("step 6", step_6::run), ("step 7", step_7::run)]);
    show_wait("step 6", wait_in_step_6);
    show_wait("step 7", wait_in_step_7);
    show_tasks(&STEP_7);
}

/// Wakes on this thread, and tasks without a waker.
pub fn step_8() {
    compare(&[("step 7", step_7::run), ("step 8", step_8::run)]);
    show_tasks(&STEP_7);
    show_tasks(&STEP_8);
}
