//! What the ledger knows of its entries beyond `{id, v}`: it stands beside the inventory, in columns, so that it packs well.
//!
//! # Guarantees
//! What is read by position counts only if the entries are those that it was written with. Marks are also found by id: an adopted
//! object stays adopted when somebody else, for example Flux Operator, has written the inventory in between.

use crate::input::digest::sha256_hex;
use crate::ledger::entry::{InventoryEntry, from_word, word};
use crate::ledger::{InputRef, Ledger, LedgerEntry, Mark, Seal};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The details of all entries, as columns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Details {
    /// Digest of the ids of all entries, in their order.
    ids: String,
    /// UIDs by position, each 32 hexadecimal digits without dashes; zeros if it is unknown or has another form.
    #[serde(default)]
    uids: String,
    /// UIDs of another form, by position.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    odd_uids: BTreeMap<usize, String>,
    /// The inputs that objects came from.
    #[serde(default)]
    inputs: Vec<String>,
    /// By position: which of them, from 1; 0 for none.
    #[serde(default)]
    input: Vec<usize>,
    /// The templates that objects came from.
    #[serde(default)]
    templates: Vec<String>,
    /// By position: which of them, from 1; 0 for none.
    #[serde(default)]
    template: Vec<usize>,
    /// Marks other than Owned: position, id, mark.
    #[serde(default)]
    marks: Vec<(usize, String, String)>,
    /// Names that the id cannot carry, by position.
    #[serde(default)]
    names: BTreeMap<usize, String>,
    /// How the objects were left.
    #[serde(default)]
    seal: String,
}

impl Details {
    /// What is known of `entries`, which are those of `ledger` in the order of the inventory; those that are in no ledger are
    /// carried along without details.
    pub(super) fn of(ledger: &Ledger, entries: &[(InventoryEntry, Option<&LedgerEntry>)]) -> Self {
        let (mut inputs, mut templates) = (Column::default(), Column::default());
        let mut details = Self {
            ids: digest_of(entries.iter().map(|(entry, _)| entry.id.as_str())),
            seal: ledger.seal().to_hex(),
            ..Self::default()
        };
        for (position, (entry, known)) in entries.iter().enumerate() {
            let uid = known.and_then(|known| known.uid.as_deref());
            match uid.map(|uid| (uid, compact(uid))) {
                Some((_, Some(digits))) => details.uids.push_str(&digits),
                Some((uid, None)) => {
                    details.odd_uids.insert(position, uid.to_owned());
                    details.uids.push_str(UNKNOWN);
                }
                None => details.uids.push_str(UNKNOWN),
            }
            details.input.push(inputs.place(known.and_then(|known| known.input.as_ref()).map(InputRef::written)));
            details.template.push(templates.place(known.and_then(|known| known.template.clone())));
            if let Some(mark) = known.and_then(|known| word(known.mark)) {
                details.marks.push((position, entry.id.clone(), mark.to_owned()));
            }
            if let Some(name) = &entry.name {
                details.names.insert(position, name.clone());
            }
        }
        (details.inputs, details.templates) = (inputs.values, templates.values);
        details
    }

    /// Adds what is known to the entries of a status. Answers how the objects were left.
    pub(super) fn complete(&self, entries: &mut [InventoryEntry]) -> Seal {
        if self.ids != digest_of(entries.iter().map(|entry| entry.id.as_str())) {
            let marks: HashMap<&str, &str> =
                self.marks.iter().map(|(_, id, mark)| (id.as_str(), mark.as_str())).collect();
            for entry in entries.iter_mut().filter(|entry| entry.mark.is_none()) {
                let mark = marks.get(entry.id.as_str()).filter(|mark| from_word(mark) != Mark::Intended);
                entry.mark = mark.map(|mark| (*mark).to_owned());
            }
            return Seal::default();
        }
        let at = |column: &[String], places: &[usize], position: usize| -> Option<String> {
            let place = places.get(position)?.checked_sub(1)?;
            column.get(place).cloned()
        };
        for (position, entry) in entries.iter_mut().enumerate() {
            entry.uid = entry.uid.take().or_else(|| self.uid(position));
            entry.input = entry.input.take().or_else(|| at(&self.inputs, &self.input, position));
            entry.template = entry.template.take().or_else(|| at(&self.templates, &self.template, position));
            entry.name = entry.name.take().or_else(|| self.names.get(&position).cloned());
        }
        for (position, _, mark) in &self.marks {
            if let Some(entry) = entries.get_mut(*position) {
                entry.mark = Some(mark.clone());
            }
        }
        Seal::from_hex(&self.seal)
    }

    fn uid(&self, position: usize) -> Option<String> {
        if let Some(odd) = self.odd_uids.get(&position) {
            return Some(odd.clone());
        }
        let begin = position.checked_mul(UNKNOWN.len())?;
        let digits = self.uids.get(begin..begin + UNKNOWN.len()).filter(|digits| *digits != UNKNOWN)?;
        Some(expanded(digits))
    }

    /// Fills unknown UIDs, so that the size is that of the ledger when all objects are applied.
    #[must_use]
    pub fn with_all_uids(mut self) -> Self {
        let count = self.input.len();
        // As little compressible as a UID.
        let filler = |position: usize| sha256_hex(position.to_string().as_bytes());
        let uids = (0..count).map(|position| {
            let digits = self.uid(position).and_then(|uid| compact(&uid));
            digits.unwrap_or_else(|| filler(position).get(..UNKNOWN.len()).unwrap_or_default().to_owned())
        });
        self.uids = uids.collect();
        if self.seal.is_empty() {
            self.seal =
                (0..Seal::groups(count)).filter_map(|group| filler(group).get(16..32).map(str::to_owned)).collect();
        }
        self
    }

    /// Whether nothing is known beyond the ids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uids.bytes().all(|digit| digit == b'0')
            && self.odd_uids.is_empty()
            && self.inputs.is_empty()
            && self.templates.is_empty()
            && self.marks.is_empty()
            && self.names.is_empty()
            && self.seal.is_empty()
    }
}

/// The distinct values of a column, in the order of their first use.
#[derive(Default)]
struct Column {
    values: Vec<String>,
    places: HashMap<String, usize>,
}

impl Column {
    fn place(&mut self, value: Option<String>) -> usize {
        let Some(value) = value else { return 0 };
        if let Some(place) = self.places.get(&value) {
            return *place;
        }
        self.values.push(value.clone());
        self.places.insert(value, self.values.len());
        self.values.len()
    }
}

fn digest_of<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for id in ids {
        text.push_str(id);
        text.push('\n');
    }
    let mut digest = sha256_hex(text.as_bytes());
    digest.truncate(16);
    digest
}

/// Stands for a UID that is not known.
const UNKNOWN: &str = "00000000000000000000000000000000";

/// Where the dashes of a UID stand.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// The digits of a UID of the usual form.
fn compact(uid: &str) -> Option<String> {
    let usual = uid.len() == 36
        && uid.bytes().enumerate().all(|(at, byte)| match byte {
            b'-' => DASHES.contains(&at),
            b'0'..=b'9' | b'a'..=b'f' => !DASHES.contains(&at),
            _ => false,
        });
    usual.then(|| uid.replace('-', "")).filter(|digits| digits != UNKNOWN)
}

fn expanded(digits: &str) -> String {
    let mut uid = String::with_capacity(digits.len() + DASHES.len());
    for digit in digits.chars() {
        if DASHES.contains(&uid.len()) {
            uid.push('-');
        }
        uid.push(digit);
    }
    uid
}
