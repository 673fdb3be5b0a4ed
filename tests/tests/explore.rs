//! Exploring: what fails a run, what a seed decides, and how a failure is run again.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::io::{BufRead, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use combinators::{gather, to_thread};
use executor::trace::{Recording, dump_handle};
use executor::{
    Clock, Executor, Explorer, Failure, Schedule, explore, freeze_time, now, sleep, spawn,
    yield_now,
};
use wheelhouse_tests::{Counting, Gate, HOUR, ms, with_time_limit};

/// Fails if first in, first out isn't the order.
async fn race(_: u64) {
    let ready = Rc::new(Cell::new(false));
    let other = Rc::clone(&ready);
    let writer = spawn(async move { other.set(true) });
    let reader = spawn(async move { assert!(ready.get(), "not ready") });
    reader.await.unwrap();
    writer.await.unwrap();
}

#[track_caller]
fn failure<F: Future<Output = ()>>(test: impl Fn(u64) -> F) -> Box<Failure> {
    explore(0..3, test).expect_err("it fails")
}

// The failures of a run -----------------------------------------------------------------------

/// A race that first in, first out hides.
#[test]
fn the_first_seed_that_fails_is_found() {
    executor::block_on(race(0));
    let failure = explore(0..100, race).unwrap_err();
    assert!(explore(0..failure.seed, race).is_ok());
    assert!(failure.to_string().starts_with(&format!("with seed {}: ", failure.seed)));
    assert!(failure.message.contains("not ready"), "{failure}");
    assert!(!failure.recording.is_empty());
}

#[test]
fn a_panic_that_nobody_sees_fails_the_run() {
    let detached = failure(async |_| {
        drop(spawn(async { panic!("unseen") }).named("worker"));
        yield_now().await;
    });
    assert!(detached.message.contains("worker") && detached.message.contains("unseen"));
    let held = failure(async |_| {
        let _task = spawn(async { panic!("unseen") });
        yield_now().await;
    });
    assert!(held.message.contains("unseen"), "{held}");
}

#[test]
fn a_panic_that_is_seen_is_the_tests_own_affair() {
    let seen = async |_| {
        let task = spawn(async { panic!("seen") });
        assert!(task.await.is_err());
    };
    assert!(explore(0..3, seen).is_ok());
}

#[test]
fn a_deadlock_fails_the_run() {
    let failure = failure(async |_| spawn(pending()).named("stuck").await.unwrap());
    assert_eq!(failure.seed, 0);
    assert!(failure.message.starts_with("no task can ever go on"), "{failure}");
    assert!(failure.message.contains("stuck"), "{failure}");
}

/// Somebody holds a waker, so it isn't known that nobody ever wakes.
#[test]
fn a_run_that_stands_still_fails() {
    let gate = Gate::new();
    let waits = async |_| {
        let gate = gate.clone();
        spawn(async move { gate.wait().await }).named("waiter").await.unwrap();
    };
    let failure = Explorer::new().patience(ms(20)).explore(7..9, waits).unwrap_err();
    assert_eq!(failure.seed, 7);
    assert!(failure.message.starts_with("it stands still: for 20ms "), "{failure}");
    assert!(failure.message.contains("\n  main: waits for `waiter` at "), "{failure}");
    assert!(!failure.recording.is_empty());
}

/// Then there is a timer, and time doesn't come to it.
#[test]
fn a_run_whose_time_is_frozen_fails() {
    let frozen = async |_| {
        let _frozen = freeze_time();
        sleep(ms(1)).await;
    };
    let failure = Explorer::new().patience(ms(20)).explore([7], frozen).unwrap_err();
    assert!(failure.message.starts_with("it stands still: for 20ms "), "{failure}");
    assert!(failure.message.contains("\n  main: waits for its timer, due at 1ms"), "{failure}");
}

/// A watchdog that asks for a dump now and then doesn't make it go on.
#[test]
fn a_run_that_is_dumped_again_and_again_stands_still_all_the_same() {
    let failure = with_time_limit(Duration::from_mins(1), || {
        let gate = Gate::new();
        let waits = async |_| {
            let (handle, gate) = (dump_handle(), gate.clone());
            let watchdog = move || {
                while handle.dump(HOUR).is_ok() {
                    thread::sleep(ms(1));
                }
            };
            thread::spawn(watchdog);
            gate.wait().await;
        };
        Explorer::new().patience(ms(20)).explore([7], waits).unwrap_err().message
    });
    assert!(failure.starts_with("it stands still: for 20ms "), "{failure}");
}

/// While a thread works, nothing happens here.
#[test]
fn a_run_that_waits_for_a_thread_does_not_stand_still() {
    let threads = async |seed: u64| assert_eq!(to_thread(move || seed).await, seed);
    assert!(explore(0..3, threads).is_ok());
}

#[test]
fn a_run_that_goes_on_for_ever_fails() {
    let explorer = Explorer::new().steps(1000);
    let yields = explorer.explore([3], async |_| {
        loop {
            yield_now().await;
        }
    });
    let sleeps = explorer.explore([3], async |_| {
        loop {
            sleep(ms(1)).await;
        }
    });
    for failure in [yields.unwrap_err(), sleeps.unwrap_err()] {
        assert_eq!(failure.seed, 3);
        assert!(failure.message.starts_with("it goes on and on: 1000 steps "), "{failure}");
    }
    let ends = async |_| sleep(ms(1)).await;
    assert!(explorer.explore(0..3, ends).is_ok());
}

/// The run that the next test lets another process do.
#[test]
#[ignore = "it hangs"]
fn a_poll_that_hangs() {
    let hangs = async |seed| {
        if seed == 3 {
            let _ = std::io::stdin().read(&mut [0]);
        }
    };
    Explorer::new().patience(ms(1)).explore(0..5, hangs).unwrap();
}

/// It can't be ended, but it is said under which seed that is.
#[test]
fn a_poll_that_does_not_return_is_told_of() {
    let mut tests = Command::new(std::env::current_exe().unwrap());
    tests.args(["--ignored", "--exact", "a_poll_that_hangs"]);
    tests.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = tests.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    // On a busy machine others may take long, too.
    let line = lines.find(|line| line.contains("the same call with the seeds [3], at ")).unwrap();
    assert!(line.starts_with("a run that is explored has no end for 2ms; "), "{line}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// Tasks that are left when the test has ended are dropped.
#[test]
fn a_destructor_that_panics_fails_the_run() {
    let failure = failure(async |_| {
        let left = Counting::forever().on_drop(|| panic!("dropped"));
        drop(spawn(left));
        yield_now().await;
    });
    assert_eq!((failure.seed, failure.message.as_str()), (0, "dropped"));
}

/// The panic that nobody has seen comes first, for it may be the reason for the rest.
#[test]
fn all_that_is_wrong_is_told() {
    let failure = failure(async |_| {
        drop(spawn(async { panic!("the reason") }));
        pending::<()>().await;
    });
    let (reason, rest) = failure.message.split_once("\nand ").unwrap();
    assert!(reason.contains("the reason") && rest.starts_with("no task can ever go on"));
}

/// Also if the test panics before there is a future.
#[test]
fn a_panic_before_the_first_poll_fails_the_run() {
    let failure = failure(|seed| {
        assert!(seed < 2, "at once");
        async {}
    });
    assert_eq!((failure.seed, failure.message.as_str()), (2, "at once"));
}

// The effect of a seed --------------------------------------------------------------------

#[test]
fn the_test_gets_its_seed() {
    let seeds = RefCell::new(Vec::new());
    let note = async |seed| seeds.borrow_mut().push(seed);
    explore(5..8, note).unwrap();
    explore([42, 7], note).unwrap();
    assert_eq!(seeds.take(), [5, 6, 7, 42, 7]);
}

/// Two sleeps that end so many microseconds apart.
async fn apart(microseconds: u64) {
    let times = [(1, 1000), (2, 1000 + microseconds)];
    let order = Rc::new(RefCell::new(Vec::new()));
    let sleepers = times.map(|(number, time)| {
        let order = Rc::clone(&order);
        async move {
            sleep(Duration::from_micros(time)).await;
            order.borrow_mut().push(number);
        }
    });
    gather(sleepers).await.unwrap();
    assert_eq!(order.take(), [1, 2], "overtaken");
}

#[test]
fn only_what_is_ready_in_the_same_turn_changes_places() {
    assert!(explore(0..100, |_| apart(0)).is_err());
    assert!(explore(0..100, |_| apart(1)).is_ok());
}

#[test]
fn with_jitter_sleeps_overtake_each_other() {
    let jittering = Explorer::new().jitter(ms(1));
    let failure = jittering.explore(0..100, |_| apart(100)).unwrap_err();
    assert!(failure.message.contains("overtaken"), "{failure}");
    // Further apart than a timer is late.
    assert!(jittering.explore(0..100, |_| apart(1001)).is_ok());
}

#[test]
fn a_timer_is_never_early_nor_later_than_the_jitter() {
    let late = RefCell::new(Vec::new());
    let note = async |_| {
        let begun = now();
        sleep(ms(5)).await;
        late.borrow_mut().push((now() - begun).checked_sub(ms(5)).expect("it isn't early"));
    };
    Explorer::new().jitter(ms(2)).explore(0..100, note).unwrap();
    let late = late.take();
    assert!(late.iter().all(|it| *it <= ms(2)), "{late:?}");
    assert!(late.iter().any(|it| *it < ms(1)) && late.iter().any(|it| *it > ms(1)), "{late:?}");
}

// How a failure is run again -------------------------------------------------------------

#[test]
fn a_failure_says_how_to_run_it_alone() {
    let failure = explore(0..100, race).unwrap_err();
    let line = line!() - 1;
    let last = failure.to_string().lines().last().unwrap().to_owned();
    let call = format!("the same call with the seeds [{}], at ", failure.seed);
    assert!(last.starts_with(&format!("for this run alone: {call}")), "{last}");
    assert!(last.contains(&format!("explore.rs:{line}:")), "{last}");
    let again = explore([failure.seed], race).unwrap_err();
    assert_eq!((again.seed, &again.message), (failure.seed, &failure.message));
    assert_eq!(again.recording.len(), failure.recording.len());
}

/// The steps of three tasks that sleep, and their recording.
fn sleepers(schedule: Schedule) -> (Vec<(u64, Duration)>, Recording) {
    let executor = Executor::builder().clock(Clock::Virtual).schedule(schedule).build();
    executor.start_recording();
    let steps = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&steps);
    executor.block_on(async move {
        let begun = now();
        let tasks = [1, 2, 3].map(|number| {
            let steps = Rc::clone(&noted);
            async move {
                for _ in 0..3 {
                    sleep(ms(10)).await;
                    steps.borrow_mut().push((number, now() - begun));
                }
            }
        });
        gather(tasks).await.unwrap();
    });
    (steps.take(), executor.stop_recording())
}

#[test]
fn a_run_with_jitter_is_run_again_by_its_recording() {
    let jittered = || Schedule::Jittered { seed: 7, by: ms(4) };
    let (steps, recording) = sleepers(jittered());
    assert_eq!(sleepers(jittered()).0, steps);
    assert_ne!(sleepers(Schedule::Seeded(7)).0, steps);
    assert_eq!(sleepers(Schedule::Replay(recording)).0, steps);
}

/// A run that has failed leaves nothing behind on the thread.
#[test]
fn an_executor_works_after_a_failure() {
    let explored = catch_unwind(AssertUnwindSafe(|| failure(async |_| panic!("over"))));
    assert_eq!(explored.unwrap().message, "over");
    assert_eq!(executor::block_on(async { 7 }), 7);
}
