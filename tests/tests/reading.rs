//! What the sources promise to their readers.

use std::collections::BTreeSet;
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

fn comments(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.split_once("//")).map(|(_, comment)| comment)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// Tells whether a comment has that word.
fn cites(source: &str, word: &str) -> bool {
    comments(source).flat_map(words).any(|it| it == word)
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

/// The numbers of the facts about asyncio that the page of facts lists.
fn facts() -> Vec<u32> {
    let page = include_str!("../../executor/src/facts.md");
    let entries = page.lines().filter_map(|line| line.strip_prefix("- <b id=\"F"));
    entries.map(number_of_fact).collect()
}

/// The number in a fact's anchor, which is the one that the reader sees.
fn number_of_fact(entry: &str) -> u32 {
    let (anchor, text) = entry.split_once("\">F").expect("the anchor is closed");
    let (number, sentence) = text.split_once("</b> ").expect("the number is closed");
    assert_eq!(anchor, number);
    assert!(!sentence.is_empty(), "F{number} says nothing");
    number.parse().expect("it is a number")
}

/// The files in a folder and the folders in it, but for what is built there.
fn files_below(path: PathBuf) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path];
    }
    if path.ends_with("target") {
        return Vec::new();
    }
    let entries = fs::read_dir(path).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    paths.flat_map(files_below).collect()
}

/// The facts that a file cites: in its comments, if it is a source, else anywhere.
fn facts_cited_by(path: &Path) -> BTreeSet<u32> {
    let fact = |word: &str| word.strip_prefix('F')?.parse().ok();
    match path.extension().and_then(|it| it.to_str()) {
        Some("rs") => comments(&read(path)).flat_map(words).filter_map(fact).collect(),
        Some("md" | "json") => words(&read(path)).filter_map(fact).collect(),
        _ => BTreeSet::new(),
    }
}

/// The files in a folder that aren't the page of facts, and what each cites.
fn citations(path: &str) -> impl Iterator<Item = (PathBuf, BTreeSet<u32>)> {
    let files = files_below(folder(path)).into_iter();
    files.filter(|path| !path.ends_with("facts.md")).map(|path| {
        let facts = facts_cited_by(&path);
        (path, facts)
    })
}

#[test]
fn each_fact_that_is_cited_is_on_the_page_of_facts() {
    let listed = BTreeSet::from_iter(facts());
    for folder in ["../executor", "../combinators", "../demos", "."] {
        for (path, cited) in citations(folder) {
            let missing: Vec<_> = cited.difference(&listed).collect();
            assert!(missing.is_empty(), "{} cites facts {missing:?}", path.display());
        }
    }
}

/// A deviation is a test too: it says what a scenario's log shows instead, or why none can.
#[test]
fn each_fact_on_the_page_is_there_once_and_is_cited_by_a_test_or_a_deviation() {
    assert!(facts().is_sorted_by(|fact, next| fact < next));
    let cited: BTreeSet<_> = citations(".").flat_map(|(_, facts)| facts).collect();
    let listed = BTreeSet::from_iter(facts());
    let needless: Vec<_> = listed.difference(&cited).collect();
    assert!(needless.is_empty(), "nothing in tests cites the facts {needless:?}");
}
