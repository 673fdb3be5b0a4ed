//! Three jobs of a task group: when one fails, the others are cancelled, and clean up.
//!
//! ```console
//! $ cargo run -p wheelhouse-combinators --example all_or_nothing
//! ```

use std::time::Duration;

use combinators::task_group;
use executor::{block_on, catch_cancel, sleep};

async fn upload(part: u64) -> Result<u64, String> {
    match catch_cancel(sleep(Duration::from_millis(10 * part))).await {
        Ok(()) if part == 2 => Err(format!("part {part} was refused")),
        Ok(()) => Ok(part),
        Err(cancelled) => {
            println!("part {part} is taken back");
            cancelled.resume().await
        }
    }
}

fn main() {
    block_on(async {
        let uploaded = task_group(async |group| {
            for part in 1..=4 {
                group.spawn(upload(part)).named(format!("part {part}"));
            }
            Ok::<_, String>(())
        });
        match uploaded.await {
            Ok(()) => println!("all parts are there"),
            Err(error) => println!("{error}"),
        }
    });
}
