//! An ordinary provider: asks `{url}/items` with the credential `api`, asks the filter, logs, and answers.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{
    Value, failure, get, http::HttpError, json, log, polling::Found, polling::PollOutcome, selection, types::Input,
    types::PluginError,
};

orangery_test_guests::provider!("Lists", |context, _| {
    let response = get(&format!("{}/items", context.url), Some("api")).map_err(|error| {
        let failure = failure("NoAnswer", &format!("{error:?}"));
        match error {
            HttpError::Denied(_) => PluginError::InvalidConfig(failure),
            _ => PluginError::Unavailable(failure),
        }
    })?;
    if response.status == 401 {
        return Err(PluginError::Unauthorized(failure("Unauthorized", "the forge wants another credential")));
    }
    let items: Vec<Value> = orangery_test_guests::guest::config(&String::from_utf8_lossy(&response.body))
        .as_array()
        .cloned()
        .ok_or_else(|| PluginError::MalformedAnswer(failure("MalformedResponse", "not a list")))?;
    let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_owned();
    let wanted = items.iter().filter(|item| selection::wants(&name(item), &[]));
    let inputs: Vec<Input> = wanted
        .map(|item| Input {
            id: name(item),
            attributes: json!({"branch": name(item), "filter": context.filter.include}).to_string(),
            facts: json!({"targetBranch": "main", "draft": false, "mood": "good"}).to_string(),
        })
        .collect();
    log::log(log::Level::Information, "listed", &[("count".to_owned(), inputs.len().to_string())]);
    Ok(PollOutcome::Complete(Found { inputs, unreadable: Vec::new() }))
});
