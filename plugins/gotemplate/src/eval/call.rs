//! Calls: counting and fitting arguments, short circuits, and untrusted values in results.

use super::field::zero;
use super::{Evaluated, Machine, Place, Slot};
use crate::functions::{Flow, Function};
use crate::tree::Expr;
use crate::value::{Method, Text, Type, Value, harmless, marked, merge, shadow_of};

/// What a call needs to know of what it calls.
struct Signature<'s> {
    name: &'s str,
    params: &'s [Type],
    variadic: Option<Type>,
}

/// Which operand of `and` and `or` is the result, and ends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decisive {
    /// The first that is false: `and`.
    False,
    /// The first that is true: `or`.
    True,
}

impl<'t> Machine<'t, '_> {
    pub(super) fn function(
        &mut self,
        dot: &Slot,
        function: &'static Function,
        place: &'t dyn Place,
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        let name = function.name;
        let signature = Signature { name, params: function.params, variadic: function.variadic };
        let args = args.get(1..).unwrap_or_default();
        self.count(&signature, args, last.as_ref())?;
        let decisive = match name {
            "and" => Some(Decisive::False),
            "or" => Some(Decisive::True),
            _ => None,
        };
        if let Some(decisive) = decisive {
            return self.short_circuit(dot, decisive, args, last);
        }
        let values = self.arguments(dot, &signature, args, last)?;
        if name == "call" {
            return self.call_value(args, &values, place);
        }
        let value = match self.apply(function, &values) {
            Ok(value) => value,
            Err(message) => {
                self.at = Some(place);
                return self.fail(format!("error calling {name}: {message}"));
            }
        };
        Ok(Slot { value, interface: function.returns_interface })
    }

    #[expect(clippy::too_many_arguments, reason = "the evaluator passes what Go's evalCall takes")]
    pub(super) fn method(
        &mut self,
        dot: &Slot,
        receiver: &Value,
        method: &'static Method,
        place: &'t dyn Place,
        name: &'t str,
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        let signature = Signature { name, params: method.params, variadic: None };
        let args = args.get(1..).unwrap_or_default();
        self.count(&signature, args, last.as_ref())?;
        let values = self.arguments(dot, &signature, args, last)?;
        match (method.body)(receiver, &values) {
            Ok(value) => Ok(Slot::concrete(value)),
            Err(message) => {
                self.at = Some(place);
                self.fail(format!("error calling {name}: {message}"))
            }
        }
    }

    fn count(&mut self, signature: &Signature<'_>, args: &[Expr], last: Option<&Slot>) -> Evaluated<()> {
        let Signature { name, params, variadic } = signature;
        let given = args.len() + usize::from(last.is_some());
        let want = params.len();
        if variadic.is_some() && given < want {
            let shown = args.len();
            return self.fail(format!("wrong number of args for {name}: want at least {want} got {shown}"));
        }
        if variadic.is_none() && given != want {
            return self.fail(format!("wrong number of args for {name}: want {want} got {given}"));
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        dot: &Slot,
        signature: &Signature<'_>,
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Vec<Value>> {
        let wanted = |index: usize| signature.params.get(index).copied().or(signature.variadic).unwrap_or(Type::Any);
        let mut values = Vec::with_capacity(args.len() + 1);
        for (index, arg) in args.iter().enumerate() {
            values.push(self.argument(dot, wanted(index), arg)?);
        }
        if let Some(last) = last {
            let value = self.fit(last, wanted(args.len()))?;
            values.push(value);
        }
        Ok(values)
    }

    fn argument(&mut self, dot: &Slot, wanted: Type, arg: &'t Expr) -> Evaluated<Value> {
        self.at = Some(arg);
        let slot = match arg {
            Expr::Dot(_) => dot.clone(),
            Expr::Nil(_) if wanted.accepts_nil() => return Ok(zero(wanted)),
            Expr::Nil(_) => return self.fail(format!("cannot assign nil to {wanted}")),
            Expr::Field { ident, .. } => self.fields(dot, dot.clone(), arg, ident, std::slice::from_ref(arg), None)?,
            Expr::Variable(variable) => self.variable(dot, arg, variable, &[], None)?,
            Expr::Pipe(pipe) => self.pipeline(dot, pipe)?,
            Expr::Ident { function, .. } => self.function(dot, function, arg, &[], None)?,
            Expr::Chain { node, field, .. } => self.chain(dot, arg, node, field, &[], None)?,
            Expr::Bool { .. } | Expr::Number(_) | Expr::Text { .. } => return self.literal(wanted, arg),
        };
        self.fit(slot, wanted)
    }

    fn literal(&mut self, wanted: Type, arg: &'t Expr) -> Evaluated<Value> {
        let expected = match (wanted, arg) {
            (Type::Any | Type::Reflect, Expr::Number(number)) => return Ok(self.ideal(number)?.value),
            (Type::Any | Type::Reflect | Type::Bool, Expr::Bool { value, .. }) => return Ok(Value::Bool(*value)),
            (Type::Any | Type::Reflect | Type::Text, Expr::Text { text, .. }) => return Ok(Value::text(text)),
            (Type::Int, Expr::Number(number)) if number.int.is_some() => {
                return Ok(Value::Int(number.int.unwrap_or(0)));
            }
            (Type::Int64, Expr::Number(number)) if number.int.is_some() => {
                return Ok(Value::Int64(number.int.unwrap_or(0)));
            }
            (Type::Duration, Expr::Number(number)) if number.int.is_some() => {
                return Ok(Value::Duration(go_std::time::Duration(number.int.unwrap_or(0))));
            }
            (Type::Float, Expr::Number(number)) if number.float.is_some() => {
                return Ok(Value::Float(number.float.unwrap_or(0.0)));
            }
            (Type::Bool, _) => "bool",
            (Type::Text, _) => "string",
            (Type::Int | Type::Int64 | Type::Duration, _) => "integer",
            (Type::Float, _) => "float",
            _ => return self.fail(format!("can't handle {arg} for arg of type {wanted}")),
        };
        self.fail(format!("expected {expected}; found {arg}"))
    }

    /// `and`, `or`: the first operand that decides, or the last.
    fn short_circuit(
        &mut self,
        dot: &Slot,
        decisive: Decisive,
        args: &'t [Expr],
        last: Option<Slot>,
    ) -> Evaluated<Slot> {
        let mut value = Value::Nil;
        for arg in args {
            value = self.argument(dot, Type::Reflect, arg)?;
            if value.truth() == (decisive == Decisive::True) {
                return Ok(Slot::concrete(value));
            }
        }
        Ok(last.unwrap_or_else(|| Slot::concrete(value)))
    }

    /// `call`: templates have no function values.
    fn call_value(&mut self, args: &'t [Expr], values: &[Value], place: &'t dyn Place) -> Evaluated<Slot> {
        // Without a written argument Go shows the value from the pipeline as `reflect.Value.String` does.
        let name = match (args.first(), values.first()) {
            (Some(arg), _) => arg.to_string(),
            (None, Some(Value::Text(text))) => text.lossy().into_owned(),
            (None, value) => {
                let found = value.and_then(Type::of).map_or_else(|| "invalid".to_owned(), |found| found.to_string());
                format!("<{found} Value>")
            }
        };
        let message = match values.first().and_then(Type::of) {
            None => "call of nil".to_owned(),
            Some(found) => format!("non-function {name} of type {found}"),
        };
        self.at = Some(place);
        self.fail(format!("error calling call: {message}"))
    }

    /// Runs a function, and once more with harmless values in place of the untrusted ones.
    fn apply(&mut self, function: &'static Function, values: &[Value]) -> Result<Value, String> {
        let real = (function.body)(self.context, values)?;
        let plain = !matches!(real, Value::Text(_) | Value::List(_) | Value::Map(_) | Value::TextMap(_));
        if plain || function.flow == Flow::Carry || function.flow == Flow::Trust {
            return Ok(real);
        }
        let Some(origin) = values.iter().find_map(marked) else { return Ok(real) };
        if function.flow == Flow::Decode {
            return Ok(harmless(&real, &origin));
        }
        let shadows: Vec<Value> = values.iter().map(shadow_of).collect();
        let shadow = (function.body)(self.context, &shadows).ok();
        Ok(merge(real, shadow, &origin))
    }
}

/// Bytes as a trusted text value, for functions.
impl From<&Text> for Value {
    fn from(text: &Text) -> Self {
        Self::Text(text.clone())
    }
}
