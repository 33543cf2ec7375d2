//! Asks what its configuration says, `times` over, and tells the last answer.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{Value, http, json, told};

orangery_test_guests::provider!("Asks", |_, config| {
    let text = |name: &str| config[name].as_str().unwrap_or_default().to_owned();
    let mut headers: Vec<(String, String)> = config["headers"]
        .as_object()
        .map(|map| {
            map.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
        })
        .unwrap_or_default();
    if let Some(bytes) = config["header-bytes"].as_u64() {
        headers.push(("x-huge".to_owned(), "x".repeat(bytes as usize)));
    }
    let request = http::Request {
        method: if text("method") == "POST" { http::Method::Post } else { http::Method::Get },
        url: text("url"),
        headers,
        body: text("body").into_bytes(),
        credential: config["credential"].as_str().map(str::to_owned),
        conditional: false,
    };
    let mut last = Value::Null;
    let mut answered = 0;
    for _ in 0..config["times"].as_u64().unwrap_or(1) {
        let answer = http::send(&request);
        answered += u64::from(answer.is_ok());
        last = told(&answer);
    }
    orangery_test_guests::guest::tells(json!({"last": last, "answered": answered}))
});
