//! Spot the fault: asks which guarantee a fault of the executor breaks.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use console::Term;
use faults::{FAULTS, Fault};
use viewer::{Difference, Recording, Scene, View};

use crate::report::{FAILED, print};
use crate::tour::wrapped;

/// The letters of the choices.
const LETTERS: [&str; 4] = ["a", "b", "c", "d"];

const AS_IT_IS: &str = "  as it is        ";
const WITH_THE_FAULT: &str = "  with the fault  ";

/// The most columns of a text, which is hard to read if it is wider.
const WIDEST: usize = 100;

const HEADING: Style = Style::new().bold();
const ADDED: Style = AnsiColor::Green.on_default();
const PLAIN: Style = Style::new();

/// The faults, without what they break.
pub(crate) struct List;

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "One line of the executor is wrong: which guarantee breaks?\n")?;
        for (fault, number) in FAULTS.iter().zip(1..) {
            let files = changed_files(fault).collect::<Vec<_>>().join(", ");
            writeln!(f, "wheelhouse faults {number:<2}  {files}")?;
            writeln!(f, "                      {}", fault.question)?;
        }
        Ok(())
    }
}

/// The files that a fault changes, without the folder of all.
fn changed_files(fault: &Fault) -> impl Iterator<Item = &str> {
    fault.patch.lines().filter_map(|line| line.strip_prefix("+++ b/executor/src/"))
}

/// A fault, and its two runs.
pub(crate) struct Case {
    number: usize,
    fault: &'static Fault,
    right: Recording,
    faulty: Recording,
}

impl Case {
    pub(crate) fn of(number: usize) -> Self {
        let fault = &FAULTS[number - 1];
        let run = |text| Recording::parse(text).expect("the tests read all of them");
        Self { number, fault, right: run(fault.right_run), faulty: run(fault.faulty_run) }
    }

    /// Returns the page of both runs, side by side.
    ///
    /// # Errors
    ///
    /// Fails if the page would be too large.
    pub(crate) fn page(&self) -> Result<String, String> {
        self.right.to_html_beside(&self.faulty).map_err(|error| error.to_string())
    }
}

/// Prints the question. If somebody sits at a terminal, hears a guess, and prints the answer;
/// at once, if that is what is asked for.
///
/// # Errors
///
/// Fails when the terminal can't be read from.
pub(crate) fn ask(case: &Case, answer: bool) -> io::Result<()> {
    let columns = usize::from(Term::stdout().size().1);
    let width = if io::stdout().is_terminal() { columns.min(WIDEST) } else { WIDEST };
    print(Question { case, width });
    if answer {
        print(Answer { case, guess: None, width });
    } else if io::stdin().is_terminal() && io::stdout().is_terminal() {
        let guess = hear_guess()?;
        print(Answer { case, guess, width });
    } else {
        print(format_args!("The answer: wheelhouse faults {} --answer\n", case.number));
    }
    Ok(())
}

/// Returns the place of the choice that is typed; none if it is something else.
fn hear_guess() -> io::Result<Option<usize>> {
    print("Your guess, a to d, or Enter to see the answer: ");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let typed = line.trim().to_lowercase();
    print("\n");
    Ok(LETTERS.iter().position(|letter| *letter == typed))
}

/// The change, the program and the choices.
struct Question<'a> {
    case: &'a Case,
    width: usize,
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case: Case { number, fault, .. }, width } = self;
        writeln!(f, "{HEADING}Fault {number} of {}{HEADING:#}: {}", FAULTS.len(), fault.question)?;
        Patch(fault.patch).fmt(f)?;
        writeln!(f, "\n{HEADING}The program{HEADING:#}, {}\n", fault.path)?;
        fault.program.lines().try_for_each(|line| match line {
            "" => writeln!(f),
            line => writeln!(f, "    {line}"),
        })?;
        writeln!(f, "\n{HEADING}Which of these guarantees breaks?{HEADING:#}\n")?;
        for (letter, choice) in LETTERS.iter().zip(fault.choices) {
            write_wrapped(f, &format!("  {letter}  "), choice, *width)?;
        }
        writeln!(f)
    }
}

/// A change of the source, without what only programs read.
struct Patch(&'static str);

impl fmt::Display for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.lines() {
            let style = match line.as_bytes().first() {
                _ if line.starts_with("--- ") || line.starts_with("@@ ") => continue,
                _ if line.starts_with("+++ b/") => {
                    writeln!(f, "\n{HEADING}{}{HEADING:#}\n", &line[6..])?;
                    continue;
                }
                Some(b'-') => FAILED,
                Some(b'+') => ADDED,
                _ => PLAIN,
            };
            writeln!(f, "{style}{line}{style:#}")?;
        }
        Ok(())
    }
}

/// The answer, its reason, and the step in which it is seen first.
struct Answer<'a> {
    case: &'a Case,
    guess: Option<usize>,
    width: usize,
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case: Case { number, fault, right, faulty }, guess, width } = self;
        let verdict = match guess {
            Some(guess) if *guess == fault.right => "Right, it is ",
            Some(_) => "No, it is ",
            None => "It is ",
        };
        let answer = format!("{}: {}", LETTERS[fault.right], fault.answer());
        write_wrapped(f, verdict, &answer, *width)?;
        writeln!(f)?;
        write_wrapped(f, "", fault.explanation, *width)?;
        write_output(f, right, faulty, *width)?;
        if let Some(Difference { step, here, there, .. }) = right.difference(faulty) {
            writeln!(f, "\n{HEADING}The runs differ first in step {step}{HEADING:#}\n")?;
            write_wrapped(f, AS_IT_IS, told(here.as_ref()), *width)?;
            write_wrapped(f, WITH_THE_FAULT, told(there.as_ref()), *width)?;
        }
        writeln!(f, "\nBoth runs, side by side: wheelhouse faults {number} --html FILE")
    }
}

/// Writes what the program prints, if the fault makes a difference.
fn write_output(
    f: &mut fmt::Formatter<'_>,
    right: &Recording,
    faulty: &Recording,
    width: usize,
) -> fmt::Result {
    let [right, faulty] = [right, faulty].map(View::output);
    if right == faulty {
        return Ok(());
    }
    let said = |lines: &[String]| match lines {
        [] => String::from("nothing"),
        lines => lines.join("; "),
    };
    writeln!(f, "\n{HEADING}The program prints{HEADING:#}\n")?;
    write_wrapped(f, AS_IT_IS, &said(&right), width)?;
    write_wrapped(f, WITH_THE_FAULT, &said(&faulty), width)
}

fn told(scene: Option<&Scene>) -> &str {
    scene.map_or("The run is over.", |scene| &scene.sentence)
}

fn write_wrapped(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    text: &str,
    width: usize,
) -> fmt::Result {
    wrapped(heading, text, PLAIN, width).try_for_each(|line| writeln!(f, "{line}"))
}

#[cfg(test)]
mod tests {
    use faults::{FAULTY, RIGHT};

    use super::*;

    #[test]
    fn each_fault_is_seen_in_its_recording() {
        for number in 1..=FAULTS.len() {
            let Case { fault, right, faulty, .. } = Case::of(number);
            assert_eq!((right.title(), faulty.title()), (RIGHT, FAULTY), "{}", fault.name);
            assert!(right.difference(&faulty).is_some(), "{}", fault.name);
        }
    }
}
