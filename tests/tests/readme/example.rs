use std::time::Duration;
use combinators::{FirstException, wait};
use executor::{Clock, Executor, sleep, spawn};

async fn coro(i: u64) -> Result<u64, String> {
    sleep(Duration::from_secs(i)).await;
    if i == 5 { Err(format!("Exception on i = {i}")) } else { Ok(i) }
}

fn main() {
    let executor = Executor::builder().clock(Clock::Virtual).build(); // Nobody really sleeps.
    let coros = async { wait((0..10).map(|i| spawn(coro(i)))).return_when(FirstException).await };
    let waited = executor.block_on(coros);
    println!("Completed size: {}, pending size {}", waited.done.len(), waited.pending.len());
    println!("{:?}", waited.done.last().unwrap().outcome().unwrap().unwrap());
}
