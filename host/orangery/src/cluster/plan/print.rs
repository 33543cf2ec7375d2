//! Prints a plan for people: as text, and as a comment for a change request.

use super::forecast::{Forecast, Touched};
use orangery_cluster::FieldChange;
use serde_json::Value;

/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// For a terminal.
pub(super) fn text(forecast: &Forecast) -> String {
    let mut text = format!("ResourceSet/{}/{}\n\n", forecast.namespace, forecast.name);
    for (sign, objects) in signs(forecast) {
        for touched in objects {
            text.push_str(&format!("{sign} {}\n", line(touched)));
            for field in &touched.fields {
                text.push_str(&format!("    {}: {}\n", field.path, change(field)));
            }
        }
    }
    for held in &forecast.held {
        for touched in &held.objects {
            text.push_str(&format!("! {} held\n", line(touched)));
        }
        text.push_str(&format!("    held, because {}\n    approve these with {}\n", held.reason, held.digest));
        text.push_str(&format!("    by the guard of {}\n", plain(&forecast.settings)));
    }
    for kept in &forecast.kept {
        text.push_str(&format!("= {}\n", plain(&kept.message)));
    }
    for adopted in &forecast.adopted {
        text.push_str(&format!("a {adopted} exists, has no owner, and would be adopted\n"));
    }
    for failed in &forecast.failed {
        text.push_str(&format!("✗ {}: {}\n", failed.what, plain(&failed.message)));
    }
    for warning in &forecast.warnings {
        text.push_str(&format!("⚠ {}\n", plain(warning)));
    }
    if let Some(waiting) = &forecast.waiting {
        text.push_str(&format!("◎ {}\n", plain(waiting)));
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    text + &summary(forecast) + "\n"
}

/// For a change request.
pub(super) fn markdown(forecast: &Forecast) -> String {
    let mut text =
        format!("### Plan of ResourceSet `{}/{}`\n\n{}\n", forecast.namespace, forecast.name, summary(forecast));
    let any = forecast.changes() || forecast.fails();
    if any {
        text.push_str("\n| | object | input |\n|---|---|---|\n");
    }
    let row = |what: &str, touched: &Touched| {
        let input = touched.input.as_deref().map(cell).unwrap_or_default();
        format!("| {what} | `{}` | {input} |\n", touched.object)
    };
    let words = ["create", "change", "re-create", "delete"];
    for ((_, objects), word) in signs(forecast).into_iter().zip(words) {
        text.extend(objects.iter().map(|touched| row(word, touched)));
    }
    for held in &forecast.held {
        text.extend(held.objects.iter().map(|touched| row("**hold**", touched)));
    }
    for failed in &forecast.failed {
        text.push_str(&format!("| **fails** | {} | {} |\n", cell(&failed.what), cell(&failed.message)));
    }
    let fields: String = forecast
        .changed
        .iter()
        .chain(&forecast.recreated)
        .map(|touched| {
            let lines: String =
                touched.fields.iter().map(|field| format!("  {}: {}\n", field.path, change(field))).collect();
            format!("{}\n{lines}", touched.object)
        })
        .collect();
    if !fields.is_empty() {
        // A code fence that no value can close.
        let fence = "`".repeat(longest_run(&fields).saturating_add(1).max(3));
        text.push_str(&format!("\n<details><summary>Fields</summary>\n\n{fence}\n{fields}{fence}\n\n</details>\n"));
    }
    for held in &forecast.held {
        text.push_str(&format!("\nHeld, because {}. Approval: `{}`\n", cell(&held.reason), held.digest));
    }
    text
}

fn signs(forecast: &Forecast) -> [(&'static str, &[Touched]); 4] {
    [
        ("+", forecast.created.as_slice()),
        ("~", forecast.changed.as_slice()),
        ("±", forecast.recreated.as_slice()),
        ("-", forecast.deleted.as_slice()),
    ]
}

fn summary(forecast: &Forecast) -> String {
    let held: usize = forecast.held.iter().map(|held| held.objects.len()).sum();
    let counts = [
        (forecast.created.len(), "to create"),
        (forecast.changed.len(), "to change"),
        (forecast.recreated.len(), "to re-create"),
        (forecast.deleted.len(), "to delete"),
        (held, "held"),
        (forecast.failed.len(), "failing"),
    ];
    let mut parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() {
        parts.push("nothing to do".to_owned());
    }
    parts.push(format!("{} unchanged", forecast.unchanged));
    parts.join(", ")
}

fn line(touched: &Touched) -> String {
    match &touched.input {
        Some(input) => format!("{}  ({})", touched.object, plain(input)),
        None => touched.object.clone(),
    }
}

fn change(field: &FieldChange) -> String {
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "(absent)".to_owned(), short);
    format!("{} → {}", shown(&field.before), shown(&field.after))
}

fn short(value: &Value) -> String {
    let text = plain(&value.to_string());
    if text.chars().count() <= SHOWN {
        return text;
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}

/// Outsiders choose parts of these texts; none of them ends a line or moves the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

/// A cell of a table, escaped so that no markup of an outsider takes effect.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for c in plain(text).chars() {
        if matches!(c, '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '@' | '#') {
            cell.push('\\');
        }
        cell.push(c);
    }
    cell
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_an_outsider_is_markup() {
        assert_eq!(cell("a|b\n<img>@all"), "a\\|b \\<img\\>\\@all");
        assert_eq!(longest_run("a ``` b ` c"), 3);
    }
}
