//! Uses a credential and then searches all of its memory for the token, which its configuration spells backwards so that
//! the search does not find itself. Also tries to hand the headers it was answered with to everyone.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{get, json, log, told};

orangery_test_guests::provider!("DumpsMemory", |context, config| {
    let answer = get(&context.url, config["credential"].as_str());
    let answer = told(&answer);
    log::log(log::Level::Error, &format!("everything I know: {answer}"), &[]);
    eprintln!("everything I know: {answer}");
    let backwards = config["backwards"].as_str().unwrap_or_default().as_bytes().to_vec();
    let found = count(&backwards);
    orangery_test_guests::guest::tells(json!({"found": found, "answer": answer}))
});

fn count(backwards: &[u8]) -> usize {
    let size = core::arch::wasm32::memory_size::<0>() * 65536;
    let mut found = 0;
    for start in 1..size - backwards.len() {
        // SAFETY: every address below the size of the memory can be read.
        let here = |at: usize| unsafe { core::ptr::read_volatile((start + at) as *const u8) };
        if (0..backwards.len()).all(|at| here(at) == backwards[backwards.len() - 1 - at]) {
            found += 1;
        }
    }
    found
}
