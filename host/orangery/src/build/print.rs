//! How the objects of a build are printed.

use crate::cli::{BuildOptions, OutputFormat, Show};
use orangery_controller::build::Built;
use serde::Serializer;

/// The text of all objects, in build order.
///
/// # Errors
/// An object cannot be written in this format.
pub(super) fn print(built: &Built, options: &BuildOptions) -> anyhow::Result<String> {
    match options.output {
        OutputFormat::Json => {
            let mut text = Vec::new();
            let mut list = serde_json::Serializer::pretty(&mut text);
            list.collect_seq(built.desired.objects().map(|wanted| wanted.object.unpack()))?;
            text.push(b'\n');
            Ok(String::from_utf8(text)?)
        }
        OutputFormat::Yaml => yaml(built, options.show == Some(Show::Origin)),
    }
}

fn yaml(built: &Built, origins: bool) -> anyhow::Result<String> {
    let mut text = String::new();
    for step in &built.desired.steps {
        if let Some(name) = step.name.as_ref().filter(|name| !name.is_empty() && !step.objects.is_empty()) {
            text.push_str(&format!("# step: {name}\n"));
        }
        for wanted in &step.objects {
            text.push_str("---\n");
            if origins {
                text.push_str(&format!("# origin: {}\n", one_line(&wanted.origin)));
            }
            text.push_str(&orangery_yaml::to_string(&wanted.object.unpack().into_value())?);
        }
    }
    Ok(text)
}

/// Ids are anybody's words: none of them may end the comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_origin_ends_the_comment() {
        assert_eq!(one_line("id a\nkind: X\u{85}\u{2028}\r b"), "id a kind: X    b");
    }
}
