//! The operations: each prepares an executor, and gives the program that performs it.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use combinators::{
    FirstCompleted, Group, TaskSet, as_completed, gather, limited, task_group, timeout, wait,
    wait_for,
};
use executor::{Executor, Task, TaskRef, catch_cancel, sleep, spawn, yield_now};
use wheelhouse_tests::{Gate, ms, run_until_stalled, virtual_executor};

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// The table calls it so.
    pub(crate) what: &'static str,
    pub(crate) prepare: fn(usize) -> Prepared,
    /// No larger n is measured, for this reason.
    pub(crate) at_most: Option<(usize, &'static str)>,
}

/// The executor holds what the program needs, and the program is measured.
pub(crate) struct Prepared {
    pub(crate) executor: Executor,
    pub(crate) program: Program,
    /// The program performs so many.
    pub(crate) operations: usize,
    /// If so, the program is about parks, and `block_on` runs it.
    pub(crate) blocks: bool,
}

type Program = Pin<Box<dyn Future<Output = ()>>>;

impl Prepared {
    fn new(
        executor: Executor,
        operations: usize,
        program: impl Future<Output = ()> + 'static,
    ) -> Self {
        Self { executor, program: Box::pin(program), operations, blocks: false }
    }
}

const fn operation(
    name: &'static str,
    what: &'static str,
    prepare: fn(usize) -> Prepared,
) -> Operation {
    Operation { name, what, prepare, at_most: None }
}

pub(crate) const ALL: &[Operation] = &[
    operation("spawn_join", "spawn and join", spawn_join),
    operation("yield", "a yield, n tasks asleep", yield_among_sleepers),
    operation("timer_churn", "set and cancel a timer, n set", timer_churn),
    operation("timers", "timers that fire, each at its time", timers),
    operation("timers_at_once", "timers that fire at once", timers_at_once),
    operation("gather", "gather", gather_all),
    operation("wait_first", "wait for the first", wait_first),
    operation("drain", "wait for the first, again and again", drain),
    operation("as_completed", "`as_completed`", completed),
    operation("task_set", "take a task of a set of n, and add another", task_set),
    operation("consumers", "an end in a set for which n consumers wait", consumers),
    operation("gather_limited", "gather, ten at once", gather_limited),
    operation("task_group", "a task group", group),
    operation("task_group_fails", "a task group of which a task fails", failing_group),
    operation("timeouts", "timeouts that expire in one turn", timeouts),
    operation("wait_for", "`wait_for` that expires in one turn", waits_for),
    Operation {
        name: "scopes",
        what: "scopes within each other, cancelled",
        prepare: scopes,
        at_most: Some((100_000, "each poll is a call within the one around, and needs stack")),
    },
    operation("cancel", "cancel sleeping tasks", cancel_sleepers),
    operation("chain_head", "a chain of joins, cancelled at its head", cancel_head),
    operation("chain_from_head", "the same, each task cancelled, head first", cancel_from_head),
    operation("chain_from_end", "the same, head last", cancel_from_end),
    operation("gather_chain", "a chain of gathers, cancelled at its head", cancel_gathers),
    operation("shared_cancel", "tasks that await one shared task, cancelled", cancel_sharers),
    operation("shared_end", "tasks that await one shared task, which ends", end_shared),
    operation("on_done", "functions of `on_done`, of one task", on_done),
    operation("outcomes", "outcomes that hold each other, dropped", drop_outcomes),
    operation("remote_wakes", "wakes by another thread", remote_wakes),
    operation("park", "a park, n wakers having been given back", park),
];

const HOUR: Duration = Duration::from_hours(1);

/// Operations of which n others are bystanders are performed so often.
const REPEATS: usize = 10_000;

/// Spawns n tasks, which are then polled by turns that never let a clock jump.
fn executor_with<F: Future + 'static>(
    n: usize,
    future: impl Fn(usize) -> F,
) -> (Executor, Vec<Task<F::Output>>) {
    let executor = Executor::new();
    let tasks = (0..n).map(|i| executor.spawn(future(i))).collect();
    run_until_stalled(&executor);
    (executor, tasks)
}

async fn join_all<T>(tasks: Vec<Task<T>>) {
    for task in tasks {
        task.await.expect("no task is cancelled, and none panics");
    }
}

fn spawn_join(n: usize) -> Prepared {
    Prepared::new(Executor::new(), n, async move {
        join_all((0..n).map(|i| spawn(async move { i })).collect()).await;
    })
}

fn yield_among_sleepers(n: usize) -> Prepared {
    let (executor, _) = executor_with(n, |_| sleep(HOUR));
    Prepared::new(executor, REPEATS, async {
        for _ in 0..REPEATS {
            yield_now().await;
        }
    })
}

/// A hundred timers are set in each turn, by the first poll of a sleep.
fn timer_churn(n: usize) -> Prepared {
    let (executor, _) = executor_with(n, |_| sleep(HOUR));
    Prepared::new(executor, REPEATS, async {
        for i in 0..REPEATS {
            let mut sleep = pin!(sleep(HOUR));
            assert!(poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await);
            if i % 100 == 0 {
                yield_now().await;
            }
        }
    })
}

/// The tasks sleep until different instants within a second, in no order.
fn timers(n: usize) -> Prepared {
    let spread = |i: usize| Duration::from_nanos(1 + i as u64 * 0x9E37_79B9 % 1_000_000_000);
    sleepers_that_wake(n, spread)
}

fn timers_at_once(n: usize) -> Prepared {
    sleepers_that_wake(n, |_| ms(1))
}

fn sleepers_that_wake(n: usize, time: impl Fn(usize) -> Duration) -> Prepared {
    on_virtual_clock(n, |i| sleep(time(i)))
}

/// The tasks are polled once, and then awaited. The clock jumps to their times.
fn on_virtual_clock<F: Future + 'static>(n: usize, future: impl Fn(usize) -> F) -> Prepared {
    let executor = virtual_executor();
    let tasks = (0..n).map(|i| executor.spawn(future(i))).collect();
    let _ = executor.turn();
    Prepared::new(executor, n, join_all(tasks))
}

fn gather_all(n: usize) -> Prepared {
    let child = |i| async move {
        yield_now().await;
        i
    };
    Prepared::new(Executor::new(), n, async move {
        let values = gather((0..n).map(child)).await.expect("no child fails");
        assert_eq!(values.len(), n);
    })
}

/// One ends; the others are detached.
fn wait_first(n: usize) -> Prepared {
    let child = |i| async move {
        if i > 0 {
            pending::<()>().await;
        }
        yield_now().await;
    };
    Prepared::new(Executor::new(), n, async move {
        let waited = wait((0..n).map(|i| spawn(child(i)))).return_when(FirstCompleted).await;
        assert_eq!(waited.pending.len(), n - 1);
    })
}

/// One after the other ends.
fn sleeping(n: usize) -> impl Iterator<Item = Task<()>> {
    (0..n as u64).map(|i| spawn(sleep(ms(i))))
}

fn drain(n: usize) -> Prepared {
    Prepared::new(virtual_executor(), n, async move {
        let mut waited = wait(sleeping(n)).return_when(FirstCompleted).await;
        while !waited.pending.is_empty() {
            waited = wait(waited.pending).return_when(FirstCompleted).await;
        }
    })
}

fn completed(n: usize) -> Prepared {
    Prepared::new(virtual_executor(), n, async move {
        let (mut ending, mut ended) = (as_completed(sleeping(n)), 0);
        while ending.next().await.is_some() {
            ended += 1;
        }
        assert_eq!(ended, n);
    })
}

fn task_set(n: usize) -> Prepared {
    Prepared::new(virtual_executor(), n, async move {
        let set: TaskSet<_> = sleeping(n).collect();
        for _ in 0..n {
            set.ended().await.await.expect("it sleeps");
            set.spawn(sleep(ms(2 * n as u64)));
        }
        assert_eq!(set.len(), n);
    })
}

/// The consumers are spawned by the program, so their spawns count, too.
fn consumers(n: usize) -> Prepared {
    Prepared::new(virtual_executor(), n, async move {
        let set: Rc<TaskSet<_>> = Rc::new(sleeping(n).collect());
        let consumers = (0..n).map(|_| {
            let set = Rc::clone(&set);
            spawn(async move { set.ended().await.await.expect("it sleeps") })
        });
        join_all(consumers.collect()).await;
    })
}

fn gather_limited(n: usize) -> Prepared {
    Prepared::new(Executor::new(), n, async move {
        let children = (0..n).map(|_| yield_now());
        assert_eq!(gather(limited(10, children)).await.expect("none fails").len(), n);
    })
}

fn group(n: usize) -> Prepared {
    Prepared::new(Executor::new(), n, async move {
        let block = async |group: Group| {
            for _ in 0..n {
                group.spawn(yield_now());
            }
        };
        task_group(block).await.expect("no task fails");
    })
}

/// The tasks that haven't failed are cancelled.
fn failing_group(n: usize) -> Prepared {
    Prepared::new(Executor::new(), n, async move {
        let block = async |group: Group| {
            for _ in 1..n {
                group.spawn(pending::<()>());
            }
            group.spawn(async { Err::<(), _>("no") });
        };
        task_group(block).await.expect_err("a task fails");
    })
}

fn timeouts(n: usize) -> Prepared {
    on_virtual_clock(n, |_| async {
        timeout(ms(1), pending::<()>()).await.expect_err("the time is up");
    })
}

fn waits_for(n: usize) -> Prepared {
    on_virtual_clock(n, |_| async {
        wait_for(pending::<()>(), ms(1)).await.expect_err("the time is up");
    })
}

/// One task has n scopes, each of which resumes the cancellation that it catches.
fn scopes(n: usize) -> Prepared {
    let innermost: Program = Box::pin(pending());
    let outermost = (0..n).fold(innermost, |inner, _| {
        Box::pin(async {
            if let Err(cancelled) = catch_cancel(inner).await {
                cancelled.resume().await;
            }
        })
    });
    Prepared::new(Executor::new(), n, async {
        let task = spawn(outermost);
        yield_now().await;
        yield_now().await;
        cancel(&[task.reference()]);
        assert!(task.await.is_err());
    })
}

fn cancel(tasks: &[TaskRef]) {
    for task in tasks {
        task.cancel();
    }
}

/// Cancels tasks, and goes on when the last has ended.
async fn end<T>(tasks: Vec<Task<T>>) {
    cancel(&tasks.iter().map(Task::reference).collect::<Vec<_>>());
    for task in tasks {
        assert!(task.await.is_err());
    }
}

fn cancel_sleepers(n: usize) -> Prepared {
    let (executor, tasks) = executor_with(n, |_| sleep(HOUR));
    Prepared::new(executor, n, end(tasks))
}

/// Spawns tasks of which each awaits the one before. Returns them in that order, and
/// the handle of the last, which is the head.
fn chain(n: usize) -> (Executor, Vec<TaskRef>, Task<()>) {
    let executor = Executor::new();
    let mut head = executor.spawn(pending::<()>());
    let mut tasks = vec![head.reference()];
    for _ in 1..n {
        head = executor.spawn(async { drop(head.await) });
        tasks.push(head.reference());
    }
    run_until_stalled(&executor);
    (executor, tasks, head)
}

fn cancel_head(n: usize) -> Prepared {
    let (executor, _, head) = chain(n);
    Prepared::new(executor, n, end(vec![head]))
}

fn cancel_from_head(n: usize) -> Prepared {
    let (executor, mut tasks, head) = chain(n);
    tasks.reverse();
    cancel_each(executor, tasks, head)
}

fn cancel_from_end(n: usize) -> Prepared {
    let (executor, tasks, head) = chain(n);
    cancel_each(executor, tasks, head)
}

fn cancel_each(executor: Executor, tasks: Vec<TaskRef>, head: Task<()>) -> Prepared {
    Prepared::new(executor, tasks.len(), async move {
        cancel(&tasks);
        assert!(head.await.is_err());
    })
}

fn cancel_gathers(n: usize) -> Prepared {
    let innermost: Program = Box::pin(pending());
    let gather_one = |inner, _| -> Program { Box::pin(async { drop(gather([inner]).await) }) };
    let executor = Executor::new();
    let head = executor.spawn((0..n).fold(innermost, gather_one));
    run_until_stalled(&executor);
    Prepared::new(executor, n, end(vec![head]))
}

/// Spawns tasks that await one task, which waits for a gate.
fn sharers(n: usize) -> (Executor, Vec<Task<()>>, Gate) {
    let (executor, gate) = (Executor::new(), Gate::new());
    let until = gate.clone();
    let shared = executor.spawn(async move { until.wait().await }).shared();
    let await_it = |_| {
        let shared = shared.clone();
        executor.spawn(async { shared.await.expect("it isn't cancelled alone") })
    };
    let tasks = (0..n).map(await_it).collect();
    run_until_stalled(&executor);
    (executor, tasks, gate)
}

fn cancel_sharers(n: usize) -> Prepared {
    let (executor, tasks, _) = sharers(n);
    Prepared::new(executor, n, end(tasks))
}

fn end_shared(n: usize) -> Prepared {
    let (executor, tasks, gate) = sharers(n);
    Prepared::new(executor, n, async move {
        gate.open();
        join_all(tasks).await;
    })
}

fn on_done(n: usize) -> Prepared {
    let (executor, gate, calls) = (Executor::new(), Gate::new(), Rc::new(()));
    let until = gate.clone();
    let task = executor.spawn(async move { until.wait().await });
    run_until_stalled(&executor);
    for _ in 0..n {
        let call = Rc::clone(&calls);
        task.on_done(move || drop(call));
    }
    Prepared::new(executor, n, async move {
        gate.open();
        task.await.expect("it is neither cancelled nor does it panic");
        yield_now().await;
        assert_eq!(Rc::strong_count(&calls), 1);
    })
}

/// It holds the handle of the task before.
struct Link {
    _inner: Option<Task<Link>>,
}

fn drop_outcomes(n: usize) -> Prepared {
    let executor = Executor::new();
    let mut last = executor.spawn(async { Link { _inner: None } });
    for _ in 1..n {
        last = executor.spawn(async { Link { _inner: Some(last) } });
    }
    run_until_stalled(&executor);
    Prepared::new(executor, n, async { drop(last) })
}

/// Another thread opens it for one task.
#[derive(Default)]
struct Door {
    open: AtomicBool,
    waiter: Mutex<Option<Waker>>,
}

const UNPOISONED: &str = "no thread panics";

impl Door {
    async fn pass(&self) {
        poll_fn(|cx| {
            let mut waiter = self.waiter.lock().expect(UNPOISONED);
            if self.open.load(SeqCst) {
                return Poll::Ready(());
            }
            *waiter = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn open(&self) {
        let waiter = {
            let mut waiter = self.waiter.lock().expect(UNPOISONED);
            self.open.store(true, SeqCst);
            waiter.take()
        };
        waiter.into_iter().for_each(Waker::wake);
    }
}

/// Spawns tasks that leave their wakers at doors.
fn behind_doors(n: usize) -> (Executor, Vec<Task<()>>, Arc<[Door]>) {
    let doors: Arc<[Door]> = (0..n).map(|_| Door::default()).collect();
    let pass = |i: usize| {
        let doors = Arc::clone(&doors);
        async move { doors[i].pass().await }
    };
    let (executor, tasks) = executor_with(n, pass);
    (executor, tasks, doors)
}

fn remote_wakes(n: usize) -> Prepared {
    let (executor, tasks, doors) = behind_doors(n);
    Prepared::new(executor, n, async move {
        let waking = thread::spawn(move || doors.iter().for_each(Door::open));
        waking.join().expect(UNPOISONED);
        join_all(tasks).await;
    })
}

const PARKS: usize = 1000;

/// The first n tasks have ended. A thread wakes one after the other of the rest.
fn park(n: usize) -> Prepared {
    let (executor, mut tasks, doors) = behind_doors(n + PARKS);
    doors[..n].iter().for_each(Door::open);
    run_until_stalled(&executor);
    let last = tasks.split_off(n);
    let program = async move {
        let answers = Arc::new(AtomicUsize::new(0));
        let asker = ask(doors, n, Arc::clone(&answers));
        for task in last {
            task.await.expect("it is neither cancelled nor does it panic");
            answers.fetch_add(1, SeqCst);
            asker.thread().unpark();
        }
        asker.join().expect(UNPOISONED);
    };
    Prepared { blocks: true, ..Prepared::new(executor, PARKS, program) }
}

/// The executor parks within this time.
const PAUSE: Duration = Duration::from_micros(50);

/// Opens doors on a thread, from number `first` on, each a while after the task behind
/// the one before has answered.
fn ask(doors: Arc<[Door]>, first: usize, answers: Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for (asked, door) in doors[first..].iter().enumerate() {
            thread::sleep(PAUSE);
            door.open();
            while answers.load(SeqCst) <= asked {
                thread::park();
            }
        }
    })
}
