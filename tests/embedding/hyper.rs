//! hyper: an HTTP server and a client, with what hyper asks of a runtime.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_net::{TcpListener, TcpStream};
use combinators::{gather, timeout};
use executor::{sleep, spawn};
use futures::channel::oneshot;
use futures::io::{AsyncRead, AsyncWrite};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, client, rt, server};

use crate::example;

/// Spawns here what hyper wants spawned. Nothing has to be `Send`.
#[derive(Clone, Copy)]
struct Here;

impl<F: Future<Output: 'static> + 'static> rt::Executor<F> for Here {
    fn execute(&self, future: F) {
        spawn(future);
    }
}

/// hyper's sleeps have to be `Send`, and ours aren't: so a task sleeps, and the
/// future waits for it. When the future is dropped the task ends too.
struct Sleep(oneshot::Receiver<()>);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}

impl rt::Sleep for Sleep {}

impl rt::Timer for Here {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        let (mut over, receiver) = oneshot::channel();
        spawn(async move {
            if timeout(duration, over.cancellation()).await.is_err() {
                let _ = over.send(());
            }
        });
        Box::pin(Sleep(receiver))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }

    fn now(&self) -> Instant {
        executor::now()
    }
}

/// A socket as hyper wants it. Without `unsafe`, reading takes a copy.
struct Socket(TcpStream);

impl rt::Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut buffer = [0; 4096];
        let room = cursor.remaining().min(buffer.len());
        let size = ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer[..room]))?;
        cursor.put_slice(&buffer[..size]);
        Poll::Ready(Ok(()))
    }
}

impl rt::Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

type Body = Full<Bytes>;

/// Takes its time, and says what was asked for. An `Rc` is held across an await.
async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = Rc::new(String::from(request.uri().path()));
    sleep(Duration::from_millis(10)).await;
    Ok(Response::new(Body::from(format!("you asked for {path}"))))
}

/// The address of a new server, which serves each connection by `connected`.
async fn listen<F: Future<Output: 'static> + 'static>(
    connected: impl Fn(Socket) -> F + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            spawn(connected(Socket(stream)));
        }
    });
    address
}

fn request(path: &str) -> Request<Body> {
    Request::builder().uri(path).header("host", "localhost").body(Body::default()).unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn http_1_is_served_and_asked() {
    example(async || {
        let mut http = server::conn::http1::Builder::new();
        http.timer(Here).header_read_timeout(Duration::from_secs(10));
        let address = listen(move |socket| http.serve_connection(socket, service_fn(answer))).await;

        let ask = async |path: String| -> hyper::Result<String> {
            let socket = Socket(TcpStream::connect(address).await.unwrap());
            let (mut sender, connection) = client::conn::http1::handshake(socket).await?;
            spawn(connection);
            Ok(text(sender.send_request(request(&path)).await?).await)
        };
        let asked = futures::future::join_all((0..50).map(|i| ask(format!("/{i}")))).await;
        for (i, answer) in asked.into_iter().enumerate() {
            assert_eq!(answer.unwrap(), format!("you asked for /{i}"));
        }
    });
}

/// HTTP/2 spawns tasks of its own, on the server and on the client.
#[test]
fn http_2_shares_one_connection() {
    example(async || {
        let mut http = server::conn::http2::Builder::new(Here);
        http.timer(Here).keep_alive_interval(Duration::from_secs(10));
        let address = listen(move |socket| http.serve_connection(socket, service_fn(answer))).await;

        let socket = Socket(TcpStream::connect(address).await.unwrap());
        let (sender, connection) = client::conn::http2::handshake(Here, socket).await.unwrap();
        spawn(connection);
        let asked = (0..50).map(|i| {
            let mut sender = sender.clone();
            async move { text(sender.send_request(request(&format!("/{i}"))).await.unwrap()).await }
        });
        let answers = gather(asked).await.unwrap();
        assert!(answers.into_iter().eq((0..50).map(|i| format!("you asked for /{i}"))));
    });
}

#[test]
fn the_timer_ends_a_connection_that_says_nothing() {
    example(async || {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let _silent = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();

        let mut http = server::conn::http1::Builder::new();
        http.timer(Here).header_read_timeout(Duration::from_millis(20));
        let error = http.serve_connection(Socket(stream), service_fn(answer)).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    });
}
