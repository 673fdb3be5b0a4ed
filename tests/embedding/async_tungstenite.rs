//! async-tungstenite: the WebSocket protocol, over async-net.

use std::future::ready;
use std::net::SocketAddr;
use std::time::Duration;

use async_net::{TcpListener, TcpStream};
use async_tungstenite::tungstenite::Message;
use async_tungstenite::{accept_async, client_async};
use combinators::timeout;
use executor::{sleep, spawn};
use futures::{StreamExt, TryStreamExt};

use crate::example;

/// Sends all text back, until the client closes.
async fn echo(listener: TcpListener) {
    let (stream, _) = listener.accept().await.unwrap();
    let (sink, stream) = accept_async(stream).await.unwrap().split();
    stream.try_filter(|message| ready(message.is_text())).forward(sink).await.unwrap();
}

#[test]
fn a_websocket_echoes_and_closes() {
    example(async || {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = spawn(echo(listener));

        let stream = TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}/");
        let (mut socket, _) = client_async(url, stream).await.unwrap();
        for text in ["one", "two"] {
            socket.send(Message::text(text)).await.unwrap();
            sleep(Duration::from_millis(5)).await;
            let answer = timeout(Duration::from_secs(10), socket.next()).await;
            assert_eq!(answer.unwrap().unwrap().unwrap(), Message::text(text));
        }
        socket.close(None).await.unwrap();
        server.await.unwrap();
    });
}
