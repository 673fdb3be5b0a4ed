//! Time: when sleeps end, in which order, and what the loop does meanwhile.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use combinators::{Elapsed, Reason, as_completed, timeout, wait};
use executor::{
    Alarm, Clock, Executor, FrozenTime, Next, Task, advance, block_on, freeze_time, now, sleep,
    sleep_until, spawn, yield_now,
};
use futures_lite::future::poll_once;
use wheelhouse_tests::{
    Counting, Gate, Trace, manual_executor, ms, next_when_stalled, panic_of, run,
    run_until_stalled, turns, virtual_executor, with_time_limit,
};

/// Longer than any test takes.
const MINUTE: Duration = Duration::from_mins(1);

// The virtual clock ----------------------------------------------------------

/// Ten tasks sleep, nap after nap; the trace tells who woke up.
fn nappers(trace: &Trace, unit: Duration) -> impl Future<Output = ()> + use<> {
    let trace = trace.clone();
    async move {
        let tasks = [9, 4, 7, 4, 1, 9, 2, 7, 5, 3].map(|length| {
            let trace = trace.clone();
            move |number| async move {
                trace.push(format!("{number} begins"));
                sleep(unit * length).await;
                trace.push(format!("{number} naps again"));
                sleep(unit * 20).await;
                trace.push(format!("{number} ends"));
            }
        });
        let tasks: Vec<_> = (0..).zip(tasks).map(|(number, nap)| spawn(nap(number))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
}

#[test]
fn a_virtual_clock_stops_after_584_years_and_whoever_sleeps_then_wakes_at_once() {
    const YEAR: Duration = Duration::from_hours(24 * 365);
    let at_the_end = virtual_executor().block_on(async {
        let start = now();
        sleep(Duration::MAX).await;
        let years = (now() - start).as_secs() / YEAR.as_secs();
        assert_eq!(years, 584);
        let end = now();
        sleep(YEAR).await;
        now() - end
    });
    assert_eq!(at_the_end, Duration::ZERO);
}

#[test]
fn a_three_second_program_takes_no_time_on_a_virtual_clock() {
    let start = Instant::now();
    let slept = virtual_executor().block_on(async {
        let start = now();
        for _ in 0..30 {
            sleep(ms(100)).await;
        }
        now() - start
    });
    assert_eq!(slept, ms(3_000));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_virtual_clock_keeps_the_order_of_the_real_one() {
    let (real, virtual_) = (Trace::new(), Trace::new());
    block_on(nappers(&real, ms(5)));
    virtual_executor().block_on(nappers(&virtual_, ms(5)));
    assert_eq!(real.lines().len(), 30);
    let lines = real.lines();
    virtual_.assert(&lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_virtual_clock_stands_still_while_tasks_run() {
    virtual_executor().block_on(async {
        let start = now();
        thread::sleep(ms(2));
        yield_now().await;
        assert_eq!(now(), start);
    });
}

#[test]
fn a_virtual_clock_jumps_from_deadline_to_deadline() {
    let trace = Trace::new();
    let executor = virtual_executor();
    executor.block_on(async {
        let start = now();
        let naps = [7, 3, 5].map(|length| {
            let trace = trace.clone();
            spawn(async move {
                sleep(ms(length)).await;
                trace.push(format!("{:?}", now() - start));
            })
        });
        for nap in naps {
            nap.await.unwrap();
        }
    });
    trace.assert(&["3ms", "5ms", "7ms"]);
}

#[test]
fn a_virtual_clock_ignores_slack() {
    let executor = Executor::builder().clock(Clock::Virtual).slack(ms(500)).build();
    let slept = executor.block_on(async {
        let start = now();
        sleep(Duration::from_nanos(1)).await;
        now() - start
    });
    assert_eq!(slept, Duration::from_nanos(1));
}

// The manual clock -----------------------------------------------------------

/// Sleeps for so many milliseconds, and pushes that to the trace.
async fn naps(trace: Trace, time: u64) {
    sleep(ms(time)).await;
    trace.push(time.to_string());
}

#[test]
fn a_manual_clock_stands_still_until_it_is_advanced() {
    let executor = manual_executor();
    let task = executor.spawn(async {
        let start = now();
        sleep(ms(5)).await;
        now() - start
    });
    run_until_stalled(&executor);
    thread::sleep(ms(6));
    executor.advance(ms(4));
    run_until_stalled(&executor);
    assert!(!task.is_finished());
    executor.advance(ms(3));
    run_until_stalled(&executor);
    assert_eq!(task.outcome().unwrap().unwrap(), ms(7));
}

/// One step may go past many deadlines. Which is first to fire doesn't depend on that.
#[test]
fn what_a_manual_clock_is_advanced_past_is_polled_in_the_order_of_the_deadlines() {
    let (executor, trace) = (manual_executor(), Trace::new());
    for time in [300, 5, 70, 5_000, 1, 300, 70] {
        drop(executor.spawn(naps(trace.clone(), time)));
    }
    run_until_stalled(&executor);
    executor.advance(ms(4_999));
    run_until_stalled(&executor);
    trace.assert(&["1", "5", "70", "70", "300", "300"]);
}

#[test]
fn equal_deadlines_of_a_manual_clock_end_in_the_order_in_which_they_were_set() {
    let (executor, trace) = (manual_executor(), Trace::new());
    for name in ["first", "second", "third"] {
        let nap = naps(trace.clone(), 50);
        let trace = trace.clone();
        drop(executor.spawn(async move {
            nap.await;
            trace.push(name);
        }));
    }
    run_until_stalled(&executor);
    executor.advance(MINUTE);
    run_until_stalled(&executor);
    trace.assert(&["50", "first", "50", "second", "50", "third"]);
}

/// As on a virtual clock that has jumped.
#[test]
fn the_turn_after_an_advance_fires_timers_and_the_next_polls_their_tasks() {
    let executor = manual_executor();
    let task = executor.spawn(sleep(ms(5)));
    run_until_stalled(&executor);
    executor.advance(ms(5));
    assert_eq!(executor.turn(), Next::Now);
    assert!(!task.is_finished());
    assert_eq!(executor.turn(), Next::Woken);
    assert!(task.is_finished());
}

#[test]
fn a_nap_after_an_advance_counts_from_the_new_time() {
    let (executor, trace) = (manual_executor(), Trace::new());
    let log = trace.clone();
    drop(executor.spawn(async move {
        for time in [10, 11, 12] {
            naps(log.clone(), time).await;
        }
    }));
    for expected in [&[][..], &["10"], &["10", "11"], &["10", "11", "12"]] {
        run_until_stalled(&executor);
        trace.assert(expected);
        executor.advance(MINUTE);
    }
}

#[test]
fn a_task_may_advance_its_own_clock() {
    manual_executor().block_on(async {
        let limited = spawn(timeout(MINUTE, pending::<()>()));
        turns(2).await;
        advance(MINUTE);
        assert_eq!(limited.await.unwrap(), Err(Elapsed));
    });
}

/// Misuse: who asks for that has moved nothing.
#[test]
fn a_virtual_clock_is_not_advanced() {
    run(async {
        let before = now();
        panic_of(|| advance(ms(5)));
        assert_eq!(now(), before);
    });
}

#[test]
fn a_manual_clock_may_be_advanced_by_any_duration() {
    let executor = manual_executor();
    let tasks = [ms(0), ms(1), MINUTE, Duration::MAX].map(|time| executor.spawn(sleep(time)));
    run_until_stalled(&executor);
    executor.advance(Duration::ZERO);
    run_until_stalled(&executor);
    assert_eq!(tasks.each_ref().map(Task::is_finished), [true, false, false, false]);
    executor.advance(Duration::MAX);
    executor.advance(Duration::MAX);
    run_until_stalled(&executor);
    assert!(tasks.iter().all(Task::is_finished));
}

/// A game in slow motion: each frame moves the time by half of its own.
#[test]
fn at_half_speed_a_scene_takes_twice_as_many_frames() {
    let frames_at = |step: Duration| {
        let executor = manual_executor();
        let scene = executor.spawn(async {
            sleep(ms(45)).await;
            sleep(ms(45)).await;
        });
        let mut frames = 0;
        while !scene.is_finished() {
            executor.advance(step);
            run_until_stalled(&executor);
            frames += 1;
        }
        frames
    };
    // The first frame begins the first sleep, at a time that has moved already.
    assert_eq!((frames_at(ms(15)), frames_at(ms(15) / 2)), (7, 13));
}

// Frozen time ----------------------------------------------------------------

/// A virtual clock, and a guard that freezes it.
fn frozen() -> (Executor, FrozenTime) {
    let executor = virtual_executor();
    let frozen = executor.block_on(async { freeze_time() });
    (executor, frozen)
}

#[test]
fn frozen_time_does_not_jump() {
    let (executor, frozen) = frozen();
    let task = executor.spawn(sleep(MINUTE));
    assert_eq!(next_when_stalled(&executor), Next::Woken);
    assert!(!task.is_finished());
    drop(frozen);
    run_until_stalled(&executor);
    assert!(task.is_finished());
}

#[test]
fn time_goes_on_when_nobody_freezes_it_any_more() {
    let (executor, first) = frozen();
    let second = executor.block_on(async { freeze_time() });
    let task = executor.spawn(sleep(MINUTE));
    for guard in [first, second] {
        run_until_stalled(&executor);
        assert!(!task.is_finished());
        drop(guard);
    }
    run_until_stalled(&executor);
    assert!(task.is_finished());
}

/// Its executor waits for that, and nothing else would end the wait.
#[test]
fn another_thread_may_let_the_time_go_on() {
    with_time_limit(MINUTE, || {
        let (executor, frozen) = frozen();
        let (say, hear) = channel();
        let thread = thread::spawn(move || {
            hear.recv().unwrap();
            thread::sleep(ms(5)); // The executor is parked by then, most likely.
            drop(frozen);
        });
        executor.block_on(async {
            let start = now();
            say.send(()).unwrap();
            sleep(MINUTE).await;
            assert_eq!(now() - start, MINUTE);
        });
        thread.join().unwrap();
    });
}

/// What a host calls the next turn for.
#[test]
fn a_host_is_told_when_time_that_was_frozen_goes_on() {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let on_wake = move || _ = count.fetch_add(1, Ordering::SeqCst);
    let executor = Executor::builder().clock(Clock::Virtual).on_wake(on_wake).build();
    executor.block_on(async { drop(freeze_time()) });
    assert_eq!(told.load(Ordering::SeqCst), 0, "the executor runs and sees it by itself");
    let frozen = executor.block_on(async { freeze_time() });
    thread::spawn(|| drop(frozen)).join().unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn nobody_freezes_a_real_clock_or_a_manual_one() {
    block_on(async {
        let _frozen = freeze_time();
        sleep(ms(1)).await;
    });
    let executor = manual_executor();
    let (task, _frozen) = executor.block_on(async { (spawn(sleep(MINUTE)), freeze_time()) });
    executor.advance(MINUTE);
    run_until_stalled(&executor);
    assert!(task.is_finished());
}

#[test]
fn frozen_time_is_nothing_to_others_than_its_executor() {
    drop(freeze_time());
    let (executor, frozen) = frozen();
    virtual_executor().block_on(sleep(MINUTE));
    drop(executor);
    drop(frozen);
}

#[test]
fn a_guard_of_frozen_time_shows_whether_it_freezes_any() {
    assert_eq!(format!("{:?}", freeze_time()), "FrozenTime(false)");
    assert_eq!(format!("{:?}", frozen().1), "FrozenTime(true)");
}

// Never early ----------------------------------------------------------------

/// Durations of all sizes up to some milliseconds.
fn durations() -> impl Iterator<Item = Duration> {
    let few = [0, 1, 63, 64, 65, 1_000, 4_095, 4_096, 262_144, 1_000_000, 1_000_001];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let many = std::iter::repeat_with(move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % (1 << ((seed >> 32) % 23))
    });
    few.into_iter().chain(many.take(200)).map(Duration::from_nanos)
}

async fn assert_never_early(duration: Duration) {
    let start = Instant::now();
    sleep(duration).await;
    let slept = start.elapsed();
    assert!(slept >= duration, "slept {slept:?} instead of {duration:?}");
}

/// Also invariant I5.
#[test]
fn no_sleep_is_early_among_many() {
    block_on(async {
        let sleepers: Vec<_> = durations().map(|it| spawn(assert_never_early(it))).collect();
        for sleeper in sleepers {
            sleeper.await.unwrap();
        }
    });
}

#[test]
fn no_sleep_is_early_alone() {
    block_on(async {
        for duration in durations().take(60) {
            assert_never_early(duration).await;
        }
    });
}

#[test]
fn no_sleep_is_early_that_began_late_in_a_busy_turn() {
    block_on(async {
        let busy_sleepers: Vec<_> = (0..100)
            .map(|_| {
                spawn(async {
                    thread::sleep(Duration::from_micros(50));
                    assert_never_early(ms(1)).await;
                })
            })
            .collect();
        for sleeper in busy_sleepers {
            sleeper.await.unwrap();
        }
    });
}

#[test]
fn no_sleep_until_an_instant_is_early() {
    block_on(async {
        for duration in durations().take(60) {
            let deadline = now() + duration;
            sleep_until(deadline).await;
            assert!(Instant::now() >= deadline);
        }
    });
}

#[test]
fn a_sleep_counts_from_its_first_poll() {
    virtual_executor().block_on(async {
        let nap = sleep(ms(10));
        sleep(ms(5)).await;
        let start = now();
        nap.await;
        assert_eq!(now() - start, ms(10));
    });
}

// Slack ----------------------------------------------------------------------

/// Spawns a sleep and returns what the executor then waits for.
fn next_of_a_sleep(executor: &Executor, duration: Duration) -> Instant {
    drop(executor.spawn(sleep(duration)));
    match next_when_stalled(executor) {
        Next::At(instant) => instant,
        next => panic!("{next:?}"),
    }
}

#[test]
fn the_park_deadline_is_never_early_and_late_by_less_than_the_slack() {
    for slack in [Duration::ZERO, Duration::from_nanos(1), ms(1), ms(700)] {
        let executor = Executor::builder().slack(slack).build();
        let before = Instant::now();
        let next = next_of_a_sleep(&executor, MINUTE);
        let after = Instant::now();
        assert!(next >= before + MINUTE, "slack {slack:?}");
        assert!(next <= after + MINUTE + slack, "slack {slack:?}");
    }
}

#[test]
fn with_slack_two_sleeps_share_a_park_deadline() {
    let executor = Executor::builder().slack(Duration::from_hours(1)).build();
    let one = next_of_a_sleep(&executor, MINUTE);
    let other = next_of_a_sleep(&executor, MINUTE / 2);
    assert_eq!(one, other);
}

// Far and past ---------------------------------------------------------------

#[test]
fn a_sleep_for_ever_waits_on_a_real_clock() {
    let executor = Executor::new();
    let far = next_of_a_sleep(&executor, Duration::MAX);
    assert!(far > Instant::now() + Duration::from_hours(24 * 365));
    executor.block_on(sleep(ms(1)));
}

#[test]
fn a_sleep_for_ever_ends_on_a_virtual_clock_and_is_the_last() {
    let trace = Trace::new();
    let executor = virtual_executor();
    for (name, duration) in [("for ever", Duration::MAX), ("a century", 36_500 * ms(86_400_000))] {
        let trace = trace.clone();
        let _task = executor.spawn(async move {
            sleep(duration).await;
            trace.push(name);
        });
    }
    assert_eq!(next_when_stalled(&executor), Next::Woken);
    trace.assert(&["a century", "for ever"]);
}

#[test]
fn after_the_end_of_time_sleeps_still_end() {
    let executor = virtual_executor();
    executor.block_on(sleep(Duration::MAX));
    executor.block_on(sleep(ms(1)));
}

#[test]
fn a_sleep_until_an_instant_that_has_passed_ends_two_turns_later() {
    let executor = virtual_executor();
    let task = executor.spawn(async {
        sleep_until(now().checked_sub(ms(100)).unwrap_or_else(now)).await;
    });
    for _ in 0..2 {
        assert_eq!(executor.turn(), Next::Now);
        assert!(!task.is_finished());
    }
    assert_eq!(executor.turn(), Next::Woken);
    assert!(task.is_finished());
}

#[test]
fn a_sleep_of_nothing_takes_one_turn_and_sets_no_timer() {
    let executor = virtual_executor();
    let nothing = executor.spawn(sleep(Duration::ZERO));
    let yielded = executor.spawn(yield_now());
    assert_eq!(executor.turn(), Next::Now);
    assert!(!nothing.is_finished() && !yielded.is_finished());
    assert_eq!(executor.turn(), Next::Woken);
    assert!(nothing.is_finished() && yielded.is_finished());
}

// The life of a sleep --------------------------------------------------------

#[test]
fn dropping_an_armed_sleep_removes_its_timer() {
    let executor = Executor::new();
    executor.block_on(async {
        let mut nap = sleep(Duration::from_hours(1));
        assert!(poll_once(&mut nap).await.is_none());
    });
    assert_eq!(next_when_stalled(&executor), Next::Woken);
}

#[test]
fn cancelling_a_sleeping_task_removes_its_timer() {
    let executor = Executor::new();
    let task = executor.spawn(sleep(Duration::from_hours(1)));
    assert!(matches!(next_when_stalled(&executor), Next::At(_)));
    task.cancel();
    assert_eq!(next_when_stalled(&executor), Next::Woken);
}

#[test]
fn a_sleep_that_was_never_polled_sets_no_timer() {
    let executor = Executor::new();
    let _nap = sleep(Duration::from_hours(1));
    let _later = sleep_until(Instant::now() + Duration::from_hours(1));
    assert_eq!(next_when_stalled(&executor), Next::Woken);
}

#[test]
fn an_armed_sleep_wakes_the_task_that_polled_it_last() {
    virtual_executor().block_on(async {
        let mut nap = sleep(ms(10));
        assert!(poll_once(&mut nap).await.is_none());
        let heir = spawn(nap);
        let polls = Counting::forever();
        let counts = polls.counts();
        let waiting = futures_lite::future::or(async { heir.await.unwrap() }, async {
            polls.await;
        });
        waiting.await;
        assert_eq!(counts.polls(), 1, "the first task is woken by the heir's end only");
    });
}

#[test]
fn polling_a_sleep_again_before_its_end_changes_nothing() {
    virtual_executor().block_on(async {
        let start = now();
        let mut nap = sleep(ms(10));
        assert!(poll_once(&mut nap).await.is_none());
        sleep(ms(4)).await;
        assert!(poll_once(&mut nap).await.is_none());
        nap.await;
        assert_eq!(now() - start, ms(10));
    });
}

#[test]
fn a_sleep_shows_its_state() {
    virtual_executor().block_on(async {
        let mut nap = sleep(ms(10));
        assert_eq!(format!("{nap:?}"), "Sleep(not started)");
        let _ = poll_once(&mut nap).await;
        assert_eq!(format!("{nap:?}"), "Sleep(armed)");
        (&mut nap).await;
        assert_eq!(format!("{nap:?}"), "Sleep(over)");
    });
}

#[test]
fn equal_deadlines_end_in_order_of_registration() {
    let trace = Trace::new();
    let executor = virtual_executor();
    executor.block_on(async {
        let deadline = now() + ms(10);
        let naps = ["first", "second", "third"].map(|name| {
            let trace = trace.clone();
            spawn(async move {
                sleep_until(deadline).await;
                trace.push(name);
            })
        });
        for nap in naps {
            nap.await.unwrap();
        }
    });
    trace.assert(&["first", "second", "third"]);
}

// What `turn` says -----------------------------------------------------------

/// A situation: what it is, an executor in it, and what it wants next.
type Case = (&'static str, fn() -> (Executor, Next), fn(Next) -> bool);

fn turned(executor: Executor) -> (Executor, Next) {
    let next = executor.turn();
    (executor, next)
}

fn is_now(next: Next) -> bool {
    next == Next::Now
}

fn is_woken(next: Next) -> bool {
    next == Next::Woken
}

fn is_at(next: Next) -> bool {
    matches!(next, Next::At(_))
}

#[test]
fn turn_says_when_to_call_it_again() {
    let cases: &[Case] = &[
        ("there is nothing to do", || turned(Executor::new()), is_woken),
        ("a task waits for a wake", || spawned_and_turned(pending::<()>()), is_woken),
        ("a task is ready", || spawned_and_turned(yield_now()), is_now),
        ("a delay is to be started", || spawned_and_turned(sleep(MINUTE)), is_now),
        ("a timer was due when set", || spawned_and_turned(sleep_until(Instant::now())), is_now),
        ("a task sleeps", || rested(Executor::new(), sleep(MINUTE)), is_at),
        ("a task sleeps virtually", || rested(virtual_executor(), sleep(MINUTE)), is_woken),
        ("a task sleeps by hand", || rested(manual_executor(), sleep(MINUTE)), is_woken),
        ("the time has been moved past a sleep", moved_past_a_sleep, is_now),
        ("another thread sent a wake", woken_by_a_thread, is_now),
    ];
    for (what, make, expected) in cases {
        let (_executor, next) = make();
        assert!(expected(next), "{what}: {next:?}");
    }
}

fn spawned_and_turned(future: impl Future + 'static) -> (Executor, Next) {
    let executor = Executor::new();
    drop(executor.spawn(future));
    turned(executor)
}

fn rested(executor: Executor, future: impl Future + 'static) -> (Executor, Next) {
    drop(executor.spawn(future));
    let next = next_when_stalled(&executor);
    (executor, next)
}

/// By a task, in the turn itself.
fn moved_past_a_sleep() -> (Executor, Next) {
    let executor = manual_executor();
    drop(executor.spawn(sleep(MINUTE)));
    drop(executor.spawn(async { advance(MINUTE) }));
    turned(executor)
}

/// The wake comes after the turn has looked into the inbox.
fn woken_by_a_thread() -> (Executor, Next) {
    spawned_and_turned(Counting::forever().on_poll(|_, cx| {
        let waker = cx.waker().clone();
        thread::spawn(move || waker.wake()).join().unwrap();
    }))
}

#[test]
fn a_loop_of_ones_own_needs_nothing_but_turn() {
    let executor = Executor::new();
    let start = Instant::now();
    let task = executor.spawn(async {
        sleep(ms(3)).await;
        sleep(ms(3)).await;
    });
    while !task.is_finished() {
        if let Next::At(instant) = executor.turn() {
            thread::sleep(instant.saturating_duration_since(Instant::now()));
        }
    }
    assert!(start.elapsed() >= ms(6));
}

// Several `block_on`s --------------------------------------------------------

/// F21.
#[test]
fn a_second_block_on_goes_on_with_what_the_first_left() {
    let trace = Trace::new();
    let executor = virtual_executor();
    let log = trace.clone();
    let _leftover = executor.spawn(async move {
        for step in 1..=4 {
            log.push(format!("step {step}"));
            sleep(ms(10)).await;
        }
    });
    executor.block_on(sleep(ms(15)));
    trace.push("between");
    executor.block_on(sleep(ms(15)));
    trace.assert(&["step 1", "step 2", "between", "step 3", "step 4"]);
}

/// F20.
#[test]
fn block_on_runs_one_more_turn_after_its_future_is_done() {
    let trace = Trace::new();
    let executor = virtual_executor();
    executor.block_on(async {
        let log = trace.clone();
        drop(spawn(async move {
            log.push("first turn after");
            yield_now().await;
            log.push("second turn after");
        }));
    });
    trace.assert(&["first turn after"]);
    executor.block_on(async {});
    trace.assert(&["first turn after", "second turn after"]);
}

#[test]
fn the_future_of_block_on_is_polled_only_when_woken() {
    let executor = virtual_executor();
    let busy = executor.spawn(Counting::yielding(1_000));
    let mut join = busy.into_future();
    let mut polls = 0;
    let main = poll_fn(|cx| {
        polls += 1;
        Pin::new(&mut join).poll(cx)
    });
    executor.block_on(main).unwrap();
    assert_eq!(polls, 2);
}

// Fairness -------------------------------------------------------------------

/// A task that is always ready, and counts.
fn spinner() -> (impl Future<Output = ()>, Rc<Cell<usize>>) {
    let spins = Rc::new(Cell::new(0));
    let count = Rc::clone(&spins);
    let spin = poll_fn(move |cx: &mut Context<'_>| {
        count.set(count.get() + 1);
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    (spin, spins)
}

#[test]
fn a_self_waking_task_delays_a_due_timer_by_a_turn() {
    let (spin, spins) = spinner();
    let executor = virtual_executor();
    let _spinner = executor.spawn(spin);
    let sleeper = executor.spawn(async { sleep_until(now()).await });
    executor.block_on(sleeper).unwrap();
    // Turn 1 sets the timer, 2 fires it, 3 runs the sleeper, 4 tells who
    // waits, and one more follows.
    assert_eq!(spins.get(), 5);
}

/// On a virtual clock time stands still while a task is ready.
#[test]
fn a_self_waking_task_keeps_virtual_time_from_passing() {
    let (spin, spins) = spinner();
    let executor = virtual_executor();
    let spinner = executor.spawn(spin);
    let sleeper = executor.spawn(sleep(Duration::from_nanos(1)));
    let start = executor.block_on(async { now() });
    for _ in 0..1_000 {
        assert_eq!(executor.turn(), Next::Now);
    }
    assert!(spins.get() >= 1_000 && !sleeper.is_finished());
    spinner.cancel();
    executor.block_on(sleeper).unwrap();
    assert_eq!(executor.block_on(async { now() }) - start, Duration::from_nanos(1));
}

/// A loop that has got used to quick polls, and has one task that is always ready.
fn busy(executor: &Executor) -> Rc<Cell<usize>> {
    let (spin, spins) = spinner();
    drop(executor.spawn(spin));
    for _ in 0..200 {
        let _ = executor.turn();
    }
    spins
}

/// A timer that is due at once takes as many turns on a busy real clock as it does
/// on a virtual one: what asyncio takes. Each is tried often, as looks within a turn
/// come now and then.
#[test]
fn what_is_due_at_once_takes_the_same_turns_on_a_busy_real_clock() {
    for executor in [Executor::new(), virtual_executor()] {
        let spins = busy(&executor);
        let turns_of = |future: Pin<Box<dyn Future<Output = ()>>>| {
            executor.block_on(async {
                let before = spins.get();
                future.await;
                spins.get() - before
            })
        };
        for _ in 0..200 {
            assert_eq!(turns_of(Box::pin(async { sleep_until(now()).await })), 2);
            assert_eq!(turns_of(Box::pin(wait_for_nothing())), 2);
            assert_eq!(turns_of(Box::pin(take_none_in_no_time())), 2);
            let spins = Rc::clone(&spins);
            assert_eq!(turns_of(Box::pin(ring(move |it| Alarm::after(Duration::ZERO, it)))), 2);
            assert_eq!(turns_of(Box::pin(ring(move |it| Alarm::at(now(), it)))), 2);
            drop(spins);
        }
    }
}

async fn wait_for_nothing() {
    let waited = wait([spawn(pending::<()>())]).timeout(Duration::ZERO).await;
    assert_eq!(waited.reason, Reason::TimedOut);
}

async fn take_none_in_no_time() {
    let mut completed = as_completed([pending::<()>()]).timeout(Duration::ZERO);
    assert!(completed.next().await.is_none());
}

/// Sets an alarm, and is done in the turn after it has rung.
async fn ring(set: impl FnOnce(Box<dyn FnOnce()>) -> Alarm) {
    let gate = Gate::new();
    let rung = gate.clone();
    let _alarm = set(Box::new(move || rung.open()));
    gate.wait().await;
}

/// Between two calls of `turn` any time may have passed.
#[test]
fn each_turn_of_a_host_looks_at_the_clock() {
    let executor = Executor::new();
    busy(&executor);
    let sleeper = executor.spawn(sleep(ms(1)));
    for _ in 0..2 {
        assert_eq!(executor.turn(), Next::Now, "the sleep begins");
    }
    thread::sleep(ms(2));
    for _ in 0..2 {
        assert_eq!(executor.turn(), Next::Now, "its timer fires, and it ends");
    }
    assert!(sleeper.is_finished());
}

#[test]
fn each_turn_of_a_host_hears_other_threads() {
    let executor = Executor::new();
    busy(&executor);
    let waiting = Counting::forever().keeping_waker();
    let counts = waiting.counts();
    drop(executor.spawn(waiting));
    let _ = executor.turn();
    let waker = counts.waker();
    thread::spawn(move || waker.wake()).join().unwrap();
    let _ = executor.turn();
    assert_eq!(counts.polls(), 2);
}

/// A busy executor looks at the clock every 64 polls.
#[test]
fn a_self_waking_task_delays_a_real_timer_by_few_polls() {
    let executor = Executor::new();
    let late = Rc::new(Cell::new(0));
    let count = Rc::clone(&late);
    let deadline = Instant::now() + ms(5);
    let _spinner = executor.spawn(poll_fn(move |cx: &mut Context<'_>| {
        cx.waker().wake_by_ref();
        count.set(count.get() + usize::from(Instant::now() >= deadline));
        Poll::<()>::Pending
    }));
    executor.block_on(sleep_until(deadline));
    assert!(late.get() <= 64 + 3, "{} polls", late.get());
}

#[test]
fn what_is_woken_in_a_turn_runs_in_the_next_before_what_the_timers_wake() {
    let trace = Trace::new();
    let executor = virtual_executor();
    let say = |name: &'static str| {
        let trace = trace.clone();
        move || trace.push(name)
    };
    let timer = say("timer");
    let _sleeper = executor.spawn(async move {
        sleep_until(now()).await;
        timer();
    });
    let yielder = say("yielder");
    let _yielder = executor.spawn(async move {
        for _ in 0..3 {
            yielder();
            yield_now().await;
        }
    });
    run_until_stalled(&executor);
    // The timer fires in the second turn, after that turn's polls.
    trace.assert(&["yielder", "yielder", "yielder", "timer"]);
}

#[test]
fn a_delay_starts_and_ends_within_a_long_turn() {
    let executor = Executor::new();
    let sleeper = executor.spawn(sleep(Duration::from_nanos(1)));
    for _ in 0..200 {
        drop(executor.spawn(async {}));
    }
    // Two looks within the first turn: one starts the delay, one finds it over.
    let _ = executor.turn();
    assert!(!sleeper.is_finished(), "what is woken in a turn runs in the next");
    let _ = executor.turn();
    assert!(sleeper.is_finished());
}

#[test]
fn a_wake_from_a_thread_is_heard_within_a_long_turn() {
    let trace = Trace::new();
    let executor = Executor::new();
    let log = trace.clone();
    let woken = Counting::forever().keeping_waker().on_poll(move |poll, _| {
        log.push(format!("poll {poll}"));
    });
    let counts = woken.counts();
    let _woken = executor.spawn(woken);
    let _waking = executor.spawn(async move {
        let waker = counts.waker();
        thread::spawn(move || waker.wake()).join().unwrap();
    });
    for _ in 0..200 {
        drop(executor.spawn(async {}));
    }
    let log = trace.clone();
    let _last = executor.spawn(async move {
        yield_now().await;
        log.push("the last of the long turn");
    });
    run_until_stalled(&executor);
    trace.assert(&["poll 1", "poll 2", "the last of the long turn"]);
}
