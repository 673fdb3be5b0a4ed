//! What the tasks of a program have in reach: shelves with waits, and each other.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};
use std::task::Waker;

use executor::{Executor, Scope, Shared, Task, TaskRef};

use super::super::faults::expect;
use super::super::watched::Boxed;
use super::super::world::{Token, World};
use super::account::Account;

/// What a program has, beside tasks, joins and scopes: the bits of a byte.
pub(super) mod kind {
    pub(crate) const LIMITS: u8 = 1;
    /// Gathers, and targets of one's own.
    pub(crate) const TARGETS: u8 = 2;
    /// Requests are taken back.
    pub(crate) const UNCANCEL: u8 = 4;
    /// Foreign code acts: destructors, wakers, targets, the hook.
    pub(crate) const HOSTILE: u8 = 8;
    pub(crate) const STRANGERS: u8 = 16;
    /// Tasks poll their shelves in a scope.
    pub(crate) const IN_SCOPES: u8 = 32;
    /// Tasks poll their shelves in turn, not all in each poll.
    pub(crate) const IN_TURN: u8 = 64;
    /// The executor is dropped while its tasks live.
    pub(crate) const CUT_SHORT: u8 = 128;
}

thread_local! {
    /// The scene of the program that this thread runs, for wakers and the hook, which can't
    /// hold it.
    static HERE: RefCell<Weak<Scene>> = const { RefCell::new(Weak::new()) };
}

pub(super) struct Scene {
    pub(super) world: Rc<World>,
    kinds: u8,
    pub(super) shelves: Vec<Shelf>,
    pub(super) pollers: Vec<Poller>,
    /// Tasks that nobody asks to end.
    pub(super) bystanders: RefCell<Vec<Task<()>>>,
    /// Inner tasks that several may await.
    pub(super) shared: RefCell<Vec<Shared<()>>>,
    /// Scopes that are cancelled by themselves, and whether they were.
    pub(super) scopes: RefCell<Vec<(Scope, Rc<Cell<bool>>)>>,
    /// The number of the task that is being polled.
    pub(super) polled: Cell<Option<usize>>,
    /// The number of scopes that are being polled in it, within each other.
    pub(super) around: Cell<usize>,
    /// The number of acts that are under way, within each other.
    pub(super) acting: Cell<usize>,
    executor: RefCell<Weak<Executor>>,
    log: RefCell<Vec<String>>,
}

/// A place for a wait, which one task polls at a time.
pub(super) struct Shelf {
    wait: RefCell<Option<Boxed<()>>>,
    /// The number of the task.
    pub(super) owner: Cell<usize>,
}

/// What is known of a task that polls what stands on its shelves.
#[derive(Default)]
pub(super) struct Poller {
    pub(super) task: RefCell<Option<Task<()>>>,
    pub(super) waker: RefCell<Option<Waker>>,
    pub(super) account: Account,
}

impl Scene {
    pub(super) fn new(world: &Rc<World>) -> Rc<Self> {
        let kinds = u8::try_from(world.number(256)).expect("it was a byte");
        let pollers: Vec<_> = (0..=world.number(3)).map(|_| Poller::default()).collect();
        let shelf = |_| Shelf::of(world.number(pollers.len()));
        let shelves = (0..=world.number(3)).map(shelf).collect();
        let scene = Rc::new(Self {
            world: Rc::clone(world),
            kinds,
            shelves,
            pollers,
            bystanders: RefCell::default(),
            shared: RefCell::default(),
            scopes: RefCell::default(),
            polled: Cell::default(),
            around: Cell::default(),
            acting: Cell::default(),
            executor: RefCell::default(),
            log: RefCell::default(),
        });
        HERE.set(Rc::downgrade(&scene));
        scene
    }

    pub(super) fn here() -> Option<Rc<Self>> {
        HERE.try_with(|here| here.borrow().upgrade()).ok().flatten()
    }

    pub(super) fn has(&self, kind: u8) -> bool {
        self.kinds & kind != 0
    }

    pub(super) fn set_executor(&self, executor: &Rc<Executor>) {
        self.executor.replace(Rc::downgrade(executor));
    }

    // What has happened ------------------------------------------------------

    pub(super) fn say(&self, what: String) {
        self.log.borrow_mut().push(what);
    }

    /// Returns when it is: how much has been said.
    pub(super) fn now(&self) -> usize {
        self.log.borrow().len()
    }

    pub(super) fn take_log(&self) -> Vec<String> {
        self.log.take()
    }

    /// Looks at the bystanders. A request that has gone astray is found there at once, and not
    /// only as it ends one.
    pub(super) fn look(&self) {
        for task in &*self.bystanders.borrow() {
            let was_asked = task.is_cancelled() || task.reference().cancelling() > 0;
            expect(!was_asked, "a request has reached a bystander");
        }
    }

    // Tasks ------------------------------------------------------------------

    /// Spawns a task. There is none, and the future is dropped, once the executor has gone.
    pub(super) fn spawn(&self, does: impl Future<Output = ()> + 'static) -> Option<Task<()>> {
        let executor = self.executor.borrow().upgrade()?;
        let token = Token::new(&self.world);
        Some(executor.spawn(async move {
            let _token = token;
            does.await;
        }))
    }

    /// Returns the account of the task that is being polled.
    pub(super) fn account(&self) -> Option<&Account> {
        self.polled.get().map(|number| &self.pollers[number].account)
    }

    /// Notes that a scope in the task that is being polled has caught a request.
    pub(super) fn catch(&self) {
        self.say(format!("a scope in {:?} catches", self.polled.get()));
        match self.account() {
            Some(account) => account.catch(self.now()),
            None => expect(false, "a scope catches as no task is polled"),
        }
    }

    pub(super) fn take<T>(&self, all: &RefCell<Vec<T>>) -> Option<T> {
        let count = all.borrow().len();
        let at = (count > 0).then(|| self.world.number(count))?;
        Some(all.borrow_mut().swap_remove(at))
    }

    /// Drops all that is in reach.
    pub(super) fn clear(&self) {
        for shelf in &self.shelves {
            drop(shelf.take());
        }
        for task in self.shared.take() {
            task.cancel();
        }
        self.bystanders.take();
        self.scopes.take();
    }

    pub(super) fn forget_tasks(&self) {
        for poller in &self.pollers {
            poller.task.take();
            poller.waker.take();
        }
    }
}

impl Shelf {
    fn of(owner: usize) -> Self {
        Self { wait: RefCell::default(), owner: Cell::new(owner) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wait.borrow().is_none()
    }

    pub(super) fn take(&self) -> Option<Boxed<()>> {
        self.wait.borrow_mut().take()
    }

    /// Puts a wait there. One that stands there is dropped.
    pub(super) fn put(&self, wait: Boxed<()>) {
        let before = self.wait.replace(Some(wait));
        drop(before);
    }
}

impl Poller {
    pub(super) fn reference(&self) -> Option<TaskRef> {
        self.task.borrow().as_ref().map(Task::reference)
    }

    pub(super) fn wake(&self) {
        let waker = self.waker.borrow().clone();
        waker.into_iter().for_each(Waker::wake);
    }
}
