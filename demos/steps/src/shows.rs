//! What each step shows when it runs.

use std::rc::Rc;
use std::time::Duration;

use crate::faults::{
    Relay, Step, run_leg, show_cancelled_timers, show_sleeps, show_stale_wake, show_starvation,
    show_stolen_token, show_tasks, show_wait,
};
use crate::lesson::{by_polling, by_tasks, coroutine, output, wait_by_joining};
use crate::meter::{Run, compare, say, text_of};
use crate::{
    step_1, step_2, step_3, step_3_late, step_3_without_turns, step_4, step_5, step_6,
    step_6_without_generations, step_7, step_8,
};

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

/// A step as the faults see it.
macro_rules! step {
    ($name:literal, $step:ident) => {
        Step {
            name: $name,
            block_on: |main| $step::block_on(main),
            spawn: |task| {
                $step::spawn(task);
            },
            sleep: |duration| Box::pin($step::sleep(duration)),
        }
    };
}

/// Step 3.
pub const STEP_3: Step = step!("step 3", step_3);
/// Step 3, if a turn went on until the queue is empty.
pub const STEP_3_WITHOUT_TURNS: Step = step!("without turns", step_3_without_turns);
/// Step 3, if the flag was cleared after the poll.
pub const STEP_3_LATE: Step = step!("flag cleared late", step_3_late);
/// Step 4.
pub const STEP_4: Step = step!("step 4", step_4);
/// Step 5.
pub const STEP_5: Step = step!("step 5", step_5);
/// Step 6.
pub const STEP_6: Step = step!("step 6", step_6);
/// Step 6, if all tenants of a slot had the same generation.
pub const STEP_6_WITHOUT_GENERATIONS: Step =
    step!("without generations", step_6_without_generations);
/// Step 7.
pub const STEP_7: Step = step!("step 7", step_7);
/// Step 8.
pub const STEP_8: Step = step!("step 8", step_8);

/// The program in a step whose `wait` takes handles.
macro_rules! by_waiting {
    ($step:ident) => {
        || {
            $step::block_on(async {
                let spawn = |number| $step::spawn(coroutine($step::sleep, number));
                let handles: Vec<_> = (0..10).map(spawn).collect();
                let ended = $step::wait(&handles, |outcome| !matches!(outcome, Ok(Ok(_)))).await;
                let mut handles: Vec<_> = handles.into_iter().map(Some).collect();
                let mut done = Vec::new();
                for handle in ended.into_iter().filter_map(|child| handles[child].take()) {
                    done.push(handle.join().await.expect("no coroutine panics"));
                }
                output(&done)
            })
        }
    };
}

/// Runs the program in a step: in the first, the second, and so on.
pub const RUNS: [Run; 8] = [
    || step_1::block_on(by_polling(step_1::sleep)),
    || step_2::block_on(by_polling(step_2::sleep)),
    || step_3::block_on(by_tasks(step_3::sleep, step_3::spawn)),
    || step_4::block_on(by_tasks(step_4::sleep, step_4::spawn)),
    || step_5::block_on(by_tasks(step_5::sleep, step_5::spawn)),
    || {
        step_6::block_on(async {
            let spawn = |number| step_6::spawn(coroutine(step_6::sleep, number)).join();
            output(&wait_by_joining((0..10).map(spawn)).await)
        })
    },
    by_waiting!(step_7),
    by_waiting!(step_8),
];

/// Runs the program in a step and in the one before, and prints what both take.
fn compare_with_step_before(step: usize) {
    let names = [step - 1, step].map(|it| format!("step {it}"));
    let run = |it: usize| (names[it].as_str(), RUNS[step - 2 + it]);
    compare(&[run(0), run(1)]);
}

/// A loop keeps a processor busy.
pub fn step_1() {
    compare(&[("step 1", RUNS[0])]);
}

/// It parks, and a wake gets lost.
pub fn step_2() {
    compare_with_step_before(2);
    show_stolen_token("step 2", step_2::block_on);
}

/// Flags, turns, and a thread for each sleep.
pub fn step_3() {
    compare_with_step_before(3);
    show_stolen_token(STEP_3.name, STEP_3.block_on);
    show_stolen_token(STEP_3_LATE.name, STEP_3_LATE.block_on);
    show_starvation(&STEP_3);
    show_starvation(&STEP_3_WITHOUT_TURNS);
    show_sleeps(&STEP_3);
}

/// One thread sleeps for all, and cancelled timers stay.
pub fn step_4() {
    compare_with_step_before(4);
    show_sleeps(&STEP_3);
    show_sleeps(&STEP_4);
    show_cancelled_timers(&STEP_4, step_4::entries);
}

/// Cancelled timers are gone.
pub fn step_5() {
    compare_with_step_before(5);
    show_cancelled_timers(&STEP_4, step_4::entries);
    show_cancelled_timers(&STEP_5, step_5::entries);
}

/// Tasks have ends; names that are stale; and a wait for many.
pub fn step_6() {
    compare_with_step_before(6);
    say("\nA task panics, and another one is cancelled:");
    step_6::block_on(async {
        let panics = step_6::spawn(async { panic!("oh") });
        let sleeps = step_6::spawn(step_6::sleep(Duration::from_hours(1)));
        sleeps.cancel();
        let panicked = panics.join().await.map_or_else(|it| text_of(&*it), |()| "no panic".into());
        let is_cancelled = sleeps.join().await.is_err_and(|it| it.is::<step_6::Cancelled>());
        say(format_args!("The handle of one says {panicked:?}."));
        say(format_args!("That of the other says that it was cancelled: {is_cancelled}."));
    });
    show_stale_wake(&STEP_6);
    show_stale_wake(&STEP_6_WITHOUT_GENERATIONS);
    show_wait("step 6", WAIT_IN_STEP_6);
}

/// A wait for many takes one look at each.
pub fn step_7() {
    compare_with_step_before(7);
    show_wait("step 6", WAIT_IN_STEP_6);
    show_wait("step 7", WAIT_IN_STEP_7);
    show_tasks(&STEP_7);
}

/// Wakes on this thread, and tasks without a waker.
pub fn step_8() {
    compare_with_step_before(8);
    show_tasks(&STEP_7);
    show_tasks(&STEP_8);
}

/// Waits for a relay of tasks, which end one after the other.
macro_rules! wait_for_relay {
    ($step:ident, $wait:expr) => {
        |count| {
            $step::block_on(async move {
                let relay = Rc::new(Relay::default());
                let leg = |number| run_leg(Rc::clone(&relay), count - 1 - number);
                let handles: Vec<_> = (0..count).map(|number| $step::spawn(leg(number))).collect();
                $wait(handles).await;
            });
        }
    };
}

/// Waits for as many tasks as one likes, which end one after the other.
pub const WAIT_IN_STEP_6: fn(usize) = wait_for_relay!(step_6, |handles: Vec<_>| async {
    wait_by_joining(handles.into_iter().map(step_6::Handle::join)).await;
});

/// Waits for as many tasks as one likes, which end one after the other.
pub const WAIT_IN_STEP_7: fn(usize) = wait_for_relay!(step_7, |handles| async {
    step_7::gather(handles).await;
});
