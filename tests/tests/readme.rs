//! What the README says of other crates is what the tests with the feature
//! `embedding` have tested.

use std::fs;
use std::path::{Path, PathBuf};

const README: &str = include_str!("../../README.md");
const LOCK: &str = include_str!("../../Cargo.lock");

/// The rows of the table "Runs on it": crate, version, whether it runs, what was
/// tested, test.
fn rows() -> Vec<[&'static str; 5]> {
    let (_, section) = README.split_once("\n### Runs on it\n").expect("there is this section");
    let lines = section.lines().skip_while(|line| !line.starts_with("|---"));
    lines.skip(1).map_while(row).collect()
}

fn row(line: &'static str) -> Option<[&'static str; 5]> {
    let cells: Vec<_> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
    let cells = <[&str; 5]>::try_from(cells).expect("five cells");
    Some(cells.map(str::trim))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("embedding")
}

#[test]
fn versions_are_those_that_are_tested() {
    assert!(rows().len() > 20);
    for [name, version, ..] in rows() {
        let package = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(LOCK.contains(&package), "Cargo.lock has no {name} {version}");
    }
}

#[test]
fn tests_that_are_named_exist() {
    for [.., test] in rows() {
        let (module, function) = test.trim_matches('`').split_once("::").expect("a path");
        let source = fs::read_to_string(folder().join(module).with_extension("rs")).unwrap();
        assert!(source.contains(&format!("#[test]\nfn {function}()")), "{test}");
    }
}

#[test]
fn every_example_is_named() {
    for file in fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let in_table = README.contains(&format!("`{name}::"));
        let linked = README.contains(&format!("(tests/embedding/{name}.rs)"));
        assert!(in_table || linked || name == "main", "{name}");
    }
}
