//! Turn for turn: who resumes when, and who has ended by then.
//!
//! Each test is a small program and all that happens in it. A line is
//! `time+turn what`: virtual milliseconds, and turns of the loop since the
//! first line of that millisecond. The expected lists are what asyncio of
//! `CPython` 3.13 does in the same program.
//!
//! The programs are driven with `Executor::turn`, so that a turn can be counted
//! from outside; a ticker, a task that counts turns by yielding, would keep a
//! virtual clock from jumping. That both count alike is the first test.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use combinators::{Completions, FirstCompleted, FirstException, Waited, gather, wait};
use executor::{Task, TaskRef, sleep, spawn, yield_now};
use wheelhouse_tests::{ms, say, trace, turns, virtual_executor};

/// Ends in its `turn`th turn, the first being 1.
async fn ends(name: &'static str, turn: usize) -> &'static str {
    turns(turn - 1).await;
    say(format!("{name} ends"));
    name
}

/// As [`ends`], but fails.
async fn fails(name: &'static str, turn: usize) -> Result<(), &'static str> {
    Err(ends(name, turn).await)
}

/// As [`ends`], to go with [`fails`].
async fn succeeds(name: &'static str, turn: usize) -> Result<(), &'static str> {
    ends(name, turn).await;
    Ok(())
}

async fn sleeps(name: &'static str, time: u64) -> &'static str {
    sleep(ms(time)).await;
    say(format!("{name} ends"));
    name
}

/// Says a line in each of so many turns.
async fn ticks(turns: usize) {
    for tick in 1..=turns {
        say(format!("tick {tick}"));
        yield_now().await;
    }
}

/// Says when it is dropped before its end.
async fn guarded(name: &'static str, body: impl Future<Output = ()>) {
    let guard = Guard(name);
    body.await;
    say(format!("{name} ends"));
    std::mem::forget(guard);
}

struct Guard(&'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        say(format!("{} cancelled", self.0));
    }
}

/// A named task.
fn named<F: Future + 'static>(name: &'static str, future: F) -> Task<F::Output> {
    spawn(future).named(name)
}

/// What a wait gave, by name: `done a b, pending c`. Sorted, for in asyncio
/// both are sets.
fn told<T>(waited: &Waited<Task<T>>) -> String {
    let done = names(&waited.done);
    let pending = names(&waited.pending);
    format!("done [{done}], pending [{pending}]")
}

fn names<'a, T: 'static>(tasks: impl IntoIterator<Item = &'a Task<T>>) -> String {
    let mut names: Vec<_> = tasks.into_iter().map(Task::name).collect();
    names.sort();
    names.join(" ")
}

// The measure ------------------------------------------------------------------

/// F2: a task that yields is polled once a turn.
#[test]
fn a_ticker_counts_the_turns() {
    let count = Rc::new(Cell::new(0));
    let counter = Rc::clone(&count);
    let ticker = async move {
        loop {
            counter.set(counter.get() + 1);
            yield_now().await;
        }
    };
    virtual_executor().block_on(async move {
        drop(spawn(ticker));
        turns(2).await;
        assert_eq!(count.get(), 2, "main's first turn came before the ticker's");
        let child = spawn(async {});
        wait([child]).await;
        assert_eq!(count.get(), 5, "one turn for the child, two for the wait");
        gather([async {}]).await.unwrap();
        assert_eq!(count.get(), 8);
        spawn(async {}).await.unwrap();
        assert_eq!(count.get(), 10, "one turn for the child, one for the join");
    });
}

// The queue --------------------------------------------------------------------

/// F1, F2, F13: tasks start in the order of their spawns, a turn later; what
/// they spawn starts a turn after that, before those that yield after it.
#[test]
fn spawned_tasks_start_next_turn_in_order() {
    let program = async {
        drop(spawn(async {
            say("a starts");
            drop(spawn(ends("c", 1)));
            yield_now().await;
            say("a resumes");
        }));
        drop(spawn(ends("b", 2)));
        say("main ends");
    };
    trace(program).assert(&[
        "0+0 main ends",
        "0+1 a starts",
        "0+2 c ends",
        "0+2 a resumes",
        "0+2 b ends",
    ]);
}

/// F8: sleeping for no time gives up exactly one turn, as a yield does.
#[test]
fn a_yield_gives_up_one_turn() {
    let program = async {
        drop(spawn(ticks(3)));
        drop(spawn(async {
            say("a starts");
            sleep(Duration::ZERO).await;
            say("a slept");
            yield_now().await;
            say("a yielded");
        }));
    };
    trace(program).assert(&[
        "0+0 tick 1",
        "0+0 a starts",
        "0+1 tick 2",
        "0+1 a slept",
        "0+2 tick 3",
        "0+2 a yielded",
    ]);
}

/// F5, F9: sleepers with one deadline resume in one turn, in the order in which
/// they lay down, whichever way they came to it.
#[test]
fn sleepers_with_one_deadline_resume_in_order() {
    let program = async {
        drop(spawn(async {
            sleep(ms(3)).await;
            say("a half-way");
            sleep(ms(3)).await;
            say("a ends");
        }));
        for name in ["b", "c", "d"] {
            drop(spawn(sleeps(name, 6)));
        }
        drop(spawn(sleeps("e", 5)));
    };
    trace(program).assert(&[
        "3+0 a half-way",
        "5+0 e ends",
        "6+0 b ends",
        "6+0 c ends",
        "6+0 d ends",
        "6+0 a ends",
    ]);
}

/// F3, F9: tasks that sleepers wake at one instant follow the sleepers.
#[test]
fn who_waits_for_a_sleeper_resumes_after_the_sleepers_of_that_instant() {
    let program = async {
        let child = spawn(sleeps("a", 5));
        drop(spawn(async {
            sleep(ms(5)).await;
            say("b awake");
            turns(1).await;
            say("b yielded");
        }));
        child.await.unwrap();
        say("main resumes");
        drop(spawn(sleeps("c", 5)));
        sleep(ms(5)).await;
        say("main awake");
    };
    trace(program).assert(&[
        "5+0 a ends",
        "5+0 b awake",
        "5+1 main resumes",
        "5+1 b yielded",
        "10+0 main awake",
        "10+0 c ends",
    ]);
}

// Joins ------------------------------------------------------------------------

/// F12, F16: who awaits a task resumes one turn after its end; chains add up.
#[test]
fn a_join_resumes_one_turn_after_the_end() {
    let program = async {
        let a = spawn(ends("a", 2));
        let b = spawn(async {
            a.await.unwrap();
            say("b ends");
        });
        let c = spawn(async {
            b.await.unwrap();
            say("c ends");
        });
        drop(spawn(ticks(6)));
        c.await.unwrap();
        say("main resumes");
    };
    trace(program).assert(&[
        "0+0 tick 1",
        "0+1 a ends",
        "0+1 tick 2",
        "0+2 b ends",
        "0+2 tick 3",
        "0+3 c ends",
        "0+3 tick 4",
        "0+4 main resumes",
        "0+4 tick 5",
        "0+5 tick 6",
    ]);
}

/// F15: awaiting a task that has ended takes no turn.
#[test]
fn a_join_on_an_ended_task_is_ready_at_once() {
    let program = async {
        let a = spawn(ends("a", 1));
        turns(2).await;
        say("main awaits");
        a.await.unwrap();
        say("main resumes");
        yield_now().await;
        say("main yielded");
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+1 main awaits",
        "0+1 main resumes",
        "0+2 main yielded",
    ]);
}

/// F12: of three who wait for tasks that end in one turn the join is first,
/// wait and gather come a turn later, in the order of the ends.
#[test]
fn joins_resume_before_waits_and_gathers() {
    let program = async {
        let [a, b, c] = ["a", "b", "c"].map(|name| named(name, ends(name, 3)));
        drop(spawn(async {
            wait([b]).await;
            say("wait over");
        }));
        drop(spawn(async {
            gather([c]).await.unwrap();
            say("gather over");
        }));
        drop(spawn(async {
            a.await.unwrap();
            say("join over");
        }));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 b ends",
        "0+0 c ends",
        "0+1 join over",
        "0+2 wait over",
        "0+2 gather over",
    ]);
}

// wait -------------------------------------------------------------------------

/// F12, F58: two turns after the last child.
#[test]
fn wait_resumes_two_turns_after_the_end() {
    let program = async {
        let tasks = [named("a", ends("a", 3)), named("b", ends("b", 1))];
        drop(spawn(ticks(5)));
        let waited = wait(tasks).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 b ends",
        "0+0 tick 1",
        "0+1 tick 2",
        "0+2 a ends",
        "0+2 tick 3",
        "0+3 tick 4",
        "0+4 done [a b], pending []",
        "0+4 tick 5",
    ]);
}

/// F57: even if all have ended, two turns.
#[test]
fn wait_on_ended_tasks_takes_two_turns() {
    let program = async {
        let tasks = ["a", "b"].map(|name| named(name, ends(name, 1)));
        turns(2).await;
        drop(spawn(ticks(3)));
        say("main waits");
        let waited = wait(tasks).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 b ends",
        "0+1 main waits",
        "0+2 tick 1",
        "0+3 tick 2",
        "0+3 done [a b], pending []",
        "0+4 tick 3",
    ]);
}

/// F57, F59: one ended child is enough for `FirstCompleted`, but takes the two
/// turns, in which others end.
#[test]
fn first_completed_on_an_ended_task_takes_two_turns() {
    let program = async {
        let a = named("a", ends("a", 1));
        turns(2).await;
        let rest = [("b", 1), ("c", 2), ("d", 3)];
        let rest = rest.map(|(name, turn)| named(name, ends(name, turn)));
        let tasks = std::iter::once(a).chain(rest);
        let waited = wait(tasks).return_when(FirstCompleted).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+2 b ends",
        "0+3 c ends",
        "0+3 done [a b c], pending [d]",
        "0+4 d ends",
    ]);
}

/// F59: children that end in the two turns before the parent resumes are in
/// `done`, up to the one polled just before it.
#[test]
fn done_is_what_has_ended_when_the_parent_resumes() {
    let program = async {
        let tasks = [("a", 2), ("b", 2), ("c", 3), ("d", 4), ("e", 5)];
        let tasks = tasks.map(|(name, turn)| named(name, ends(name, turn)));
        let waited = wait(tasks).return_when(FirstCompleted).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 b ends",
        "0+1 c ends",
        "0+2 done [a b c], pending [d e]",
        "0+2 d ends",
        "0+3 e ends",
    ]);
}

/// F59: children that sleep to one instant are all in `done`.
#[test]
fn children_that_end_at_one_instant_are_done_together() {
    let program = async {
        let tasks = [("a", 7), ("b", 5), ("c", 5), ("d", 6)];
        let tasks = tasks.map(|(name, time)| named(name, sleeps(name, time)));
        let waited = wait(tasks).return_when(FirstCompleted).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "5+0 b ends",
        "5+0 c ends",
        "5+2 done [b c], pending [a d]",
        "6+0 d ends",
        "7+0 a ends",
    ]);
}

/// F59, F60: several failures in `done`, and a cancelled child that didn't
/// count as one.
#[test]
fn first_exception_may_give_several() {
    let program = async {
        let tasks = [
            named("a", fails("a", 4)),
            named("b", succeeds("b", 2)),
            named("c", fails("c", 4)),
            named("d", succeeds("d", 9)),
            named("e", fails("e", 6)),
        ];
        turns(2).await;
        tasks[3].cancel();
        let waited = wait(tasks).return_when(FirstException).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 b ends",
        "0+2 a ends",
        "0+2 c ends",
        "0+4 done [a b c d], pending [e]",
        "0+4 e ends",
    ]);
}

/// F61: a child that failed before is enough.
#[test]
fn first_exception_on_a_failed_task_takes_two_turns() {
    let program = async {
        let a = named("a", fails("a", 1));
        turns(2).await;
        let b = named("b", succeeds("b", 5));
        drop(spawn(ticks(3)));
        let waited = wait([b, a]).return_when(FirstException).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+2 tick 1",
        "0+3 tick 2",
        "0+3 done [a], pending [b]",
        "0+4 tick 3",
        "0+6 b ends",
    ]);
}

/// F62: the parent resumes in the turn in which a sleeper would.
#[test]
fn a_timeout_resumes_as_a_sleep_does() {
    let program = async {
        let tasks = [("a", 4), ("b", 9)].map(|(name, time)| named(name, sleeps(name, time)));
        drop(spawn(sleeps("other", 5)));
        let waited = wait(tasks).timeout(ms(5)).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "4+0 a ends",
        "5+0 done [a], pending [b]",
        "5+0 other ends",
        "9+0 b ends",
    ]);
}

/// F63: a timeout of zero takes two turns; children that end in them are done.
#[test]
fn a_timeout_of_zero_takes_two_turns() {
    let program = async {
        let tasks = [("a", 1), ("b", 2), ("c", 3)];
        let tasks = tasks.map(|(name, turn)| named(name, ends(name, turn)));
        drop(spawn(ticks(3)));
        let waited = wait(tasks).timeout(Duration::ZERO).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 tick 1",
        "0+1 b ends",
        "0+1 tick 2",
        "0+1 done [a b], pending [c]",
        "0+2 c ends",
        "0+2 tick 3",
    ]);
}

/// F64: of child and timeout at one instant, who was set first is first; a
/// child that sleeps before its parent waits is in `done`.
#[test]
fn a_tie_of_child_and_timeout_goes_by_who_was_set_first() {
    let program = async {
        let a = named("a", sleeps("a", 5));
        yield_now().await;
        let waited = wait([a]).timeout(ms(5)).await;
        say(told(&waited));
        let b = named("b", sleeps("b", 5));
        let waited = wait([b]).timeout(ms(5)).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "5+0 a ends",
        "5+0 done [a], pending []",
        "10+0 done [], pending [b]",
        "10+0 b ends",
    ]);
}

/// F57, F58, F59: what is left can be waited for again. Children that ended
/// between two waits, or whose end the last wait hadn't heard of, count in the
/// next from its beginning.
#[test]
fn waiting_again_on_the_rest_takes_two_turns_a_round() {
    let program = async {
        let tasks = [("a", 1), ("b", 1), ("c", 3), ("d", 4), ("e", 5), ("f", 12)];
        let tasks = tasks.map(|(name, turn)| named(name, ends(name, turn)));
        let mut waited = wait(tasks).return_when(FirstCompleted).await;
        say(told(&waited));
        while !waited.pending.is_empty() {
            waited = wait(waited.pending).return_when(FirstCompleted).await;
            say(told(&waited));
        }
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 b ends",
        "0+2 done [a b], pending [c d e f]",
        "0+2 c ends",
        "0+3 d ends",
        "0+4 done [c d], pending [e f]",
        "0+4 e ends",
        "0+6 done [e], pending [f]",
        "0+11 f ends",
        "0+13 done [f], pending []",
    ]);
}

/// F57, F59: the parent does something else between two waits, so children
/// have ended long before the second, just before it, and during it.
#[test]
fn children_that_end_between_two_waits_are_done_in_the_second() {
    let program = async {
        let tasks = [("a", 1), ("b", 4), ("c", 6), ("d", 7), ("e", 8), ("f", 9)];
        let tasks = tasks.map(|(name, turn)| named(name, ends(name, turn)));
        let waited = wait(tasks).return_when(FirstCompleted).await;
        say(told(&waited));
        turns(3).await;
        say("main waits");
        let waited = wait(waited.pending).return_when(FirstCompleted).await;
        say(told(&waited));
        let waited = wait(waited.pending).return_when(Completions(1)).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+2 done [a], pending [b c d e f]",
        "0+3 b ends",
        "0+5 main waits",
        "0+5 c ends",
        "0+6 d ends",
        "0+7 done [b c d], pending [e f]",
        "0+7 e ends",
        "0+8 f ends",
        "0+9 done [e f], pending []",
    ]);
}

/// F57, F62: an end that the timed-out wait hadn't heard of yet counts in the
/// next wait, and once only.
#[test]
fn an_end_on_its_way_when_a_wait_begins_counts_once() {
    let program = async {
        let tasks = [("a", 1), ("b", 2), ("c", 3), ("d", 6), ("e", 9)];
        let tasks = tasks.map(|(name, turn)| named(name, ends(name, turn)));
        let waited = wait(tasks).timeout(Duration::ZERO).await;
        say(told(&waited));
        yield_now().await;
        say("main waits");
        let waited = wait(waited.pending).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+1 b ends",
        "0+1 done [a b], pending [c d e]",
        "0+2 c ends",
        "0+2 main waits",
        "0+5 d ends",
        "0+8 e ends",
        "0+10 done [c d e], pending []",
    ]);
}

/// F58: a wait on a task that itself waits adds two turns a level.
#[test]
fn waits_within_waits_add_up() {
    let program = async {
        drop(spawn(ticks(6)));
        let inner = named("inner", async {
            let waited = wait([named("a", ends("a", 1))]).await;
            say(told(&waited));
        });
        let waited = wait([inner]).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 tick 1",
        "0+1 tick 2",
        "0+1 a ends",
        "0+2 tick 3",
        "0+3 tick 4",
        "0+3 done [a], pending []",
        "0+4 tick 5",
        "0+5 tick 6",
        "0+5 done [inner], pending []",
    ]);
}

// gather -----------------------------------------------------------------------

/// F68, F72: two turns after the last child, values in argument order.
#[test]
fn gather_resumes_two_turns_after_the_last_end() {
    let program = async {
        drop(spawn(ticks(6)));
        let values = gather([ends("a", 3), ends("b", 1), ends("c", 2)]).await.unwrap();
        say(values.join(" "));
    };
    trace(program).assert(&[
        "0+0 tick 1",
        "0+0 b ends",
        "0+1 tick 2",
        "0+1 c ends",
        "0+2 tick 3",
        "0+2 a ends",
        "0+3 tick 4",
        "0+4 tick 5",
        "0+4 a b c",
        "0+5 tick 6",
    ]);
}

/// F73: unlike wait, gather on ended children takes no turn.
#[test]
fn gather_on_ended_children_is_ready_at_once() {
    let program = async {
        let tasks = ["a", "b"].map(|name| named(name, ends(name, 1)));
        turns(2).await;
        say("main gathers");
        let values = gather(tasks).await.unwrap();
        say(values.join(" "));
        yield_now().await;
        say("main yielded");
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 b ends",
        "0+1 main gathers",
        "0+1 a b",
        "0+2 main yielded",
    ]);
}

/// F70: nor does gather on nothing.
#[test]
fn gather_on_nothing_is_ready_at_once() {
    let program = async {
        drop(spawn(ends("a", 1)));
        let values = gather(Vec::<Task<()>>::new()).await.unwrap();
        say(format!("{} values", values.len()));
    };
    trace(program).assert(&["0+0 0 values", "0+1 a ends"]);
}

/// F72, F73: ended children count at once, so only the last one takes the two
/// turns.
#[test]
fn gather_on_some_ended_children_waits_for_the_others() {
    let program = async {
        let a = named("a", ends("a", 1));
        turns(2).await;
        let b = named("b", ends("b", 2));
        let values = gather([a, b]).await.unwrap();
        say(values.join(" "));
    };
    trace(program).assert(&["0+0 a ends", "0+3 b ends", "0+5 a b"]);
}

/// F73: a child that failed before makes gather fail at once.
#[test]
fn gather_on_a_failed_child_fails_at_once() {
    let program = async {
        let a = named("a", fails("a", 1));
        let b = named("b", fails("b", 1));
        turns(2).await;
        let c = named("c", succeeds("c", 2));
        let error = gather([c, b, a]).await.unwrap_err();
        say(format!("child {} failed", error.index));
    };
    trace(program).assert(&["0+0 a ends", "0+0 b ends", "0+1 child 1 failed", "0+3 c ends"]);
}

/// F72, F74: two turns after the first failure; the others run on.
#[test]
fn gather_resumes_two_turns_after_the_first_failure() {
    let program = async {
        drop(spawn(ticks(5)));
        let a = named("a", fails("a", 3));
        let b = named("b", fails("b", 2));
        let c = named("c", succeeds("c", 6));
        let error = gather([a, b, c]).await.unwrap_err();
        say(format!("child {} failed", error.index));
    };
    trace(program).assert(&[
        "0+0 tick 1",
        "0+1 tick 2",
        "0+1 b ends",
        "0+2 tick 3",
        "0+2 a ends",
        "0+3 tick 4",
        "0+3 child 1 failed",
        "0+4 tick 5",
        "0+5 c ends",
    ]);
}

/// F72, F76: with `return_exceptions`, two turns after the last child.
#[test]
fn gather_with_return_exceptions_resumes_two_turns_after_the_last_end() {
    let program = async {
        drop(spawn(ticks(5)));
        let a = named("a", fails("a", 1));
        let b = named("b", succeeds("b", 3));
        let results = gather([a, b]).return_exceptions().await;
        say(results.iter().map(|it| if it.is_ok() { "ok " } else { "err " }).collect::<String>());
    };
    trace(program).assert(&[
        "0+0 tick 1",
        "0+0 a ends",
        "0+1 tick 2",
        "0+2 tick 3",
        "0+2 b ends",
        "0+3 tick 4",
        "0+4 tick 5",
        "0+4 err ok ",
    ]);
}

/// F69: futures are tasks from the call on, whether or not gather is awaited.
#[test]
fn gather_starts_futures_at_the_call() {
    let program = async {
        let gathered = gather([ends("a", 1), ends("b", 2)]);
        say("main called gather");
        turns(4).await;
        say("main awaits");
        say(gathered.await.unwrap().join(" "));
    };
    trace(program).assert(&[
        "0+0 main called gather",
        "0+1 a ends",
        "0+2 b ends",
        "0+4 main awaits",
        "0+4 a b",
    ]);
}

/// F72: gathers of one instant resume in the order of their last children.
#[test]
fn gathers_of_one_instant_resume_in_the_order_of_their_ends() {
    let program = async {
        let group = |name: &'static str, times: [u64; 2]| async move {
            let names = if name == "first" { ["a", "b"] } else { ["c", "d"] };
            gather([sleeps(names[0], times[0]), sleeps(names[1], times[1])]).await.unwrap();
            say(format!("{name} over"));
        };
        drop(spawn(group("first", [5, 4])));
        drop(spawn(group("second", [3, 5])));
        drop(spawn(sleeps("other", 5)));
    };
    trace(program).assert(&[
        "3+0 c ends",
        "4+0 b ends",
        "5+0 other ends",
        "5+0 a ends",
        "5+0 d ends",
        "5+2 first over",
        "5+2 second over",
    ]);
}

// Cancelling -------------------------------------------------------------------

/// F35, F36, F37, F42: a cancelled task ends next turn: at the place that it
/// has in the queue, or behind if it had none. One that never ran runs nothing.
#[test]
fn cancelled_tasks_end_next_turn_in_the_order_of_the_queue() {
    let program = async {
        let asleep = spawn(guarded("asleep", sleep(ms(5))));
        let queued = spawn(guarded("queued", turns(9)));
        turns(2).await;
        let new = spawn(guarded("new", turns(1)));
        say("main cancels");
        for task in [&new, &asleep, &queued] {
            assert!(task.cancel());
        }
        drop(spawn(ends("last", 1)));
        yield_now().await;
        say("main resumes");
        assert!(!new.cancel() && !asleep.cancel() && !queued.cancel());
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 queued cancelled",
        "0+1 asleep cancelled",
        "0+1 last ends",
        "0+1 main resumes",
    ]);
}

/// Cancels a task in the second turn of a task of its own.
fn cancel_next_turn(task: TaskRef) {
    drop(spawn(async move {
        turns(1).await;
        say("cancelled");
        task.cancel();
    }));
}

/// F37, F58: a wait hears of cancelled children as of others.
#[test]
fn wait_resumes_two_turns_after_a_cancelled_child_was_dropped() {
    let program = async {
        let tasks = ["a", "b"].map(|name| named(name, guarded(name, sleep(ms(5)))));
        cancel_next_turn(tasks[1].reference());
        let waited = wait(tasks).return_when(FirstCompleted).await;
        say(told(&waited));
    };
    trace(program).assert(&[
        "0+0 cancelled",
        "0+1 b cancelled",
        "0+3 done [b], pending [a]",
        "5+0 a ends",
    ]);
}

/// F37, F77: so does a gather, which fails.
#[test]
fn gather_fails_two_turns_after_a_cancelled_child_was_dropped() {
    let program = async {
        let tasks = ["a", "b"].map(|name| named(name, guarded(name, sleep(ms(5)))));
        cancel_next_turn(tasks[1].reference());
        let error = gather(tasks).await.unwrap_err();
        say(format!("child {} failed", error.index));
    };
    trace(program).assert(&[
        "0+0 cancelled",
        "0+1 b cancelled",
        "0+3 child 1 failed",
        "5+0 a ends",
    ]);
}

/// F65: a cancelled wait leaves its children alone.
#[test]
fn children_of_a_cancelled_wait_end_in_their_time() {
    let program = async {
        let waiting = spawn(guarded("waiting", async {
            wait([named("a", sleeps("a", 5)), named("b", ends("b", 4))]).timeout(ms(7)).await;
        }));
        turns(2).await;
        say("main cancels");
        waiting.cancel();
        let outcome = waiting.await;
        say(format!("cancelled: {}", outcome.unwrap_err().is_cancelled()));
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 waiting cancelled",
        "0+2 cancelled: true",
        "0+3 b ends",
        "5+0 a ends",
    ]);
}
