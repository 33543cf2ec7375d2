//! Whether a refusal is about a field that cannot be changed in place, and not about anything else.

use crate::kubernetes::client::refusal::Refusal;
use orangery_core::{Object, keys};

/// The words of the validation of built-in kinds, and of definitions that follow the convention.
const PHRASES: [&str; 7] = [
    "immutable",
    "may not be changed once set",
    "may not change once set",
    "cannot change roleref",
    "cannot be changed",
    "updates to statefulset spec for fields other than",
    "updates to parameters are forbidden",
];

/// Whether re-creating the object could help. An object that is invalid for another reason is found out by a dry-run create.
pub(crate) fn is_immutable_field(refusal: &Refusal) -> bool {
    let says = |text: &str| {
        let text = text.to_lowercase();
        PHRASES.iter().any(|phrase| text.contains(phrase))
    };
    match refusal.code {
        Some(422) if refusal.causes.is_empty() => says(&refusal.message),
        Some(422) => refusal.causes.iter().any(|cause| says(&cause.message)),
        // Admission webhooks and policies answer with these.
        Some(400 | 403) => refusal.message.contains("is immutable") || refusal.message.contains("immutable field"),
        _ => false,
    }
}

/// Whether the object itself, as rendered or as it lives, asks for re-creation.
pub(crate) fn asks_for_force(object: &Object) -> bool {
    let enabled = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("enabled"));
    enabled(object.annotation(keys::FORCE)) || enabled(object.label(keys::FORCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::client::refusal::Cause;

    fn refusal(code: u16, causes: &[&str]) -> Refusal {
        let causes =
            causes.iter().map(|message| Cause { field: String::new(), message: (*message).to_owned() }).collect();
        Refusal { code: Some(code), reason: String::new(), message: "whole".to_owned(), causes }
    }

    #[test]
    fn only_an_immutable_field_counts() {
        assert!(is_immutable_field(&refusal(422, &["Invalid value: {}: field is immutable"])));
        assert!(is_immutable_field(&refusal(422, &["Required value", "cannot change roleRef"])));
        assert!(!is_immutable_field(&refusal(422, &["Invalid value: must be no more than 63 characters"])));
        assert!(!is_immutable_field(&refusal(409, &["field is immutable"])));
        assert!(!is_immutable_field(&refusal(422, &[])));
    }
}
