//! The document inside of a body.

use super::Delivery;
use bytes::Bytes;
use http::header::CONTENT_TYPE;

/// The media type without parameters, in small letters.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether the body says that it is JSON. Proxies may have joined several values with commas.
pub(super) fn is_json(delivery: &Delivery) -> bool {
    delivery.header(CONTENT_TYPE.as_str()).split(',').any(|value| media_type(value) == "application/json")
}

/// The document of GitHub and Bitbucket, which may send it as a field of a form; `None` for any other media type.
pub(super) fn document(delivery: &Delivery) -> Option<Bytes> {
    match media_type(delivery.header(CONTENT_TYPE.as_str())).as_str() {
        "application/json" => Some(delivery.body.clone()),
        "application/x-www-form-urlencoded" => {
            let payload = url::form_urlencoded::parse(&delivery.body).find(|(name, _)| name == "payload");
            Some(payload.map(|(_, value)| Bytes::from(value.into_owned())).unwrap_or_default())
        }
        _ => None,
    }
}
