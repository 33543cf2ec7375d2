//! Nodes as Go's messages show them; always with `{{` and `}}`.

use super::{Action, Branch, Call, Command, Expr, Node, Pipe, Variable};
use std::fmt::{Display, Formatter, Result};

fn list(nodes: &[Node], f: &mut Formatter<'_>) -> Result {
    nodes.iter().try_for_each(|node| node.fmt(f))
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Action(action) => action.fmt(f),
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.fmt(f),
            Self::Template(call) => call.fmt(f),
            Self::Break => f.write_str("{{break}}"),
            Self::Continue => f.write_str("{{continue}}"),
        }
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{{{{{}}}}}", self.pipe)
    }
}

impl Display for Branch {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{{{{{} {}}}}}", self.keyword, self.pipe)?;
        list(&self.list, f)?;
        if let Some(otherwise) = &self.otherwise {
            f.write_str("{{else}}")?;
            list(otherwise, f)?;
        }
        f.write_str("{{end}}")
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{{{{template {}", go_std::strconv::quote(self.name.as_bytes()))?;
        if let Some(pipe) = &self.pipe {
            write!(f, " {pipe}")?;
        }
        f.write_str("}}")
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, variable) in self.decl.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            variable.fmt(f)?;
        }
        if !self.decl.is_empty() {
            f.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (index, command) in self.cmds.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, arg) in self.args.iter().enumerate() {
            f.write_str(if index > 0 { " " } else { "" })?;
            match arg {
                Expr::Pipe(pipe) => write!(f, "({pipe})")?,
                other => other.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl Display for Variable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.ident.join("."))
    }
}

impl Display for super::Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.text)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Ident { name, .. } => f.write_str(name),
            Self::Dot(_) => f.write_str("."),
            Self::Nil(_) => f.write_str("nil"),
            Self::Field { ident, .. } => ident.iter().try_for_each(|name| write!(f, ".{name}")),
            Self::Variable(variable) => variable.fmt(f),
            Self::Chain { node, field, .. } => {
                match &**node {
                    Self::Pipe(pipe) => write!(f, "({pipe})")?,
                    other => other.fmt(f)?,
                }
                field.iter().try_for_each(|name| write!(f, ".{name}"))
            }
            Self::Bool { value, .. } => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text { quoted, .. } => f.write_str(quoted),
            Self::Pipe(pipe) => pipe.fmt(f),
        }
    }
}
