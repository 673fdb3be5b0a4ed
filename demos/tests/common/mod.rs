//! Runs the binary.

use std::process::{Command, Stdio};

/// A command that is ready to be spawned, with its output piped.
pub(crate) fn wheelhouse(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wheelhouse"));
    command.args(arguments.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run that succeeds prints.
pub(crate) fn output_of(arguments: &str) -> String {
    let output = wheelhouse(arguments).output().expect("the binary starts");
    assert!(output.status.success(), "{arguments}: {output:?}");
    assert!(output.stderr.is_empty(), "{arguments}: {output:?}");
    String::from_utf8(output.stdout).expect("the output is text")
}
