//! What a signal leaves behind: whole files. What it leaves of the terminal is in
//! `tour.rs`.
#![cfg(unix)]

mod common;
#[path = "common/patience.rs"]
mod patience;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use viewer::View;

use crate::common::wheelhouse;
use crate::patience::wait_until;

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

/// The recording of a run that goes on for longer than the test waits.
#[test]
fn an_interrupted_run_writes_what_was_recorded_of_it() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = Folder::new(&format!("interrupted-run-{}", signal.as_raw()));
        let (file, page) = (folder.file(), folder.0.join("page"));
        let files = format!("--jsonl {} --html {}", file.display(), page.display());
        let run = format!("wait -n 3 --seed 1 --max-sleep 1000s {files}");
        let mut child = wheelhouse(&run).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(printed.any(|line| line.unwrap().starts_with("Coro with 2")));
        kill_process(Pid::from_child(&child), signal).unwrap();

        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(signal.as_raw()));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("The run was interrupted.\nwrote "), "{said}");
        let recording = viewer::Recording::parse(&folder.text()).unwrap();
        assert_eq!(recording.cut(), None);
        let header = folder.text().lines().next().unwrap().to_owned();
        assert!(header.contains("\"slack\":1000000"), "{header}");
        let last = recording.scenes().last().unwrap().sentence;
        assert_eq!(last, "The program remarks: `the run was interrupted`");
        assert!(recording.output().iter().any(|line| line.starts_with("Coro with 2")));
        assert!(fs::read_to_string(page).unwrap().starts_with("<!doctype html>"));
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
    let (_, said) =
        common::printed_and_said(&format!("replay 3 --virtual --jsonl {}", link.display()));
    assert!(said.starts_with(&format!("wrote {} (", link.display())), "{said}");
    assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    assert!(folder.text().starts_with("{\"wheelhouse\":"));
    assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_no_file_is_written_to() {
    let (printed, _) = common::printed_and_said("replay 3 --virtual --jsonl /dev/null");
    assert_eq!(printed, common::output_of("replay 3 --virtual"));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
