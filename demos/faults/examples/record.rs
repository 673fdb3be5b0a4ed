//! Records the program of a fault on the executor that this is built with, and prints the
//! recording: `record NAME right`, or `record NAME faulty`. `.ci/faults` calls it.

use std::env;
use std::process::ExitCode;

use faults::{FAULTS, FAULTY, RIGHT};

fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    let [name, kind] = &words[..] else { return ExitCode::from(2) };
    let Some(fault) = FAULTS.iter().find(|fault| fault.name == name) else {
        return ExitCode::from(2);
    };
    print!("{}", fault.record(if kind == "faulty" { FAULTY } else { RIGHT }));
    ExitCode::SUCCESS
}
