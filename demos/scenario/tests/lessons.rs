//! The lessons: each is complete, and its program does as is said of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scenario::lessons::{lessons, lessons_json};
use scenario::python::run;

#[test]
fn each_example_is_a_lesson() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let paths = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let programs = paths.filter(|path| path.extension().is_some_and(|it| it == "py"));
    let names: BTreeSet<_> =
        programs.map(|it| it.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let all = lessons();
    let told: BTreeSet<_> = all.iter().map(|lesson| lesson.name.to_owned()).collect();
    assert_eq!(told, names);
    assert_eq!(told.len(), all.len(), "a lesson stands in the table twice");
}

#[test]
fn each_lesson_has_a_title_two_sentences_of_why_a_question_and_its_answer() {
    for lesson in lessons() {
        let name = lesson.name;
        assert!(!lesson.title.is_empty() && !lesson.title.ends_with('.'), "{name}");
        assert_eq!(sentences(&lesson.why), 2, "{name}: {}", lesson.why);
        assert!(lesson.question.ends_with('?'), "{name}: {}", lesson.question);
        assert!(sentences(&lesson.answer) >= 1, "{name}: {}", lesson.answer);
        assert!(lesson.program.starts_with("import asyncio\n"), "{name}");
    }
}

/// Returns the number of sentences. One doesn't begin with a small letter.
fn sentences(text: &str) -> usize {
    let ends = text
        .match_indices(". ")
        .filter(|(place, _)| !text[place + 2..].starts_with(char::is_lowercase));
    ends.count() + usize::from(text.ends_with('.'))
}

#[test]
fn each_lesson_prints_what_cpython_prints() {
    for lesson in lessons() {
        let run = run(lesson.program).unwrap_or_else(|said| panic!("{}: {said}", lesson.name));
        assert_eq!(run.printed, lesson.printed, "{}", lesson.name);
        assert_eq!(run.failure.as_deref(), lesson.failure, "{}", lesson.name);
    }
}

#[test]
fn the_notebooks_cells_come_first_and_its_traps_last() {
    let all = lessons();
    assert!(all[..5].iter().all(|lesson| lesson.chapter == "The notebook"));
    let traps = &all[all.len() - 6..];
    for (number, trap) in (1..).zip(traps) {
        assert!(trap.title.starts_with(&format!("Trap {number}: ")), "{}", trap.title);
    }
}

#[test]
fn the_json_has_all_lessons() {
    let json: serde_json::Value = serde_json::from_str(&lessons_json()).unwrap();
    let all = json.as_array().unwrap();
    assert_eq!(all.len(), lessons().len());
    for (object, lesson) in all.iter().zip(lessons()) {
        assert_eq!(object["question"], lesson.question);
        assert_eq!(object["printed"], lesson.printed);
        assert_eq!(object["failure"].as_str(), lesson.failure);
    }
}
