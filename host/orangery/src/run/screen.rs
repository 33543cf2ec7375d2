//! The output of local mode: a live table on a terminal, plain lines elsewhere.

use comfy_table::{ContentArrangement, Table, presets};
use orangery_controller::local::{Pass, ProviderRow, SetRow};
use orangery_core::NamespacedName;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

/// Longest message in a table, in characters.
const MESSAGE: usize = 90;

/// Remembers what was last printed for each resource, so that a line is printed only when something changed.
pub(super) struct Screen {
    live: bool,
    providers: BTreeMap<NamespacedName, (String, String)>,
    sets: BTreeMap<NamespacedName, (String, String)>,
    shown: BTreeMap<String, String>,
    recent: Vec<String>,
}

impl Screen {
    /// Uses the live table if stdout is a terminal.
    pub(super) fn new() -> Self {
        Self {
            live: std::io::stdout().is_terminal(),
            providers: BTreeMap::new(),
            sets: BTreeMap::new(),
            shown: BTreeMap::new(),
            recent: Vec::new(),
        }
    }

    /// Prints the results of a pass.
    pub(super) fn show(&mut self, pass: &Pass) {
        let mut lines = Vec::new();
        for row in &pass.providers {
            self.providers.insert(row.name.clone(), provider(row));
            let state = format!("{} provider {}: {} inputs, {}", row.mark(), row.name, row.inputs, row.message);
            self.changed(format!("provider {}", row.name), &state, &mut lines);
        }
        for row in &pass.sets {
            self.sets.insert(row.name.clone(), set(row));
            lines.extend(row.changes.iter().map(|change| format!("  {change}")));
            let state = format!(
                "{} set {}: {} objects in {} environments, {}",
                row.mark(),
                row.name,
                row.objects,
                row.environments.len(),
                row.message
            );
            self.changed(format!("set {}", row.name), &state, &mut lines);
        }
        for notice in &pass.notices {
            self.changed(format!("notice {notice}"), &format!("! {notice}"), &mut lines);
        }
        if self.live {
            self.recent.extend(lines);
            let surplus = self.recent.len().saturating_sub(12);
            self.recent.drain(..surplus);
            self.draw();
        } else {
            let mut out = std::io::stdout().lock();
            for line in lines {
                // A closed pipe must not end the reconciliation.
                let _ = writeln!(out, "{line}");
            }
            let _ = out.flush();
        }
    }

    /// Adds a line if the state differs from the last one. The duration at the end of a message does not count as a difference.
    fn changed(&mut self, what: String, state: &str, lines: &mut Vec<String>) {
        let state_without_duration = state.split("Reconciliation finished in").next().unwrap_or(state).to_owned();
        if self.shown.get(&what) != Some(&state_without_duration) {
            lines.push(state.to_owned());
            self.shown.insert(what, state_without_duration);
        }
    }

    fn draw(&self) {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["", "RESOURCE", "STATE", "MESSAGE"]);
        for (name, (state, message)) in &self.providers {
            table.add_row(["provider".to_owned(), name.to_string(), state.clone(), cut(message)]);
        }
        for (name, (state, message)) in &self.sets {
            table.add_row(["set".to_owned(), name.to_string(), state.clone(), cut(message)]);
        }
        let mut out = std::io::stdout().lock();
        // Cursor home, then clear to the end, which does not flicker as clearing first does.
        let _ = writeln!(out, "\x1b[H\x1b[J{table}\n{}", self.recent.join("\n"));
        let _ = out.flush();
    }
}

fn provider(row: &ProviderRow) -> (String, String) {
    (format!("{} {} inputs", row.mark(), row.inputs), row.message.clone())
}

fn set(row: &SetRow) -> (String, String) {
    let held = if row.held > 0 { format!(", {} held", row.held) } else { String::new() };
    (
        format!("{} {} objects, {} environments{held}", row.mark(), row.objects, row.environments.len()),
        row.message.clone(),
    )
}

fn cut(message: &str) -> String {
    if message.chars().count() <= MESSAGE {
        return message.to_owned();
    }
    message.chars().take(MESSAGE - 1).chain(['…']).collect()
}
