//! How alike two texts are, as a WebAssembly module (docs/spec/wasm.md). Compares characters, not bytes.

use std::slice::from_raw_parts;

/// Each call has an instance of its own: memory is handed out and never taken back.
#[no_mangle]
pub extern "C" fn mlld_alloc(size: usize) -> *mut u8 {
    Box::leak(vec![0u8; size].into_boxed_slice()).as_mut_ptr()
}

/// Levenshtein's distance: the least number of characters to insert, delete or replace.
///
/// # Safety
/// The host passes texts in UTF-8 that it wrote to what `mlld_alloc` gave.
#[no_mangle]
pub unsafe extern "C" fn distance(a: *const u8, a_len: usize, b: *const u8, b_len: usize) -> u64 {
    give(edits(&characters(a, a_len), &characters(b, b_len)).to_string())
}

/// Jaro's and Winkler's measure: 1 for equal texts, 0 for texts that share nothing.
///
/// # Safety
/// As `distance`.
#[no_mangle]
pub unsafe extern "C" fn similarity(a: *const u8, a_len: usize, b: *const u8, b_len: usize) -> u64 {
    let score = winkler(&characters(a, a_len), &characters(b, b_len));
    give(decimal((score * 10_000.0).round() as u32))
}

unsafe fn characters(at: *const u8, len: usize) -> Vec<char> {
    String::from_utf8_lossy(from_raw_parts(at, len)).chars().collect()
}

fn give(text: String) -> u64 {
    let bytes: &'static mut [u8] = Box::leak(text.into_bytes().into_boxed_slice());
    (bytes.as_ptr() as u64) << 32 | bytes.len() as u64
}

/// Ten-thousandths, as a number is written.
fn decimal(value: u32) -> String {
    match value {
        0 | 10_000 => (value / 10_000).to_string(),
        _ => format!("0.{value:04}").trim_end_matches('0').to_string(),
    }
}

fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, one) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let replaced = corner + usize::from(one != other);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

fn jaro(a: &[char], b: &[char]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut matched = Vec::new();
    for (i, one) in a.iter().enumerate() {
        let range = i.saturating_sub(window)..(i + window + 1).min(b.len());
        if let Some(j) = range.into_iter().find(|&j| !taken[j] && b[j] == *one) {
            taken[j] = true;
            matched.push(*one);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let others = b.iter().zip(&taken).filter(|(_, is_taken)| **is_taken).map(|(other, _)| other);
    let transposed = matched.iter().zip(others).filter(|(one, other)| one != other).count() / 2;
    let m = matched.len() as f64;
    (m / a.len() as f64 + m / b.len() as f64 + (m - transposed as f64) / m) / 3.0
}

fn winkler(a: &[char], b: &[char]) -> f64 {
    let score = jaro(a, b);
    let prefix = a.iter().zip(b).take(4).take_while(|(one, other)| one == other).count();
    score + prefix as f64 * 0.1 * (1.0 - score)
}
