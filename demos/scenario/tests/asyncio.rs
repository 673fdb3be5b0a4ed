//! The same programs on asyncio and here: what each logs.
//!
//! `tests/asyncio/cases` has scenarios, and beside each the log that Python 3.13
//! made of it. What differs on purpose is in `tests/asyncio/DEVIATIONS.md`.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/asyncio")
}

/// The scenarios in a folder, by name.
fn scenarios(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).expect("the folder is there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    let scenarios = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
    scenarios.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// Those whose logs here are others.
fn different(folder: &Path) -> BTreeSet<String> {
    scenarios(folder).into_iter().filter(|name| !is_same(&folder.join(name))).collect()
}

fn is_same(scenario: &Path) -> bool {
    let expected = fs::read_to_string(scenario.with_extension("log")).expect("a log beside it");
    scenario::run_file(&scenario.with_extension("json"), false) == Ok(expected)
}

/// The cases that the rows of a Markdown table name in their last cell.
fn deviations() -> BTreeSet<String> {
    let page = fs::read_to_string(folder().join("DEVIATIONS.md")).expect("it is there");
    let rows = page.lines().filter(|line| line.starts_with("| F"));
    let cells = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit('|').next());
    let names = cells.flat_map(|cell| cell.split(','));
    names.map(|name| name.trim().trim_matches('`').to_owned()).filter(|it| it != "-").collect()
}

/// All but the listed ones, and each of these differs indeed.
#[test]
fn the_cases_give_the_same_logs_as_cpython() {
    assert_eq!(different(&folder().join("cases")), deviations());
}

/// Its steps say then at which lines they are.
#[test]
fn a_scenario_that_is_recorded_gives_the_same_log() {
    let cases = folder().join("cases");
    for name in scenarios(&cases) {
        let file = cases.join(&name).with_extension("json");
        let (log, recording) = scenario::record_file(&file, false).expect("it makes sense");
        assert_eq!(Ok(log), scenario::run_file(&file, false), "{name}");
        assert!(recording.to_json_lines().contains(&format!("\"at\":\"{name}.py:")), "{name}");
    }
}

/// `PYTHON313` is a Python 3.13, whose logs the new scenarios get. Prints the
/// counts, and keeps what differs.
#[test]
#[ignore = "takes a Python 3.13, and two minutes"]
fn fresh_random_scenarios_give_the_same_logs_as_cpython() {
    let python = env::var("PYTHON313").expect("PYTHON313 says where a Python 3.13 is");
    let count = env::var("SCENARIOS").unwrap_or_else(|_| String::from("40"));
    let seed = env::var("SEED").unwrap_or_else(|_| std::process::id().to_string());
    let mut all_different = Vec::new();
    for level in 1..=7 {
        for ties in ["none", "some", "many"] {
            let out = env::temp_dir().join(format!("wheelhouse-scenarios-{seed}-{level}-{ties}"));
            generate(&python, &["--seed", &seed, "--count", &count, "--ties", ties], level, &out);
            let different = different(&out);
            println!("level {level}, ties {ties}: {count} run, {} different", different.len());
            if different.is_empty() {
                fs::remove_dir_all(&out).expect("it was made");
            }
            all_different.extend(different.into_iter().map(|name| out.join(name)));
        }
    }
    assert!(all_different.is_empty(), "seed {seed}: {all_different:#?}");
}

fn generate(python: &str, arguments: &[&str], level: u32, out: &Path) {
    let mut command = Command::new(python);
    command.arg("-B").arg(folder().join("generate.py")).args(arguments);
    command.args(["--level", &level.to_string(), "--out"]).arg(out);
    let status = command.status().expect("Python starts");
    assert!(status.success(), "{command:?}: {status}");
}
