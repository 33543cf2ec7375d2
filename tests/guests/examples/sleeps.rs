//! Waits in the host, where no processor time is spent.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("Sleeps", |_, _| {
    std::thread::sleep(std::time::Duration::from_secs(3600));
    orangery_test_guests::guest::tells(orangery_test_guests::guest::json!({}))
});
