//! async-net: a server that echoes, and a thousand clients at once.

use std::io;
use std::net::SocketAddr;

use async_net::{TcpListener, TcpStream};
use combinators::gather;
use executor::spawn;
use futures::io::{AsyncReadExt, AsyncWriteExt, copy};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::example;

const CLIENTS: usize = 1000;

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        spawn(async move { copy(stream.clone(), &mut stream).await });
    }
}

/// Sends a line, and returns what comes back.
async fn ask(mut stream: TcpStream, line: String) -> io::Result<String> {
    stream.write_all(line.as_bytes()).await?;
    let mut answer = vec![0; line.len()];
    stream.read_exact(&mut answer).await?;
    Ok(String::from_utf8(answer).expect("it is what was sent"))
}

/// Two files to a client, one for each end, are more than some systems give
/// unasked.
fn allow_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

#[test]
fn a_thousand_clients_are_served_at_once() {
    allow_many_files();
    example(async || {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = spawn(serve(listener));

        // All are connected before the first says a word.
        let streams = gather((0..CLIENTS).map(|_| TcpStream::connect(address))).await.unwrap();
        let lines: Vec<_> = (0..CLIENTS).map(|client| format!("I am {client}\n")).collect();
        let asked = streams.into_iter().zip(lines.clone()).map(|(stream, line)| ask(stream, line));
        assert_eq!(gather(asked).await.unwrap(), lines);

        server.cancel();
        assert!(server.await.unwrap_err().is_cancelled());
    });
}
