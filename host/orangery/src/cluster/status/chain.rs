//! The links from a forge to ready objects, and the next thing to do: that of the first link that is not good.

use super::Resources;
use super::objects::{LiveObjects, ObjectState};
use super::search::Subject;
use crate::cluster::item::Item;
use orangery_core::combine::CombinedInput;
use orangery_core::{InputRef, LedgerEntry, Mark, NamespacedName, SourceKind, url_redaction};
use serde::Serialize;
use serde_json::Value;

/// Attributes that say what an input is, in this order.
const SHOWN: [&str; 7] = ["id", "title", "branch", "tag", "environment", "sha", "author"];

/// How far a link has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum LinkState {
    /// As it should be.
    Good,
    /// The step is still under way.
    Waiting,
    /// Something has to be done.
    Bad,
}

/// One step of the chain.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    name: &'static str,
    state: LinkState,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<ObjectState>,
    #[serde(skip)]
    next: Option<String>,
}

/// The chain of one environment, object, set or provider.
#[derive(Debug, Serialize)]
pub(super) struct Chain {
    subject: String,
    links: Vec<Link>,
    next: String,
}

impl Chain {
    pub(super) async fn of(resources: &Resources, subject: &Subject, live: &mut LiveObjects<'_>) -> Self {
        match subject {
            Subject::Environment { set, input, known, entries } => {
                let mut links = sources(resources, set, input);
                links.push(input_link(known.as_ref(), entries, set));
                links.extend(resources.set(set).map(set_link));
                links.push(objects_link(entries, live).await);
                let label = known
                    .as_ref()
                    .map_or_else(|| format!("{} input {}", input.source, input.uid), |known| known.label.clone());
                Self::new(format!("{label}, in ResourceSet/{set}"), links)
            }
            Subject::Object { set, entry } => {
                let mut links: Vec<Link> = resources.set(set).map(set_link).into_iter().collect();
                links.push(objects_link(std::slice::from_ref(entry), live).await);
                Self::new(format!("{}, in ResourceSet/{set}", entry.key), links)
            }
            Subject::Set(name) => {
                Self::new(format!("ResourceSet/{name}"), resources.set(name).map(set_link).into_iter().collect())
            }
            Subject::Provider(name) => {
                let links = resources.provider(name).map(provider_link).into_iter().collect();
                Self::new(format!("ResourceSetInputProvider/{name}"), links)
            }
        }
    }

    fn new(subject: String, links: Vec<Link>) -> Self {
        let open = links.iter().find(|link| link.state != LinkState::Good);
        let next = match open {
            None => "nothing to do: it is ready".to_owned(),
            Some(link) => link.next.clone().unwrap_or_else(|| "wait".to_owned()),
        };
        Self { subject, links, next }
    }

    /// Whether every link is good.
    pub(super) fn is_ready(&self) -> bool {
        self.links.iter().all(|link| link.state == LinkState::Good)
    }

    /// The chain as lines of text.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", plain(&self.subject));
        for link in &self.links {
            text.push_str(&format!("  {} {:12} {}\n", sign(link.state), link.name, plain(&link.text)));
            for object in &link.objects {
                let mark = if object.ready { "✔" } else { "◎" };
                let message = if object.message.is_empty() { String::new() } else { format!(": {}", object.message) };
                text.push_str(&format!("      {mark} {} {}{}\n", object.object, object.status, plain(&message)));
            }
        }
        text + &format!("  next: {}\n", plain(&self.next))
    }
}

impl Resources {
    fn set(&self, name: &NamespacedName) -> Option<&Item> {
        self.sets.iter().map(|set| &set.item).find(|item| item.name() == *name)
    }
}

fn sign(state: LinkState) -> &'static str {
    match state {
        LinkState::Good => "✔",
        LinkState::Waiting => "◎",
        LinkState::Bad => "✗",
    }
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

fn link(name: &'static str, state: LinkState, text: String, next: Option<String>) -> Link {
    Link { name, state, text, objects: Vec::new(), next }
}

/// The providers of an input.
fn sources(resources: &Resources, set: &NamespacedName, input: &InputRef) -> Vec<Link> {
    let providers = input.source.parts().iter().filter(|source| source.kind != SourceKind::Set);
    providers
        .map(|source| {
            let name = NamespacedName::new(set.namespace.as_str(), source.name.as_str());
            match resources.provider(&name) {
                Some(item) => provider_link(item),
                None => link(
                    "Provider",
                    LinkState::Bad,
                    format!(
                        "{} is gone; the objects stay until it comes back or the set no longer reads it",
                        source.name
                    ),
                    Some(format!("apply ResourceSetInputProvider {} again", source.name)),
                ),
            }
        })
        .collect()
}

fn provider_link(item: &Item) -> Link {
    let name = item.name().name;
    let of = item.text("/spec/type");
    let url = item.text("/spec/url");
    let url = if url.is_empty() { String::new() } else { format!(" {}", url_redaction::url(url)) };
    let what = format!("{name}: {of}{url}, {} inputs", item.count("/status/exportedInputs"));
    let (state, said, next) = condition(item, "rsip");
    let since = item.text("/status/stale/since");
    let stale = if since.is_empty() { String::new() } else { format!(", not confirmed since {since}") };
    link("Provider", state, format!("{what}{stale}{said}"), next)
}

fn set_link(item: &Item) -> Link {
    let (state, said, next) = condition(item, "rset");
    let name = item.name().name;
    let objects = item.count("/status/inventory/entries");
    link("ResourceSet", state, format!("{name}: {objects} objects{said}"), next)
}

/// What the conditions of a resource come to, and what to do.
fn condition(item: &Item, word: &str) -> (LinkState, String, Option<String>) {
    let name = item.name();
    let flags = format!("{word} {} -n {}", name.name, name.namespace);
    if item.is_suspended() {
        return (LinkState::Bad, ", suspended".to_owned(), Some(format!("orangery resume {flags}")));
    }
    let present = item.object.metadata.generation;
    let Some(ready) = item.ready().filter(|ready| ready.generation == present) else {
        let next = format!("wait: orangery wait {flags}; if nothing happens, look at the operator: orangery logs");
        return (LinkState::Waiting, ", not reconciled yet".to_owned(), Some(next));
    };
    let said = format!(", {}: {}", ready.reason, ready.message);
    match ready.status {
        "True" => (LinkState::Good, String::new(), None),
        "False" => {
            let next = format!("correct what it says, then orangery reconcile {flags}");
            (LinkState::Bad, said, Some(next))
        }
        _ => (LinkState::Waiting, said, Some(format!("wait: orangery wait {flags}"))),
    }
}

fn input_link(known: Option<&CombinedInput>, entries: &[LedgerEntry], set: &NamespacedName) -> Link {
    let Some(input) = known else {
        let held = entries.iter().any(|entry| entry.mark == Mark::Held);
        let next = if held {
            format!("orangery approve rset {} -n {}, if the deletion is meant", set.name, set.namespace)
        } else {
            "wait: its objects are deleted".to_owned()
        };
        let (state, text) = if held {
            (LinkState::Bad, "gone; the deletion of its objects is held")
        } else {
            (LinkState::Waiting, "gone; its objects go")
        };
        return link("Input", state, text.to_owned(), Some(next));
    };
    let shown: Vec<String> = SHOWN
        .iter()
        .filter_map(|key| Some((key, input.attributes.get(key)?)))
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key} {text}"),
            other => format!("{key} {other}"),
        })
        .collect();
    link("Input", LinkState::Good, shown.join(", "), None)
}

async fn objects_link(entries: &[LedgerEntry], live: &mut LiveObjects<'_>) -> Link {
    let mut objects = Vec::new();
    for entry in entries {
        objects.push(live.state(entry).await);
    }
    let ready = objects.iter().filter(|object| object.ready).count();
    let first = objects.iter().find(|object| !object.ready);
    let next = first.map(|object| {
        let mut parts = object.object.split('/');
        let (kind, rest) = (parts.next().unwrap_or_default(), parts.collect::<Vec<_>>());
        match rest.as_slice() {
            [namespace, name] => format!("kubectl describe {kind} {name} -n {namespace}"),
            _ => format!("kubectl describe {kind} {}", rest.join("/")),
        }
    });
    let (state, text) = match (objects.len(), ready) {
        (0, _) => (LinkState::Waiting, "none is applied yet".to_owned()),
        (all, ready) if all == ready => (LinkState::Good, format!("{ready} of {all} ready")),
        (all, ready) => (LinkState::Waiting, format!("{ready} of {all} ready")),
    };
    Link { name: "Objects", state, text, objects, next }
}
