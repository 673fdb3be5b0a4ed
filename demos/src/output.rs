//! A file that is written as a whole, or not at all.

use std::fmt;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::Builder;

use crate::report::{print, tell};
use crate::signals;

/// The place to which a text is to be written. It is known that this can be done.
pub(crate) struct Output {
    /// The path as it was given, for messages about errors.
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// The standard output, which is written as `-`.
    Stdout,
    /// A device or a pipe, which can't be replaced.
    Open(File),
    /// A file, by its real path, and its permissions if it exists.
    File(PathBuf, Option<Permissions>),
}

/// Returns whether a path stands for the standard output, or, where it is read, the standard
/// input.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

impl Output {
    /// Looks whether a file can be written, and leaves it as it is.
    ///
    /// # Errors
    ///
    /// The error names the file that can't be written, and says why.
    pub(crate) fn prepare(path: &Path) -> Result<Self, String> {
        let kind = Kind::of(path).map_err(|error| named(path, &error))?;
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Returns whether this is a file, and the same as the other.
    pub(crate) fn is_that_of(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::File(one, _), Kind::File(other, _)) => one == other,
            _ => false,
        }
    }

    /// Writes the text, and says so. Until all of it is there, the file is what it was.
    ///
    /// # Errors
    ///
    /// The error names the file that can't be written, and says why.
    pub(crate) fn write(self, text: &str) -> Result<(), String> {
        let Self { path, kind } = self;
        let written = match kind {
            Kind::Stdout => {
                print(text);
                return Ok(());
            }
            Kind::Open(mut file) => file.write_all(text.as_bytes()),
            Kind::File(file, permissions) => replace(&file, permissions, text),
        };
        written.map_err(|error| named(&path, &error))?;
        tell(format_args!("wrote {} ({})", path.display(), Size(text.len())));
        Ok(())
    }
}

/// A number of bytes, as people read it.
struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ 0..1_000 => write!(f, "{bytes} bytes"),
            bytes @ 1_000..1_000_000 => write!(f, "{} KB", bytes / 1_000),
            bytes => write!(f, "{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

impl Kind {
    fn of(path: &Path) -> io::Result<Self> {
        if is_standard(path) {
            return Ok(Self::Stdout);
        }
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // The real path of the folder, so that the same file has the same path.
                let folder = fs::canonicalize(folder(path))?;
                may_make_files(&folder)?;
                return Ok(Self::File(folder.join(path.file_name().unwrap_or_default()), None));
            }
            metadata => metadata?,
        };
        // This fails for a folder, and for a file that mustn't be written.
        let file = File::options().append(true).open(path)?;
        if !metadata.is_file() {
            return Ok(Self::Open(file));
        }
        // The real path, so that no file takes the place of a link.
        let path = fs::canonicalize(path)?;
        may_make_files(folder(&path))?;
        Ok(Self::File(path, Some(metadata.permissions())))
    }
}

/// Writes another file beside it, which takes its place.
fn replace(path: &Path, permissions: Option<Permissions>, text: &str) -> io::Result<()> {
    let litter = Arc::new(Mutex::new(None));
    let litter_of_signal = Arc::clone(&litter);
    let _guard = signals::guard(move || remove(&litter_of_signal))?;
    let mut builder = Builder::new();
    builder.prefix(".wheelhouse-").suffix(".part");
    let mut part = builder.make_in(folder(path), |part| {
        // A signal waits for this lock, until the file is there and known.
        let mut litter = lock(&litter);
        *litter = Some(part.to_owned());
        // The file has the permissions of any new file: `tempfile` alone would give it fewer.
        File::options().write(true).create_new(true).open(part)
    })?;
    part.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    Ok(())
}

type Litter = Mutex<Option<PathBuf>>;

fn lock(litter: &Litter) -> MutexGuard<'_, Option<PathBuf>> {
    litter.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the unfinished file, as the last act of the program.
fn remove(litter: &Litter) {
    let litter = lock(litter);
    if let Some(part) = &*litter {
        // It may be gone, for it may have taken the place of the file already.
        let _ = fs::remove_file(part);
    }
    // The lock is kept, so that nobody makes another.
    std::mem::forget(litter);
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn may_make_files(folder: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};

    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// On other systems it is found out when the file is written.
#[cfg(not(unix))]
fn may_make_files(folder: &Path) -> io::Result<()> {
    fs::metadata(folder).map(drop)
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
