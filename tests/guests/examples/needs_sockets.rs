//! Opens a socket of its own.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("NeedsSockets", |_, _| {
    let opened = std::net::TcpStream::connect("127.0.0.1:80").is_ok();
    orangery_test_guests::guest::tells(orangery_test_guests::guest::json!({ "opened": opened }))
});
