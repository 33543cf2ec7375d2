//! Where in the user's manifest a line of a converted template comes from: messages of Go count the lines of the YAML that an entry
//! of `resources` was converted to, which the user never sees.
//!
//! Only asked after a failure, so it may read the text again.

use go_yaml::{Kind, Node, Style, parse_first};

/// No text is quoted longer than this.
const LENGTH: usize = 160;

/// One text of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The path of the field, within the entry.
    pub(super) field: String,
    /// Its text as the user wrote it; of several lines the one that counts.
    pub(super) text: String,
}

/// What kind of object an entry makes, and its name, both before templating: `HelmRelease/app-<< inputs.id >>`.
pub(super) fn entry(yaml: &str) -> Option<String> {
    let root = parse_first(yaml).ok()??;
    let text = |node: Option<Node<'_>>| node.and_then(|node| node.text().map(str::to_owned));
    let kind = text(root.get("kind"))?;
    let name = text(root.get("metadata").and_then(|metadata| metadata.get("name")));
    Some(shortened(&name.map_or_else(|| kind.clone(), |name| format!("{kind}/{name}"))))
}

/// The field that stands at a place of the converted text: its line, counted from 1, and its column in bytes, if it is known.
pub(super) fn at(yaml: &str, line: usize, column: Option<usize>) -> Option<Written> {
    let root = parse_first(yaml).ok()??;
    let row = yaml.lines().nth(line.checked_sub(1)?).unwrap_or_default();
    let column = column.map(|bytes| row.get(..bytes).unwrap_or(row).chars().count() + 1);
    let mut search = Search { line, column, best: None };
    search.visit(&root, "");
    let (field, node) = search.best?;
    let text = line_of(&node, line);
    Some(Written { field, text: shortened(&text) })
}

/// The last text with an action that begins at or before the place.
struct Search<'a> {
    line: usize,
    column: Option<usize>,
    best: Option<(String, Node<'a>)>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, node: &Node<'a>, path: &str) {
        match node.kind() {
            Kind::Scalar => self.scalar(node, path),
            Kind::Sequence => {
                for (index, item) in node.items().iter().enumerate() {
                    self.visit(item, &format!("{path}[{index}]"));
                }
            }
            Kind::Mapping => {
                for (key, value) in node.entries() {
                    let path = join(path, key.text().unwrap_or_default());
                    self.scalar(&key, &path);
                    self.visit(&value, &path);
                }
            }
        }
    }

    fn scalar(&mut self, node: &Node<'a>, path: &str) {
        let (line, column) = (node.line() as usize, node.column() as usize);
        let before = line < self.line || line == self.line && self.column.is_none_or(|wanted| column <= wanted);
        if before && node.text().is_some_and(|text| text.contains(crate::lex::LEFT)) {
            self.best = Some((path.to_owned(), node.clone()));
        }
    }
}

fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{}]", go_std::strconv::quote(key.as_bytes())),
    }
}

/// Of a text of several lines the one at a line of the converted text.
fn line_of(node: &Node<'_>, line: usize) -> String {
    let text = node.text().unwrap_or_default();
    let nth = line.saturating_sub(node.line() as usize + 1);
    let exact = if node.style() == Style::Literal { text.lines().nth(nth) } else { None };
    let acting = || text.lines().find(|line| line.contains(crate::lex::LEFT));
    exact.or_else(acting).unwrap_or(text).trim().to_owned()
}

pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LENGTH).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "kind: A\nmetadata:\n  annotations:\n    a.b/c: x\n  name: app-<< inputs.id >>\nspec:\n- image: \"\\t<< a >>\"\n  \
                        script: |\n    set -e\n    run << b >>\n? '<< k >>: x'\n: 1\n";

    fn found(line: usize, column: Option<usize>) -> Option<(String, String)> {
        at(YAML, line, column).map(|written| (written.field, written.text))
    }

    fn pair(field: &str, text: &str) -> Option<(String, String)> {
        Some((field.to_owned(), text.to_owned()))
    }

    #[test]
    fn every_line_leads_to_the_field_that_it_was_made_of() {
        assert_eq!(found(5, Some(15)), pair("metadata.name", "app-<< inputs.id >>"));
        assert_eq!(found(7, None), pair("spec[0].image", "<< a >>"));
        assert_eq!(found(10, Some(11)), pair("spec[0].script", "run << b >>"));
        assert_eq!(found(11, Some(3)), pair("[\"<< k >>: x\"]", "<< k >>: x"));
        assert_eq!(found(1, None), None);
    }

    #[test]
    fn an_entry_is_named_as_it_was_written() {
        assert_eq!(entry(YAML).as_deref(), Some("A/app-<< inputs.id >>"));
        assert_eq!(entry("kind: A\n").as_deref(), Some("A"));
        assert_eq!(entry("x: 1\n"), None);
    }
}
