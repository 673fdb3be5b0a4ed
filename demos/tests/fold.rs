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
use serde_json::Value;
use viewer::View;

use states::{TOLD, state_after};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/viewer/src/page");
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/asyncio/cases");

/// Reads the recordings that are named, and prints for each step its state and its sentence.
const PRINT_ALL: &str = r"
    const { readFileSync } = await import('node:fs');
    for (const file of process.argv.slice(2)) {
        const recording = parseLines(readFileSync(file, 'utf8'), file);
        for (const step of recording.steps.keys()) {
            const state = recording.at(step);
            const text = partsAsText(sentence(recording, step), state);
            console.log(JSON.stringify([told(state.snapshot()), text]));
        }
    }
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

/// The state and the sentence of each step of all recordings, as the page has them.
fn told_by_the_page(recordings: &[(String, Recording)]) -> Vec<(Value, String)> {
    let print = format!("{TOLD}{PRINT_ALL}");
    let lines = printed_in_node(&["state.js", "words.js"], &print, recordings);
    lines.into_iter().map(|line| serde_json::from_value(line).unwrap()).collect()
}

/// The lines that a script prints about all recordings, with scripts of the page before it.
fn printed_in_node(
    scripts: &[&str],
    print: &str,
    recordings: &[(String, Recording)],
) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("fold.mjs");
    let parts = scripts.iter().map(|it| fs::read_to_string(Path::new(PAGE).join(it)).unwrap());
    let parts = parts.collect::<Vec<_>>().join("\n");
    fs::write(&script, format!("{parts}{print}")).unwrap();
    let write = |(name, recording): &(String, Recording)| {
        let file = folder.path().join(format!("{name}.jsonl"));
        fs::write(&file, recording.to_json_lines()).unwrap();
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
        const wordsOf = (node) => [text(node.words ?? [{ task: node.task }]), ...node.below.map(wordsOf)].join(', ');
        const trees = story.chapters.map(({ step }) => waitTree(recording, recording.at(step)).below.map(wordsOf).join('; '));
        console.log(JSON.stringify({
            summary: story.summary.map(text), chapters: story.chapters.map((it) => text(it.words)), questions, trees,
            differences: new Alignment(recording, recording).differences.length,
        }));
    }
";

const STORY: [&str; 11] = [
    "state.js",
    "words.js",
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
    let stories = printed_in_node(&STORY, PRINT_STORY, &recordings);
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
    let mut told = told_by_the_page(&recordings).into_iter();
    for (name, recording) in &recordings {
        // To look at each step of the few long ones would take minutes.
        let stride = recording.len() / 300 + 1;
        for step in 0..recording.len() {
            let (state, sentence) = told.next().expect("the page has told of each step");
            if step % stride == 0 || step + 1 == recording.len() {
                let there = state_after(recording, step + 1);
                assert_eq!(state, there, "{name}, step {step}: {sentence}");
            }
        }
    }
    assert_eq!(told.next(), None);
}

/// In both languages; none has a hole where something isn't known.
#[test]
#[ignore = "needs Node.js"]
fn each_step_of_each_scenario_has_a_sentence() {
    let recordings = recordings();
    let mut told = told_by_the_page(&recordings).into_iter();
    for (name, recording) in &recordings {
        for scene in recording.scenes() {
            let (_, sentence) = told.next().expect("the page has told of each step");
            for text in [sentence, scene.sentence] {
                let step = scene.step;
                assert!(text.len() > 8, "{name}, step {step}: {text}");
                for hole in ["doesn't know", "undefined", "null,", "NaN", "[object", "unknown"] {
                    assert!(!text.contains(hole), "{name}, step {step}: {text}");
                }
            }
        }
    }
}
