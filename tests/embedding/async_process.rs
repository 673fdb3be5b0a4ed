//! async-process: children of ours, which are asked, waited for, and given up.

use std::process::Stdio;
use std::time::Duration;

use async_process::Command;
use combinators::{Elapsed, gather, timeout};
use futures::io::{AsyncReadExt, AsyncWriteExt};

use crate::example;

#[test]
fn processes_run_side_by_side() {
    example(async || {
        let outputs = gather((0..8).map(|i| Command::new("echo").arg(i.to_string()).output()));
        let texts = outputs.await.unwrap().into_iter().map(|output| output.stdout);
        assert!(texts.eq((0..8).map(|i| format!("{i}\n").into_bytes())));
    });
}

#[test]
fn a_process_is_talked_to_through_pipes() {
    example(async || {
        let mut cat = Command::new("cat");
        let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();

        let mut input = child.stdin.take().unwrap();
        input.write_all(b"meow").await.unwrap();
        drop(input);
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();

        assert_eq!(text, "meow");
        assert!(child.status().await.unwrap().success());
    });
}

/// The future is dropped, and with it the child is killed.
#[test]
fn a_time_limit_ends_a_process() {
    example(async || {
        let output = Command::new("sleep").arg("3600").kill_on_drop(true).output();
        assert_eq!(timeout(Duration::from_millis(50), output).await.map(drop), Err(Elapsed));
    });
}
