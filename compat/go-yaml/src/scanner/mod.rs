//! The scanner: text to tokens, a port of go-yaml's (and so libyaml's) scanner with its limits and its quirks.
//!
//! Owns the token queue, the stack of possible simple keys and the stack of indentations. The work for each character is constant at any
//! depth, without recursion.

mod block_scalar;
mod directive;
mod fetch;
mod plain;
mod quoted;
mod tag;
mod text;
pub(crate) mod token;

pub use token::Style;

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::error::Mark;
use crate::error::fault::Fault;
use crate::text::input::Input;
use token::{Token, TokenKind};

/// go-yaml's limit for `[`/`{` nesting and for indentation levels.
const MAX_LEVELS: usize = 10_000;
/// A key must be followed by its `:` within this many characters.
const MAX_SIMPLE_KEY: u32 = 1024;

/// A place where a key without `?` may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

/// Reads tokens from a text.
pub(crate) struct Scanner<'a> {
    input: Input<'a>,
    tokens: VecDeque<Token<'a>>,
    /// How many tokens have been handed out, which numbers the tokens of the queue.
    parsed: usize,
    /// No more has to be read to know the first token.
    available: bool,
    /// The first token, if it is available: the parser asks for it several times.
    first: (TokenKind, Mark),
    started: bool,
    flow_level: usize,
    indent: i64,
    indents: Vec<i64>,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    /// (token number, index in `simple_keys`), in rising order of token numbers.
    keys_by_token: VecDeque<(usize, usize)>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            input: Input::new(text),
            tokens: VecDeque::new(),
            parsed: 0,
            available: false,
            first: (TokenKind::StreamStart, Mark::default()),
            started: false,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: Vec::new(),
            keys_by_token: VecDeque::new(),
        }
    }

    /// A scanner of another text, with the memory of this one.
    pub(crate) fn again(self, text: &'a str) -> Self {
        let Self { mut tokens, mut indents, mut simple_keys, mut keys_by_token, .. } = self;
        tokens.clear();
        indents.clear();
        simple_keys.clear();
        keys_by_token.clear();
        Self { tokens, indents, simple_keys, keys_by_token, ..Self::new(text) }
    }

    /// Kind and place of the next token.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<(TokenKind, Mark), Fault> {
        if !self.available {
            self.fetch_more()?;
        }
        Ok(self.first)
    }

    /// Takes the token that was peeked at.
    pub(crate) fn take(&mut self) -> Option<Token<'a>> {
        let taken = self.tokens.pop_front();
        self.parsed += 1;
        self.available = false;
        if self.keys_by_token.is_empty()
            && let Some(next) = self.tokens.front()
        {
            self.first = (next.kind, next.start);
            self.available = true;
        }
        taken
    }

    #[inline(never)]
    fn fetch_more(&mut self) -> Result<(), Fault> {
        while self.tokens.is_empty() || self.first_may_become_key()? {
            self.fetch_next()?;
        }
        // After the end of the stream there is only its end again.
        self.first = self.tokens.front().map_or((TokenKind::StreamEnd, self.input.mark), |t| (t.kind, t.start));
        self.available = true;
        Ok(())
    }

    /// Tokens must be held back while the first of them may still turn out to be a key.
    fn first_may_become_key(&mut self) -> Result<bool, Fault> {
        while let Some(&(token, at)) = self.keys_by_token.front() {
            if token >= self.parsed {
                return Ok(token == self.parsed && self.key_is_valid(at)?);
            }
            self.keys_by_token.pop_front();
        }
        Ok(false)
    }

    fn error<T>(&self, context: Mark, problem: &'static str) -> Result<T, Fault> {
        Err(Fault::scanner(context, problem, self.input.mark))
    }

    fn next_token_number(&self) -> usize {
        self.parsed + self.tokens.len()
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token::understood(kind, start));
    }

    fn push_scalar(&mut self, style: Style, start: Mark, value: Cow<'a, str>) {
        self.tokens.push_back(Token::scalar(style, start, value));
    }

    /// Inserts before the token of that number; appends when it was already handed out.
    #[inline]
    fn insert(&mut self, number: Option<usize>, kind: TokenKind, mark: Mark) {
        let token = Token::understood(kind, mark);
        match number.and_then(|n| n.checked_sub(self.parsed)) {
            // The key is the first token, unless it is within brackets.
            Some(0) => self.tokens.push_front(token),
            Some(at) if at < self.tokens.len() => self.tokens.insert(at, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn key_is_valid(&mut self, at: usize) -> Result<bool, Fault> {
        let now = self.input.mark;
        let Some(key) = self.simple_keys.get_mut(at) else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        // On one line, the difference of columns is the number of characters.
        if key.mark.line < now.line || key.mark.column + MAX_SIMPLE_KEY < now.column {
            if key.required {
                let mark = key.mark;
                return self.error(mark, "could not find expected ':'");
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    #[inline]
    fn forget_key_of(&mut self, token: usize) {
        // Nearly always it is the key that was saved last.
        if self.keys_by_token.back().is_some_and(|(last, _)| *last == token) {
            self.keys_by_token.pop_back();
        } else if let Ok(at) = self.keys_by_token.binary_search_by_key(&token, |(token, _)| *token) {
            self.keys_by_token.remove(at);
        }
    }

    #[inline]
    fn save_simple_key(&mut self) -> Result<(), Fault> {
        if self.simple_key_allowed { self.record_simple_key() } else { Ok(()) }
    }

    fn record_simple_key(&mut self) -> Result<(), Fault> {
        let key = self.new_simple_key()?;
        self.keep_simple_key(key);
        Ok(())
    }

    /// Records the key that may begin here, in place of the previous one, which cannot be a key any more.
    #[inline]
    fn new_simple_key(&mut self) -> Result<SimpleKey, Fault> {
        let mark = self.input.mark;
        let required = self.flow_level == 0 && self.indent == i64::from(mark.column);
        self.remove_simple_key()?;
        Ok(SimpleKey { possible: true, required, token: self.next_token_number(), mark })
    }

    /// Puts a possible key in the place of the last one.
    fn keep_simple_key(&mut self, key: SimpleKey) {
        let token = key.token;
        let at = self.simple_keys.len().saturating_sub(1);
        if let Some(last) = self.simple_keys.last_mut() {
            *last = key;
        }
        if self.keys_by_token.back().is_none_or(|(last, _)| *last < token) {
            self.keys_by_token.push_back((token, at));
            return;
        }
        match self.keys_by_token.binary_search_by_key(&token, |(token, _)| *token) {
            Ok(known) => {
                if let Some(entry) = self.keys_by_token.get_mut(known) {
                    entry.1 = at;
                }
            }
            Err(place) => self.keys_by_token.insert(place, (token, at)),
        }
    }

    fn remove_simple_key(&mut self) -> Result<(), Fault> {
        let Some(key) = self.simple_keys.last_mut() else { return Ok(()) };
        if key.possible {
            let SimpleKey { required, token, mark, .. } = *key;
            if required {
                return self.error(mark, "could not find expected ':'");
            }
            key.possible = false;
            self.forget_key_of(token);
        }
        Ok(())
    }

    fn increase_flow_level(&mut self) -> Result<(), Fault> {
        let mark = self.input.mark;
        let token = self.next_token_number();
        self.simple_keys.push(SimpleKey { token, mark, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_LEVELS {
            return self.error(mark, "exceeded max depth of 10000");
        }
        Ok(())
    }

    fn decrease_flow_level(&mut self) {
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.simple_keys.pop() {
                self.forget_key_of(key.token);
            }
        }
    }

    /// Opens a block collection when the column is deeper than the indentation.
    fn roll_indent(&mut self, column: u32, number: Option<usize>, kind: TokenKind, mark: Mark) -> Result<(), Fault> {
        if self.flow_level == 0 && self.indent < i64::from(column) {
            self.indents.push(self.indent);
            self.indent = i64::from(column);
            if self.indents.len() > MAX_LEVELS {
                let context = self.simple_keys.last().map_or(mark, |key| key.mark);
                return self.error(context, "exceeded max depth of 10000");
            }
            self.insert(number, kind, mark);
        }
        Ok(())
    }

    /// Closes the block collections deeper than `column`.
    fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.input.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }
}
