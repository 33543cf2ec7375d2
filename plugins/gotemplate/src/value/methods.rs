//! The methods that templates can call on times, durations, months and weekdays.
//!
//! Left out are those that no template can use: the binary forms (`MarshalBinary`, `AppendBinary`, `GobEncode`), and what has more
//! results than a template can take (`Date`, `Clock`, `ISOWeek`, `Zone`, `ZoneBounds`), which Go refuses to call.

use super::{Element, List, Type, Value};
use go_std::time::{Duration, Month, Time};

/// A method that templates can call on a value.
#[derive(Debug)]
pub struct Method {
    /// The types of its parameters.
    pub params: &'static [Type],
    /// The method itself: receiver, arguments.
    pub body: fn(&Value, &[Value]) -> Result<Value, String>,
}

type Body = fn(&Value, &[Value]) -> Result<Value, String>;

const fn of(params: &'static [Type], body: Body) -> Method {
    Method { params, body }
}

fn time(value: Option<&Value>) -> Time {
    if let Some(Value::Time(t)) = value { t.clone() } else { Time::zero() }
}

fn duration(value: Option<&Value>) -> Duration {
    if let Some(Value::Duration(d)) = value { *d } else { Duration(0) }
}

fn int(value: Option<&Value>) -> i64 {
    if let Some(Value::Int(i)) = value { *i } else { 0 }
}

fn text(value: Option<&Value>) -> String {
    if let Some(Value::Text(t)) = value { t.lossy().into_owned() } else { String::new() }
}

macro_rules! times {
    ($($name:literal [$($param:ident),*] |$t:ident, $args:ident| $body:expr;)*) => {
        &[$(($name, of(&[$(Type::$param),*], |value, $args| { let $t = time(Some(value)); let _ = (&$t, $args); Ok($body) }))),*]
    };
}

macro_rules! durations {
    ($($name:literal [$($param:ident),*] |$d:ident, $args:ident| $body:expr;)*) => {
        &[$(($name, of(&[$(Type::$param),*], |value, $args| { let $d = duration(Some(value)); let _ = $args; Ok($body) }))),*]
    };
}

static TIMES: &[(&str, Method)] = times! {
    "Add" [Duration] |t, args| Value::Time(t.plus(duration(args.first())));
    "AddDate" [Int, Int, Int] |t, args| Value::Time(t.add_date(int(args.first()), int(args.get(1)), int(args.get(2))));
    "After" [Time] |t, args| Value::Bool(t.since(&time(args.first())).0 > 0);
    "Before" [Time] |t, args| Value::Bool(t.since(&time(args.first())).0 < 0);
    "Compare" [Time] |t, args| Value::Int(t.since(&time(args.first())).0.signum());
    "Day" [] |t, args| Value::Int(t.date().day);
    "Equal" [Time] |t, args| Value::Bool(t.since(&time(args.first())).0 == 0);
    "Format" [Text] |t, args| t.format(&text(args.first())).into();
    "GoString" [] |t, args| t.go_string().into();
    "Hour" [] |t, args| Value::Int(t.clock().0);
    "IsDST" [] |t, args| Value::Bool(false);
    "IsZero" [] |t, args| Value::Bool(t.fields() == [0, 0]);
    "Location" [] |t, args| Value::Location(t.location());
    "Local" [] |t, args| Value::Time(t.utc());
    "Minute" [] |t, args| Value::Int(t.clock().1);
    "Month" [] |t, args| Value::Month(Month(t.date().month));
    "Nanosecond" [] |t, args| Value::Int(t.nanosecond());
    "Round" [Duration] |t, args| Value::Time(t.round(duration(args.first())));
    "Second" [] |t, args| Value::Int(t.clock().2);
    "String" [] |t, args| t.to_string().into();
    "Sub" [Time] |t, args| Value::Duration(t.since(&time(args.first())));
    "Truncate" [Duration] |t, args| Value::Time(t.truncate(duration(args.first())));
    "UTC" [] |t, args| Value::Time(t.utc());
    "Unix" [] |t, args| Value::Int64(t.unix());
    "UnixMicro" [] |t, args| Value::Int64(t.unix().wrapping_mul(1_000_000).wrapping_add(t.nanosecond() / 1_000));
    "UnixMilli" [] |t, args| Value::Int64(t.unix().wrapping_mul(1_000).wrapping_add(t.nanosecond() / 1_000_000));
    "UnixNano" [] |t, args| Value::Int64(t.unix().wrapping_mul(1_000_000_000).wrapping_add(t.nanosecond()));
    "Weekday" [] |t, args| Value::Weekday(t.weekday());
    "Year" [] |t, args| Value::Int(t.date().year);
    "YearDay" [] |t, args| Value::Int(t.date().of_year());
};

static DURATIONS: &[(&str, Method)] = durations! {
    "Abs" [] |d, args| Value::Duration(Duration(d.0.saturating_abs()));
    "Hours" [] |d, args| Value::Float(units(d, 3_600_000_000_000));
    "Microseconds" [] |d, args| Value::Int64(d.0 / 1_000);
    "Milliseconds" [] |d, args| Value::Int64(d.0 / 1_000_000);
    "Minutes" [] |d, args| Value::Float(units(d, 60_000_000_000));
    "Nanoseconds" [] |d, args| Value::Int64(d.0);
    "Round" [Duration] |d, args| Value::Duration(d.round(duration(args.first())));
    "Seconds" [] |d, args| Value::Float(units(d, 1_000_000_000));
    "String" [] |d, args| d.to_string().into();
    "Truncate" [Duration] |d, args| Value::Duration(d.truncate(duration(args.first())));
};

static NAMED: Method = of(&[], |value, _| Ok(crate::value::print_one(value).into()));
const BYTES: Type = Type::List(Element::Byte);
static ENCODINGS: &[(&str, Method)] = &[
    (
        "AppendFormat",
        of(&[BYTES, Type::Text], |t, args| Ok(appended(args, time(Some(t)).format(&text(args.get(1))).into_bytes()))),
    ),
    (
        "AppendText",
        of(&[BYTES], |t, args| time(Some(t)).rfc3339("Time.AppendText").map(|text| appended(args, text.into_bytes()))),
    ),
    (
        "In",
        of(&[Type::Location], |t, args| match args.first() {
            Some(Value::Location(location)) => Ok(Value::Time(time(Some(t)).placed(location))),
            _ => Err("time: missing Location in call to Time.In".to_owned()),
        }),
    ),
    (
        "MarshalJSON",
        of(&[], |t, _| time(Some(t)).rfc3339("Time.MarshalJSON").map(|text| bytes(format!("\"{text}\"").into_bytes()))),
    ),
    ("MarshalText", of(&[], |t, _| time(Some(t)).rfc3339("Time.MarshalText").map(|text| bytes(text.into_bytes())))),
];

fn bytes(bytes: Vec<u8>) -> Value {
    Value::List(List::new(Element::Byte, bytes.into_iter().map(Value::Uint8).collect()))
}

fn appended(args: &[Value], more: Vec<u8>) -> Value {
    let mut items = if let Some(Value::List(list)) = args.first() { list.to_vec() } else { Vec::new() };
    items.extend(more.into_iter().map(Value::Uint8));
    Value::List(List::new(Element::Byte, items))
}

/// The method of a value, if its type has one of this name.
pub fn method(value: &Value, name: &str) -> Option<&'static Method> {
    let find = |table: &'static [(&str, Method)]| table.iter().find(|(n, _)| *n == name).map(|(_, method)| method);
    match value {
        Value::Time(_) => find(TIMES).or_else(|| find(ENCODINGS)),
        Value::Duration(_) => find(DURATIONS),
        Value::Month(_) | Value::Weekday(_) | Value::Location(_) if name == "String" => Some(&NAMED),
        _ => None,
    }
}

fn units(d: Duration, unit: i64) -> f64 {
    (d.0 / unit) as f64 + (d.0 % unit) as f64 / unit as f64
}
