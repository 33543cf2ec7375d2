//! Calls itself without end, with frames that live on the machine's stack and not in memory.
#![cfg(target_arch = "wasm32")]
#[inline(never)]
fn deeper(n: u64) -> u64 {
    if std::hint::black_box(n) == u64::MAX { 0 } else { deeper(n + 1).wrapping_mul(3).wrapping_add(n) }
}

orangery_test_guests::provider!("Recurses", |_, _| {
    let n = deeper(1);
    orangery_test_guests::guest::tells(orangery_test_guests::guest::json!({ "n": n }))
});
