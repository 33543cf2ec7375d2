//! Answers what its configuration says, good or bad: `inputs` as a list of [id, attributes], `outcome` as a word.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{polling::PollOutcome, types::Input};

orangery_test_guests::provider!("Echoes", |_, config| {
    let text = |value: &orangery_test_guests::guest::Value| value.as_str().unwrap_or_default().to_owned();
    let inputs: Vec<Input> = config["inputs"]
        .as_array()
        .map(|list| list.iter().map(|pair| Input { id: text(&pair[0]), attributes: text(&pair[1]) }).collect())
        .unwrap_or_default();
    Ok(match text(&config["outcome"]).as_str() {
        "partial" => PollOutcome::Partial(inputs),
        "unchanged" => PollOutcome::Unchanged,
        _ => PollOutcome::Complete(inputs),
    })
});
