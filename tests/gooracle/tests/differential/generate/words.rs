//! The words of the grammars.

/// Literals of every kind, good and odd.
#[rustfmt::skip]
pub(crate) const LITERALS: &[&str] = &[
    "1", "0", "-3", "42", "2.5", "1e6", "1e-7", "017", "0x1F", "'a'", "1_000", "true", "false", "\"\"", "\"abc\"",
    "\"a,b,c\"", "\"héllo wörld\"", "\"a\\nb\\n\"", "\"%d %s %v %q\"", "\"%05.2f|%-8s|%+v\"", "`raw\\n`", "\"🚀\"",
    "\"1.5\"", "\"0644\"", "\"yes\"", "\"a/b/../c.txt\"", "\"aGk=\"", "\"NBUQ====\"", "\"[a-c]+\"",
    "\"(\\\\w+)-(\\\\d*)\"", "\"{\\\"a\\\": [1, 2.5, null]}\"", "\"https://u:p@h.io:8/a b?q=1#f\"", "\"1h30m5.5s\"",
    "\"2026-03-09\"", "\"2006-01-02\"", "\" x \"", "\"-\"", "nil", "1i", "\"ß İ ǆ\"", "\"<b>&'\\\"\"",
    "\"\\xff\\x00z\"", "9223372036854775807", "\"12e45\"", "\"~\"", "\"$1x${2}\"", "\"a\\u0301\\ufeff\\u0085\"",
    "\"\\t\\r\\n\"", "\" y \"", "\"a  b c\"", "1e400", "0b101", "0o17", "1_0.5", "-0", "1e-400", "'\\n'", "'é'",
    "\"2001-12-14T21:59:43Z\"", "\".5\"", "\"0x10\"", "\"-7\"", "\"9999999999999999999\"", "\"^a.*z$\"", "`a\"b'c`",
    "\"\\u2028\"", "\"日本語\"", "\"a+b=c&d\"", "\"é\\u0301\"", "100", "-9223372036854775808", "0x7fffffffffffffff",
];

/// Paths into the input.
#[rustfmt::skip]
pub(crate) const PATHS: &[&str] = &[
    "inputs", "inputs.s", "inputs.i", "inputs.f", "inputs.b", "inputs.n", "inputs.l", "inputs.m", "inputs.m.k",
    "inputs.e", "inputs.u", "inputs.big", "inputs.nope", "inputs.m.nope", "inputs.s.x", "inputs.n.x", "inputs.l.x",
    ".", "$", "$.x", ".x", "inputs.t", "inputs.d", "inputs.v", "inputs.js", "inputs.list", "inputs.m.n.z",
    "inputs.m.a", "inputs.v.k0", "(inputs).s", "(index inputs.l 0)", "(index inputs \"m\").k", "$.inputs",
];

/// What a loop may run over: nothing that would never end.
#[rustfmt::skip]
pub(crate) const LOOPS: &[&str] = &[
    "inputs.l", "inputs.m", "inputs.n", "inputs.s", "inputs.e", "inputs.nope", "inputs", "3", "0", "-2", "2.5",
    "true", "\"abc\"", "(until 3)", "(list)", "(splitList \",\" \"c,a,b\")", "(split \"/\" \"a/b\")",
    "(dict \"k\" 1)", "(chunk 2 inputs.l)", "(regexFindAll \"[a-z]\" inputs.s -1)", "(fromJson \"[1, {}]\")",
    "(len inputs.l)", "(int64 2)", "(uniq inputs.l)", "nil", "'a'", "inputs.list", "inputs.v", "inputs.m.n",
    "(keys inputs.m | sortAlpha)", "(seq 3 | splitList \" \")", "(pluck \"k\" inputs.m)", "(duration 2)",
    "(list (list 1 2) (list 3))", "(append (until 2) 9)", "(toDate \"2006\" \"2020\").Month",
];

/// Texts of inputs.
#[rustfmt::skip]
pub(crate) const TEXTS: &[&str] = &[
    "", "main", "feature/ABC-12", "yes", "0644", "12e45", "a: b", "x\ny", "- a", "ünïcödé", "🚀", "it's", "\"q\"",
    "1.50", "null", "\u{7}\t",
    "a long line of text that goes on and on and on and on and on and on and on and on and on and on", "<&>",
    "x\u{85}y", "\u{feff}bom", "e\u{301}", "\u{1f469}\u{200d}\u{1f680}", "trailing ", " leading", "\nfront",
    "back\n", "a\tb", "\u{1b}[0m", "#x", "a #b", "---", "--- ", "...\n", "%YAML", "<< inputs.s >>", "{{x}}", "a\\b",
    "\u{2028}", "\u{a0}", "\u{7f}", "\u{ffff}", "日本語", "İıßǆ", "Ωmega", "100%", "a,b,,c", "k=v;w", "*a", "&a", "!t",
    "|", ">", "?", ":", "[a", "{a", "]", "@x", "`y`", "~a", "\u{0}", "ﬁ", "x/../y//z.tar.gz", "v1.2.3-rc.1+5",
];

/// Texts that YAML may take for something else.
#[rustfmt::skip]
pub(crate) const LOOK_ALIKES: &[&str] = &[
    "yes", "no", "on", "off", "y", "n", "true", "False", "null", "~", "", "0", "1", "-1", "+5", "007", "0644", "089",
    "0o17", "0x1F", "0b101", "1_000", "_1", "1.0", "1.50", "-0.0", ".5", "5.", "1e3", "12e45", "12e4567", "1e400",
    "1e-7", ".nan", ".inf", "-.Inf", "NaN", "9223372036854775807", "9223372036854775808", "18446744073709551616",
    "2024-01-01", "2024-13-01", "2001-12-14t21:59:43.10-05:00", "12:30", "12:30:45", "190:20:30.15", "12:60", "<<",
    "=", "-", "1234567", "bf5d6e0", "1e5", "0e1234", "0x", "3.14159265358979", "a: b", "- a", "? a",
];

/// What texts are built of.
#[rustfmt::skip]
pub(crate) const CHARACTERS: &[&str] = &[
    "a", "b", "Z", "0", "9", " ", "  ", "\n", "\t", "\r\n", ":", ": ", "- ", "#", " #", "'", "\"", "\\", "{", "}",
    "[", ",", "&", "*", "!", "|", ">", "%", "@", "`", ".", "-", "_", "/", "é", "ß", "日", "🚀", "\u{301}", "\u{a0}",
    "\u{85}", "\u{2028}", "\u{feff}", "\u{fffd}", "\u{e000}", "\u{7}", "\u{1b}", "\u{7f}", "\u{fffe}", "---", "...",
    "word ", "ǆ", "İ", "\u{200b}", "=", "$", "+", "(", "<", "~", "?", "^",
];

/// Addresses, good and bad.
#[rustfmt::skip]
pub(crate) const URLS: &[&str] = &[
    "http://x/y?z=1", "https://u:p@h.io:8/a b?q=1#f", "", "mailto:a@b", "//h/p", "/p?x=%zz",
    "http://[::1]:80/%41%2f", "http://a b/", "HTTP://Ü.com/é?ö", "::bad", "a/b:c", "http://h:x/", "http://h/%",
    "x:y:z", "?q#f", "http://u@/", "http://h?a=b;c", "ftp://user:pa%20ss@h/;x", "http://h/\u{7f}",
];

/// Times and durations, good and bad.
#[rustfmt::skip]
pub(crate) const DATES: &[&str] = &[
    "2026-03-09", "2026-03-09T08:07:06Z", "2026-03-09T08:07:06.123456789+02:30", "2026-02-30", "2024-02-29",
    "Mon Mar  9 08:07:06 2026", "09 Mar 26 08:07 UTC", "Monday, 09-Mar-26 08:07:06 CET", "8:07PM", "1h30m", "-5m",
    "1.5h", "90s", "x", "0001-01-01", "9999-12-31", "1969-12-31", "100ms", "2us", "3µs", "9223372036s",
    "9999999999h",
];
