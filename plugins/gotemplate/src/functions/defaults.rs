//! Defaults and emptiness.

use super::{Answer, Args, Context};
use crate::value::Value;

pub(super) fn default(_: &mut Context, args: Args<'_>) -> Answer {
    let given = args.any(1);
    Ok(if given.truth() { given.clone() } else { args.any(0).clone() })
}

pub(super) fn empty(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(!args.any(0).truth()))
}

pub(super) fn coalesce(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(args.0.iter().find(|v| v.truth()).cloned().unwrap_or(Value::Nil))
}

pub(super) fn all(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.0.iter().all(Value::truth)))
}

pub(super) fn any(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.0.iter().any(Value::truth)))
}

pub(super) fn ternary(_: &mut Context, args: Args<'_>) -> Answer {
    let yes = matches!(args.any(2), Value::Bool(true));
    Ok(args.any(usize::from(!yes)).clone())
}
