//! What became of each object: for people, for the summary of a pipeline, and for its test report.

use super::observe::State;
use super::row::Row;
use super::wait::End;
use crate::cli::ReportFormat;
use crate::process::table::one_line;
use serde_json::json;
use std::time::Duration;

/// All objects at the end of a sync.
pub(super) struct Report {
    digest: Option<String>,
    rows: Vec<Row>,
    took: Duration,
}

impl Report {
    pub(super) fn new(digest: Option<String>, rows: Vec<Row>, took: Duration) -> Self {
        Self { digest, rows, took }
    }

    /// The state of all: the first in the order of the badges.
    fn badge(&self) -> State {
        self.rows.iter().map(|row| row.seen.state).min().unwrap_or(State::Unknown)
    }

    /// The last line.
    pub(super) fn summary(&self, end: End) -> String {
        let first = |states: &[State]| {
            let found = self.rows.iter().find(|row| states.contains(&row.seen.state));
            found.map(Row::line).unwrap_or_default()
        };
        match end {
            End::Synced => {
                let revision = self.rows.first().map(|row| row.seen.revision.as_str()).unwrap_or_default();
                format!("synced {revision} in {} s: {} objects", self.took.as_secs(), self.rows.len())
            }
            End::Failed => first(&[State::Stalled, State::Failed]),
            End::TimedOut => {
                let waited = first(&[State::Failed, State::Reconciling, State::Unknown]);
                format!("timed out after {} s (--timeout) waiting for {waited}", self.took.as_secs())
            }
            End::Suspended => format!("{}; resume it with `flux resume`", first(&[State::Unavailable])),
        }
    }

    /// The report in a format.
    pub(super) fn text(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Json => self.json(),
            ReportFormat::Markdown => self.markdown(),
            ReportFormat::Junit => self.junit(),
        }
    }

    fn json(&self) -> String {
        let objects: Vec<_> = self
            .rows
            .iter()
            .map(|Row { object, seen, .. }| {
                json!({
                    "kind": object.kind.as_str(),
                    "namespace": object.name.namespace,
                    "name": object.name.name,
                    "state": seen.state.as_str(),
                    "revision": seen.revision,
                    "message": seen.message,
                })
            })
            .collect();
        let report = json!({
            "badge": self.badge().as_str(),
            "digest": self.digest,
            "seconds": self.took.as_secs(),
            "objects": objects,
        });
        format!("{report:#}\n")
    }

    fn markdown(&self) -> String {
        let cell = |text: &str| one_line(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
        let mut text = format!("**{}** {}\n\n", self.badge().as_str(), self.digest.as_deref().unwrap_or_default());
        text.push_str("| object | state | revision | message |\n|---|---|---|---|\n");
        for row in &self.rows {
            let seen = &row.seen;
            let cells = [&row.name(), seen.state.as_str(), &seen.revision, &seen.message].map(cell);
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text
    }

    fn junit(&self) -> String {
        let failed =
            |row: &&Row| row.seen.state != State::Reconciled && (row.required || row.seen.state != State::Unavailable);
        let failures = self.rows.iter().filter(failed).count();
        let seconds = self.took.as_secs_f64();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"orangery sync\" tests=\"{}\" failures=\"{failures}\" \
             time=\"{seconds:.3}\">\n",
            self.rows.len()
        );
        for row in &self.rows {
            let name = xml(&row.name());
            text.push_str(&format!("  <testcase classname=\"orangery sync\" name=\"{name}\""));
            let (state, message) = (row.seen.state.as_str(), xml(&row.seen.message));
            if failed(&row) {
                text.push_str(&format!(">\n    <failure type=\"{state}\" message=\"{message}\"/>\n  </testcase>\n"));
            } else {
                text.push_str("/>\n");
            }
        }
        text + "</testsuite>\n"
    }
}

/// A text in an attribute. XML has no other control characters, not even escaped.
fn xml(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
