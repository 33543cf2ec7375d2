//! Commands, operands, terms.

use super::{MAX_PARENS, ParseError, Parsed, Parser};
use crate::lex::{Item, Kind};
use crate::tree::{Command, Expr, Number, Variable, unquote};

fn fields(text: &str) -> Vec<String> {
    text.split('.').skip(1).map(str::to_owned).collect()
}

impl Parser<'_> {
    /// Operands up to a pipe or the end of the action.
    pub(super) fn command(&mut self) -> Parsed<Command> {
        let pos = self.peek_non_space().pos;
        let mut command = Command { pos, args: Vec::new() };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if command.args.is_empty() {
            return Err(self.error("empty command".to_owned()));
        }
        Ok(command)
    }

    /// A term and its fields.
    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut chain = Vec::new();
        while self.peek().kind == Kind::Field {
            chain.extend(fields(&self.next().text));
        }
        Ok(Some(match term {
            Expr::Field { mut ident, .. } => {
                ident.extend(chain);
                Expr::Field { pos: first.pos, ident }
            }
            Expr::Variable(Variable { mut ident, .. }) => {
                ident.extend(chain);
                Expr::Variable(Variable { pos: first.pos, ident })
            }
            Expr::Bool { .. } | Expr::Text { .. } | Expr::Number(_) | Expr::Nil(_) | Expr::Dot(_) => {
                let shown = go_std::strconv::quote(term.to_string().as_bytes());
                return Err(self.error(format!("unexpected . after term {shown}")));
            }
            other => Expr::Chain { pos: first.pos, node: Box::new(other), field: chain },
        }))
    }

    fn term(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next_non_space();
        let Item { kind, pos, text, .. } = token;
        Ok(Some(match kind {
            Kind::Identifier => {
                let Some(function) = (self.find)(&text) else {
                    let shown = go_std::strconv::quote(text.as_bytes());
                    let error = self.error(format!("function {shown} not defined"));
                    return Err(ParseError { unknown: Some(text), ..error });
                };
                Expr::Ident { pos, name: text, function }
            }
            Kind::Dot => Expr::Dot(pos),
            Kind::Nil => Expr::Nil(pos),
            Kind::Variable => {
                if !self.scope.vars.contains(&text) {
                    let shown = go_std::strconv::quote(text.as_bytes());
                    return Err(self.error(format!("undefined variable {shown}")));
                }
                Expr::Variable(Variable { pos, ident: vec![text] })
            }
            Kind::Field => Expr::Field { pos, ident: fields(&text) },
            Kind::Bool => Expr::Bool { pos, value: text == "true" },
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                Expr::Number(Number::parse(pos, &text, kind).map_err(|message| self.error(message))?)
            }
            Kind::LeftParen => {
                if self.scope.paren_depth >= MAX_PARENS {
                    return Err(self.error("max expression depth exceeded".to_owned()));
                }
                self.scope.paren_depth += 1;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.scope.paren_depth -= 1;
                Expr::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => {
                let value = unquote(&text).map_err(|e| self.error(e.to_string()))?;
                Expr::Text { pos, quoted: text, text: value }
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }
}
