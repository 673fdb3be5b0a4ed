//! What holds for any program; see `tests/src/programs.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    wheelhouse_tests::run_program(bytes);
});
