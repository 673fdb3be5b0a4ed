//! A terminal on which the binary runs.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A terminal, which keeps all that is written to it.
pub(crate) struct Terminal {
    keys: File,
    end: File,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub(crate) fn open(columns: u16, rows: u16) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let path = ptsname(&keys, Vec::new()).unwrap().into_string().unwrap();
        let keys = File::from(keys);
        // It isn't to become the terminal of the tests.
        let open = OFlags::RDWR | OFlags::NOCTTY;
        let end = File::from(rustix::fs::open(path, open, rustix::fs::Mode::empty()).unwrap());
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&end, size).unwrap();
        let written = Arc::default();
        keep(keys.try_clone().unwrap(), Arc::clone(&written));
        Self { keys, end, written }
    }

    /// Runs the binary on the terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Child {
        let end = || self.end.try_clone().unwrap();
        Command::new(env!("CARGO_BIN_EXE_wheelhouse"))
            .args(arguments)
            .env("NO_COLOR", "1")
            .stdin(end())
            .stdout(end())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    pub(crate) fn modes(&self) -> LocalModes {
        tcgetattr(&self.end).unwrap().local_modes
    }
}

/// Keeps what is written to a terminal, to its end, which is an error.
fn keep(mut screen: File, written: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            written.lock().unwrap().extend(&bytes[..count]);
        }
    });
}
