//! Foreign code that acts, in programs that have such: destructors, wakers, targets, a hook.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};

use executor::CancelTarget;

use super::super::world::Token;
use super::acts::act;
use super::scene::{Scene, kind};

fn act_if_hostile(scene: &Rc<Scene>) {
    if scene.has(kind::HOSTILE) && scene.world.number(4) == 1 {
        act(scene);
    }
}

/// A part of a future, which acts when it is dropped.
pub(super) struct Guard {
    scene: Rc<Scene>,
    _token: Token,
}

impl Guard {
    pub(super) fn new(scene: &Rc<Scene>) -> Self {
        Self { scene: Rc::clone(scene), _token: Token::new(&scene.world) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        act_if_hostile(&self.scene);
    }
}

/// A waker that wakes another.
pub(super) struct Lent(Waker);

impl Lent {
    pub(super) fn waker(of: &Waker) -> Waker {
        Waker::from(Arc::new(Self(of.clone())))
    }
}

impl Wake for Lent {
    fn wake(self: Arc<Self>) {
        hear_of_wake();
        self.0.wake_by_ref();
    }
}

/// Hears of a wake. Also as the hook of the executor.
pub(super) fn hear_of_wake() {
    Scene::here().iter().for_each(act_if_hostile);
}

/// What a cancellation is passed on to. It may drop the very wait for which it is asked.
pub(super) struct Target {
    guard: Guard,
    pub(super) asked: Cell<bool>,
    pub(super) waker: RefCell<Option<Waker>>,
}

impl Target {
    pub(super) fn new(scene: &Rc<Scene>) -> Rc<Self> {
        let guard = Guard::new(scene);
        Rc::new(Self { guard, asked: Cell::new(false), waker: RefCell::default() })
    }
}

impl CancelTarget for Target {
    fn cancel(&self) -> bool {
        act_if_hostile(&self.guard.scene);
        let is_first = !self.asked.replace(true);
        self.guard.scene.say(format!("a target is asked, for the first time: {is_first}"));
        let waker = self.waker.take();
        waker.into_iter().for_each(Waker::wake);
        act_if_hostile(&self.guard.scene);
        is_first
    }
}
