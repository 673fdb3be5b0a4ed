//! The tasks that waits wait for.

use std::future::pending;
use std::rc::Rc;

use executor::{Shared, Task, catch_cancel};

use crate::turns;

use super::hostile::Guard;
use super::scene::Scene;

/// Spawns a task; there is none once the executor has gone.
pub(super) fn inner(scene: &Rc<Scene>) -> Option<Task<()>> {
    let (guard, count) = (Guard::new(scene), scene.world.number(8));
    match scene.world.number(4) {
        0 => scene.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        }),
        1 => scene.spawn(async move {
            let _guard = guard;
            turns(count).await;
        }),
        2 => {
            let awaited = inner(scene)?;
            scene.spawn(async move {
                let _guard = guard;
                drop(awaited.await);
            })
        }
        _ => scene.spawn(cleans_up(guard, count)),
    }
}

/// Takes so many turns to end, once it is cancelled.
async fn cleans_up(guard: Guard, count: usize) {
    let _guard = guard;
    if let Err(cancelled) = catch_cancel(turns(20)).await {
        turns(count).await;
        cancelled.resume().await;
    }
}

/// Some tasks, one at least while the executor lives.
pub(super) fn several(scene: &Rc<Scene>) -> Vec<Task<()>> {
    (0..=scene.world.number(3)).filter_map(|_| inner(scene)).collect()
}

/// A task that others may await, too.
pub(super) fn shared(scene: &Rc<Scene>) -> Option<Shared<()>> {
    if let Some(task) = scene.take(&scene.shared) {
        scene.shared.borrow_mut().push(task.clone());
        return Some(task);
    }
    inner(scene).map(Task::shared)
}
