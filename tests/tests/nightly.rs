//! What the nightly run of the deep tests promises: a step that didn't run is no
//! success.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// A folder of tools for a machine that has no nightly compiler.
static TOOLS: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools");
    fs::create_dir_all(&folder).unwrap();
    for (tool, does) in [("rustc", "echo host: none"), ("cargo", "false")] {
        let file = folder.join(tool);
        fs::write(&file, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
});

/// Runs steps of `.ci/deep` there.
fn deep(steps: &[&str], allowed: &str) -> Output {
    let path = format!("{}:/usr/bin:/bin", TOOLS.display());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/deep");
    Command::new(script).args(steps).env("PATH", path).env("ALLOW_SKIP", allowed).output().unwrap()
}

fn last_lines(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).split("\n== ").last().unwrap().to_owned()
}

#[test]
fn a_night_in_which_a_step_was_skipped_has_failed() {
    let output = deep(&["threads"], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(last_lines(&output), "skipped\nthreads: no nightly compiler\n");
}

#[test]
fn unless_the_step_is_named() {
    let output = deep(&["threads", "loom"], "loom,threads");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(last_lines(&output).contains("threads: no nightly compiler\n"), "{output:?}");
    assert_eq!(deep(&["threads", "loom"], "loom").status.code(), Some(1));
}

/// A step that fails is the last.
#[test]
fn a_night_that_has_failed_says_what_was_skipped() {
    let output = deep(&["threads", "bounds", "loom"], "threads,loom");
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(last_lines(&output), "skipped\nthreads: no nightly compiler\n");
}

#[test]
fn a_step_that_there_is_not_is_an_error() {
    assert_eq!(deep(&["thread"], "").status.code(), Some(2));
    assert_eq!(deep(&["threads"], "thread").status.code(), Some(2));
}
