//! Several consumers of one `TaskSet`: they wait in line, and each end is for the first.
//!
//! | when a consumer that was woken | its task                              |
//! |--------------------------------|---------------------------------------|
//! | is polled, by whomever         | is given to it                        |
//! | is dropped                     | is for the next in line, which is woken |
//! | is neither                     | is kept for it                        |

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use combinators::{NextEnded, TaskSet, timeout};
use executor::{Task, TaskId, TaskRef, sleep, spawn};
use futures_lite::future::{or, poll_once};
use futures_util::StreamExt;
use wheelhouse_tests::{ms, program_of, run, say, shrunk, sleeps, trace, turns};

type Set = Rc<TaskSet<()>>;

fn empty_set() -> Set {
    Rc::new(TaskSet::new())
}

/// Adds a task that runs until it is [ended](end).
fn add(set: &Set) -> TaskRef {
    set.insert(spawn(pending()))
}

/// Ends a task, and lets the set know of it.
async fn end(task: &TaskRef) {
    task.cancel();
    turns(3).await;
}

/// A consumer that is polled by hand, with wakers of its own.
struct Consumer {
    future: Pin<Box<dyn Future<Output = Option<TaskId>>>>,
    flag: Arc<Flag>,
}

/// Set by a wake.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Consumer {
    /// One that gives up when the set is empty.
    fn next(set: &Set) -> Self {
        let set = Rc::clone(set);
        Self::of(async move { Some(set.next().await?.id()) })
    }

    /// One that waits for ever.
    fn ended(set: &Set) -> Self {
        let set = Rc::clone(set);
        Self::of(async move { Some(set.ended().await.id()) })
    }

    fn of(future: impl Future<Output = Option<TaskId>> + 'static) -> Self {
        Self { future: Box::pin(future), flag: Arc::default() }
    }

    /// Polls with the waker of the polls before, which counts as not woken from here on.
    fn poll(&mut self) -> Poll<Option<TaskId>> {
        self.flag.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.flag));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls with another waker, as another task does.
    fn poll_elsewhere(&mut self) -> Poll<Option<TaskId>> {
        self.flag = Arc::default();
        self.poll()
    }

    fn is_woken(&self) -> bool {
        self.flag.0.load(Ordering::Relaxed)
    }

    #[track_caller]
    fn assert_waits(&mut self) {
        assert_eq!(self.poll(), Poll::Pending);
    }

    #[track_caller]
    fn assert_gets(&mut self, task: &TaskRef) {
        assert_eq!(self.poll(), Poll::Ready(Some(task.id())));
    }
}

/// So many consumers that wait, in this order.
fn waiting<const N: usize>(set: &Set, new: fn(&Set) -> Consumer) -> [Consumer; N] {
    [(); N].map(|()| {
        let mut consumer = new(set);
        consumer.assert_waits();
        consumer
    })
}

// In line ------------------------------------------------------------------------

#[test]
fn each_end_wakes_one_consumer_in_the_order_in_which_they_came() {
    run(async {
        let set = empty_set();
        let tasks = [(); 4].map(|()| add(&set));
        let mut consumers: [_; 3] = waiting(&set, Consumer::next);
        for count in 0..3 {
            assert!(consumers[count..].iter().all(|it| !it.is_woken()));
            end(&tasks[count]).await;
            assert!(consumers[count].is_woken());
        }
        for (consumer, task) in consumers.iter_mut().zip(&tasks) {
            consumer.assert_gets(task);
        }
    });
}

/// However many wait: they would be polled a thousand times each, else.
#[test]
fn who_waits_in_line_is_polled_twice() {
    run(async {
        let (set, polls) = (empty_set(), Rc::default());
        let tasks: Vec<_> = (0..1000).map(|_| add(&set)).collect();
        let consumers: Vec<_> = (0..1000).map(|_| takes_one(&set, &polls)).collect();
        for task in tasks {
            end(&task).await;
        }
        for consumer in consumers {
            assert!(consumer.await.unwrap());
        }
        assert_eq!(polls.get(), 2 * 1000);
    });
}

/// A task that takes one, and counts how often it is polled.
fn takes_one(set: &Set, polls: &Rc<Cell<usize>>) -> Task<bool> {
    let (set, polls) = (Rc::clone(set), Rc::clone(polls));
    spawn(async move {
        let mut next = pin!(set.next());
        let next = poll_fn(|cx| {
            polls.set(polls.get() + 1);
            next.as_mut().poll(cx)
        });
        next.await.is_some()
    })
}

/// A worker that comes back at once doesn't take what another was woken for.
#[test]
fn workers_take_turns() {
    let program = async {
        let set = empty_set();
        let tasks = [(); 4].map(|()| add(&set));
        let workers = ["one", "two"].map(|name| {
            let set = Rc::clone(&set);
            spawn(async move {
                while set.next().await.is_some() {
                    say(name);
                }
            })
        });
        for two in tasks.chunks(2) {
            turns(1).await;
            assert!(two.iter().all(TaskRef::cancel));
            turns(2).await;
        }
        for worker in workers {
            worker.await.unwrap();
        }
    };
    trace(program).assert(&["0+0 one", "0+0 two", "0+3 one", "0+3 two"]);
}

#[test]
fn who_comes_later_gets_nothing_that_another_was_woken_for() {
    run(async {
        let set = empty_set();
        let tasks = [add(&set), add(&set)];
        let [mut first, mut second] = waiting(&set, Consumer::ended);
        end(&tasks[0]).await;
        let mut late = Consumer::ended(&set);
        second.assert_waits();
        late.assert_waits();
        end(&tasks[1]).await;
        assert!(second.is_woken() && !late.is_woken());
        late.assert_waits();
        first.assert_gets(&tasks[0]);
        second.assert_gets(&tasks[1]);
    });
}

/// A task that no consumer waits for is given to the next that comes.
#[test]
fn what_is_nobodys_is_taken_at_once() {
    run(async {
        let set = empty_set();
        let tasks = [add(&set), add(&set)];
        let [mut first] = waiting(&set, Consumer::ended);
        end(&tasks[0]).await;
        end(&tasks[1]).await;
        let mut late = Consumer::ended(&set);
        late.assert_gets(&tasks[0]);
        first.assert_gets(&tasks[1]);
    });
}

#[test]
fn who_waits_anew_begins_at_the_end_of_the_line() {
    run(async {
        let set = empty_set();
        let tasks = [add(&set), add(&set)];
        let [first, mut second] = waiting(&set, Consumer::next);
        drop(first);
        let [mut anew] = waiting(&set, Consumer::next);
        end(&tasks[0]).await;
        assert!(second.is_woken() && !anew.is_woken());
        second.assert_gets(&tasks[0]);
        end(&tasks[1]).await;
        anew.assert_gets(&tasks[1]);
    });
}

/// A poll that nobody has asked for costs nobody its place.
#[test]
fn who_is_polled_in_vain_keeps_its_place_and_may_move() {
    run(async {
        let set = empty_set();
        let tasks = [add(&set), add(&set)];
        let [mut first, second] = waiting(&set, Consumer::next);
        let before = Arc::clone(&first.flag);
        assert_eq!(first.poll_elsewhere(), Poll::Pending);
        end(&tasks[0]).await;
        assert!(first.is_woken() && !before.0.load(Ordering::Relaxed) && !second.is_woken());
        // It is moved once more, and the wake is for the flag of before.
        assert!(first.poll_elsewhere().is_ready());
    });
}

// Woken and gone -------------------------------------------------------------------

#[test]
fn the_next_is_woken_if_who_was_woken_is_dropped() {
    run(async {
        let set = empty_set();
        let tasks = [add(&set), add(&set)];
        let [first, second, mut third] = waiting(&set, Consumer::next);
        end(&tasks[0]).await;
        assert!(first.is_woken() && !second.is_woken());
        drop(first);
        assert!(second.is_woken() && !third.is_woken());
        drop(second);
        assert!(third.is_woken());
        third.assert_gets(&tasks[0]);
    });
}

/// It has nothing to pass on.
#[test]
fn nobody_is_woken_if_one_goes_that_only_waits() {
    run(async {
        let set = empty_set();
        let task = add(&set);
        let [mut first, second, third] = waiting(&set, Consumer::ended);
        end(&task).await;
        drop(second);
        assert!(!third.is_woken());
        first.assert_gets(&task);
        drop(first);
        assert!(!third.is_woken());
    });
}

/// A stream's consumer has no place: the set is its own while it is polled.
#[test]
fn a_stream_that_is_given_up_takes_nothing_from_others() {
    run(async {
        let mut set = TaskSet::new();
        set.insert(spawn(turns(1)));
        set.insert(spawn(turns(8)));
        assert!(poll_once(StreamExt::next(&mut set)).await.is_none());
        assert!(TaskSet::next(&set).await.is_some());
        assert!(StreamExt::next(&mut set).await.is_some());
        assert!(StreamExt::next(&mut set).await.is_none());
    });
}

// The empty set --------------------------------------------------------------------

#[test]
fn when_the_set_is_empty_all_are_woken_but_those_who_wait_for_ever() {
    run(async {
        let set = empty_set();
        let task = add(&set);
        let [mut first, mut second, mut third] = waiting(&set, Consumer::next);
        let [for_ever] = waiting(&set, Consumer::ended);
        end(&task).await;
        // Nothing runs any more, but the first may still pass its task on.
        assert!(second.is_woken() && third.is_woken());
        second.assert_waits();
        first.assert_gets(&task);
        assert!(second.is_woken());
        assert_eq!(second.poll(), Poll::Ready(None));
        assert_eq!(third.poll(), Poll::Ready(None));
        assert!(!for_ever.is_woken());
    });
}

#[test]
fn who_finds_a_task_added_after_it_was_woken_keeps_its_place() {
    run(async {
        let set = empty_set();
        let task = add(&set);
        let [mut first, mut second, mut third] = waiting(&set, Consumer::next);
        end(&task).await;
        first.assert_gets(&task);
        let task = add(&set);
        third.assert_waits();
        second.assert_waits();
        end(&task).await;
        assert!(second.is_woken());
        second.assert_gets(&task);
    });
}

/// Though it is still there, it doesn't wait.
#[test]
fn nothing_is_kept_for_who_has_heard_that_there_is_nothing() {
    run(async {
        let set = TaskSet::new();
        set.insert(spawn(async {}));
        let (mut first, mut second) = (Box::pin(set.next()), Box::pin(set.next()));
        let poll = |it: &mut Pin<Box<NextEnded<'_, ()>>>| {
            it.as_mut().poll(&mut Context::from_waker(Waker::noop())).map(|task| task.is_some())
        };
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
        turns(3).await;
        assert_eq!([poll(&mut first), poll(&mut second)], [Poll::Ready(true), Poll::Ready(false)]);
        set.insert(spawn(async {}));
        assert!(set.next().await.is_some());
    });
}

#[test]
fn a_line_of_which_most_have_gone_serves_those_who_are_left() {
    run(async {
        let set = empty_set();
        let tasks = [add(&set), add(&set)];
        let [mut first] = waiting(&set, Consumer::next);
        let mut last = Consumer::next(&set);
        for _ in 0..10_000 {
            let [other] = waiting(&set, Consumer::next);
            last = other; // It comes before the one that is dropped goes.
        }
        end(&tasks[0]).await;
        end(&tasks[1]).await;
        first.assert_gets(&tasks[0]);
        last.assert_gets(&tasks[1]);
    });
}

// Foreign code ---------------------------------------------------------------------

thread_local! {
    /// The consumers that a strange waker drops.
    static IN_REACH: RefCell<Vec<Consumer>> = const { RefCell::new(Vec::new()) };
}

/// A waker that drops consumers, and panics.
struct Wakes;

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        drop(IN_REACH.take());
        panic!("in the waker");
    }
}

/// A waker that does so when it goes itself.
struct Goes;

impl Wake for Goes {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Goes {
    fn drop(&mut self) {
        drop(IN_REACH.take());
        panic!("in the waker's destructor");
    }
}

impl Consumer {
    fn wait_strangely(&mut self, waker: impl Wake + Send + Sync + 'static) {
        let waker = Waker::from(Arc::new(waker));
        assert!(self.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
}

/// I7: neither the one that is woken nor one in line.
#[test]
fn a_waker_may_drop_the_consumers_and_the_task_is_for_who_is_left() {
    run(async {
        let set = empty_set();
        let task = add(&set);
        let [mut first, second, mut third] = waiting(&set, Consumer::next);
        first.wait_strangely(Wakes);
        IN_REACH.set(vec![first, second]);
        end(&task).await;
        assert!(third.is_woken());
        third.assert_gets(&task);
    });
}

/// As all are woken for the last end, so is the strange one, though the task isn't its own.
#[test]
fn a_waker_may_do_so_while_all_are_woken() {
    run(async {
        let set = empty_set();
        let task = add(&set);
        let [first, mut second, third, mut fourth] = waiting(&set, Consumer::next);
        second.wait_strangely(Wakes);
        IN_REACH.set(vec![second, third, first]);
        end(&task).await;
        assert!(fourth.is_woken());
        fourth.assert_gets(&task);
    });
}

/// The one that goes is not in line any more when its waker goes.
#[test]
fn a_wakers_destructor_may_do_so_while_a_consumer_goes() {
    run(async {
        let set = empty_set();
        let (task, _runs) = (add(&set), add(&set));
        let [first, mut second, third] = waiting(&set, Consumer::next);
        second.wait_strangely(Goes);
        let [mut fourth] = waiting(&set, Consumer::next);
        end(&task).await;
        IN_REACH.set(vec![first, third]);
        drop(second);
        fourth.assert_gets(&task);
    });
}

/// The consumer that begins to wait is in line when the waker of the one before goes.
#[test]
fn a_wakers_destructor_may_do_so_while_a_consumer_begins_to_wait() {
    run(async {
        let set = empty_set();
        let (task, _runs) = (add(&set), add(&set));
        let [first, mut second] = waiting(&set, Consumer::next);
        second.wait_strangely(Goes);
        drop(second);
        end(&task).await;
        IN_REACH.set(vec![first]);
        let mut third = Consumer::next(&set);
        third.assert_waits();
        assert!(third.is_woken());
        third.assert_gets(&task);
    });
}

// Whatever happens -----------------------------------------------------------------

/// However they wait, give up, are cancelled and come again: as long as somebody waits, no task
/// stays in the set.
#[test]
fn random_workers_are_given_each_task_once() {
    let fails = |program: &[u8]| catch_unwind(|| run(work(program))).is_err();
    for seed in 0..100 {
        let program = program_of(seed);
        if fails(&program) {
            run(work(&shrunk(program, fails)));
        }
    }
}

/// The values that workers were given.
type Given = Rc<RefCell<Vec<u64>>>;

/// Adds tasks, lets time pass, and has workers come and go, as each byte says.
async fn work(program: &[u8]) {
    let (set, given) = (Rc::new(TaskSet::new()), Given::default());
    // In some programs all wait for ever.
    let ways = program.first().copied().unwrap_or(0);
    let new_worker = |how| spawn(worker(Rc::clone(&set), how & ways, Rc::clone(&given)));
    let mut workers: VecDeque<_> = (0..3).map(|_| new_worker(0)).collect();
    let mut added = 0;
    for &byte in program {
        let time = u64::from(byte / 8);
        match byte % 8 {
            0..=3 => {
                set.insert(spawn(async move { sleeps(time % 4).await + 100 * added }));
                added += 1;
            }
            4 => turns(byte as usize / 8 % 4).await,
            5 => {
                sleeps(time % 6).await;
                turns(6).await;
                assert!(ways % 8 > 0 || nothing_is_left(&set), "{set:?}");
            }
            6 => workers.push_back(new_worker(byte / 8)),
            _ if workers.len() == 1 => {}
            _ => _ = workers.pop_front().expect("there are two at least").cancel(),
        }
    }
    sleep(ms(20)).await;
    assert_eq!(set.len(), 0);
    let mut given: Vec<_> = given.borrow().iter().map(|value| value / 100).collect();
    given.sort_unstable();
    assert!(given.into_iter().eq(0..added));
}

/// Returns whether all tasks in a set still run.
fn nothing_is_left(set: &TaskSet<u64>) -> bool {
    format!("{set:?}") == format!("TaskSet {{ tasks: {0}, running: {0}, .. }}", set.len())
}

/// Takes one task after the other, in its own way, for ever.
async fn worker(set: Rc<TaskSet<u64>>, how: u8, given: Given) {
    let limit = ms(u64::from(how / 4 % 4));
    loop {
        let late = async {
            sleep(limit).await;
            None
        };
        let taken = match how % 8 {
            3 => set.next().await,
            1 => timeout(limit, set.ended()).await.ok(),
            2 => or(late, async { Some(set.ended().await) }).await,
            _ => Some(set.ended().await),
        };
        match taken {
            Some(mut task) => given.borrow_mut().extend(task.take_outcome().expect("it has ended")),
            None => sleep(ms(1)).await,
        }
    }
}

/// Compares the set with a model that is a line, and counts.
#[test]
fn random_consumers_are_served_as_a_simple_line_is() {
    let fails = |program: &[u8]| catch_unwind(|| run(Model::follow(program))).is_err();
    for seed in 0..1000 {
        let program = program_of(seed);
        if fails(&program) {
            let program = shrunk(program, fails);
            run(Model::follow(&program));
        }
    }
}

/// A consumer of the model. It waits as long as it is in the line.
struct InLine {
    consumer: Consumer,
    for_ever: bool,
    /// Is set when the set was empty, or about to be, since the last poll.
    may_give_up: bool,
}

/// The first in the line have what has ended, one each, and the others wait.
#[derive(Default)]
struct Model {
    set: Set,
    running: Vec<TaskRef>,
    ended: VecDeque<TaskId>,
    line: Vec<InLine>,
}

impl Model {
    /// Does what each byte says, and compares.
    async fn follow(program: &[u8]) {
        let mut model = Self::default();
        for byte in program {
            let which = usize::from(byte / 8);
            match byte % 8 {
                0 => model.running.push(add(&model.set)),
                1 | 2 => model.end(which).await,
                3 => model.come(Consumer::next(&model.set), false),
                4 => model.come(Consumer::ended(&model.set), true),
                5 => model.leave(which),
                6 => model.poll(which, Consumer::poll_elsewhere),
                _ => model.poll(which, Consumer::poll),
            }
            model.assert_woken();
        }
        assert_eq!(model.set.len(), model.running.len() + model.ended.len());
    }

    async fn end(&mut self, which: usize) {
        let Some(which) = which.checked_rem(self.running.len()) else { return };
        let task = self.running.swap_remove(which);
        end(&task).await;
        self.ended.push_back(task.id());
        self.note_if_over(self.running.is_empty());
    }

    fn come(&mut self, consumer: Consumer, for_ever: bool) {
        self.line.push(InLine { consumer, for_ever, may_give_up: false });
        self.poll(self.line.len() - 1, Consumer::poll);
    }

    fn leave(&mut self, which: usize) {
        if let Some(which) = which.checked_rem(self.line.len()) {
            self.line.remove(which);
        }
    }

    /// Polls one, wherever in the line it is, and compares what it gets.
    fn poll(&mut self, which: usize, poll: fn(&mut Consumer) -> Poll<Option<TaskId>>) {
        let Some(which) = which.checked_rem(self.line.len()) else { return };
        let is_empty = self.running.is_empty() && self.ended.is_empty();
        let in_line = &mut self.line[which];
        in_line.may_give_up = false;
        let polled = poll(&mut in_line.consumer);
        if is_empty && !in_line.for_ever {
            assert_eq!(polled, Poll::Ready(None));
            self.line.remove(which);
        } else if which < self.ended.len() {
            assert_eq!(polled, Poll::Ready(self.ended.pop_front()));
            self.line.remove(which);
            self.note_if_over(self.running.is_empty() && self.ended.is_empty());
        } else {
            assert_eq!(polled, Poll::Pending);
        }
    }

    fn note_if_over(&mut self, over: bool) {
        if over {
            self.line.iter_mut().for_each(|it| it.may_give_up = !it.for_ever);
        }
    }

    /// Nobody is woken in vain, and nobody is forgotten.
    fn assert_woken(&self) {
        for (place, it) in self.line.iter().enumerate() {
            let expected = place < self.ended.len() || it.may_give_up;
            assert_eq!(it.consumer.is_woken(), expected, "number {place} in line");
        }
    }
}
