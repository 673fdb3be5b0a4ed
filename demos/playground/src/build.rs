//! Has Cargo build the interpreter for WebAssembly.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fmt, fs, io, path};

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");
const TARGET: &str = "wasm32-unknown-unknown";
const FILE: &str = "wheelhouse_playground_wasm.wasm";

/// Builds the interpreter, and returns it as a program for WebAssembly.
///
/// The first time this takes a minute. Cargo tells how far it is.
///
/// # Errors
///
/// Fails if this machine has no sources of this package, no Cargo, or no such target, and says
/// what is missing.
pub fn interpreter() -> Result<Vec<u8>, Failed> {
    let package = Path::new(PACKAGE).join("wasm");
    if !package.join("Cargo.toml").exists() {
        return Err(Failed::NoSources(package));
    }
    if !has_target().map_err(Failed::NoTools)? {
        return Err(Failed::NoTarget);
    }
    let folder = target_folder().map_err(Failed::NoFile)?;
    let built = cargo(&package, &folder).status().map_err(Failed::NoTools)?;
    if !built.success() {
        return Err(Failed::Build);
    }
    fs::read(folder.join(TARGET).join("release").join(FILE)).map_err(Failed::NoFile)
}

/// The flags of whoever calls are for this machine, not for that target.
fn cargo(package: &Path, folder: &Path) -> Command {
    let mut cargo = Command::new(tool("CARGO", "cargo"));
    cargo.args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(folder);
    cargo.current_dir(package).env_remove("RUSTFLAGS");
    cargo
}

/// A folder of its own: another build that goes on isn't waited for. Cargo runs elsewhere, so
/// the path is absolute.
fn target_folder() -> io::Result<PathBuf> {
    let shared = || Path::new(PACKAGE).join("../../target");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(shared, PathBuf::from);
    path::absolute(target.join("playground"))
}

/// Returns whether the standard library for the target is there.
fn has_target() -> io::Result<bool> {
    let mut rustc = Command::new(tool("RUSTC", "rustc"));
    rustc.args(["--print", "target-libdir", "--target", TARGET]).stderr(Stdio::null());
    let folder = rustc.output()?.stdout;
    Ok(Path::new(String::from_utf8_lossy(&folder).trim_end()).is_dir())
}

/// Returns the name of a tool, as Cargo says it to the programs that it runs.
fn tool(variable: &str, name: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| name.into(), PathBuf::from)
}

/// The reason for which there is no interpreter.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failed {
    /// This folder with the interpreter's sources is gone.
    NoSources(PathBuf),
    /// The target isn't installed.
    NoTarget,
    /// Cargo or the compiler can't be called.
    NoTools(io::Error),
    /// Cargo has said why it can't build the interpreter.
    Build,
    /// The program that Cargo has built can't be read.
    NoFile(io::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSources(folder) => {
                let folder = folder.display();
                write!(f, "{folder} is gone: a playground is built in a clone of the repository")
            }
            Self::NoTarget => write!(
                f,
                "Rust's library for WebAssembly isn't installed: run `rustup target add {TARGET}`"
            ),
            Self::NoTools(error) => write!(f, "Rust's tools can't be called: {error}"),
            Self::Build => f.write_str("the interpreter can't be built for WebAssembly"),
            Self::NoFile(error) => write!(f, "the interpreter can't be read: {error}"),
        }
    }
}

impl Error for Failed {}
