//! A whole run: the turns, and what is said at the end.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use combinators::raising;
use executor::trace::Recording;
use executor::{Clock, Executor, Next, Schedule, sleep};
use serde_json::{Value as Json, json};

use crate::asyncio_run;
use crate::coroutine::{Scope, word};
use crate::fault::{Fault, Halt, Outcome, out};
use crate::handle::{Child, Handle, outcome};
use crate::hot;
use crate::log::NOBODY;
use crate::machine::{Machine, labels};
use crate::program::{Name, Place, Program, Source, Step};
use crate::promise;
use crate::python::EXIT_VALUE;
use crate::value::Value;

/// The time for which the clock has run before a run begins that looks back, so that deadlines
/// before the beginning exist.
const BEFORE: Duration = Duration::from_hours(24);

/// The remark where `main` waits for what will never come. `CPython` doesn't end there.
const STUCK: &str =
    "nothing is left that could wake main: CPython would wait for ever, and this run ends here";

/// A scenario on its executor.
struct Run {
    machine: Rc<Machine>,
    executor: Rc<Executor>,
}

/// All that comes of a run.
pub(crate) struct Report {
    pub(crate) log: String,
    pub(crate) printed: String,
    /// The reason for which the main coroutine failed, as Python says it.
    pub(crate) failure: Option<String>,
    /// What an exit was given, if the program has exited.
    pub(crate) exit: Option<Value>,
    pub(crate) recording: Recording,
}

/// Runs a scenario and returns its log.
pub(crate) fn run(program: Program, with_turns: bool) -> String {
    Run::begin(program, Schedule::Fifo, with_turns).finish().log
}

/// Runs a scenario and returns its log and its recording.
pub(crate) fn record(program: Program, with_turns: bool) -> (String, Recording) {
    let run = Run::begin(program, Schedule::Fifo, with_turns);
    run.executor.start_recording();
    let Report { log, recording, .. } = run.finish();
    (log, recording)
}

/// Runs a scenario and returns all that comes of it.
pub(crate) fn report(program: Program, schedule: Schedule, with_recording: bool) -> Report {
    let run = Run::begin(program, schedule, false);
    if with_recording {
        run.executor.start_recording();
    }
    run.finish()
}

/// Returns the reason for which the main coroutine didn't end well.
fn failure_of(outcome: Option<Outcome>) -> Option<String> {
    match outcome {
        None => Some("the program waits for ever: nothing is left that could wake it".into()),
        Some(Ok(_)) => None,
        Some(Err(fault)) => Some(fault.last_line()),
    }
}

impl Run {
    fn begin(program: Program, schedule: Schedule, with_turns: bool) -> Self {
        let clock = if program.busy { Clock::Real } else { Clock::Virtual };
        let executor = Rc::new(Executor::builder().clock(clock).schedule(schedule).build());
        if program.looks_back() && !program.busy {
            executor.block_on(sleep(BEFORE));
        }
        let machine = Machine::new(program, with_turns);
        promise::call_by(Some(Rc::new({
            let (machine, executor) = (Rc::clone(&machine), Rc::clone(&executor));
            move |call| machine.call_soon(&executor, call)
        })));
        Self { machine, executor }
    }

    /// Notes that the loop runs as long as something goes on.
    fn running<T>(&self, run: impl FnOnce() -> T) -> T {
        self.machine.runs.set(true);
        let done = run();
        self.machine.runs.set(false);
        done
    }

    /// Runs to the end. The recording is empty if none was started.
    fn finish(self) -> Report {
        let main = self.run_until(|main: &Child| main.is_finished(), || self.start());
        if let reason @ Some(_) = self.machine.reason_of_limit() {
            return self.close(reason, None);
        }
        let mut failure = None;
        if !self.has_exited() {
            let outcome = outcome(&main);
            self.say("main", [outcome.as_ref().map_or(("pending", json!(true)), out)]);
            if outcome.is_none() && self.machine.program.from_python {
                self.executor.note(STUCK);
            }
            failure = failure_of(outcome);
        }
        self.machine.stop.without_main.set(!main.is_finished());
        self.shut_down();
        let recording = if self.machine.program.from_python {
            let recording = self.recording_if_over();
            self.shut_down_loop();
            recording
        } else {
            None
        };
        drop(main);
        let failure = self.machine.reason_of_limit().or(failure);
        self.close(failure, recording)
    }

    fn start(&self) -> Child {
        self.reach_run();
        let main = self.spawn(&self.machine.program.main, &"main".into());
        asyncio_run::stop_with_main(&self.machine, &main);
        main
    }

    /// Says to the recording that the program is where it calls `asyncio.run`.
    fn reach_run(&self) {
        if let Some(Source { begins, .. }) = &self.machine.program.source {
            self.reach(*begins);
        }
    }

    /// Says to the recording where the program is, while none of its tasks runs.
    fn reach(&self, place: Place) {
        if self.machine.runs.get() {
            self.machine.reach(place);
        } else if let Some(Source { file, .. }) = &self.machine.program.source {
            self.executor.reached(file, place.line, place.column);
        }
    }

    fn spawn(&self, coro: &Name, handle: &Name) -> Child {
        let coroutine = self.machine.coroutine(coro, handle);
        let label = Rc::clone(&coroutine.label);
        let task = self.executor.spawn(raising(coroutine.task())).shared();
        let task = self.machine.note(task, &label);
        self.machine.bind(handle, Handle::Task(task.clone()));
        task
    }

    /// Begins something and runs until that is done, or nothing is left to do.
    fn run_until<T>(&self, is_done: impl Fn(&T) -> bool, begin: impl FnOnce() -> T) -> T {
        if self.machine.program.busy {
            return self.spin(begin);
        }
        let what = begin();
        let Machine { log, stop, .. } = &*self.machine;
        loop {
            log.next_turn();
            let next = self.running(|| self.executor.turn());
            let (stopped, paused) = (stop.over.take(), self.take_pauses());
            // After a pause it goes on even if something has stopped it, unless it is done.
            let is_over = if paused { is_done(&what) } else { stopped };
            if is_over {
                break;
            }
            if next == Next::Woken && !paused {
                log.next_turn();
                self.say("deadlock", []);
                break;
            }
        }
        what
    }

    /// Runs likewise while something else is always ready: the future here, which comes
    /// first in each turn.
    fn spin<T>(&self, begin: impl FnOnce() -> T) -> T {
        let Machine { log, stop, .. } = &*self.machine;
        let (mut begin, mut what) = (Some(begin), None);
        let running = poll_fn(|cx| {
            if stop.over.take() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            match begin.take() {
                Some(begin) => what = Some(begin()),
                None => log.next_turn(),
            }
            Poll::Pending
        });
        self.running(|| self.executor.block_on(running));
        what.expect("it begins when first polled")
    }

    /// Takes the steps of the pauses in the turn before. Returns `false` if there was none.
    fn take_pauses(&self) -> bool {
        let pauses = self.machine.stop.pauses.take();
        for body in &pauses {
            self.say("pause", []);
            body.iter().for_each(|step| self.take_between_runs(step));
        }
        !pauses.is_empty()
    }

    fn take_between_runs(&self, step: &Step) {
        let nobody = self.machine.nobody();
        let result = match step {
            Step::At(place) => {
                self.reach(*place);
                Ok(())
            }
            Step::Spawn { coro, handle, .. } => {
                self.spawn(coro, handle);
                Ok(())
            }
            act => nobody.act(act, Scope::default()),
        };
        match result {
            Ok(()) => {}
            Err(Halt::Unbound(name)) => nobody.log("unbound", [("of", word(&name))]),
            Err(Halt::Fault(fault)) => nobody.log("raise", [("err", fault.json())]),
        }
    }

    /// Returns whether the program has exited, and logs that.
    fn has_exited(&self) -> bool {
        let exit = self.machine.stop.exit.take();
        if exit {
            self.say("main", [("exit", json!(true))]);
        }
        exit
    }

    /// Cancels the tasks that are left, in the order of their making, and lets them end.
    fn shut_down(&self) {
        let left = self.machine.running();
        if left.is_empty() {
            return;
        }
        self.say("shutdown", [("pending", json!(labels(&left)))]);
        let cancel = || {
            self.reach_run();
            for task in &left {
                task.cancel();
            }
            asyncio_run::stop_after(&self.machine, &left)
        };
        self.run_until(|left| left.get() == 0, cancel);
        self.has_exited();
        for task in &left {
            if let Some(Err(Fault::Error(error))) = outcome(task) {
                self.say("shutdown_error", [("of", json!(task.name())), ("err", error.json())]);
            }
        }
    }

    /// Ends the recording, unless tasks of the program are left: what follows is no lesson.
    fn recording_if_over(&self) -> Option<Recording> {
        self.machine.running().is_empty().then(|| self.executor.stop_recording())
    }

    /// Runs as long as `asyncio.run` shuts down generators, and then its threads: tasks that
    /// have begun in the meantime go on.
    fn shut_down_loop(&self) {
        for name in ["shutdown_asyncgens", "shutdown_default_executor"] {
            self.run_until(
                |_| true,
                || {
                    let task = self.executor.spawn(async {}).named(name);
                    asyncio_run::stop_with(&self.machine, &task);
                    task
                },
            );
        }
    }

    /// Logs the tasks that are still there, and the errors that nobody has seen.
    fn close(self, failure: Option<String>, recording: Option<Recording>) -> Report {
        let Self { machine, executor } = self;
        for name in labels(&machine.destroyed()) {
            machine.log.line(NOBODY, "destroyed", [("of", json!(name))]);
        }
        let mut unread = machine.unread();
        unread.sort_by_key(|(name, error)| (name.clone(), error.to_string()));
        for (name, error) in unread {
            machine.log.line(NOBODY, "unretrieved", [("of", json!(name)), ("err", error)]);
        }
        let exit = machine.kept(&EXIT_VALUE.into()).ok();
        hot::forget();
        promise::call_by(None);
        machine.forget();
        let mut recording = recording.unwrap_or_else(|| executor.stop_recording());
        if let Some(Source { file, text, .. }) = &machine.program.source {
            recording = recording.with_source(&**file, &**text);
        }
        drop(executor);
        machine.log.line(NOBODY, "end", []);
        let (log, printed) = (machine.log.take(), machine.log.take_printed());
        Report { log, printed, failure, exit, recording }
    }

    fn say<const N: usize>(&self, event: &str, rest: [(&str, Json); N]) {
        self.machine.log.line(NOBODY, event, rest);
    }
}
