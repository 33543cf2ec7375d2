//! One entry of the inventory as the wire has it.

use crate::ledger::Mark;
use serde::{Deserialize, Serialize};

/// One entry as the status has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// `<namespace>_<name>_<group>_<kind>`; colons of names are written `__`.
    pub id: String,
    /// The API version of the object, without the group.
    pub v: String,
    /// UID of the live object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// What else is known of it: why it is still here although nothing renders it, or that it was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// `<kind>/<source>/<uid>` of the input it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The template it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The name, where the id cannot carry it exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A mark as the wire has it; `None` for the ordinary one.
pub(super) fn word(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Owned => None,
        Mark::Intended => Some("Intended"),
        Mark::Adopted => Some("Adopted"),
        Mark::Frozen => Some("Frozen"),
        Mark::PruneDisabled => Some("PruneDisabled"),
        Mark::Held => Some("Held"),
        Mark::Approved => Some("Approved"),
        Mark::Terminating => Some("Terminating"),
    }
}

pub(super) fn from_word(word: &str) -> Mark {
    match word {
        "Intended" => Mark::Intended,
        "Adopted" => Mark::Adopted,
        "Frozen" => Mark::Frozen,
        "PruneDisabled" => Mark::PruneDisabled,
        "Held" => Mark::Held,
        "Approved" => Mark::Approved,
        "Terminating" => Mark::Terminating,
        _ => Mark::Owned,
    }
}
