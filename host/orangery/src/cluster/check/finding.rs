//! What a check has found.

use serde::Serialize;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Good,
    /// It works, but may surprise a user.
    Warning,
    /// It does not work.
    Problem,
}

impl Level {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Good => "✔",
            Self::Warning => "⚠",
            Self::Problem => "✗",
        }
    }
}

/// One result of a check.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What was checked.
    pub(super) area: &'static str,
    /// The object or file that was checked.
    pub(super) subject: String,
    #[serde(rename = "finding")]
    pub(super) text: String,
    #[serde(rename = "whatToDo", skip_serializing_if = "String::is_empty")]
    pub(super) next: String,
}

/// All findings, in the order of the checks.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn good(&mut self, area: &'static str, subject: impl Into<String>, text: impl Into<String>) {
        self.add(Level::Good, area, subject, text, "");
    }

    pub(super) fn warning(
        &mut self,
        area: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.add(Level::Warning, area, subject, text, next);
    }

    pub(super) fn problem(
        &mut self,
        area: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.add(Level::Problem, area, subject, text, next);
    }

    fn add(
        &mut self,
        level: Level,
        area: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.0.push(Finding { level, area, subject: subject.into(), text: text.into(), next: next.into() });
    }
}
