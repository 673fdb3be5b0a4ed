//! Replays the notebook "Asyncio Wait vs Gather", and makes runs like it.
//!
//! The way of a run, file by file:
//!
//! | file            | what it is                                              |
//! |-----------------|---------------------------------------------------------|
//! | `cli.rs`        | the command line, and the plans that it asks for        |
//! | `cli/rules.rs`  | the rules of which options go together                  |
//! | `values.rs`     | the values on it, as they are written and refused       |
//! | `plan.rs`       | a plan: some coroutines, and the call they are given to |
//! | `notebook.rs`   | the plans of the notebook's cells                       |
//! | `random.rs`     | plans with random sleeps                                |
//! | `coroutine.rs`  | the coroutine that all plans run                        |
//! | `run.rs`        | carries a plan out, by `wait` or by `gather`            |
//! | `event.rs`      | the events of a run, as a reporter gets them            |
//! | `report.rs`     | the reporters: text, JSON, and bars on a terminal       |
//! | `export.rs`     | the recording of a run, written into files              |
//! | `sources.rs`    | the sources that a run is about, for the page           |
//! | `beside.rs`     | the notebook's cells in Python, for the page            |
//! | `output.rs`     | a file, written as a whole or not at all                |
//! | `signals.rs`    | the work that is done before a signal ends the program  |
//! | `interrupt.rs`  | the end of a run that a signal interrupts               |
//!
//! Apart from these, `tour` walks through a run, `spot.rs` asks about faults, and
//! `manual.rs` prints the manual page and the completions of shells. Small programs of
//! coroutines are the package `wheelhouse-scenario`, the page on which to change them is
//! `wheelhouse-playground`, the steps on the way to the executor are `wheelhouse-steps`, and its
//! faults `wheelhouse-faults`.

#![forbid(unsafe_code)]

mod beside;
mod cli;
mod coroutine;
mod event;
mod export;
mod interrupt;
mod manual;
mod notebook;
mod output;
mod plan;
mod random;
mod report;
mod run;
mod signals;
mod sources;
mod spot;
mod tour;
mod values;

use std::cell::Cell;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use executor::Executor;
use executor::trace::Recording;
use scenario::python;
use viewer::live::{self, Live};

use crate::beside::Beside;
use crate::cli::{Action, Cli, Program, Scenario, Show};
use crate::export::{Exports, Wanted};
use crate::output::{Output, is_standard};
use crate::plan::Plan;
use crate::report::View;
use crate::run::perform;
use crate::spot::Case;

/// The run itself failed.
const FAILURE: u8 = 1;
/// The command line makes no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match Cli::read() {
        Ok(cli) => obey(&cli),
        Err(error) if error.use_stderr() => refuse(values::one_line(&error)),
        Err(help) => {
            // A reader who has seen enough of the help may close the pipe.
            let _ = help.print();
            ExitCode::SUCCESS
        }
    }
}

fn obey(cli: &Cli) -> ExitCode {
    cli.color().write_global();
    let action = match cli.check().and_then(|()| cli.action()) {
        Ok(action) => action,
        Err(rule) => return refuse(rule),
    };
    let done = match action {
        Action::Run(plans) => carry_out(plans, cli),
        Action::Program(program) => run_program(program, cli.wanted()),
        Action::Scenario(scenario) => run_scenarios(scenario, cli.wanted()),
        Action::Show(show) => show_recording(show, cli.wanted()),
        Action::Tour => tour(cli).map(|()| ExitCode::SUCCESS),
        Action::Step(step) => Ok(show_step(step)),
        Action::ListFaults => Ok(print_all(spot::List)),
        Action::Fault(fault, answer) => {
            spot_fault(fault, answer, cli.wanted()).map(|()| ExitCode::SUCCESS)
        }
        Action::Playground(file) => write_playground(file).map(|()| ExitCode::SUCCESS),
        Action::Complete(shell) => Ok(print_all(manual::completions(shell))),
        Action::Describe(command) => Ok(print_all(manual::page(command))),
    };
    done.unwrap_or_else(fail)
}

/// Carries out the plans one after the other, all on one executor: what a run
/// leaves behind goes on during the next, as in the notebook.
fn carry_out(plans: Vec<Plan>, cli: &Cli) -> Result<ExitCode, String> {
    let wanted = cli.wanted();
    let exports = wanted.prepare()?;
    let mut live = if cli.is_live() { Some(open_live()?) } else { None };
    let executor = Executor::builder().clock(cli.clock()).schedule(cli.schedule()).build();
    let executor = Rc::new(executor);
    let beside = beside::of(&plans);
    let mut view = View::new(cli.format(), cli.clock());
    if wanted.takes_stdout() {
        view = view.silent();
    }
    if let Some(live) = &mut live {
        let follower = sources::add_to_growing(executor.follow_recording().titled(title()));
        live.show(beside::add_to_growing(follower, beside.clone()));
    } else if wanted.is_any() {
        executor.start_recording();
    }
    let is_shown = wanted.is_any() || live.is_some();
    let ending = Ending { executor: Rc::clone(&executor), exports, beside, live };
    let ending = Rc::new(Cell::new(Some(ending)));
    let guard = is_shown.then(|| Ending::guard(&ending, &executor)).transpose()?;
    let mut code = ExitCode::SUCCESS;
    for plan in plans {
        let raised_matters = !plan.is_replay();
        let result = executor.block_on(perform(plan, view));
        if result.is_err() && raised_matters {
            code = ExitCode::from(FAILURE);
        }
    }
    drop(guard);
    ending.take().map_or(Ok(()), Ending::write)?;
    Ok(code)
}

/// All that comes after a run, whether that is over or was interrupted.
struct Ending {
    executor: Rc<Executor>,
    exports: Exports,
    beside: Option<Beside>,
    live: Option<Live>,
}

impl Ending {
    /// Writes the recording. The page that was live gets the last steps.
    fn write(self) -> Result<(), String> {
        let Self { executor, exports, beside, live } = self;
        let recording = executor.stop_recording().titled(title());
        drop(live);
        exports.write(beside::add(recording, beside))
    }

    /// Writes it, too, if a signal comes that ends the program.
    fn guard(
        ending: &Rc<Cell<Option<Self>>>,
        executor: &Executor,
    ) -> Result<interrupt::Guard, String> {
        let interrupted = Rc::clone(ending);
        let end = move || interrupted.take().into_iter().for_each(Self::interrupt);
        interrupt::guard(executor, end).map_err(|error| format!("can't wait for signals: {error}"))
    }

    fn interrupt(self) {
        report::tell("The run was interrupted.");
        self.write().unwrap_or_else(report::tell_error);
    }
}

/// Serves the page of a run that is to come, and waits until somebody looks at it.
fn open_live() -> Result<Live, String> {
    let live = live::serve().map_err(|error| format!("can't serve a page: {error}"))?;
    report::tell(format_args!("{live}, and begins when the page is open."));
    live.wait_until_opened();
    Ok(live)
}

/// Walks through a small run, and writes its recording if that is wanted.
fn tour(cli: &Cli) -> Result<(), String> {
    let wanted = cli.wanted();
    let exports = wanted.prepare()?;
    let recording = tour::record(cli.schedule());
    if !wanted.takes_stdout() {
        tour::walk(&recording).map_err(|error| error.to_string())?;
    }
    exports.write(recording.titled(title()))
}

/// Runs a step on the way to the executor, or lists the steps.
fn show_step(step: Option<usize>) -> ExitCode {
    let Some(step) = step else {
        let titles = steps::shows::ALL.iter().zip(1..);
        let lines = titles.map(|((title, _), step)| format!("wheelhouse steps {step}  {title}\n"));
        return print_all(lines.collect::<String>());
    };
    let (_, show) = steps::shows::ALL[step - 1];
    show();
    ExitCode::SUCCESS
}

/// Asks about a fault, and writes the page of its runs if that is wanted.
fn spot_fault(number: usize, answer: bool, wanted: Wanted<'_>) -> Result<(), String> {
    let page = wanted.html.map(Output::prepare).transpose()?;
    let case = Case::of(number);
    if !wanted.takes_stdout() {
        spot::ask(&case, answer).map_err(|error| error.to_string())?;
    }
    page.map_or(Ok(()), |page| page.write(&case.page()?))
}

/// Has the playground built, and writes it.
fn write_playground(file: &Path) -> Result<(), String> {
    let page = Output::prepare(file)?;
    let interpreter = playground::interpreter().map_err(|error| error.to_string())?;
    page.write(&playground::page(&interpreter))
}

/// The title of a recording: the command line, as far as it is about the run.
fn title() -> String {
    export::title_of(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
}

/// All that comes of a run.
struct Ran {
    /// The text that is printed.
    said: String,
    recording: Recording,
    /// The reason for which it failed.
    failure: Option<String>,
    /// The exit code that it asks for.
    exit: Option<u8>,
}

/// Prints the logs of scenarios, one after the other. What is wrong with one
/// doesn't keep the others from running.
fn run_scenarios(scenario: &Scenario, wanted: Wanted<'_>) -> Result<ExitCode, String> {
    let Scenario { files, turns, beside } = scenario;
    if wanted.is_any() {
        let beside = match read_beside(beside.as_deref()) {
            Ok(beside) => beside,
            Err(reason) => return Ok(refuse(reason)),
        };
        return show_run(&files[0], wanted, beside, |file| {
            let (said, recording) = scenario::record_file(file, *turns)?;
            Ok(Ran { said, recording, failure: None, exit: None })
        });
    }
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match scenario::run_file(file, *turns) {
            Ok(log) => report::print(log),
            Err(reason) => code = refuse(format_args!("{}: {reason}", file.display())),
        }
    }
    Ok(code)
}

/// Runs a program, prints what it prints or its log, and writes its recording if that is
/// wanted.
fn run_program(program: &Program, wanted: Wanted<'_>) -> Result<ExitCode, String> {
    let Program { file, log, scenario } = program;
    if *scenario {
        return Ok(match scenario::read(file).and_then(|text| python::to_json(&text)) {
            Ok(json) => print_all(json),
            Err(reason) => refuse(format_args!("{}: {reason}", file.display())),
        });
    }
    show_run(file, wanted, None, |file| {
        let run = if wanted.is_any() { python::record_file } else { python::run_file };
        let python::Run { printed, log: lines, recording, failure, exit, .. } = run(file)?;
        Ok(Ran { said: if *log { lines } else { printed }, recording, failure, exit })
    })
}

/// Runs a file, prints what it says, and writes its recording if that is wanted.
fn show_run(
    file: &Path,
    wanted: Wanted<'_>,
    beside: Option<viewer::Recording>,
    run: impl FnOnce(&Path) -> Result<Ran, String>,
) -> Result<ExitCode, String> {
    let exports = wanted.prepare()?.with_beside(beside);
    let Ran { said, recording, failure, exit } = match run(file) {
        Ok(ran) => ran,
        Err(reason) => return Ok(refuse(format_args!("{}: {reason}", file.display()))),
    };
    if !wanted.takes_stdout() {
        report::print(said);
    }
    exports.write(recording.titled(title()))?;
    let Some(reason) = failure else { return Ok(ExitCode::from(exit.unwrap_or(0))) };
    report::tell(reason);
    Ok(ExitCode::from(exit.unwrap_or(FAILURE)))
}

/// Shows a recording that was written before.
fn show_recording(show: &Show, wanted: Wanted<'_>) -> Result<ExitCode, String> {
    let recording = read_recording(&show.recording);
    let read = recording.and_then(|it| Ok((it, read_beside(show.beside.as_deref())?)));
    let (recording, beside) = match read {
        Ok(recordings) => recordings,
        Err(reason) => return Ok(refuse(reason)),
    };
    wanted.prepare()?.with_beside(beside).show(&recording)?;
    Ok(ExitCode::SUCCESS)
}

fn read_beside(beside: Option<&Path>) -> Result<Option<viewer::Recording>, String> {
    beside.map(read_recording).transpose()
}

/// Reads a recording that was written as JSON Lines, and tells if it is cut off.
fn read_recording(path: &Path) -> Result<viewer::Recording, String> {
    let is_input = is_standard(path);
    let name = if is_input { "the standard input".into() } else { path.to_string_lossy() };
    let named = |reason: &dyn Display| format!("{name}: {reason}");
    let text = if is_input { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let text = text.map_err(|error| named(&format!("can't be read: {error}")))?;
    let recording = viewer::Recording::parse(&text).map_err(|error| named(&error))?;
    if let Some(cut) = recording.cut() {
        report::tell(named(&cut));
    }
    Ok(recording)
}

fn print_all(text: impl Display) -> ExitCode {
    report::print(text);
    ExitCode::SUCCESS
}

fn refuse(rule: impl Display) -> ExitCode {
    report::tell_error(rule);
    ExitCode::from(USAGE)
}

fn fail(reason: impl Display) -> ExitCode {
    report::tell_error(reason);
    ExitCode::from(FAILURE)
}
