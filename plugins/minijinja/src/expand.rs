//! A template and a scope to values: what is there, how often, and what its leaves give.

use crate::leaf::{Leaf, LeafError};
use crate::limits::{Budget, LimitError};
use crate::template::{Control, Each, Node, Step};
use minijinja::value::{Value, ValueKind};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Why a part of a template gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExpandError {
    #[error(transparent)]
    Leaf(#[from] LeafError),
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error(
        "`$if` wants true or false, and this is {0}: compare it, for example with `== \"on\"`, `is defined` or `| length > 0`"
    )]
    Condition(String),
    #[error("`$for` goes through a list or a map, and this is {0}")]
    Each(String),
    #[error("`$for` names {names} parts, but an item is {found}")]
    Parts { names: usize, found: String },
}

/// What went wrong and where in the template: its path, the leaf as it was written, and the scope that it was read in.
#[derive(Debug)]
pub(crate) struct Blame {
    pub(crate) path: Vec<Step>,
    pub(crate) written: Option<String>,
    pub(crate) missing: Option<Missing>,
    pub(crate) error: ExpandError,
}

/// A name that is nowhere, and those that are there in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) parent: Option<String>,
    pub(crate) known: Vec<String>,
}

/// What leaves see.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    names: BTreeMap<String, Value>,
    value: Value,
}

impl Scope {
    pub(crate) fn new(names: BTreeMap<String, Value>) -> Self {
        Self { value: names.clone().into(), names }
    }

    fn with(&self, more: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut names = self.names.clone();
        names.extend(more);
        Self::new(names)
    }

    /// The first of these variables that is nowhere.
    fn missing(&self, variables: &[String]) -> Option<Missing> {
        variables.iter().find_map(|variable| {
            let (mut at, mut parent) = (self.value.clone(), None::<String>);
            for part in variable.split('.') {
                let next = at.get_attr(part).unwrap_or_default();
                if next.is_undefined() {
                    let keys = if at.kind() == ValueKind::Map { at.try_iter().ok() } else { None };
                    let known = keys.into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect();
                    // Methods, and fields of values other than maps, cannot be checked here.
                    let judged =
                        at.kind() == ValueKind::Map && !(parent.is_none() && ["dict", "range"].contains(&part));
                    return judged.then(|| Missing { name: part.to_owned(), parent, known });
                }
                parent = Some(parent.map_or_else(|| part.to_owned(), |parent| format!("{parent}.{part}")));
                at = next;
            }
            None
        })
    }
}

/// Goes through one template with one input.
pub(crate) struct Expander<'b> {
    path: Vec<Step>,
    budget: &'b mut Budget,
}

impl<'b> Expander<'b> {
    pub(crate) fn new(budget: &'b mut Budget) -> Self {
        Self { path: Vec::new(), budget }
    }

    /// The values that a node gives: one, or none or several if it says so.
    pub(crate) fn expand(
        &mut self,
        node: &Node<Leaf<'_>>,
        scope: &Scope,
        depth: usize,
    ) -> Result<Vec<Json>, Box<Blame>> {
        match node {
            Node::Control(control) => self.control(control, scope, depth),
            other => Ok(vec![self.one(other, scope, depth)?]),
        }
    }

    fn one(&mut self, node: &Node<Leaf<'_>>, scope: &Scope, depth: usize) -> Result<Json, Box<Blame>> {
        match node {
            Node::Leaf(leaf) => {
                let value = leaf.render(&scope.value, depth, self.budget);
                value.map_err(|error| self.blame_leaf(leaf, scope, error.into()))
            }
            Node::Fixed(json) => {
                let size = json.as_str().map_or(0, str::len);
                let counted = self.budget.node(depth).and_then(|()| self.budget.text(size));
                counted.map_err(|error| self.blame(error.into()))?;
                Ok(json.clone())
            }
            Node::List(items) => {
                self.budget.node(depth).map_err(|error| self.blame(error.into()))?;
                let mut out = Vec::with_capacity(items.len());
                for (nth, item) in items.iter().enumerate() {
                    out.extend(self.within(Step::Item(nth), |expander| expander.expand(item, scope, depth + 1))?);
                }
                Ok(Json::Array(out))
            }
            Node::Map(fields) => {
                self.budget.node(depth).map_err(|error| self.blame(error.into()))?;
                let mut out = Map::new();
                for (key, field) in fields {
                    let there =
                        self.within(Step::Key(key.clone()), |expander| expander.expand(field, scope, depth + 1))?;
                    out.extend(there.into_iter().next().map(|value| (key.clone(), value)));
                }
                Ok(Json::Object(out))
            }
            // `$value` may hold another control; what it says not to be there is nothing.
            Node::Control(control) => Ok(self.control(control, scope, depth)?.into_iter().next().unwrap_or_default()),
        }
    }

    fn control(&mut self, control: &Control<Leaf<'_>>, scope: &Scope, depth: usize) -> Result<Vec<Json>, Box<Blame>> {
        let Some(each) = &control.each else { return self.conditional(control, scope, depth) };
        let mut out = Vec::new();
        for scope in self.scopes(each, scope)? {
            out.extend(self.conditional(control, &scope, depth)?);
        }
        Ok(out)
    }

    fn conditional(
        &mut self,
        control: &Control<Leaf<'_>>,
        scope: &Scope,
        depth: usize,
    ) -> Result<Vec<Json>, Box<Blame>> {
        if let Some(condition) = &control.only_if
            && !self.holds(condition, scope)?
        {
            return Ok(Vec::new());
        }
        self.expand(&control.body, scope, depth)
    }

    fn holds(&mut self, condition: &Leaf<'_>, scope: &Scope) -> Result<bool, Box<Blame>> {
        self.within(Step::Key("$if".to_owned()), |expander| {
            let value = expander.value(condition, scope)?;
            match value.kind() {
                ValueKind::Bool => Ok(value.is_true()),
                _ => Err(expander.blame_leaf(condition, scope, ExpandError::Condition(shown(&value)))),
            }
        })
    }

    /// One scope for each item of `$for`.
    fn scopes(&mut self, each: &Each<Leaf<'_>>, scope: &Scope) -> Result<Vec<Scope>, Box<Blame>> {
        self.within(Step::Key("$for".to_owned()), |expander| {
            let value = expander.value(&each.of, scope)?;
            let wrong = |expander: &Self, error| expander.blame_leaf(&each.of, scope, error);
            let walkable = matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::Iterable);
            let items = if walkable { value.try_iter().ok() } else { None };
            let items = items.ok_or_else(|| wrong(expander, ExpandError::Each(shown(&value))))?;
            let mut all = Vec::new();
            for item in items {
                expander.budget.node(0).map_err(|error| wrong(expander, error.into()))?;
                all.push(item);
            }
            let length = all.len();
            let scopes = all.into_iter().enumerate().map(|(nth, item)| {
                let parts = parts(&each.names, item)?;
                let turn = [("index", nth + 1), ("index0", nth), ("length", length)];
                let turn = turn.into_iter().map(|(key, count)| (key, Value::from(count)));
                let ends = [("first", nth == 0), ("last", nth + 1 == length)];
                let turn = turn.chain(ends.into_iter().map(|(key, is)| (key, Value::from(is))));
                let turn: Value = turn.collect::<BTreeMap<&str, Value>>().into();
                Ok(scope.with(parts.into_iter().chain([("loop".to_owned(), turn)])))
            });
            scopes.collect::<Result<_, _>>().map_err(|error| wrong(expander, error))
        })
    }

    /// The value of an expression that may not be undefined.
    fn value(&mut self, leaf: &Leaf<'_>, scope: &Scope) -> Result<Value, Box<Blame>> {
        let value = leaf.evaluate(&scope.value, self.budget).and_then(|value| {
            if value.is_undefined() { Err(LeafError::Json(crate::json::JsonError::Undefined)) } else { Ok(value) }
        });
        value.map_err(|error| self.blame_leaf(leaf, scope, error.into()))
    }

    fn within<T>(&mut self, step: Step, work: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let done = work(self);
        self.path.pop();
        done
    }

    fn blame(&self, error: ExpandError) -> Box<Blame> {
        Box::new(Blame { path: self.path.clone(), written: None, missing: None, error })
    }

    fn blame_leaf(&self, leaf: &Leaf<'_>, scope: &Scope, error: ExpandError) -> Box<Blame> {
        let missing = scope.missing(&leaf.variables());
        Box::new(Blame { written: Some(leaf.written.to_owned()), missing, ..*self.blame(error) })
    }
}

/// The names of `$for` and what they stand for in this turn.
fn parts(names: &[String], item: Value) -> Result<Vec<(String, Value)>, ExpandError> {
    if let [name] = names {
        return Ok(vec![(name.clone(), item)]);
    }
    let found = || shown(&item);
    let parts: Vec<Value> = match item.kind() {
        ValueKind::Seq | ValueKind::Iterable => item.try_iter().map(Iterator::collect).unwrap_or_default(),
        _ => Vec::new(),
    };
    if parts.len() != names.len() {
        return Err(ExpandError::Parts { names: names.len(), found: found() });
    }
    Ok(names.iter().cloned().zip(parts).collect())
}

/// A value in a message: its kind, and the value if it is short.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let short = text.chars().count() <= 40 && !text.chars().any(char::is_control);
    if short { format!("the {} `{text}`", value.kind()) } else { format!("a {}", value.kind()) }
}
