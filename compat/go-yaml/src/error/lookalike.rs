//! Names the usual causes of a syntax error: a tab as indentation, characters that only look like a space, a quote or a dash.
//!
//! Examines only the line of the error and the few lines before it, so a long text costs nothing.

use std::fmt;

use crate::error::Location;

/// How many lines before the error are looked at.
const LINES_BEFORE: usize = 2;
/// How many characters of a line are looked at.
const WIDTH: usize = 2000;

/// What probably caused a syntax error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// A tab indents a line.
    Tab {
        /// Where the tab is.
        at: Location,
    },
    /// A character that looks like another one.
    LookAlike {
        /// The character that looks like another one.
        character: char,
        /// What it is called.
        name: &'static str,
        /// What was meant.
        meant: &'static str,
        /// Where it is.
        at: Location,
    },
}

impl Advice {
    pub(crate) fn move_down(&mut self, lines: u32) {
        match self {
            Self::Tab { at } | Self::LookAlike { at, .. } => at.line += lines,
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tab { at } => write!(f, "{at} is indented with a tab; use spaces"),
            Self::LookAlike { character, name, meant, at } => {
                let code = u32::from(*character);
                write!(f, "{at} has a {name} (U+{code:04X}), as pasted from a web page; use {meant}")
            }
        }
    }
}

fn look_alike(c: char) -> Option<(&'static str, &'static str)> {
    Some(match c {
        '\u{A0}' => ("no-break space", "a plain space"),
        '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            ("typographic space", "a plain space")
        }
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => ("invisible character", "nothing in its place"),
        '\u{2028}' | '\u{2029}' | '\u{85}' => ("line separator", "a plain line break"),
        '\u{2018}' | '\u{2019}' => ("curly quote", "'"),
        '\u{201C}' | '\u{201D}' | '\u{201E}' => ("curly double quote", "\""),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => ("long dash", "-"),
        '\u{FF1A}' => ("full-width colon", ":"),
        _ => return None,
    })
}

/// Looks for a cause at the line of the error, then upwards.
pub(crate) fn advise(text: &str, error: Location) -> Option<Advice> {
    let last = error.line as usize;
    let first = last.saturating_sub(LINES_BEFORE).max(1);
    let lines: Vec<(usize, &str)> =
        text.split('\n').enumerate().skip(first - 1).take(last + 1 - first).map(|(n, line)| (n + 1, line)).collect();
    lines.into_iter().rev().find_map(|(number, line)| cause_in(line, number as u32))
}

fn cause_in(line: &str, number: u32) -> Option<Advice> {
    let at = |column: usize| Location { line: number, column: column as u32 + 1 };
    let indentation = line.chars().take(WIDTH).take_while(|c| matches!(c, ' ' | '\t')).enumerate();
    if let Some((column, _)) = indentation.into_iter().find(|(_, c)| *c == '\t') {
        return Some(Advice::Tab { at: at(column) });
    }
    line.chars().take(WIDTH).enumerate().find_map(|(column, character)| {
        let (name, meant) = look_alike(character)?;
        Some(Advice::LookAlike { character, name, meant, at: at(column) })
    })
}
