//! What tasks, destructors, wakers and targets may do: anything that doesn't wait.

use std::rc::Rc;

use executor::Task;

use crate::turns;

use super::inner::inner;
use super::scene::{Scene, kind};
use super::waits::wait;

/// The number of turns that a bystander takes.
const TURNS_BESIDE: usize = 6;
/// The number of acts that may be within each other.
const DEEPEST: usize = 3;

/// Does something, or nothing if there are no bytes left.
pub(super) fn act(scene: &Rc<Scene>) {
    if scene.acting.get() == DEEPEST {
        return;
    }
    scene.acting.update(|acting| acting + 1);
    if let Some(byte) = scene.world.byte() {
        act_by(scene, byte);
        add_bystander(scene);
    }
    scene.acting.update(|acting| acting - 1);
    scene.look();
}

fn act_by(scene: &Rc<Scene>, byte: u8) {
    match byte % 16 {
        0..3 => cancel(scene),
        3..6 => pass_on(scene),
        6 => give_up(scene),
        7 | 8 => fill(scene),
        9 | 10 => let_go(scene),
        11 | 12 => share(scene),
        13 => cancel_shared(scene),
        14 if scene.has(kind::LIMITS) => cancel_scope(scene),
        15 if scene.has(kind::UNCANCEL) => uncancel(scene),
        _ => scene.pollers[any_task(scene)].wake(),
    }
}

fn any_task(scene: &Scene) -> usize {
    scene.world.number(scene.pollers.len())
}

fn any_shelf(scene: &Scene) -> usize {
    scene.world.number(scene.shelves.len())
}

/// Asks a task to end that polls shelves.
fn cancel(scene: &Scene) {
    let number = any_task(scene);
    let poller = &scene.pollers[number];
    let Some(task) = poller.reference() else { return };
    if poller.account.ended.get() {
        return;
    }
    poller.account.ask(scene.now(), scene.polled.get() == Some(number));
    scene.say(format!("task {number} is asked to end"));
    if !task.cancel() {
        poller.account.take_back();
    }
}

/// Takes one request back. If that is a limit's own, the limit takes another one back for it.
fn uncancel(scene: &Scene) {
    let number = any_task(scene);
    let poller = &scene.pollers[number];
    let Some(task) = poller.reference() else { return };
    let left = task.uncancel();
    scene.say(format!("a request to task {number} is taken back, and {left} are left"));
    poller.account.excuse();
    if scene.has(kind::LIMITS) {
        poller.account.excuse_all();
    }
}

/// Has another task poll a shelf.
fn pass_on(scene: &Scene) {
    let (shelf, to) = (any_shelf(scene), any_task(scene));
    let from = scene.shelves[shelf].owner.replace(to);
    scene.say(format!("shelf {shelf} goes from task {from} to {to}"));
    if from != to {
        scene.pollers[from].account.expose();
    }
    scene.pollers[to].wake();
}

/// Drops what stands on a shelf.
fn give_up(scene: &Scene) {
    let shelf = any_shelf(scene);
    let wait = scene.shelves[shelf].take();
    scene.say(format!("the wait on shelf {shelf} is dropped: {}", wait.is_some()));
    drop(wait);
}

/// Puts a wait on an empty shelf.
pub(super) fn fill(scene: &Rc<Scene>) {
    let shelf = any_shelf(scene);
    if scene.shelves[shelf].is_empty() {
        scene.say(format!("shelf {shelf} gets a wait"));
        scene.shelves[shelf].put(wait(scene, scene.world.number(4)));
        scene.pollers[scene.shelves[shelf].owner.get()].wake();
    }
}

/// Spawns a task that nobody asks to end. It takes the slot that was vacated last.
fn add_bystander(scene: &Scene) {
    if let Some(task) = scene.spawn(turns(TURNS_BESIDE)) {
        scene.say(format!("a bystander is spawned: {}", task.id()));
        scene.bystanders.borrow_mut().push(task);
    }
}

/// Lets go of the bystanders that have ended, by which their slots are vacated.
fn let_go(scene: &Scene) {
    let ended: Vec<_> =
        scene.bystanders.borrow_mut().extract_if(.., |it| it.is_finished()).collect();
    drop(ended);
}

fn share(scene: &Rc<Scene>) {
    if let Some(task) = inner(scene).map(Task::shared) {
        scene.shared.borrow_mut().push(task);
    }
}

/// Cancels a shared task, or lets go of it.
fn cancel_shared(scene: &Scene) {
    let Some(task) = scene.take(&scene.shared) else { return };
    scene.say(format!("a shared task is cancelled: {}", task.id()));
    task.cancel();
    if scene.world.coin() {
        scene.shared.borrow_mut().push(task);
    }
}

fn cancel_scope(scene: &Scene) {
    let Some((scope, was_cancelled)) = scene.take(&scene.scopes) else { return };
    scene.say("a scope is cancelled by itself".into());
    was_cancelled.set(true);
    scope.cancel();
}
