//! `ReplaceAllString` and its templates.

use super::Regex;
use super::subject::Subject;
use crate::unicode::{chars, is_digit, is_letter};
use regex::bytes::Captures;

/// A replacement stops here, so that `$1` in a loop of templates cannot fill the memory.
const LIMIT: usize = 8 << 20;

impl Regex {
    /// Replaces every match by a template in which `$1` and `${name}` stand for groups.
    pub fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        let subject = Subject::new(text);
        self.replaced(&subject, |found, out| self.expand(template, &subject, found, out))
    }

    /// Replaces every match by the same text.
    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.replaced(&Subject::new(text), |_, out| out.extend_from_slice(replacement))
    }

    fn replaced(&self, subject: &Subject<'_>, mut replace: impl FnMut(&Captures<'_>, &mut Vec<u8>)) -> Vec<u8> {
        let length = subject.seen().len();
        let mut out = Vec::new();
        let (mut last_end, mut at) = (0, 0);
        while at <= length && out.len() <= LIMIT {
            let Some(found) = self.captures(subject, at) else { break };
            let Some(whole) = found.get(0) else { break };
            out.extend_from_slice(subject.part(last_end, whole.start()));
            // Not for an empty match right after another match.
            if whole.end() > last_end || whole.start() == 0 {
                replace(&found, &mut out);
            }
            last_end = whole.end();
            let step = subject.width(at);
            at = if at + step > last_end {
                at + step
            } else if at + 1 > last_end {
                at + 1
            } else {
                last_end
            };
        }
        out.extend_from_slice(subject.part(last_end, length));
        out
    }

    /// The places of a group: by number, or the first of this name that took part.
    fn group(&self, name: &[u8], found: &Captures<'_>) -> Option<(usize, usize)> {
        let place = |nth: usize| found.get(nth).map(|group| (group.start(), group.end()));
        if let Some(nth) = number(name) {
            return place(nth);
        }
        let named =
            self.names.iter().zip(1..).filter(|(known, _)| known.as_ref().is_some_and(|k| k.as_bytes() == name));
        named.map(|(_, nth)| nth).find_map(place)
    }

    fn expand(&self, template: &[u8], subject: &Subject<'_>, found: &Captures<'_>, out: &mut Vec<u8>) {
        let mut rest = template;
        while let Some(at) = rest.iter().position(|b| *b == b'$') {
            out.extend_from_slice(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            if let Some(tail) = rest.strip_prefix(b"$") {
                out.push(b'$');
                rest = tail;
                continue;
            }
            let Some((name, tail)) = group_name(rest) else {
                out.push(b'$');
                continue;
            };
            rest = tail;
            if let Some((start, end)) = self.group(name, found) {
                out.extend_from_slice(subject.part(start, end));
            }
        }
        out.extend_from_slice(rest);
    }
}

/// The name after a `$`, and what follows it.
fn group_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (brace, text) = match text.strip_prefix(b"{") {
        Some(inside) => (true, inside),
        None => (false, text),
    };
    let end =
        chars(text).find(|&(_, c, ..)| !is_letter(c) && !is_digit(c) && c != '_').map_or(text.len(), |(at, ..)| at);
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return None;
    }
    if brace { Some((name, rest.strip_prefix(b"}")?)) } else { Some((name, rest)) }
}

fn number(name: &[u8]) -> Option<usize> {
    if name.len() > 1 && name.first() == Some(&b'0') || name.len() > 9 {
        return None;
    }
    let text = std::str::from_utf8(name).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok()
}
