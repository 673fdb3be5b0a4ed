//! The executor in somebody else's loop, as in that of a game: a turn a frame.
//!
//! ```console
//! $ cargo run -p wheelhouse-executor --example in_a_loop
//! ```

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use executor::{Executor, Next, sleep};

const FRAME: Duration = Duration::from_millis(5);

fn main() {
    let executor = Executor::new();
    let lit = Rc::new(Cell::new(false));
    let lamp = Rc::clone(&lit);
    let blinking = executor.spawn(async move {
        for _ in 0..6 {
            sleep(Duration::from_millis(20)).await;
            lamp.set(!lamp.get());
        }
    });
    while !blinking.is_finished() {
        let next_frame = Instant::now() + FRAME;
        // Tasks that are ready at once get a few turns, but not the whole frame.
        for _ in 0..10 {
            if executor.turn() != Next::Now {
                break;
            }
        }
        print!("{}", if lit.get() { '*' } else { '.' });
        thread::sleep(next_frame.saturating_duration_since(Instant::now()));
    }
    println!();
}
