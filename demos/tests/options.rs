//! An option is obeyed or refused: all combinations of the options of a run, for each
//! command.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{output_of, printed_and_said, wheelhouse};

const SCENARIO: &str = "scenario tests/scenarios/first.json";
const FAULT: &str = "faults 3";
const PROGRAM: &str = "run examples/timeout.py";
const AS_SCENARIO: &str = "run examples/timeout.py --scenario";
const SHOW: &str = "show tests/scenarios/first.cpython.jsonl";
const LOG: &str = "run examples/timeout.py --log";

/// The commands. Those that run a plan are on a virtual clock, to be quick.
const COMMANDS: [&str; 15] = [
    "--virtual",
    "replay 3 --virtual",
    "wait -n 3 --seed 4 --virtual",
    "gather -n 3 --fail none --seed 4 --virtual",
    "tour",
    SCENARIO,
    PROGRAM,
    LOG,
    AS_SCENARIO,
    SHOW,
    "steps",
    "faults",
    FAULT,
    "completions bash",
    "man",
];

const FORMATS: [&str; 3] = ["", "--format text", "--format json"];
const CHARTS: [&str; 2] = ["", "--timeline"];

/// The options that write, each with its file: `-`, or a name that gets a folder.
const WRITTEN: [&[(&str, &str)]; 10] = [
    &[],
    &[("--html", "a")],
    &[("--jsonl", "a")],
    &[("--chrome", "a")],
    &[("--html", "-")],
    &[("--jsonl", "-")],
    &[("--chrome", "-")],
    &[("--html", "a"), ("--jsonl", "b"), ("--chrome", "c")],
    &[("--html", "a"), ("--jsonl", "-")],
    &[("--jsonl", "-"), ("--chrome", "-")],
];

/// A command line of the table.
struct Line {
    command: &'static str,
    format: &'static str,
    chart: &'static str,
    written: &'static [(&'static str, &'static str)],
}

fn table() -> impl Iterator<Item = Line> {
    COMMANDS.into_iter().flat_map(|command| {
        FORMATS.into_iter().flat_map(move |format| {
            CHARTS.into_iter().flat_map(move |chart| {
                WRITTEN.into_iter().map(move |written| Line { command, format, chart, written })
            })
        })
    })
}

impl Line {
    fn has_run(&self) -> bool {
        !matches!(self.command, "man" | "completions bash" | "steps" | "faults" | AS_SCENARIO)
    }

    fn to_stdout(&self) -> Option<&'static str> {
        self.written.iter().find(|(_, file)| *file == "-").map(|(option, _)| *option)
    }

    /// Returns true if it asks for the impossible: two things on the standard output of which
    /// one isn't plain text, or a form that its command doesn't have.
    fn is_refused(&self) -> bool {
        let is_json = self.format == "--format json";
        let files = self.written.iter().filter(|(_, file)| *file == "-").count();
        let alone = files + usize::from(is_json);
        let has_chart = !self.chart.is_empty();
        match self.command {
            _ if !self.has_run() => {
                !self.format.is_empty() || has_chart || !self.written.is_empty()
            }
            "tour" if is_json => true,
            FAULT if is_json || has_chart => true,
            FAULT => self.written.iter().any(|(option, _)| *option != "--html"),
            SCENARIO if self.format == "--format text" || has_chart => true,
            PROGRAM | LOG | SHOW if !self.format.is_empty() => true,
            LOG if has_chart => true,
            // There is nothing to show, or it is what there was.
            SHOW if !has_chart && self.written.is_empty() => true,
            SHOW if self.written.iter().any(|(option, _)| *option == "--jsonl") => true,
            _ => alone + usize::from(has_chart && alone > 0) > 1,
        }
    }

    fn arguments(&self, folder: &Path) -> String {
        let Self { command, format, chart, written } = self;
        let path = |file: &str| match file {
            "-" => PathBuf::from("-"),
            file => folder.join(file),
        };
        let written = written.iter().map(|(option, file)| (option, path(file)));
        let written = written.map(|(option, path)| format!("{option} {}", path.display()));
        let written: Vec<_> = written.collect();
        format!("{command} {format} {chart} {}", written.join(" "))
    }

    /// The files that are to be there, each with the option that it is for.
    fn files(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.written.iter().copied().filter(|(_, file)| *file != "-")
    }
}

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("options").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn are_json_lines(text: &str) -> bool {
    let is_object = |line| serde_json::from_str(line).is_ok_and(|it: Value| it.is_object());
    !text.is_empty() && text.lines().all(is_object)
}

/// Returns true if a text is of the form that an option writes.
fn is_of(option: &str, text: &str) -> bool {
    match option {
        "--html" => text.starts_with("<!doctype html>"),
        "--jsonl" => text.starts_with("{\"wheelhouse\":") && are_json_lines(text),
        _ => serde_json::from_str::<Value>(text).is_ok_and(|it| it["traceEvents"].is_array()),
    }
}

/// Returns true if the standard output has what was asked for, and nothing else.
fn is_printed(line: &Line, printed: &str) -> bool {
    if let Some(option) = line.to_stdout() {
        return is_of(option, printed);
    }
    let has_chart = printed.contains("█ polled  ░ ready");
    let is_json = line.format == "--format json" || [SCENARIO, LOG].contains(&line.command);
    has_chart != line.chart.is_empty() && are_json_lines(printed) == is_json
}

#[test]
fn each_combination_is_obeyed_or_refused() {
    let (mut obeyed, mut refused) = (0, 0);
    for line in table() {
        let folder = folder("each");
        let arguments = line.arguments(&folder);
        let output = wheelhouse(&arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let there = fs::read_dir(&folder).unwrap().count();
        if line.is_refused() {
            refused += 1;
            assert_eq!((output.status.code(), printed.as_str(), there), (Some(2), "", 0));
            assert!(
                said.starts_with("error: ") && said.contains("--") && said.lines().count() == 1,
                "{arguments}: {said}"
            );
            continue;
        }
        obeyed += 1;
        assert!(output.status.success(), "{arguments}: {said}");
        assert!(is_printed(&line, &printed), "{arguments}: {printed}");
        assert_eq!((there, said.lines().count()), (line.files().count(), there), "{arguments}");
        for (option, file) in line.files() {
            let path = folder.join(file);
            assert!(is_of(option, &fs::read_to_string(&path).unwrap()), "{arguments}: {option}");
            assert!(said.contains(&format!("wrote {} (", path.display())), "{arguments}: {said}");
        }
    }
    assert!(obeyed > 100 && refused > 100, "{obeyed} are obeyed, {refused} refused");
}

/// A run that has its own order can't be shuffled, nor can nothing.
#[test]
fn the_order_and_the_clock_are_refused_where_they_change_nothing() {
    for command in [SCENARIO, PROGRAM, FAULT, "completions fish", "man wait"] {
        for option in ["--shuffle 1", "--virtual"] {
            let output = wheelhouse(&format!("{command} {option}")).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
            let name = option.split(' ').next().unwrap();
            assert!(said.starts_with(&format!("error: {name}: ")), "{said}");
        }
    }
}

#[test]
fn a_recording_has_one_scenario() {
    assert!(is_of("--jsonl", &output_of(&format!("{SCENARIO} --jsonl -"))));
    let two = format!("{SCENARIO} tests/scenarios/first.json --jsonl -");
    let output = wheelhouse(&two).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn a_recording_that_was_written_is_shown_as_its_run_was() {
    let folder = folder("show");
    let file = |name: &str| folder.join(name).display().to_string();
    let shown = |from: &str, to: &str| format!("--html {} --chrome {}", file(from), file(to));
    let run = format!("{SCENARIO} --jsonl {} {}", file("run"), shown("page", "trace"));
    printed_and_said(&run);
    printed_and_said(&format!("show {} {}", file("run"), shown("page-again", "trace-again")));
    for name in ["page", "trace"] {
        let read = |name: &str| fs::read_to_string(file(name)).unwrap();
        assert!(read(name) == read(&format!("{name}-again")), "{name}");
    }
}

#[test]
fn a_recording_is_read_from_the_standard_input() {
    let folder = folder("input");
    let written = folder.join("run");
    let recorded = fs::File::create(&written).unwrap();
    assert!(
        wheelhouse(&format!("{SCENARIO} --jsonl -")).stdout(recorded).status().unwrap().success()
    );
    let shown = |way: &str| {
        let input = fs::File::open(&written).unwrap();
        wheelhouse(way).stdin(input).output().unwrap()
    };
    let (file, name) = (written.display(), SHOW.split_once(' ').unwrap().1);
    assert_eq!(shown("show - --timeline").stdout, shown(&format!("show {file} --timeline")).stdout);
    for way in [format!("show - --html - --beside {name}"), format!("{SHOW} --html - --beside -")] {
        let page = shown(&way).stdout;
        assert!(page.starts_with(b"<!doctype html>"), "{way}");
        let of_file = way.replace("show -", &format!("show {file}"));
        let of_file = of_file.replace("--beside -", &format!("--beside {file}"));
        assert!(page == shown(&of_file).stdout, "{way}");
    }
    fs::write(&written, "Dear diary").unwrap();
    let refused = String::from_utf8(shown("show - --timeline").stderr).unwrap();
    assert!(refused.starts_with("error: the standard input: line 1 isn't the header"), "{refused}");
}

#[test]
fn a_recording_that_is_cut_off_is_shown_and_that_is_said() {
    let folder = folder("cut");
    let cut = folder.join("cut");
    let whole = output_of(&format!("{SCENARIO} --jsonl -"));
    let (steps, lines) = (whole.lines().count() - 1, whole.lines().take(11).collect::<Vec<_>>());
    fs::write(&cut, lines.join("\n")).unwrap();
    let (chart, said) = printed_and_said(&format!("show {} --timeline", cut.display()));
    let notice = format!("the recording is cut off: it has 10 of its {steps} steps");
    assert_eq!(said, format!("{}: {notice}\n", cut.display()));
    assert!(chart.starts_with("main"), "{chart}");
}

/// The page would refuse it.
#[test]
fn a_recording_that_is_damaged_is_refused_before_a_page_is_written() {
    let folder = folder("damaged");
    let [damaged, page] = ["run", "page"].map(|it| folder.join(it).display().to_string());
    let whole = output_of(&format!("{SCENARIO} --jsonl -"));
    let (header, steps) = whole.split_once('\n').unwrap();
    let backwards: Vec<_> = std::iter::once(header).chain(steps.lines().rev()).collect();
    let hole: Vec<_> = whole.lines().filter(|it| !it.contains(r#""ev":"spawn""#)).collect();
    for lines in [backwards, hole] {
        fs::write(&damaged, lines.join("\n")).unwrap();
        let ways = [format!("show {damaged}"), format!("{SHOW} --beside {damaged}")];
        for way in ways.into_iter().chain([format!("{SCENARIO} --beside {damaged}")]) {
            let output = wheelhouse(&format!("{way} --html {page}")).output().unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{way}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.starts_with(&format!("error: {damaged}: line ")), "{said}");
            assert!(said.contains(", of which no line before tells, so the recording is damaged"));
            assert!(!Path::new(&page).exists(), "{way}");
        }
    }
}

/// Also if the paths are written in different ways, and one is a link.
#[test]
fn a_file_is_not_written_twice() {
    let folder = folder("twice");
    fs::create_dir_all(folder.join("below")).unwrap();
    let one = folder.join("run");
    let mut others = vec![one.clone(), folder.join("below/../run")];
    #[cfg(unix)]
    {
        fs::write(&one, "").unwrap();
        std::os::unix::fs::symlink(&one, folder.join("link")).unwrap();
        others.push(folder.join("link"));
    }
    for other in others {
        let files = format!("--html {} --jsonl {}", one.display(), other.display());
        let output = wheelhouse(&format!("tour {files}")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.contains("would be written twice"), "{said}");
    }
}

#[test]
fn the_size_of_a_file_is_said_as_people_read_it() {
    let folder = folder("size");
    let file = folder.join("run");
    let (_, said) = printed_and_said(&format!("tour --html {}", file.display()));
    let kilobytes = fs::metadata(&file).unwrap().len() / 1000;
    assert_eq!(said, format!("wrote {} ({kilobytes} KB)\n", file.display()));
}
