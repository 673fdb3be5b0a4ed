//! A server's connections: each is a task in a set, which goes on when one fails.
//!
//! ```console
//! $ cargo run -p wheelhouse-combinators --example connections
//! ```

use std::io;
use std::rc::Rc;
use std::time::Duration;

use combinators::{TaskSet, wait_for};
use executor::{block_on, sleep, spawn};

/// The third client hangs up, and the fourth never says anything.
async fn serve(client: u64) -> io::Result<u64> {
    let says_something = async move {
        sleep(Duration::from_millis(if client == 4 { 60_000 } else { 5 * client })).await;
        if client == 3 { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(client) }
    };
    Ok(wait_for(says_something, Duration::from_millis(50)).await?)
}

fn main() {
    block_on(async {
        let connections = Rc::new(TaskSet::new());
        let accepted = Rc::clone(&connections);
        let _accepts = spawn(async move {
            for client in 1..=5 {
                accepted.insert(spawn(serve(client)).named(format!("client {client}")));
                sleep(Duration::from_millis(1)).await;
            }
        });
        for _ in 1..=5 {
            // It waits also while there is no connection.
            let connection = connections.ended().await;
            let name = connection.name();
            match connection.await.expect("no connection panics") {
                Ok(_) => println!("{name} was served"),
                Err(error) => println!("{name}: {error}"),
            }
        }
    });
}
