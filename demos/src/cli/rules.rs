//! The rules of which options go with which command, and with each other.

use super::{Cli, Command, Faults, Manner};
use crate::report::Format;

/// The options of a run, as [`Cli::given`] has them.
const OF_A_RUN: &[&str; 9] = &[
    "--virtual",
    "--format text",
    "--format json",
    "--shuffle",
    "--timeline",
    "--html",
    "--jsonl",
    "--chrome",
    "--live",
];

impl Cli {
    /// Looks whether the command can obey all the options.
    ///
    /// # Errors
    ///
    /// The error is the rule that they break.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (useless, why) = self.useless();
        if let Some(option) = self.given().find(|it| useless.contains(it)) {
            return Err(format!("{option}: {why}; leave that out"));
        }
        if self.scenario().is_some_and(|it| it.files.len() > 1) && self.wanted().is_any() {
            return Err("a recording is that of one scenario; give one FILE".into());
        }
        if self.beside().is_some() && self.manner.html.is_none() {
            return Err("--beside: it is shown in the page; give --html, too".into());
        }
        if matches!(self.command, Some(Command::Show(_))) && !self.wanted().is_any() {
            return Err("a recording can be shown in several ways; \
                give --html, --chrome or --timeline"
                .into());
        }
        if let Some(Command::Faults(Faults { fault: None, answer: true })) = self.command {
            return Err("--answer: it is that of one fault; give its number".into());
        }
        match self.printing()[..] {
            [one, other, ..] => Err(format!(
                "{one} and {other}: each wants the standard output for itself; give one of them"
            )),
            _ => Ok(()),
        }
    }

    /// Returns the options that the command can't obey, and why it can't.
    fn useless(&self) -> (&[&'static str], &'static str) {
        match &self.command {
            Some(Command::Scenario(_)) => (
                &["--virtual", "--shuffle", "--format text", "--live"],
                "a scenario has its own clock and order, and its log is JSON",
            ),
            Some(Command::Show(_)) => (
                &["--virtual", "--format text", "--format json", "--shuffle", "--jsonl", "--live"],
                "the run is over, and was recorded",
            ),
            Some(Command::Run(program)) if program.scenario => (OF_A_RUN, "nothing is run"),
            Some(Command::Run(_)) => (
                &["--virtual", "--shuffle", "--format text", "--format json", "--live"],
                "a program has its own clock and order, and prints what it prints",
            ),
            Some(Command::Tour) => (&["--format json", "--live"], "a tour is text"),
            Some(Command::Faults(Faults { fault: None, .. })) => {
                (OF_A_RUN, "a list of faults has no run")
            }
            Some(Command::Faults(_)) => (
                &[
                    "--virtual",
                    "--format json",
                    "--shuffle",
                    "--timeline",
                    "--jsonl",
                    "--chrome",
                    "--live",
                ],
                "the runs of a fault were recorded before, and --html shows them",
            ),
            Some(Command::Steps(_)) => (OF_A_RUN, "a step is an executor of its own"),
            Some(Command::Playground(_)) => (OF_A_RUN, "a playground runs what one writes there"),
            Some(Command::Completions(_) | Command::Man(_)) => (OF_A_RUN, "nothing is run"),
            _ => (&[], ""),
        }
    }

    /// Returns the options of a run that are given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        let Manner {
            on_virtual_clock, format, shuffle, timeline, html, jsonl, chrome, live, ..
        } = &self.manner;
        let given = [
            *on_virtual_clock,
            *format == Some(Format::Text),
            *format == Some(Format::Json),
            shuffle.is_some(),
            *timeline,
            html.is_some(),
            jsonl.is_some(),
            chrome.is_some(),
            *live,
        ];
        OF_A_RUN.iter().zip(given).filter(|(_, given)| *given).map(|(option, _)| *option)
    }

    /// Returns which log of JSON is printed, if one is.
    fn log(&self) -> Option<&'static str> {
        match &self.command {
            Some(Command::Scenario(_)) => Some("scenario, whose log is JSON"),
            Some(Command::Run(program)) if program.log => Some("--log"),
            _ => None,
        }
    }

    /// Returns all that wants the standard output, and would be mixed up there.
    fn printing(&self) -> Vec<&'static str> {
        let mut printing: Vec<_> = self.wanted().on_stdout().collect();
        if matches!(self.command, Some(Command::Faults(Faults { answer: true, .. }))) {
            printing.push("--answer");
        }
        if self.format() == Format::Json {
            printing.push("--format json");
        } else if self.manner.timeline {
            printing.extend(self.log());
        }
        printing
    }
}
