//! The manual pages, and the completions of shells: both are made of the command line.

use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli;

/// Returns a script by which a shell completes the command line.
pub(crate) fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    let mut command = cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    text(script)
}

/// Returns the manual page of a command; unless one is given, that of all.
pub(crate) fn page(command: Option<&str>) -> String {
    let all = cli::command();
    let described = command.and_then(|name| all.find_subcommand(name)).unwrap_or(&all);
    let mut page = Vec::new();
    let man = Man::new(described.clone()).source(all.render_version().trim_end());
    man.render(&mut page).expect("a vector can be written to");
    text(page)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is made of texts")
}
