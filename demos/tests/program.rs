//! `wheelhouse run`: programs that run unchanged on Python, and what they print.
//!
//! Beside each program in `examples` is what `CPython` 3.13 prints of it, and for one that
//! fails the last line of what it says. Where there is a Python 3.13 they run on that too,
//! on a virtual clock, so that a busy machine makes no difference.

mod common;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{output_of, wheelhouse};
use serde_json::{Value, json};
use viewer::{Recording, View};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The programs, by name.
fn programs() -> BTreeSet<String> {
    let paths = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let programs = paths.filter(|path| path.extension().is_some_and(|it| it == "py"));
    programs.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn path(name: &str, extension: &str) -> PathBuf {
    folder().join(name).with_extension(extension)
}

/// What comes of a program: its output, the last line of its error, and its exit code.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    printed: String,
    last_line: Option<String>,
    code: Option<i32>,
}

impl Outcome {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("it is text").replace("\r\n", "\n");
        let failed = !output.status.success();
        let said = text(output.stderr);
        let last_line = said.lines().last().filter(|_| failed).map(str::to_owned);
        Self { printed: text(output.stdout), last_line, code: output.status.code() }
    }

    fn kept(name: &str) -> Self {
        let printed = fs::read_to_string(path(name, "out")).expect("its output is kept");
        let last_line = fs::read_to_string(path(name, "err")).ok();
        let code = Some(i32::from(last_line.is_some()));
        Self { printed, last_line: last_line.map(|line| line.trim_end().to_owned()), code }
    }

    fn here(name: &str) -> Self {
        let file = path(name, "py");
        Self::of(wheelhouse(&format!("run {}", file.display())).output().expect("it starts"))
    }

    fn on(python: &str, name: &str) -> Self {
        Self::of(on_python(python, &path(name, "py")))
    }
}

/// Runs a program on Python, with a virtual clock.
fn on_python(python: &str, program: &Path) -> Output {
    let loop_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/asyncio/virtual.py");
    let mut command = Command::new(python);
    command.arg("-B").arg(loop_file).arg(program).output().expect("Python starts")
}

/// Returns a Python 3.13, if there is one.
fn python() -> Option<String> {
    let given = env::var("PYTHON313").ok();
    let names = given.into_iter().chain(["python3.13".to_owned(), "python3".to_owned()]);
    let is_right = |name: &String| {
        let output = Command::new(name).arg("--version").output();
        output.is_ok_and(|it| it.stdout.starts_with(b"Python 3.13."))
    };
    names.into_iter().find(is_right)
}

#[test]
fn there_are_ten_programs_at_least() {
    assert!(programs().len() >= 10);
}

#[test]
fn each_program_prints_what_cpython_printed() {
    for name in programs() {
        assert_eq!(Outcome::here(&name), Outcome::kept(&name), "{name}");
    }
}

/// Passes where there is no Python 3.13: the outputs that are kept are compared in any case.
#[test]
fn cpython_prints_what_is_kept() {
    let Some(python) = python() else {
        println!("skipped: there is no Python 3.13; PYTHON313 may say where one is");
        return;
    };
    for name in programs() {
        assert_eq!(Outcome::on(&python, &name), Outcome::kept(&name), "{name}");
    }
}

/// A cell of the notebook, which a page shows beside the Rust that replays it.
fn cell(number: u8) -> PathBuf {
    folder().join(format!("../notebook/cell_{number}.py"))
}

/// What a cell prints. The results of a `wait` are a set, which has any order on Python: of them
/// there is only the one that comes last, without its number.
fn certain(printed: &str) -> Vec<String> {
    let mut lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    if let Some(sizes) = lines.iter().position(|line| line.starts_with("Completed size")) {
        let last = lines.pop().expect("an exception").trim_end_matches(['5', '7']).to_owned();
        lines.truncate(sizes + 1);
        lines.push(last);
    }
    lines
}

/// Passes where there is no Python 3.13, but for the cells that run here, too.
#[test]
fn the_cells_in_python_print_what_their_replays_do() {
    let text = |output: Output| String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    for number in 2..=6 {
        let replayed = certain(&output_of(&format!("replay {number} --virtual")));
        if let Some(python) = python() {
            let printed = text(on_python(&python, &cell(number)));
            assert_eq!(certain(&printed), replayed, "cell {number} on Python");
        }
        if number < 5 {
            let printed = output_of(&format!("run {}", cell(number).display()));
            assert_eq!(certain(&printed), replayed, "cell {number} here");
        }
    }
}

#[test]
fn an_error_that_nobody_catches_is_the_last_line_and_exit_code_1() {
    let outcome = Outcome::here("uncaught");
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.last_line.as_deref(), Some("RuntimeError: none left"));
}

#[test]
fn a_program_that_makes_no_sense_is_refused_with_file_line_and_column() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.py");
    fs::write(&file, "import asyncio\n\n\nasync def main()\n    pass\n").unwrap();
    let output = wheelhouse(&format!("run {}", file.display())).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        format!(
            "error: {}: line 4, column 17: the end of the line stands here: a `:` is missing: \
            write `async def main(..):` with a `:` at its end\n",
            file.display()
        )
    );
}

#[test]
fn the_log_is_that_of_a_scenario() {
    let log = output_of(&format!("run --log {}", path("turns", "py").display()));
    assert!(log.starts_with("{\"t\":0,\"task\":\"main\",\"ev\":\"start\"}\n"));
    assert!(log.contains("\"ev\":\"log\",\"text\":\"a 0\"}"));
    assert!(log.ends_with("\"ev\":\"end\"}\n"));
}

#[test]
fn a_program_can_be_printed_as_a_scenario() {
    let json = output_of(&format!("run --scenario {}", path("turns", "py").display()));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("turns.json");
    fs::write(&file, json).unwrap();
    let log = output_of(&format!("run --log {}", path("turns", "py").display()));
    assert_eq!(output_of(&format!("scenario {}", file.display())), log);
}

/// A recording of a program, as JSON Lines.
fn recorded(name: &str) -> String {
    let run = wheelhouse(&format!("run --jsonl - {}", path(name, "py").display())).output();
    String::from_utf8(run.expect("it starts").stdout).expect("it is text")
}

/// The header and the steps of a recording of a program.
fn recording_of(name: &str) -> (Value, Vec<Value>) {
    let recording = recorded(name);
    let mut lines = recording.lines().map(|line| serde_json::from_str(line).expect("it is JSON"));
    (lines.next().expect("it has a header"), lines.collect())
}

/// The lines of a program at which steps of a kind are, in order.
fn lines_at<'a>(steps: &[Value], kind: &str, name: &str, text: &'a str) -> Vec<&'a str> {
    let steps = steps.iter().filter(|step| step["ev"] == kind);
    let number = |step: &Value| {
        let place = step["at"].as_str().unwrap_or_else(|| panic!("{step} has a place"));
        let place = place.strip_prefix(&format!("{name}.py:")).unwrap_or_else(|| panic!("{step}"));
        let (line, column) = place.split_once(':').expect("a line and a column");
        let indent = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
        assert_eq!(column, (indent.len() - indent.trim_start().len() + 1).to_string());
        indent.trim_start()
    };
    steps.map(number).collect()
}

#[test]
fn in_a_recording_tasks_are_spawned_and_wait_at_the_lines_of_the_program() {
    let spawns = ["create_task(", "gather(", "asyncio.run(", "shield(", "wait_for("];
    let waits = ["await ", "async with "];
    for name in programs() {
        let text = fs::read_to_string(path(&name, "py")).unwrap();
        let (header, steps) = recording_of(&name);
        assert_eq!(header["sources"], json!({ format!("{name}.py"): text }));
        for line in lines_at(&steps, "spawn", &name, &text) {
            assert!(spawns.iter().any(|it| line.contains(it)), "{name}: {line}");
        }
        for line in lines_at(&steps, "awaits", &name, &text) {
            assert!(waits.iter().any(|it| line.contains(it)), "{name}: {line}");
        }
    }
}

#[test]
fn in_a_recording_each_statement_is_at_its_line() {
    let text = fs::read_to_string(path("shield", "py")).unwrap();
    let (_, steps) = recording_of("shield");
    let main: Vec<_> = steps.into_iter().filter(|it| it["task"] == "1").collect();
    let told = [
        "task = asyncio.create_task(save())",
        "waiter = asyncio.create_task(request(task))",
        "await asyncio.sleep(0.03)",
        "waiter.cancel()",
        "results = await asyncio.gather(waiter, return_exceptions=True)",
        "print(results, task.done())",
        "print(await task)",
    ];
    assert_eq!(lines_at(&main, "reach", "shield", &text), told);
}

#[test]
fn a_recording_begins_with_the_program_and_has_its_tasks_alone() {
    for name in programs() {
        let (header, steps) = recording_of(&name);
        assert_eq!(header["origin"], 0);
        let told: Vec<_> = steps.iter().take(5).map(|step| step["ev"].as_str().unwrap()).collect();
        assert_eq!(told, ["advance", "reach", "spawn", "ready", "name"], "{name}");
        assert_eq!(steps[4]["name"], "main", "{name}");
        let of_loop =
            |step: &&Value| step["name"].as_str().is_some_and(|it| it.contains("shutdown"));
        assert_eq!(steps.iter().find(of_loop), None, "{name}");
    }
}

/// The interpreter has scopes that catch at each `await`, which Python doesn't have.
#[test]
fn a_recording_has_no_scope_and_a_cancellation_comes_out_of_an_await_of_the_program() {
    let mut caught = 0;
    for name in programs() {
        let (_, steps) = recording_of(&name);
        let of_catching = steps.iter().find(|it| it["what"] == "catch_cancel");
        assert_eq!(of_catching, None, "{name}");
        let recording = Recording::parse(&recorded(&name)).unwrap();
        for scene in recording.scenes().filter(|it| steps[it.step]["ev"] == "catch") {
            let place = format!("of {name}.py raises CancelledError");
            assert!(scene.sentence.contains(&place), "{}", scene.sentence);
            caught += 1;
        }
    }
    assert!(caught > 5);
}

/// It is book-keeping, of which only the names of functions tell whose it is.
#[test]
fn what_asyncio_run_does_at_the_end_of_main_is_told_as_that() {
    let mut told = BTreeSet::new();
    for name in programs() {
        let recording = Recording::parse(&recorded(&name)).unwrap();
        let sentences = recording.scenes().map(|it| it.sentence);
        for sentence in sentences.filter(|it| it.contains("asyncio_run::")) {
            let is_end = sentence.ends_with("is gone.");
            assert!(is_end || sentence.contains(" By that asyncio.run"), "{name}: {sentence}");
            told.extend(sentence.split_once(" By that ").map(|(_, purpose)| purpose.to_owned()));
        }
    }
    assert_eq!(told.len(), 4, "{told:#?}");
}

/// The page shows them beside the step that has printed them.
#[test]
fn a_recording_has_the_lines_that_the_program_prints() {
    let recording = output_of(&format!("run --jsonl - {}", path("turns", "py").display()));
    let printed = recording.lines().filter(|line| line.contains("\"ev\":\"print\""));
    assert_eq!(printed.count(), Outcome::kept("turns").printed.lines().count());
}

#[test]
fn the_timeline_stands_below_the_output() {
    let printed = output_of(&format!("run --timeline {}", path("turns", "py").display()));
    assert!(printed.starts_with(&Outcome::kept("turns").printed));
    assert!(printed.contains("█ polled"));
}

/// And not by something that nobody knows.
#[test]
fn who_awaits_a_future_is_woken_by_that() {
    let recording = Recording::parse(&recorded("future")).unwrap();
    let sentences: Vec<_> = recording.scenes().map(|it| it.sentence).collect();
    let has = |words: &str| sentences.iter().filter(|it| it.contains(words)).count();
    assert_eq!(has("goes back into its slot and waits for its future (section"), 2);
    assert_eq!(has("joins the ready queue, because of its future (section"), 2);
    assert_eq!(has("keeps the waker of"), 2);
    assert_eq!(has("a wake by something"), 0, "{sentences:#?}");
}
