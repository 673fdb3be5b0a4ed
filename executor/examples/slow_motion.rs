//! A game whose time its loop moves by hand: at full speed, at half speed, and not at all.
//!
//! ```console
//! $ cargo run -p wheelhouse-executor --example slow_motion
//! ```

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use executor::{Clock, Executor, Next, sleep};

const FRAME: Duration = Duration::from_millis(10);

/// Draws so many frames, in which time passes at this speed.
fn play(executor: &Executor, frames: u32, speed: f64, draw: impl Fn()) {
    for _ in 0..frames {
        executor.advance(FRAME.mul_f64(speed));
        while executor.turn() == Next::Now {}
        draw();
        thread::sleep(FRAME);
    }
    println!("  at speed {speed}");
}

fn main() {
    let executor = Executor::builder().clock(Clock::Manual).build();
    let lit = Rc::new(Cell::new(false));
    let lamp = Rc::clone(&lit);
    let _blinking = executor.spawn(async move {
        loop {
            sleep(4 * FRAME).await;
            lamp.set(!lamp.get());
        }
    });
    let draw = || print!("{}", if lit.get() { '*' } else { '.' });
    play(&executor, 32, 1.0, draw);
    play(&executor, 32, 0.5, draw);
    play(&executor, 32, 0.0, draw);
}
