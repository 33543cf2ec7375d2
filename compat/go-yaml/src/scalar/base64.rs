//! Decodes the standard base64 of `!!binary` the way Go does: padded, line breaks ignored, trailing bits not checked.

/// The bytes, or none when it is not base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = 0u32;
    let mut count = 0;
    let mut symbols = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n'));
    for symbol in symbols.by_ref() {
        if symbol == b'=' {
            return finish(&mut out, group, count, symbols).map(|()| out);
        }
        group = group << 6 | value(symbol)?;
        count += 1;
        if count == 4 {
            out.extend(group.to_be_bytes().get(1..)?);
            (group, count) = (0, 0);
        }
    }
    (count == 0).then_some(out)
}

/// The last group, at its first `=`.
fn finish(out: &mut Vec<u8>, group: u32, count: u32, mut rest: impl Iterator<Item = u8>) -> Option<()> {
    match count {
        2 if rest.next()? == b'=' => out.push((group >> 4) as u8),
        3 => out.extend([(group >> 10) as u8, (group >> 2) as u8]),
        _ => return None,
    }
    rest.next().is_none().then_some(())
}

fn value(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
