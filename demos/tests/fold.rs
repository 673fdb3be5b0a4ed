//! The page's own fold of the steps, and its sentences, in Node.js: over each scenario that
//! was compared with asyncio.
//!
//! Needs `node` in the path, so it is ignored unless asked for:
//!
//! ```console
//! $ cargo test -p wheelhouse-demos --test fold -- --ignored
//! ```

#[path = "common/states.rs"]
mod states;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use executor::trace::Recording;
use serde_json::{Value, json};
use viewer::{Scene, View};

use states::{TOLD, state_after};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/viewer/src/page");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/viewer/src/sentences.json");
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/asyncio/cases");

/// Reads the recordings that are named, and prints for each step its state.
const PRINT_STATES: &str = r"
    const { readFileSync } = await import('node:fs');
    for (const file of process.argv.slice(2)) {
        const recording = parseLines(readFileSync(file, 'utf8'), file);
        for (const step of recording.steps.keys()) console.log(JSON.stringify(told(recording.at(step).snapshot())));
    }
";

/// The same for the sentences, with backticks where the page has elements. The last line has
/// the templates that weren't used.
const PRINT_SENTENCES: &str = r"
    const { readFileSync } = await import('node:fs');
    const unused = new Set([...Object.keys(TABLE.steps), ...Object.keys(TABLE.phrases)]);
    const noted = (templates) => new Proxy(templates, {
        get(templates, key) {
            unused.delete(key);
            return templates[key];
        },
    });
    Object.assign(TABLE, { steps: noted(TABLE.steps), phrases: noted(TABLE.phrases) });
    for (const file of process.argv.slice(2)) {
        const recording = parseLines(readFileSync(file, 'utf8'), file);
        for (const step of recording.steps.keys()) {
            const state = recording.at(step);
            const told = sentence(recording, step).map((it) => {
                if (it.quote !== undefined) return `\`${inLine(it.quote)}\``;
                return it.task === undefined ? it.text ?? it : `\`${nameOf(state, it.task)}\``;
            });
            console.log(JSON.stringify(told.join('')));
        }
    }
    console.log(JSON.stringify([...unused]));
";

/// The recordings of all scenarios, by name.
fn recordings() -> Vec<(String, Recording)> {
    let files = fs::read_dir(CASES).unwrap().map(|file| file.unwrap().path());
    let mut cases: Vec<PathBuf> =
        files.filter(|it| it.extension().is_some_and(|it| it == "json")).collect();
    cases.sort();
    assert!(cases.len() > 200, "{}", cases.len());
    let record = |case: PathBuf| {
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        (name, scenario::record_file(&case, false).unwrap().1)
    };
    cases.into_iter().map(record).collect()
}

/// The name of a recording, and its text.
type Lines = (String, String);

fn lines_of(recordings: &[(String, Recording)]) -> Vec<Lines> {
    recordings.iter().map(|(name, it)| (name.clone(), it.to_json_lines())).collect()
}

/// The lines that a script prints about all recordings, with scripts of the page before it.
fn printed_in_node(scripts: &[&str], print: &str, recordings: &[Lines]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("fold.mjs");
    let parts = scripts.iter().map(|it| fs::read_to_string(Path::new(PAGE).join(it)).unwrap());
    let parts = parts.collect::<Vec<_>>().join("\n");
    let table = fs::read_to_string(TABLE).unwrap();
    fs::write(&script, format!("const TABLE = {table};\n{parts}{print}")).unwrap();
    let write = |(name, lines): &Lines| {
        let file = folder.path().join(format!("{name}.jsonl"));
        fs::write(&file, lines).unwrap();
        file
    };
    let files: Vec<_> = recordings.iter().map(write).collect();
    let output = Command::new("node").arg(&script).args(files).output().expect("node starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Prints all that the story, the quiz, the comparison and the tree of waits say.
const PRINT_STORY: &str = r"
    // Older than browsers are.
    Map.groupBy ??= (items, keyOf) => {
        const groups = new Map();
        for (const it of items) groups.set(keyOf(it), [...(groups.get(keyOf(it)) ?? []), it]);
        return groups;
    };
    const { readFileSync } = await import('node:fs');
    for (const file of process.argv.slice(2)) {
        const recording = parseLines(readFileSync(file, 'utf8'), file);
        recording.finalNames = finalNames(recording);
        const end = recording.at(recording.last);
        const text = (parts) => partsAsText(parts, end);
        const story = new Story(recording);
        const questions = questionsOf(recording, story).map((place) => {
            const { words, choices, right, because } = place.ask(recording, place);
            const keys = choices.map(({ key }) => key);
            if (!keys.includes(right) || new Set(keys).size !== keys.length) throw new Error(`${file}: ${keys}`);
            return [text(words), ...choices.map((it) => text(it.words)), text(because)].join(' | ');
        });
        const wordsOf = (node) => [text(node.words ?? [{ task: node.task }, ...node.woken]), ...node.below.map(wordsOf)].join(', ');
        const trees = story.chapters.map(({ step }) => waitTree(recording, recording.at(step)).below.map(wordsOf).join('; '));
        console.log(JSON.stringify({
            summary: story.summary.map(text), chapters: story.chapters.map((it) => text(it.words)), questions, trees,
            differences: new Alignment(recording, recording).differences.length,
        }));
    }
";

const STORY: [&str; 13] = [
    "lines.js",
    "state.js",
    "words.js",
    "sentences.js",
    "panes.js",
    "gantt.js",
    "waits.js",
    "chapters.js",
    "log.js",
    "align.js",
    "dials.js",
    "quiz.js",
    "link.js",
];

/// None has a hole where something isn't known.
#[test]
#[ignore = "needs Node.js"]
fn each_scenario_has_a_story_and_questions() {
    let recordings = recordings();
    let stories = printed_in_node(&STORY, PRINT_STORY, &lines_of(&recordings));
    assert_eq!(stories.len(), recordings.len());
    let mut questions = 0;
    for ((name, _), story) in recordings.iter().zip(&stories) {
        assert_eq!(story["summary"].as_array().unwrap().len(), 3, "{name}");
        assert_eq!(story["differences"], 0, "{name}");
        questions += story["questions"].as_array().unwrap().len();
        let text = story.to_string();
        for hole in ["undefined", "null,", "NaN", "[object"] {
            assert!(!text.contains(hole), "{name}: {text}");
        }
    }
    assert!(questions > recordings.len(), "{questions} questions");
}

#[test]
#[ignore = "needs Node.js"]
fn the_page_folds_each_scenario_as_the_executor_does() {
    let recordings = recordings();
    let print = format!("{TOLD}{PRINT_STATES}");
    let mut told =
        printed_in_node(&["lines.js", "state.js"], &print, &lines_of(&recordings)).into_iter();
    for (name, recording) in &recordings {
        // To look at each step of the few long ones would take minutes.
        let stride = recording.len() / 300 + 1;
        for step in 0..recording.len() {
            let state = told.next().expect("the page has told of each step");
            if step % stride == 0 || step + 1 == recording.len() {
                let there = state_after(recording, step + 1);
                assert_eq!(state, there, "{name}, step {step}");
            }
        }
    }
    assert_eq!(told.next(), None);
}

/// A recording of steps that no scenario has, and its sentences.
const RARE: &str = include_str!("scenarios/rare.jsonl");
const RARE_SENTENCES: &str = include_str!("scenarios/rare.txt");

/// Names and texts that would change the line around them, or fill the page.
fn strange() -> String {
    let (turned, long) = ("\u{202e}why\u{2069} <i>", "é😀".repeat(40));
    let steps = [
        json!({ "ev": "spawn", "task": "0", "name": "main", "at": null, "by": null }),
        json!({ "ev": "spawn", "task": "1", "name": turned, "at": null, "by": "0" }),
        json!({ "ev": "spawn", "task": "2", "name": long, "at": null, "by": "1" }),
        json!({ "ev": "spawn", "task": "3", "name": "", "at": null, "by": "2" }),
        json!({ "ev": "name", "task": "1", "name": format!("{turned}{long}") }),
        json!({ "ev": "detach", "task": "3" }),
        json!({ "ev": "note", "task": "1", "text": "a\nb\u{2028}\u{1b}[31m\u{7f}\u{85}" }),
        json!({ "ev": "print", "task": "2", "text": format!("{turned}{}", long.repeat(30)) }),
        json!({ "ev": "section", "section": 0, "what": format!("timeout `{turned}` {turned}"), "by": "1" }),
        json!({ "ev": "remark", "section": 0, "text": turned }),
        json!({ "ev": "leave", "section": 0, "why": turned }),
        json!({ "ev": "fail", "task": "1", "text": turned }),
    ];
    let header = json!({ "wheelhouse": 2, "clock": "virtual", "steps": steps.len() });
    let timed = steps.map(|mut step| {
        step["t"] = json!(0);
        step
    });
    let lines: Vec<_> = [header].into_iter().chain(timed).map(|it| it.to_string()).collect();
    lines.join("\n") + "\n"
}

fn sentences(recording: &str) -> Vec<String> {
    viewer::Recording::parse(recording).unwrap().scenes().map(|it| it.sentence).collect()
}

#[test]
fn rare_steps_have_their_sentences() {
    let expected: Vec<_> = RARE_SENTENCES.lines().collect();
    assert_eq!(sentences(RARE), expected);
}

#[test]
#[ignore = "needs Node.js"]
fn the_page_and_the_terminal_tell_each_step_in_the_same_sentence() {
    let mut recordings = lines_of(&recordings());
    recordings.push(("rare".into(), RARE.into()));
    recordings.push(("strange".into(), strange()));
    let scripts = ["lines.js", "state.js", "words.js", "sentences.js"];
    let mut told = printed_in_node(&scripts, PRINT_SENTENCES, &recordings).into_iter();
    for (name, lines) in &recordings {
        for (step, sentence) in sentences(lines).into_iter().enumerate() {
            assert_eq!(told.next(), Some(Value::from(sentence)), "{name}, step {step}");
        }
    }
    let unused = told.next();
    assert_eq!(unused, Some(json!([])), "each template has a recording that needs it");
}

#[test]
fn no_sentence_has_a_hole_where_something_is_not_known() {
    for (name, recording) in recordings() {
        for Scene { step, sentence, .. } in recording.scenes() {
            assert!(sentence.ends_with(['.', '`']), "{name}, step {step}: {sentence}");
            let ours = sentence.split('`').step_by(2).collect::<Vec<_>>().join("`");
            for hole in ["doesn't know", "null", "unknown", "()", " ,", " ."] {
                assert!(!ours.contains(hole), "{name}, step {step}: {sentence}");
            }
        }
    }
}
