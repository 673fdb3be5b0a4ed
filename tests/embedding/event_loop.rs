//! A window: its event loop is in charge, and sleeps for as long as it may.
//!
//! The loop below stands for winit's: the same control flow, the same calls of
//! the application, and a proxy by which other threads send it events.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use executor::{Executor, Next, sleep};

/// When the loop is to call the application again.
#[derive(Clone, Copy)]
enum ControlFlow {
    Poll,
    WaitUntil(Instant),
    Wait,
}

enum Event {
    /// The user typed.
    Key(char),
    /// There is work for the executor.
    Wake,
    Close,
}

/// What the loop calls.
trait Application {
    fn event(&mut self, event: Event);

    /// All events have been seen: says how long the loop may block.
    fn about_to_wait(&mut self) -> ControlFlow;

    fn is_over(&self) -> bool;
}

struct EventLoop(Receiver<Event>);

impl EventLoop {
    /// A loop, and a proxy of it for other threads.
    fn new() -> (Self, Sender<Event>) {
        let (proxy, events) = channel();
        (Self(events), proxy)
    }

    /// Returns how often it went round.
    fn run(&self, application: &mut impl Application) -> usize {
        let mut rounds = 0;
        while !application.is_over() {
            rounds += 1;
            let event = self.wait(application.about_to_wait());
            event.into_iter().chain(self.0.try_iter()).for_each(|event| application.event(event));
        }
        rounds
    }

    fn wait(&self, flow: ControlFlow) -> Option<Event> {
        let deadline = match flow {
            ControlFlow::Poll => return None,
            ControlFlow::Wait => return Some(self.0.recv().expect("there is a proxy")),
            ControlFlow::WaitUntil(deadline) => deadline,
        };
        match self.0.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("there is a proxy"),
        }
    }
}

struct Window {
    executor: Executor,
    /// What the user typed, for a task that reads it.
    keys: async_channel::Sender<char>,
    shown: Rc<RefCell<Vec<String>>>,
    over: bool,
}

impl Window {
    fn new(proxy: Sender<Event>, your_turn: Sender<()>) -> Self {
        // All that it takes: a wake of another thread is an event.
        let wake = move || drop(proxy.send(Event::Wake));
        let executor = Executor::builder().on_wake(wake).build();
        let (keys, typed) = async_channel::unbounded();
        let shown = Rc::default();
        executor.spawn(session(typed, Rc::clone(&shown), your_turn));
        Self { executor, keys, shown, over: false }
    }
}

impl Application for Window {
    fn event(&mut self, event: Event) {
        match event {
            Event::Key(key) => self.keys.try_send(key).expect("a task reads"),
            Event::Wake => {} // The turn that follows hears it.
            Event::Close => self.over = true,
        }
    }

    /// One turn, and the loop blocks for as long as the executor has nothing to
    /// do: no frame is drawn, no time is slept away, for tasks' sake.
    fn about_to_wait(&mut self) -> ControlFlow {
        match self.executor.turn() {
            Next::Now => ControlFlow::Poll,
            Next::At(time) => ControlFlow::WaitUntil(time),
            Next::Woken => ControlFlow::Wait,
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

/// Shows what another thread downloads, then a key, then the time. Tells the user
/// when it is their turn.
async fn session(
    typed: async_channel::Receiver<char>,
    shown: Rc<RefCell<Vec<String>>>,
    your_turn: Sender<()>,
) {
    let show = |text: String| shown.borrow_mut().push(text);
    let parts = start_download();
    while let Ok(part) = parts.recv().await {
        show(format!("part {part}"));
    }
    your_turn.send(()).unwrap();
    show(format!("key {}", typed.recv().await.unwrap()));
    sleep(Duration::from_millis(50)).await;
    show(String::from("later"));
    your_turn.send(()).unwrap();
}

fn start_download() -> async_channel::Receiver<u32> {
    let (sender, parts) = async_channel::bounded(1);
    thread::spawn(move || {
        for part in 1..=3 {
            thread::sleep(Duration::from_millis(20));
            sender.send_blocking(part).expect("somebody shows it");
        }
    });
    parts
}

#[test]
fn an_event_loop_sleeps_until_there_is_work() {
    let (event_loop, proxy) = EventLoop::new();
    let (your_turn, mine) = channel();
    let mut window = Window::new(proxy.clone(), your_turn);
    let user = thread::spawn(move || {
        mine.recv().unwrap();
        proxy.send(Event::Key('q')).unwrap();
        mine.recv().unwrap();
        proxy.send(Event::Close).unwrap();
    });

    let rounds = event_loop.run(&mut window);
    user.join().unwrap();
    assert_eq!(*window.shown.borrow(), ["part 1", "part 2", "part 3", "key q", "later"]);
    assert!(rounds < 40, "it went round {rounds} times");
}
