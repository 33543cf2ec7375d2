//! Flow, comparison, indexing, and what a template may know of its input.

use super::builtin::{index as index_value, len as length};
use super::compare;
use super::{Answer, Args, Context};
use crate::value::Value;

/// `and`, `or` and `call` are the evaluator's own.
pub(super) fn never(_: &mut Context, _: Args<'_>) -> Answer {
    Err("is evaluated elsewhere".to_owned())
}

pub(super) fn index(_: &mut Context, args: Args<'_>) -> Answer {
    index_value(args.0)
}

pub(super) fn len(_: &mut Context, args: Args<'_>) -> Answer {
    length(args.any(0))
}

pub(super) fn not(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(!args.any(0).truth()))
}

pub(super) fn eq(_: &mut Context, args: Args<'_>) -> Answer {
    compare::eq(args.0).map(Value::Bool)
}

pub(super) fn ne(_: &mut Context, args: Args<'_>) -> Answer {
    compare::eq(args.0).map(|equal| Value::Bool(!equal))
}

pub(super) fn lt(_: &mut Context, args: Args<'_>) -> Answer {
    compare::lt(args.any(0), args.any(1)).map(Value::Bool)
}

pub(super) fn le(_: &mut Context, args: Args<'_>) -> Answer {
    compare::le(args.any(0), args.any(1)).map(Value::Bool)
}

pub(super) fn gt(_: &mut Context, args: Args<'_>) -> Answer {
    compare::le(args.any(0), args.any(1)).map(|le| Value::Bool(!le))
}

pub(super) fn ge(_: &mut Context, args: Args<'_>) -> Answer {
    compare::lt(args.any(0), args.any(1)).map(|lt| Value::Bool(!lt))
}

pub(super) fn fail(_: &mut Context, args: Args<'_>) -> Answer {
    Err(args.text(0).lossy().into_owned())
}

pub(super) fn inputs(context: &mut Context, _: Args<'_>) -> Answer {
    Ok(Value::Map(context.inputs.clone()))
}

pub(super) fn uid(context: &mut Context, _: Args<'_>) -> Answer {
    Ok(Value::text(&context.uid))
}
