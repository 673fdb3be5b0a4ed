//! The specification: programs for asyncio, which print the same on `CPython` 3.13 and here.
//!
//! `tests/asyncio/specification` has the chapters, each a program of several scenes, and beside
//! each what `CPython` prints of it. They begin with the words of `tests/asyncio/words.py`.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scenario::python::run;

fn asyncio() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/asyncio")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it can be read").replace("\r\n", "\n")
}

/// The names of the chapters.
fn chapters() -> BTreeSet<String> {
    let files = fs::read_dir(asyncio().join("specification")).expect("the folder is there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    let chapters = paths.filter(|path| path.extension().is_some_and(|it| it == "py"));
    chapters.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn path(chapter: &str, extension: &str) -> PathBuf {
    asyncio().join("specification").join(chapter).with_extension(extension)
}

/// Returns what a chapter prints here. There are no modules here, so the words are put in.
fn printed_here(chapter: &str) -> String {
    let (import, words) = ("from words import *\n", read(&asyncio().join("words.py")));
    let text = read(&path(chapter, "py"));
    assert!(text.contains(import), "{chapter} has the words of the others");
    let run = run(&text.replace(import, &words)).expect("it makes sense");
    assert_eq!(run.failure, None, "{chapter}");
    run.printed
}

fn printed_on(python: &str, chapter: &str) -> String {
    let mut command = Command::new(python);
    command.arg("-B").arg(asyncio().join("virtual.py")).arg(path(chapter, "py"));
    let output = command.output().expect("Python starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("it is text").replace("\r\n", "\n")
}

/// Compares scene by scene, so that what is shown of a difference is short.
fn assert_is_kept(chapter: &str, printed: &str) {
    let kept = read(&path(chapter, "out"));
    for (scene, expected) in printed.split("\n\n").zip(kept.split("\n\n")) {
        assert!(scene == expected, "{chapter}: expected\n{expected}\n\nit prints\n{scene}");
    }
    assert_eq!(printed, kept, "{chapter}");
}

#[test]
fn each_chapter_prints_what_cpython_printed() {
    assert!(!chapters().is_empty());
    for chapter in chapters() {
        assert_is_kept(&chapter, &printed_here(&chapter));
    }
}

/// `PYTHON313` is a Python 3.13.
#[test]
#[ignore = "takes a Python 3.13"]
fn cpython_prints_what_is_kept() {
    let python = env::var("PYTHON313").expect("PYTHON313 says where a Python 3.13 is");
    for chapter in chapters() {
        assert_is_kept(&chapter, &printed_on(&python, &chapter));
    }
}

/// A function of a chapter that nobody calls would be a scene that is missing.
#[test]
fn each_scene_is_played() {
    for chapter in chapters() {
        let text = read(&path(&chapter, "py"));
        let names = text.lines().filter_map(|line| line.strip_prefix("async def "));
        for name in names.map(|line| line.split('(').next().unwrap()) {
            assert!(text.matches(&format!("{name}(")).count() > 1, "{chapter}: {name}");
        }
    }
}
