//! Types and kinds.

use super::{Answer, Args, Context};
use crate::value::{Type, Value, deep_equal as equal};

fn kind(value: &Value) -> &'static str {
    Type::of(value).map_or("invalid", Type::kind)
}

pub(super) fn type_of(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(crate::value::type_name(args.any(0)).into())
}

pub(super) fn type_is(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.bytes(0) == crate::value::type_name(args.any(1)).as_bytes()))
}

pub(super) fn type_is_like(_: &mut Context, args: Args<'_>) -> Answer {
    let name = crate::value::type_name(args.any(1));
    let target = args.bytes(0);
    Ok(Value::Bool(target == name.as_bytes() || name.strip_prefix('*').is_some_and(|n| n.as_bytes() == target)))
}

pub(super) fn kind_of(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::text(kind(args.any(0))))
}

pub(super) fn kind_is(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.bytes(0) == kind(args.any(1)).as_bytes()))
}

pub(super) fn deep_equal(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(equal(args.any(0), args.any(1))))
}
