//! Dates and durations. The only clock is that of the call.

use super::{Answer, Args, Context};
use crate::value::Value;
use go_std::strconv::parse_int;
use go_std::time::{Duration, Time, parse_duration, parse_time, readable};

fn now(context: &Context) -> Time {
    let seconds = i64::try_from(context.now_ms / 1000).unwrap_or(i64::MAX);
    let nanos = i64::try_from(context.now_ms % 1000).unwrap_or(0) * 1_000_000;
    Time::from_unix(seconds).plus(Duration(nanos))
}

pub(super) fn ago(context: &mut Context, args: Args<'_>) -> Answer {
    let now = now(context);
    let then = match args.any(0) {
        Value::Time(t) => t.clone(),
        Value::Int(seconds) | Value::Int64(seconds) => Time::from_unix(*seconds),
        _ => now.clone(),
    };
    Ok(now.since(&then).round(Duration(1_000_000_000)).to_string().into())
}

pub(super) fn duration(_: &mut Context, args: Args<'_>) -> Answer {
    let seconds = match args.any(0) {
        Value::Text(text) => parse_int(text.bytes(), 10).0,
        Value::Int64(seconds) => *seconds,
        _ => 0,
    };
    Ok(Duration(seconds.wrapping_mul(1_000_000_000)).to_string().into())
}

pub(super) fn duration_round(context: &mut Context, args: Args<'_>) -> Answer {
    let nanos = match args.any(0) {
        Value::Text(text) => parse_duration(&readable(text.bytes())).map_or(0, |d| d.0),
        Value::Int64(nanos) => *nanos,
        Value::Time(t) => now(context).since(t).0,
        _ => 0,
    };
    let hour = 3_600_000_000_000_u64;
    let units = [
        (hour * 24 * 365, "y"),
        (hour * 24 * 30, "mo"),
        (hour * 24, "d"),
        (hour, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
    ];
    let u = nanos.unsigned_abs();
    let unit = units.iter().find(|(length, _)| u > *length);
    Ok(unit.map_or_else(|| "0s".to_owned(), |(length, name)| format!("{}{name}", u / length)).into())
}

pub(super) fn must_modify(_: &mut Context, args: Args<'_>) -> Answer {
    let d = parse_duration(&readable(args.text(0).bytes())).map_err(|error| error.to_string())?;
    match args.any(1) {
        Value::Time(t) => Ok(Value::Time(t.plus(d))),
        _ => Ok(Value::Time(Time::zero().plus(d))),
    }
}

pub(super) fn to_date(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Time(
        parse_time(&readable(args.text(0).bytes()), &readable(args.text(1).bytes())).unwrap_or_else(|_| Time::zero()),
    ))
}

pub(super) fn must_to_date(_: &mut Context, args: Args<'_>) -> Answer {
    parse_time(&readable(args.text(0).bytes()), &readable(args.text(1).bytes())).map(Value::Time)
}

pub(super) fn unix_epoch(_: &mut Context, args: Args<'_>) -> Answer {
    match args.any(0) {
        Value::Time(t) => Ok(t.unix().to_string().into()),
        _ => Ok(Time::zero().unix().to_string().into()),
    }
}
