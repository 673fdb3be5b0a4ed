//! Runs the binary.

use std::process::{Command, Stdio};

/// A command that is ready to be spawned, with its output piped.
pub(crate) fn wheelhouse(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wheelhouse"));
    command.args(arguments.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run that succeeds prints, if it has nothing to say beside that.
pub(crate) fn output_of(arguments: &str) -> String {
    let (printed, said) = printed_and_said(arguments);
    assert!(said.is_empty(), "{arguments}: {said}");
    printed
}

/// What a run that succeeds prints, and what it says beside that.
pub(crate) fn printed_and_said(arguments: &str) -> (String, String) {
    let output = wheelhouse(arguments).output().expect("the binary starts");
    assert!(output.status.success(), "{arguments}: {output:?}");
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    (text(output.stdout), text(output.stderr))
}
