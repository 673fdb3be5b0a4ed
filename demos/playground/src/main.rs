//! Builds the playground, and writes it into `playground.html` or the file that is named.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let file = env::args_os().nth(1).map_or_else(|| "playground.html".into(), PathBuf::from);
    match write(&file) {
        Ok(size) => {
            println!("{}: {} KB", file.display(), size.div_ceil(1000));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the page, and returns its size in bytes.
fn write(file: &Path) -> Result<usize, Box<dyn Error>> {
    let page = playground::page(&playground::interpreter()?);
    fs::write(file, &page).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(page.len())
}
