//! What holds for any program, tried on random ones. See `tests/src/programs.rs` and
//! `tests/src/programs/moved.rs`.
//!
//! | environment variable | what it says                                        |
//! |----------------------|-----------------------------------------------------|
//! | `PROGRAMS`           | how many are tried, 3,000 unless set                |
//! | `SEED`               | the number of the first, 0 unless set               |
//! | `PROGRAM`            | the bytes of the one to run by [`one_program_runs`]  |
//! | `MOVING`             | those of one whose waits move                       |
//! | `ALOUD`              | if set, it says where each byte is taken            |
//!
//! A program that fails is made shorter, each try in a process of its own, as a
//! program may also end by an abort.

use std::env;
use std::panic::catch_unwind;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use wheelhouse_tests::{program_from, program_of, run_moving, run_program, shrunk, text_of};

/// Programs of one kind, and how they run.
struct Kind {
    /// The environment variable that has the bytes of one.
    variable: &'static str,
    run: fn(&[u8]) -> usize,
}

const ANY: Kind = Kind { variable: "PROGRAM", run: run_program };
const MOVING: Kind = Kind { variable: "MOVING", run: run_moving };

/// I2, I7 and I8, and what the guarantees say of whatever a program does.
#[test]
fn random_programs_keep_what_is_promised() {
    ANY.try_random();
}

/// I3 and I9, and what the guarantees say of requests to end, whichever task polls a wait.
#[test]
fn random_programs_whose_waits_move_keep_what_is_promised() {
    MOVING.try_random();
}

/// Those in the environment, if there are any.
#[test]
fn one_program_runs() {
    for kind in [ANY, MOVING] {
        if let Some(program) = kind.in_environment() {
            (kind.run)(&program);
        }
    }
}

/// One that aborts says which it is, but it can't be made shorter there and then.
#[test]
#[ignore = "takes a program that fails from the environment: SEED=.., PROGRAM=.. or MOVING=.."]
fn the_program_in_the_environment_is_made_shorter() {
    let seed = number("SEED").unwrap_or(0);
    if let Some(program) = MOVING.in_environment() {
        MOVING.fail(seed, program);
    }
    ANY.fail(seed, ANY.in_environment().unwrap_or_else(|| program_of(seed)));
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

impl Kind {
    fn in_environment(&self) -> Option<Vec<u8>> {
        env::var(self.variable).ok().map(|text| program_from(&text))
    }

    fn try_random(&self) {
        let (count, first) = (number("PROGRAMS").unwrap_or(3_000), number("SEED").unwrap_or(0));
        let (start, mut turns) = (Instant::now(), 0);
        for seed in first..first + count {
            let program = program_of(seed);
            match catch_unwind(|| (self.run)(&program)) {
                Ok(more) => turns += more,
                Err(_) => self.fail(seed, program),
            }
        }
        println!("{count} programs, {turns} turns, {:.1?}", start.elapsed());
    }

    fn fail(&self, seed: u64, program: Vec<u8>) -> ! {
        let program = shrunk(program, |program| !self.run_alone(program).status.success());
        let output = self.run_alone(&program);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let (variable, text) = (self.variable, text_of(&program));
        panic!("program {seed} fails; the shortest of its kind is {variable}={text}\n{told}");
    }

    /// Runs a program in a process of its own.
    fn run_alone(&self, program: &[u8]) -> Output {
        let mut command = Command::new(env::current_exe().expect("it runs"));
        command.args(["--exact", "one_program_runs", "--nocapture"]).env_remove("MOVING");
        command.env_remove("PROGRAM").env(self.variable, text_of(program));
        command.env("RUST_BACKTRACE", "0").stdout(Stdio::null());
        command.output().expect("it runs again")
    }
}
