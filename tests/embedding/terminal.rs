//! A program in a terminal, which answers every key at once while tasks run.
//!
//! ```console
//! $ cargo run -p wheelhouse-tests --features embedding --example terminal
//! ```

use std::cell::Cell;
use std::io::{self, Write, stdout};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use executor::{Executor, Next, Task, sleep, yield_now};

/// The time between two pictures. What another thread wakes waits for no longer.
const FRAME: Duration = Duration::from_millis(50);
const HELP: &str = "n: new job   c: cancel the last one   q: quit";

#[derive(Default)]
struct App {
    executor: Executor,
    jobs: Vec<Job>,
    next_frame: Option<Instant>,
    over: bool,
}

struct Job {
    percent: Rc<Cell<u32>>,
    task: Task<()>,
}

/// Computes without a pause for one percent, then sleeps for another, and so on.
async fn work(percent: Rc<Cell<u32>>) {
    while percent.get() < 100 {
        for _ in 0..100 {
            std::hint::black_box((0..1000).sum::<u64>());
            yield_now().await;
        }
        percent.update(|percent| percent + 1);
        sleep(Duration::from_millis(10)).await;
        percent.update(|percent| percent + 1);
    }
}

impl App {
    /// Once round the loop: tasks, keys, picture. `key` waits for a key for so
    /// long at most.
    fn round(
        &mut self,
        key: impl FnOnce(Duration) -> io::Result<Option<KeyCode>>,
        screen: &mut impl Write,
    ) -> io::Result<()> {
        let next_frame = self.next_frame.unwrap_or_else(Instant::now);
        let until = match self.executor.turn() {
            Next::Now => Instant::now(),
            Next::At(time) => time.min(next_frame),
            Next::Woken => next_frame,
        };
        if let Some(key) = key(until.saturating_duration_since(Instant::now()))? {
            self.press(key);
        }
        if Instant::now() >= next_frame {
            self.draw(screen)?;
            self.next_frame = Some(Instant::now() + FRAME);
        }
        Ok(())
    }

    fn press(&mut self, key: KeyCode) {
        match key {
            KeyCode::Char('n') => self.start_job(),
            KeyCode::Char('c') => drop(self.jobs.last().map(|job| job.task.cancel())),
            KeyCode::Char('q') => self.over = true,
            _ => {}
        }
    }

    fn start_job(&mut self) {
        let percent = Rc::default();
        let task = self.executor.spawn(work(Rc::clone(&percent)));
        self.jobs.push(Job { percent, task });
    }

    fn draw(&self, screen: &mut impl Write) -> io::Result<()> {
        queue!(screen, MoveTo(0, 0), Clear(ClearType::All), Print(HELP))?;
        for (row, job) in (2..).zip(&self.jobs) {
            queue!(screen, MoveTo(0, row), Print(job.line()))?;
        }
        screen.flush()
    }
}

impl Job {
    fn line(&self) -> String {
        let percent = self.percent.get();
        let state = match (self.task.is_finished(), percent) {
            (false, _) => "",
            (true, 100) => "done",
            (true, _) => "cancelled",
        };
        format!("{:<50} {percent:>3} % {state}", "#".repeat(percent as usize / 2))
    }
}

fn next_key(limit: Duration) -> io::Result<Option<KeyCode>> {
    if !event::poll(limit)? {
        return Ok(None);
    }
    let Event::Key(key) = event::read()? else { return Ok(None) };
    Ok(key.is_press().then_some(key.code))
}

fn run() -> io::Result<()> {
    let mut app = App::default();
    while !app.over {
        app.round(next_key, &mut stdout())?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, Hide)?;
    let result = run();
    execute!(stdout(), Show, LeaveAlternateScreen)?;
    disable_raw_mode()?;
    result
}

/// The same without a terminal: two jobs, of which one is cancelled, and a third
/// started amid the first.
#[test]
fn keys_are_answered_while_jobs_run() {
    let (mut app, mut screen) = (App::default(), Vec::new());
    for key in "nncn".chars() {
        app.round(|_| Ok(Some(KeyCode::Char(key))), &mut screen).unwrap();
    }
    while !app.jobs[2].task.is_finished() {
        let nobody_types = |limit| {
            std::thread::sleep(limit);
            Ok(None)
        };
        app.round(nobody_types, &mut screen).unwrap();
    }
    app.draw(&mut screen).unwrap();
    let screen = String::from_utf8(screen).unwrap();
    let last = screen.rsplit(HELP).next().unwrap();
    assert_eq!((last.matches("100 % done").count(), last.matches("cancelled").count()), (2, 1));

    app.round(|_| Ok(Some(KeyCode::Char('q'))), &mut Vec::new()).unwrap();
    assert!(app.over);
}
