//! Intervals: when they tick, and what follows if ticks were missed.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use combinators::{Elapsed, Interval, Missed, interval, timeout};
use executor::{now, sleep, spawn};
use futures_lite::future::poll_once;
use wheelhouse_tests::{
    HOUR, Trace, manual_executor, ms, panic_of, place_of_panic, run, run_until_stalled, turns,
};

/// Takes a tick after each piece of work of so many milliseconds. Returns when each tick was
/// due, and when it was taken.
async fn ticks(mut interval: Interval, work: &[u64]) -> Vec<(u128, u128)> {
    let (start, mut ticks) = (now(), Vec::new());
    for &time in work {
        sleep(ms(time)).await;
        let due = interval.tick().await;
        ticks.push(((due - start).as_millis(), (now() - start).as_millis()));
    }
    ticks
}

/// The same, with a period of 10 ms, from now on.
fn ticks_after(work: &[u64], missed: Missed) -> Vec<(u128, u128)> {
    run(async { ticks(interval(ms(10)).starting_at(now()).missed(missed), work).await })
}

const ALL: [Missed; 3] = [Missed::CatchUp, Missed::Skip, Missed::Delay];

// When it ticks ------------------------------------------------------------------

#[test]
fn an_interval_ticks_at_once_and_then_once_in_each_period() {
    let ticks = run(ticks(interval(ms(10)), &[0; 4]));
    assert_eq!(ticks, [(0, 0), (10, 10), (20, 20), (30, 30)]);
}

/// As a sleep does.
#[test]
fn it_counts_from_its_first_tick() {
    let ticks = run(ticks(interval(ms(10)), &[7, 0, 0]));
    assert_eq!(ticks, [(7, 7), (17, 17), (27, 27)]);
}

#[test]
fn work_that_takes_less_than_a_period_moves_no_tick() {
    for missed in ALL {
        let ticks = ticks_after(&[0, 3, 9, 0], missed);
        assert_eq!(ticks, [(0, 0), (10, 10), (20, 20), (30, 30)], "{missed:?}");
    }
}

#[test]
fn an_interval_may_start_at_any_instant() {
    run(async {
        let start = now();
        let mut later = interval(ms(10)).starting_at(start + ms(25));
        assert_eq!(later.tick().await, start + ms(25));
        assert_eq!(later.tick().await, start + ms(35));
        let mut earlier = interval(ms(10)).starting_at(start + ms(31)).missed(Missed::Skip);
        assert_eq!(earlier.tick().await, start + ms(31));
        assert_eq!(now(), start + ms(35));
        assert_eq!(earlier.tick().await, start + ms(41));
    });
}

// What follows if ticks were missed ----------------------------------------------

#[test]
fn missed_ticks_are_caught_up_one_after_the_other() {
    let ticks = ticks_after(&[0, 35, 0, 0, 0], Missed::CatchUp);
    assert_eq!(ticks, [(0, 0), (10, 35), (20, 35), (30, 35), (40, 40)]);
    assert_eq!(ticks, ticks_after(&[0, 35, 0, 0, 0], Missed::default()));
}

#[test]
fn missed_ticks_are_skipped_and_the_others_keep_their_times() {
    let ticks = ticks_after(&[0, 35, 0, 0], Missed::Skip);
    assert_eq!(ticks, [(0, 0), (10, 35), (40, 40), (50, 50)]);
}

#[test]
fn a_late_tick_delays_the_others() {
    let ticks = ticks_after(&[0, 35, 0, 0], Missed::Delay);
    assert_eq!(ticks, [(0, 0), (10, 35), (45, 45), (55, 55)]);
}

/// It is late itself, but the next one isn't missed by that.
#[test]
fn a_tick_that_is_late_by_a_period_at_most_misses_none() {
    for missed in ALL {
        let ticks = ticks_after(&[0, 14, 0], missed);
        assert_eq!(ticks, [(0, 0), (10, 14), (20, 20)], "{missed:?}");
        let ticks = ticks_after(&[0, 20, 0, 0], missed);
        assert_eq!(ticks, [(0, 0), (10, 20), (20, 20), (30, 30)], "{missed:?}");
    }
}

#[test]
fn a_tick_whose_time_comes_as_the_late_one_is_taken_is_not_skipped() {
    let ticks = ticks_after(&[0, 40, 0, 0], Missed::Skip);
    assert_eq!(ticks, [(0, 0), (10, 40), (40, 40), (50, 50)]);
}

/// Otherwise nobody else would run until it has caught up.
#[test]
fn an_interval_that_catches_up_lets_others_run() {
    run(async {
        let mut interval = interval(ms(1)).starting_at(now());
        sleep(ms(3)).await;
        let trace = Trace::new();
        let log = trace.clone();
        let other = spawn(async move {
            turns(3).await;
            log.push("other");
        });
        for _ in 0..3 {
            interval.tick().await;
            trace.push("tick");
        }
        other.await.unwrap();
        trace.assert(&["tick", "other", "tick", "tick"]);
    });
}

// What else there is -------------------------------------------------------------

#[test]
fn giving_up_a_tick_loses_none() {
    run(async {
        let (start, mut interval) = (now(), interval(ms(10)));
        interval.tick().await;
        for limit in [1, 2, 3] {
            assert_eq!(timeout(ms(limit), interval.tick()).await, Err(Elapsed));
        }
        assert!(poll_once(pin!(interval.tick())).await.is_none());
        assert_eq!(interval.tick().await, start + ms(10));
    });
}

/// A coroutine of a game that acts in each frame, and nothing in between.
#[test]
fn on_a_manual_clock_it_ticks_once_a_frame() {
    let (executor, trace) = (manual_executor(), Trace::new());
    let log = trace.clone();
    drop(executor.spawn(async move {
        let mut frames = interval(ms(16));
        loop {
            frames.tick().await;
            log.push("moves");
        }
    }));
    for frame in ["frame 1", "frame 2"] {
        run_until_stalled(&executor);
        trace.push(frame);
        executor.advance(ms(16));
    }
    trace.assert(&["moves", "frame 1", "moves", "frame 2"]);
}

/// Returns how many ticks an interval lags behind in each of five frames, the first of which
/// takes as long as ten, if each frame has so many turns.
fn lag(missed: Missed, turns_a_frame: usize) -> [u32; 5] {
    let (executor, ticked) = (manual_executor(), Rc::new(Cell::new(0)));
    let (ticks, start) = (Rc::clone(&ticked), executor.now());
    drop(executor.spawn(async move {
        let mut frames = interval(ms(10)).starting_at(start).missed(missed);
        loop {
            let due = frames.tick().await;
            ticks.set((due - start).as_millis());
        }
    }));
    run_until_stalled(&executor);
    [100, 10, 10, 10, 10].map(|frame| {
        executor.advance(ms(frame));
        for _ in 0..turns_a_frame {
            let _ = executor.turn();
        }
        u32::try_from((executor.now() - start).as_millis() - ticked.get()).unwrap() / 10
    })
}

/// A tick takes two turns. The remedies are more turns, or to skip.
#[test]
fn an_interval_that_catches_up_lags_behind_if_a_frame_has_few_turns() {
    assert_eq!(lag(Missed::CatchUp, 8), [6, 3, 0, 0, 0]);
    assert_eq!(lag(Missed::CatchUp, 30), [0; 5]);
    assert_eq!(lag(Missed::Skip, 8), [0; 5]);
}

#[test]
fn a_period_beyond_all_time_ticks_once() {
    run(async {
        for missed in ALL {
            let mut interval = interval(Duration::MAX).missed(missed);
            interval.tick().await;
            assert_eq!(timeout(HOUR, interval.tick()).await, Err(Elapsed));
        }
    });
}

#[test]
fn a_period_of_nothing_is_an_error_at_the_callers_line() {
    let program = || interval(Duration::ZERO);
    let line = line!() - 1;
    let message = panic_of(program);
    assert!(message.contains("a period of zero"), "{message}");
    assert!(message.contains("give it a longer one, or call `yield_now`"), "{message}");
    assert_eq!(place_of_panic(program), format!("{}:{line}", file!()));
}
