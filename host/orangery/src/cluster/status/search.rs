//! Finds what a word means: an input, an environment, an object, a set or a provider.

use super::Resources;
use orangery_controller::preview;
use orangery_core::combine::CombinedInput;
use orangery_core::spec::SetSpec;
use orangery_core::{InputRef, Ledger, LedgerEntry, NamespacedName};
use serde_json::Value;
use std::collections::BTreeMap;

/// Prefixes that people write before the number of a change request.
const PREFIXES: [&str; 6] = ["pr-", "mr-", "pr", "mr", "#", "!"];
/// As many characters of a commit are enough to name it.
const COMMIT: usize = 7;

/// The word that is looked for.
pub(super) struct Wanted {
    pub(super) text: String,
    /// The number in it, if it is one of a change request.
    number: Option<String>,
}

/// What was found.
pub(super) enum Subject {
    /// All that one input gives.
    Environment { set: NamespacedName, input: InputRef, known: Option<CombinedInput>, entries: Vec<LedgerEntry> },
    /// An object that no single input gave.
    Object { set: NamespacedName, entry: LedgerEntry },
    /// A whole set.
    Set(NamespacedName),
    /// A provider, by namespace and name.
    Provider(NamespacedName),
}

impl Wanted {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let number = PREFIXES.iter().find_map(|prefix| lower.strip_prefix(prefix));
        let number = number.filter(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
        Self { text: text.to_owned(), number: number.map(str::to_owned) }
    }

    fn is_id(&self, id: &str) -> bool {
        id == self.text || self.number.as_deref() == Some(id)
    }

    /// Whether an attribute of an input matches: its id, branch, commit or any other name.
    fn is_input(&self, input: &CombinedInput) -> bool {
        input.attributes.to_map().into_iter().any(|(key, value)| match (key.as_str(), value) {
            ("id", Value::String(id)) => self.is_id(&id),
            ("id", Value::Number(id)) => self.is_id(&id.to_string()),
            ("sha", Value::String(sha)) => self.text.len() >= COMMIT && sha.starts_with(&self.text),
            (_, Value::String(text)) => text == self.text,
            _ => false,
        })
    }

    /// Whether it names an object: by name, `Kind/name`, `Kind/namespace/name`, or by the namespace of an environment.
    fn is_object(&self, entry: &LedgerEntry) -> bool {
        let key = &entry.key;
        key.name == self.text
            || (key.namespace == self.text && entry.input.is_some())
            || key.to_string().eq_ignore_ascii_case(&self.text)
            || format!("{}/{}", key.kind, key.name).eq_ignore_ascii_case(&self.text)
    }

    fn is_resource(&self, name: &NamespacedName, words: [&str; 2]) -> bool {
        self.text == name.name
            || words.iter().any(|word| {
                let rest = self.text.split_once('/').filter(|(kind, _)| kind.eq_ignore_ascii_case(word));
                rest.is_some_and(|(_, rest)| rest == name.name || rest == name.to_string())
            })
    }
}

/// Everything that the word may mean. A set whose spec or inputs cannot be used is still looked through for its objects.
pub(super) async fn find(resources: &Resources, wanted: &Wanted) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for set in &resources.sets {
        let name = set.item.name();
        let ledger = preview::ledger(&set.typed);
        let inputs = match SetSpec::try_from(&set.typed) {
            Ok(spec) => preview::inputs(&spec, &resources.providers_of(&name.namespace)).await.ok(),
            Err(_) => None,
        };
        let known = inputs.map(|inputs| inputs.combined.inputs).unwrap_or_default();
        let mut environments: BTreeMap<InputRef, Option<CombinedInput>> = BTreeMap::new();
        for input in known.iter().filter(|input| wanted.is_input(input)) {
            environments.insert(input.reference(), Some(input.clone()));
        }
        for entry in ledger.iter().filter(|entry| wanted.is_object(entry)) {
            match &entry.input {
                Some(input) => {
                    let of = || known.iter().find(|known| known.reference() == *input).cloned();
                    environments.entry(input.clone()).or_insert_with(of);
                }
                None => subjects.push(Subject::Object { set: name.clone(), entry: entry.clone() }),
            }
        }
        subjects.extend(environments.into_iter().map(|(input, known)| Subject::Environment {
            set: name.clone(),
            entries: of_input(&ledger, &input),
            input,
            known,
        }));
        if wanted.is_resource(&name, ["ResourceSet", "rset"]) {
            subjects.push(Subject::Set(name));
        }
    }
    for provider in &resources.providers {
        let name = provider.item.name();
        if wanted.is_resource(&name, ["ResourceSetInputProvider", "rsip"]) {
            subjects.push(Subject::Provider(name));
        }
    }
    subjects
}

fn of_input(ledger: &Ledger, input: &InputRef) -> Vec<LedgerEntry> {
    ledger.iter().filter(|entry| entry.input.as_ref() == Some(input)).cloned().collect()
}

/// Why nothing was found: the providers that could have exported it, and what they say of it.
pub(super) fn missing(resources: &Resources, wanted: &Wanted) -> String {
    let mut text = format!("nothing is called {}", wanted.text);
    for provider in &resources.providers {
        let item = &provider.item;
        let listed = |pointer: &str| {
            let list = item.field(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let mut ids = list.map(|entry| entry.split('/').next().unwrap_or(entry).to_owned());
            ids.any(|id| wanted.is_id(&id))
        };
        let name = item.name();
        if listed("/status/waiting") {
            text.push_str(&format!(
                "\n  provider {name} knows it, and it waits, because spec.filter.limit is reached: raise it, or close another one"
            ));
        } else if listed("/status/unreadable") {
            text.push_str(&format!(
                "\n  provider {name} has found it and could not read it: `orangery events --for rsip/{}` says why",
                name.name
            ));
        } else {
            let ready = item.ready().map_or_else(
                || "has not answered yet".to_owned(),
                |ready| format!("{}: {}", ready.reason, ready.message.replace(char::is_control, " ")),
            );
            let inputs = item.count("/status/exportedInputs");
            text.push_str(&format!("\n  provider {name} exports {inputs} inputs; {ready}"));
        }
    }
    if resources.providers.is_empty() && resources.sets.is_empty() {
        text.push_str("; there are no ResourceSets here: look into another namespace with -n, or into all with -A");
    } else {
        text.push_str(
            "\n  next: compare its labels and branch with spec.filter of the provider, and look into other namespaces with -A",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_request_is_named_in_many_ways() {
        for text in ["42", "pr-42", "PR-42", "mr-42", "#42", "!42"] {
            assert!(Wanted::new(text).is_id("42"), "{text}");
        }
        for text in ["pr-", "pr-x", "142", "pr-421"] {
            assert!(!Wanted::new(text).is_id("42"), "{text}");
        }
    }
}
