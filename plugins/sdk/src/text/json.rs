//! Decodes answers into typed values, with errors that say what is wrong and where.
//!
//! A maintenance page with status 200, a body that ends early and a field of another type are three different errors,
//! and none of them becomes an empty list.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

pub use serde_json::Value;

use crate::error::Error;
use crate::http::{Http, Request, Response};
use crate::status;

/// Sends a request, checks the status and decodes the body.
///
/// # Errors
/// Those of [`status::check`] and [`decode`], and the error if there was no answer.
pub fn fetch<T: DeserializeOwned>(http: &dyn Http, request: &Request) -> Result<T, Error> {
    decode(request, &status::send(http, request)?)
}

/// Decodes the body of a successful answer.
///
/// # Errors
/// * `MalformedResponse` if the body is not JSON: HTML, an empty body, another content type.
/// * `TruncatedBody` if the body ends early.
/// * `MalformedResponse` with the JSON path if the document has another shape.
pub fn decode<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<T, Error> {
    let summary = request.summary();
    refuse_other_media(&summary, response)?;
    let mut json = serde_json::Deserializer::from_slice(&response.body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        match cause.classify() {
            Category::Eof => Error::unavailable(
                "TruncatedBody",
                format!(
                    "{summary}: the body ends after {} bytes in the middle of the JSON document",
                    response.body.len()
                ),
            ),
            Category::Data => Error::malformed(format!("{summary}: unexpected shape at {}: {cause}", readable(&path))),
            Category::Syntax | Category::Io => Error::malformed(format!("{summary}: the body is not JSON: {cause}")),
        }
    })?;
    json.end().map_err(|cause| Error::malformed(format!("{summary}: the body is not one JSON document: {cause}")))?;
    Ok(value)
}

/// The elements of a JSON list, each as its own text.
///
/// # Errors
/// As [`decode`] for anything but a list.
pub fn elements<'r>(request: &Request, response: &'r Response) -> Result<Vec<&'r str>, Error> {
    let summary = request.summary();
    refuse_other_media(&summary, response)?;
    let list: Vec<&RawValue> = serde_json::from_slice(&response.body)
        .map_err(|cause| Error::malformed(format!("{summary}: the body is not a JSON list: {cause}")))?;
    Ok(list.into_iter().map(RawValue::get).collect())
}

/// The list at a JSON pointer in the body, such as `/values`; an empty pointer is the body itself.
///
/// # Errors
/// Those of [`decode`]; `MalformedResponse` with the pointer if there is no list.
pub fn list_at(pointer: &str, request: &Request, response: &Response) -> Result<Vec<Value>, Error> {
    let mut document: Value = decode(request, response)?;
    match document.pointer_mut(pointer).map(Value::take) {
        Some(Value::Array(list)) => Ok(list),
        found => Err(Error::malformed(format!(
            "{}: expected a list at {}, found {}",
            request.summary(),
            if pointer.is_empty() { "the top level" } else { pointer },
            kind_of(found.as_ref())
        ))),
    }
}

fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

/// Decodes one document on its own, such as an element of a list.
///
/// # Errors
/// The JSON path and the problem there, as a text for messages.
pub fn decode_item<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        // The position in the text of one element says nothing about the page that holds it.
        let cause = error.into_inner().to_string();
        let cause = cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause);
        format!("unexpected shape at {}: {cause}", readable(&path))
    })
}

/// Decodes `spec.config`, or the configuration of a renderer, which is at `field` in the manifest.
///
/// # Errors
/// `invalid-config` with the field.
pub fn decode_config<C: DeserializeOwned>(field: &str, text: &str) -> Result<C, Error> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { field.to_owned() } else { format!("{field}.{path}") };
        let message = format!("{field}: {}", error.into_inner());
        Error::invalid_config(field, message)
    })
}

/// Deserializes an optional part of an item: `None` if it has an unexpected shape.
///
/// # Errors
/// The document is not JSON.
pub fn if_readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

fn refuse_other_media(summary: &str, response: &Response) -> Result<(), Error> {
    let start = response.body.trim_ascii_start();
    if start.is_empty() {
        return Err(Error::malformed(format!("{summary} answered {} with an empty body, not JSON", response.status)));
    }
    let media = response.header("content-type").unwrap_or("application/json");
    let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.contains("json") && !start.starts_with(b"<") {
        return Ok(());
    }
    Err(Error::malformed(format!(
        "{summary} answered {} with {essence}, not JSON: a maintenance or login page? Check that spec.url is the address of \
         the forge itself",
        response.status
    )))
}

fn readable(path: &str) -> &str {
    if path == "." { "the top level" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, answer};

    #[derive(Debug, Deserialize)]
    struct Item {
        #[expect(dead_code, reason = "only its type matters here")]
        head: Head,
    }

    #[derive(Debug, Deserialize)]
    struct Head {
        #[expect(dead_code, reason = "only its type matters here")]
        sha: String,
    }

    fn failure(response: Response) -> Error {
        decode::<Vec<Item>>(&Request::get("https://forge.example/pulls?page=1"), &response).unwrap_err()
    }

    #[test]
    fn a_maintenance_page_with_status_200_is_malformed() {
        let page =
            answer(200).header("content-type", "text/html; charset=utf-8").text("<html>back soon</html>").response();
        let error = failure(page);
        assert_eq!((error.kind(), error.failure().code.as_str()), ("malformed-answer", "MalformedResponse"));
        assert!(error.to_string().contains("GET https://forge.example/pulls answered 200 with text/html"), "{error}");
    }

    #[test]
    fn html_that_claims_to_be_json_is_malformed() {
        let page = answer(200).header("content-type", "application/json").text("\n<!doctype html>").response();
        assert_eq!(failure(page).failure().code, "MalformedResponse");
    }

    #[test]
    fn an_empty_body_is_malformed() {
        assert_eq!(failure(answer(200).text(" ").response()).failure().code, "MalformedResponse");
    }

    #[test]
    fn a_body_that_ends_early_is_a_transport_failure() {
        let error = failure(answer(200).text(r#"[{"head": {"sha": "a"}}, {"he"#).response());
        assert_eq!((error.kind(), error.failure().code.as_str()), ("unavailable", "TruncatedBody"));
    }

    #[test]
    fn a_wrong_shape_names_its_path() {
        let error = failure(answer(200).text(r#"[{"head": {"sha": "a"}}, {"head": {"sha": 7}}]"#).response());
        assert!(error.to_string().contains("unexpected shape at [1].head.sha: invalid type: integer `7`"), "{error}");
        let error = failure(answer(200).text(r#"{"message": "hello"}"#).response());
        assert!(error.to_string().contains("unexpected shape at the top level"), "{error}");
    }

    #[test]
    fn a_list_is_found_at_its_pointer_or_the_error_names_it() {
        let request = Request::get("https://forge.example/pulls");
        let list_of = |pointer, body| list_at(pointer, &request, &answer(200).text(body).response());
        assert_eq!(list_of("", "[1]").unwrap(), [Value::from(1)]);
        assert_eq!(list_of("/data/values", r#"{"data": {"values": ["a"]}}"#).unwrap(), [Value::from("a")]);
        let error = list_of("/values", r#"{"values": {}}"#).unwrap_err();
        assert_eq!(error.to_string(), "GET https://forge.example/pulls: expected a list at /values, found an object");
        assert!(list_of("/values", "[]").unwrap_err().to_string().ends_with("at /values, found nothing"));
    }

    #[test]
    fn text_after_the_document_is_malformed() {
        assert_eq!(failure(answer(200).text("[] []").response()).failure().code, "MalformedResponse");
    }

    #[test]
    fn a_vendor_media_type_of_json_is_json() {
        let http = Script::new().get(
            "https://forge.example/names",
            answer(200).header("content-type", "application/vnd.github+json").text(r#"["a"]"#),
        );
        let names: Vec<String> = fetch(&http, &Request::get("https://forge.example/names")).unwrap();
        assert_eq!(names, ["a"]);
    }

    #[test]
    fn a_wrong_configuration_names_its_field() {
        let error = decode_config::<Head>("spec.config", r#"{"sha": []}"#).unwrap_err();
        assert_eq!(error.kind(), "invalid-config");
        assert_eq!(error.failure().field.as_deref(), Some("spec.config.sha"));
        let error = decode_config::<Head>("spec.config", "").unwrap_err();
        assert_eq!(error.to_string(), "spec.config: missing field `sha` at line 1 column 2");
    }
}
