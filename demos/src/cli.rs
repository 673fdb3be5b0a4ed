//! The command line, and the plans that it asks for.

mod rules;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anstream::ColorChoice;
use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use executor::{Clock, Schedule};

use crate::export::Wanted;
use crate::notebook::{CELLS, Cell, FAILING};
use crate::plan::{Call, Plan, ReturnWhen};
use crate::random;
use crate::report::Format;
use crate::values::{self, Failing};

const EXAMPLES: &str = "\
Examples:
  wheelhouse                       Replay the whole notebook
  wheelhouse replay 3 5 --speed 2  Replay two of its cells, twice as fast
  wheelhouse --virtual             Replay it at once, on a virtual clock
  wheelhouse wait --return-when first-exception --seed 42
  wheelhouse wait -n 1000 --fail none --timeout 1.5s --virtual
  wheelhouse gather --fail 2 --return-exceptions
  wheelhouse replay 4 --virtual --format json
  wheelhouse replay 3 --virtual --html run.html
  wheelhouse replay 3 --live       Watch it in a browser while it runs
  wheelhouse run program.py --html run.html
  wheelhouse scenario program.json --html run.html
  wheelhouse scenario program.json --html run.html --beside cpython.jsonl
  wheelhouse show run.jsonl --html run.html
  wheelhouse steps 3               Run a step on the way to the executor
  wheelhouse faults 1              Spot a fault of the executor
  wheelhouse playground            Write a page on which to change programs
  wheelhouse completions bash > wheelhouse.bash

In the notebook ten coroutines sleep, and two of them, 5 and 7, fail. Each cell
awaits them in another way. `wait` returns when a condition is met, and tells
who has ended (`Completed`) and who hasn't (`pending`); what follows are the
values and exceptions of those that have ended, in the order in which they did.
`gather` gives the values in the order of the coroutines, or the first exception
instead of them.

With --format json each line is an object with an `event`: `run` (what is
planned), `started`, `ended` and `cancelled` (a coroutine's life) and `returned`
(what came of wait or gather). `at_ms` is the time since the run began.

Where a FILE is written, - is the standard output; then the run itself isn't
shown. Where a RECORDING is read, - is the standard input. An option that a
command can't obey is refused, before anything is run.

Exit codes: 0 done, 1 the command gather or run ended with an exception, or the
output can't be written, 2 usage. A replay's exceptions are the notebook's: 0.";

/// The heading of the options that all commands have.
const MANNER: &str = "How it is run and shown";

/// Replays the notebook "Asyncio Wait vs Gather", and makes runs like it.
#[derive(Parser, Debug)]
#[command(name = "wheelhouse", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    manner: Manner,
}

/// The manner in which plans are run and shown.
#[derive(Args, Debug)]
struct Manner {
    /// Don't really sleep: a virtual clock jumps from sleep to sleep
    #[arg(long = "virtual", global = true, help_heading = MANNER)]
    on_virtual_clock: bool,
    /// Print text as the notebook does, or an object per event [default: text]
    #[arg(long, global = true, help_heading = MANNER, value_enum)]
    format: Option<Format>,
    /// Let tasks that are ready take their turns in another order: the one that
    /// this seed stands for
    #[arg(long, global = true, help_heading = MANNER, value_name = "SEED")]
    #[arg(value_parser = values::seed, allow_hyphen_values = true)]
    shuffle: Option<u64>,
    /// Draw what each coroutine did, and when, as text
    #[arg(long, global = true, help_heading = MANNER)]
    timeline: bool,
    /// Write a page on which to step through the run, forth and back
    #[arg(long, global = true, help_heading = MANNER, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the recording of the run: a line of JSON for each step
    #[arg(long, global = true, help_heading = MANNER, value_name = "FILE")]
    jsonl: Option<PathBuf>,
    /// Write the run for Perfetto and for Chromium's tracing page
    #[arg(long, global = true, help_heading = MANNER, value_name = "FILE")]
    chrome: Option<PathBuf>,
    /// Show the run in a browser while it goes on: tells the page's address, and begins once
    /// it is open
    #[arg(long, global = true, help_heading = MANNER)]
    live: bool,
    /// When to use colours
    #[arg(long, global = true, help_heading = MANNER)]
    #[arg(value_name = "WHEN", default_value_t = clap::ColorChoice::Auto)]
    color: clap::ColorChoice,
}

#[derive(Subcommand, Debug)]
enum Command {
    Replay(Replay),
    Wait(Wait),
    Gather(Gather),
    Run(Program),
    Scenario(Scenario),
    Show(Show),
    /// Walk through a small run, one step per key, and see the executor work
    Tour,
    Steps(Steps),
    Faults(Faults),
    Playground(Playground),
    Completions(Completions),
    Man(Man),
}

impl Command {
    /// Returns the word that stands for it.
    fn name(&self) -> &'static str {
        match self {
            Self::Replay(_) => "replay",
            Self::Wait(_) => "wait",
            Self::Gather(_) => "gather",
            Self::Run(_) => "run",
            Self::Scenario(_) => "scenario",
            Self::Show(_) => "show",
            Self::Tour => "tour",
            Self::Steps(_) => "steps",
            Self::Faults(_) => "faults",
            Self::Playground(_) => "playground",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

/// Returns the command line. The help of a command has no option that it can't obey.
pub(crate) fn command() -> clap::Command {
    let mut all = Cli::command();
    // Only then do the commands have the options that all of them take.
    all.build();
    all.mut_subcommands(|command| {
        let useless = rules::useless_to(command.get_name());
        command.mut_args(|option| {
            let name = option.get_long().map(|it| format!("--{it}"));
            let is_useless = name.is_some_and(|it| useless.has(&it));
            if is_useless { option.hide(true) } else { option }
        })
    })
}

/// Run an executor that grows in eight steps, and see what each cures
#[derive(Args, Debug)]
struct Steps {
    /// The step, from 1 to 8; a list of them unless given
    #[arg(value_name = "STEP", value_parser = values::step, allow_hyphen_values = true)]
    step: Option<usize>,
}

/// Spot the fault: a line of the executor is wrong, so which guarantee breaks?
///
/// Each fault comes with a small program, and with the recordings of two runs of it: by the
/// executor as it is, and with the fault.
#[derive(Args, Debug)]
struct Faults {
    /// The fault, from 1 to 12; a list of them unless given
    #[arg(value_name = "FAULT", value_parser = values::fault, allow_hyphen_values = true)]
    fault: Option<usize>,
    /// Show the answer, and don't ask
    #[arg(long)]
    answer: bool,
}

/// Write a page on which to change programs, and to step through their runs
///
/// The page is built anew, by Cargo and in this repository: the executor and the interpreter of
/// the command run are in it, as WebAssembly. It needs no server and no network.
#[derive(Args, Debug)]
struct Playground {
    /// The page
    #[arg(value_name = "FILE", default_value = "playground.html")]
    file: PathBuf,
}

/// Print a script by which a shell completes the command line
#[derive(Args, Debug)]
struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, to be read by `man -l -`
#[derive(Args, Debug)]
struct Man {
    /// The command whose page it is; unless given, that of all
    #[arg(value_parser = PossibleValuesParser::new(DESCRIBED))]
    command: Option<String>,
}

/// The commands that have a manual page each.
const DESCRIBED: [&str; 10] = [
    "replay",
    "wait",
    "gather",
    "run",
    "scenario",
    "show",
    "tour",
    "steps",
    "faults",
    "playground",
];

/// Replay cells of the notebook, with its own sleeps
#[derive(Args, Debug)]
struct Replay {
    /// Cells from 2 to 6; all unless given
    #[arg(value_name = "CELL", value_parser = values::cell)]
    cells: Vec<&'static Cell>,
    /// Divide the sleeps by this, if not in the text
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = values::speed)]
    #[arg(allow_hyphen_values = true)]
    speed: f64,
}

/// Wait for coroutines that sleep for random times
#[derive(Args, Debug)]
struct Wait {
    #[command(flatten)]
    coroutines: Coroutines,
    /// Return when this is so: all-completed, first-completed, first-exception,
    /// first-success, completions=K (K have ended) or successes=K
    #[arg(long, value_name = "CONDITION", default_value_t = ReturnWhen::AllCompleted)]
    return_when: ReturnWhen,
    /// Return after this time at the latest
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    #[arg(allow_hyphen_values = true)]
    timeout: Option<Duration>,
}

/// Gather the results of coroutines that sleep for random times
#[derive(Args, Debug)]
struct Gather {
    #[command(flatten)]
    coroutines: Coroutines,
    /// Take exceptions for results
    #[arg(long)]
    return_exceptions: bool,
}

/// Run a small program that is written as for Python's asyncio
///
/// It knows coroutines, tasks, sleeps, wait, gather, shields, timeouts and groups of tasks;
/// what it doesn't know is refused with line and column. The clock is virtual: a sleep takes
/// no time.
#[derive(Args, Debug)]
pub(crate) struct Program {
    /// The program, a file as for Python
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print what happened as the command scenario does, instead of what the program prints
    #[arg(long)]
    pub(crate) log: bool,
    /// Print the program as a scenario in JSON, and don't run it
    #[arg(long, conflicts_with = "log")]
    pub(crate) scenario: bool,
}

/// Run small programs of coroutines, and log what asyncio would
///
/// The clock is virtual, unless a scenario is busy. The log is JSON: a line for each
/// thing that happens.
#[derive(Args, Debug)]
pub(crate) struct Scenario {
    /// Files with a scenario each, in JSON
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Log in which turn of the loop it was
    #[arg(long)]
    pub(crate) turns: bool,
    /// Lay another recording of the scenario beside the run, in the page: that of
    /// Python, which tests/asyncio/record.py makes
    #[arg(long, value_name = "RECORDING")]
    pub(crate) beside: Option<PathBuf>,
}

/// Show a recording that was written before, as a page, a chart or a trace
///
/// It is one that --jsonl has written, or that was saved on a page, by Share and Save recording.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The recording, as JSON Lines; - is the standard input
    #[arg(value_name = "RECORDING")]
    pub(crate) recording: PathBuf,
    /// Lay another recording beside it, in the page
    #[arg(long, value_name = "RECORDING")]
    pub(crate) beside: Option<PathBuf>,
}

/// The work that a command line asks for.
pub(crate) enum Action<'a> {
    /// To carry out plans, one after the other.
    Run(Vec<Plan>),
    /// To run a program in a file.
    Program(&'a Program),
    /// To run scenarios.
    Scenario(&'a Scenario),
    /// To show a recording.
    Show(&'a Show),
    /// To walk through a run.
    Tour,
    /// To run a step, or to list them.
    Step(Option<usize>),
    /// To list the faults.
    ListFaults,
    /// To ask about the fault of this number, or to show the answer.
    Fault(usize, bool),
    /// To write the playground into a file.
    Playground(&'a Path),
    /// To print the completions of a shell.
    Complete(Shell),
    /// To print the manual page of a command, or of all.
    Describe(Option<&'a str>),
}

#[derive(Args, Debug)]
struct Coroutines {
    /// The number of coroutines
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = values::count)]
    #[arg(allow_hyphen_values = true)]
    number: usize,
    /// The indices of those that fail, or none [default: those of 5,7 that exist]
    #[arg(long, value_name = "INDICES", allow_hyphen_values = true)]
    fail: Option<Failing>,
    /// The longest sleep
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = values::duration)]
    #[arg(allow_hyphen_values = true)]
    max_sleep: Duration,
    /// The same seed gives the same run [default: any]
    #[arg(long, value_name = "SEED", value_parser = values::seed)]
    #[arg(allow_hyphen_values = true)]
    seed: Option<u64>,
}

impl Cli {
    /// Reads the command line of this process.
    ///
    /// # Errors
    ///
    /// The error is the help, if that is asked for, or says what makes no sense.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        Self::from_arg_matches(&command().try_get_matches()?)
    }

    pub(crate) fn clock(&self) -> Clock {
        if self.manner.on_virtual_clock { Clock::Virtual } else { Clock::Real }
    }

    pub(crate) fn format(&self) -> Format {
        self.manner.format.unwrap_or(Format::Text)
    }

    /// Returns where the recording of the run is to be written, and how.
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        let Manner { html, jsonl, chrome, timeline, .. } = &self.manner;
        Wanted {
            html: html.as_deref(),
            jsonl: jsonl.as_deref(),
            chrome: chrome.as_deref(),
            timeline: *timeline,
        }
    }

    /// Returns whether the run is to be shown while it goes on.
    pub(crate) fn is_live(&self) -> bool {
        self.manner.live
    }

    pub(crate) fn color(&self) -> ColorChoice {
        match self.manner.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        }
    }

    /// Returns in which order tasks that are ready take their turns.
    pub(crate) fn schedule(&self) -> Schedule {
        self.manner.shuffle.map_or_else(Schedule::default, Schedule::Seeded)
    }

    fn scenario(&self) -> Option<&Scenario> {
        match &self.command {
            Some(Command::Scenario(scenario)) => Some(scenario),
            _ => None,
        }
    }

    /// Returns the recording that the page is to have beside the other.
    fn beside(&self) -> Option<&Path> {
        match &self.command {
            Some(
                Command::Scenario(Scenario { beside, .. }) | Command::Show(Show { beside, .. }),
            ) => beside.as_deref(),
            _ => None,
        }
    }

    /// Returns what is to be done.
    ///
    /// # Errors
    ///
    /// The error is the rule that the values break together, if each by itself is fine.
    pub(crate) fn action(&self) -> Result<Action<'_>, String> {
        Ok(match &self.command {
            None => Action::Run(CELLS.iter().map(|cell| cell.plan(1.0)).collect()),
            Some(Command::Replay(replay)) => Action::Run(replay.plans()),
            Some(Command::Wait(wait)) => Action::Run(vec![wait.plan()?]),
            Some(Command::Gather(gather)) => Action::Run(vec![gather.plan()?]),
            Some(Command::Run(program)) => Action::Program(program),
            Some(Command::Scenario(scenario)) => Action::Scenario(scenario),
            Some(Command::Show(show)) => Action::Show(show),
            Some(Command::Tour) => Action::Tour,
            Some(Command::Steps(Steps { step })) => Action::Step(*step),
            Some(Command::Faults(Faults { fault: None, .. })) => Action::ListFaults,
            Some(Command::Faults(Faults { fault: Some(fault), answer })) => {
                Action::Fault(*fault, *answer)
            }
            Some(Command::Playground(Playground { file })) => Action::Playground(file),
            Some(Command::Completions(Completions { shell })) => Action::Complete(*shell),
            Some(Command::Man(Man { command })) => Action::Describe(command.as_deref()),
        })
    }
}

impl Replay {
    fn plans(&self) -> Vec<Plan> {
        let all = self.cells.is_empty().then_some(&CELLS);
        let cells = self.cells.iter().copied().chain(all.into_iter().flatten());
        cells.map(|cell| cell.plan(self.speed)).collect()
    }
}

impl Wait {
    fn plan(&self) -> Result<Plan, String> {
        let Self { return_when, timeout, .. } = *self;
        self.coroutines.check_condition(return_when)?;
        self.coroutines.plan(Call::Wait { return_when, timeout })
    }
}

impl Gather {
    fn plan(&self) -> Result<Plan, String> {
        let Self { return_exceptions, .. } = *self;
        self.coroutines.plan(Call::Gather { return_exceptions })
    }
}

impl Coroutines {
    fn plan(&self, call: Call) -> Result<Plan, String> {
        let seed = self.seed.unwrap_or_else(random::any_seed);
        Ok(random::plan(call, self.number, &self.failing()?, self.max_sleep, seed))
    }

    fn failing(&self) -> Result<BTreeSet<usize>, String> {
        let number = self.number;
        let Some(Failing(failing)) = &self.fail else {
            return Ok(FAILING.into_iter().filter(|index| *index < number).collect());
        };
        match failing.iter().find(|index| **index >= number) {
            None => Ok(failing.clone()),
            Some(index) => Err(format!(
                "--fail {index}: there is no coroutine {index} among {number}; \
                give indices from 0 to {}",
                number - 1
            )),
        }
    }

    /// Refuses a count that can't be reached, which is a mistake.
    fn check_condition(&self, condition: ReturnWhen) -> Result<(), String> {
        let number = self.number;
        match condition {
            ReturnWhen::Completions(count) | ReturnWhen::Successes(count) if count > number => {
                Err(format!(
                    "--return-when {condition}: there are only {number} coroutines; \
                    give a count from 1 to {number}"
                ))
            }
            _ => Ok(()),
        }
    }
}
