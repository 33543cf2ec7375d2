//! Tables as Flux Operator's command line prints them: padded with spaces, columns divided by tabs, no borders.

use std::fmt;

/// Rows under a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(|cell| cell.to_uppercase()).collect(), rows: Vec::new() }
    }

    /// Adds a row. Line breaks become spaces, so that a row is a line.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// The width of each column.
    pub(crate) fn widths(&self) -> Vec<usize> {
        let rows = || std::iter::once(&self.header).chain(&self.rows);
        let columns = rows().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        (0..columns).map(|column| width(column).unwrap_or_default()).collect()
    }

    /// The rows alone, padded to these widths.
    pub(crate) fn lines(&self, widths: &[usize]) -> String {
        self.rows
            .iter()
            .map(|row| {
                let cells: String = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}\t")).collect();
                cells + "\n"
            })
            .collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let header: Vec<String> =
            self.header.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        writeln!(f, "{} ", header.join("\t"))?;
        f.write_str(&self.lines(&widths))
    }
}

/// Messages come from other people, so control characters are removed: they could move the cursor or end a row.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_padded_and_divided_by_tabs() {
        let mut table = Table::new(&["name", "message"]);
        table.row(vec!["a-long-name".to_owned(), "two\nlines\u{1b}[2J".to_owned()]);
        table.row(vec!["b".to_owned(), String::new()]);
        let name = format!("{:11}", "NAME");
        assert_eq!(
            table.to_string(),
            format!("{name}\t{:13} \na-long-name\ttwo lines [2J\t\n{:11}\t{:13}\t\n", "MESSAGE", "b", "")
        );
    }
}
