//! Fields: map keys, and methods of times.

use super::{Evaluated, Machine, Slot};
use crate::tree::Expr;
use crate::value::{Text, Type, Value};

impl<'t> Machine<'t, '_> {
    /// `.x.y.z`, the last possibly with arguments.
    pub(super) fn fields(
        &mut self,
        dot: &Slot,
        receiver: Slot,
        place: &'t Expr,
        names: &'t [String],
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        let Some((final_name, path)) = names.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for name in path {
            receiver = self.field(dot, receiver, place, name, &[], None)?;
        }
        self.field(dot, receiver, place, final_name, args, last)
    }

    fn field(
        &mut self,
        dot: &Slot,
        receiver: Slot,
        place: &'t Expr,
        name: &'t str,
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        if receiver.is_invalid() {
            let quoted = go_std::strconv::quote(name.as_bytes());
            return self.fail(format!("nil data; no entry for key {quoted}"));
        }
        if matches!(receiver.value, Value::Nil) {
            return self.fail(format!("nil pointer evaluating interface {{}}.{name}"));
        }
        if let Some(method) = crate::value::method(&receiver.value, name) {
            return self.method(dot, &receiver.value, method, place, name, args, last);
        }
        if matches!(receiver.value, Value::Time(_)) && matches!(name, "wall" | "ext" | "loc") {
            return self.fail(format!("{name} is an unexported field of struct type time.Time"));
        }
        let has_args = args.len() > 1 || last.is_some();
        let key = Text::from(name);
        let found = match &receiver.value {
            Value::Map(_) | Value::TextMap(_) if has_args => {
                return self.fail(format!("{name} is not a method but has arguments"));
            }
            Value::Map(map) => map.get(&key).map(Slot::interface),
            Value::TextMap(map) => map.get(&key).map(|text| Slot::concrete(Value::Text(text.clone()))),
            _ => return self.fail(format!("can't evaluate field {name} in type {}", receiver.type_name())),
        };
        match found {
            Some(slot) => Ok(slot),
            None => {
                if let Value::Map(map) = &receiver.value {
                    let known = map.entries().iter().map(|(k, _)| k.lossy().into_owned()).collect();
                    self.missing = Some((name.to_owned(), known));
                }
                let quoted = go_std::strconv::quote(name.as_bytes());
                self.fail(format!("map has no entry for key {quoted}"))
            }
        }
    }

    /// Fits a value to the type of a parameter.
    pub(super) fn fit(&mut self, slot: Slot, wanted: Type) -> Evaluated<Value> {
        if slot.is_invalid() {
            if wanted.accepts_nil() {
                return Ok(zero(wanted));
            }
            return self.fail(format!("invalid value; expected {wanted}"));
        }
        match (wanted, Type::of(&slot.value)) {
            (Type::Any | Type::Reflect, _) => Ok(slot.value),
            (_, Some(found)) if found == wanted => Ok(slot.value),
            (_, Some(found)) => self.fail(format!("wrong type for value; expected {wanted}; got {found}")),
            (_, None) => self.fail(format!("wrong type for value; expected {wanted}; got interface {{}}")),
        }
    }
}

/// Go's zero value of a type that has a nil.
pub(super) fn zero(wanted: Type) -> Value {
    match wanted {
        Type::Map => Value::Map(crate::value::Map::nil()),
        Type::List(element) => Value::List(crate::value::List::nil(element)),
        _ => Value::Nil,
    }
}
