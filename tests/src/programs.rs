//! Random programs, made of bytes: whoever has to decide what to do next, a
//! task, a destructor or a callback, takes the next byte. Where there is none
//! tasks return, and the others do nothing. So a program always ends, and any
//! bytes are one.
//!
//! Everything in it is counted. At the end nothing may be left: no future, no
//! output, no waker, no payload of a panic.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use combinators::{
    Completions, FirstCompleted, FirstException, Plain, as_completed, gather, shield, task_group,
    timeout, wait, wait_for,
};
use executor::{
    Alarm, Executor, Next, Task, TaskId, catch_cancel, current_task, sleep, spawn, yield_now,
};

use crate::virtual_executor;

/// More would take longer and find nothing else.
const LONGEST: usize = 2_000;

/// No program takes as many.
const MOST_TURNS: usize = 100_000;

/// How deep executors, scopes and limits may stand in each other.
const DEEPEST: usize = 4;

type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

/// Runs the program that these bytes are.
///
/// # Panics
///
/// Panics if anything in it isn't dropped, or is polled or dropped on another
/// thread, within its own poll, or after its end; also if the executor panics
/// by itself.
pub fn run_program(bytes: &[u8]) {
    listen_to_panics();
    let world = Rc::new(World::new(bytes));
    FAULTS.set(Some(Vec::new()));
    let _ = catch_unwind(AssertUnwindSafe(|| live(&Realm::new(&world, 0))));
    world.wakers.borrow().iter().for_each(Waker::wake_by_ref);
    world.wakers.take();
    let faults = FAULTS.take().unwrap_or_default();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(world.counts.live.get(), 0, "futures and outputs that were not dropped");
    assert_eq!(world.live_elsewhere.load(Ordering::Relaxed), 0, "wakers and payloads left");
    assert_eq!(Rc::strong_count(&world), 1, "something else holds on to the program");
}

// Faults ---------------------------------------------------------------------

thread_local! {
    /// What has gone wrong in the program that this thread runs.
    static FAULTS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

fn expect(holds: bool, what: &str) {
    if !holds {
        let _ = tell_fault(what.to_owned());
    }
}

/// Returns the text if no program runs on this thread.
fn tell_fault(text: String) -> Option<String> {
    let rest = FAULTS.try_with(|faults| match &mut *faults.borrow_mut() {
        Some(faults) => {
            faults.push(text.clone());
            None
        }
        None => Some(text.clone()),
    });
    rest.unwrap_or(Some(text))
}

/// Panics on purpose don't call the hook, so any that do are faults.
fn listen_to_panics() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if tell_fault(panic.to_string()).is_some() {
                before(panic);
            }
        }));
    });
}

// What is counted ------------------------------------------------------------

/// Of what belongs to one thread.
struct Counts {
    live: Cell<usize>,
    thread: ThreadId,
}

/// One thing that is to be dropped.
struct Token(Rc<World>);

impl Token {
    fn new(world: &Rc<World>) -> Self {
        world.counts.live.update(|live| live + 1);
        Self(Rc::clone(world))
    }

    fn expect_thread(&self) {
        expect(thread::current().id() == self.0.counts.thread, "on another thread");
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.expect_thread();
        self.0.counts.live.update(|live| live - 1);
    }
}

/// One thing that may be dropped on any thread: a panic's payload, or a waker.
struct Everywhere(Arc<AtomicUsize>);

impl Everywhere {
    fn new(live: &Arc<AtomicUsize>) -> Self {
        live.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(live))
    }
}

impl Drop for Everywhere {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A waker that isn't the executor's.
struct Stranger {
    panics: bool,
    counted: Everywhere,
}

impl Wake for Stranger {
    fn wake(self: Arc<Self>) {
        if self.panics && !thread::panicking() {
            resume_unwind(Box::new(Everywhere::new(&self.counted.0)));
        }
    }
}

/// The future of a task, watched.
struct Watched {
    future: Boxed<Output>,
    token: Token,
    polled: Cell<bool>,
    ended: Cell<bool>,
}

/// Ends a poll, also if it panics.
struct Polled<'a>(&'a Cell<bool>);

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Future for Watched {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let Self { future, token, polled, ended } = self.get_mut();
        token.expect_thread();
        expect(!polled.replace(true), "polled within its own poll");
        expect(!ended.replace(true), "polled after its end");
        let _polled = Polled(polled);
        let poll = future.as_mut().poll(cx);
        ended.set(poll.is_ready());
        poll
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        expect(!self.polled.get(), "dropped within its own poll");
    }
}

/// What tasks return. Its destructor may do anything.
#[derive(Clone)]
struct Output {
    _inner: Rc<Guard>,
}

impl Plain for Output {}

/// Does something when it is dropped.
struct Guard {
    realm: Rc<Realm>,
    _token: Token,
}

impl Guard {
    fn new(realm: &Rc<Realm>) -> Self {
        Self { realm: Rc::clone(realm), _token: Token::new(&realm.world) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        act(&self.realm);
    }
}

/// Within its polls no destructor panics. For when the destructor of a local
/// panics while a function returns, the compiler leaks the value returned: here
/// the failure, and the outputs of the others are such locals.
struct Calm<'a, F>(&'a World, F);

impl<F: Future + Unpin> Future for Calm<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.0.calm.set(true);
        let poll = Pin::new(&mut self.1).poll(cx);
        self.0.calm.set(false);
        poll
    }
}

// The world ------------------------------------------------------------------

/// What all executors of a program share.
struct World {
    bytes: RefCell<std::vec::IntoIter<u8>>,
    counts: Counts,
    live_elsewhere: Arc<AtomicUsize>,
    wakers: RefCell<Vec<Waker>>,
    calm: Cell<bool>,
}

impl World {
    fn new(bytes: &[u8]) -> Self {
        let bytes = bytes[..bytes.len().min(LONGEST)].to_vec();
        Self {
            bytes: RefCell::new(bytes.into_iter()),
            counts: Counts { live: Cell::new(0), thread: thread::current().id() },
            live_elsewhere: Arc::default(),
            wakers: RefCell::default(),
            calm: Cell::new(false),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.borrow_mut().next()
    }

    /// A number below `limit`.
    fn number(&self, limit: usize) -> usize {
        usize::from(self.byte().unwrap_or(0)) % limit
    }

    fn coin(&self) -> bool {
        self.number(2) == 1
    }

    fn time(&self) -> Duration {
        Duration::from_nanos(50 * self.number(8) as u64)
    }
}

/// One executor, and what its tasks have in reach.
struct Realm {
    world: Rc<World>,
    depth: usize,
    /// Whether its executor is the current one.
    inside: Cell<bool>,
    handles: RefCell<Vec<Task<Output>>>,
    alarms: RefCell<Vec<Alarm>>,
    /// Futures that were begun, and the tasks that they wait for.
    begun: RefCell<Vec<(Option<TaskId>, Boxed<()>)>>,
}

impl Realm {
    fn new(world: &Rc<World>, depth: usize) -> Rc<Self> {
        Rc::new(Self {
            world: Rc::clone(world),
            depth,
            inside: Cell::new(false),
            handles: RefCell::default(),
            alarms: RefCell::default(),
            begun: RefCell::default(),
        })
    }

    fn take<T>(&self, all: &RefCell<Vec<T>>) -> Option<T> {
        let count = all.borrow().len();
        let at = (count > 0).then(|| self.world.number(count))?;
        Some(all.borrow_mut().swap_remove(at))
    }

    /// Some tasks, one at least.
    fn take_some(self: &Rc<Self>) -> Vec<Task<Output>> {
        let count = 1 + self.world.number(4);
        (0..count).map(|_| self.take(&self.handles).unwrap_or_else(|| self.spawn())).collect()
    }

    /// A task other than the one that asks.
    fn take_other(self: &Rc<Self>) -> Task<Output> {
        let task = self.take(&self.handles);
        task.filter(|task| !is_current(task.id())).unwrap_or_else(|| self.spawn())
    }

    fn spawn(self: &Rc<Self>) -> Task<Output> {
        spawn(self.future(self.depth))
    }

    fn future(self: &Rc<Self>, depth: usize) -> Watched {
        Watched {
            future: Box::pin(body(Rc::clone(self), depth)),
            token: Token::new(&self.world),
            polled: Cell::new(false),
            ended: Cell::new(false),
        }
    }

    /// Does something with this realm's executor as the current one.
    fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        self.inside.set(true);
        let result = catch_unwind(AssertUnwindSafe(run));
        self.inside.set(false);
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn panic(&self) -> ! {
        resume_unwind(Box::new(Everywhere::new(&self.world.live_elsewhere)))
    }
}

fn is_current(task: TaskId) -> bool {
    current_task().is_some_and(|current| current.id() == task)
}

/// Drops one after the other, whatever the destructors do.
fn clear<T>(all: &RefCell<Vec<T>>) {
    while let Some(last) = { all.borrow_mut().pop() } {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(last)));
    }
}

/// The life of an executor. It may end with the panic of its main future.
fn live(realm: &Rc<Realm>) {
    let executor = virtual_executor();
    let result = catch_unwind(AssertUnwindSafe(|| realm.within(|| use_up(&executor, realm))));
    if realm.world.coin() {
        clear(&realm.handles);
    }
    let _ = catch_unwind(AssertUnwindSafe(|| realm.within(|| drop(executor))));
    clear(&realm.handles);
    clear(&realm.begun);
    clear(&realm.alarms);
    result.unwrap_or_else(|panic| resume_unwind(panic));
}

fn use_up(executor: &Executor, realm: &Rc<Realm>) {
    let main = realm.future(realm.depth);
    if realm.world.coin() {
        executor.block_on(for_some_time(main));
        return;
    }
    realm.handles.borrow_mut().push(executor.spawn(main));
    let ended = (0..MOST_TURNS).any(|_| executor.turn() != Next::Now);
    expect(ended, "the program doesn't end");
}

/// Gives up a future that may wait for ever.
async fn for_some_time(mut future: Watched) {
    let mut time = sleep(Duration::from_millis(1));
    poll_fn(|cx| match Pin::new(&mut future).poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => Pin::new(&mut time).poll(cx),
    })
    .await;
}

// What is done ---------------------------------------------------------------

/// What destructors, callbacks and tasks may do: anything that doesn't wait.
fn act(realm: &Rc<Realm>) {
    let Some(byte) = realm.world.byte() else { return };
    if byte % 11 < 5 {
        act_inside(realm, byte % 11);
        return;
    }
    match byte % 11 {
        5 => drop(realm.take(&realm.handles)),
        6 => drop(realm.take(&realm.begun)),
        7 => drop(realm.take(&realm.alarms)),
        8 => realm.world.wakers.borrow().iter().for_each(Waker::wake_by_ref),
        9 => drop(realm.take(&realm.world.wakers)),
        _ if !thread::panicking() && !realm.world.calm.get() => realm.panic(),
        _ => {}
    }
}

/// What takes an executor.
fn act_inside(realm: &Rc<Realm>, choice: u8) {
    if !realm.inside.get() {
        return;
    }
    match choice {
        0 => {
            let task = realm.spawn();
            realm.handles.borrow_mut().push(task);
        }
        1 => {
            let tasks: Vec<_> = realm.handles.borrow().iter().map(Task::reference).collect();
            if !tasks.is_empty() {
                tasks[realm.world.number(tasks.len())].cancel();
            }
        }
        2 => {
            let guard = Guard::new(realm);
            let alarm = Alarm::after(realm.world.time(), move || drop(guard));
            realm.alarms.borrow_mut().push(alarm);
        }
        3 => {
            let guard = Guard::new(realm);
            if let Some(task) = realm.take(&realm.handles) {
                task.on_done(move || drop(guard));
                realm.handles.borrow_mut().push(task);
            }
        }
        _ => begin(realm),
    }
}

/// Begins to wait for a task, or for a time, under a strange waker.
fn begin(realm: &Rc<Realm>) {
    let (id, mut future): (_, Boxed<()>) = if realm.world.coin() {
        let task = realm.take_other();
        (Some(task.id()), Box::pin(async move { drop(task.await) }))
    } else {
        (None, Box::pin(sleep(realm.world.time())))
    };
    let stranger = Waker::from(Arc::new(Stranger {
        panics: realm.world.coin() && !realm.world.calm.get(),
        counted: Everywhere::new(&realm.world.live_elsewhere),
    }));
    if future.as_mut().poll(&mut Context::from_waker(&stranger)).is_pending() {
        realm.begun.borrow_mut().push((id, future));
    }
}

/// What a task does.
async fn body(realm: Rc<Realm>, depth: usize) -> Output {
    let mut guards = Vec::new();
    while let Some(byte) = realm.world.byte() {
        match byte % 12 {
            0 => break,
            1 => guards.push(Guard::new(&realm)),
            2 | 3 => act(&realm),
            4 | 5 => wait_alone(&realm).await,
            6 | 7 => wait_for_tasks(&realm).await,
            8 | 9 => wake_up(&realm).await,
            _ if depth < DEEPEST => nest(&realm, depth + 1).await,
            _ => {}
        }
    }
    drop(guards); // Before the output is made, as for `Calm`.
    Output { _inner: Rc::new(Guard::new(&realm)) }
}

async fn wait_alone(realm: &Rc<Realm>) {
    match realm.world.number(8) {
        0 => pending().await,
        1..4 => yield_now().await,
        4 => {
            let begun = realm.take(&realm.begun);
            if let Some((_, future)) = begun.filter(|(id, _)| !id.is_some_and(is_current)) {
                future.await;
            }
        }
        _ => sleep(realm.world.time()).await,
    }
}

async fn wait_for_tasks(realm: &Rc<Realm>) {
    match realm.world.number(8) {
        0 => drop(realm.take_other().await),
        1 => {
            let mut task = realm.take_other();
            drop((&mut task).await);
        }
        2 => drop(Calm(&realm.world, gather(realm.take_some()).into_future()).await),
        3 => drop(Calm(&realm.world, gather(realm.take_some()).return_exceptions()).await),
        4 => wait_for_some(realm).await,
        5 => drop(shield(realm.take_other()).await),
        6 => drop(wait_for(realm.take_other(), realm.world.time()).await),
        _ => take_as_completed(realm).await,
    }
}

async fn wait_for_some(realm: &Rc<Realm>) {
    let waiting = wait(realm.take_some()).timeout(realm.world.time());
    let waited = match realm.world.number(4) {
        0 => waiting.await,
        1 => waiting.return_when(FirstCompleted).await,
        2 => waiting.return_when(FirstException).await,
        _ => waiting.return_when(Completions(2)).await,
    };
    if realm.world.coin() {
        realm.handles.borrow_mut().extend(waited.pending.into_tasks());
    }
}

async fn take_as_completed(realm: &Rc<Realm>) {
    let mut completed = as_completed(realm.take_some()).timeout(realm.world.time());
    while let Some(task) = completed.next().await {
        drop(task);
    }
    realm.handles.borrow_mut().extend(completed.into_pending());
}

/// Keeps wakers and uses them, here and on another thread.
async fn wake_up(realm: &Rc<Realm>) {
    let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    match realm.world.number(12) {
        0 => waker.wake(),
        1 => thread::spawn(move || waker.wake()).join().expect("a wake doesn't panic"),
        2 => drop(current_task().map(|task| task.cancel())),
        _ => realm.world.wakers.borrow_mut().push(waker),
    }
}

/// Does the same again, inside of something.
async fn nest(realm: &Rc<Realm>, depth: usize) {
    match realm.world.number(5) {
        0 => live(&Realm::new(&realm.world, depth)),
        1 => drop(timeout(realm.world.time(), realm.future(depth)).await),
        2 => drop(task_group(async |group| in_group(realm, depth, &group).await).await),
        _ => {
            let caught = catch_cancel(realm.future(depth)).await;
            if let Err(cancelled) = caught
                && realm.world.coin()
            {
                cancelled.resume().await;
            }
        }
    }
}

async fn in_group(realm: &Rc<Realm>, depth: usize, group: &combinators::Group) {
    for _ in 0..realm.world.number(4) {
        drop(group.spawn(realm.future(depth)));
    }
    if realm.world.coin() {
        group.stop();
    }
    drop(realm.future(depth).await); // Here, as for `Calm`.
}
