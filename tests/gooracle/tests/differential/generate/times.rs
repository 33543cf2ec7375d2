//! Times: layouts and texts that fit them or not, methods of times and durations.

use super::calls::quoted;
use super::words::DATES;
use super::{Case, Random};
use serde_json::json;

const LAYOUTS: &[&str] = &[
    "2006-01-02",
    "2006-01-02T15:04:05Z07:00",
    "2006-01-02T15:04:05.999999999Z07:00",
    "Mon Jan _2 15:04:05 2006",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "3:04PM",
    "Jan _2 15:04:05.000",
    "2006-002",
    "06/1/2",
    "15h4m5s",
    "",
    "2006",
    "January 2, 2006",
    "-0700",
    "Z0700",
    "-07:00:00",
    "pm",
    "__2 2006",
    "05.000",
    "05,999",
    "04:05.9",
    "MST",
];
const PARTS: &[&str] = &[
    "2006",
    "06",
    "01",
    "1",
    "Jan",
    "January",
    "02",
    "2",
    "_2",
    "002",
    "__2",
    "15",
    "03",
    "3",
    "04",
    "4",
    "05",
    "5",
    ".000",
    ".999",
    ",000",
    ".0",
    "PM",
    "pm",
    "MST",
    "Z07:00",
    "-07:00",
    "-0700",
    "-07",
    "Z0700",
    "Z07",
    "-070000",
    "-07:00:00",
    "Mon",
    "Monday",
    " ",
    "-",
    "/",
    ":",
    "T",
    "é",
    "_",
    "Z",
    ".",
    "07",
    "006",
    "Janet",
    "Month",
];
const METHODS: &[&str] = &[
    "Format \"Mon Jan _2 15:04:05 2006 MST -0700\"",
    "Unix",
    "UnixMilli",
    "UnixMicro",
    "UnixNano",
    "Year",
    "YearDay",
    "Month",
    "Day",
    "Weekday",
    "Hour",
    "Minute",
    "Second",
    "Nanosecond",
    "IsZero",
    "UTC",
    "Local",
    "IsDST",
    "String",
    "GoString",
    "AddDate 0 1 0",
    "AddDate -1 13 31",
    "AddDate 0 0 -400",
    "Date",
    "Clock",
    "ISOWeek",
    "Zone",
    "ZoneBounds",
    "Location",
    "MarshalJSON",
    "MarshalText",
    "MarshalBinary",
    "GobEncode",
    "AppendFormat nil \"2006\"",
    "AppendText nil",
    "AppendBinary nil",
    "In nil",
    "Add 1",
    "Add 3600000000000",
    "Sub .",
    "Round 60000000000",
    "Truncate 3600000000000",
    "Equal .",
    "Nope",
    "Unix 1",
    "Format",
    "Format 1",
    "Compare",
    "wall",
    "UnmarshalText nil",
    "Format \"2006-01-02T15:04:05.000Z07:00\"",
    "Month.String",
    "Weekday.String",
    "Month.Nope",
    "UTC.Unix",
    "Local.Format \"15:04\"",
    "Location.String",
    "Weekday.String 1",
    "Hour.x",
];
const DURATION_METHODS: &[&str] = &[
    "Hours",
    "Minutes",
    "Seconds",
    "Milliseconds",
    "Microseconds",
    "Nanoseconds",
    "String",
    "Abs",
    "Round 60000000000",
    "Truncate 3600000000000",
    "Nope",
    "Round",
    "Hours 1",
    "Abs.String",
    "Round 0",
    "Truncate -1",
];

fn time(random: &mut Random) -> String {
    let must = random.pick(&["toDate", "mustToDate"]);
    if random.one_in(2) {
        return format!(
            "({must} {})",
            random.pick(&[
                "\"2006-01-02\" \"2026-03-09\"",
                "\"2006-01-02T15:04:05Z07:00\" \"2026-03-09T08:07:06.123456789+02:30\"",
                "\"2006\" \"0001\"",
                "\"2006-01-02\" \"1969-12-31\"",
                "\"2006-01-02\" \"2024-02-29\"",
                "\"2006-01-02 MST\" \"2026-03-09 CET\"",
                "\"2006-01-02\" \"9999-12-31\"",
                "\"15:04:05.000\" \"23:59:59.999\"",
                "\"2006\" \"nope\"",
                "\"2006-01-02 -0700\" \"2026-03-09 -0730\"",
                "\"Jan 2006\" \"Feb 0000\"",
            ])
        );
    }
    let layout = if random.one_in(2) { random.pick(LAYOUTS).to_owned() } else { random.pieces(PARTS, 5) };
    let text = match random.below(3) {
        0 => random.pick(DATES).to_owned(),
        // The layout itself is a text that fits it.
        1 => layout.clone(),
        _ => layout
            .replace("2006", random.pick(&["2026", "1999", "0000", "20", "99999"]))
            .replace("01", random.pick(&["12", "02", "13", "1"]))
            .replace("02", random.pick(&["31", "30", "29", "00", "9"]))
            .replace("Jan", random.pick(&["Feb", "may", "DEC", "Xyz"]))
            .replace("15", random.pick(&["23", "24", "0", "07"]))
            .replace("-0700", random.pick(&["+0130", "-2400", "0100", "+9999"]))
            .replace("MST", random.pick(&["UTC", "CEST", "GMT+3", "ABCDE", "x", "+03"])),
    };
    format!("({must} {} {})", quoted(&layout), quoted(&text))
}

fn duration(random: &mut Random) -> String {
    let number =
        random.pick(&["1", "1.5", ".5", "0", "90", "9223372036", "12345678901234567890", "007", "1.", "-2", "+3", ""]);
    let unit = random.pick(&["h", "m", "s", "ms", "us", "µs", "μs", "ns", "d", "", " s"]);
    format!("{number}{unit}{}", random.pick(&["", "", "30m", "5.5s", "1ns", "x"]))
}

/// A template about times.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = json!({
        "n": random.next() as i64 >> random.below(60), "d": duration(random), "nil": null,
        "s": random.next() as i64 % 100_000,
    });
    let time = time(random);
    let other = self::time(random);
    let template = match random.below(12) {
        0 => format!("<< {time} >>"),
        1..=3 => format!("<< with {time} >><< .{} >><< end >>", random.pick(METHODS)),
        4 => format!(
            // In UTC: Go shows other zones as an address.
            "<< {time}.UTC | {} >>",
            random.pick(&[
                "toJson",
                "toYaml",
                "quote",
                "typeOf",
                "kindOf",
                "unixEpoch",
                "printf \"%d\"",
                "printf \"%v|%s|%q\"",
                "printf \"%#v\"",
                "printf \"%+v\"",
                "printf \"%T\"",
                "len",
                "toString",
                "empty",
                "html",
                "urlquery",
                "mustToYaml",
                "printf \"%x\"",
                "list | toJson",
                "dict \"a\"",
                "not",
                "toPrettyJson",
                "default 1",
                "printf \"%05d|%t\""
            ])
        ),
        5 => format!("<< {time}.Sub {other} >>"),
        6 => format!("<< with {time}.Sub {other} >><< .{} >><< end >>", random.pick(DURATION_METHODS)),
        7 => format!(
            "<< {}ust{} {} {time} >>",
            random.pick(&["m"]),
            random.pick(&["DateModify", "_date_modify"]),
            quoted(&duration(random))
        ),
        8 => format!(
            "<< duration {} >>",
            random.pick(&["inputs.n", "inputs.d", "inputs.s", "\"95\"", "nil", "1.5", "\"x\"", "inputs.nil"])
        ),
        9 => {
            format!("<< durationRound {} >>", random.pick(&["inputs.n", "inputs.d", "inputs.s", "inputs.nil", "true"]))
        }
        10 => format!(
            "<< {}{} {time} {other} >>",
            random.pick(&["eq", "ne", "deepEqual", "lt", "list", "cat"]),
            random.pick(&["", "", " nil"])
        ),
        _ => format!("<< {time}.{} {other} >>", random.pick(&["Equal", "Before", "After", "Compare", "Sub", "Add"])),
    };
    Case::text(template, inputs)
}
