//! Actions: control structures, templates, pipelines.

use super::scope::Scope;
use super::{Ending, Found, Parsed, Parser};
use crate::lex::{Item, Kind};
use crate::tree::{Action, Branch, Call, Expr, List, Node, Pipe, Variable};

impl Parser<'_> {
    pub(super) fn action(&mut self) -> Parsed<Found> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.jump("break", Node::Break)?,
            Kind::Continue => self.jump("continue", Node::Continue)?,
            Kind::Else => return self.otherwise(),
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Found::Ending(Ending::End));
            }
            Kind::If => Node::If(self.branch("if")?),
            Kind::Range => Node::Range(self.branch("range")?),
            Kind::Template => self.template()?,
            Kind::With => Node::With(self.branch("with")?),
            _ => {
                self.backup();
                let pos = self.peek().pos;
                Node::Action(Action { pos, pipe: self.pipeline("command", Kind::RightDelim)? })
            }
        };
        Ok(Found::Node(node))
    }

    fn jump(&mut self, word: &str, node: Node) -> Parsed<Node> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return Err(self.unexpected(&token, &format!("{{{{{word}}}}}")));
        }
        if self.scope.range_depth == 0 {
            return Err(self.error(format!("{{{{{word}}}}} outside {{{{range}}}}")));
        }
        Ok(node)
    }

    fn otherwise(&mut self) -> Parsed<Found> {
        // `else if` and `else with` leave the keyword pending.
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(Found::Ending(Ending::Else))
    }

    fn branch(&mut self, keyword: &'static str) -> Parsed<Branch> {
        let known = self.scope.vars.len();
        let pipe = self.pipeline(keyword, Kind::RightDelim)?;
        let loops = usize::from(keyword == "range");
        self.scope.range_depth += loops;
        let (list, ending) = self.item_list()?;
        self.scope.range_depth -= loops;
        let otherwise = match ending {
            Ending::End => None,
            Ending::Else => Some(self.else_list(keyword)?),
        };
        self.scope.vars.truncate(known);
        Ok(Branch { pos: pipe.pos, keyword, pipe, list, otherwise })
    }

    fn else_list(&mut self, keyword: &'static str) -> Parsed<List> {
        let next = self.peek().kind;
        let chained = match (keyword, next) {
            ("if", Kind::If) => Some("if"),
            ("with", Kind::With) => Some("with"),
            _ => None,
        };
        if let Some(keyword) = chained {
            self.next();
            // A chain of `else if` nests, although it is written on one level.
            self.nesting += 1;
            if self.nesting > super::MAX_NESTING {
                return Err(self.error(format!("control structures are nested deeper than {}", super::MAX_NESTING)));
            }
            let branch = self.branch(keyword)?;
            self.nesting -= 1;
            return Ok(vec![if keyword == "if" { Node::If(branch) } else { Node::With(branch) }]);
        }
        let (list, ending) = self.item_list()?;
        match ending {
            Ending::End => Ok(list),
            Ending::Else => Err(self.error("expected end; found {{else}}".to_owned())),
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let (list, ending) = self.item_list()?;
        if let Ending::Else = ending {
            return Err(self.error(format!("unexpected {{{{else}}}} in {CONTEXT}")));
        }
        self.add(name.clone(), list)?;
        self.scope = outer;
        Ok(Node::Template(Call { pos: token.pos, name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Node::Template(Call { pos: token.pos, name, pipe }))
    }

    /// `declarations? command ('|' command)*`
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe { pos, assign: false, decl: Vec::new(), cmds: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    pipe.cmds.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
        self.check(&pipe, context)?;
        Ok(pipe)
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            // `$x foo`: the blank after the variable must be put back too.
            let after = self.peek();
            let next = self.peek_non_space();
            if matches!(next.kind, Kind::Assign | Kind::Declare) {
                pipe.assign = next.kind == Kind::Assign;
                self.next_non_space();
                self.declare(pipe, &variable);
                return Ok(());
            }
            if next.kind == Kind::Char && next.text == "," {
                self.next_non_space();
                self.declare(pipe, &variable);
                if context == "range" && pipe.decl.len() < 2 {
                    if matches!(self.peek_non_space().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        continue;
                    }
                    return Err(self.error("range can only initialize variables".to_owned()));
                }
                return Err(self.error(format!("too many declarations in {context}")));
            }
            if after.kind == Kind::Space {
                self.backup3(variable, after);
            } else {
                self.backup2(variable);
            }
            return Ok(());
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: &Item) {
        let ident = variable.text.split('.').map(str::to_owned).collect();
        pipe.decl.push(Variable { pos: variable.pos, ident });
        self.scope.vars.push(variable.text.clone());
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.cmds.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (index, command) in pipe.cmds.iter().enumerate().skip(1) {
            if let Some(Expr::Bool { .. } | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(_) | Expr::Text { .. }) =
                command.args.first()
            {
                return Err(self.error(format!("non executable command in pipeline stage {}", index + 1)));
            }
        }
        Ok(())
    }
}
