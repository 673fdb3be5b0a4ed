//! One executor per core: work is sent to them by their handles, and compared
//! with tokio's threads, which steal tasks from each other.
//!
//! ```console
//! $ cargo bench -p wheelhouse-tests --features embedding --bench cores
//! ```
//!
//! prints nanoseconds per request, of CPU time of all threads and on the clock:
//! the medians of some rounds, in which the contestants take turns.
//!
//! - *sessions*: a session is sent to a core once, and asks the server there.
//! - *neighbours*: the same, but each request goes to the server of the next core.
//! - *handles*: no servers; each request is a task of its own, sent to a core.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

use combinators::{Remote, remote};
use executor::block_on;
use futures::future::{BoxFuture, join_all};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

const SESSIONS: usize = 400;
/// How many requests a session makes, one after another.
const REQUESTS: usize = 500;
const ROUNDS: usize = 9;

/// What runs tasks on some cores.
trait Cores: Send + Sync + 'static {
    /// Starts a future on this core, where there is a choice.
    fn spawn<F>(&self, core: usize, future: F) -> BoxFuture<'static, F::Output>
    where
        F: Future<Output: Send> + Send + 'static;
}

/// Executors on threads of their own. They end when they are dropped.
struct Sharded(Vec<Shard>);

struct Shard {
    remote: Remote,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Shard {
    fn start() -> Self {
        let (stop, stopped) = oneshot::channel();
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            block_on(async {
                sender.send(remote()).expect("the handle is awaited");
                let _ = stopped.await;
            });
        });
        let remote = receiver.recv().expect("the executor starts");
        Self { remote, stop: Some(stop), thread: Some(thread) }
    }
}

impl Sharded {
    fn start(cores: usize) -> Self {
        Self((0..cores).map(|_| Shard::start()).collect())
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().map(JoinHandle::join);
    }
}

impl Cores for Sharded {
    fn spawn<F>(&self, core: usize, future: F) -> BoxFuture<'static, F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let task = self.0[core].remote.spawn(|| future).expect("the executor runs");
        Box::pin(async { task.await.expect("it doesn't panic") })
    }
}

impl Cores for Runtime {
    fn spawn<F>(&self, _: usize, future: F) -> BoxFuture<'static, F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let task = self.spawn(future);
        Box::pin(async { task.await.expect("it doesn't panic") })
    }
}

type Request = (usize, oneshot::Sender<u64>);
type Server = mpsc::Sender<Request>;

/// The work of a request.
fn answer(number: usize) -> u64 {
    (0..200).fold(number as u64, |hash, i| (hash ^ i).wrapping_mul(0x0100_0000_01b3))
}

async fn serve(mut requests: mpsc::Receiver<Request>) {
    while let Some((number, reply)) = requests.recv().await {
        reply.send(answer(number)).expect("the session waits");
    }
}

async fn ask(server: &Server, number: usize) -> u64 {
    let (reply, answered) = oneshot::channel();
    server.send((number, reply)).await.expect("the server runs until nobody can ask");
    answered.await.expect("every request is answered")
}

/// A server on each core.
fn start_servers(on: &impl Cores, cores: usize) -> Vec<Server> {
    let start = |core| {
        let (server, requests) = mpsc::channel(100);
        drop(on.spawn(core, serve(requests)));
        server
    };
    (0..cores).map(start).collect()
}

/// Each session asks the server that is so many cores away.
async fn sessions(on: Arc<impl Cores>, cores: usize, away: usize) -> u64 {
    let servers = start_servers(&*on, cores);
    let session = |id: usize| {
        let server = servers[(id + away) % cores].clone();
        let requests = async move {
            let mut sum = 0_u64;
            for number in 0..REQUESTS {
                sum = sum.wrapping_add(ask(&server, number).await);
            }
            sum
        };
        on.spawn(id % cores, requests)
    };
    total(join_all((0..SESSIONS).map(session)).await)
}

/// Each request is a task, on one core after another.
async fn handles(on: Arc<impl Cores>, cores: usize) -> u64 {
    let session = |id: usize| {
        let spawner = Arc::clone(&on);
        let requests = async move {
            let mut sum = 0_u64;
            for number in 0..REQUESTS {
                let core = (id + number) % cores;
                sum = sum.wrapping_add(spawner.spawn(core, async move { answer(number) }).await);
            }
            sum
        };
        on.spawn(id % cores, requests)
    };
    total(join_all((0..SESSIONS).map(session)).await)
}

fn total(sums: Vec<u64>) -> u64 {
    sums.into_iter().fold(0, u64::wrapping_add)
}

#[derive(Clone, Copy)]
enum Row {
    Sessions,
    Neighbours,
    Handles,
}

const ROWS: [(&str, Row); 3] =
    [("sessions", Row::Sessions), ("neighbours", Row::Neighbours), ("handles", Row::Handles)];

impl Row {
    async fn run(self, on: Arc<impl Cores>, cores: usize) -> u64 {
        match self {
            Row::Sessions => sessions(on, cores, 0).await,
            Row::Neighbours => sessions(on, cores, 1).await,
            Row::Handles => handles(on, cores).await,
        }
    }
}

/// Time per request.
#[derive(Clone, Copy)]
struct Cost {
    processors: f64,
    clock: f64,
}

/// Of one run, without starting the threads. The result is checked.
fn measure(row: Row, on: impl Cores, cores: usize) -> Cost {
    let on = Arc::new(on);
    let (clock, processors) = (Instant::now(), processor_time());
    let total = futures::executor::block_on(row.run(Arc::clone(&on), cores));
    let cost = Cost {
        processors: per_request(processor_time().saturating_sub(processors)),
        clock: per_request(clock.elapsed()),
    };
    assert_eq!(total, answers());
    cost
}

/// The answers alone.
fn answers() -> u64 {
    let session = || black_box(0..REQUESTS).map(answer).fold(0, u64::wrapping_add);
    (0..SESSIONS).map(|_| session()).fold(0, u64::wrapping_add)
}

/// Of all threads.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("a process has used no negative time")
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred thousand requests")]
fn per_request(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / (SESSIONS * REQUESTS) as f64
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<_> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(name: &str, row: Row, cores: usize) {
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        here.push(measure(row, Sharded::start(cores), cores));
        let tokio = Builder::new_multi_thread().worker_threads(cores).build();
        there.push(measure(row, tokio.expect("tokio starts"), cores));
    }
    let processors = [&here, &there].map(|costs| median(costs, |cost| cost.processors));
    let clock = [&here, &there].map(|costs| median(costs, |cost| cost.clock));
    println!(
        "{name:<11} {:>9.0} {:>9.0} {:>6.2}   {:>9.0} {:>9.0} {:>6.2}",
        processors[0],
        processors[1],
        processors[1] / processors[0],
        clock[0],
        clock[1],
        clock[1] / clock[0],
    );
}

fn main() {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let start = processor_time();
    black_box(answers());
    let alone = per_request(processor_time().saturating_sub(start));
    println!("{cores} cores; nanoseconds per request, {alone:.0} of which are the answer's");
    println!("            processors                   clock");
    println!("                 here     tokio  ratio        here     tokio  ratio");
    for (name, row) in ROWS {
        compare(name, row, cores);
    }
}
