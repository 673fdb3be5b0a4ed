//! The command lines under `tests/cmd`, and what each of them prints.

/// `TRYCMD=overwrite` writes down what they print now.
#[test]
fn command_lines_print_what_is_written_down() {
    trycmd::TestCases::new()
        .register_bin("wheelhouse", std::path::Path::new(env!("CARGO_BIN_EXE_wheelhouse")))
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}
