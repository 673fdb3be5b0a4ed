//! Any text is run as a program, or refused with a place; its knobs are found, and it is
//! written in Rust.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _knobs = scenario::python::knobs(text);
    let _rust = scenario::python::to_rust(text);
    if let Err(said) = scenario::python::run(text) {
        assert!(said.starts_with("line "), "{said}");
    }
});
