//! Configurations that a plugin has accepted. A plugin is asked once about each, not before every poll.
//!
//! Only acceptance is remembered. A plugin is asked again after a refusal, which is retried only when something
//! changed.

use crate::calls::single_flight::RequestKey;
use crate::guest::failure::Note;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The bytes of all entries. The oldest one is forgotten first, which costs one more call.
const MOST_BYTES: usize = 1 << 20;
/// The bytes of an entry without remarks.
const ENTRY_BYTES: usize = 128;

/// The accepted configurations, with the plugin's remarks.
#[derive(Default)]
pub(crate) struct AcceptedConfigs {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    notes: HashMap<RequestKey, Vec<Note>>,
    order: VecDeque<RequestKey>,
    bytes: usize,
}

/// The key of a configuration: the component, the type or renderer, and the text.
pub(crate) fn question(digest: &str, type_name: &str, config: &str) -> RequestKey {
    RequestKey::of([digest.as_bytes(), type_name.as_bytes(), config.as_bytes()])
}

impl AcceptedConfigs {
    /// The remarks about a configuration that was accepted.
    pub(crate) fn find(&self, question: &RequestKey) -> Option<Vec<Note>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).notes.get(question).cloned()
    }

    /// Remembers an accepted configuration.
    pub(crate) fn keep(&self, question: RequestKey, notes: Vec<Note>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.notes.contains_key(&question) {
            return;
        }
        known.bytes = known.bytes.saturating_add(weight(&notes));
        known.notes.insert(question, notes);
        known.order.push_back(question);
        while known.bytes > MOST_BYTES
            && let Some(oldest) = known.order.pop_front()
        {
            let freed = known.notes.remove(&oldest).as_deref().map_or(0, weight);
            known.bytes = known.bytes.saturating_sub(freed);
        }
    }
}

fn weight(notes: &[Note]) -> usize {
    let texts = notes.iter().map(|note| ENTRY_BYTES + note.code.as_str().len() + note.message.as_str().len());
    texts.fold(ENTRY_BYTES, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::text::GuestText;
    use orangery_egress::Redactor;

    fn note(bytes: usize) -> Note {
        let text = |bytes: usize| GuestText::bounded(&"x".repeat(bytes), bytes, &Redactor::default());
        Note { code: text(4), message: text(bytes) }
    }

    #[test]
    fn it_tells_configurations_and_components_apart() {
        let accepted = AcceptedConfigs::default();
        accepted.keep(question("d", "K", "1"), vec![note(3)]);
        assert_eq!(accepted.find(&question("d", "K", "1")), Some(vec![note(3)]));
        for other in [question("other", "K", "1"), question("d", "L", "1"), question("d", "K", "2")] {
            assert_eq!(accepted.find(&other), None);
        }
    }

    #[test]
    fn what_it_remembers_is_bounded_and_the_oldest_goes_first() {
        let accepted = AcceptedConfigs::default();
        for n in 0..5_000 {
            accepted.keep(question("d", "K", &n.to_string()), vec![note(1000); 50]);
        }
        assert!(accepted.find(&question("d", "K", "0")).is_none());
        assert!(accepted.find(&question("d", "K", "4999")).is_some());
        let known = accepted.known.lock().unwrap();
        assert!(known.bytes <= MOST_BYTES && known.order.len() == known.notes.len(), "{}", known.bytes);
    }
}
