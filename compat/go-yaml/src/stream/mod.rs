//! Several documents in one text: the rules of the Kubernetes reader for rendered templates, and plain YAML streams.
//!
//! Owns separator lines and the choice between JSON and YAML. A text whose first character is `{` is tried as JSON documents
//! one after another; after at most one of them it may go on as YAML.

mod json;

use std::borrow::Cow;

use serde_json::Value;

use crate::decode::to_value;
use crate::error::{Location, ReadError, Refusal};
use crate::text::chars::{line_length, position};
use crate::tree::{Documents, Tree};
use crate::value::Json;

/// How far the reader looks for the `{` of a JSON stream.
const GUESS: usize = 2048;

/// One document of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    /// The value; never null, such documents are left out.
    pub value: Json<'a>,
    /// The line its text begins at, from one.
    pub line: u32,
    /// Its text, for [`crate::plain_scalar`] and [`crate::locate`].
    pub text: Cow<'a, str>,
}

/// The first document as a value; an empty text is null.
///
/// # Errors
/// When the text is not YAML, or has no JSON form.
pub fn from_str(text: &str) -> Result<Value, ReadError> {
    first_value(text).map(Value::from).map_err(|error| *error)
}

fn first_value(text: &str) -> Result<Json<'_>, Refusal> {
    match Documents::new(text)?.next_tree()? {
        Some(tree) => to_value(&tree, tree.root),
        None => Ok(Json::Null),
    }
}

/// As [`from_str`], with the texts of the document.
///
/// # Errors
/// When the text is not YAML, or has no JSON form.
pub fn read(text: &str) -> Result<Json<'_>, ReadError> {
    first_value(text).map_err(|error| *error)
}

/// Every document as a value, empty ones as null.
///
/// # Errors
/// When the text is not YAML, or has no JSON form.
pub fn from_str_all(text: &str) -> Result<Vec<Value>, ReadError> {
    every_value(text).map_err(|error| *error)
}

fn every_value(text: &str) -> Result<Vec<Value>, Refusal> {
    let mut documents = Documents::new(text)?;
    let mut values = Vec::new();
    while let Some(tree) = documents.next_tree()? {
        values.push(to_value(&tree, tree.root)?.into());
    }
    Ok(values)
}

/// The documents of a rendered template. A separator is a line that begins with `---` and has only spaces or a comment after
/// it; null documents are left out; what follows `...` up to the next separator is dropped.
///
/// # Errors
/// The first document or separator that cannot be read, with its place in the whole text.
pub fn documents(text: &str) -> Result<Vec<Document<'_>>, ReadError> {
    match leading_documents(text) {
        (found, None) => Ok(found),
        (_, Some(error)) => Err(error),
    }
}

/// As [`documents`], up to the first error. The documents before it may have other errors, which are reported first.
#[must_use]
pub fn leading_documents(text: &str) -> (Vec<Document<'_>>, Option<ReadError>) {
    let mut stream = Stream { text, line: 1, found: Vec::new(), last: None };
    let guess = text.trim_start();
    let json = guess.starts_with('{') && text.len() - guess.len() < GUESS;
    let read = if json { stream.read_json(&json::mend_surrogates(text)) } else { stream.read_yaml() };
    (stream.found, read.err())
}

/// A text as the Kubernetes reader hands it on: taken apart at line feeds, each line ended with one, also the last: a block scalar
/// keeps it. A carriage return before a line feed is dropped, which counts only where another stands before it: the two left are
/// one break.
#[must_use]
pub fn as_lines(text: &str) -> Cow<'_, str> {
    let ended = text.is_empty() || text.ends_with('\n');
    let doubled = position(b'\r', text.as_bytes()).is_some() && text.contains("\r\r\n");
    match (ended, doubled) {
        (true, false) => Cow::Borrowed(text),
        (false, false) => Cow::Owned(format!("{text}\n")),
        (_, true) => Cow::Owned(text.replace("\r\n", "\n") + if ended { "" } else { "\n" }),
    }
}

/// The lines of a text, each with its line feed. Returns what [`str::split_inclusive`] does, faster.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = line_length(rest.as_bytes()).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(length)?;
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// The unread rest of a text, and what was found before it.
struct Stream<'a> {
    text: &'a str,
    line: u32,
    found: Vec<Document<'a>>,
    /// The reader of the last document and its tree, whose memory the next document reuses.
    last: Option<(Documents<'a>, Tree<'a>)>,
}

impl<'a> Stream<'a> {
    /// Skips this many bytes and returns them.
    fn advance(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.text.split_at_checked(bytes).unwrap_or((self.text, ""));
        self.line += passed.bytes().filter(|b| *b == b'\n').count() as u32;
        self.text = rest;
        passed
    }

    /// Skips one line.
    fn advance_line(&mut self) -> &'a str {
        let length = line_length(self.text.as_bytes());
        let (passed, rest) = length.and_then(|length| self.text.split_at_checked(length)).unwrap_or((self.text, ""));
        self.line += u32::from(length.is_some());
        self.text = rest;
        passed
    }

    fn keep(&mut self, value: Json<'a>, line: u32, text: Cow<'a, str>) {
        if value != Json::Null {
            self.found.push(Document { value, line, text });
        }
    }

    /// `whole` is the whole text as the JSON reader takes it, as long as the original.
    fn read_json(&mut self, whole: &str) -> Result<(), ReadError> {
        let mut count = 0;
        loop {
            match json::first(whole.get(whole.len() - self.text.len()..).unwrap_or_default()) {
                Ok(None) => return Ok(()),
                Ok(Some((value, consumed))) => {
                    let blanks = self.text.len() - self.text.trim_start_matches([' ', '\t', '\r', '\n']).len();
                    self.advance(blanks);
                    let line = self.line;
                    let text = self.advance(consumed - blanks);
                    self.keep(value.into(), line, Cow::Borrowed(text));
                    count += 1;
                }
                Err(problem) if count > 1 || !self.pass_blanks() => {
                    let blanks = self.text.len() - self.text.trim_start().len();
                    self.advance(blanks);
                    return Err(ReadError::NotJsonStream { problem, at: Location { line: self.line, column: 1 } });
                }
                Err(_) => return self.read_yaml(),
            }
        }
    }

    /// Before the rest is read as YAML, the blanks up to the end of the line are dropped. As in Go's reader, the last three
    /// bytes of a text are not examined.
    fn pass_blanks(&mut self) -> bool {
        let mut passed = 0;
        loop {
            let rest = self.text.get(passed..).unwrap_or_default();
            if rest.len() < 4 {
                return false;
            }
            match rest.chars().next() {
                Some(c) if c.is_whitespace() => {
                    passed += c.len_utf8();
                    if c == '\n' {
                        break;
                    }
                }
                _ => break,
            }
        }
        self.advance(passed);
        true
    }

    fn read_yaml(&mut self) -> Result<(), ReadError> {
        let mut start = self.text;
        let mut start_line = self.line;
        let mut length = 0;
        while !self.text.is_empty() {
            let line = self.line;
            let passed = self.advance_line();
            if let Some(after) = passed.strip_prefix("---") {
                let after = after.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    let at = Location { line, column: 4 };
                    return Err(ReadError::Separator { text: after.to_owned(), at });
                }
                if length > 0 {
                    self.read_document(start.get(..length).unwrap_or_default(), start_line)?;
                    (start, start_line, length) = (self.text, self.line, 0);
                    continue;
                }
            }
            length += passed.len();
        }
        if length > 0 {
            self.read_document(start, start_line)?;
        }
        Ok(())
    }

    fn read_document(&mut self, text: &'a str, line: u32) -> Result<(), ReadError> {
        let (value, text) = match as_lines(text) {
            Cow::Borrowed(text) => (self.first_value(text), Cow::Borrowed(text)),
            Cow::Owned(text) => (first_value(&text).map(Json::into_owned), Cow::Owned(text)),
        };
        self.keep(value.map_err(|error| error.moved_down(line - 1))?, line, text);
        Ok(())
    }

    /// Does the same as the free function [`first_value`] with this stream's buffers.
    fn first_value(&mut self, text: &'a str) -> Result<Json<'a>, Refusal> {
        let mut documents = match self.last.take() {
            Some((documents, tree)) => documents.again(text, tree)?,
            None => Documents::new(text)?,
        };
        let Some(tree) = documents.next_tree()? else { return Ok(Json::Null) };
        let value = to_value(&tree, tree.root);
        self.last = Some((documents, tree));
        value
    }
}
