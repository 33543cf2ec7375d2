//! Dictionaries. `set` and `unset` change the map that everyone shares.

use crate::functions::{Answer, Args, Context, to_text};
use crate::value::{Map, Text, Type, Value};

pub(in crate::functions) fn dict(_: &mut Context, args: Args<'_>) -> Answer {
    let entries = args.0.chunks(2).map(|pair| {
        let key = match pair.first() {
            Some(Value::Text(text)) => text.clone(),
            other => Text::from(to_text(other.unwrap_or(&Value::Nil))),
        };
        (key, pair.get(1).cloned().unwrap_or_else(|| Value::text("")))
    });
    Ok(Value::Map(Map::new(entries.collect::<Vec<_>>())))
}

pub(in crate::functions) fn get(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(args.map(0).get(&args.text(1)).unwrap_or_else(|| Value::text("")))
}

pub(in crate::functions) fn set(_: &mut Context, args: Args<'_>) -> Answer {
    if !args.map(0).insert(args.text(1), args.any(2).clone()) {
        return Err("assignment to entry in nil map".to_owned());
    }
    Ok(args.any(0).clone())
}

pub(in crate::functions) fn unset(_: &mut Context, args: Args<'_>) -> Answer {
    args.map(0).remove(&args.text(1));
    Ok(args.any(0).clone())
}

pub(in crate::functions) fn has_key(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.map(0).contains(&args.text(1))))
}

fn maps(args: Args<'_>, start: usize) -> impl Iterator<Item = Map> + '_ {
    (start..args.0.len()).map(move |index| args.map(index))
}

pub(in crate::functions) fn pluck(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::grown(maps(args, 1).filter_map(|map| map.get(&args.text(0))).collect()))
}

pub(in crate::functions) fn keys(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::texts(maps(args, 0).flat_map(|map| map.entries()).map(|(key, _)| key)))
}

pub(in crate::functions) fn values(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::grown(args.map(0).entries().into_iter().map(|(_, value)| value).collect()))
}

fn is_named(args: Args<'_>, key: &Text) -> bool {
    args.from(1).iter().any(|name| matches!(name, Value::Text(name) if name == key))
}

pub(in crate::functions) fn pick(_: &mut Context, args: Args<'_>) -> Answer {
    let picked = args.map(0).entries().into_iter().filter(|(key, _)| is_named(args, key));
    Ok(Value::Map(Map::new(picked)))
}

pub(in crate::functions) fn omit(_: &mut Context, args: Args<'_>) -> Answer {
    let kept = args.map(0).entries().into_iter().filter(|(key, _)| !is_named(args, key));
    Ok(Value::Map(Map::new(kept)))
}

fn mismatch(wanted: Type, found: &Value) -> String {
    let found = Type::of(found).map_or_else(|| "nil".to_owned(), |t| t.to_string());
    format!("interface conversion: interface {{}} is {found}, not {wanted}")
}

pub(in crate::functions) fn dig(_: &mut Context, args: Args<'_>) -> Answer {
    let [keys @ .., default, dict] = args.0 else { return Err("dig needs at least three arguments".to_owned()) };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".to_owned());
    }
    let as_map = |value: &Value| match value {
        Value::Map(map) => Ok(map.clone()),
        other => Err(mismatch(Type::Map, other)),
    };
    let mut map = as_map(dict)?;
    if let Some(bad) = keys.iter().find(|key| !matches!(key, Value::Text(_))) {
        return Err(mismatch(Type::Text, bad));
    }
    for (nth, key) in keys.iter().enumerate() {
        let Value::Text(key) = key else { break };
        let Some(step) = map.get(key) else { return Ok(default.clone()) };
        if nth + 1 == keys.len() {
            return Ok(step);
        }
        map = as_map(&step)?;
    }
    Ok(default.clone())
}
