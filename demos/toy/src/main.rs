//! A crawler, and a small site for it to crawl: a template for programs of your
//! own. `cargo run` takes a second and ends by itself.

use std::{cell::RefCell, collections::BTreeSet, io, net::SocketAddr, rc::Rc, time::Duration};

use async_net::{TcpListener, TcpStream};
use combinators::{TaskSet, gather, timeout};
use executor::{block_on, sleep, spawn};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future::or};

/// The site: a page, how long it takes, and where it leads.
const SITE: [(&str, u64, &str); 6] = [
    ("/", 10, "/news /people /loop"),
    ("/news", 100, "/news/today /"),
    ("/news/today", 50, "/people"),
    ("/people", 100, "/missing"),
    ("/loop", 10, "/loop /slow"),
    ("/slow", 3_600_000, ""),
];

/// Serves each connection in a task of its own. They end with the server.
async fn serve(listener: TcpListener) -> io::Result<()> {
    let connections = TaskSet::new();
    let accepts = async {
        loop {
            let (stream, _) = listener.accept().await?;
            connections.spawn(answer(stream));
        }
    };
    let looks_after = async {
        loop {
            if let Err(error) = connections.ended().await.await? {
                println!("a connection has failed: {error}");
            }
        }
    };
    or(accepts, looks_after).await
}

/// Answers a request, which is no more than a path on a line.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; 100];
    let size = stream.read(&mut request).await?;
    let path = String::from_utf8_lossy(&request[..size]);
    let text = match SITE.iter().find(|page| page.0 == path.trim()) {
        Some((_, delay, links)) => {
            sleep(Duration::from_millis(*delay)).await;
            format!("200 {links}")
        }
        None => String::from("404"),
    };
    stream.write_all(text.as_bytes()).await
}

/// The links on a page.
async fn fetch(site: SocketAddr, path: &str) -> io::Result<Vec<String>> {
    let mut stream = TcpStream::connect(site).await?;
    stream.write_all(format!("{path}\n").as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let links = text.strip_prefix("200").ok_or_else(|| io::Error::other(text.clone()))?;
    Ok(links.split_whitespace().map(String::from).collect())
}

/// Visits a page, then all that it leads to at once. A page that takes too long
/// is given up: what waits for it is dropped, and its connection closed.
async fn crawl(site: SocketAddr, path: String, seen: Rc<RefCell<BTreeSet<String>>>) {
    if !seen.borrow_mut().insert(path.clone()) {
        return;
    }
    let links = match timeout(Duration::from_millis(500), fetch(site, &path)).await {
        Ok(Ok(links)) => links,
        Ok(Err(error)) => return println!("{path}: {error}"),
        Err(elapsed) => return println!("{path}: {elapsed}"),
    };
    println!("{path}: leads to {}", links.join(" "));
    let children = links.into_iter().map(|link| crawl(site, link, Rc::clone(&seen)));
    gather(children).await.expect("no page panics");
}

async fn program() -> io::Result<usize> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let site = listener.local_addr()?;
    let server = spawn(serve(listener)).named("server");
    let seen = Rc::default();
    crawl(site, String::from("/"), Rc::clone(&seen)).await;
    server.cancel();
    println!("{}", server.await.expect_err("it was cancelled"));
    Ok(seen.take().len())
}

fn main() -> io::Result<()> {
    block_on(program()).map(|pages| println!("{pages} pages"))
}

#[test]
fn every_page_is_seen_once() {
    assert_eq!(block_on(program()).unwrap(), SITE.len() + 1); // One is missing.
}
