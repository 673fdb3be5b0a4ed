//! The page of a recording that grows, served on this machine while the program runs.
//!
//! The server is a program of the executor as well, on a thread of its own: an example of how
//! to have one beside another program. What it sends comes from a
//! [`Follower`], so that the program doesn't wait for it.
//!
//! ```
//! use executor::{Executor, yield_now};
//!
//! let mut live = viewer::live::serve()?;
//! eprintln!("{live}");
//! // Here `live.wait_until_opened()` would wait for a browser.
//! let executor = Executor::new();
//! live.show(executor.follow_recording().titled("my program"));
//! executor.block_on(yield_now());
//! drop(live); // The pages say that the program has ended, and keep what they have.
//! # std::io::Result::Ok(())
//! ```

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Listener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_net::{TcpListener, TcpStream};
use combinators::{TaskSet, timeout};
use executor::trace::{Follower, Growth};
use executor::{Executor, sleep, spawn};
use futures_lite::io::{AsyncReadExt, AsyncWriteExt};

use crate::html;

/// The time between two looks at the recording.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest time for which a client may let the server wait: with its request, and with
/// its reading once the program has ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// The greatest size of a request, in bytes.
const LONGEST: usize = 16 * 1024;

/// The path of the stream of steps, as the page asks for it.
const STREAM: &str = "/stream";

/// What a browser says of a request that comes from this page, or that somebody has typed.
const OWN_SITES: [&str; 2] = ["same-origin", "none"];

const ENDED: &str = "The program has ended.";
const TOO_LARGE: &str = "The program goes on, but a page takes no more steps.";

/// A page that is served while the recording grows; made by [`serve`]. When it is dropped, the
/// pages that are open get the last steps, and are told that the program has ended. That takes
/// two seconds at most.
pub struct Live {
    address: SocketAddr,
    /// There until a recording is shown.
    shows: Option<Sender<Follower>>,
    opened: Receiver<()>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Serves a page on 127.0.0.1, at a port that is free. It is empty until [`Live::show`] is
/// called.
///
/// Every user of this machine can open it, and read the sources that the recording is about.
/// Pages of other sites can't, nor do their links lead here: a request has to name this host,
/// and what a browser says of where it comes from has to be this page, or its own address bar.
///
/// # Errors
///
/// Fails if the system gives no port or no thread.
pub fn serve() -> io::Result<Live> {
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (shows, recordings) = channel();
    let (opens, opened) = channel();
    let ends = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&ends);
    let thread = thread::Builder::new().name("live page".into()).spawn(move || {
        let server = Rc::new(Server::new(address, opens));
        Executor::new().block_on(server.run(listener, &recordings, &until));
    })?;
    Ok(Live { address, shows: Some(shows), opened, ends, thread: Some(thread) })
}

impl Live {
    /// Returns the address of the page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Shows a recording, with the steps that there are and those that come.
    ///
    /// # Panics
    ///
    /// Panics if the page shows a recording already.
    #[track_caller]
    pub fn show(&mut self, follower: Follower) {
        let shows = self.shows.take().expect("the page shows a recording already: serve another");
        let _ = shows.send(follower); // It fails only if the server has panicked.
    }

    /// Waits until a browser shows the page, as long as that takes; returns at once if one
    /// has shown it since the last call. The time passes for an executor that is there, so
    /// build it afterwards.
    pub fn wait_until_opened(&self) {
        // It fails only if the server has panicked, and then nobody will ever come.
        let _ = self.opened.recv();
    }
}

/// The sentence that tells where the page is.
impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The run is shown at {}", self.url())
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // If it has panicked, that has been printed.
        }
    }
}

/// The server, on its own thread.
struct Server {
    page: String,
    address: SocketAddr,
    opens: Sender<()>,
    /// All that a stream sends, from its beginning.
    events: RefCell<String>,
    /// There will be no more events.
    is_over: Cell<bool>,
    connections: TaskSet<io::Result<()>>,
}

impl Server {
    fn new(address: SocketAddr, opens: Sender<()>) -> Self {
        Self {
            page: html::live_page(STREAM),
            address,
            opens,
            events: RefCell::default(),
            is_over: Cell::new(false),
            connections: TaskSet::new(),
        }
    }

    /// Serves until the program ends. Then the streams that are open come to their end.
    async fn run(
        self: Rc<Self>,
        listener: Listener,
        recordings: &Receiver<Follower>,
        ends: &AtomicBool,
    ) {
        let accepting = spawn(Rc::clone(&self).accept(listener)).named("accept");
        self.follow(recordings, ends).await;
        accepting.cancel();
        let streams_end = async { while self.connections.next().await.is_some() {} };
        let _ = timeout(PATIENCE, streams_end).await;
    }

    /// Takes the new steps from time to time, until the program ends.
    async fn follow(&self, recordings: &Receiver<Follower>, ends: &AtomicBool) {
        let mut follower = None;
        loop {
            // Steps that come before the program's end are taken after this look.
            let is_last = ends.load(Ordering::Acquire);
            follower = follower.or_else(|| recordings.try_recv().ok());
            let growth = follower.as_mut().map(Follower::grow).unwrap_or_default();
            self.add(&growth, growth.is_over || is_last);
            if self.is_over.get() {
                follower = None; // Else the steps that nobody takes would wait in memory.
            }
            if is_last {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// Adds the events of a growth, and the end if that has come.
    fn add(&self, growth: &Growth, is_over: bool) {
        if self.is_over.get() {
            return;
        }
        let mut events = self.events.borrow_mut();
        if let Some(header) = &growth.header {
            add_event(&mut events, "header", header);
        }
        add_event(&mut events, "steps", &growth.steps);
        if is_over || events.len() > html::MOST {
            add_event(&mut events, "end", if is_over { ENDED } else { TOO_LARGE });
            self.is_over.set(true);
        }
    }

    async fn accept(self: Rc<Self>, listener: Listener) {
        let listener = TcpListener::try_from(listener).expect("it is a socket that listens");
        loop {
            match listener.accept().await {
                Ok((client, _)) => {
                    let answer = spawn(Rc::clone(&self).answer(client)).named("connection");
                    self.connections.insert(answer);
                }
                // The process may have no more file descriptors, for a while.
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn answer(self: Rc<Self>, mut client: TcpStream) -> io::Result<()> {
        let request = timeout(PATIENCE, read_request(&mut client)).await??;
        match wanted(&request, self.address) {
            Ok(Wanted::Page) => {
                let head = head("200 OK", "text/html; charset=utf-8");
                client.write_all((head + &self.page).as_bytes()).await
            }
            Ok(Wanted::Stream) => self.stream(&mut client).await,
            Err(refusal) => {
                let head = head(refusal, "text/plain");
                client.write_all((head + refusal + "\n").as_bytes()).await
            }
        }
    }

    /// Sends all events, those that have come and those that will.
    async fn stream(&self, client: &mut TcpStream) -> io::Result<()> {
        client.write_all(head("200 OK", "text/event-stream").as_bytes()).await?;
        let _ = self.opens.send(());
        let mut sent = 0;
        loop {
            let is_over = self.is_over.get();
            let events = self.events.borrow()[sent..].to_owned();
            sent += events.len();
            // An empty comment finds out whether the client is still there.
            let text = if events.is_empty() { ":\n\n" } else { &events };
            client.write_all(text.as_bytes()).await?;
            if is_over {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }
}

/// Adds a server-sent event that has such lines, if there are any.
fn add_event(events: &mut String, kind: &str, lines: &str) {
    if lines.is_empty() {
        return;
    }
    events.extend(["event: ", kind, "\n"]);
    events.extend(lines.lines().flat_map(|line| ["data: ", line, "\n"]));
    events.push('\n');
}

fn head(status: &str, kind: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\r\n"
    )
}

/// Reads a request up to the empty line that ends it, or as much as is allowed.
async fn read_request(client: &mut TcpStream) -> io::Result<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") && request.len() < LONGEST {
        match client.read(&mut buffer).await? {
            0 => break,
            size => request.extend(&buffer[..size]),
        }
    }
    Ok(String::from_utf8_lossy(&request).into_owned())
}

/// The things that there are to be had.
enum Wanted {
    Page,
    Stream,
}

/// Returns the thing that a request wants.
///
/// A page of another site can have its name point at this machine, but its requests have that
/// name for their host. So only this host's own names are let in. Such a page can also ask for
/// an image from here, which has no origin, and nothing but the browser tells from where.
///
/// # Errors
///
/// The error is the status of the refusal.
fn wanted(request: &str, address: SocketAddr) -> Result<Wanted, &'static str> {
    let hosts = [address.to_string(), format!("localhost:{}", address.port())];
    let origins = hosts.each_ref().map(|host| format!("http://{host}"));
    let mut named = values(request, "host");
    if !matches!((named.next(), named.next()), (Some(host), None) if hosts.iter().any(|it| it == host))
        || !values(request, "origin").all(|origin| origins.iter().any(|it| it == origin))
        || !values(request, "sec-fetch-site").all(|site| OWN_SITES.contains(&site))
    {
        return Err("403 Forbidden");
    }
    match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => Ok(Wanted::Page),
        ["GET", STREAM] => Ok(Wanted::Stream),
        ["GET", _] => Err("404 Not Found"),
        _ => Err("405 Method Not Allowed"),
    }
}

/// Returns the values of a header.
fn values<'a>(request: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let headers = request.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.filter(move |it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.trim())
}
