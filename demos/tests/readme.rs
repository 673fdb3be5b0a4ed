//! What the README and the guide show of the demo is what it prints, and what they show of
//! tests are tests.

mod common;

use common::output_of;

const README: &str = include_str!("../../README.md");
const GUIDE: &str = include_str!("../../executor/src/guide/watch.md");

/// A command on a page, up to the arguments for the binary.
const COMMAND: &str = "$ cargo run -q --release -- ";

/// The arguments that a page shows runs of, and what these print.
fn shown(page: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let consoles = page.split("```console\n").skip(1);
    let runs = consoles.filter_map(|console| console.split("```").next()?.strip_prefix(COMMAND));
    runs.filter_map(|run| run.split_once('\n'))
}

#[test]
fn the_page_on_testing_shows_tests_that_run() {
    let page = include_str!("../../executor/src/guide/testing.md");
    let blocks = page.split("```rust\n").skip(1).filter_map(|block| block.split("```").next());
    let (_, shown) = include_str!("testing.rs").split_once("\n\n").expect("a module's page");
    assert_eq!(blocks.collect::<Vec<_>>().join("\n"), shown);
}

#[test]
fn the_pages_show_what_the_demo_prints() {
    assert!(shown(GUIDE).count() > 1);
    for page in [README, GUIDE] {
        assert_eq!(shown(page).count(), page.matches(COMMAND).count());
        for (arguments, output) in shown(page) {
            assert_eq!(output_of(arguments), output, "{arguments}");
        }
    }
}
