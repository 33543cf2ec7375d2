//! Pipelines, commands, words.

use super::{Evaluated, Machine, Slot};
use crate::tree::{Command, Expr, Number, Pipe, Variable};
use crate::value::Value;

impl<'t> Machine<'t, '_> {
    /// The value of a pipeline. Variables that it declares stay until the end of the control structure.
    pub(super) fn pipeline(&mut self, dot: &Slot, pipe: &'t Pipe) -> Evaluated<Slot> {
        self.at = Some(pipe);
        let mut value = None;
        for command in &pipe.cmds {
            let slot = self.command(dot, command, value)?;
            value = Some(Slot::concrete(slot.value));
        }
        let value = value.unwrap_or_else(Slot::invalid);
        for variable in &pipe.decl {
            if pipe.assign {
                self.assign(variable, value.clone())?;
            } else {
                self.vars.push((name_of(variable), value.clone()));
            }
        }
        Ok(value)
    }

    pub(super) fn assign(&mut self, variable: &'t Variable, value: Slot) -> Evaluated<()> {
        let name = name_of(variable);
        match self.vars.iter_mut().rev().find(|(known, _)| *known == name) {
            Some(slot) => slot.1 = value,
            None => return self.fail(format!("undefined variable: {name}")),
        }
        Ok(())
    }

    fn command(&mut self, dot: &Slot, command: &'t Command, last: Option<Slot>) -> Evaluated<Slot> {
        let Some(first) = command.args.first() else { return Ok(Slot::invalid()) };
        let args = &command.args;
        match first {
            Expr::Field { ident, .. } => {
                self.at = Some(first);
                self.fields(dot, dot.clone(), first, ident, args, last)
            }
            Expr::Chain { node, field, .. } => self.chain(dot, first, node, field, args, last),
            Expr::Ident { function, .. } => {
                self.at = Some(first);
                self.function(dot, function, command, args, last)
            }
            Expr::Pipe(pipe) => {
                self.no_function(args, last.as_ref())?;
                self.pipeline(dot, pipe)
            }
            Expr::Variable(variable) => self.variable(dot, first, variable, args, last),
            Expr::Bool { .. } | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(_) | Expr::Text { .. } => {
                self.at = Some(first);
                self.no_function(args, last.as_ref())?;
                match first {
                    Expr::Bool { value, .. } => Ok(Slot::concrete(Value::Bool(*value))),
                    Expr::Dot(_) => Ok(dot.clone()),
                    Expr::Number(number) => self.ideal(number),
                    Expr::Text { text, .. } => Ok(Slot::concrete(Value::text(text))),
                    _ => self.fail("nil is not a command"),
                }
            }
        }
    }

    pub(super) fn no_function(&mut self, args: &'t [Expr], last: Option<&Slot>) -> Evaluated<()> {
        match args.first() {
            Some(first) if args.len() > 1 || last.is_some() => {
                self.fail(format!("can't give argument to non-function {first}"))
            }
            _ => Ok(()),
        }
    }

    /// A number where nothing says which type is wanted: its syntax decides.
    pub(super) fn ideal(&mut self, number: &'t Number) -> Evaluated<Slot> {
        self.at = Some(number);
        let text = &number.text;
        let prefix = text.get(..2).unwrap_or_default();
        let hexadecimal = text.len() > 2 && matches!(prefix, "0x" | "0X") && !text.contains(['p', 'P']);
        let value = match (number.complex, number.float, number.int) {
            (Some((re, im)), ..) => Value::Complex(re, im),
            (_, Some(f), _) if !hexadecimal && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P']) => {
                Value::Float(f)
            }
            (.., Some(i)) => Value::Int(i),
            _ => return self.fail(format!("{text} overflows int")),
        };
        Ok(Slot::concrete(value))
    }

    pub(super) fn variable(
        &mut self,
        dot: &Slot,
        place: &'t Expr,
        variable: &'t Variable,
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        self.at = Some(place);
        let name = name_of(variable);
        let Some((_, value)) = self.vars.iter().rev().find(|(known, _)| *known == name).cloned() else {
            return self.fail(format!("undefined variable: {name}"));
        };
        let fields = variable.ident.get(1..).unwrap_or_default();
        if fields.is_empty() {
            self.no_function(args, last.as_ref())?;
            return Ok(value);
        }
        self.fields(dot, value, place, fields, args, last)
    }

    pub(super) fn chain(
        &mut self,
        dot: &Slot,
        place: &'t Expr,
        node: &'t Expr,
        field: &'t [String],
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        self.at = Some(place);
        let receiver = match node {
            Expr::Pipe(pipe) => {
                self.at = Some(node);
                self.pipeline(dot, pipe)?
            }
            Expr::Ident { function, .. } => {
                self.at = Some(node);
                self.function(dot, function, node, &[], None)?
            }
            _ => return self.fail(format!("can't evaluate {node}")),
        };
        self.fields(dot, receiver, place, field, args, last)
    }
}

fn name_of(variable: &Variable) -> &str {
    variable.ident.first().map_or("", String::as_str)
}
