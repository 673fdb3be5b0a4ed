//! Writes a program in Rust, as one would write it with this library.
//!
//! Python's names have no types: these are worked out from what functions are called with, and
//! from what they return, until nothing changes any more. What has no counterpart is said in a
//! comment.
//!
//! | file             | what it is                              |
//! |------------------|-----------------------------------------|
//! | `types.rs`       | the types of values                     |
//! | `around.rs`      | what stands around the functions        |
//! | `writer.rs`      | functions, and the names in them        |
//! | `statements.rs`  | statements                              |
//! | `blocks.rs`      | blocks that catch, or that have a limit |
//! | `expressions.rs` | expressions                             |
//! | `calls.rs`       | calls and awaits                        |

mod around;
mod blocks;
mod calls;
mod expressions;
mod statements;
mod types;
mod writer;

use crate::python::UNNAMED;
use crate::python::complaint::Complaint;
use crate::python::parse::parse;
use crate::python::translate::translate;

/// Writes a program in Rust, as one would write it with this library.
///
/// A comment that begins with `No counterpart` says what can't be written so; one that begins
/// with `Differs` says what does something else.
///
/// ```
/// let program = "import asyncio
///
/// async def main():
///     await asyncio.sleep(0.5)
///     print('done')
///
/// asyncio.run(main())
/// ";
/// let rust = scenario::python::to_rust(program).unwrap();
/// assert!(rust.contains(
///     "async fn start() -> Result<()> {
///     executor::sleep(Duration::from_millis(500)).await;
///     println!(\"done\");
///     Ok(())
/// }"
/// ));
/// ```
///
/// # Errors
///
/// Fails as [`run`](crate::python::run) does.
pub fn to_rust(text: &str) -> Result<String, Complaint> {
    translate(UNNAMED, text)?;
    Ok(writer::write(&parse(text)?))
}
