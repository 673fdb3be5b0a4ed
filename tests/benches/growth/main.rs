//! Shows what operations cost as there are more of them: whether costs stay flat.
//!
//! ```console
//! $ cargo bench -p wheelhouse-tests --bench growth -- [NAME..] [--max N]
//! ```
//!
//! measures each operation, or those that are named, at n = 1,000, 10,000, 100,000
//! and 1,000,000, or up to N. It prints two figures for each as a Markdown table: the
//! CPU time per operation, in nanoseconds, and the CPU time of the longest turn.
//! Figures are medians, of runs that don't look at the single turns and of others
//! that do. Nothing is asserted about them. It takes two minutes.
//!
//! A flat row has the same cost at each size. Its longest turn grows tenfold with n
//! where n tasks are ready at once: a turn polls each of them.
//!
//! All stays on one processor, since to wake another one takes longer than all else.
//! What is prepared isn't measured: tasks that are to be cancelled have been spawned
//! and polled, and dropping the executor doesn't count.

mod meter;
mod operations;

use std::env;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use meter::Reading;
use operations::Operation;

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// An operation isn't measured at a size for which it would need longer.
const LIMIT: Duration = Duration::from_secs(5);

/// Futures that are polled within each other need stack. What isn't used takes no
/// memory.
const STACK: usize = 4 << 30;

fn main() -> ExitCode {
    match parse(env::args().skip(1).filter(|arg| arg != "--bench")) {
        Ok((chosen, largest)) => {
            let measuring = thread::Builder::new().stack_size(STACK);
            let measuring = measuring.spawn(move || {
                meter::stay_on_one_processor();
                print_table(&chosen, largest);
            });
            measuring.expect("a thread").join().expect("no operation fails");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let line = |it: &Operation| format!("\n  {:17}{}", it.name, it.what);
            let lines: String = operations::ALL.iter().map(line).collect();
            eprintln!("{error}\n\nUsage: [NAME..] [--max N], with names of\n{lines}");
            ExitCode::from(2)
        }
    }
}

fn parse(
    mut args: impl Iterator<Item = String>,
) -> Result<(Vec<&'static Operation>, usize), String> {
    let (mut chosen, mut largest) = (Vec::new(), usize::MAX);
    while let Some(arg) = args.next() {
        if arg == "--max" {
            let value = args.next().and_then(|it| it.replace('_', "").parse().ok());
            largest = value.ok_or("`--max` wants a number")?;
        } else {
            let known = operations::ALL.iter().find(|it| it.name == arg);
            chosen.push(known.ok_or_else(|| format!("there is no operation `{arg}`"))?);
        }
    }
    if chosen.is_empty() {
        chosen.extend(operations::ALL);
    }
    Ok((chosen, largest))
}

fn print_table(chosen: &[&Operation], largest: usize) {
    let sizes: Vec<_> = SIZES.into_iter().filter(|&n| n <= largest).collect();
    let heads: Vec<_> = sizes.iter().map(|&n| grouped(n)).collect();
    let turns = heads.iter().map(|n| format!("turn at {n}"));
    print_row("operation, n times or of n", heads.iter().cloned().chain(turns));
    print_row("---", sizes.iter().chain(&sizes).map(|_| String::from("--:")));
    let mut reasons = Vec::new();
    for operation in chosen {
        let (readings, reason) = meter::grow(operation, &sizes, LIMIT);
        print_readings(operation, &readings, sizes.len());
        reasons.extend(reason.map(|reason| format!("- *{}*: {reason}.", operation.what)));
    }
    println!("\nNanoseconds of CPU time per operation, and the longest turn.");
    for reason in reasons {
        println!("{reason}");
    }
}

fn print_readings(operation: &Operation, readings: &[Reading], columns: usize) {
    let cell = |text: Option<String>| text.unwrap_or_else(|| String::from("-"));
    let cost = |it: &Reading| format!("{:.0}", it.cost);
    let costs = (0..columns).map(|i| cell(readings.get(i).map(cost)));
    let turn = |it: &Reading| it.longest_turn.map(duration);
    let turns = (0..columns).map(|i| cell(readings.get(i).and_then(turn)));
    print_row(operation.what, costs.chain(turns));
}

fn print_row(head: &str, cells: impl Iterator<Item = String>) {
    print!("| {head} ");
    cells.for_each(|it| print!("| {it} "));
    println!("|");
}

/// Writes nanoseconds with two digits or so.
fn duration(nanos: f64) -> String {
    match nanos {
        _ if nanos < 9.95e3 => format!("{:.1} us", nanos / 1e3),
        _ if nanos < 1e6 => format!("{:.0} us", nanos / 1e3),
        _ if nanos < 9.95e6 => format!("{:.1} ms", nanos / 1e6),
        _ => format!("{:.0} ms", nanos / 1e6),
    }
}

/// Writes a number with a comma after each three digits.
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}
