//! The seam: combinators written as a user would, on `executor` alone.
//!
//! `gather` and `race` here use nothing but `Watch`, `Watcher` and the task
//! handle. Then come the rules of the seam one by one.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use executor::{
    Executor, JoinError, Next, Task, Watch, Watcher, current_task, sleep, spawn, yield_now,
};
use wheelhouse_tests::{Gate, Trace, ms, panic_of, run, sleeps, turns, virtual_executor};

fn watch_all<T>(watcher: Rc<dyn Watcher>, tasks: &[Task<T>]) -> Watch {
    let watch = Watch::new(watcher);
    for (number, task) in (0..).zip(tasks) {
        watch.add(task, number);
    }
    watch
}

// A gather of one's own ----------------------------------------------------------

/// Content when all have returned, or one hasn't.
struct Gathered<T: 'static> {
    tasks: Vec<Task<T>>,
    left: Cell<usize>,
}

impl<T> Watcher for Gathered<T> {
    fn ended(&self, child: u32) -> bool {
        self.left.set(self.left.get() - 1);
        let failed = self.tasks[child as usize].peek(Result::is_err);
        self.left.get() == 0 || failed == Some(true)
    }
}

/// The values of all, in order, or the first error.
async fn gather<T: 'static>(tasks: Vec<Task<T>>) -> Result<Vec<T>, JoinError> {
    let left = Cell::new(tasks.len());
    let gathered = Rc::new(Gathered { tasks, left });
    let watch = watch_all(Rc::clone(&gathered) as Rc<dyn Watcher>, &gathered.tasks);
    poll_fn(|cx| watch.poll_met(cx)).await;
    let ended = watch.take_ended();
    drop(watch);
    let mut tasks = Rc::into_inner(gathered).expect("the watch held the other").tasks;
    let failed = |child: &&u32| tasks[**child as usize].peek(Result::is_err) == Some(true);
    if let Some(&child) = ended.iter().find(failed) {
        let outcome = tasks[child as usize].take_outcome().expect("it has ended");
        return outcome.map(|_| unreachable!("it failed"));
    }
    tasks.iter_mut().map(|task| task.take_outcome().expect("all have ended")).collect()
}

/// It does what it should.
#[test]
fn gather_can_be_written_on_the_seam() {
    run(async {
        let tasks = [3, 1, 2].map(|time| spawn(sleeps(time)));
        assert_eq!(gather(tasks.into()).await.unwrap(), [3, 1, 2]);
    });
}

/// Failures included.
#[test]
fn a_gather_on_the_seam_fails_with_the_first_failure() {
    run(async {
        let others = [2, 9].map(|time| spawn(sleeps(time)).named("other"));
        let culprit = spawn(async {
            sleep(ms(4)).await;
            panic!("on purpose")
        });
        let [a, b] = others;
        let last = b.reference();
        let tasks = vec![a, culprit.named("culprit"), b];
        let error = gather(tasks).await.unwrap_err();
        assert_eq!(
            (error.task_name().as_str(), error.panic_message()),
            ("culprit", Some("on purpose"))
        );
        assert!(!last.is_finished());
        sleep(ms(5)).await;
        assert!(last.is_finished(), "it ran on");
    });
}

/// F72: it takes as many turns as the one that comes with us, and as many
/// polls.
#[test]
fn a_gather_on_the_seam_is_no_worse_than_ours() {
    fn children() -> Vec<Task<()>> {
        [4, 0, 2].map(|count| spawn(turns(count))).into()
    }
    /// Polls a future with a ticker at its side, which counts turns.
    async fn measure<F: Future>(future: F) -> (usize, usize) {
        let (ticks, mut polls) = (Rc::new(Cell::new(0)), 0);
        let counter = Rc::clone(&ticks);
        let ticker = spawn(async move {
            loop {
                counter.set(counter.get() + 1);
                yield_now().await;
            }
        });
        let mut future = Box::pin(future);
        poll_fn(|cx| {
            polls += 1;
            future.as_mut().poll(cx)
        })
        .await;
        ticker.cancel();
        (ticks.get(), polls)
    }
    run(async {
        let own = measure(async { gather(children()).await.map(drop) }).await;
        let ours = measure(async { combinators::gather(children()).await.map(drop) }).await;
        assert_eq!((own, ours), ((7, 2), (7, 2)));
    });
}

// A race -------------------------------------------------------------------------

/// Content with anyone.
struct Anyone;

impl Watcher for Anyone {
    fn ended(&self, _: u32) -> bool {
        true
    }
}

/// The first outcome; the others are cancelled.
async fn race<T: 'static>(mut tasks: Vec<Task<T>>) -> (usize, Result<T, JoinError>) {
    let watch = watch_all(Rc::new(Anyone), &tasks);
    poll_fn(|cx| watch.poll_met(cx)).await;
    let winner = watch.take_ended()[0] as usize;
    let outcome = tasks[winner].take_outcome().expect("it has ended");
    for task in &tasks {
        assert!(task.cancel() || task.is_finished());
    }
    (winner, outcome)
}

/// Neither is it in the library.
#[test]
fn a_race_can_be_written_on_the_seam() {
    run(async {
        let tasks: Vec<_> = [3, 1, 2].map(|time| spawn(sleeps(time))).into();
        let others = [tasks[0].reference(), tasks[2].reference()];
        let (winner, outcome) = race(tasks).await;
        assert_eq!((winner, outcome.unwrap()), (1, 1));
        yield_now().await;
        assert!(others.iter().all(executor::TaskRef::is_finished));
    });
}

/// A race may be lost by all but a task that had ended before.
#[test]
fn a_race_is_won_by_whoever_had_ended_before() {
    run(async {
        let quick = spawn(async { 7 });
        yield_now().await;
        let slow = spawn(pending());
        let (winner, outcome) = race(vec![slow, quick]).await;
        assert_eq!((winner, outcome.unwrap()), (1, 7));
    });
}

// The rules ----------------------------------------------------------------------

/// Notes whom it is asked about, and says yes when the list says so.
#[derive(Default)]
struct Notes {
    asked: RefCell<Vec<u32>>,
    yes_to: Cell<Option<u32>>,
}

impl Notes {
    fn yes_to(child: u32) -> Rc<Self> {
        Rc::new(Self { yes_to: Cell::new(Some(child)), ..Self::default() })
    }

    fn asked(&self) -> Vec<u32> {
        self.asked.borrow().clone()
    }
}

impl Watcher for Notes {
    fn ended(&self, child: u32) -> bool {
        self.asked.borrow_mut().push(child);
        self.yes_to.get() == Some(child)
    }
}

/// Whether the watch is content, as seen by a poll that waits for it.
async fn is_met(watch: &Watch) -> bool {
    poll_fn(|cx| Poll::Ready(watch.poll_met(cx).is_ready())).await
}

/// A task that is added twice under one number is there once, whoever else came in between;
/// under two numbers it is there twice.
#[test]
fn a_task_is_in_a_watch_once_for_each_number() {
    run(async {
        let (notes, task) = (Rc::new(Notes::default()), spawn(turns(3)));
        let watch = Watch::new(notes.clone());
        for number in [0, 1, 0, 1, 2, 0] {
            watch.add(&task, number);
        }
        turns(6).await;
        assert_eq!((watch.take_ended(), notes.asked()), (vec![0, 1, 2], vec![0, 1, 2]));
    });
}

/// A task for each gate, which ends the turn after the gate is opened.
fn gated<const N: usize>() -> ([Gate; N], Vec<Task<()>>) {
    let gates = std::array::from_fn(|_| Gate::new());
    let tasks = gates.each_ref().map(|gate: &Gate| {
        let gate = gate.clone();
        spawn(async move { gate.wait().await })
    });
    (gates, tasks.into())
}

/// An end is logged at once; the watcher is asked a turn later, and whoever
/// waits is woken a turn after that (F12).
#[test]
fn an_end_is_logged_at_once_and_asked_about_a_turn_later() {
    run(async {
        let notes = Notes::yes_to(1);
        let tasks = [spawn(turns(1)), spawn(turns(1))];
        let watch = watch_all(notes.clone(), &tasks);
        turns(2).await;
        assert_eq!((watch.take_ended(), notes.asked()), (vec![0, 1], vec![]));
        assert!(!is_met(&watch).await);
        turns(1).await;
        assert_eq!((watch.take_ended(), notes.asked()), (vec![], vec![0, 1]));
        assert!(is_met(&watch).await);
    });
}

/// The watcher is asked in the order of the ends, and the log is in that order;
/// the numbers are the caller's.
#[test]
fn ends_are_told_in_their_order_under_numbers_of_ones_choice() {
    run(async {
        let notes = Notes::yes_to(30);
        let watch = Watch::new(notes.clone());
        let tasks = [(3, 30), (1, 10), (2, u32::MAX)].map(|(time, number)| {
            let task = spawn(sleeps(time));
            watch.add(&task, number);
            task
        });
        poll_fn(|cx| watch.poll_met(cx)).await;
        assert_eq!(watch.take_ended(), [10, u32::MAX, 30]);
        assert_eq!(notes.asked(), [10, u32::MAX, 30]);
        assert!(tasks.iter().all(Task::is_finished));
    });
}

/// Once content it isn't asked again, but ends are logged on.
#[test]
fn after_a_yes_nobody_is_asked() {
    run(async {
        let notes = Notes::yes_to(0);
        let tasks = [1, 2].map(|time| spawn(sleeps(time)));
        let watch = watch_all(notes.clone(), &tasks);
        poll_fn(|cx| watch.poll_met(cx)).await;
        sleep(ms(3)).await;
        assert_eq!((watch.take_ended(), notes.asked()), (vec![0, 1], vec![0]));
        assert!(is_met(&watch).await, "it stays content");
    });
}

/// A task that has ended counts as ending when it is added (F57).
#[test]
fn an_ended_task_counts_as_ending_now() {
    run(async {
        let task = spawn(async {});
        turns(3).await;
        let notes = Notes::yes_to(5);
        let watch = Watch::new(notes.clone());
        watch.add(&task, 5);
        assert_eq!((watch.take_ended(), notes.asked()), (vec![5], vec![]));
        assert!(!is_met(&watch).await);
        yield_now().await;
        assert!(is_met(&watch).await);
    });
}

/// A watch that is rearmed asks about ends from there on.
#[test]
fn a_rearmed_watch_asks_about_later_ends() {
    run(async {
        let notes = Notes::yes_to(0);
        let ([a, b, c], tasks) = gated();
        let watch = watch_all(notes.clone(), &tasks);
        turns(1).await;
        a.open();
        poll_fn(|cx| watch.poll_met(cx)).await;
        b.open();
        turns(3).await;
        watch.rearm();
        assert!(!is_met(&watch).await);
        notes.yes_to.set(Some(2));
        c.open();
        poll_fn(|cx| watch.poll_met(cx)).await;
        assert_eq!(notes.asked(), [0, 2]);
        assert_eq!(watch.take_ended(), [0, 1, 2]);
    });
}

/// Notices on their way when a watch is rearmed are void; a task added again
/// is asked about once, by a notice of its own.
#[test]
fn a_rearmed_watch_voids_notices_on_their_way() {
    run(async {
        let notes = Rc::new(Notes::default());
        let ([a, b, c], tasks) = gated();
        let watch = watch_all(notes.clone(), &tasks);
        turns(1).await;
        a.open();
        b.open();
        turns(1).await;
        assert_eq!(watch.take_ended(), [0, 1]);
        watch.rearm();
        watch.add(&tasks[1], 1);
        c.open();
        turns(1).await;
        assert_eq!(notes.asked(), [1], "of three notices two were void");
        turns(3).await;
        assert_eq!((notes.asked(), watch.take_ended()), (vec![1, 2], vec![1, 2]));
    });
}

/// Rearming twice voids each notice once.
#[test]
fn a_watch_may_be_rearmed_while_notices_are_void() {
    run(async {
        let notes = Rc::new(Notes::default());
        let ([a, b], tasks) = gated();
        let watch = watch_all(notes.clone(), &tasks);
        turns(1).await;
        a.open();
        turns(1).await;
        watch.rearm();
        watch.rearm();
        watch.add(&tasks[0], 0);
        watch.rearm();
        b.open();
        turns(3).await;
        assert_eq!(notes.asked(), [1]);
    });
}

/// Dropping a watch leaves the tasks alone, forgets the watcher at once, and
/// no notice on its way is delivered.
#[test]
fn a_dropped_watch_leaves_its_tasks_alone() {
    run(async {
        let notes = Rc::new(Notes::default());
        let tasks = [spawn(turns(1)), spawn(turns(4))];
        let watch = watch_all(notes.clone(), &tasks);
        turns(2).await;
        assert!(tasks[0].is_finished());
        drop(watch);
        assert_eq!(Rc::strong_count(&notes), 1);
        turns(4).await;
        assert!(notes.asked().is_empty());
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Nor is a notice queued for a watch that is gone.
#[test]
fn ends_of_tasks_that_were_watched_take_no_turn() {
    let executor = virtual_executor();
    let tasks = [executor.spawn(turns(1))];
    let watch = watch_all(Rc::new(Anyone), &tasks);
    assert_eq!(executor.turn(), Next::Now);
    drop(watch);
    assert_eq!(executor.turn(), Next::Woken);
    assert!(tasks[0].is_finished());
}

/// However many tasks it has.
#[test]
fn dropping_a_watch_takes_no_time() {
    fn time_to_drop(count: usize) -> Duration {
        run(async {
            let tasks: Vec<_> = (0..count).map(|_| spawn(async {})).collect();
            let watch = watch_all(Rc::new(Anyone), &tasks);
            let start = Instant::now();
            drop(watch);
            start.elapsed()
        })
    }
    let best = (0..5).map(|_| time_to_drop(50_000)).min().unwrap();
    assert!(best < Duration::from_micros(100), "{best:?} for 50,000 tasks");
}

/// A watcher's panic is the panic of who waits, payload and all.
#[test]
fn a_watchers_panic_goes_to_who_waits() {
    struct Panics;
    impl Watcher for Panics {
        fn ended(&self, _: u32) -> bool {
            std::panic::panic_any(42)
        }
    }
    run(async {
        let parent = spawn(async {
            let watch = watch_all(Rc::new(Panics), &[spawn(turns(1))]);
            poll_fn(|cx| watch.poll_met(cx)).await;
        });
        let payload = parent.await.unwrap_err().into_panic().unwrap();
        assert_eq!(payload.downcast_ref(), Some(&42));
    });
}

/// Also if nobody waited when it happened.
#[test]
fn a_watchers_panic_waits_for_who_polls() {
    struct Panics;
    impl Watcher for Panics {
        fn ended(&self, _: u32) -> bool {
            panic!("the watcher's")
        }
    }
    run(async {
        let tasks = [spawn(async {}), spawn(async {})];
        let watch = watch_all(Rc::new(Panics), &tasks);
        turns(3).await;
        assert!(tasks.iter().all(Task::is_finished));
        let parent = spawn(async move { poll_fn(|cx| watch.poll_met(cx)).await });
        assert_eq!(parent.await.unwrap_err().panic_message(), Some("the watcher's"));
    });
}

/// A task may be in several watches, which are told in the order in which they
/// came (F16).
#[test]
fn a_task_in_two_watches_tells_both() {
    run(async {
        let (first, second) = (Rc::new(Notes::default()), Rc::new(Notes::default()));
        let tasks = [1, 2].map(|time| spawn(sleeps(time)));
        let one = watch_all(first.clone(), &tasks);
        let other = Watch::new(second.clone());
        other.add(&tasks[0], 7);
        sleep(ms(3)).await;
        assert_eq!((one.take_ended(), first.asked()), (vec![0, 1], vec![0, 1]));
        assert_eq!((other.take_ended(), second.asked()), (vec![7], vec![7]));
    });
}

/// Awaiting a task that is watched takes nothing from the watch.
#[test]
fn a_task_may_be_awaited_and_watched() {
    run(async {
        let notes = Rc::new(Notes::default());
        let tasks = [1, 2].map(|time| spawn(sleeps(time)));
        let watch = watch_all(notes.clone(), &tasks);
        let [first, _second] = tasks;
        assert_eq!(first.await.unwrap(), 1);
        sleep(ms(2)).await;
        assert_eq!((watch.take_ended(), notes.asked()), (vec![0, 1], vec![0, 1]));
    });
}

/// The task that polled last is the one that is woken.
#[test]
fn the_last_to_poll_is_woken() {
    run(async {
        let tasks = [spawn(sleeps(2))];
        let watch = Rc::new(watch_all(Rc::new(Anyone), &tasks));
        let trace = Trace::new();
        let waits = |name: &'static str| {
            let (watch, trace) = (Rc::clone(&watch), trace.clone());
            async move {
                poll_fn(|cx| watch.poll_met(cx)).await;
                trace.push(name);
            }
        };
        let _first = spawn(waits("first"));
        let _second = spawn(waits("second"));
        sleep(ms(3)).await;
        trace.assert(&["second"]);
    });
}

/// I7: what a watcher does when it is asked: drops the watch, adds to it,
/// rearms it, cancels, spawns.
struct Busy {
    watch: RefCell<Option<Watch>>,
    late: RefCell<Option<Task<()>>>,
    asked: Trace,
}

impl Watcher for Busy {
    fn ended(&self, child: u32) -> bool {
        self.asked.push(child.to_string());
        match child {
            0 => {
                let late = spawn(async {});
                let watch = self.watch.borrow();
                let watch = watch.as_ref().expect("not dropped yet");
                assert_eq!(watch.take_ended(), [0]);
                watch.add(&late, 1);
                self.late.replace(Some(late));
            }
            _ => drop(self.watch.take()),
        }
        false
    }
}

/// I7: the seam holds no borrow while a watcher is asked.
#[test]
fn a_watcher_may_use_the_watch_that_asks_it() {
    run(async {
        let asked = Trace::new();
        let (watch, late) = (RefCell::default(), RefCell::default());
        let busy = Rc::new(Busy { watch, late, asked: asked.clone() });
        let tasks = [spawn(async {})];
        let watch = watch_all(busy.clone(), &tasks);
        busy.watch.replace(Some(watch));
        turns(6).await;
        asked.assert(&["0", "1"]);
        assert!(busy.watch.borrow().is_none());
        assert_eq!(Rc::strong_count(&busy), 1);
    });
}

/// A watcher may cancel the task that waits for it.
#[test]
fn a_watcher_may_cancel_the_task_that_waits() {
    struct Cancels(executor::TaskRef);
    impl Watcher for Cancels {
        fn ended(&self, _: u32) -> bool {
            self.0.cancel()
        }
    }
    run(async {
        let parent = spawn(async {
            let cancels = Cancels(current_task().unwrap());
            let watch = watch_all(Rc::new(cancels), &[spawn(turns(1))]);
            poll_fn(|cx| watch.poll_met(cx)).await;
        });
        assert!(parent.await.unwrap_err().is_cancelled());
    });
}

/// Handles dropped while watched: a detached task still counts.
#[test]
fn a_detached_task_is_watched_on() {
    run(async {
        let watch = {
            let tasks = [spawn(sleeps(1))];
            watch_all(Rc::new(Anyone), &tasks)
        };
        poll_fn(|cx| watch.poll_met(cx)).await;
        assert_eq!(watch.take_ended(), [0]);
    });
}

/// A reference adds tasks as the watch does, also ones that have ended.
#[test]
fn tasks_are_added_by_a_reference_to_the_watch() {
    run(async {
        let watch = Watch::new(Rc::new(Anyone));
        assert!(watch.reference().is_none(), "it knows no executor yet");
        let tasks = [spawn(async {}), spawn(sleeps_for(5)), spawn(sleeps_for(9))];
        watch.add(&tasks[1], 1);
        let reference = watch.reference().unwrap();
        turns(2).await;
        reference.add(&tasks[0], 0);
        reference.add(&tasks[2], 2);
        poll_fn(|cx| watch.poll_met(cx)).await;
        assert_eq!(watch.take_ended(), [0]);
        sleep(ms(9)).await;
        assert_eq!(watch.take_ended(), [1, 2]);
    });
}

async fn sleeps_for(time: u64) {
    sleep(ms(time)).await;
}

/// A reference doesn't keep the watch: the watcher goes with it.
#[test]
fn a_reference_does_not_keep_the_watch() {
    run(async {
        let watcher = Rc::new(Anyone);
        let task = spawn(async {});
        let watch = watch_all(watcher.clone(), &[spawn(async {})]);
        let reference = watch.reference().unwrap();
        drop(watch);
        assert_eq!(Rc::strong_count(&watcher), 1);
        reference.add(&task, 1);
        assert!(task.await.is_ok());
        assert_eq!(format!("{reference:?}"), "WatchRef { .. }");
        let foreign = Executor::new().spawn(async {});
        let message = panic_of(|| reference.add(&foreign, 2));
        assert!(message.contains("a watch has tasks of one executor only"), "{message}");
    });
}

/// Misuse: tasks of two executors.
#[test]
fn a_watch_has_tasks_of_one_executor() {
    let (one, other) = (Executor::new(), Executor::new());
    let tasks = [one.spawn(async {}), other.spawn(async {})];
    let message = panic_of(|| watch_all(Rc::new(Anyone), &tasks));
    assert!(message.contains("a watch has tasks of one executor only"), "{message}");
}

/// Misuse: polled where its tasks don't run.
#[test]
fn a_watch_is_polled_in_its_executor() {
    let other = Executor::new();
    let tasks = [other.spawn(async {})];
    let watch = watch_all(Rc::new(Anyone), &tasks);
    let message = panic_of(|| run(async { is_met(&watch).await }));
    assert!(message.contains("inside that executor's `block_on`"), "{message}");
}

/// What a log shows of it.
#[test]
fn a_watch_can_be_printed() {
    assert_eq!(format!("{:?}", Watch::new(Rc::new(Anyone))), "Watch { .. }");
}

/// A watcher that is content with the first end that it notes.
struct First;

impl Watcher for First {
    fn ended(&self, _: u32) -> bool {
        true
    }
}

/// What matters is the same, whoever else waits for the tasks.
#[test]
fn a_task_that_returns_is_as_one_that_returns_if_others_wait_for_it_too() {
    run(async {
        let tasks = [1, 2].map(|number| spawn(async move { number }));
        let watch = watch_all(Rc::new(First), &tasks);
        watch.matters_from(u32::MAX, 1);
        tasks[0].on_done(|| ());
        turns(4).await;
        let is_met = poll_fn(|cx| Poll::Ready(watch.poll_met(cx).is_ready())).await;
        assert!(!is_met, "no task has failed");
    });
}
