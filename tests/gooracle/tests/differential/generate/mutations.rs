//! Lists and maps that share storage: what one variable changes, another may see.

use super::{Case, Random, values};

const VALUES: &[&str] =
    &["1", "\"a\"", "nil", "$l", "$m", "2.5", "inputs.s", "(list 7 8)", "(dict \"q\" 1)", "$k", "true"];
#[rustfmt::skip]
const LISTS: &[&str] = &[
    "$l", "$k", "inputs.l", "inputs.list", "(list 3 1 2)", "(until 3)", "(splitList \",\" \"c,a,b\")", "(list)", "(list 1 (list 2))",
    "(regexFindAll \"[a-z]\" \"cab\" -1)", "(chunk 2 (list 1 2 3))",
];
const NO_LISTS: &[&str] = &["nil", "$m", "(rest (list))", "\"abc\"", "inputs.nope"];
const MAPS: &[&str] = &["$m", "$n", "inputs", "inputs.m", "(dict)", "(dict \"a\" 1)"];
const NO_MAPS: &[&str] = &["$l", "(split \",\" \"a,b\")", "nil", "1"];

fn list(random: &mut Random) -> &'static str {
    if random.one_in(14) { random.pick(NO_LISTS) } else { random.pick(LISTS) }
}

/// A chain of changes, then a look at everything.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = values::inputs(random);
    let mut out = format!(
        "<< $l := {} >><< $k := {} >><< $m := {} >><< $n := {} >>",
        random.pick(&[
            "list 1 2 3",
            "until 4",
            "splitList \",\" \"b,a\"",
            "inputs.l",
            "list",
            "list (list 1) (dict \"a\" 2)"
        ]),
        random.pick(&["$l", "list 9", "inputs.list", "rest $l"]),
        random.pick(&["dict \"a\" 1 \"b\" $l", "inputs.m", "dict", "inputs"]),
        random.pick(&["$m", "dict \"z\" $m", "dict \"c\" 3"]),
    );
    for _ in 0..=random.below(6) {
        let step = if random.one_in(2) { list_step(random) } else { map_step(random) };
        out.push_str(&step);
    }
    out.push_str("\n<< $l | toJson >>\n<< $k | toJson >>");
    // A map that holds itself crashes Go when printed.
    out.push_str(random.pick(&[
        "<< $m | keys | sortAlpha >><< len $n >>",
        "<< pick $m \"a\" \"b\" | len >>",
        "<< cap $l >>",
        "<< inputs | len >>",
    ]));
    Case::text(out, inputs)
}

fn list_step(random: &mut Random) -> String {
    let (list, value) = (list(random), random.pick(VALUES));
    let target = random.pick(&["$l", "$k", "$k"]);
    let from = random.below(3);
    let to = if random.one_in(8) { random.below(6) } else { from + random.below(3) };
    match random.below(16) {
        0 => format!("<< {target} = append {list} {value} >>"),
        1 => format!("<< {target} = prepend {list} {value} >>"),
        2 => format!("<< {target} = rest {list} >>"),
        3 => format!("<< {target} = initial {list} >>"),
        4 => format!("<< {target} = reverse {list} >>"),
        5 => format!("<< {target} = slice {list} {from} {to} >>"),
        6 => format!("<< {target} = slice {list} {to} >>"),
        7 => format!("<< {target} = concat {list} $l >>"),
        8 => format!("<< {target} = uniq {list} >>"),
        9 => format!("<< {target} = without {list} {value} >>"),
        10 => format!("<< {target} = sortAlpha {list} >>"),
        11 => format!("<< {target} = compact {list} >>"),
        12 => format!("<< {target} = chunk 2 {list} >>"),
        13 => format!("<< index {list} {from} >>"),
        14 => format!("<< range $i, $x := {list} >><< $l = append $l $i >><< end >>"),
        _ => format!("<< {target} = toStrings {list} >><< first {list} >>|<< last {list} >>|<< has {value} {list} >>"),
    }
}

fn map_step(random: &mut Random) -> String {
    let map = if random.one_in(14) { random.pick(NO_MAPS) } else { random.pick(MAPS) };
    let value = random.pick(&["1", "\"a\"", "nil", "2.5", "inputs.s", "(list 7 8)", "(dict \"q\" 1)", "true"]);
    let key =
        if random.one_in(14) { "1" } else { random.pick(&["\"a\"", "\"b\"", "\"zz\"", "\"\"", "inputs.s", "\"k\""]) };
    match random.below(12) {
        0..=2 => format!("<< $_ := set {map} {key} {value} >>"),
        3 => format!("<< $_ := unset {map} {key} >>"),
        4 => format!("<< get {map} {key} >>|<< hasKey {map} {key} >>"),
        5 => format!("<< $n = pick {map} {key} \"a\" >>"),
        6 => format!("<< $n = omit {map} {key} \"a\" >>"),
        7 => format!("<< pluck {key} {map} $m | toJson >>"),
        8 => format!("<< dig {key} \"a\" {value} {map} >>"),
        9 => format!("<< $n = dict {key} {value} \"c\" >><< $n | toJson >>"),
        10 => format!("<< range $q, $x := {map} >><< $q >>,<< end >>"),
        _ => format!("<< index {map} {key} >>"),
    }
}
