//! Whole templates: text, nested control structures, variables, definitions.

use super::calls::{operand, pipeline};
use super::words::LOOPS;
use super::{Case, Random, values};

/// A template and its input.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = values::inputs(random);
    Case::text(text(random), inputs)
}

/// The text of a template.
pub(crate) fn text(random: &mut Random) -> String {
    let mut out = String::new();
    for _ in 0..=random.below(5) / 3 {
        node(random, &mut out, 0);
    }
    out
}

fn node(random: &mut Random, out: &mut String, depth: usize) {
    let choice = if depth > 2 { random.below(6) } else { random.below(15) };
    match choice {
        0 => out.push_str(random.pick(&[
            "text\n",
            "k: ",
            "  - ",
            " >> ",
            "{{x}} ",
            "\n\n",
            "é\u{85}\n",
            "< <",
            ">",
            " \t\n ",
        ])),
        6 => branch(random, out, depth, "if"),
        7 => branch(random, out, depth, "with"),
        8 | 9 => branch(random, out, depth, "range"),
        10 => variables(random, out),
        11 => definitions(random, out),
        12 => out.push_str(random.pick(&[
            "<</* comment */>>",
            "<<- /* c */ ->>",
            "<</* c */ >>",
            "<< /* c */>>",
            "<</* a\nb */>>\n",
            "<<- /* c */>> x",
            "a <</* c */ ->> b",
        ])),
        13 => out.push_str(random.pick(&[
            "<<break>>",
            "<<continue>>",
            "<<end>>",
            "<<else>>",
            "<<else if true>>",
            "<<nil>>",
            "<<>>",
            "<< | >>",
            "<<$>>",
            "<<.>>",
            "<<$x>>",
            "<<template \"nope\">>",
            "<<define \"d\">>",
            "<< if >>",
            "<<range>>",
            "<<with $y := 1>>",
            "<< 1 2 >>",
            "<< . | . >>",
            "<< (1 >>",
            "<< 1) >>",
            "<< \"a >>",
            "<< `a >>",
            "<< 'ab' >>",
            "<< a.b >>",
            "<< .a.b.c >>",
            "<< inputs.s.x.y >>",
            "<< 1.x >>",
            "<< $.a >>",
            "<< :=1 >>",
            "<< $z = 1 >>",
            "<< inputs.s . >>",
            "<< block \"b\" >>",
            "<< eq 1 1 | not >>",
            "<<- 3 ->>",
            "<<-3>>",
            "<<3->>",
            "<< -3 >>",
            "<< inputs | len >>",
            "<<\n1\n>>",
            "<< \"a\nb\" >>",
            "<< `a\nb` >>",
            "<< true.x >>",
            "<< nil.x >>",
            "<< ().x >>",
            "<< $x := >>",
            "<< $a, $b := 1 >>",
            "<< undefined_function 1 >>",
            "<< @ >>",
            "<< 1|>>",
            "<< é >>",
            "<< .é >>",
            "<< 0x >>",
            "<< 1e >>",
            "<< '\\q' >>",
            "<< \"\\q\" >>",
            "<< \"\\u12\" >>",
            "<< 1_ >>",
            "<< 08 >>",
            "<< 1i.x >>",
            "<< inputs.l.0 >>",
            "<< .. >>",
            "<< inputs . s >>",
            "<< inputs .s >>",
            "<< (inputs) .s >>",
            "<< (inputs).s 1 >>",
            "<< call 1 >>",
            "<< call nil >>",
        ])),
        _ => {
            let value = pipeline(random, 2);
            let (left, right) =
                (random.pick(&["<< ", "<<- ", "<<", "<<\n"]), random.pick(&[" >>", " ->>", ">>", "\n>>"]));
            out.push_str(&format!("{left}{value}{right}"));
        }
    }
}

fn variables(random: &mut Random, out: &mut String) {
    let (first, second) = (pipeline(random, 1), operand(random, 1));
    out.push_str(&match random.below(5) {
        0 => format!("<<- $x := {first} >><< $x >>"),
        1 => format!("<< $x := 1 >><< if true >><< $x = {second} >><< end >><< $x >>"),
        2 => format!("<< $x := 1 >><< with {second} >><< $x := . >><< $x >><< end >><< $x >>"),
        3 => "<< $x := 0 >><< range inputs.l >><< $x = add1 $x >><< end >><< $x >>".to_owned(),
        _ => format!("<< $m := dict \"k\" {second} >><< $_ := set $m \"z\" $m.k >><< $m.z >>|<< $m | len >>"),
    });
}

fn definitions(random: &mut Random, out: &mut String) {
    let value = pipeline(random, 1);
    out.push_str(&match random.below(6) {
        0 => format!("<<block \"b\" {value}>>(<<.>>)<<end>>"),
        1 => "<<define \"t\">>[<<.>>]<<end>><<template \"t\">>".to_owned(),
        2 => format!("<<define \"t\">><<if .>>x<<template \"t\" nil>><<end>><<end>><<template \"t\" {value}>>"),
        3 => "<<define \"t\">><<$.k>><<end>><<template \"t\" inputs.m>><<define \"t\">>2<<end>>".to_owned(),
        4 => format!("<<define \"t\">>  <<end>><<define \"t\">><<$>><<end>><<template \"t\" {value}>>"),
        _ => format!("<<define \"t\">>[<<.>>]<<end>><<template \"t\" {value}>>"),
    });
}

fn branch(random: &mut Random, out: &mut String, depth: usize, keyword: &str) {
    let value = if keyword == "range" { random.pick(LOOPS).to_owned() } else { pipeline(random, 1) };
    let variables = match (keyword, random.below(4)) {
        ("range", 0) => "$i, $v := ",
        ("range", 3) => "$v = ",
        (_, 1) => "$v := ",
        _ => "",
    };
    out.push_str(&format!("<< {keyword} {variables}{value} >>"));
    out.push_str(if variables.is_empty() { "<< . >>" } else { "<< $v >>" });
    node(random, out, depth + 1);
    if keyword == "range" && random.one_in(3) {
        out.push_str(random.pick(&[
            "<<break>>",
            "<<continue>>",
            "<<if eq . 1>><<break>><<end>>",
            "<<with .>><<continue>><<end>>",
        ]));
    }
    match random.below(5) {
        0 => {
            out.push_str("<<else>>");
            node(random, out, depth + 1);
        }
        1 => {
            let other = operand(random, 1);
            let word = random.pick(&["if", "with", keyword]);
            out.push_str(&format!("<<else {word} {other}>>"));
            node(random, out, depth + 1);
            if random.one_in(2) {
                out.push_str("<<else>>3");
            }
        }
        _ => {}
    }
    out.push_str("<<end>>");
}
