//! How late sleeps end on this machine, with the usual slack and with none.
//!
//! ```console
//! $ cargo run --release -p wheelhouse-tests --example lateness
//! ```

use std::time::Duration;

use executor::{Executor, now, sleep, spawn};

const SLEEPS: usize = 2_000;

fn main() {
    println!("lateness of {SLEEPS} sleeps of 0.1 to 5 ms, in microseconds");
    println!("{:<34}{:>8}{:>8}{:>8}{:>8}{:>8}", "", "least", "median", "90 %", "99 %", "most");
    for slack in [Duration::from_millis(1), Duration::ZERO] {
        report(&format!("slack {slack:?}, one after the other"), one_by_one(slack));
        report(&format!("slack {slack:?}, a hundred at once"), at_once(slack));
    }
}

/// Different each time, and not a multiple of the slack.
fn time(number: usize) -> Duration {
    Duration::from_micros(100 + (number as u64 * 7_919) % 4_900)
}

/// Sleeps, and returns by how much it took longer.
async fn lateness(time: Duration) -> Duration {
    let start = now();
    sleep(time).await;
    let slept = start.elapsed();
    slept.checked_sub(time).expect("no sleep is early")
}

fn one_by_one(slack: Duration) -> Vec<Duration> {
    Executor::builder().slack(slack).build().block_on(async {
        let mut all = Vec::new();
        for number in 0..SLEEPS {
            all.push(lateness(time(number)).await);
        }
        all
    })
}

fn at_once(slack: Duration) -> Vec<Duration> {
    Executor::builder().slack(slack).build().block_on(async {
        let mut all = Vec::new();
        for round in 0..SLEEPS / 100 {
            let tasks: Vec<_> =
                (0..100).map(|number| spawn(lateness(time(100 * round + number)))).collect();
            for task in tasks {
                all.push(task.await.expect("a sleep doesn't fail"));
            }
        }
        all
    })
}

fn report(what: &str, mut all: Vec<Duration>) {
    all.sort();
    let last = all.len() - 1;
    let shown = [0, last / 2, last * 9 / 10, last * 99 / 100, last];
    print!("{what:<34}");
    for at in shown {
        print!("{:>8}", all[at].as_micros());
    }
    println!();
}
