//! Foreign code: what the executor and the combinators call, or drop, without
//! knowing what it does.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread;

use combinators::{Condition, Progress};
use executor::{CancelTarget, JoinError, Shared, Watcher};

use super::acts::act;
use super::fate::Fate;
use super::realm::{Ending, Realm};
use super::world::{Everywhere, Token, World, realm_here};

/// What a hook holds. It is dropped with its executor, when that isn't the current
/// one any more.
pub(super) struct Hook(Option<Guard>);

impl Hook {
    pub(super) fn new(realm: &Rc<Realm>) -> Self {
        Self(Some(Guard::new(realm)))
    }

    /// Hears of a panic that nobody has seen. May panic also while others do.
    pub(super) fn hear(&self) {
        let Some(Guard { realm, .. }) = &self.0 else { return };
        if realm.world.number(4) == 1 && !realm.world.calm.get() {
            realm.panic();
        }
        act(realm);
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        let guard = self.0.take();
        let realm = guard.as_ref().map(|guard| Rc::clone(&guard.realm));
        if let Some(realm) = realm {
            realm.world.outside(|| drop(guard));
        }
    }
}

/// What tasks return. Its destructor may do anything.
#[derive(Clone)]
pub(super) struct Output {
    guard: Rc<Guard>,
}

impl Output {
    pub(super) fn new(realm: &Rc<Realm>) -> Self {
        Self { guard: Rc::new(Guard::new(realm)) }
    }

    /// Has the group fail if it panics when it is dropped. A task that was
    /// cancelled drops what it returns, and then it has panicked.
    pub(super) fn in_group(&self, group: &Rc<Fate>) {
        self.guard.group.replace(Some(Rc::clone(group)));
    }
}

/// Does something when it is dropped.
pub(super) struct Guard {
    realm: Rc<Realm>,
    /// Whether it just panics, also while something else does: for what the
    /// executor drops one by one.
    fragile: bool,
    group: RefCell<Option<Rc<Fate>>>,
    _token: Token,
}

impl Guard {
    pub(super) fn new(realm: &Rc<Realm>) -> Self {
        Self::made(realm, false)
    }

    fn made(realm: &Rc<Realm>, fragile: bool) -> Self {
        Self {
            realm: Rc::clone(realm),
            fragile,
            group: RefCell::default(),
            _token: Token::new(&realm.world),
        }
    }
}

impl Guard {
    fn act(&self) {
        match self.fragile {
            true if self.realm.world.calm.get() => {}
            true => self.realm.panic(),
            false => act(&self.realm),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let result = catch_unwind(AssertUnwindSafe(|| self.act()));
        if let Err(panic) = result {
            self.group.take().into_iter().for_each(|group| group.doom());
            resume_unwind(panic);
        }
    }
}

/// What a callback holds: something to drop, and maybe the task that it waits for.
pub(super) struct Load {
    _guard: Guard,
    _task: Option<Shared<Ending>>,
}

impl Load {
    pub(super) fn new(realm: &Rc<Realm>, task: Option<Shared<Ending>>) -> Self {
        let fragile = realm.world.may_panic() && realm.world.number(4) == 1;
        Self { _guard: Guard::made(realm, fragile), _task: task }
    }
}

/// What panics on purpose have for a payload. Its destructor may do anything.
pub(super) struct Payload {
    _counted: Everywhere,
}

impl Payload {
    pub(super) fn new(world: &World) -> Self {
        Self { _counted: Everywhere::new(world) }
    }
}

/// What a payload's destructor panics with.
struct LastWords;

/// What it panics with is leaked on purpose, so that isn't counted.
impl Drop for Payload {
    fn drop(&mut self) {
        let Some(realm) = realm_here() else { return };
        if catch_unwind(AssertUnwindSafe(|| act(&realm))).map_err(forget).is_err() {
            resume_unwind(Box::new(LastWords));
        }
    }
}

/// Does what may panic on purpose.
pub(super) fn contained(run: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
        forget(panic);
    }
}

/// Drops the payload of a panic, also if its own destructor panics.
pub(super) fn forget(panic: Box<dyn std::any::Any + Send>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(panic))).map_err(std::mem::forget);
}

/// Why a task has failed. Its destructor may do anything.
#[derive(Clone, Debug)]
pub(super) struct Failed(Arc<Reason>);

#[derive(Debug)]
struct Reason {
    _counted: Everywhere,
}

impl Failed {
    pub(super) fn new(world: &World) -> Self {
        Self(Arc::new(Reason { _counted: Everywhere::new(world) }))
    }
}

impl Drop for Reason {
    fn drop(&mut self) {
        realm_here().iter().for_each(act);
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed, {} know", Arc::strong_count(&self.0))
    }
}

impl Error for Failed {}

/// A waker that isn't the executor's.
pub(super) struct Stranger {
    _counted: Everywhere,
}

impl Stranger {
    pub(super) fn waker(world: &World) -> Waker {
        Waker::from(Arc::new(Self { _counted: Everywhere::new(world) }))
    }
}

impl Wake for Stranger {
    fn wake(self: Arc<Self>) {
        realm_here().iter().for_each(act);
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        realm_here().iter().for_each(act);
    }
}

/// A condition of `wait`, and of a watch.
pub(super) struct Whim {
    guard: Guard,
    left: Cell<usize>,
}

impl Whim {
    /// Is content at the last of so many ends at the latest.
    pub(super) fn new(realm: &Rc<Realm>, ends: usize) -> Self {
        Self { guard: Guard::new(realm), left: Cell::new(ends) }
    }

    fn is_content(&self) -> bool {
        let realm = &self.guard.realm;
        self.left.update(|left| left.saturating_sub(1));
        act(realm);
        self.left.get() == 0 || realm.world.number(4) == 1
    }
}

impl Condition<Ending> for Whim {
    fn is_met(&mut self, _: Progress, _: &Result<Ending, JoinError>) -> bool {
        self.is_content()
    }

    fn sees(&self) -> bool {
        self.guard.realm.world.coin()
    }
}

impl Watcher for Whim {
    fn ended(&self, _: u32) -> bool {
        self.is_content()
    }
}

/// What a cancellation is passed on to.
pub(super) struct Target {
    guard: Guard,
    pub(super) asked: Cell<bool>,
    pub(super) waker: RefCell<Option<Waker>>,
}

impl Target {
    pub(super) fn new(realm: &Rc<Realm>) -> Rc<Self> {
        let guard = Guard::new(realm);
        Rc::new(Self { guard, asked: Cell::new(false), waker: RefCell::default() })
    }
}

impl CancelTarget for Target {
    fn cancel(&self) -> bool {
        self.asked.set(true);
        let waker = self.waker.take();
        waker.into_iter().for_each(Waker::wake);
        act(&self.guard.realm);
        self.guard.realm.world.coin()
    }
}

/// Gives tasks, and does something before each.
pub(super) struct Giving<T> {
    guard: Guard,
    rest: std::vec::IntoIter<T>,
}

impl<T> Giving<T> {
    pub(super) fn new(realm: &Rc<Realm>, all: Vec<T>) -> Self {
        Self { guard: Guard::new(realm), rest: all.into_iter() }
    }
}

impl<T> Iterator for Giving<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let realm = &self.guard.realm;
        if realm.world.number(4) == 1 {
            act(realm);
        }
        self.rest.next()
    }
}

/// Hears of a wake from elsewhere, on whatever thread.
pub(super) fn hear_of_wake() {
    if thread::panicking() {
        return;
    }
    realm_here().iter().for_each(act);
}
