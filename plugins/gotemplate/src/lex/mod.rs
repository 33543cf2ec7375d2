//! The lexer: text to tokens, by the rules of Go's `text/template/parse` with the delimiters `<<` and `>>`.
//!
//! Promises the same tokens, positions and messages as Go. Never fails: a problem is an [`Kind::Error`] token, after
//! which there are none.

mod action;
mod item;

pub use item::{Item, Kind};

pub(crate) const LEFT: &str = "<<";
pub(crate) const RIGHT: &str = ">>";
const LEFT_COMMENT: &str = "/*";
const RIGHT_COMMENT: &str = "*/";
/// The marker and the blank beside it.
const TRIM_LEN: usize = 2;

/// What a scanning step asks for next.
enum Step {
    Text,
    Comment,
    LeftDelim,
    InsideAction,
    RightDelim,
    Done(Item),
}

/// Scans one text.
#[derive(Debug)]
pub struct Lexer<'a> {
    input: &'a str,
    pos: usize,
    start: usize,
    at_eof: bool,
    paren_depth: usize,
    line: usize,
    start_line: usize,
    inside_action: bool,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of `input`.
    pub fn new(input: &'a str) -> Self {
        Self { input, pos: 0, start: 0, at_eof: false, paren_depth: 0, line: 1, start_line: 1, inside_action: false }
    }

    /// The next token; [`Kind::Eof`] for ever at the end.
    pub fn next_item(&mut self) -> Item {
        let mut step = if self.inside_action { Step::InsideAction } else { Step::Text };
        loop {
            step = match step {
                Step::Text => self.text(),
                Step::Comment => self.comment(),
                Step::LeftDelim => self.left_delim(),
                Step::InsideAction => self.inside_action(),
                Step::RightDelim => self.right_delim(),
                Step::Done(item) => return item,
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.pos..).unwrap_or_default()
    }

    fn pending(&self) -> &'a str {
        self.input.get(self.start..self.pos).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let Some(c) = self.rest().chars().next() else {
            self.at_eof = true;
            return None;
        };
        self.pos += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn backup(&mut self) {
        if self.at_eof {
            return;
        }
        if let Some(c) = self.input.get(..self.pos).and_then(|s| s.chars().next_back()) {
            self.pos -= c.len_utf8();
            if c == '\n' {
                self.line -= 1;
            }
        }
    }

    fn peek(&mut self) -> Option<char> {
        let c = self.next();
        self.backup();
        c
    }

    fn item(&mut self, kind: Kind) -> Item {
        let item = Item { kind, pos: self.start, text: self.pending().to_owned(), line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        item
    }

    fn emit(&mut self, kind: Kind) -> Step {
        Step::Done(self.item(kind))
    }

    /// Skips what was passed over without `next`.
    fn ignore(&mut self) {
        self.line += self.pending().matches('\n').count();
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn error(&mut self, message: impl Into<String>) -> Step {
        let item = Item { kind: Kind::Error, pos: self.start, text: message.into(), line: self.start_line };
        self.start = 0;
        self.pos = 0;
        self.input = "";
        Step::Done(item)
    }

    fn text(&mut self) -> Step {
        if let Some(x) = self.rest().find(LEFT) {
            if x > 0 {
                self.pos += x;
                let after = self.input.get(self.pos + LEFT.len()..).unwrap_or_default();
                let trim = if has_left_trim_marker(after) { right_trim_length(self.pending()) } else { 0 };
                self.pos -= trim;
                self.line += self.pending().matches('\n').count();
                let item = self.item(Kind::Text);
                self.pos += trim;
                self.ignore();
                if !item.text.is_empty() {
                    return Step::Done(item);
                }
            }
            return Step::LeftDelim;
        }
        self.pos = self.input.len();
        if self.pos > self.start {
            self.line += self.pending().matches('\n').count();
            return self.emit(Kind::Text);
        }
        let mut item = self.item(Kind::Eof);
        item.text = "EOF".to_owned();
        Step::Done(item)
    }

    fn left_delim(&mut self) -> Step {
        self.pos += LEFT.len();
        let after_marker = if has_left_trim_marker(self.rest()) { TRIM_LEN } else { 0 };
        if self.rest().get(after_marker..).unwrap_or_default().starts_with(LEFT_COMMENT) {
            self.pos += after_marker;
            self.ignore();
            return Step::Comment;
        }
        let item = self.item(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += after_marker;
        self.ignore();
        self.paren_depth = 0;
        Step::Done(item)
    }

    fn comment(&mut self) -> Step {
        self.pos += LEFT_COMMENT.len();
        let Some(x) = self.rest().find(RIGHT_COMMENT) else {
            return self.error("unclosed comment");
        };
        self.pos += x + RIGHT_COMMENT.len();
        let Some(trim) = self.at_right_delim() else {
            return self.error("comment ends before closing delimiter");
        };
        self.line += self.pending().matches('\n').count();
        self.item(Kind::Text);
        if trim {
            self.pos += TRIM_LEN;
        }
        self.pos += RIGHT.len();
        if trim {
            self.pos += left_trim_length(self.rest());
        }
        self.ignore();
        Step::Text
    }

    fn right_delim(&mut self) -> Step {
        let trim = self.at_right_delim() == Some(true);
        if trim {
            self.pos += TRIM_LEN;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let item = self.item(Kind::RightDelim);
        if trim {
            self.pos += left_trim_length(self.rest());
            self.ignore();
        }
        self.inside_action = false;
        Step::Done(item)
    }

    /// Whether a right delimiter follows, and whether it trims.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim_marker(rest) && rest.get(TRIM_LEN..).unwrap_or_default().starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn has_left_trim_marker(s: &str) -> bool {
    matches!(s.as_bytes(), [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn has_right_trim_marker(s: &str) -> bool {
    matches!(s.as_bytes(), [b' ' | b'\t' | b'\r' | b'\n', b'-', ..])
}

fn right_trim_length(s: &str) -> usize {
    s.len() - s.trim_end_matches(is_space).len()
}

fn left_trim_length(s: &str) -> usize {
    s.len() - s.trim_start_matches(is_space).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, String)> {
        let mut lexer = Lexer::new(text);
        let mut out = Vec::new();
        loop {
            let item = lexer.next_item();
            let last = matches!(item.kind, Kind::Eof | Kind::Error);
            out.push((item.kind, item.text));
            if last {
                return out;
            }
        }
    }

    #[test]
    fn trim_markers_eat_blanks_on_their_side_only() {
        let found = kinds("a \n<<- 1 ->>\n b");
        assert_eq!(found.first(), Some(&(Kind::Text, "a".to_owned())));
        assert_eq!(found.get(3), Some(&(Kind::RightDelim, ">>".to_owned())));
        assert_eq!(found.get(4), Some(&(Kind::Text, "b".to_owned())));
    }

    #[test]
    fn a_minus_next_to_the_delimiter_is_no_trim_marker() {
        assert_eq!(kinds("<<1->>").get(1), Some(&(Kind::Error, "bad number syntax: \"1-\"".to_owned())));
    }

    #[test]
    fn an_unclosed_comment_is_an_error() {
        assert_eq!(kinds("<</* x"), vec![(Kind::Error, "unclosed comment".to_owned())]);
    }
}
