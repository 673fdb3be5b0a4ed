//! Foreign code that panics, re-enters, and goes deep, in each place where the
//! library calls it: where the panic goes, and that nobody else is any the worse.
//! The table in the guarantees says the same in short.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use combinators::{
    Condition, Group, Progress, as_completed, gather, shield, task_group, timeout, to_thread, wait,
};
use executor::{
    Alarm, CancelTarget, Clock, Executor, JoinError, PassCancel, Scope, Shared, Task, Watch,
    Watcher, block_on, catch_cancel, current_task, freeze_time, sleep, spawn, yield_now,
};
use wheelhouse_tests::{
    Counting, HOUR, ms, panic_of, run, run_until_stalled, turns, virtual_executor,
};

/// Does something when it is dropped.
struct OnDrop(Option<Box<dyn FnOnce()>>);

impl OnDrop {
    fn new(act: impl FnOnce() + 'static) -> Self {
        Self(Some(Box::new(act)))
    }

    /// Panics when it is dropped, also if that aborts.
    fn fragile() -> Self {
        Self::new(|| panic!("a destructor"))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|act| act());
    }
}

/// A payload that may be thrown, and does something when it is dropped.
struct Payload(fn());

impl Drop for Payload {
    fn drop(&mut self) {
        self.0();
    }
}

fn explode() {
    panic!("a payload's destructor");
}

/// The executor runs tasks, timers and joins as ever.
#[track_caller]
fn assert_usable(executor: &Executor) {
    let value = executor.block_on(async {
        let task = spawn(async {
            sleep(ms(1)).await;
            7
        });
        task.await.unwrap()
    });
    assert_eq!(value, 7);
}

// What a cancellation is passed on to ----------------------------------------

/// Panics when it is asked to cancel.
struct Refusing;

impl CancelTarget for Refusing {
    fn cancel(&self) -> bool {
        panic!("a target")
    }
}

/// Waits for ever, and passes cancellations on to a target.
async fn passing(target: impl CancelTarget + 'static) {
    let mut pass = PassCancel::to(Rc::new(target));
    let wait = |cx: &mut Context<'_>| {
        pass.waits(cx);
        Poll::<()>::Pending
    };
    poll_fn(wait).await;
}

#[test]
fn a_target_that_panics_while_the_loop_asks_it_leaves_the_task_cancelled() {
    let executor = virtual_executor();
    let (task, other) = executor.block_on(async {
        let task = spawn(async {
            current_task().unwrap().cancel();
            passing(Refusing).await;
        });
        let other = spawn(turns(3));
        turns(5).await;
        (task, other)
    });
    assert!(task.outcome().unwrap().unwrap_err().is_cancelled());
    assert!(other.outcome().unwrap().is_ok());
    assert_usable(&executor);
}

#[test]
fn a_target_that_panics_while_cancel_asks_it_leaves_the_task_cancelled() {
    run(async {
        let task = spawn(passing(Refusing));
        yield_now().await;
        assert!(task.cancel());
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// Cancels tasks, and notes that it was asked.
struct Cancelling(Rc<RefCell<Vec<usize>>>, usize, Vec<Shared<()>>);

impl CancelTarget for Cancelling {
    fn cancel(&self) -> bool {
        let Self(asked, number, tasks) = self;
        asked.borrow_mut().push(*number);
        tasks.iter().filter(|task| task.cancel()).count() > 0
    }
}

/// The requests that a target makes are seen to in their order, and each with all
/// that follows from it before the next.
#[test]
fn targets_are_asked_in_the_order_of_calls_within_calls() {
    run(async {
        let asked = Rc::default();
        let target = |number, tasks| Cancelling(Rc::clone(&asked), number, tasks);
        let leaf = || spawn(pending::<()>()).shared();
        let inner = [3, 5].map(|number| spawn(passing(target(number, vec![leaf()]))).shared());
        let [left, right] = inner.map(|it| vec![it]);
        let middle = [(2, left), (4, right)];
        let middle = middle.map(|(number, tasks)| spawn(passing(target(number, tasks))).shared());
        let top = spawn(passing(target(1, middle.to_vec())));
        turns(2).await;
        top.cancel();
        assert_eq!(*asked.borrow(), [1, 2, 3, 4, 5]);
    });
}

/// So they are beyond the number of calls within calls from which on they are noted.
#[test]
fn targets_are_asked_in_that_order_however_deep_they_are() {
    run(async {
        let asked = Rc::default();
        let target = |number, tasks| Cancelling(Rc::clone(&asked), number, tasks);
        let leaf = || spawn(pending::<()>()).shared();
        let pair = |number| {
            let leaves = vec![leaf(), spawn(passing(target(number + 1, vec![leaf()]))).shared()];
            spawn(passing(target(number, leaves))).shared()
        };
        let mut tasks = vec![pair(50), pair(52), pair(54)];
        for number in (0..50).rev() {
            tasks = vec![spawn(passing(target(number, tasks))).shared()];
        }
        turns(2).await;
        tasks[0].cancel();
        assert!(asked.borrow().iter().copied().eq(0..56), "{asked:?}");
    });
}

// A watcher's panic that nobody has taken -------------------------------------

/// Panics with a payload.
struct Throwing(fn());

impl Watcher for Throwing {
    fn ended(&self, _child: u32) -> bool {
        panic_any(Payload(self.0))
    }
}

/// A watch of a task that runs on, whose watcher has panicked already.
async fn watch_that_panicked(task: &Task<u32>, payload: fn()) -> Watch {
    let ended = spawn(async {});
    let watch = Watch::new(Rc::new(Throwing(payload)));
    watch.add(&ended, 0);
    watch.add(task, 1);
    turns(3).await;
    watch
}

/// Awaits a task, and says so in a cell.
fn awaiting(task: &Shared<u32>, told: &Rc<Cell<bool>>) -> Task<()> {
    let (task, told) = (task.clone(), Rc::clone(told));
    spawn(async move { told.set(task.await.is_ok()) })
}

#[test]
fn a_payload_that_panics_keeps_nobody_from_being_told() {
    run(async {
        let task = spawn(async {
            turns(10).await;
            7
        });
        let task = task.shared();
        let (first, second) = (Rc::default(), Rc::default());
        let _first = awaiting(&task, &first);
        yield_now().await;
        drop(watch_that_panicked(&task, explode).await);
        let _second = awaiting(&task, &second);
        assert_eq!(task.await.unwrap(), 7);
        turns(2).await;
        assert!(first.get() && second.get());
    });
}

thread_local! {
    static TASK: RefCell<Option<Shared<u32>>> = const { RefCell::new(None) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn ask_to_be_called() {
    if let Some(task) = TASK.with_borrow(Option::clone) {
        task.on_done(|| CALLS.set(CALLS.get() + 1));
    }
}

/// I7: the waiters of a task are in their place when a destructor adds to them.
#[test]
fn a_payload_may_ask_to_be_called_when_the_task_has_ended() {
    run(async {
        let task = spawn(async {
            turns(10).await;
            7
        });
        let task = task.shared();
        TASK.set(Some(task.clone()));
        let told = Rc::default();
        let _first = awaiting(&task, &told);
        yield_now().await;
        drop(watch_that_panicked(&task, ask_to_be_called).await);
        let _second = awaiting(&task, &told);
        turns(15).await;
        assert_eq!(CALLS.get(), 1);
        TASK.take();
    });
}

/// Panics with a bomb once it is asked.
struct Explodes;

impl<T> Condition<T> for Explodes {
    fn is_met(&mut self, _: Progress, _: &Result<T, JoinError>) -> bool {
        panic_any(Payload(explode))
    }
}

#[test]
fn a_condition_that_panics_as_its_wait_is_given_up_is_nothing_to_others() {
    run(async {
        let slow = spawn(sleep(ms(50))).shared();
        let quick = spawn(yield_now()).shared();
        let tasks = [slow.clone(), quick];
        let waiting = spawn(async { wait(tasks).return_when(Explodes).await });
        turns(3).await;
        waiting.cancel();
        let other = spawn(sleep(ms(60)));
        assert!(slow.await.is_ok() && other.await.is_ok());
        assert!(waiting.await.unwrap_err().is_cancelled());
    });
}

// Outcomes and who is told of them --------------------------------------------

/// Ids are numbers of slots.
fn number(task: &Task<OnDrop>) -> String {
    task.id().to_string().split('.').next().unwrap_or_default().into()
}

#[test]
fn an_outcome_whose_destructor_panics_leaves_its_slot_vacant() {
    let executor = virtual_executor();
    let mut slots: Vec<_> = (0..10)
        .map(|_| {
            let task = executor.spawn(async { OnDrop::fragile() });
            run_until_stalled(&executor);
            let slot = number(&task);
            assert_eq!(panic_of(|| drop(task)), "a destructor");
            slot
        })
        .collect();
    slots.dedup();
    assert_eq!(slots.len(), 1, "{slots:?}");
}

/// An executor that tells of panics nobody has seen by a panic.
fn telling_by_a_panic() -> Executor {
    Executor::builder().on_unread_panic(|error| panic!("unread: {error}")).build()
}

#[test]
fn a_panic_of_who_is_told_of_panics_goes_nowhere() {
    let executor = telling_by_a_panic();
    let task = executor.spawn(async { panic!("a task") });
    run_until_stalled(&executor);
    drop(task);
    assert_usable(&executor);
}

#[test]
fn nor_does_it_while_another_panic_drops_the_handle() {
    let executor = telling_by_a_panic();
    let message = panic_of(|| {
        executor.block_on(async {
            let _task = spawn(async { panic!("a task") });
            turns(2).await;
            panic!("main");
        })
    });
    assert_eq!(message, "main");
    assert_usable(&executor);
}

#[test]
fn a_panic_of_who_is_told_and_of_the_payload_are_no_more_than_one() {
    let executor = telling_by_a_panic();
    drop(executor.spawn(async { panic_any(Payload(explode)) }));
    run_until_stalled(&executor);
    assert_usable(&executor);
}

#[test]
fn outcomes_that_panic_while_a_panic_drops_their_handles_do_not_abort() {
    let executor = virtual_executor();
    let tasks = [0; 3].map(|_| executor.spawn(async { OnDrop::fragile() }));
    run_until_stalled(&executor);
    let message = panic_of(move || {
        let _tasks = tasks;
        panic!("main");
    });
    assert_eq!(message, "main");
    assert_usable(&executor);
}

#[test]
fn a_main_future_whose_destructor_panics_loses_no_output() {
    let main = Counting::ready().on_drop(|| panic!("a destructor"));
    let counts = main.counts();
    assert_eq!(panic_of(|| block_on(main)), "a destructor");
    counts.assert(1, 1, 1);
}

#[test]
fn a_main_future_and_an_output_that_both_panic_do_not_abort() {
    let main = Counting::ready().on_drop(|| panic!("a destructor"));
    let main = main.on_output_drop(|| panic!("the output"));
    assert_eq!(panic_of(|| block_on(main)), "a destructor");
}

// The end of an executor -------------------------------------------------------

#[test]
fn functions_that_panic_when_dropped_do_not_stop_the_end_of_an_executor() {
    let executor = virtual_executor();
    let task = executor.spawn(async {});
    run_until_stalled(&executor);
    for _ in 0..3 {
        let fragile = OnDrop::fragile();
        task.on_done(move || drop(fragile));
    }
    drop(executor);
}

#[test]
fn alarms_that_panic_when_dropped_do_not_stop_the_end_of_an_executor() {
    let executor = virtual_executor();
    executor.block_on(async {
        for _ in 0..3 {
            let fragile = OnDrop::fragile();
            std::mem::forget(Alarm::after(ms(1), move || drop(fragile)));
        }
    });
    drop(executor);
}

/// An output that says when it is dropped, and a cell that says whether it was.
fn watched_output() -> (Counting, wheelhouse_tests::Counts) {
    let future = Counting::ready();
    let counts = future.counts();
    (future, counts)
}

#[test]
fn a_function_for_a_task_of_an_executor_that_is_gone_is_dropped() {
    let (future, counts) = watched_output();
    let executor = virtual_executor();
    let task = executor.spawn(future).shared();
    run_until_stalled(&executor);
    drop(executor);
    let handle = task.clone();
    task.on_done(move || drop(handle));
    drop(task);
    counts.assert(1, 1, 1);
}

#[test]
fn so_is_one_that_a_destructor_gives_while_the_executor_goes() {
    let (future, counts) = watched_output();
    let executor = virtual_executor();
    let task = executor.spawn(future).shared();
    let asking = OnDrop::new(move || {
        let handle = task.clone();
        task.on_done(move || drop(handle));
    });
    executor.block_on(async { std::mem::forget(Alarm::after(ms(1), move || drop(asking))) });
    drop(executor);
    counts.assert(1, 1, 1);
}

/// A condition whose destructor panics.
struct Fragile(#[expect(dead_code, reason = "it is dropped")] OnDrop);

impl<T> Condition<T> for Fragile {
    fn is_met(&mut self, _: Progress, _: &Result<T, JoinError>) -> bool {
        true
    }
}

#[test]
fn a_condition_whose_destructor_panics_loses_no_task() {
    let (future, counts) = watched_output();
    run(async {
        let waited = wait([spawn(future)]).return_when(Fragile(OnDrop::fragile())).await;
        assert_eq!(waited.done.len(), 1);
    });
    counts.assert(1, 1, 1);
}

thread_local! {
    static EXECUTOR: Executor = Executor::new();
    static LAST: RefCell<Option<OnDrop>> = const { RefCell::new(None) };
}

#[test]
fn a_destructor_may_spawn_while_an_executor_goes_with_its_thread() {
    let thread = thread::spawn(|| {
        EXECUTOR.with(|executor| {
            let future = Counting::forever().on_drop(|| drop(spawn(async {})));
            drop(executor.spawn(future));
            run_until_stalled(executor);
        });
    });
    thread.join().unwrap();
}

#[test]
fn an_executor_runs_in_the_destructor_of_a_thread_local() {
    let (sender, received) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        LAST.set(Some(OnDrop::new(move || {
            let value = block_on(async {
                sleep(ms(1)).await;
                spawn(async { 7 }).await.unwrap()
            });
            sender.send(value).unwrap();
        })));
        block_on(async {}); // Whatever it leaves in the thread goes first.
    });
    thread.join().unwrap();
    assert_eq!(received.recv().unwrap(), 7);
}

// Wakers ------------------------------------------------------------------------

thread_local! {
    static SCOPE: RefCell<Option<Scope>> = const { RefCell::new(None) };
    static WAKES: Cell<usize> = const { Cell::new(0) };
}

/// Cancels a scope when it is woken, which may be for just that.
struct CancelsScope;

impl Wake for CancelsScope {
    fn wake(self: Arc<Self>) {
        WAKES.set(WAKES.get() + 1);
        SCOPE.with_borrow(Option::clone).unwrap().cancel();
        assert!(thread::panicking(), "a waker");
    }
}

/// Does nothing when it is woken, and panics when it is dropped.
struct FragileWaker;

impl Wake for FragileWaker {
    fn wake(self: Arc<Self>) {}
}

impl Drop for FragileWaker {
    fn drop(&mut self) {
        assert!(thread::panicking(), "a waker's destructor");
    }
}

/// Polls a future twice, each time with a fragile waker that it is to keep, and drops it.
fn assert_bears_fragile_wakers(name: &str, future: impl Future + 'static) {
    let bears = catch_unwind(AssertUnwindSafe(|| {
        let mut future = Box::pin(future);
        for _ in 0..2 {
            let waker = Waker::from(Arc::new(FragileWaker));
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            drop(catch_unwind(AssertUnwindSafe(|| drop(waker)))); // It may be the last.
        }
    }));
    assert!(bears.is_ok(), "{name}");
}

/// The waker of the poll before goes when the next one comes, or with the future.
#[test]
fn a_wakers_destructor_that_panics_is_nothing_to_the_future_that_kept_it() {
    let forever = || spawn(pending::<()>());
    run(async move {
        assert_bears_fragile_wakers("a join", forever().into_future());
        assert_bears_fragile_wakers("sleep", sleep(ms(1)));
        assert_bears_fragile_wakers("wait", wait([forever()]).into_future());
        assert_bears_fragile_wakers("gather", gather([forever()]).into_future());
        assert_bears_fragile_wakers("shield", shield(forever()));
        let completed = async move { as_completed([forever()]).next().await.is_none() };
        assert_bears_fragile_wakers("as_completed", completed);
        assert_bears_fragile_wakers("timeout", timeout(ms(1), pending::<()>()));
        assert_bears_fragile_wakers("catch_cancel", catch_cancel(pending::<()>()));
        assert_bears_fragile_wakers("to_thread", to_thread(|| thread::sleep(ms(5))));
        let group = task_group(async |group| {
            group.spawn(pending::<()>());
        });
        assert_bears_fragile_wakers("task_group", group);
    });
}

/// I7: nothing of the scope is borrowed while a stranger's waker is woken.
#[test]
fn a_strangers_waker_may_cancel_the_scope_that_wakes_it_and_panic() {
    run(async {
        let scope = Scope::default();
        SCOPE.set(Some(scope.clone()));
        let mut caught = Box::pin(scope.catch(pending::<()>()));
        let waker = Waker::from(Arc::new(CancelsScope));
        let poll = caught.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        scope.cancel();
        assert_eq!(WAKES.get(), 1);
        assert!(caught.await.is_err());
    });
}

/// A guard of frozen time wakes nobody.
#[test]
fn a_panic_of_on_wake_is_nothing_to_who_lets_time_go_on() {
    let hook = || panic!("on purpose");
    let executor = Executor::builder().clock(Clock::Virtual).on_wake(hook).build();
    let frozen = executor.block_on(async { freeze_time() });
    let task = executor.spawn(sleep(HOUR));
    drop(frozen);
    run_until_stalled(&executor);
    assert!(task.is_finished());
}

#[test]
fn a_panic_of_on_wake_is_for_whom_wakes() {
    let executor = Executor::builder().on_wake(|| panic!("on_wake")).build();
    let waiting = Counting::forever().keeping_waker();
    let counts = waiting.counts();
    drop(executor.spawn(waiting));
    run_until_stalled(&executor);
    let waker = counts.waker();
    let thread = thread::spawn(move || panic_of(|| waker.wake()));
    assert_eq!(thread.join().unwrap(), "on_wake");
    run_until_stalled(&executor);
    assert_eq!(counts.polls(), 2, "it counts");
    assert_usable(&executor);
}

// What `wait` and others are given -----------------------------------------------

/// Panics when it is asked for its name, or whether it sees outcomes.
struct Shy;

impl<T> Condition<T> for Shy {
    fn is_met(&mut self, _: Progress, _: &Result<T, JoinError>) -> bool {
        true
    }

    fn sees(&self) -> bool {
        panic!("shy")
    }

    fn name(&self) -> String {
        panic!("shy")
    }
}

#[test]
fn a_condition_that_panics_when_it_is_asked_anything_is_the_waits_panic() {
    let executor = virtual_executor();
    let waiting = executor.spawn(async {
        let tasks = [spawn(yield_now()), spawn(pending())];
        wait(tasks).return_when(Shy).await;
    });
    run_until_stalled(&executor);
    assert_eq!(waiting.outcome().unwrap().unwrap_err().panic_message(), Some("shy"));
    assert_usable(&executor);
}

/// Panics when it is asked whether a child succeeded, or whether it can still be met.
struct Hesitant {
    over_successes: bool,
}

impl<T> Condition<T> for Hesitant {
    fn is_met(&mut self, _: Progress, _: &Result<T, JoinError>) -> bool {
        false
    }

    fn is_success(&self, _: &Result<T, JoinError>) -> bool {
        assert!(!self.over_successes, "hesitant");
        true
    }

    fn can_be_met(&self, _: Progress) -> bool {
        panic!("hesitant")
    }
}

#[test]
fn a_condition_that_panics_when_it_is_asked_of_an_end_is_the_waits_panic() {
    for over_successes in [false, true] {
        let executor = virtual_executor();
        let waiting = executor.spawn(async move {
            let tasks = [spawn(yield_now()), spawn(pending())];
            wait(tasks).return_when(Hesitant { over_successes }).await;
        });
        run_until_stalled(&executor);
        assert_eq!(waiting.outcome().unwrap().unwrap_err().panic_message(), Some("hesitant"));
        assert_usable(&executor);
    }
}

#[test]
fn an_iterator_that_panics_detaches_what_it_gave() {
    let executor = virtual_executor();
    let ended = Rc::new(Cell::new(0));
    let message = panic_of(|| {
        executor.block_on(async {
            let children = (0..3).map(|number| {
                assert!(number < 2, "the iterator");
                let ended = Rc::clone(&ended);
                async move { ended.set(ended.get() + 1) }
            });
            drop(gather(children).await);
        });
    });
    assert_eq!(message, "the iterator");
    run_until_stalled(&executor);
    assert_eq!(ended.get(), 2);
}

// Task groups ---------------------------------------------------------------------

/// An error whose text panics.
#[derive(Debug)]
struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("a text")
    }
}

#[test]
fn a_failure_that_cannot_be_told_is_a_failure_all_the_same() {
    run(async {
        let group = task_group(async |group| {
            drop(group.spawn(async { Err::<(), _>(Unspeakable) }));
            pending::<()>().await;
        });
        let error = group.await.unwrap_err().to_string();
        assert!(error.contains("since the outcome panicked when it was asked"), "{error}");
    });
}

/// An error whose text is told by such a function.
struct Told(Box<dyn Fn() -> String>);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0())
    }
}

/// I7: nothing is borrowed while the text is told.
#[test]
fn the_text_of_a_failure_may_use_the_group_and_the_task() {
    run(async {
        let shelf = Rc::new(RefCell::new(None::<(Group, Shared<Result<(), Told>>)>));
        let group = task_group(async |group| {
            let on_shelf = Rc::clone(&shelf);
            let tell = move || {
                let (group, task) = on_shelf.take().expect("it is told once");
                assert!(task.peek(|_| ()).is_none() && !task.cancel());
                assert!(format!("{group:?}").starts_with("Group { tasks: 1"), "{group:?}");
                drop(group.spawn(async {}));
                group.stop();
                "the disk is full".into()
            };
            let task = group.spawn(async { Err(Told(Box::new(tell))) });
            let other = group.spawn(pending::<()>());
            shelf.replace(Some((group, task.clone())));
            assert!(other.await.unwrap_err().is_cancelled());
            assert_eq!(task.peek(|outcome| outcome.as_ref().unwrap().is_err()), Some(true));
        });
        let error = group.await.unwrap_err();
        assert_eq!(error.failures.len(), 1);
        assert_eq!(error.failures[0].cause.to_string(), "the disk is full");
    });
}

/// The outcome is in its place again, and the others end as they do else.
#[test]
fn a_text_that_panics_loses_no_outcome() {
    run(async {
        let mut kept = None;
        let group = task_group(async |group| {
            kept = Some(group.spawn(async { Err::<(), _>(Unspeakable) }));
            drop(group.spawn(async { Err::<(), _>("another") }));
            pending::<()>().await;
        });
        let error = group.await.unwrap_err();
        assert_eq!(error.failures.last().unwrap().cause.to_string(), "another");
        let kept = kept.unwrap();
        assert_eq!(kept.peek(|outcome| outcome.as_ref().unwrap().is_err()), Some(true));
    });
}

/// An error that panics when it is converted.
struct Unconvertible;

impl From<Unconvertible> for Box<dyn Error + Send + Sync> {
    fn from(_: Unconvertible) -> Self {
        panic!("a conversion")
    }
}

/// Else the failures, in which there are payloads, would be dropped on the way of the panic.
#[test]
fn a_block_that_panics_at_its_end_drops_the_failures_of_the_tasks_one_by_one() {
    /// Ends when a task has failed, whose error is in the group by then.
    async fn failed(group: Group) {
        drop(group.spawn(async { panic_any(Payload(explode)) as () }));
        assert!(catch_cancel(pending::<()>()).await.is_err());
    }
    let converts = async |group| {
        failed(group).await;
        Err::<(), _>(Unconvertible)
    };
    let goes = async |group| {
        failed(group).await;
        vec![OnDrop::fragile()]
    };
    let message = panic_of(|| run(task_group(converts)).is_err());
    assert_eq!(message, "a conversion");
    let message = panic_of(|| run(task_group(goes)).is_err());
    assert_eq!(message, "a destructor");
}

/// Failures that nobody is told of are dropped one by one.
#[test]
fn payloads_of_a_group_that_is_given_up_do_not_abort() {
    let executor = virtual_executor();
    drop(executor.spawn(task_group(async |group| {
        for _ in 0..2 {
            group.spawn(async { panic_any(Payload(explode)) as () });
        }
        let waiting = async {
            drop(catch_cancel(pending::<()>()).await);
            pending::<()>().await;
        };
        group.spawn(waiting);
        pending::<()>().await;
    })));
    for _ in 0..8 {
        let _ = executor.turn();
    }
    drop(executor);
}

/// What the others leave is nothing to the failure that is told of.
#[test]
fn a_gather_that_fails_tells_of_the_first_failure_whatever_the_others_leave() {
    run(async {
        let failing = || spawn(async { panic_any(Payload(explode)) as () });
        let error = gather([failing(), failing()]).await.unwrap_err();
        assert_eq!(error.index, 0);
        std::mem::forget(error);
    });
}

// Depth ---------------------------------------------------------------------------

/// How deep the chains are, on the two megabytes of stack that a test has: room for
/// far fewer calls.
const DEEP: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// A task whose outcome has the handle of the one before, and so on.
async fn chain_of_outcomes(length: usize) -> Task<Link> {
    let mut last = spawn(async { Link(None) });
    for _ in 1..length {
        last = spawn(async move { Link(Some(last)) });
    }
    turns(2).await;
    last
}

struct Link(#[expect(dead_code, reason = "it is dropped")] Option<Task<Link>>);

#[test]
fn a_deep_chain_of_outcomes_is_dropped() {
    run(async { drop(chain_of_outcomes(DEEP).await) });
}

#[test]
fn a_deep_chain_of_outcomes_is_dropped_with_its_executor() {
    let executor = virtual_executor();
    let last = executor.block_on(chain_of_outcomes(DEEP));
    executor.spawn(async move {
        let _last = last;
        pending::<()>().await;
    });
    run_until_stalled(&executor);
    drop(executor);
}

/// A destructor that spawns what has such a destructor, so many times.
fn hydra(heads: usize) -> OnDrop {
    OnDrop::new(move || {
        if heads > 0 {
            let head = hydra(heads - 1);
            drop(spawn(async move {
                let _head = head;
            }));
        }
    })
}

#[test]
fn destructors_that_spawn_deeply_end_with_the_executor() {
    let executor = virtual_executor();
    let head = hydra(DEEP);
    drop(executor.spawn(async move {
        let _head = head;
        pending::<()>().await;
    }));
    run_until_stalled(&executor);
    drop(executor);
}

/// A destructor that has a function called that holds such a destructor, and so on.
fn caller(calls: usize, ask: fn(Box<dyn FnOnce()>)) -> OnDrop {
    OnDrop::new(move || {
        if calls > 0 {
            let next = caller(calls - 1, ask);
            ask(Box::new(move || drop(next)));
        }
    })
}

#[test]
fn functions_that_destructors_ask_for_deeply_are_dropped_with_the_executor() {
    let after_an_end = |call: Box<dyn FnOnce()>| spawn(async {}).on_done(call);
    let soon = |call: Box<dyn FnOnce()>| std::mem::forget(Alarm::soon(call));
    for ask in [after_an_end, soon] {
        let executor = virtual_executor();
        let asking = caller(DEEP, ask);
        drop(executor.spawn(async move {
            let _asking = asking;
            pending::<()>().await;
        }));
        run_until_stalled(&executor);
        drop(executor);
    }
}

#[test]
fn alarms_whose_functions_hold_alarms_deeply_are_dropped() {
    run(async {
        let first = Alarm::after(ms(1), || {});
        let last = (0..DEEP).fold(first, |inner, number| match number % 2 {
            0 => Alarm::after(ms(1), move || drop(inner)),
            _ => Alarm::soon(move || drop(inner)),
        });
        drop(last);
    });
}

/// A future that is boxed, so that it may hold one of its kind.
type Gathering = Pin<Box<dyn Future<Output = ()>>>;

fn gather_one(inner: Gathering) -> Gathering {
    Box::pin(async { drop(gather([inner]).await) })
}

async fn deep_gather() -> Task<()> {
    let innermost: Gathering = Box::pin(pending());
    let outermost = (0..DEEP).fold(innermost, |inner, _| gather_one(inner));
    let task = spawn(outermost);
    turns(DEEP + 2).await;
    task
}

#[test]
fn a_deep_chain_of_gathers_is_cancelled() {
    run(async {
        let task = deep_gather().await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_deep_chain_of_gathers_is_dropped() {
    run(async {
        let task = deep_gather().await;
        let waiting = spawn(async { catch_cancel(gather([task])).await.is_err() });
        turns(2).await;
        drop(waiting.into_future());
        turns(2).await;
    });
}

/// A target that drops the executor.
struct Closing(Rc<RefCell<Option<Executor>>>);

impl CancelTarget for Closing {
    fn cancel(&self) -> bool {
        self.0.take().is_some()
    }
}

#[test]
fn a_task_whose_target_drops_the_executor_has_its_outcome() {
    let executor = virtual_executor();
    let place = Rc::default();
    let task = executor.spawn(passing(Closing(Rc::clone(&place))));
    run_until_stalled(&executor);
    place.replace(Some(executor));
    assert!(task.cancel());
    assert!(task.outcome().unwrap().unwrap_err().is_cancelled());
}
