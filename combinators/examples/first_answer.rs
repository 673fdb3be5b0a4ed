//! Five servers are asked, and the first good answer within a time counts.
//!
//! ```console
//! $ cargo run -p wheelhouse-combinators --example first_answer
//! ```

use std::time::Duration;

use combinators::{FirstSuccess, Reason, wait};
use executor::{block_on, sleep, spawn};

/// The second and the fourth server are down.
async fn ask(server: u64) -> Result<String, &'static str> {
    sleep(Duration::from_millis(30 - 5 * server)).await;
    if server % 2 == 1 { Err("it is down") } else { Ok(format!("the answer of server {server}")) }
}

fn main() {
    block_on(async {
        let servers = (0..5).map(|server| spawn(ask(server)));
        let limit = Duration::from_secs(1);
        let waited = wait(servers).return_when(FirstSuccess).timeout(limit).await;
        // What is left runs on unless it is cancelled: it is ours.
        for task in &waited.pending {
            task.cancel();
        }
        match waited.reason {
            Reason::Met(server) => println!("server {server} was the first"),
            Reason::Impossible(_) | Reason::Exhausted => println!("all servers are down"),
            Reason::TimedOut => println!("no server has answered in {limit:?}"),
        }
        for task in waited.done {
            println!("{:?}", task.await.expect("no server panics"));
        }
    });
}
