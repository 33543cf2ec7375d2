//! Items that exist but cannot be made inputs. Such an item affects nothing but itself.
//!
//! Anyone who may open a change request or push a branch chooses what an item looks like, so a single item must never stop the
//! others. An item that is exported stays as it is, and one that never was is left out.

use super::identity::{Identities, id};
use super::question::{ANY, MAX_ID_CHARS, MAX_INPUT_BYTES, Question, name, size, wants};
use crate::conditions::{Notice, Reason};
use crate::input::{Found, Input, UnreadableItem};
use crate::selection::served::{NameKind, ServedType};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Items shown in one notice; more are counted.
const SHOWN: usize = 10;
/// Unreadable items whose identities are kept; if there are more, any input may be unreadable.
const KEPT: usize = 100;
/// Characters shown of an id or a name that an outsider chose.
const SHOWN_CHARS: usize = 64;

/// Takes the inputs out of an answer that no filter, limit or template can work with: a bad id, too many bytes, no name.
#[must_use]
pub fn sort_out(found: Found, served: &ServedType) -> Found {
    let Found { inputs, mut unreadable } = found;
    let mut good = Vec::with_capacity(inputs.len());
    for input in inputs {
        match problem(&input, served) {
            None => good.push(input),
            Some(problem) => {
                let own = name(&input.attributes, served);
                let name = Some(own.to_owned()).filter(|name| !name.is_empty());
                let id = Some(input.id).filter(|id| is_good_id(id));
                unreadable.push(UnreadableItem { id, name, problem });
            }
        }
    }
    Found { inputs: good, unreadable }
}

fn problem(input: &Input, served: &ServedType) -> Option<String> {
    if !is_good_id(&input.id) {
        return Some(format!("its id {:?} is not 1 to {MAX_ID_CHARS} printable characters", cut(&input.id)));
    }
    let bytes = size(&input.attributes).saturating_add(input.id.len());
    if bytes > MAX_INPUT_BYTES {
        return Some(format!("it has {bytes} bytes, more than the maximum of {MAX_INPUT_BYTES}"));
    }
    if served.name_kind == NameKind::Unnamed || !name(&input.attributes, served).is_empty() {
        return None;
    }
    let attribute = &served.name_attribute;
    Some(match input.attributes.get(attribute) {
        None | Some(Value::String(_)) => format!("it has no attribute {attribute}, which holds its name"),
        Some(_) => format!("its attribute {attribute}, which holds its name, is not text"),
    })
}

fn is_good_id(id: &str) -> bool {
    let chars = id.chars().count();
    (1..=MAX_ID_CHARS).contains(&chars) && !id.chars().any(char::is_control)
}

/// The exported inputs that an unreadable item may be, and that no other item of the answer is. They stay as they are.
pub(super) fn spared<'a>(
    unreadable: &[UnreadableItem],
    answer: &[Input],
    identities: &Identities<'_>,
    question: &Question<'a>,
) -> Vec<&'a Map<String, Value>> {
    if unreadable.is_empty() {
        return Vec::new();
    }
    let readable: BTreeSet<String> = answer.iter().map(|input| identities.fresh(input)).collect();
    let may_be = |map: &Map<String, Value>| unreadable.iter().any(|item| is(item, map, question.served));
    let stays = |map: &&Map<String, Value>| {
        !readable.contains(&identities.exported(map)) && may_be(map) && wants(map, question)
    };
    question.exported.iter().filter(stays).collect()
}

/// Whether an unreadable item may be this exported input. An unknown id or name matches any.
fn is(item: &UnreadableItem, map: &Map<String, Value>, served: &ServedType) -> bool {
    let same = |known: &Option<String>, exported: &str| {
        known.as_deref().is_none_or(|known| exported.is_empty() || known == exported)
    };
    same(&item.id, id(map)) && same(&item.name, name(map, served))
}

/// The identities of the unreadable items, if they are known and few enough for a status.
pub(super) fn keys(unreadable: &[UnreadableItem], identities: &Identities<'_>) -> Vec<String> {
    let key =
        |item: &UnreadableItem| Some(identities.key(item.id.as_deref()?, item.name.as_deref().unwrap_or_default()));
    match unreadable.iter().map(key).collect::<Option<BTreeSet<String>>>() {
        Some(keys) if keys.len() <= KEPT => keys.into_iter().collect(),
        Some(_) | None => vec![ANY.to_owned()],
    }
}

/// A warning that names the unreadable items and says what happens to them.
pub(super) fn notice(
    unreadable: &[UnreadableItem],
    spared: &[&Map<String, Value>],
    served: &ServedType,
) -> Option<Notice> {
    if unreadable.is_empty() {
        return None;
    }
    let mut shown: Vec<String> = unreadable
        .iter()
        .take(SHOWN)
        .map(|item| {
            let stays = spared.iter().any(|map| is(item, map, served));
            let then = if stays { "its last inputs stay" } else { "it is left out" };
            format!("{}: {}; {then}", who(item, served), item.problem)
        })
        .collect();
    if unreadable.len() > SHOWN {
        shown.push(format!("and {} more", unreadable.len() - SHOWN));
    }
    let count = match unreadable.len() {
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    };
    let message = format!("{count} of the answer cannot be read, the others are exported: {}", shown.join(" | "));
    Some(Notice::warning(Reason::MalformedResponse, message))
}

fn who(item: &UnreadableItem, served: &ServedType) -> String {
    let noun = served.name_kind.noun();
    match (&item.name, &item.id) {
        (Some(name), Some(id)) => format!("{noun} {:?} (id {:?})", cut(name), cut(id)),
        (Some(name), None) => format!("{noun} {:?}", cut(name)),
        (None, Some(id)) => format!("id {:?}", cut(id)),
        (None, None) => "an item without id and name".to_owned(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}
