//! tokio itself, through async-compat, which runs its reactor on a thread.

use std::io;
use std::time::{Duration, Instant};

use async_compat::{Compat, CompatExt};
use combinators::{Elapsed, timeout};
use executor::spawn;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::example;

/// What makes a timer or a socket has to be within, not just what awaits it.
async fn tokio_sleep(limit: Duration) {
    tokio::time::sleep(limit).await;
}

#[test]
fn its_timers_run_within_compat() {
    example(async || {
        let start = Instant::now();
        tokio_sleep(Duration::from_millis(20)).compat().await;
        assert!(start.elapsed() >= Duration::from_millis(20));

        let slow = Compat::new(tokio_sleep(Duration::MAX));
        assert_eq!(timeout(Duration::from_millis(20), slow).await, Err(Elapsed));
    });
}

async fn serve(listener: TcpListener) -> io::Result<u64> {
    let (mut stream, _) = listener.accept().await?;
    let (mut reader, mut writer) = stream.split();
    copy(&mut reader, &mut writer).await
}

async fn talk() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // A task of this executor, so it needs a `Compat` of its own.
    let server = spawn(serve(listener).compat());

    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"echo").await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert_eq!(server.await.expect("it was awaited")?, 4);
    Ok(answer)
}

#[test]
fn its_sockets_run_within_compat() {
    example(async || assert_eq!(talk().compat().await.unwrap(), "echo"));
}

#[test]
fn its_spawn_runs_elsewhere_within_compat() {
    example(async || {
        let here = std::thread::current().id();
        let there = async { tokio::spawn(async { std::thread::current().id() }).await.unwrap() };
        assert_ne!(there.compat().await, here);
    });
}
