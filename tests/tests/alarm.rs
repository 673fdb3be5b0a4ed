//! Alarms: functions that are called at some time.
//!
//! Lines of a trace are what asyncio's `loop.call_later` does in `CPython` 3.13,
//! or `call_soon` for what is due already.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use executor::{Alarm, TaskRef, current_task, now, sleep, spawn, yield_now};
use futures_lite::future::poll_once;
use wheelhouse_tests::{
    Gate, HOUR, Trace, is_cancelled, ms, panic_of, run, run_until_stalled, say, trace, turns,
    virtual_executor,
};

fn says(text: &'static str) -> impl FnOnce() {
    move || say(text)
}

/// Counts its calls.
fn counts(count: &Rc<Cell<u32>>) -> impl FnOnce() + use<> {
    let count = Rc::clone(count);
    move || count.set(count.get() + 1)
}

// When ---------------------------------------------------------------------------

/// F3, F5, F9: alarms of one instant ring in the order in which they were set,
/// in the turn before the sleepers of that instant resume.
#[test]
fn alarms_ring_in_order_a_turn_before_sleepers_resume() {
    let program = async {
        drop(spawn(async {
            sleep(ms(5)).await;
            say("sleeper resumes");
        }));
        let start = now();
        let _late = Alarm::after(ms(7), says("c rings"));
        let _at = Alarm::at(start + ms(5), says("a rings"));
        let _after = Alarm::after(ms(5), says("b rings"));
        sleep(ms(9)).await;
    };
    trace(program).assert(&["5+0 a rings", "5+0 b rings", "5+1 sleeper resumes", "7+0 c rings"]);
}

/// With no delay, and at an instant that has passed, next turn, behind what the
/// turn runs; and `soon` among that.
#[test]
fn an_alarm_that_is_due_rings_next_turn() {
    let program = async {
        let start = now();
        sleep(ms(5)).await;
        let _now = Alarm::after(Duration::ZERO, says("a rings"));
        let _soon = Alarm::soon(says("soon rings"));
        let _past = Alarm::at(start + ms(2), says("b rings"));
        let _present = Alarm::at(now(), says("c rings"));
        say("main waits");
        turns(1).await;
        say("main resumes");
        turns(1).await;
        say("main again");
    };
    trace(program).assert(&[
        "5+0 main waits",
        "5+1 soon rings",
        "5+1 main resumes",
        "5+1 b rings",
        "5+1 a rings",
        "5+1 c rings",
        "5+2 main again",
    ]);
}

/// An alarm needs nobody to poll.
#[test]
fn an_alarm_rings_without_any_task() {
    let executor = virtual_executor();
    let rung = Rc::new(Cell::new(0));
    let alarm = executor.block_on(async { Alarm::after(HOUR, counts(&rung)) });
    run_until_stalled(&executor);
    assert_eq!(rung.get(), 1);
    drop(alarm);
}

/// Nor does it wait for more than the longest time there is.
#[test]
fn an_alarm_may_be_set_for_ever() {
    run(async {
        let rung = Rc::new(Cell::new(0));
        let alarm = Alarm::after(Duration::MAX, counts(&rung));
        sleep(HOUR).await;
        drop(alarm);
        assert_eq!((rung.get(), Rc::strong_count(&rung)), (0, 1));
    });
}

// Off ----------------------------------------------------------------------------

/// F7: dropped before its time it never rings, and holds up nobody. What it was
/// to call is dropped at once.
#[test]
fn a_dropped_alarm_never_rings() {
    run(async {
        let (rung, start) = (Rc::new(Cell::new(0)), now());
        for delay in [Duration::ZERO, ms(1), HOUR] {
            let alarm = Alarm::after(delay, counts(&rung));
            assert_eq!(Rc::strong_count(&rung), 2);
            drop(alarm);
            assert_eq!(Rc::strong_count(&rung), 1);
        }
        drop((Alarm::at(start, counts(&rung)), Alarm::at(start + HOUR, counts(&rung))));
        drop(Alarm::soon(counts(&rung)));
        sleep(ms(2)).await;
        assert_eq!((rung.get(), now() - start), (0, ms(2)));
    });
}

/// Dropped after its time: it rang once.
#[test]
fn an_alarm_rings_once() {
    run(async {
        let rung = Rc::new(Cell::new(0));
        let alarms = [Duration::ZERO, ms(1)].map(|delay| Alarm::after(delay, counts(&rung)));
        sleep(ms(5)).await;
        drop(alarms);
        sleep(ms(5)).await;
        assert_eq!(rung.get(), 2);
    });
}

/// F2: of two that are due at once the first may switch the second off.
#[test]
fn an_alarm_may_switch_off_one_of_the_same_instant() {
    run(async {
        let (rung, second) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None)));
        let other = Rc::clone(&second);
        let _first = Alarm::after(ms(1), move || drop(other.take()));
        second.replace(Some(Alarm::after(ms(1), counts(&rung))));
        sleep(ms(2)).await;
        assert!(second.take().is_none());
        assert_eq!(rung.get(), 0);
    });
}

/// F2: also of two that are due next turn.
#[test]
fn an_alarm_may_switch_off_one_of_the_same_turn() {
    run(async {
        let (rung, others) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Vec::new())));
        let off = || {
            let others = Rc::clone(&others);
            move || drop(others.take())
        };
        let _first = [Alarm::soon(off()), Alarm::after(Duration::ZERO, off())];
        let due = [Alarm::soon(counts(&rung)), Alarm::after(Duration::ZERO, counts(&rung))];
        others.replace(due.into());
        turns(3).await;
        assert_eq!((rung.get(), Rc::strong_count(&rung)), (0, 1));
    });
}

/// F2: a task that is polled in the turn in which an alarm is due comes first,
/// and may switch it off.
#[test]
fn an_alarm_never_rings_after_it_was_switched_off() {
    for turn_count in 0..9 {
        let (executor, gate, trace) = (virtual_executor(), Gate::new(), Trace::new());
        let (until, log, rings) = (gate.clone(), trace.clone(), trace.clone());
        let task = executor.spawn(async move {
            let alarm = Alarm::after(ms(5), move || rings.push("rings"));
            until.wait().await;
            drop(alarm);
            log.push("off");
        });
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        gate.open();
        run_until_stalled(&executor);
        assert!(task.is_finished());
        assert_eq!(trace.lines().last().unwrap(), "off", "after {turn_count} turns");
    }
}

// What it may do -----------------------------------------------------------------

/// F29, I7: it is called between polls, and may do what tasks may.
#[test]
fn an_alarm_may_spawn_cancel_and_set_another() {
    run(async {
        let (trace, victim) = (Trace::new(), spawn(std::future::pending::<()>()));
        let (log, cancelled) = (trace.clone(), victim.reference());
        let next = Rc::new(RefCell::new(None));
        let set = Rc::clone(&next);
        let _alarm = Alarm::after(ms(1), move || {
            assert!(current_task().is_none());
            assert!(cancelled.cancel());
            let (spawned, second) = (log.clone(), log.clone());
            drop(spawn(async move { spawned.push("spawned") }));
            set.replace(Some(Alarm::after(ms(1), move || second.push("second"))));
        });
        sleep(ms(1)).await;
        turns(1).await;
        assert!(is_cancelled(&victim));
        trace.assert(&["spawned"]);
        sleep(ms(1)).await;
        trace.assert(&["spawned", "second"]);
    });
}

/// It may switch itself off, which comes too late.
#[test]
fn an_alarm_may_drop_itself() {
    run(async {
        let (rung, own) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None)));
        for delay in [Duration::ZERO, ms(1)] {
            let (itself, count) = (Rc::clone(&own), counts(&rung));
            let alarm = Alarm::after(delay, move || {
                drop(itself.take());
                count();
            });
            own.replace(Some(alarm));
            sleep(ms(2)).await;
        }
        assert_eq!((rung.get(), Rc::strong_count(&rung)), (2, 1));
    });
}

/// A panic in it is nothing to the others.
#[test]
fn an_alarm_that_panics_is_nothing_to_the_others() {
    run(async {
        let rung = Rc::new(Cell::new(0));
        for delay in [Duration::ZERO, ms(1)] {
            let _panics = Alarm::after(delay, || panic!("in an alarm"));
            let _rings = Alarm::after(delay, counts(&rung));
            sleep(ms(2)).await;
        }
        assert_eq!(rung.get(), 2);
    });
}

/// F41: an alarm that rings when a task is about to resume cancels it all the
/// same.
#[test]
fn an_alarm_may_cancel_a_task_that_is_ready() {
    run(async {
        let (task, victim) = (Rc::new(RefCell::new(None::<TaskRef>)), spawn(sleep(ms(5))));
        yield_now().await;
        let cancelled = Rc::clone(&task);
        let _alarm = Alarm::after(ms(5), move || {
            assert!(cancelled.borrow().as_ref().unwrap().cancel());
        });
        task.replace(Some(victim.reference()));
        assert!(victim.await.unwrap_err().is_cancelled());
    });
}

// The executor -------------------------------------------------------------------

/// I8: with the executor gone nobody rings, and what was to be called goes with
/// the alarm.
#[test]
fn alarms_are_dropped_with_the_executor() {
    let rung = Rc::new(Cell::new(0));
    let executor = virtual_executor();
    let alarms = executor.block_on(async {
        [Alarm::after(HOUR, counts(&rung)), Alarm::after(Duration::ZERO, counts(&rung))]
    });
    // The turn after the main future's end has rung the second.
    assert_eq!(rung.get(), 1);
    drop(executor);
    drop(alarms);
    assert_eq!((rung.get(), Rc::strong_count(&rung)), (1, 1));
}

/// An alarm may be dropped anywhere.
#[test]
fn an_alarm_may_be_dropped_outside_of_its_executor() {
    let rung = Rc::new(Cell::new(0));
    let executor = virtual_executor();
    let alarm = executor.block_on(async { Alarm::after(HOUR, counts(&rung)) });
    run(async { drop(alarm) });
    run_until_stalled(&executor);
    assert_eq!((rung.get(), Rc::strong_count(&rung)), (0, 1));
}

/// I7: what it was to call may do anything when it is dropped, also at the end
/// of the executor.
#[test]
fn what_an_alarm_was_to_call_may_do_anything_when_it_is_dropped() {
    struct Busy(Rc<Cell<u32>>);
    impl Drop for Busy {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            drop(spawn(async {}));
            drop(Alarm::after(HOUR, || {}));
        }
    }
    let drops = Rc::new(Cell::new(0));
    let executor = virtual_executor();
    let task = executor.spawn({
        let drops = Rc::clone(&drops);
        async move {
            let busy = || {
                let busy = Busy(Rc::clone(&drops));
                move || drop(busy)
            };
            drop(Alarm::soon(busy()));
            drop(Alarm::after(HOUR, busy()));
            let _rings = Alarm::soon(busy());
            let _alarm = Alarm::after(HOUR, busy());
            turns(2).await;
            let _late = Alarm::soon(busy());
            std::future::pending::<()>().await;
        }
    });
    for _ in 0..3 {
        let _ = executor.turn();
    }
    assert_eq!(drops.get(), 3);
    drop((executor, task));
    assert_eq!(drops.get(), 5);
}

/// Polling anything inside an alarm is polling it outside of a task.
#[test]
fn an_alarm_is_called_outside_of_tasks() {
    run(async {
        let done = Rc::new(Cell::new(false));
        let set = Rc::clone(&done);
        let _alarm = Alarm::after(ms(1), move || {
            let poll = futures_lite::future::block_on(poll_once(sleep(ms(1))));
            set.set(poll.is_none());
        });
        sleep(ms(3)).await;
        assert!(done.get());
    });
}

/// Misuse: on whose clock?
#[test]
fn an_alarm_outside_of_an_executor_is_an_error() {
    let at = std::time::Instant::now();
    let set = [
        panic_of(|| Alarm::after(ms(1), || {})),
        panic_of(|| Alarm::at(at, || {})),
        panic_of(|| Alarm::soon(|| {})),
    ];
    for message in set {
        assert!(message.contains("no executor runs on this thread"), "{message}");
    }
}

/// What a log shows.
#[test]
fn alarms_can_be_printed() {
    run(async { assert_eq!(format!("{:?}", Alarm::after(ms(1), || {})), "Alarm { .. }") });
}
