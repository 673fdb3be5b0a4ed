//! Python takes the turns of a scenario's tasks in the order in which they are taken here.
//! Its recordings are those of `tests/asyncio/record.py`.

mod common;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use viewer::{Difference, Recording, View};

use common::{output_of, wheelhouse};

/// The cases whose tasks come in another order, on purpose: see `DEVIATIONS.md`.
const IN_ANOTHER_ORDER: [&str; 4] =
    ["cancel-circle", "cancel-circle-random", "loop-exit", "loop-exit-rest"];

const FIRST: &str = "tests/scenarios/first.json";
const KEPT: &str = "tests/scenarios/first.cpython.jsonl";

fn of_cpython(path: &Path) -> Recording {
    Recording::parse(&fs::read_to_string(path).expect("it is there")).expect("it is a recording")
}

/// The first difference between a scenario's run here and a recording.
fn difference(scenario: &Path, recording: &Recording) -> Option<Difference> {
    let (_, here) = scenario::record_file(scenario, false).expect("it is a scenario");
    here.difference(recording)
}

const TAKEN_OUT: &str = "Timer 1 of `s` (set in step 29) is taken out before it has fired: nobody \
                         waits for it any more.";

#[test]
fn a_recording_of_cpython_is_told_step_by_step() {
    let told: Vec<_> = of_cpython(Path::new(KEPT)).scenes().map(|it| it.sentence).collect();
    let has = |sentence: &str| assert!(told.iter().any(|it| it == sentence), "{told:#?}");
    has("Timer 0 is set for `q`, due at 5 ms. It goes onto the heap.");
    has("The poll is over: the future of `main` is done.");
    has(TAKEN_OUT);
    assert_eq!(of_cpython(Path::new(KEPT)).output().len(), 13);
    assert!(of_cpython(Path::new(KEPT)).to_chrome().contains("main"));
    assert!(of_cpython(Path::new(KEPT)).to_timeline(60).contains("main"));
}

#[test]
fn the_first_scenario_runs_in_the_order_that_cpython_has() {
    assert!(difference(Path::new(FIRST), &of_cpython(Path::new(KEPT))).is_none());
}

/// Says of the polls of one task that they are those of another, and the other way round.
fn with_polls_swapped(line: &str) -> String {
    let (q, s) = (r#""task":"2""#, r#""task":"3""#);
    let is_of_poll = line.contains(r#""ev":"poll"#);
    if is_of_poll { line.replace(q, "…").replace(s, q).replace('…', s) } else { line.into() }
}

#[test]
fn another_order_is_found_at_its_first_turn() {
    let kept = fs::read_to_string(KEPT).expect("it is there");
    let swapped: Vec<_> = kept.lines().map(with_polls_swapped).collect();
    let swapped = Recording::parse(&swapped.join("\n")).expect("it is a recording");
    let found = difference(Path::new(FIRST), &swapped).expect("they differ");
    let (here, there) = (found.here.expect("it polls"), found.there.expect("it polls"));
    assert_eq!(here.step, found.step);
    assert!(here.sentence.contains("`q`") && there.sentence.contains("`s`"), "{here:?} {there:?}");
}

#[test]
fn the_page_has_both_recordings() {
    let page = output_of(&format!("scenario {FIRST} --html - --beside {KEPT}"));
    assert!(page.contains(r#""title":"wheelhouse scenario first.json""#));
    assert!(page.contains(r#""executor":"CPython 3.13.0""#));
}

#[test]
fn what_stands_beside_is_refused_without_a_page_or_if_it_is_no_recording() {
    for (arguments, reason) in [
        (format!("--beside {KEPT}"), "error: --beside: it is shown in the page; "),
        ("--html - --beside missing".into(), "error: missing: can't be read: "),
        (format!("--html - --beside {FIRST}"), "error: tests/scenarios/first.json: line 1 isn't "),
    ] {
        let output = wheelhouse(&format!("scenario {FIRST} {arguments}")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
        assert!(said.starts_with(reason), "{said}");
    }
}

/// `PYTHON313` is a Python 3.13, which records all cases.
#[test]
#[ignore = "takes a Python 3.13"]
fn the_cases_run_in_the_order_that_cpython_has() {
    let python = env::var("PYTHON313").expect("PYTHON313 says where a Python 3.13 is");
    let asyncio = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/asyncio");
    let cases = scenarios(&asyncio.join("cases"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cpython");
    fs::create_dir_all(&folder).expect("it can be made");
    let mut command = Command::new(python);
    command.arg("-B").arg(asyncio.join("record.py")).args(&cases).arg("--into").arg(&folder);
    assert!(command.status().expect("Python starts").success());

    let name = |case: &Path| case.file_stem().unwrap().to_string_lossy().into_owned();
    let recording = |case: &Path| of_cpython(&folder.join(name(case)).with_extension("jsonl"));
    let differs = |case: &&PathBuf| difference(case, &recording(case)).is_some();
    let different: BTreeSet<_> = cases.iter().filter(differs).map(|case| name(case)).collect();
    println!("{} cases, {} of them in another order", cases.len(), different.len());
    assert_eq!(different, BTreeSet::from(IN_ANOTHER_ORDER.map(String::from)));
}

fn scenarios(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder is there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    paths.filter(|path| path.extension().is_some_and(|it| it == "json")).collect()
}
