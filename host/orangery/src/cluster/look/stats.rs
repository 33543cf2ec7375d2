//! `orangery stats`: how many sets and providers there are, by state.

use crate::cli::cluster::StatsOptions;
use crate::cluster::connection::{Connection, Reach};
use crate::cluster::kind::Kind;
use crate::cluster::print::{self, Table};
use crate::exit;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The objects of one kind, counted.
struct Counts {
    kind: Kind,
    /// All that are not suspended.
    running: usize,
    /// Of these, those whose Ready is False.
    failing: usize,
    suspended: usize,
    /// What they own or export.
    entries: usize,
}

pub(in crate::cluster) async fn perform(options: StatsOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    // A namespace that is given narrows it; without one the whole cluster counts, as in Flux Operator's report.
    let reach = Reach::of(options.connection.namespace.is_none());
    let mut counts = Vec::new();
    for kind in Kind::ALL {
        let items = connection.list(kind, reach).await?;
        let list = match kind {
            Kind::Set => "/status/inventory/entries",
            Kind::Provider => "/status/exportedInputs",
        };
        let suspended = items.iter().filter(|item| item.is_suspended()).count();
        counts.push(Counts {
            kind,
            running: items.len().saturating_sub(suspended),
            failing: items.iter().filter(|item| item.ready_status() == "False").count(),
            suspended,
            entries: items.iter().map(|item| item.count(list)).sum(),
        });
    }
    let rows = Value::Array(counts.iter().map(Counts::value).collect());
    print::out(&print::rows(&rows, &[], &options.output, || table(&counts))?)?;
    Ok(exit::SUCCESS)
}

impl Counts {
    /// What STORAGE shows: neither kind keeps artifacts, so it is what they own or export.
    fn storage(&self) -> String {
        match self.kind {
            Kind::Set => format!("{} objects", self.entries),
            Kind::Provider => format!("{} inputs", self.entries),
        }
    }

    fn value(&self) -> Value {
        json!({
            "kind": self.kind.as_str(),
            "running": self.running,
            "failing": self.failing,
            "suspended": self.suspended,
            "storage": self.storage(),
        })
    }
}

fn table(counts: &[Counts]) -> Table {
    let mut table = Table::new(&["reconcilers", "running", "failing", "suspended", "storage"]);
    for one in counts {
        table.row(vec![
            one.kind.as_str().to_owned(),
            one.running.to_string(),
            one.failing.to_string(),
            one.suspended.to_string(),
            one.storage(),
        ]);
    }
    table
}
