//! Walking the nodes of a template with an explicit stack.

use super::{Evaluated, MAX_DEPTH, MAX_STEPS, Machine, Place, Slot};
use crate::tree::{Branch, Call, Node, Pipe, Tree};
use crate::value::{Element, List, Text, Value, marked, merge, shadow_of};

/// One level of the walk.
enum Frame<'t> {
    /// The rest of a list of nodes.
    Nodes { nodes: std::slice::Iter<'t, Node>, dot: Slot },
    /// Forgets the variables of a finished control structure.
    Scope { mark: usize },
    /// A loop between two iterations.
    Loop { branch: &'t Branch, items: Items, outer: usize, mark: usize },
    /// The caller of a finished template.
    Return { tree: &'t Tree, vars: Vec<(&'t str, Slot)> },
}

/// What a loop runs over.
enum Items {
    Counter { next: i64, end: i64, make: fn(i64) -> Value },
    List { list: List, next: usize, interface: bool },
    Entries { entries: std::vec::IntoIter<(Text, Value)>, interface: bool },
}

impl Items {
    /// The next index and element.
    fn next(&mut self) -> Option<(Slot, Slot)> {
        match self {
            Self::Counter { next, end, make } => {
                let value = *next;
                (value < *end).then(|| {
                    *next += 1;
                    (Slot::invalid(), Slot::concrete(make(value)))
                })
            }
            Self::List { list, next, interface } => {
                let value = list.get(*next)?;
                let index = i64::try_from(*next).unwrap_or(i64::MAX);
                *next += 1;
                Some((Slot::concrete(Value::Int(index)), Slot { value, interface: *interface }))
            }
            Self::Entries { entries, interface } => {
                let (key, value) = entries.next()?;
                Some((Slot::concrete(Value::Text(key)), Slot { value, interface: *interface }))
            }
        }
    }
}

impl<'t> Machine<'t, '_> {
    pub(super) fn walk(&mut self, root: &'t [Node]) -> Evaluated<()> {
        let mut stack = vec![Frame::Nodes { nodes: root.iter(), dot: Slot::invalid() }];
        while let Some(frame) = stack.last_mut() {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return self.fail(format!("more than {MAX_STEPS} steps; does a loop never end?"));
            }
            match frame {
                Frame::Nodes { nodes, dot } => match nodes.next() {
                    Some(node) => {
                        let dot = dot.clone();
                        self.node(node, dot, &mut stack)?;
                    }
                    None => {
                        stack.pop();
                    }
                },
                Frame::Scope { mark } => {
                    self.vars.truncate(*mark);
                    stack.pop();
                }
                Frame::Loop { branch, items, outer, mark } => {
                    self.vars.truncate(*mark);
                    let (branch, outer) = (*branch, *outer);
                    match items.next() {
                        Some((index, element)) => {
                            self.iterate(branch, index, element.clone())?;
                            stack.push(Frame::Nodes { nodes: branch.list.iter(), dot: element });
                        }
                        None => {
                            self.vars.truncate(outer);
                            stack.pop();
                        }
                    }
                }
                Frame::Return { tree, vars } => {
                    self.tree = tree;
                    self.vars = std::mem::take(vars);
                    self.depth -= 1;
                    stack.pop();
                }
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &'t Node, dot: Slot, stack: &mut Vec<Frame<'t>>) -> Evaluated<()> {
        match node {
            Node::Text(text) => self.output.write(text.as_bytes()).map_err(|e| self.error(e.to_string())),
            Node::Action(action) => {
                self.at = Some(action);
                let value = self.pipeline(&dot, &action.pipe)?;
                if action.pipe.decl.is_empty() {
                    self.at = Some(action);
                    self.print(&value.value)?;
                }
                Ok(())
            }
            Node::If(branch) | Node::With(branch) => {
                self.at = Some(branch);
                let mark = self.vars.len();
                let value = self.pipeline(&dot, &branch.pipe)?;
                stack.push(Frame::Scope { mark });
                if value.value.truth() {
                    let dot = if branch.keyword == "with" { value } else { dot };
                    stack.push(Frame::Nodes { nodes: branch.list.iter(), dot });
                } else if let Some(otherwise) = &branch.otherwise {
                    stack.push(Frame::Nodes { nodes: otherwise.iter(), dot });
                }
                Ok(())
            }
            Node::Range(branch) => self.range(branch, dot, stack),
            Node::Template(call) => self.call_template(call, &dot, stack),
            Node::Break => {
                while let Some(frame) = stack.pop() {
                    if let Frame::Loop { outer, .. } = frame {
                        self.vars.truncate(outer);
                        break;
                    }
                }
                Ok(())
            }
            Node::Continue => {
                while stack.last().is_some_and(|frame| !matches!(frame, Frame::Loop { .. })) {
                    stack.pop();
                }
                Ok(())
            }
        }
    }

    fn range(&mut self, branch: &'t Branch, dot: Slot, stack: &mut Vec<Frame<'t>>) -> Evaluated<()> {
        self.at = Some(branch);
        let outer = self.vars.len();
        let value = self.pipeline(&dot, &branch.pipe)?.value;
        let mark = self.vars.len();
        let counter = |end: i64, make| Items::Counter { next: 0, end, make };
        let (items, some) = match value {
            Value::Int(_)
            | Value::Int64(_)
            | Value::Uint8(_)
            | Value::Duration(_)
            | Value::Month(_)
            | Value::Weekday(_)
                if branch.pipe.decl.len() > 1 =>
            {
                let shown = String::from_utf8_lossy(&crate::value::print_one(&value)).into_owned();
                return self.fail(format!("can't use {shown} to iterate over more than one variable"));
            }
            Value::Int(n) => (counter(n, Value::Int), n > 0),
            Value::Int64(n) => (counter(n, Value::Int64), n > 0),
            Value::Uint8(n) => (counter(i64::from(n), |i| Value::Uint8(u8::try_from(i).unwrap_or(u8::MAX))), n > 0),
            Value::Duration(d) => (counter(d.0, |i| Value::Duration(go_std::time::Duration(i))), d.0 > 0),
            Value::Month(m) => (counter(m.0, |i| Value::Month(go_std::time::Month(i))), m.0 > 0),
            Value::Weekday(d) => (counter(d.0, |i| Value::Weekday(go_std::time::Weekday(i))), d.0 > 0),
            Value::List(list) => {
                let (interface, some) = (list.element() == Element::Any, !list.is_empty());
                (Items::List { list, next: 0, interface }, some)
            }
            Value::Map(map) => {
                let entries = map.entries();
                let some = !entries.is_empty();
                (Items::Entries { entries: entries.into_iter(), interface: true }, some)
            }
            Value::TextMap(map) => {
                let entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), Value::Text(v.clone()))).collect();
                let some = !entries.is_empty();
                (Items::Entries { entries: entries.into_iter(), interface: false }, some)
            }
            Value::Nil => (counter(0, Value::Int), false),
            other => {
                let shown = String::from_utf8_lossy(&crate::value::print_one(&other)).into_owned();
                return self.fail(format!("range can't iterate over {shown}"));
            }
        };
        if some {
            stack.push(Frame::Loop { branch, items, outer, mark });
            return Ok(());
        }
        stack.push(Frame::Scope { mark: outer });
        if let Some(otherwise) = &branch.otherwise {
            stack.push(Frame::Nodes { nodes: otherwise.iter(), dot });
        }
        Ok(())
    }

    /// Sets the loop variables of one iteration.
    fn iterate(&mut self, branch: &'t Branch, index: Slot, element: Slot) -> Evaluated<()> {
        let Pipe { decl, assign, .. } = &branch.pipe;
        let values = if decl.len() > 1 { vec![index, element] } else { vec![element] };
        let top = self.vars.len().saturating_sub(decl.len());
        for (nth, (variable, value)) in decl.iter().zip(values).enumerate() {
            if *assign {
                self.assign(variable, value)?;
            } else if let Some(slot) = self.vars.get_mut(top + nth) {
                slot.1 = value;
            }
        }
        Ok(())
    }

    fn call_template(&mut self, call: &'t Call, dot: &Slot, stack: &mut Vec<Frame<'t>>) -> Evaluated<()> {
        self.at = Some(call);
        let Some(tree) = self.template.trees.get(&call.name) else {
            let name = go_std::strconv::quote(call.name.as_bytes());
            return self.fail(format!("template {name} not defined"));
        };
        if self.depth == MAX_DEPTH {
            return self.fail(format!("exceeded maximum template depth ({MAX_DEPTH})"));
        }
        let dot = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Slot::invalid(),
        };
        self.depth += 1;
        let vars = std::mem::replace(&mut self.vars, vec![("$", dot.clone())]);
        stack.push(Frame::Return { tree: self.tree, vars });
        self.tree = tree;
        stack.push(Frame::Nodes { nodes: tree.root.iter(), dot });
        Ok(())
    }

    /// Prints the value of an action.
    fn print(&mut self, value: &Value) -> Evaluated<()> {
        let written = match value {
            Value::Nil => self.output.write(b"<no value>"),
            Value::Text(text) => self.output.write_text(text),
            value => {
                let text = Value::from(crate::value::print_one(value));
                match marked(value) {
                    None => self.output.write_text(&as_text(text)),
                    Some(origin) => {
                        let shadow = Value::from(crate::value::print_one(&shadow_of(value)));
                        self.output.write_text(&as_text(merge(text, Some(shadow), &origin)))
                    }
                }
            }
        };
        written.map_err(|e| self.error(e.to_string()))
    }
}

fn as_text(value: Value) -> Text {
    match value {
        Value::Text(text) => text,
        _ => Text::new(""),
    }
}

macro_rules! place {
    ($($node:ty),*) => {
        $(impl Place for $node {
            fn pos(&self) -> usize {
                self.pos
            }
        })*
    };
}

place!(crate::tree::Action, Branch, Call, Pipe, crate::tree::Command, crate::tree::Variable, crate::tree::Number);

impl Place for crate::tree::Expr {
    fn pos(&self) -> usize {
        Self::pos(self)
    }
}
