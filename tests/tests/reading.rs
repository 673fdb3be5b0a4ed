//! What the sources promise to their readers.

use std::fs;
use std::path::{Path, PathBuf};

const STORY: &str = include_str!("../../executor/src/lib.rs");

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of `executor`, in the order in which its story lists them.
fn files() -> Vec<&'static str> {
    let rows = STORY.lines().filter_map(|line| line.strip_prefix("//! | `"));
    rows.filter_map(|row| row.split_once(".rs`")).map(|(file, _)| file).collect()
}

/// The sources and tests of a folder, but for the story itself.
fn sources(path: &str) -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(folder(path)).expect("the folder is there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|it| it == "rs"));
    sources
        .filter(|path| !path.ends_with("lib.rs"))
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

/// A file's name without folder and extension.
fn stem(path: &Path) -> PathBuf {
    path.file_stem().expect("it is a file").into()
}

/// The modules that a file imports from.
fn imports(source: &str) -> impl Iterator<Item = &str> {
    let rest = source.lines().filter_map(|line| line.strip_prefix("use crate::"));
    rest.filter_map(|rest| rest.split([':', ';', '{']).next())
}

#[test]
fn the_story_lists_every_file() {
    let mut listed: Vec<_> = files().into_iter().map(PathBuf::from).collect();
    let sources = sources("../executor/src");
    let mut there: Vec<_> = sources.iter().map(|(path, _)| stem(path)).collect();
    listed.sort_unstable();
    there.sort_unstable();
    assert_eq!(listed, there);
}

/// So that it can be read from top to bottom.
#[test]
fn each_file_uses_only_those_above_it() {
    let files = files();
    for (place, file) in files.iter().enumerate() {
        let source = read(&folder("../executor/src").join(file).with_extension("rs"));
        for import in imports(&source) {
            assert!(files[..place].contains(&import), "{file}.rs uses {import}.rs");
        }
    }
}

/// The guarantees' tests, as `file::name`.
fn guarantees() -> impl Iterator<Item = (&'static str, &'static str)> {
    let page = include_str!("../../executor/src/guarantees.md");
    let rows = page.lines().filter_map(|line| line.strip_suffix("` |"));
    rows.filter_map(|row| row.rsplit_once('`')?.1.split_once("::"))
}

#[test]
fn each_guarantee_names_a_test_that_there_is() {
    assert!(guarantees().count() > 30);
    for (file, name) in guarantees() {
        let source = read(&folder("tests").join(file).with_extension("rs"));
        assert!(source.contains(&format!("fn {name}(")), "{file}::{name}");
    }
}

/// The names of the invariants in the story.
fn invariants() -> Vec<&'static str> {
    let rows = STORY.lines().filter_map(|line| line.strip_prefix("//! - **I"));
    rows.filter_map(|row| row.split_once("** ")).map(|(number, _)| number).collect()
}

/// Whether a comment has that word.
fn cites(source: &str, word: &str) -> bool {
    let comments = source.lines().filter_map(|line| line.split_once("//")).map(|(_, it)| it);
    let mut words = comments.flat_map(|it| it.split(|c: char| !c.is_alphanumeric()));
    words.any(|it| it == word)
}

#[test]
fn each_invariant_is_cited_where_it_is_upheld_and_where_it_is_tested() {
    assert_eq!(invariants().len(), 9);
    for folder in ["../executor/src", "tests"] {
        let sources = sources(folder);
        for name in invariants().into_iter().map(|number| format!("I{number}")) {
            assert!(
                sources.iter().any(|(_, it)| cites(it, &name)),
                "nothing in {folder} cites {name}"
            );
        }
    }
}
