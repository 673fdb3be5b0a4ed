//! What a signal leaves behind: a terminal that is as it was, and whole files.
#![cfg(unix)]

mod common;

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::common::wheelhouse;

/// How long a test waits for the binary.
const PATIENCE: Duration = Duration::from_secs(20);

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it doesn't come about");
        thread::yield_now();
    }
}

fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

// The terminal ---------------------------------------------------------------------------

/// A terminal, and the tour that runs on it.
struct Tour {
    keys: File,
    terminal: File,
    before: LocalModes,
    child: Child,
}

impl Tour {
    /// Goes on until the tour waits for a key.
    fn begin() -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let path = ptsname(&keys, Vec::new()).unwrap().into_string().unwrap();
        let keys = File::from(keys);
        // It isn't to become the terminal of the tests.
        let open = OFlags::RDWR | OFlags::NOCTTY;
        let terminal = rustix::fs::open(path, open, rustix::fs::Mode::empty()).unwrap();
        let terminal = File::from(terminal);
        let before = tcgetattr(&terminal).unwrap().local_modes;
        let end = || terminal.try_clone().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_wheelhouse"))
            .arg("tour")
            .stdin(end())
            .stdout(end())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut screen = keys.try_clone().unwrap();
        // Ends with the terminal, by an error.
        thread::spawn(move || io::copy(&mut screen, &mut io::sink()));
        let tour = Self { keys, terminal, before, child };
        wait_until(|| !tour.modes().contains(LocalModes::ECHO));
        tour
    }

    fn modes(&self) -> LocalModes {
        tcgetattr(&self.terminal).unwrap().local_modes
    }

    /// Waits for the tour's end, by whatever, after which the terminal is as it was.
    fn ends(mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        assert_eq!(self.modes(), self.before);
        status
    }
}

#[test]
fn a_signal_ends_the_tour_and_leaves_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let tour = Tour::begin();
        send(signal, &tour.child);
        assert_eq!(tour.ends().signal(), Some(signal.as_raw()));
    }
}

#[test]
fn so_does_the_key_that_interrupts() {
    let mut tour = Tour::begin();
    tour.keys.write_all(b"\x03").unwrap();
    assert_eq!(tour.ends().signal(), Some(Signal::INT.as_raw()));
}

#[test]
fn and_the_key_that_quits() {
    let mut tour = Tour::begin();
    tour.keys.write_all(b" bq").unwrap();
    assert_eq!(tour.ends().code(), Some(0));
}

// Files ----------------------------------------------------------------------------------

/// A folder of a test's own, with a file that was there before.
struct Folder(PathBuf);

const BEFORE: &str = "what was there";

impl Folder {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("run"), BEFORE).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("run")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn count(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

#[test]
fn an_interrupt_leaves_the_file_whole_and_no_other_behind() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = Folder::new(&format!("interrupt-{}", signal.as_raw()));
        let run = format!("wait -n 8000 --virtual --seed 1 --jsonl {}", folder.file().display());
        let mut child = wheelhouse(&run).stdout(Stdio::null()).spawn().unwrap();
        // It is being written, beside the other; or has been.
        wait_until(|| folder.count() == 2 || folder.text() != BEFORE);
        // A run that is over has no use for it.
        let _ = kill_process(Pid::from_child(&child), signal);
        let status = child.wait().unwrap();
        if status.signal().is_some() {
            assert_eq!(status.signal(), Some(signal.as_raw()));
        }
        let text = folder.text();
        assert!(text == BEFORE || text.ends_with("}\n"), "the file is cut off");
        assert_eq!(folder.count(), 1);
    }
}

/// A limit that stands for the end of the disk.
#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let folder = Folder::new("full");
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" replay 3 --virtual --html \"$1\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_wheelhouse")]).arg(folder.file());
    let output = shell.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    let expected = format!("error: {}: File too large", folder.file().display());
    assert!(complaint.starts_with(&expected), "{complaint}");
    assert_eq!((folder.text().as_str(), folder.count()), (BEFORE, 1));
}

#[test]
fn a_file_keeps_its_permissions_and_a_link_its_target() {
    let folder = Folder::new("link");
    let link = folder.0.join("link");
    std::os::unix::fs::symlink(folder.file(), &link).unwrap();
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o600)).unwrap();
    common::output_of(&format!("replay 3 --virtual --jsonl {}", link.display()));
    assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    assert!(folder.text().starts_with("{\"wheelhouse\":"));
    assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_no_file_is_written_to() {
    common::output_of("replay 3 --virtual --jsonl /dev/null");
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
