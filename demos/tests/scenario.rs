//! `wheelhouse scenario`: what it logs, and what it says of files that make no
//! sense.

mod common;

use std::process::Output;

use common::{output_of, wheelhouse};
use serde_json::Value;

/// The path of a scenario.
fn file(name: &str) -> String {
    format!("{}/tests/scenarios/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn run(arguments: &str) -> Output {
    wheelhouse(&format!("scenario {arguments}")).output().expect("the binary starts")
}

fn stderr_of(arguments: &str) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).expect("it is text")
}

#[test]
fn a_run_is_logged_line_by_line() {
    let log = r#"{"t":0,"task":"main","ev":"start"}
{"t":0,"task":"q","ev":"start"}
{"t":0,"task":"s","ev":"start"}
{"t":5,"task":"q","ev":"return","value":7}
{"t":5,"task":"main","ev":"wait","done":["q"],"pending":["s"]}
{"t":5,"task":"main","ev":"cancel","of":"s","ret":true}
{"t":5,"task":"main","ev":"outcome","of":"q","ok":7}
{"t":5,"task":"main","ev":"outcome","of":"s","pending":true}
{"t":5,"task":"main","ev":"unbound","of":"t"}
{"t":5,"task":"main","ev":"return","value":null}
{"t":5,"task":"s","ev":"cancelled"}
{"t":5,"task":"-","ev":"main","ok":null}
{"t":5,"task":"-","ev":"end"}
"#;
    assert_eq!(output_of(&format!("scenario {}", file("first"))), log);
}

#[test]
fn the_turn_is_logged_if_asked_for() {
    let log = output_of(&format!("scenario --turns {}", file("first")));
    let turns = log.lines().map(|line| line.split(',').nth(1).expect("a line has more keys"));
    let turns: Vec<_> = turns.map(|key| key.trim_start_matches("\"turn\":")).collect();
    assert_eq!(turns.join(" "), "1 2 2 4 6 6 6 6 6 6 7 7 7");
    let without = log
        .lines()
        .zip(turns)
        .map(|(line, turn)| line.replace(&format!("\"turn\":{turn},"), "") + "\n");
    assert_eq!(without.collect::<String>(), output_of(&format!("scenario {}", file("first"))));
}

#[test]
fn what_makes_no_sense_is_refused_with_file_and_place() {
    let (wrong, cut) = (file("wrong_op"), file("cut_off"));
    let said = stderr_of(&wrong);
    assert!(
        said.starts_with(&format!("error: {wrong}: coros.main[1].op: there is no op \"slep\"; "))
    );
    assert!(
        stderr_of(&cut)
            .starts_with(&format!("error: {cut}: line 2, column 0: this can't be read: "))
    );
    let missing = file("missing");
    assert!(stderr_of(&missing).starts_with(&format!("error: {missing}: can't be read: ")));
}

#[test]
fn a_scenario_is_asked_for() {
    assert!(stderr_of("").contains("<FILE>..."));
}

/// The logs come one after the other.
#[test]
fn one_file_does_not_keep_the_others_from_running() {
    let (first, wrong) = (file("first"), file("wrong_op"));
    let output = run(&format!("{first} {wrong} {first}"));
    assert_eq!(output.status.code(), Some(2));
    let once = output_of(&format!("scenario {first}"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), once.repeat(2));
}

/// The scenario as lines that look like Python's, and the places of its steps in them.
#[test]
fn a_recording_is_about_the_lines_of_the_scenario() {
    let recording = output_of(&format!("scenario --jsonl - {}", file("first")));
    let mut lines = recording.lines().map(|line| serde_json::from_str(line).expect("it is JSON"));
    let header: Value = lines.next().expect("it has a header");
    let text = header["sources"]["first.py"].as_str().expect("the text is there");
    assert!(
        text.starts_with("async def main():\n    q = asyncio.create_task(quick())\n"),
        "{text}"
    );
    let steps: Vec<Value> = lines.collect();
    let at = |kind: &str| {
        let places = steps.iter().filter(|step| step["ev"] == kind);
        let lines = places.map(|step| {
            let place = step["at"].as_str().unwrap().strip_prefix("first.py:").unwrap();
            let line = place.split_once(':').unwrap().0.parse::<usize>().unwrap();
            text.lines().nth(line - 1).unwrap().trim()
        });
        lines.collect::<Vec<_>>()
    };
    let spawned = [
        "asyncio.run(main())",
        "q = asyncio.create_task(quick())",
        "s = asyncio.create_task(slow())",
    ];
    assert_eq!(at("spawn"), spawned);
    let awaited = [
        "await asyncio.wait([q, s], return_when=asyncio.FIRST_COMPLETED)",
        "await asyncio.sleep(0.005)",
        "await asyncio.sleep(0.05)",
    ];
    assert_eq!(at("awaits"), awaited);
}
