//! What of tokio doesn't run here: all that asks for its runtime. `async_compat.rs`
//! shows the way out.

use std::time::Duration;

use executor::block_on;
use wheelhouse_tests::panic_of;

#[test]
fn its_timers_want_its_runtime() {
    let message = panic_of(|| block_on(tokio::time::sleep(Duration::from_millis(1))));
    assert!(message.contains("there is no reactor running"), "{message}");
}

#[test]
fn its_sockets_want_its_runtime() {
    let message = panic_of(|| block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).map(drop));
    assert!(message.contains("there is no reactor running"), "{message}");
}

#[test]
fn its_spawn_wants_its_runtime() {
    let message = panic_of(|| block_on(async { tokio::spawn(async {}).await }));
    assert!(message.contains("there is no reactor running"), "{message}");
}

#[test]
fn its_threads_for_blocking_want_its_runtime() {
    let message = panic_of(|| block_on(async { tokio::task::spawn_blocking(|| {}).await }));
    assert!(message.contains("there is no reactor running"), "{message}");
}
