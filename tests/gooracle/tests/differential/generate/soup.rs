//! Damaged templates: what the lexer and the parser say of text that is nearly one.

use super::{Case, Random, template, values};

const TOKENS: &[&str] = &[
    "<<", ">>", "<<-", "->>", " ", "\n", "\t", ".", "$", "$x", "|", "(", ")", ":=", "=", ",", "if", "else", "end",
    "range", "with", "define", "template", "block", "break", "continue", "nil", "true", "\"", "`", "'", "\"a\"", "'a'",
    "1", "-", "+", "0x", "1e", "1.5", "1i", "_", "/*", "*/", "inputs", ".s", "é", "\u{85}", "🚀", "\u{0}", "\\", "len",
    "eq", "nope", "{{", "}}", "@", "#", "\r\n", "$", "a.b", "..", "1_0", "08", "and", "not",
];

/// A template with pieces added, removed or doubled; or tokens in any order.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = values::inputs(random);
    if random.one_in(3) {
        let mut text = random.pick(&["", "<<", "<< ", "a\n<<"]).to_owned();
        text.push_str(
            &(0..=random.below(9))
                .map(|_| random.pick(TOKENS).to_owned() + random.pick(&["", " "]))
                .collect::<String>(),
        );
        text.push_str(random.pick(&["", ">>", " >>", ">>\nb"]));
        return Case::text(text, inputs);
    }
    let mut characters: Vec<char> = template::text(random).chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(characters.len() + 1);
        match random.below(4) {
            0 if at < characters.len() => {
                characters.remove(at);
            }
            1 => characters.truncate(at.max(1)),
            _ => {
                characters.splice(at..at, random.pick(TOKENS).chars());
            }
        }
    }
    Case::text(characters.into_iter().collect(), inputs)
}
