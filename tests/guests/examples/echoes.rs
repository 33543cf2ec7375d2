//! Answers what its configuration says, good or bad: `inputs` as a list of [id, attributes] or [id, attributes, facts], `unreadable` as a list of [id, name,
//! problem], `outcome` as a word; some words are ways to break.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{
    Value, failure, polling::Found, polling::PollOutcome, types::Input, types::PluginError as E, types::UnreadableItem,
};

orangery_test_guests::provider!("Echoes", |_, config| {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let maybe = |value: &Value| value.as_str().map(str::to_owned);
    let inputs: Vec<Input> = config["inputs"]
        .as_array()
        .map(|list| {
            list.iter()
                .map(|pair| Input { id: text(&pair[0]), attributes: text(&pair[1]), facts: text(&pair[2]) })
                .collect()
        })
        .unwrap_or_default();
    let item =
        |three: &Value| UnreadableItem { id: maybe(&three[0]), name: maybe(&three[1]), problem: text(&three[2]) };
    let unreadable: Vec<UnreadableItem> =
        config["unreadable"].as_array().map(|list| list.iter().map(item).collect()).unwrap_or_default();
    let input = |id: &str, attributes: &str| Input {
        id: id.to_owned(),
        attributes: attributes.to_owned(),
        facts: String::new(),
    };
    let only = |inputs: Vec<Input>| Ok(PollOutcome::Complete(Found { inputs, unreadable: Vec::new() }));
    let said = || failure("AsAsked", "as asked");
    match text(&config["outcome"]).as_str() {
        "partial" => Ok(PollOutcome::Partial(Found { inputs, unreadable })),
        "trap" => std::process::abort(),
        "exit" => std::process::exit(0),
        "stack" => only(vec![input(&deep(0).to_string(), "{}")]),
        "memory" => only(vec![input(&vec![1_u8; 1 << 30].len().to_string(), "{}")]),
        "processor" => loop {
            std::hint::black_box(());
        },
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_secs(3600));
            only(Vec::new())
        }
        "not-json" => only(vec![input("1", "[]")]),
        "same-id-and-name" => only(vec![input("1", r#"{"branch":"b"}"#), input("1", r#"{"branch":"b"}"#)]),
        "too-many" => only((0..10_001).map(|id| input(&id.to_string(), r#"{"branch":"b"}"#)).collect()),
        "invalid-config" => Err(E::InvalidConfig(said())),
        "unauthorized" => Err(E::Unauthorized(said())),
        "not-found" => Err(E::NotFound(said())),
        "rate-limited" => Err(E::RateLimited(said())),
        "unavailable" => Err(E::Unavailable(said())),
        "malformed-answer" => Err(E::MalformedAnswer(said())),
        _ => Ok(PollOutcome::Complete(Found { inputs, unreadable })),
    }
});

/// Calls itself until there is no stack left.
#[inline(never)]
fn deep(depth: u64) -> u64 {
    if std::hint::black_box(depth) == u64::MAX { 0 } else { deep(depth + 1).wrapping_mul(3).wrapping_add(depth) }
}
