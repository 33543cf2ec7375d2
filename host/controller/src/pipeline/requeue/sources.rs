//! Which custom resources read which ConfigMaps and Secrets, so that a change of one of these reaches them at once.
//!
//! # Guarantees
//! A change that comes while a reader is being reconciled is not lost: the reader is reconciled once more. Only what a reader was
//! allowed to read is remembered.

use orangery_core::NamespacedName;
use orangery_core::checksum::DataRef;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// How long a change is remembered: longer than any reconciliation takes.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// A custom resource that reads ConfigMaps or Secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reader {
    /// The kind of the object.
    pub kind: &'static str,
    /// The object, by namespace and name.
    pub name: NamespacedName,
}

/// The readers of each ConfigMap and Secret, and those to reconcile after a change.
#[derive(Default)]
pub struct SourceReaders {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    readers: HashMap<DataRef, BTreeSet<Reader>>,
    sources: HashMap<Reader, BTreeSet<DataRef>>,
    changed: HashMap<DataRef, Instant>,
    listeners: HashMap<&'static str, UnboundedSender<NamespacedName>>,
}

impl SourceReaders {
    /// The readers of one kind that have to be reconciled. The last caller receives them.
    pub fn listen(&self, kind: &'static str) -> UnboundedReceiver<NamespacedName> {
        let (listener, told) = mpsc::unbounded_channel();
        self.state.lock().unwrap_or_else(PoisonError::into_inner).listeners.insert(kind, listener);
        told
    }

    /// Remembers what a reader has read in a reconciliation that began at this moment.
    pub fn record(&self, reader: Reader, sources: BTreeSet<DataRef>, begun: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.remove(&reader);
        if sources.iter().any(|source| state.changed.get(source).is_some_and(|at| *at >= begun)) {
            state.tell(&reader);
        }
        for source in &sources {
            state.readers.entry(source.clone()).or_default().insert(reader.clone());
        }
        if !sources.is_empty() {
            state.sources.insert(reader, sources);
        }
    }

    /// Tells the readers of something that has changed, appeared or gone.
    pub fn changed(&self, source: DataRef) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for reader in state.readers.get(&source).into_iter().flatten() {
            state.tell(reader);
        }
        let now = Instant::now();
        state.changed.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        state.changed.insert(source, now);
    }

    /// Forgets a reader that was deleted.
    pub fn forget(&self, reader: &Reader) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).remove(reader);
    }
}

impl State {
    fn remove(&mut self, reader: &Reader) {
        for source in self.sources.remove(reader).into_iter().flatten() {
            if let Some(readers) = self.readers.get_mut(&source) {
                readers.remove(reader);
                if readers.is_empty() {
                    self.readers.remove(&source);
                }
            }
        }
    }

    fn tell(&self, reader: &Reader) {
        if let Some(listener) = self.listeners.get(reader.kind) {
            // Nobody listens any more once the controller has ended.
            let _ = listener.send(reader.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_core::checksum::DataKind;

    fn secret(name: &str) -> DataRef {
        DataRef { kind: DataKind::Secret, namespace: "apps".into(), name: name.into() }
    }

    fn reader(name: &str) -> Reader {
        Reader { kind: "ResourceSet", name: NamespacedName::new("apps", name) }
    }

    fn told(receiver: &mut UnboundedReceiver<NamespacedName>) -> Vec<String> {
        std::iter::from_fn(|| receiver.try_recv().ok()).map(|name| name.name).collect()
    }

    #[test]
    fn who_reads_a_source_is_told_and_who_does_not_any_more_is_not() {
        let sources = SourceReaders::default();
        let mut receiver = sources.listen("ResourceSet");
        let now = Instant::now();
        sources.record(reader("a"), BTreeSet::from([secret("one"), secret("two")]), now);
        sources.record(reader("b"), BTreeSet::from([secret("two")]), now);
        sources.changed(secret("one"));
        assert_eq!(told(&mut receiver), ["a"]);
        sources.changed(secret("two"));
        assert_eq!(told(&mut receiver), ["a", "b"]);
        sources.record(reader("a"), BTreeSet::from([secret("one")]), Instant::now());
        sources.forget(&reader("b"));
        sources.changed(secret("two"));
        assert!(told(&mut receiver).is_empty());
        assert_eq!(sources.state.lock().unwrap().readers.len(), 1);
    }

    #[test]
    fn a_change_during_the_reconciliation_is_not_lost_and_an_older_one_is_not_told_again() {
        let sources = SourceReaders::default();
        let mut receiver = sources.listen("ResourceSet");
        let begun = Instant::now();
        sources.changed(secret("one"));
        sources.record(reader("a"), BTreeSet::from([secret("one")]), begun);
        assert_eq!(told(&mut receiver), ["a"]);
        std::thread::sleep(Duration::from_millis(2));
        sources.record(reader("a"), BTreeSet::from([secret("one")]), Instant::now());
        assert!(told(&mut receiver).is_empty());
    }
}
