//! The tour on a small terminal: what its keys do, that all can be read, and that the
//! terminal is as it was afterwards.
#![cfg(unix)]

#[path = "common/patience.rs"]
mod patience;
#[path = "common/terminal.rs"]
mod terminal;

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::LocalModes;

use crate::patience::wait_until;
use crate::terminal::Terminal;

/// The size of the terminal.
const COLUMNS: u16 = 40;
const ROWS: u16 = 12;

/// A terminal, and the tour that runs on it.
struct Tour {
    child: Child,
    terminal: Terminal,
    before: LocalModes,
}

impl Tour {
    /// Goes on until the tour waits for a key.
    fn begin() -> Self {
        let terminal = Terminal::open(COLUMNS, ROWS);
        let before = terminal.modes();
        let tour = Self { child: terminal.run(&["tour"]), terminal, before };
        tour.await_key();
        tour
    }

    fn await_key(&self) {
        wait_until(|| !self.terminal.modes().contains(LocalModes::ECHO));
    }

    fn press(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    /// Waits until the first line of the screen is this, and returns the screen.
    fn screen_with(&self, title: &str) -> Vec<String> {
        let is_whole = |screen: &[String]| screen.last().is_some_and(|it| it.ends_with("quit"));
        let is_shown = |screen: &[String]| screen.first().is_some_and(|it| it == title);
        let is_there = |screen: Vec<String>| is_whole(&screen) && is_shown(&screen);
        wait_until(|| is_there(self.screen()));
        let screen = self.screen();
        self.await_key();
        screen
    }

    /// The lines that were written since the screen was cleared last.
    fn screen(&self) -> Vec<String> {
        let written = self.terminal.written();
        let screen = written.rsplit("\u{1b}[H").next().unwrap_or_default();
        screen.lines().map(str::to_owned).collect()
    }

    /// Waits for the tour's end, by whatever, after which the terminal is as it was.
    fn ends(mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        assert_eq!(self.terminal.modes(), self.before);
        status
    }
}

// The keys -------------------------------------------------------------------------------

const PAGE_DOWN: &str = "\u{1b}[6~";

/// The first lines of all steps, as they are printed where there is no terminal.
fn titles() -> Vec<String> {
    let printed = Command::new(env!("CARGO_BIN_EXE_wheelhouse")).arg("tour").output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let titles = printed.lines().filter(|line| line.starts_with("step ")).map(str::to_owned);
    let titles: Vec<_> = titles.collect();
    let last = titles.len() - 1;
    let numbered = |(step, title): (usize, &String)| {
        title.starts_with(&format!("step {step} of {last}, turn "))
    };
    assert!(last > 50 && titles.iter().enumerate().all(numbered), "{titles:?}");
    titles
}

/// Each screen, the line with the keys included.
fn fits(screen: &[String]) {
    assert!(screen.len() <= ROWS.into(), "{screen:#?}");
    let is_short = |line: &String| line.chars().count() <= COLUMNS.into();
    assert!(screen.iter().all(is_short), "{screen:#?}");
}

#[test]
fn it_begins_with_the_page_that_explains() {
    let mut tour = Tour::begin();
    let explained = tour.screen_with("A tour of the executor");
    fits(&explained);
    assert!(explained.join(" ").contains("Three coroutines"));
    tour.press(" ");
    tour.screen_with(&titles()[0]);
    tour.press("?");
    assert_eq!(tour.screen_with("A tour of the executor"), explained);
    tour.press("q");
    assert!(tour.ends().success());
}

#[test]
fn each_key_leads_where_the_page_says() {
    let (mut tour, titles) = (Tour::begin(), titles());
    let last = titles.len() - 1;
    for (keys, step) in [
        (" ", 0),
        (" ", 1),
        ("\r", 2),
        ("\u{1b}[C", 3),
        ("n", 4),
        ("b", 3),
        ("p", 2),
        ("\u{1b}[D", 1),
        ("\u{7f}", 0),
        ("b", 0),
        (PAGE_DOWN, 10),
        ("\u{1b}[F", last),
        (" ", last),
        ("\u{1b}[H", 0),
        (PAGE_DOWN, 10),
        ("n", 11),
        ("\u{1b}[5~", 1),
    ] {
        tour.press(keys);
        fits(&tour.screen_with(&titles[step]));
    }
    tour.press("q");
    assert!(tour.ends().success());
}

/// A key without a meaning takes nobody to another step.
#[test]
fn other_keys_do_nothing() {
    let (mut tour, titles) = (Tour::begin(), titles());
    for (keys, step) in [(" ", 0), ("x\tZ ", 1)] {
        tour.press(keys);
        tour.screen_with(&titles[step]);
    }
    tour.press("q");
    assert!(tour.ends().success());
}

#[test]
fn what_does_not_fit_is_scrolled_to() {
    let (mut tour, titles) = (Tour::begin(), titles());
    for (keys, step) in [(" ", 0), (PAGE_DOWN, 10), (PAGE_DOWN, 20), (PAGE_DOWN, 30)] {
        tour.press(keys);
        tour.screen_with(&titles[step]);
    }
    let title = &titles[30];
    let screen = tour.screen_with(title);
    fits(&screen);
    assert!(screen.last().unwrap().starts_with("↓↑ more"), "{screen:#?}");
    tour.press("\u{1b}[B");
    wait_until(|| tour.screen_with(title) != screen);
    let scrolled = tour.screen_with(title);
    assert_eq!(scrolled[1..10], screen[2..11]);
    tour.press("q");
    assert!(tour.ends().success());
}

// The end --------------------------------------------------------------------------------

#[test]
fn a_signal_ends_the_tour_and_leaves_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let tour = Tour::begin();
        kill_process(Pid::from_child(&tour.child), signal).unwrap();
        assert_eq!(tour.ends().signal(), Some(signal.as_raw()));
    }
}

#[test]
fn so_does_the_key_that_interrupts() {
    let mut tour = Tour::begin();
    tour.press("\x03");
    assert_eq!(tour.ends().signal(), Some(Signal::INT.as_raw()));
}

#[test]
fn and_the_key_that_quits() {
    let mut tour = Tour::begin();
    tour.press(" bq");
    assert_eq!(tour.ends().code(), Some(0));
}
