//! Formats the objects of a build.

use crate::cli::{BuildOptions, OutputFormat, Show};
use orangery_core::desired::DesiredSet;
use serde::Serializer;

/// The text of all objects of all sets, in build order, in pieces. Each object is dropped once its piece exists, so that tens of
/// thousands of objects are never in memory twice.
///
/// # Errors
/// An object cannot be written in this format.
pub(super) fn print(sets: Vec<DesiredSet>, options: &BuildOptions) -> anyhow::Result<Vec<Box<str>>> {
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    match options.output {
        OutputFormat::Json => {
            let mut text = Vec::new();
            let mut list = serde_json::Serializer::pretty(&mut text);
            list.collect_seq(sets.iter().flat_map(DesiredSet::objects).map(|wanted| wanted.object.unpack()))?;
            text.push(b'\n');
            Ok(vec![String::from_utf8(text)?.into()])
        }
        OutputFormat::Yaml => yaml(sets, options.show),
    }
}

fn yaml(sets: Vec<DesiredSet>, show: Option<Show>) -> anyhow::Result<Vec<Box<str>>> {
    let mut pieces = Vec::with_capacity(sets.iter().map(DesiredSet::len).sum());
    let mut text = String::new();
    for step in sets.into_iter().flat_map(|set| set.steps) {
        if let Some(name) = step.name.filter(|name| !name.is_empty() && !step.objects.is_empty()) {
            text.push_str(&format!("# step: {name}\n"));
        }
        for wanted in step.objects {
            text.push_str("---\n");
            if show == Some(Show::Origin) {
                text.push_str(&format!("# origin: {}\n", one_line(&wanted.origin)));
            }
            go_yaml::write(&wanted.object.unpack().into_value(), &mut text)?;
            drop(wanted);
            pieces.push(Box::from(text.as_str()));
            text.clear();
        }
    }
    Ok(pieces)
}

/// An outsider may choose an id; a line break in it must not end the comment.
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
