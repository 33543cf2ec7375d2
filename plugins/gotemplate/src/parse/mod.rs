//! The parser: tokens to trees, by the rules and with the messages of Go's `text/template/parse`.
//!
//! Promises: what Go refuses is refused with Go's text. Refuses besides: control structures nested deeper than
//! [`MAX_NESTING`], parentheses deeper than [`MAX_PARENS`], because the guest's stack is small.

mod control;
mod scope;
mod term;

use crate::functions::Function;
use crate::lex::{Item, Kind, Lexer};
use crate::tree::{List, Node, Tree, is_empty, unquote};
use scope::Scope;
use std::collections::BTreeMap;

/// How deep control structures may be nested.
pub const MAX_NESTING: usize = 200;
/// How deep parentheses may be nested.
pub const MAX_PARENS: usize = 100;

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: {name}:{line}: {message}")]
pub struct ParseError {
    /// The name of the template.
    pub name: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, in Go's words.
    pub message: String,
    /// A function or variable that does not exist.
    pub unknown: Option<String>,
}

/// A parsed text: the template itself and all it defines.
#[derive(Debug)]
pub struct Template {
    /// The name under which it was parsed.
    pub name: String,
    /// Its text, for positions.
    pub text: String,
    /// All templates by name.
    pub trees: BTreeMap<String, Tree>,
}

/// How a list of nodes ended.
pub(crate) enum Ending {
    End,
    Else,
}

impl Ending {
    fn name(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// What `text_or_action` found.
enum Found {
    Node(Node),
    Ending(Ending),
}

/// The function of a name.
pub type Find<'a> = &'a dyn Fn(&str) -> Option<&'static Function>;

pub(crate) struct Parser<'a> {
    name: &'a str,
    lexer: Lexer<'a>,
    find: Find<'a>,
    token: [Item; 3],
    peek_count: usize,
    scope: Scope,
    nesting: usize,
    trees: BTreeMap<String, Tree>,
}

type Parsed<T> = Result<T, ParseError>;

/// Parses a text. `find` knows the functions.
///
/// # Errors
/// [`ParseError`] with Go's text.
pub fn parse(name: &str, text: &str, find: Find<'_>) -> Result<Template, ParseError> {
    let blank = || Item { kind: Kind::Eof, pos: 0, text: String::new(), line: 0 };
    let mut parser = Parser {
        name,
        lexer: Lexer::new(text),
        find,
        token: [blank(), blank(), blank()],
        peek_count: 0,
        scope: Scope::new(),
        nesting: 0,
        trees: BTreeMap::new(),
    };
    let root = parser.whole()?;
    parser.add(name.to_owned(), root)?;
    Ok(Template { name: name.to_owned(), text: text.to_owned(), trees: parser.trees })
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<List> {
        let mut root = List::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.backup2(delim);
            }
            match self.text_or_action()? {
                Found::Node(node) => root.push(node),
                Found::Ending(ending) => return Err(self.error(format!("unexpected {}", ending.name()))),
            }
        }
        Ok(root)
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (list, ending) = self.item_list()?;
        if let Ending::Else = ending {
            return Err(self.error(format!("unexpected {{{{else}}}} in {CONTEXT}")));
        }
        self.add(name, list)?;
        self.scope = outer;
        Ok(())
    }

    fn template_name(&mut self, token: &Item, context: &str) -> Parsed<String> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(token, context));
        }
        let name = unquote(&token.text).map_err(|e| self.error(e.to_string()))?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    }

    fn add(&mut self, name: String, root: List) -> Parsed<()> {
        if self.trees.get(&name).is_some_and(|tree| !is_empty(&tree.root)) {
            if is_empty(&root) {
                return Ok(());
            }
            let quoted = go_std::strconv::quote(name.as_bytes());
            return Err(self.error(format!("template: multiple definition of template {quoted}")));
        }
        self.trees.insert(name.clone(), Tree { name, root });
        Ok(())
    }

    /// Nodes up to `end` or `else`.
    pub(crate) fn item_list(&mut self) -> Parsed<(List, Ending)> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(format!("control structures are nested deeper than {MAX_NESTING}")));
        }
        let mut list = List::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Found::Node(node) => list.push(node),
                Found::Ending(ending) => {
                    self.nesting -= 1;
                    return Ok((list, ending));
                }
            }
        }
        Err(self.error("unexpected EOF".to_owned()))
    }

    fn text_or_action(&mut self) -> Parsed<Found> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Found::Node(Node::Text(token.text))),
            Kind::LeftDelim => {
                self.scope.action_line = token.line;
                let found = self.action();
                if found.is_ok() {
                    self.scope.action_line = 0;
                }
                found
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn next(&mut self) -> Item {
        if self.peek_count > 0 {
            self.peek_count -= 1;
        } else {
            self.token[0] = self.lexer.next_item();
        }
        self.token.get(self.peek_count).cloned().unwrap_or_else(|| self.token[0].clone())
    }

    fn backup(&mut self) {
        self.peek_count += 1;
    }

    /// Backs up two tokens; the newer one is already in place.
    fn backup2(&mut self, older: Item) {
        self.token[1] = older;
        self.peek_count = 2;
    }

    /// Backs up three tokens; the newest one is already in place.
    fn backup3(&mut self, oldest: Item, older: Item) {
        self.token[1] = older;
        self.token[2] = oldest;
        self.peek_count = 3;
    }

    fn peek(&mut self) -> Item {
        if self.peek_count == 0 {
            self.peek_count = 1;
            self.token[0] = self.lexer.next_item();
        }
        self.token.get(self.peek_count - 1).cloned().unwrap_or_else(|| self.token[0].clone())
    }

    fn next_non_space(&mut self) -> Item {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Item {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Item> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    fn error(&self, message: String) -> ParseError {
        ParseError { name: self.name.to_owned(), line: self.token[0].line, message, unknown: None }
    }

    fn unexpected(&self, token: &Item, context: &str) -> ParseError {
        if token.kind != Kind::Error {
            return self.error(format!("unexpected {token} in {context}"));
        }
        let line = self.scope.action_line;
        if line == 0 || line == token.line {
            return self.error(token.text.clone());
        }
        let within = if token.text.ends_with(" action") { "" } else { " in action" };
        self.error(format!("{}{within} started at {}:{line}", token.text, self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::find;

    fn message(text: &str) -> String {
        let print = |name: &str| find(name).filter(|function| function.name == "print");
        parse("resourceset", text, &print).map(|_| String::new()).unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn what_go_refuses_is_refused_in_its_words() {
        for (text, wanted) in [
            ("a\n<< nope >>", "template: resourceset:2: function \"nope\" not defined"),
            ("<< if true >>", "template: resourceset:1: unexpected EOF"),
            ("<< end >>", "template: resourceset:1: unexpected {{end}}"),
            ("<< break >>", "template: resourceset:1: {{break}} outside {{range}}"),
            ("<< $x >>", "template: resourceset:1: undefined variable \"$x\""),
            ("<< 1 | 2 >>", "template: resourceset:1: non executable command in pipeline stage 2"),
            ("<< print \n", "template: resourceset:2: unclosed action started at resourceset:1"),
            ("<< >>", "template: resourceset:1: missing value for command"),
            ("<<: *d", "template: resourceset:1: expected :="),
            (
                "<<define \"a\">>x<<end>><<define \"a\">>y<<end>>",
                "template: resourceset:1: template: multiple definition of template \"a\"",
            ),
        ] {
            assert_eq!(message(text), wanted, "{text}");
        }
    }

    #[test]
    fn nesting_beyond_the_guests_stack_is_refused() {
        let text = "<< if true >>".repeat(300);
        assert!(message(&text).contains("nested deeper than 200"));
        assert!(message(&format!("<< {}", "(".repeat(1000))).contains("max expression depth exceeded"));
    }
}
