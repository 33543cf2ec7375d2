//! Ledgers of older versions: the names of sources become sources of a kind, as far as that can be told.

use super::{InputRef, InputSource, Ledger, LedgerEntry, SourceRef};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

impl Ledger {
    /// The ledger with the kinds of sources, as far as they can be told: a uid belongs to one source, and a name that only one
    /// source has is that source's. `present` are the inputs of now, `providers` the names of those that are read.
    #[must_use]
    pub fn typed<'a>(
        &self,
        present: &BTreeSet<InputRef>,
        providers: impl IntoIterator<Item = &'a str>,
    ) -> Cow<'_, Self> {
        let untyped = |entry: &&LedgerEntry| entry.input.as_ref().is_some_and(|input| !input.source.is_typed());
        if !self.iter().any(|entry| untyped(&entry)) {
            return Cow::Borrowed(self);
        }
        let by_uid: BTreeMap<&str, &InputRef> = present.iter().map(|input| (input.uid.as_str(), input)).collect();
        let providers = providers.into_iter().map(|name| SourceRef::provider(name).into());
        let known: BTreeSet<InputSource> = present.iter().map(|input| input.source.clone()).chain(providers).collect();
        let told = |input: &InputRef| {
            if let Some(present) = by_uid.get(input.uid.as_str()) {
                return Some((*present).clone());
            }
            let mut candidates = known.iter().filter(|known| known.has_the_names_of(&input.source));
            match (candidates.next(), candidates.next()) {
                (Some(only), None) => Some(InputRef { source: only.clone(), uid: input.uid.clone() }),
                _ => None,
            }
        };
        let mut ledger = self.clone();
        for entry in ledger.entries.values_mut() {
            if untyped(&&*entry)
                && let Some(input) = entry.input.as_ref().and_then(told)
            {
                entry.input = Some(input);
            }
        }
        Cow::Owned(ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::ObjectKey;

    fn ledger(inputs: &[&str]) -> Ledger {
        let entry = |(index, input): (usize, &&str)| {
            let name = format!("object-{index}");
            let key = ObjectKey { group: String::new(), kind: "ConfigMap".into(), namespace: "apps".into(), name };
            LedgerEntry { input: InputRef::parse(input), ..LedgerEntry::about_to_be(key, "v1") }
        };
        inputs.iter().enumerate().map(entry).collect()
    }

    fn written(ledger: &Ledger) -> Vec<String> {
        ledger.iter().map(|entry| entry.input.as_ref().unwrap().written()).collect()
    }

    #[test]
    fn a_uid_or_a_name_that_one_source_has_tells_the_kind() {
        let present =
            BTreeSet::from(["rset/set/01", "rsip/set/02", "rsip/p/03"].map(|text| InputRef::parse(text).unwrap()));
        let old = ledger(&["set/01", "set/02", "set/07", "p/08", "q/09", "gone/0a", "rsip/p/03"]);
        let typed = old.typed(&present, ["set", "p", "q"]);
        let kinds = ["rset/set/01", "rsip/set/02", "set/07", "rsip/p/08", "rsip/q/09", "gone/0a", "rsip/p/03"];
        assert_eq!(written(&typed), kinds);
    }

    #[test]
    fn a_ledger_whose_kinds_are_known_is_not_copied() {
        let present = BTreeSet::new();
        assert!(matches!(ledger(&["rsip/p/01"]).typed(&present, []), Cow::Borrowed(_)));
        assert!(matches!(Ledger::default().typed(&present, []), Cow::Borrowed(_)));
    }
}
