//! What holds for any text: it is run as a program, or refused with a place; and its knobs are found.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _knobs = scenario::python::knobs(text);
    if let Err(said) = scenario::python::run(text) {
        assert!(said.starts_with("line "), "{said}");
    }
});
