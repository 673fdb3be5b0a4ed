//! What the README shows of the demo is what it prints.

mod common;

use common::output_of;

const README: &str = include_str!("../../README.md");

/// A command in the README, up to the arguments for the binary.
const COMMAND: &str = "$ cargo run -q --release -- ";

/// The arguments that the README shows runs of, and what these print.
fn shown() -> impl Iterator<Item = (&'static str, &'static str)> {
    let consoles = README.split("```console\n").skip(1);
    let runs = consoles.filter_map(|console| console.split("```").next()?.strip_prefix(COMMAND));
    runs.filter_map(|run| run.split_once('\n'))
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    assert_eq!(shown().count(), README.matches(COMMAND).count());
    for (arguments, output) in shown() {
        assert_eq!(output_of(arguments), output, "{arguments}");
    }
}
