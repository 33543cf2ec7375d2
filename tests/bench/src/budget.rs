//! Figures beside their goals.

use anyhow::Result;
use serde::Serialize;

/// What a figure should be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Whatever it is.
    None,
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    name: String,
    unit: String,
    figure: f64,
    goal: Goal,
    met: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detail: Vec<String>,
}

impl Row {
    /// A figure and its goal.
    #[must_use]
    pub fn new(name: &str, unit: &str, figure: f64, goal: Goal) -> Self {
        let met = match goal {
            Goal::AtMost(most) => figure <= most,
            Goal::AtLeast(least) => figure >= least,
            Goal::None => true,
        };
        Self { name: name.to_owned(), unit: unit.to_owned(), figure, goal, met, detail: Vec::new() }
    }

    /// With what it is made of, which is shown where the goal is missed.
    #[must_use]
    pub fn detailed(mut self, lines: &[String]) -> Self {
        if !self.met {
            self.detail = lines.iter().take(20).cloned().collect();
        }
        self
    }
}

/// Prints all rows.
///
/// # Errors
/// They cannot be written as JSON.
pub fn print(rows: &[Row], output: &str) -> Result<()> {
    if output == "json" {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    println!("\n{:<64} {:>10} {:>10}", "", "measured", "goal");
    for row in rows {
        let goal = match row.goal {
            Goal::AtMost(most) => format!("≤ {most}"),
            Goal::AtLeast(least) => format!("≥ {least}"),
            Goal::None => String::new(),
        };
        let verdict = if row.met { "" } else { "  missed" };
        let figure = if row.figure.fract() == 0.0 { format!("{}", row.figure) } else { format!("{:.2}", row.figure) };
        println!("{:<64} {figure:>10} {goal:>10}{verdict}", format!("{}, {}", row.name, row.unit));
        for line in &row.detail {
            println!("    {line}");
        }
    }
    Ok(())
}
