//! Expressions: pipelines of calls of every function, with arguments that mostly fit, and with some that do not.

use super::words::{DATES, LITERALS, PATHS, URLS};
use super::{Case, Random, values};
use orangery_plugin_gotemplate::functions::{Function, TABLE};
use orangery_plugin_gotemplate::value::Type;

/// Functions whose results depend on chance, on the clock or on Go's map order.
const UNSTABLE: [&str; 4] = ["ago", "randInt", "keys", "values"];

/// One call of one function, with any arguments in any number.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = values::inputs(random);
    let function = any_function(random, false);
    let mut out = String::from("<< ");
    if random.one_in(3) {
        out.push_str(&call(random, function, 1, false));
    } else {
        out.push_str(function.name);
        let most = function.params.len() + 2 * usize::from(function.variadic.is_some());
        let count =
            if random.one_in(6) { random.below(most + 2) } else { function.params.len().max(random.below(most + 1)) };
        for at in 0..count {
            let wanted = function.params.get(at).copied().or(function.variadic).unwrap_or(Type::Any);
            out.push(' ');
            if random.one_in(4) && wanted != Type::Int {
                out.push_str(&operand(random, 1));
            } else {
                out.push_str(&argument(random, wanted, 1));
            }
        }
    }
    out.push_str(random.pick(&["", "", " | quote", " | toJson", " | printf \"%T %v\"", " | typeOf", " | toYaml"]));
    out.push_str(" >>");
    Case::text(out, inputs)
}

fn any_function(random: &mut Random, piped: bool) -> &'static Function {
    loop {
        let Some(function) = TABLE.get(random.below(TABLE.len())) else { continue };
        // A huge number piped into `until` would keep Go busy for ever.
        let last = function.variadic.or(function.params.last().copied());
        if !UNSTABLE.contains(&function.name) && (!piped || last != Some(Type::Int)) {
            return function;
        }
    }
}

/// Calls, each taking the value of the one before.
pub(crate) fn pipeline(random: &mut Random, depth: usize) -> String {
    let mut out = if random.one_in(5) {
        operand(random, depth)
    } else {
        let function = any_function(random, false);
        call(random, function, depth, false)
    };
    for _ in 0..random.below(5) / 3 {
        out.push_str(" | ");
        let function = any_function(random, true);
        out.push_str(&call(random, function, depth, true));
    }
    out
}

/// A call with arguments that mostly fit; the last one may come from the pipeline.
fn call(random: &mut Random, function: &Function, depth: usize, piped: bool) -> String {
    let mut types: Vec<Type> = function.params.to_vec();
    for _ in 0..random.below(3) {
        types.extend(function.variadic);
    }
    if piped {
        types.pop();
    }
    if random.one_in(25) {
        types.push(Type::Any);
    }
    let mut out = function.name.to_owned();
    for wanted in types {
        out.push(' ');
        out.push_str(&argument(random, wanted, depth));
    }
    out
}

fn argument(random: &mut Random, wanted: Type, depth: usize) -> String {
    if wanted != Type::Int && random.one_in(14) {
        return operand(random, depth);
    }
    let fitting: &[&str] = match wanted {
        Type::Text => {
            match random.below(10) {
                0 => return quoted(random.pick(URLS)),
                1 => return quoted(random.pick(DATES)),
                2 => return quoted(&values::text(random)),
                _ => {}
            }
            &[
                "\"abc\"",
                "\"a,b\"",
                "\"/x/y.z\"",
                "inputs.s",
                "inputs.t",
                "\"[a-z]\"",
                "\"\"",
                "inputs.m.k",
                "inputs.js",
                "\"a-1 b-22\"",
                "\"(a)(b)?\"",
                "\"2006-01-02\"",
                "inputs.u",
                "inputs.d",
                "\" \"",
                "\",\"",
            ]
        }
        Type::Int => &[
            "nil",
            "1.0",
            "\"1\"",
            "2.5",
            "inputs.i",
            "inputs.s",
            "0",
            "1",
            "3",
            "-1",
            "2",
            "10",
            "(len inputs.s)",
            "(int \"4\")",
            "'\\x03'",
            "0x2",
            "-2",
        ],
        Type::Bool => &["true", "false", "inputs.b"],
        Type::Float => &["0.5", "1", "2.25", "-0.5", "1e3", "inputs.f"],
        Type::Map => &["inputs", "inputs.m", "(dict \"a\" 1 \"b\" \"x\")", "(urlParse inputs.u)", "(dict)", "inputs.v"],
        Type::Time => &["(toDate \"2006-01-02\" \"2026-03-09\")", "(mustToDate \"15:04\" \"07:08\")"],
        _ => return operand(random, depth),
    };
    random.pick(fitting).to_owned()
}

/// A literal, a path, a list, a map, or a pipeline in parentheses.
pub(crate) fn operand(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 4 } else { 6 }) {
        0 => random.pick(PATHS).to_owned(),
        1 => random.pick(LITERALS).to_owned(),
        2 => random
            .pick(&[
                "(list 1 \"a\" 2.5)",
                "inputs.l",
                "(splitList \",\" \"c,a,b\")",
                "(until 3)",
                "(split \"/\" \"a/b\")",
                "(dict \"k\" 1)",
                "(list)",
                "(chunk 2 inputs.l)",
                "(toDate \"2006\" \"2026\")",
                "(fromJson inputs.js)",
                "(index \"abc\" 1)",
                "(int64 7)",
                "(float64 2)",
                "(dict \"a\" (dict \"b\" (list 1 nil)))",
                "(rest (list 1))",
                "(coalesce nil)",
                "(list nil nil)",
            ])
            .to_owned(),
        3 => quoted(&values::text(random)),
        _ => format!("({})", pipeline(random, depth - 1)),
    }
}

/// A text as a literal of Go.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\u{feff}' => out.push_str("\\ufeff"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}
