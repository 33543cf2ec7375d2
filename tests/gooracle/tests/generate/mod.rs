//! Templates and inputs, grown from a grammar by a seed.

use orangery_plugin_gotemplate::functions::{Function, TABLE};
use orangery_plugin_gotemplate::value::Type;
use serde_json::{Value, json};

/// Functions whose results depend on chance or on Go's map order.
const UNSTABLE: [&str; 5] = ["ago", "randInt", "keys", "values", "durationRound"];

/// Literals of every kind, good and odd.
const LITERALS: &[&str] = &[
    "1",
    "0",
    "-3",
    "42",
    "2.5",
    "1e6",
    "1e-7",
    "017",
    "0x1F",
    "'a'",
    "1_000",
    "true",
    "false",
    "\"\"",
    "\"abc\"",
    "\"a,b,c\"",
    "\"héllo wörld\"",
    "\"a\\nb\\n\"",
    "\"%d %s %v %q\"",
    "\"%05.2f|%-8s|%+v\"",
    "`raw\\n`",
    "\"🚀\"",
    "\"1.5\"",
    "\"0644\"",
    "\"yes\"",
    "\"a/b/../c.txt\"",
    "\"aGk=\"",
    "\"NBUQ====\"",
    "\"[a-c]+\"",
    "\"(\\\\w+)-(\\\\d*)\"",
    "\"{\\\"a\\\": [1, 2.5, null]}\"",
    "\"https://u:p@h.io:8/a b?q=1#f\"",
    "\"1h30m5.5s\"",
    "\"2026-03-09\"",
    "\"2006-01-02\"",
    "\" x \"",
    "\"-\"",
    "nil",
    "1i",
    "\"ß İ ǆ\"",
    "\"<b>&'\\\"\"",
    "\"\\xff\\x00z\"",
    "9223372036854775807",
    "\"12e45\"",
    "\"~\"",
    "\"$1x${2}\"",
];
/// Paths into the input.
const PATHS: &[&str] = &[
    "inputs",
    "inputs.s",
    "inputs.i",
    "inputs.f",
    "inputs.b",
    "inputs.n",
    "inputs.l",
    "inputs.m",
    "inputs.m.k",
    "inputs.e",
    "inputs.u",
    "inputs.big",
    "inputs.nope",
    "inputs.m.nope",
    "inputs.s.x",
    "inputs.n.x",
    "inputs.l.x",
    ".",
    "$",
    "$.x",
    ".x",
];
/// What a loop may run over: nothing that would never end.
const LOOPS: &[&str] = &[
    "inputs.l",
    "inputs.m",
    "inputs.n",
    "inputs.s",
    "inputs.e",
    "inputs.nope",
    "inputs",
    "3",
    "0",
    "-2",
    "2.5",
    "true",
    "\"abc\"",
    "(until 3)",
    "(list)",
    "(splitList \",\" \"c,a,b\")",
    "(split \"/\" \"a/b\")",
    "(dict \"k\" 1)",
    "(chunk 2 inputs.l)",
    "(regexFindAll \"[a-z]\" inputs.s -1)",
    "(fromJson \"[1, {}]\")",
    "(len inputs.l)",
    "(int64 2)",
    "(uniq inputs.l)",
    "nil",
    "'a'",
];
/// What inputs are made of.
const TEXTS: &[&str] = &[
    "",
    "main",
    "feature/ABC-12",
    "yes",
    "0644",
    "12e45",
    "a: b",
    "x\ny",
    "- a",
    "ünïcödé",
    "🚀",
    "it's",
    "\"q\"",
    "1.50",
    "null",
    "\u{7}\t",
    "a long line of text that goes on and on and on and on and on and on and on and on and on and on",
    "<&>",
];

/// A seeded source of choices.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (end.max(1) as u64)).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    /// A template and its input.
    pub(crate) fn case(&mut self) -> (String, Value) {
        let inputs = json!({
            "s": self.pick(TEXTS), "i": self.below(4), "big": self.number(), "f": 2.5, "b": self.below(2) == 0, "n": null, "e": "",
            "l": [self.pick(TEXTS), self.number(), null, "z"], "m": {"k": self.pick(TEXTS), "a": [1, {"x": "y"}]}, "u": "http://x/y?z=1",
        });
        let mut template = String::new();
        for _ in 0..=self.below(5) / 3 {
            self.node(&mut template, 0);
        }
        (template, inputs)
    }

    fn number(&mut self) -> i64 {
        [0, 1, -1, 42, 1_000_000, i64::MAX, i64::MIN, 1 << 53].get(self.below(8)).copied().unwrap_or(0)
    }

    fn node(&mut self, out: &mut String, depth: usize) {
        let choice = if depth > 2 { self.below(6) } else { self.below(12) };
        match choice {
            0 => out.push_str(self.pick(&["text\n", "k: ", "  - ", " >> ", "{{x}} ", "\n\n"])),
            6 => self.branch(out, depth, "if"),
            7 => self.branch(out, depth, "with"),
            8 | 9 => self.branch(out, depth, "range"),
            10 => {
                let value = self.pipeline(2);
                out.push_str(&format!("<<- $x := {value} >><< $x >>"));
            }
            11 => {
                let value = self.pipeline(1);
                out.push_str(&format!("<<define \"t\">>[<<.>>]<<end>><<template \"t\" {value}>>"));
            }
            _ => {
                let value = self.pipeline(2);
                let (left, right) = (self.pick(&["<< ", "<<- ", "<<"]), self.pick(&[" >>", " ->>", ">>"]));
                out.push_str(&format!("{left}{value}{right}"));
            }
        }
    }

    fn branch(&mut self, out: &mut String, depth: usize, keyword: &str) {
        let value = if keyword == "range" { self.pick(LOOPS).to_owned() } else { self.pipeline(1) };
        let variables = match (keyword, self.below(3)) {
            ("range", 0) => "$i, $v := ",
            (_, 1) => "$v := ",
            _ => "",
        };
        out.push_str(&format!("<< {keyword} {variables}{value} >>"));
        if !variables.is_empty() {
            out.push_str("<< $v >>");
        } else {
            out.push_str("<< . >>");
        }
        self.node(out, depth + 1);
        if keyword == "range" && self.below(3) == 0 {
            out.push_str(self.pick(&["<<break>>", "<<continue>>"]));
        }
        if self.below(2) == 0 {
            out.push_str("<<else>>");
            self.node(out, depth + 1);
        }
        out.push_str("<<end>>");
    }

    fn pipeline(&mut self, depth: usize) -> String {
        let mut out = if self.below(5) == 0 { self.operand(depth) } else { self.call(depth, false) };
        for _ in 0..self.below(5) / 3 {
            out.push_str(" | ");
            out.push_str(&self.call(depth, true));
        }
        out
    }

    /// A call with arguments that mostly fit; the last one may come from the pipeline.
    fn call(&mut self, depth: usize, piped: bool) -> String {
        let function: &Function = loop {
            let Some(function) = TABLE.get(self.below(TABLE.len())) else { continue };
            // A huge number piped into `until` would keep Go busy for ever.
            let last = function.variadic.or(function.params.last().copied());
            if !UNSTABLE.contains(&function.name) && (!piped || last != Some(Type::Int)) {
                break function;
            }
        };
        let mut types: Vec<Type> = function.params.to_vec();
        for _ in 0..self.below(3) {
            types.extend(function.variadic);
        }
        if piped {
            types.pop();
        }
        if self.below(25) == 0 {
            types.push(Type::Any);
        }
        let mut out = function.name.to_owned();
        for wanted in types {
            out.push(' ');
            out.push_str(&self.argument(wanted, depth));
        }
        out
    }

    fn argument(&mut self, wanted: Type, depth: usize) -> String {
        if wanted != Type::Int && self.below(14) == 0 {
            return self.operand(depth);
        }
        let fitting: &[&str] = match wanted {
            Type::Text => &[
                "\"abc\"",
                "\"a,b\"",
                "\"/x/y.z\"",
                "inputs.s",
                "\"[a-z]\"",
                "\"\"",
                "inputs.m.k",
                "\"a-1 b-22\"",
                "\"(a)(b)?\"",
            ],
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
            ],
            Type::Bool => &["true", "false", "inputs.b"],
            Type::Float => &["0.5", "1", "2.25"],
            Type::Map => &["inputs", "inputs.m", "(dict \"a\" 1 \"b\" \"x\")", "(urlParse inputs.u)"],
            Type::Time => &["(toDate \"2006-01-02\" \"2026-03-09\")"],
            _ => return self.operand(depth),
        };
        self.pick(fitting).to_owned()
    }

    fn operand(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 3 } else { 5 }) {
            0 => self.pick(PATHS).to_owned(),
            1 => self.pick(LITERALS).to_owned(),
            2 => self
                .pick(&[
                    "(list 1 \"a\" 2.5)",
                    "inputs.l",
                    "(splitList \",\" \"c,a,b\")",
                    "(until 3)",
                    "(split \"/\" \"a/b\")",
                    "(dict \"k\" 1)",
                    "(list)",
                ])
                .to_owned(),
            _ => format!("({})", self.pipeline(depth - 1)),
        }
    }
}
