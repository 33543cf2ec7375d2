//! Asks for a reconciliation where one is needed, and looks until everything is done, something failed, or time is up.

use super::flux::{Flux, ObjectName, text};
use super::notify::Notify;
use super::observe::{self, Asked, Seen, State, Wanted};
use super::row::Row;
use crate::failure;
use jiff::Timestamp;
use kube::api::DynamicObject;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The pause between two looks: what Flux's own command line waits.
const PAUSE: Duration = Duration::from_secs(2);
/// The first pauses are shorter: a small set is applied within a second.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Synced,
    Failed,
    TimedOut,
    Suspended,
}

/// What is waited for beside the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Followed {
    Nothing,
    Only(ObjectName),
    All,
}

/// A sync.
pub(super) struct Sync {
    pub(super) flux: Flux,
    pub(super) sources: Vec<ObjectName>,
    /// The digest that has to be applied; where it is not known, it is what the sources fetch.
    pub(super) digest: Option<String>,
    pub(super) followed: Followed,
    pub(super) notify: Notify,
    pub(super) wait_retries: bool,
    pub(super) deadline: Instant,
}

impl Sync {
    /// Runs to the end; what became of each object is answered with it.
    pub(super) async fn run(&self) -> anyhow::Result<(End, Vec<Row>)> {
        let mut asked: BTreeMap<&ObjectName, Asked> = BTreeMap::new();
        // A source that has the digest already is not asked again: what reads it is on its way, and is joined.
        let mut rows = self.look(&asked).await?;
        for source in &self.sources {
            let seen = rows.iter().find(|row| row.object == *source).map(|row| row.seen.state);
            let done = self.digest.is_some() && seen == Some(State::Reconciled);
            if !done && seen != Some(State::Unavailable) {
                asked.insert(source, self.ask(source).await?);
            }
        }
        if asked.values().any(|asked| matches!(asked, Asked::Since(_))) {
            self.notify.send(self.digest.as_deref()).await?;
        }
        let mut told = BTreeMap::new();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.look(&asked).await {
                Ok(found) => {
                    rows = found;
                    tell(&rows, &mut told);
                    if let Some(end) = self.end(&rows) {
                        return Ok((end, rows));
                    }
                }
                // An API server that is away for a moment ends no deployment.
                Err(error) => eprintln!("! {}", failure::tell(&error)),
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((End::TimedOut, rows));
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = pause.saturating_mul(2).min(PAUSE);
        }
    }

    /// Asks a source to look now, or remembers what it had handled before a hook asks it.
    async fn ask(&self, source: &ObjectName) -> anyhow::Result<Asked> {
        if self.notify == Notify::Annotation {
            let token = Timestamp::now().to_string();
            self.flux.request(source, &token).await?;
            eprintln!("► {} {} annotated", source.kind.as_str(), source.name);
            return Ok(Asked::ByToken(token));
        }
        let object = self.flux.get(source).await?;
        Ok(Asked::Since(text(&object, "/status/lastHandledReconcileAt").to_owned()))
    }

    /// All sources, and what reads them.
    async fn look(&self, asked: &BTreeMap<&ObjectName, Asked>) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for source in &self.sources {
            let wanted = Wanted { digest: self.digest.as_deref(), asked: asked.get(source) };
            let found = self.flux.find(source).await?;
            let seen = found.map_or_else(Seen::gone, |object| observe::source(&object, wanted));
            let fetched = (seen.state == State::Reconciled).then(|| seen.revision.clone());
            rows.push(Row { object: source.clone(), seen, required: true });
            rows.extend(self.readers(source, fetched.as_deref()).await?);
        }
        Ok(rows)
    }

    /// What reads a source that has fetched a revision, or has not yet.
    async fn readers(&self, source: &ObjectName, fetched: Option<&str>) -> anyhow::Result<Vec<Row>> {
        let (found, required) = match &self.followed {
            Followed::Nothing => (Vec::new(), false),
            Followed::Only(reader) => (vec![(reader.clone(), self.flux.find(reader).await?)], true),
            Followed::All => {
                let readers = self.flux.readers_of(source).await?;
                (readers.into_iter().map(|(name, object)| (name, Some(object))).collect(), false)
            }
        };
        let row = |(reader, object): (ObjectName, Option<DynamicObject>)| {
            let of = |object| observe::reader(reader.kind, &object, fetched.unwrap_or_default());
            let mut seen = object.map_or_else(Seen::gone, of);
            // Until the source is there, nothing that is said of what reads it is about our revision.
            if fetched.is_none() && seen.state != State::Unavailable {
                seen = Seen { state: State::Reconciling, message: "waits for its source".to_owned(), ..seen };
            }
            Row { object: reader, seen, required }
        };
        Ok(found.into_iter().map(row).collect())
    }

    /// The end, if this is one. What is suspended counts only where it was asked for by name, or is a source.
    fn end(&self, rows: &[Row]) -> Option<End> {
        let counted = || rows.iter().filter(|row| row.required || row.seen.state != State::Unavailable);
        let any = |state: State| counted().any(|row| row.seen.state == state);
        if any(State::Unavailable) {
            Some(End::Suspended)
        } else if any(State::Stalled) || (any(State::Failed) && !self.wait_retries) {
            Some(End::Failed)
        } else if counted().all(|row| row.seen.state == State::Reconciled) {
            Some(End::Synced)
        } else {
            None
        }
    }
}

/// Says on stderr what changed.
fn tell(rows: &[Row], told: &mut BTreeMap<ObjectName, Seen>) {
    for row in rows {
        if told.get(&row.object) != Some(&row.seen) {
            eprintln!("◎ {}", row.line());
            told.insert(row.object.clone(), row.seen.clone());
        }
    }
}
