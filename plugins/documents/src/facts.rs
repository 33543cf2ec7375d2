//! The facts of an input: what the host needs to know of it beyond what templates see.
//!
//! Policies of the host stand on facts: filters for drafts and forks, approval, expiry, comments. So absent means unknown, never
//! "no", and whatever cannot be true is made unknown instead of being believed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Characters of an address.
const URL_CHARS: usize = 2048;
/// Characters of any other text.
const TEXT_CHARS: usize = 512;

/// What is known of an input. A plugin that fills nothing loses nothing but what stands on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// Where people look at it, as an http or https address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_url: Option<String>,
    /// The number or id of the change request (pull request, merge request) that it is or belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_request: Option<String>,
    /// Whether its author calls it unfinished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
    /// Whether its commits come from another repository, whose writers may lack access to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_fork: Option<bool>,
    /// The repository that its commits come from, as the forge names it: `owner/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_repository: Option<String>,
    /// The branch that it is to be merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_branch: Option<String>,
    /// What the author is to the repository, in the forge's word: `OWNER`, `MEMBER`, `CONTRIBUTOR`, `NONE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_association: Option<String>,
    /// When it came to be (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it last changed (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// When the forge will stop it (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_stop: Option<String>,
    /// How the checks of its commit ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
}

/// How the checks of a commit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Checks {
    /// They have not ended.
    Pending,
    /// All of them passed.
    Passed,
    /// One of them failed.
    Failed,
}

impl Facts {
    /// The names of all facts, in the order of the type.
    pub const NAMES: [&'static str; 11] = [
        "webUrl",
        "changeRequest",
        "draft",
        "fromFork",
        "headRepository",
        "targetBranch",
        "authorAssociation",
        "created",
        "updated",
        "autoStop",
        "checks",
    ];

    /// Reads facts; empty text is none. Keys that are not known are left out.
    ///
    /// # Errors
    /// The key and what is wrong with it: not a JSON object, or a value of another type.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // A list would be taken for the fields in their order.
        if !text.trim_start().starts_with('{') {
            return Err("it is not a JSON object".to_owned());
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let facts: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let cause = error.into_inner().to_string();
            let cause = cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause).to_owned();
            if matches!(path.as_str(), "." | "?") { cause } else { format!("{path}: {cause}") }
        })?;
        json.end().map_err(|_| "trailing characters".to_owned())?;
        Ok(facts.believable())
    }

    /// The JSON Schema of the document, as it is published in `wit/facts.schema.json`.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).into()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same without what cannot be: texts past their bound or with control characters, addresses that nobody can open, times
    /// that are not times. The forge may have them from an outsider, so they cost nothing but themselves.
    fn believable(self) -> Self {
        let text = |text: Option<String>| text.filter(|text| is_line(text, TEXT_CHARS));
        let time = |text: Option<String>| text.filter(|text| is_time(text));
        Self {
            web_url: self
                .web_url
                .filter(|url| is_line(url, URL_CHARS) && (url.starts_with("https://") || url.starts_with("http://"))),
            change_request: text(self.change_request),
            head_repository: text(self.head_repository),
            target_branch: text(self.target_branch),
            author_association: text(self.author_association),
            created: time(self.created),
            updated: time(self.updated),
            auto_stop: time(self.auto_stop),
            ..self
        }
    }
}

fn is_line(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// Whether it looks like `2026-11-26T12:00:00Z`, with or without a fraction, in any zone.
fn is_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    if bytes.len() > 35 || bytes.len() <= SHAPE.len() {
        return false;
    }
    let (head, tail) = bytes.split_at(SHAPE.len());
    let fits = head.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    });
    let fraction = match tail {
        [b'.', rest @ ..] => 1 + rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    fits && matches!(tail.get(fraction..), Some(b"Z" | [b'+' | b'-', _, _, b':', _, _]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_read_and_the_rest_is_unknown() {
        let facts = Facts::parse(r#"{"webUrl": "https://f.example/1", "draft": false, "mood": "good"}"#).unwrap();
        assert_eq!(
            (facts.web_url.as_deref(), facts.draft, facts.from_fork),
            (Some("https://f.example/1"), Some(false), None)
        );
        for nothing in ["", "{}", " "] {
            assert!(Facts::parse(nothing).unwrap().is_empty());
        }
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        assert_eq!(
            Facts::parse(r#"{"draft": "yes"}"#).unwrap_err(),
            "draft: invalid type: string \"yes\", expected a boolean"
        );
        assert!(Facts::parse("[]").is_err() && Facts::parse("{").is_err() && Facts::parse("{} {}").is_err());
    }

    #[test]
    fn what_cannot_be_is_unknown() {
        let long = "x".repeat(600);
        for (key, value) in [
            ("webUrl", "javascript:alert(1)"),
            ("webUrl", "https://f.example/\u{7}"),
            ("targetBranch", long.as_str()),
            ("headRepository", ""),
            ("created", "yesterday"),
            ("updated", "2026-11-26"),
            ("autoStop", "2026-11-26T12:00:00"),
        ] {
            let text = serde_json::json!({ key: value }).to_string();
            assert!(Facts::parse(&text).unwrap().is_empty(), "{text}");
        }
        for good in ["2026-11-26T12:00:00Z", "2026-11-26T12:00:00.141+02:00"] {
            let text = serde_json::json!({ "created": good }).to_string();
            assert_eq!(Facts::parse(&text).unwrap().created.as_deref(), Some(good));
        }
    }

    #[test]
    fn the_names_are_those_of_the_schema() {
        let schema = Facts::schema();
        let mut names: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = Facts::NAMES.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
