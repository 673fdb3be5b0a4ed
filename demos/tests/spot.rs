//! Spot the fault, at a terminal: it hears a guess, and judges it.
#![cfg(unix)]

#[path = "common/patience.rs"]
mod patience;
#[path = "common/terminal.rs"]
mod terminal;

use rustix::termios::LocalModes;

use crate::patience::wait_until;
use crate::terminal::Terminal;

const PROMPT: &str = "or Enter to see the answer: ";
const ANSWER: &str = "d: A wake during the poll makes another poll.";

/// Types this when it is asked about the third fault. Returns what it says then.
fn reply_to(typed: &str) -> String {
    let mut terminal = Terminal::open(80, 40);
    let before = terminal.modes();
    let mut child = terminal.run(&["faults", "3"]);
    wait_until(|| terminal.written().contains(PROMPT));
    terminal.press(typed);
    assert!(child.wait().unwrap().success());
    assert_eq!((terminal.modes(), before.contains(LocalModes::ECHO)), (before, true));
    wait_until(|| terminal.written().contains("--html FILE"));
    terminal.written().split_once(PROMPT).unwrap().1.into()
}

#[test]
fn a_right_guess_is_right() {
    for typed in ["d\n", " D \n"] {
        assert!(reply_to(typed).contains(&format!("Right, it is {ANSWER}")), "{typed}");
    }
}

#[test]
fn a_wrong_guess_is_not() {
    assert!(reply_to("a\n").contains(&format!("No, it is {ANSWER}")));
}

/// The end of the input is one, too.
#[test]
fn whatever_else_is_typed_shows_the_answer() {
    for typed in ["\n", "e\n", "\x04"] {
        assert!(reply_to(typed).contains(&format!("\nIt is {ANSWER}")), "{typed}");
    }
}

/// The answer is told after the guess only.
#[test]
fn the_question_does_not_tell_the_answer() {
    let mut terminal = Terminal::open(80, 40);
    let mut child = terminal.run(&["faults", "3"]);
    wait_until(|| terminal.written().contains(PROMPT));
    let asked = terminal.written();
    assert!(!asked.contains("it is d") && !asked.contains("differ first"), "{asked}");
    terminal.press("\n");
    assert!(child.wait().unwrap().success());
}
