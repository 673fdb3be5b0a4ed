//! Every future, output, waker and payload is dropped once, on the executor's
//! thread, whatever happens.

use proptest::prelude::*;
use wheelhouse_tests::run_program;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// I2 and I8: also if destructors spawn, cancel, wake and panic, executors
    /// run in each other, and whatever waits for a task is given up.
    #[test]
    fn all_that_a_random_program_makes_is_dropped_once(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        run_program(&bytes);
    }
}
