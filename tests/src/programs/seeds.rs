//! Programs by number, as text, and shorter ones of their kind.

use std::fmt::Write as _;

/// A program has as many bytes at most.
const LONGEST: u64 = 250;

/// The program with this number.
#[must_use]
pub fn program_of(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let length = next(&mut state) % LONGEST;
    (0..length).map(|_| next(&mut state).to_le_bytes()[7]).collect()
}

/// `SplitMix64`: random numbers of which each has its own place.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The bytes of a program, two digits each.
#[must_use]
pub fn text_of(program: &[u8]) -> String {
    program.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The program that such a text stands for.
///
/// # Panics
///
/// Panics if it is none.
#[must_use]
pub fn program_from(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits each");
    (0..text.len()).step_by(2).map(byte).collect()
}

/// A shorter program that still fails: bytes are taken out of it, and those that
/// are left made zero, for as long as it does.
pub fn shrunk(program: Vec<u8>, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut best = program;
    loop {
        let before = best.clone();
        let mut length = best.len();
        while length > 0 {
            best = without(best, length, &fails);
            length /= 2;
        }
        for at in 0..best.len() {
            let zeroed = [&best[..at], &[0], &best[at + 1..]].concat();
            if best[at] != 0 && fails(&zeroed) {
                best = zeroed;
            }
        }
        if best == before {
            return best;
        }
    }
}

/// Takes out pieces of this length that aren't needed.
fn without(mut best: Vec<u8>, length: usize, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut at = 0;
    while at + length <= best.len() {
        let shorter = [&best[..at], &best[at + length..]].concat();
        if fails(&shorter) {
            best = shorter;
        } else {
            at += length;
        }
    }
    best
}
