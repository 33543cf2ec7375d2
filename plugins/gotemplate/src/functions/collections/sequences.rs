//! Sequences of numbers.

use crate::functions::args::MAX_ITEMS;
use crate::functions::{Answer, Args, Context};
use crate::value::{Element, List, Value};

/// The numbers that sprig's `untilStep` counts.
fn steps(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    let mut out = Vec::new();
    let mut at = start;
    let down = stop < start;
    if down && step >= 0 || !down && step <= 0 {
        return Ok(out);
    }
    while if down { at > stop } else { at < stop } {
        if out.len() >= MAX_ITEMS {
            return Err(format!("the sequence is longer than {MAX_ITEMS}"));
        }
        out.push(at);
        at = match at.checked_add(step) {
            Some(next) => next,
            None => break,
        };
    }
    Ok(out)
}

fn integers(numbers: Vec<i64>) -> Value {
    Value::List(List::grown(Element::Int, numbers.into_iter().map(Value::Int).collect()))
}

pub(in crate::functions) fn until(_: &mut Context, args: Args<'_>) -> Answer {
    let count = args.int(0);
    steps(0, count, if count < 0 { -1 } else { 1 }).map(integers)
}

pub(in crate::functions) fn until_step(_: &mut Context, args: Args<'_>) -> Answer {
    steps(args.int(0), args.int(1), args.int(2)).map(integers)
}

pub(in crate::functions) fn seq(_: &mut Context, args: Args<'_>) -> Answer {
    let towards = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let numbers = match args.0.len() {
        1 => {
            let end = args.int(0);
            steps(1, end.wrapping_add(towards(1, end)), towards(1, end))?
        }
        2 => {
            let (start, end) = (args.int(0), args.int(1));
            steps(start, end.wrapping_add(towards(start, end)), towards(start, end))?
        }
        3 => {
            let (start, step, end) = (args.int(0), args.int(1), args.int(2));
            if end < start && step > 0 {
                return Ok(Value::text(""));
            }
            steps(start, end.wrapping_add(towards(start, end)), step)?
        }
        _ => return Ok(Value::text("")),
    };
    Ok(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").into())
}
