//! What all executors of a program share: its bytes, and what is counted.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::fate::Fate;
use super::faults::expect;
use super::realm::Realm;
use super::recorded::Recorder;

/// More would take longer and find nothing else.
const LONGEST: usize = 2_000;

thread_local! {
    /// The program that this thread runs, for what can't hold it: payloads of
    /// panics and wakers may go to other threads.
    static HERE: RefCell<Weak<World>> = const { RefCell::new(Weak::new()) };
}

pub(super) struct World {
    bytes: RefCell<VecDeque<u8>>,
    /// In a peaceful program only the failures of groups cancel tasks, and parts that
    /// are given up.
    pub(super) peaceful: bool,
    /// Tasks may await each other, and so never end. On a real clock, that would take as long.
    pub(super) rings: bool,
    /// Each byte that is taken is shown, with the line that takes it.
    aloud: bool,
    /// No more bytes are given, so nothing more happens.
    pub(super) muted: Cell<bool>,
    /// While it is, no destructor panics.
    pub(super) calm: Cell<bool>,
    pub(super) turns: Cell<usize>,
    pub(super) wakers: RefCell<Vec<Waker>>,
    /// The parts of tasks that are being polled, within each other.
    polled: RefCell<Vec<Rc<Fate>>>,
    /// The executors that were made current, within each other.
    inside: RefCell<Vec<*const Realm>>,
    /// The executors that live, in each other.
    pub(super) realms: RefCell<Vec<Rc<Realm>>>,
    /// Futures, outputs and the like that weren't dropped.
    live: Cell<usize>,
    /// Payloads and wakers that weren't.
    live_elsewhere: Arc<AtomicUsize>,
    thread: ThreadId,
    pub(super) recorder: Recorder,
}

impl World {
    pub(super) fn new(bytes: &[u8], recorder: Recorder) -> Rc<Self> {
        let mut bytes: VecDeque<_> = bytes.iter().copied().take(LONGEST).collect();
        let kind = bytes.pop_front().unwrap_or(0);
        let world = Rc::new(Self {
            bytes: RefCell::new(bytes),
            peaceful: kind & 1 == 1,
            rings: kind & 0b1110 == 0 && !recorder.takes_time(),
            aloud: std::env::var_os("ALOUD").is_some(),
            muted: Cell::new(false),
            calm: Cell::new(false),
            turns: Cell::new(0),
            wakers: RefCell::default(),
            polled: RefCell::default(),
            inside: RefCell::default(),
            realms: RefCell::default(),
            live: Cell::new(0),
            live_elsewhere: Arc::default(),
            thread: thread::current().id(),
            recorder,
        });
        HERE.set(Rc::downgrade(&world));
        world
    }

    #[track_caller]
    pub(super) fn byte(&self) -> Option<u8> {
        let byte = if self.muted.get() { None } else { self.bytes.borrow_mut().pop_front() };
        if let Some(byte) = byte.filter(|_| self.aloud) {
            eprintln!("{byte:3} at {}", Location::caller());
        }
        byte
    }

    /// A number below `limit`.
    #[track_caller]
    pub(super) fn number(&self, limit: usize) -> usize {
        usize::from(self.byte().unwrap_or(0)) % limit
    }

    #[track_caller]
    pub(super) fn coin(&self) -> bool {
        self.number(2) == 1
    }

    #[track_caller]
    pub(super) fn time(&self) -> Duration {
        Duration::from_nanos(50 * self.number(8) as u64)
    }

    /// How long something may take.
    #[track_caller]
    pub(super) fn limit(&self) -> Duration {
        if self.peaceful { Self::longest_time() } else { self.time() }
    }

    /// A time that others can't outlast.
    pub(super) fn long_time() -> Duration {
        Duration::from_micros(100)
    }

    /// Longer than all times of a program together.
    pub(super) fn longest_time() -> Duration {
        Duration::from_secs(10)
    }

    /// Whether a destructor may panic now.
    pub(super) fn may_panic(&self) -> bool {
        !thread::panicking() && !self.calm.get()
    }

    /// Has no destructor panic meanwhile.
    pub(super) fn calmly<R>(&self, run: impl FnOnce() -> R) -> R {
        let before = self.calm.replace(true);
        let result = catch_unwind(AssertUnwindSafe(run));
        self.calm.set(before);
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The innermost part of a task that is being polled.
    pub(super) fn polled(&self) -> Option<Rc<Fate>> {
        self.polled.borrow().last().cloned()
    }

    pub(super) fn begin_poll(&self, fate: &Rc<Fate>) {
        self.polled.borrow_mut().push(Rc::clone(fate));
    }

    pub(super) fn end_poll(&self) {
        self.polled.borrow_mut().pop();
    }

    /// Does something with another executor as the current one, or none.
    pub(super) fn inside<R>(&self, realm: *const Realm, run: impl FnOnce() -> R) -> R {
        self.inside.borrow_mut().push(realm);
        let result = catch_unwind(AssertUnwindSafe(run));
        self.inside.borrow_mut().pop();
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    pub(super) fn outside<R>(&self, run: impl FnOnce() -> R) -> R {
        self.inside(std::ptr::null(), run)
    }

    pub(super) fn is_inside(&self, realm: *const Realm) -> bool {
        self.inside.borrow().last() == Some(&realm)
    }

    pub(super) fn wake_all(&self) {
        let wakers = self.wakers.borrow().clone();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// All that was made has been dropped.
    pub(super) fn expect_nothing_left(self: &Rc<Self>) {
        HERE.take();
        expect(self.live.get() == 0, "futures and outputs that were not dropped");
        let elsewhere = self.live_elsewhere.load(Ordering::Relaxed);
        expect(elsewhere == 0, "wakers, errors and payloads that were not dropped");
        expect(Rc::strong_count(self) == 1, "something else holds on to the program");
    }
}

/// The innermost executor of the program that this thread runs.
pub(super) fn realm_here() -> Option<Rc<Realm>> {
    let world = HERE.try_with(|here| here.borrow().upgrade()).ok().flatten()?;
    world.realms.borrow().last().cloned()
}

/// One thing that is to be dropped.
pub(super) struct Token(Rc<World>);

impl Token {
    pub(super) fn new(world: &Rc<World>) -> Self {
        world.live.update(|live| live + 1);
        Self(Rc::clone(world))
    }

    pub(super) fn expect_thread(&self) {
        expect(thread::current().id() == self.0.thread, "on another thread");
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.expect_thread();
        self.0.live.update(|live| live - 1);
    }
}

/// One thing that may be dropped on any thread.
#[derive(Debug)]
pub(super) struct Everywhere(Arc<AtomicUsize>);

impl Everywhere {
    pub(super) fn new(world: &World) -> Self {
        world.live_elsewhere.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&world.live_elsewhere))
    }
}

impl Drop for Everywhere {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
