//! The rules of which options go with which command, and with each other.

use std::path::Path;

use super::{Cli, Command, Faults, Manner, Show};
use crate::output::is_standard;
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

/// The options that a command can't obey, and why it can't.
pub(super) struct Useless {
    options: &'static [&'static str],
    why: &'static str,
}

/// Why options are useless to a scenario, and to a program, which are run at once.
const OF_FILES: [&str; 2] = [
    "a scenario has its own clock and order, and its log is JSON",
    "a program has its own clock and order, and prints what it prints",
];

const NOTHING_IS_RUN: Useless = Useless { options: OF_A_RUN, why: "nothing is run" };

/// Returns the options that are useless to a command whatever its arguments are.
pub(super) fn useless_to(command: &str) -> Useless {
    let (options, why): (&[_], _) = match command {
        "scenario" => (&["--virtual", "--shuffle", "--format text", "--live"], OF_FILES[0]),
        "run" => {
            (&["--virtual", "--shuffle", "--format text", "--format json", "--live"], OF_FILES[1])
        }
        "show" => (
            &["--virtual", "--format text", "--format json", "--shuffle", "--jsonl", "--live"],
            "the run is over, and was recorded",
        ),
        "tour" => (&["--format json", "--live"], "a tour is text"),
        "faults" => (
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
        "steps" => (OF_A_RUN, "a step is an executor of its own"),
        "playground" => (OF_A_RUN, "a playground runs what one writes there"),
        "completions" | "man" => return NOTHING_IS_RUN,
        _ => return Useless::NONE,
    };
    Useless { options, why }
}

impl Useless {
    const NONE: Self = Self { options: &[], why: "" };

    fn why_not(&self, option: &str) -> &'static str {
        if option == "--live" && OF_FILES.contains(&self.why) {
            return "it is over before one could look, and --html shows it";
        }
        self.why
    }

    /// Returns whether an option is useless whatever its value is.
    pub(super) fn has(&self, option: &str) -> bool {
        let of_option = |it: &&&str| it.split(' ').next() == Some(option);
        let all = OF_A_RUN.iter().filter(of_option).count();
        all > 0 && self.options.iter().filter(of_option).count() == all
    }
}

impl Cli {
    /// Looks whether the command can obey all the options.
    ///
    /// # Errors
    ///
    /// The error is the rule that they break.
    pub(crate) fn check(&self) -> Result<(), String> {
        let useless = self.useless();
        if let Some(option) = self.given().find(|it| useless.options.contains(it)) {
            return Err(format!("{option}: {}; leave that out", useless.why_not(option)));
        }
        if self.scenario().is_some_and(|it| it.files.len() > 1) && self.wanted().is_any() {
            return Err("a recording is that of one scenario; give one FILE".into());
        }
        if let Some(beside) = self.beside() {
            self.check_beside(beside)?;
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

    fn check_beside(&self, beside: &Path) -> Result<(), String> {
        if self.manner.html.is_none() {
            return Err("--beside: it is shown in the page; give --html, too".into());
        }
        match &self.command {
            Some(Command::Show(Show { recording, .. }))
                if is_standard(recording) && is_standard(beside) =>
            {
                Err("--beside -: the standard input has one recording; give a file for this".into())
            }
            _ => Ok(()),
        }
    }

    /// Returns the options that the command can't obey, and why it can't.
    fn useless(&self) -> Useless {
        match &self.command {
            Some(Command::Run(program)) if program.scenario => NOTHING_IS_RUN,
            Some(Command::Faults(Faults { fault: None, .. })) => {
                Useless { options: OF_A_RUN, why: "a list of faults has no run" }
            }
            Some(command) => useless_to(command.name()),
            None => Useless::NONE,
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
