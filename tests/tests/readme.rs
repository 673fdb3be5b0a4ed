//! What the README and the guide say is so: of other crates, of what an example prints, and
//! where their links lead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const README: &str = include_str!("../../README.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");
const RUNS_ON: &str = include_str!("../../combinators/src/guide/runs_on.md");
const LOCK: &str = include_str!("../../Cargo.lock");

/// The rows of the table of what runs on it: crate, version, whether it runs, what was
/// tested, test.
fn rows() -> Vec<[&'static str; 5]> {
    let lines = RUNS_ON.lines().skip_while(|line| !line.starts_with("|---"));
    lines.skip(1).map_while(row).collect()
}

fn row(line: &'static str) -> Option<[&'static str; 5]> {
    let cells: Vec<_> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
    let cells = <[&str; 5]>::try_from(cells).expect("five cells");
    Some(cells.map(str::trim))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("embedding")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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
        let source = read(&folder().join(module).with_extension("rs"));
        assert!(source.contains(&format!("#[test]\nfn {function}()")), "{test}");
    }
}

/// The README, the page for contributors, and those of both guides, with their paths from the root.
fn pages() -> Vec<(String, String)> {
    let guides = ["executor", "combinators"].into_iter().flat_map(guide);
    let paths = guides.chain(["README.md", "CONTRIBUTING.md"].map(String::from));
    paths.map(|path| (path.clone(), read(&root().join(path)))).collect()
}

/// The paths of a guide's pages.
fn guide(library: &str) -> Vec<String> {
    let folder = format!("{library}/src/guide");
    let files = fs::read_dir(root().join(&folder)).expect("there is a guide");
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("{folder}/{name}")).collect()
}

#[test]
fn every_example_is_named() {
    for file in fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let in_table = RUNS_ON.contains(&format!("`{name}::"));
        let file = format!("`tests/embedding/{name}.rs`");
        let on_a_page = pages().iter().any(|(_, text)| text.contains(&file));
        assert!(in_table || on_a_page || name == "main", "{name}");
    }
}

#[test]
fn each_page_is_in_the_readme_and_in_the_documentation() {
    for library in ["executor", "combinators"] {
        let documentation = read(&root().join(format!("{library}/src/guide.rs")));
        for page in guide(library) {
            assert!(README.contains(&format!("]({page})")), "{page}");
            let (_, name) = page.split_once("/src/").unwrap();
            assert!(documentation.contains(&format!("include_str!(\"{name}\")")), "{page}");
        }
    }
}

/// The targets of a page's links that don't lead to the web.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let inline = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let defined = page.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
    let all = inline.chain(defined.map(|(_, target)| target));
    all.filter(|target| !target.starts_with("https://"))
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let titles = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    titles.map(|title| title.replace(' ', "-").replace(['`', ','], "")).collect()
}

#[test]
fn links_lead_to_files_and_headings_that_there_are() {
    for (path, text) in pages() {
        let beside = root().join(&path).parent().unwrap().to_owned();
        for link in links(&text) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&path) } else { beside.join(file) };
            assert!(target.exists(), "{path} leads to {link}");
            let known = heading.is_empty() || anchors(&read(&target)).contains(heading);
            assert!(known, "{path} leads to {link}");
        }
    }
}

#[test]
fn no_link_leads_to_source_before_the_section_that_is_about_it() {
    let (before, _) = README.split_once("\n## Where to read first\n").expect("a section");
    assert!(before.contains("[Documentation](#documentation)"));
    let mut sources = links(before).filter(|link| link.contains(".rs"));
    assert_eq!(sources.next(), None);
}

/// In the documentation a link that is defined in its source counts, and no other is checked.
#[test]
fn each_link_that_a_page_defines_is_defined_for_the_documentation_too() {
    for library in ["executor", "combinators"] {
        let documentation = read(&root().join(format!("{library}/src/guide.rs")));
        for page in guide(library) {
            let (_, name) = page.split_once("/src/").unwrap();
            let module = documentation.split(&format!("include_str!(\"{name}\")")).next().unwrap();
            let module = module.rsplit_once("pub mod").map_or(module, |(_, module)| module);
            let text = read(&root().join(&page));
            let defined = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
            for (link, _) in defined.filter(|(_, target)| !target.starts_with("https://")) {
                assert!(module.contains(&format!("[{link}]: ")), "{page}: {link}");
            }
        }
    }
}

/// The files of a folder and of those in it that have an ending, with their paths from the root.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap);
    let (folders, others): (Vec<_>, Vec<_>) =
        entries.partition(|entry| entry.file_type().unwrap().is_dir());
    let path = |entry: &fs::DirEntry| format!("{folder}/{}", entry.file_name().display());
    let beneath = folders.iter().filter(|entry| entry.file_name() != "target");
    let deeper = beneath.flat_map(|entry| files(&path(entry), ending));
    others.iter().map(path).filter(|path| path.ends_with(ending)).chain(deeper).collect()
}

/// Ignored tests, packages beside the workspace, and steps of the night.
#[test]
fn what_cargo_test_leaves_out_is_told_to_contributors() {
    let (_, told) = CONTRIBUTING.split_once("\n## What `cargo test` leaves out\n").unwrap();
    let ignored = |path: &String| read(&root().join(path)).contains("\n#[ignore = ");
    let beside = |path: &String| read(&root().join(path)).contains("\n[workspace]\n");
    let sources = ["demos", "tests"].into_iter().flat_map(|folder| files(folder, ".rs"));
    let packages = ["demos", "tests"].into_iter().flat_map(|folder| files(folder, "/Cargo.toml"));
    let left_out: Vec<_> = sources.filter(ignored).chain(packages.filter(beside)).collect();
    assert!(left_out.len() >= 10, "{left_out:?}");
    for path in left_out {
        assert!(told.contains(&path), "{path}");
    }
    let deep = read(&root().join(".ci/deep"));
    let (_, steps) = deep.split_once("\nall=(").unwrap();
    for step in steps.split(')').next().unwrap().split(' ') {
        let is_told = told.lines().any(|line| line.contains(".ci/deep") && line.contains(step));
        assert!(is_told, "{step}");
    }
}

/// The blocks of a language in a text.
fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let rests = text.split(&format!("\n```{language}\n")).skip(1).collect::<Vec<_>>();
    rests.into_iter().map(|rest| rest.split("```").next().expect("a block has an end"))
}

/// The names of the crates that lines of `Cargo.toml` ask for, as Rust spells them, and the
/// versions.
fn wanted(toml: &str) -> BTreeMap<String, &str> {
    let lines = toml.lines().filter_map(|line| line.split_once(" = "));
    let versions = lines.filter_map(|(name, rest)| Some((name, rest.split('"').nth(1)?)));
    versions.map(|(name, version)| (name.replace('-', "_"), version)).collect()
}

/// As the tests build it: who copies an example copies all that it wants.
#[test]
fn each_battery_has_the_lines_of_cargo_toml_for_what_it_uses() {
    let page = include_str!("../../combinators/src/guide/batteries.md");
    let tested = wanted(include_str!("../Cargo.toml"));
    for section in page.split("\n# ").skip(1) {
        let wanted = wanted(blocks(section, "toml").next().unwrap_or_default());
        assert!(
            wanted.iter().all(|(name, version)| tested.get(name) == Some(version)),
            "{section}"
        );
        let code = blocks(section, "rust").next().expect("a program");
        let paths =
            code.split(|c: char| c.is_whitespace()).filter_map(|word| word.split_once("::"));
        let names = paths.map(|(name, _)| name);
        let used: BTreeSet<_> = names.filter(|name| tested.contains_key(*name)).collect();
        assert_eq!(used, wanted.keys().map(String::as_str).collect(), "{section}");
    }
}

#[test]
fn the_page_on_speed_names_rows_of_the_benchmark() {
    let rows = include_str!("../benches/peers/rows.rs");
    let page = include_str!("../../executor/src/guide/speed.md");
    let table = page.lines().filter_map(|line| line.strip_prefix("| "));
    let names: Vec<_> = table.filter_map(|line| line.split('`').nth(1)).collect();
    assert_eq!(names.len(), 12);
    for name in names {
        assert!(rows.contains(&format!("\"{name}\"")), "{name}");
    }
}

/// The platforms that a text names.
fn platforms(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c)));
    let systems = ["-linux-gnu", "-apple-darwin", "-windows-gnu", "-unknown-unknown"];
    words.filter(|word| systems.iter().any(|system| word.ends_with(system))).collect()
}

/// All but the one on which everything runs.
#[test]
fn the_platforms_of_the_guide_are_those_that_are_tested() {
    let guide = include_str!("../../executor/src/guide/platforms.md");
    let rows: String = guide.lines().filter(|line| line.starts_with("| `")).collect();
    let mut said = platforms(&rows);
    assert!(said.remove("x86_64-unknown-linux-gnu"));
    assert_eq!(said, platforms(include_str!("../../.ci/run")));
}

/// The README's example, with lines that it prints kept.
mod example {
    use std::cell::RefCell;

    thread_local! {
        static PRINTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    macro_rules! println {
        ($($what:tt)*) => { PRINTED.with_borrow_mut(|lines| lines.push(format!($($what)*))) };
    }

    include!("readme/example.rs");

    pub(super) fn printed() -> Vec<String> {
        main();
        PRINTED.take()
    }
}

#[test]
fn the_example_prints_what_stands_below_it() {
    let block = |language| blocks(README, language).next().expect("there is a block");
    assert_eq!(block("rust"), include_str!("readme/example.rs"));
    assert_eq!(example::printed(), block("text").lines().collect::<Vec<_>>());
}
