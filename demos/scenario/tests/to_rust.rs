//! Programs that are written in Rust: what is written.
//!
//! All lessons are in `rust/lessons.rs`, word for word; `UPDATE=1` writes that anew.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use scenario::lessons::lessons;
use scenario::python::to_rust;

/// The lessons that aren't written in Rust as a whole, with the reason.
const INCOMPLETE: [(&str, &str); 1] = [("future", "a future that somebody else completes")];

/// A function that says how a program has ended, without its types.
const TOLD: &str = "
pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
";

/// Returns all lessons as one file.
fn all() -> String {
    let mut file = String::from("// Written by `tests/to_rust.rs`: run that with `UPDATE=1`.\n");
    let mut programs = String::new();
    for lesson in lessons() {
        let rust = to_rust(lesson.program).unwrap();
        let (name, title) = (lesson.name, &lesson.title);
        if rust.contains("// No counterpart") {
            continue;
        }
        write!(file, "\n/// {title}.\npub mod {name} {{\n{rust}{TOLD}}}\n").unwrap();
        writeln!(programs, "    (\"{name}\", {name}::told),").unwrap();
    }
    file += "\n/// The programs, by name.\n";
    file + "pub const PROGRAMS: &[(&str, fn() -> Result<(), String>)] = &[\n" + &programs + "];\n"
}

#[test]
fn the_lessons_that_are_compiled_are_those_that_are_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rust/lessons.rs");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, all()).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert_eq!(all(), kept, "run this test with UPDATE=1, and look at what has changed");
}

#[test]
fn what_has_no_counterpart_is_said() {
    for lesson in lessons() {
        let rust = to_rust(lesson.program).unwrap();
        let is_incomplete = INCOMPLETE.iter().any(|(name, _)| *name == lesson.name);
        assert_eq!(rust.contains("// No counterpart: "), is_incomplete, "{}", lesson.name);
    }
}
