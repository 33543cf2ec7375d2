//! The tokens of a template.

use std::fmt;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The lexer gave up; the text says why.
    Error,
    /// `true` or `false`.
    Bool,
    /// A printable ASCII character that means nothing by itself, such as `,`.
    Char,
    /// `'a'`.
    CharConstant,
    /// `1+2i`.
    Complex,
    /// `=`.
    Assign,
    /// `:=`.
    Declare,
    /// The end of the text.
    Eof,
    /// `.name`.
    Field,
    /// A name that is not a keyword.
    Identifier,
    /// `<<`.
    LeftDelim,
    /// `(`.
    LeftParen,
    /// A number, possibly imaginary.
    Number,
    /// `|`.
    Pipe,
    /// A back-quoted string, with its quotes.
    RawString,
    /// `>>`.
    RightDelim,
    /// `)`.
    RightParen,
    /// A run of blanks between arguments.
    Space,
    /// A double-quoted string, with its quotes.
    String,
    /// Text outside of actions.
    Text,
    /// `$` or `$name`.
    Variable,
    /// The keyword `block`.
    Block,
    /// The keyword `break`.
    Break,
    /// The keyword `continue`.
    Continue,
    /// The dot on its own: `.`.
    Dot,
    /// The keyword `define`.
    Define,
    /// The keyword `else`.
    Else,
    /// The keyword `end`.
    End,
    /// The keyword `if`.
    If,
    /// The keyword `nil`.
    Nil,
    /// The keyword `range`.
    Range,
    /// The keyword `template`.
    Template,
    /// The keyword `with`.
    With,
}

impl Kind {
    /// The keyword that a word is.
    pub fn keyword(word: &str) -> Option<Self> {
        Some(match word {
            "." => Self::Dot,
            "block" => Self::Block,
            "break" => Self::Break,
            "continue" => Self::Continue,
            "define" => Self::Define,
            "else" => Self::Else,
            "end" => Self::End,
            "if" => Self::If,
            "range" => Self::Range,
            "nil" => Self::Nil,
            "template" => Self::Template,
            "with" => Self::With,
            _ => return None,
        })
    }

    fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::Break
                | Self::Continue
                | Self::Dot
                | Self::Define
                | Self::Else
                | Self::End
                | Self::If
                | Self::Nil
                | Self::Range
                | Self::Template
                | Self::With
        )
    }
}

/// A token and where it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Where it starts, in bytes.
    pub pos: usize,
    /// Its text, or the message of an error.
    pub text: String,
    /// The line it starts on, counted from 1.
    pub line: usize,
}

impl fmt::Display for Item {
    /// As Go names a token in messages: at most ten characters of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Eof => f.write_str("EOF"),
            Kind::Error => f.write_str(&self.text),
            kind if kind.is_keyword() => write!(f, "<{}>", self.text),
            _ if self.text.len() > 10 => {
                let head: String = self.text.chars().take(10).collect();
                write!(f, "{}...", go_std::strconv::quote(head.as_bytes()))
            }
            _ => f.write_str(&go_std::strconv::quote(self.text.as_bytes())),
        }
    }
}
