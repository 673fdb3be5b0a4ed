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

/// The rooms of `executor`, from the ground up.
const ROOMS: [&str; 4] = ["time", "run", "watch", "cancel"];

fn room(name: &str) -> PathBuf {
    folder("../executor/src").join(name)
}

/// The files of a room, in the order in which its page lists them.
fn listed(name: &str) -> Vec<String> {
    let page = read(&room(name).join("mod.rs"));
    let rows = page.lines().filter_map(|line| line.strip_prefix("//! | `"));
    rows.filter_map(|row| row.split_once(".rs`")).map(|(file, _)| file.to_owned()).collect()
}

/// The sources in a folder and in the folders in it, without those that tell the story.
fn sources(path: &str) -> Vec<(PathBuf, String)> {
    let files = files_below(folder(path)).into_iter();
    let sources = files.filter(|path| path.extension().is_some_and(|it| it == "rs"));
    let sources = sources.filter(|path| !path.ends_with("lib.rs") && !path.ends_with("mod.rs"));
    sources.map(|path| (path.clone(), read(&path))).collect()
}

/// The lines of code, without unit tests.
fn code(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    lines.map(|line| line.split("//").next().unwrap_or_default())
}

/// The paths within the crate that a file mentions, as their first two names.
fn paths(source: &str) -> impl Iterator<Item = (&str, &str)> {
    let rest = code(source).flat_map(|line| line.split("crate::").skip(1));
    rest.map(|path| {
        let mut names = path.split(|it: char| !(it.is_alphanumeric() || it == '_'));
        (names.next().unwrap_or_default(), names.nth(1).unwrap_or_default())
    })
}

#[test]
fn the_page_of_each_room_lists_its_files() {
    for name in ROOMS {
        let mut listed = listed(name);
        let files = files_below(room(name)).into_iter();
        let mut there: Vec<_> = files
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|file| file != "mod")
            .collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there, "in {name}");
    }
}

/// So that rooms can be read from the ground up, and each from top to bottom.
#[test]
fn each_room_uses_only_those_below_and_each_file_only_those_above_it() {
    for (floor, name) in ROOMS.into_iter().enumerate() {
        let files = listed(name);
        for (place, file) in files.iter().enumerate() {
            let source = read(&room(name).join(file).with_extension("rs"));
            for (used, used_file) in paths(&source) {
                let allowed = match used {
                    "platform" | "probe" => true,
                    "above" => name == "run",
                    used if used == name => files[..place].iter().any(|it| it == used_file),
                    used => ROOMS[..floor].contains(&used),
                };
                assert!(allowed, "{name}/{file}.rs uses {used}::{used_file}");
            }
        }
    }
}

/// The README's figure, rounded to hundreds.
#[test]
fn the_minimal_executor_is_as_long_as_the_readme_says() {
    let files = ["time", "run"].into_iter().flat_map(|name| files_below(room(name)));
    let is_code = |line: &&str| !line.trim().is_empty();
    let lines: usize = files.map(|path| code(&read(&path)).filter(is_code).count()).sum();
    let hundreds = (lines + 50) / 100;
    let said = format!("{},{}00 lines of code", hundreds / 10, hundreds % 10);
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&said), "`time` and `run` have {lines} lines of code");
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
        Some("md" | "json" | "py") => words(&read(path)).filter_map(fact).collect(),
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
