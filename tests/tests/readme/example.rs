use std::time::Duration;
use combinators::{FirstException, wait};
use executor::{Clock, Executor, sleep, spawn};

async fn coro(i: u64) -> Result<u64, String> {
    sleep(Duration::from_secs(i)).await;
    if i == 5 { Err(format!("Exception on i = {i}")) } else { Ok(i) }
}

fn main() {
    // On the virtual clock nobody really sleeps.
    Executor::builder().clock(Clock::Virtual).build().block_on(async {
        let waited = wait((0..10).map(|i| spawn(coro(i)))).return_when(FirstException).await;
        println!("Completed size: {}, pending size {}", waited.done.len(), waited.pending.len());
        println!("{:?}", waited.done.last().unwrap().outcome().unwrap().unwrap());
    });
}
