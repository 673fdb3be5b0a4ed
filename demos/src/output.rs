//! A file that is written as a whole, or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::report::print;
use crate::signals;

/// Where a text is to be written. It was found out that this can be done.
pub(crate) struct Output {
    /// As it was given, for whoever is told of errors.
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// `-`
    Stdout,
    /// A device or a pipe, which can't be replaced.
    Open(File),
    /// A file, by its real path, and what it permits if it is there.
    File(PathBuf, Option<Permissions>),
}

/// What stands for the standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

impl Output {
    /// Looks whether a file can be written, and leaves it as it is.
    ///
    /// # Errors
    ///
    /// Which file can't, and why.
    pub(crate) fn prepare(path: &Path) -> Result<Self, String> {
        let kind = Kind::of(path).map_err(|error| named(path, &error))?;
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Writes the text. Until all of it is there, the file is what it was.
    ///
    /// # Errors
    ///
    /// Which file can't be written, and why.
    pub(crate) fn write(self, text: &str) -> Result<(), String> {
        let written = match self.kind {
            Kind::Stdout => {
                print(text);
                Ok(())
            }
            Kind::Open(mut file) => file.write_all(text.as_bytes()),
            Kind::File(file, permissions) => replace(&file, permissions, text),
        };
        written.map_err(|error| named(&self.path, &error))
    }
}

impl Kind {
    fn of(path: &Path) -> io::Result<Self> {
        if is_stdout(path) {
            return Ok(Self::Stdout);
        }
        let Ok(metadata) = fs::metadata(path) else {
            beside(path)?;
            return Ok(Self::File(path.to_owned(), None));
        };
        // Fails for a folder, and for a file that mustn't be written.
        let file = File::options().append(true).open(path)?;
        if !metadata.is_file() {
            return Ok(Self::Open(file));
        }
        // Not to put a file in the place of a link.
        let path = fs::canonicalize(path)?;
        beside(&path)?;
        Ok(Self::File(path, Some(metadata.permissions())))
    }
}

fn replace(path: &Path, permissions: Option<Permissions>, text: &str) -> io::Result<()> {
    let mut part = beside(path)?;
    let litter = part.path().to_owned();
    let _guard = signals::guard(move || drop(fs::remove_file(litter)))?;
    part.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a new file in the same folder, which goes when it is dropped.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let mut builder = Builder::new();
    builder.prefix(".wheelhouse-").suffix(".part");
    // Everybody may read it who may read new files.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    builder.make_in(folder.unwrap_or(Path::new(".")), create)
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
