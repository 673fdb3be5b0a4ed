//! What holds for any program, tried on random ones. See `tests/src/programs.rs`.
//!
//! | environment variable | what it says                                        |
//! |----------------------|-----------------------------------------------------|
//! | `PROGRAMS`           | how many are tried, 3,000 unless set                |
//! | `SEED`               | the number of the first, 0 unless set               |
//! | `PROGRAM`            | the bytes of the one to run by [`one_program_runs`]  |
//! | `ALOUD`              | if set, it says where each byte is taken            |
//!
//! A program that fails is made shorter, each try in a process of its own, as a
//! program may also end by an abort.

use std::env;
use std::panic::catch_unwind;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use wheelhouse_tests::{program_from, program_of, run_program, shrunk, text_of};

/// I2, I7 and I8, and what the guarantees say of whatever a program does.
#[test]
fn random_programs_keep_what_is_promised() {
    let (count, first) = (number("PROGRAMS").unwrap_or(3_000), number("SEED").unwrap_or(0));
    let (start, mut turns) = (Instant::now(), 0);
    for seed in first..first + count {
        let program = program_of(seed);
        match catch_unwind(|| run_program(&program)) {
            Ok(more) => turns += more,
            Err(_) => fail(seed, program),
        }
    }
    println!("{count} programs, {turns} turns, {:.1?}", start.elapsed());
}

/// The one in the environment, if there is one.
#[test]
fn one_program_runs() {
    if let Ok(text) = env::var("PROGRAM") {
        run_program(&program_from(&text));
    }
}

/// One that aborts says which it is, but it can't be made shorter there and then.
#[test]
#[ignore = "takes a program that fails from the environment: SEED=.. or PROGRAM=.."]
fn the_program_in_the_environment_is_made_shorter() {
    let seed = number("SEED").unwrap_or(0);
    let program = env::var("PROGRAM").map_or_else(|_| program_of(seed), |text| program_from(&text));
    fail(seed, program);
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn fail(seed: u64, program: Vec<u8>) -> ! {
    let program = shrunk(program, |program| !run_alone(program).status.success());
    let output = run_alone(&program);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    panic!(
        "program {seed} fails; the shortest of its kind is PROGRAM={}\n{told}",
        text_of(&program)
    );
}

/// Runs a program in a process of its own.
fn run_alone(program: &[u8]) -> Output {
    let mut command = Command::new(env::current_exe().expect("it runs"));
    command.args(["--exact", "one_program_runs", "--nocapture"]);
    command.env("PROGRAM", text_of(program)).env("RUST_BACKTRACE", "0").stdout(Stdio::null());
    command.output().expect("it runs again")
}
