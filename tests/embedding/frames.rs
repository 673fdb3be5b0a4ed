//! A game: its loop draws sixty frames a second, and its tasks run in between.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use executor::{Executor, Next, Task, now, sleep, sleep_until};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// What tasks change and frames show.
#[derive(Default)]
struct World {
    /// Where the enemy stands.
    enemy: Cell<i32>,
    door_open: Cell<bool>,
}

/// Walks to and fro, for as long as it lives.
async fn patrol(world: Rc<World>) {
    let mut next = now();
    loop {
        for step in [1, 1, 1, -1, -1, -1] {
            next += Duration::from_millis(20);
            sleep_until(next).await;
            world.enemy.update(|at| at + step);
        }
    }
}

/// A scripted scene reads from top to bottom, though it takes many frames.
async fn scene(world: Rc<World>, enemy: Task<()>) -> &'static str {
    sleep(Duration::from_millis(150)).await;
    world.door_open.set(true);
    sleep(Duration::from_millis(100)).await;
    enemy.cancel();
    "the enemy is gone"
}

/// Runs tasks until the frame is due: at least one turn, so that they go on even
/// if frames are late. What another thread wakes waits for a frame at most.
fn run_tasks(executor: &Executor, frame_due: Instant) {
    loop {
        let until = match executor.turn() {
            Next::Now => Instant::now(),
            Next::At(time) => time.min(frame_due),
            Next::Woken => frame_due,
        };
        if Instant::now() >= frame_due {
            return;
        }
        thread::sleep(until.saturating_duration_since(Instant::now()));
    }
}

#[test]
fn a_game_draws_frames_while_tasks_run() {
    let executor = Executor::builder().slack(Duration::ZERO).build();
    let world = Rc::new(World::default());
    let enemy = executor.spawn(patrol(Rc::clone(&world)));
    let scene = executor.spawn(scene(Rc::clone(&world), enemy));

    let start = Instant::now();
    let mut drawn = Vec::new();
    while !scene.is_finished() {
        drawn.push((world.enemy.get(), world.door_open.get()));
        run_tasks(&executor, start + FRAME * u32::try_from(drawn.len()).unwrap());
    }
    assert_eq!(scene.outcome().unwrap().unwrap(), "the enemy is gone");
    assert!(drawn.len() >= 15, "sixty a second for a quarter of one: {drawn:?}");
    assert!(start.elapsed() >= FRAME * 14);
    assert!(drawn.iter().any(|&(enemy, _)| enemy > 0), "{drawn:?}");
    assert!(drawn.is_sorted_by_key(|&(_, door_open)| door_open), "{drawn:?}");
}
