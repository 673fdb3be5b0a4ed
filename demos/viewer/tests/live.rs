//! The page of a recording that grows, as a client gets it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;

use executor::{Executor, spawn, yield_now};
use viewer::live::{Live, serve};

fn recorded() -> (Executor, Live) {
    let mut live = serve().unwrap();
    let executor = Executor::new();
    live.show(executor.follow_recording().titled("a program"));
    (executor, live)
}

/// The address of a server, as its clients name it: `127.0.0.1`, and the port.
fn host(live: &Live) -> String {
    live.url().trim_start_matches("http://").trim_end_matches('/').to_owned()
}

fn send(live: &Live, request: &str) -> BufReader<TcpStream> {
    let mut client = TcpStream::connect(host(live)).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    BufReader::new(client)
}

/// Asks for a path, with such further headers.
fn get(live: &Live, path: &str, headers: &str) -> BufReader<TcpStream> {
    send(live, &format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", host(live)))
}

fn text(mut answer: impl Read) -> String {
    let mut text = String::new();
    answer.read_to_string(&mut text).unwrap();
    text
}

/// Reads a stream until a line has this in it.
fn read_until(stream: &mut impl BufRead, words: &str) {
    let mut lines = stream.lines();
    assert!(lines.any(|line| line.unwrap().contains(words)), "{words}");
}

/// The data of the events of a kind, line by line.
fn data(stream: &str, kind: &str) -> String {
    let events = stream.split("\n\n").filter_map(|event| event.split_once('\n'));
    let of_kind = events.filter(|(first, _)| *first == format!("event: {kind}"));
    let lines = of_kind.flat_map(|(_, data)| data.lines());
    lines.map(|line| line.strip_prefix("data: ").unwrap().to_owned() + "\n").collect()
}

#[test]
fn the_page_arrives_and_may_ask_its_own_server_for_the_steps() {
    let (_executor, live) = recorded();
    let answer = text(get(&live, "/", ""));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:.300}");
    assert!(answer.contains("\r\n\r\n<!doctype html>") && answer.ends_with("</html>\n"));
    assert!(answer.contains("connect-src 'self'; base-uri 'none'"));
    assert!(answer.contains(r#"id="live">/stream</script>"#));
}

#[test]
fn the_stream_grows_while_the_program_runs() {
    let (executor, live) = recorded();
    let mut stream = get(&live, "/stream", "");
    read_until(&mut stream, r#""title":"a program""#);
    for name in ["the first", "the second"] {
        executor.block_on(async { spawn(yield_now()).named(name).await.unwrap() });
        read_until(&mut stream, name);
    }
}

#[test]
fn a_stream_has_all_lines_of_the_recording_and_says_when_the_program_has_ended() {
    let (executor, live) = recorded();
    let early = get(&live, "/stream", "");
    live.wait_until_opened();
    let early = thread::spawn(|| text(early));
    executor.block_on(async { spawn(yield_now()).named("two\nlines").await.unwrap() });
    let recording = executor.recorded().to_json_lines();
    drop(live);

    let stream = early.join().unwrap();
    let (_, body) = stream.split_once("\r\n\r\n").unwrap();
    assert_eq!(data(body, "steps"), recording.split_once('\n').unwrap().1);
    assert!(body.ends_with("\n\nevent: end\ndata: The program has ended.\n\n"), "{body}");
}

#[test]
fn who_comes_when_the_recording_is_over_gets_all_of_it_at_once() {
    let (executor, live) = recorded();
    executor.block_on(yield_now());
    let recording = executor.stop_recording().to_json_lines();
    let stream = text(get(&live, "/stream", ""));
    let (_, body) = stream.split_once("\r\n\r\n").unwrap();
    assert_eq!(data(body, "steps"), recording.split_once('\n').unwrap().1);
    assert_eq!(data(body, "end"), "The program has ended.\n");
}

#[test]
fn a_page_can_be_opened_before_there_is_a_recording() {
    let mut live = serve().unwrap();
    let mut stream = get(&live, "/stream", "");
    live.wait_until_opened();
    let executor = Executor::new();
    live.show(executor.follow_recording().titled("a program"));
    read_until(&mut stream, r#""title":"a program""#);
    drop(live);
    read_until(&mut stream, "The program has ended.");
}

#[test]
fn a_page_that_has_shown_nothing_ends_with_its_program_too() {
    let live = serve().unwrap();
    let mut stream = get(&live, "/stream", "");
    live.wait_until_opened();
    drop(live);
    read_until(&mut stream, "The program has ended.");
}

#[test]
#[should_panic = "the page shows a recording already"]
fn a_page_shows_no_second_recording() {
    let (executor, mut live) = recorded();
    live.show(executor.follow_recording());
}

#[test]
fn another_host_or_origin_is_refused() {
    let (_executor, live) = recorded();
    let port = host(&live).split_once(':').unwrap().1.to_owned();
    let foreign = [
        format!("Host: example.org:{port}\r\n"),
        format!("Host: 127.0.0.1.example.org:{port}\r\n"),
        "Host: 127.0.0.1\r\n".into(),
        format!("Host: 127.0.0.1:{port}\r\nHost: example.org\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://example.org\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: null\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nSec-Fetch-Site: cross-site\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nSec-Fetch-Site: same-site\r\n"),
        String::new(),
    ];
    for headers in foreign {
        for path in ["/", "/stream"] {
            let answer = text(send(&live, &format!("GET {path} HTTP/1.1\r\n{headers}\r\n")));
            assert!(answer.starts_with("HTTP/1.1 403 "), "{headers}{answer:.300}");
            assert!(answer.ends_with("\r\n\r\n403 Forbidden\n"), "{headers}{answer:.300}");
        }
    }
    let own = format!(
        "GET / HTTP/1.1\r\nhost: localhost:{port}\r\n\
        Origin: http://localhost:{port}\r\n\r\n"
    );
    assert!(text(send(&live, &own)).starts_with("HTTP/1.1 200 "));
    for site in ["same-origin", "none"] {
        let answer = text(get(&live, "/", &format!("Sec-Fetch-Site: {site}\r\n")));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{site}: {answer:.300}");
    }
}

#[test]
fn there_is_nothing_but_to_get_the_page_and_its_stream() {
    let (_executor, live) = recorded();
    for path in ["/other", "//", "/stream/", "/stream?from=1", "/../Cargo.toml", "*"] {
        let answer = text(get(&live, path, ""));
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer:.300}");
    }
    for method in ["POST", "HEAD", "OPTIONS", "get"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: {}\r\n\r\n", host(&live));
        let answer = text(send(&live, &request));
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer:.300}");
    }
}

#[test]
fn a_client_that_goes_or_says_nothing_of_use_keeps_no_other_from_the_page() {
    let (_executor, live) = recorded();
    drop(get(&live, "/stream", ""));
    let _silent = TcpStream::connect(host(&live)).unwrap();
    let long = send(&live, &format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(20_000)));
    assert!(text(get(&live, "/", "")).starts_with("HTTP/1.1 200 "));
    drop(long);
}
