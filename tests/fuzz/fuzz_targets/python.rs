//! What holds for any text: it is run as a program, or refused with a place.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(said) = scenario::python::run(text) {
        assert!(said.starts_with("line "), "{said}");
    }
});
