//! Numbers: conversions that never fail, and integer arithmetic that wraps.

use super::{Answer, Args, Context};
use crate::value::Value;
use go_std::strconv::{float_to_int, parse_float, parse_int};

/// sprig's `toInt64`: what is not a number is 0.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Text(text) => match parse_int(text.bytes(), 10) {
            (n, None) => n,
            _ => 0,
        },
        Value::Int(i) | Value::Int64(i) => *i,
        Value::Uint8(b) => i64::from(*b),
        Value::Float(f) => float_to_int(*f),
        Value::Bool(b) => i64::from(*b),
        Value::Duration(d) => d.0,
        Value::Month(m) => m.0,
        Value::Weekday(d) => d.0,
        _ => 0,
    }
}

/// sprig's `toFloat64`: what is not a number is 0.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Text(text) => parse_float(text.bytes()).unwrap_or(0.0),
        Value::Float(f) => *f,
        other => to_int(other) as f64,
    }
}

pub(super) fn atoi(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int(parse_int(args.bytes(0), 10).0))
}

pub(super) fn int64(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(to_int(args.any(0))))
}

pub(super) fn int(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int(to_int(args.any(0))))
}

pub(super) fn float64(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Float(to_float(args.any(0))))
}

pub(super) fn to_decimal(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(match parse_int(&crate::value::print_one(args.any(0)), 8) {
        (n, None) => n,
        _ => 0,
    }))
}

pub(super) fn add1(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(to_int(args.any(0)).wrapping_add(1)))
}

pub(super) fn add(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(args.0.iter().map(to_int).fold(0, i64::wrapping_add)))
}

pub(super) fn sub(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(to_int(args.any(0)).wrapping_sub(to_int(args.any(1)))))
}

fn divisor(args: Args<'_>) -> Result<i64, String> {
    match to_int(args.any(1)) {
        0 => Err("runtime error: integer divide by zero".to_owned()),
        n => Ok(n),
    }
}

pub(super) fn div(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(to_int(args.any(0)).wrapping_div(divisor(args)?)))
}

pub(super) fn modulo(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(to_int(args.any(0)).wrapping_rem(divisor(args)?)))
}

pub(super) fn mul(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(args.0.iter().map(to_int).fold(1, i64::wrapping_mul)))
}

pub(super) fn rand_int(context: &mut Context, args: Args<'_>) -> Answer {
    let (low, high) = (args.int(0), args.int(1));
    let range = high.wrapping_sub(low);
    match u64::try_from(range) {
        Ok(range) if range > 0 => {
            let offset = ((u128::from(context.next_random()) * u128::from(range)) >> 64) as i64;
            Ok(Value::Int(low.wrapping_add(offset)))
        }
        _ => Err("invalid argument to Intn".to_owned()),
    }
}

pub(super) fn max(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(args.0.iter().map(to_int).max().unwrap_or(0)))
}

pub(super) fn min(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Int64(args.0.iter().map(to_int).min().unwrap_or(0)))
}

/// `math.Max` and `math.Min`: NaN wins but over infinity, and zeros have an order.
fn extreme(args: Args<'_>, better: fn(f64, f64) -> bool, infinite: f64) -> Value {
    let mut numbers = args.0.iter().map(to_float);
    let first = numbers.next().unwrap_or(0.0);
    Value::Float(numbers.fold(first, |a, b| {
        if a == infinite || b == infinite {
            infinite
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            // Between zeros, `max` prefers the positive one and `min` the negative one.
            if a.is_sign_negative() == (infinite < 0.0) { a } else { b }
        } else if better(a, b) {
            a
        } else {
            b
        }
    }))
}

pub(super) fn maxf(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(extreme(args, |a, b| a > b, f64::INFINITY))
}

pub(super) fn minf(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(extreme(args, |a, b| a < b, f64::NEG_INFINITY))
}

pub(super) fn ceil(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Float(to_float(args.any(0)).ceil()))
}

pub(super) fn floor(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Float(to_float(args.any(0)).floor()))
}

pub(super) fn round(_: &mut Context, args: Args<'_>) -> Answer {
    let on = match args.any(2) {
        Value::Float(f) => *f,
        _ => 0.5,
    };
    let power = power_of_ten(args.int(1));
    let digit = power * to_float(args.any(0));
    let fraction = digit.fract();
    let fraction = if digit.is_infinite() { f64::NAN } else { fraction };
    let rounded = if fraction >= on { digit.ceil() } else { digit.floor() };
    Ok(Value::Float(rounded / power))
}

/// Go's `math.Pow(10, n)`, which multiplies fractions and is not always the nearest float.
fn power_of_ten(exponent: i64) -> f64 {
    if exponent == 0 {
        return 1.0;
    }
    if exponent.unsigned_abs() > 400 {
        return if exponent > 0 { f64::INFINITY } else { 0.0 };
    }
    let (mut fraction, mut power) = (1.0_f64, 0_i64);
    let (mut x, mut xe) = (0.625_f64, 4_i64);
    let mut rest = exponent.unsigned_abs();
    while rest != 0 {
        if rest & 1 == 1 {
            fraction *= x;
            power += xe;
        }
        x *= x;
        xe <<= 1;
        if x < 0.5 {
            x += x;
            xe -= 1;
        }
        rest >>= 1;
    }
    if exponent < 0 {
        fraction = 1.0 / fraction;
        power = -power;
    }
    let half = i32::try_from(power / 2).unwrap_or(0);
    let other = i32::try_from(power).unwrap_or(0) - half;
    fraction * 2_f64.powi(half) * 2_f64.powi(other)
}
