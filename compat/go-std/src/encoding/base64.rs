//! Base64 as Go's `base64.StdEncoding` reads and writes it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Where a text stops being base64, as an offset in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {0}")]
pub struct CorruptInput(pub usize);

/// Encodes with padding.
pub fn encode(bytes: &[u8]) -> String {
    super::encode(bytes, ALPHABET, 6, 3)
}

fn digit(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Decodes padded base64. Line breaks are skipped, and unused bits of the last character are not checked.
///
/// # Errors
/// [`CorruptInput`] with the place that Go names.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, CorruptInput> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    let next = |at: &mut usize| {
        while matches!(text.get(*at), Some(b'\n' | b'\r')) {
            *at += 1;
        }
        let byte = text.get(*at).copied();
        *at += usize::from(byte.is_some());
        byte
    };
    loop {
        let (mut value, mut count) = (0_u32, 0);
        while count < 4 {
            let Some(byte) = next(&mut at) else {
                return if count == 0 { Ok(out) } else { Err(CorruptInput(at - count)) };
            };
            if let Some(digit) = digit(byte) {
                value = value << 6 | digit;
                count += 1;
                continue;
            }
            if byte != b'=' || count < 2 {
                return Err(CorruptInput(at - 1));
            }
            if count == 2 {
                match next(&mut at) {
                    Some(b'=') => {}
                    None => return Err(CorruptInput(text.len())),
                    Some(_) => return Err(CorruptInput(at - 1)),
                }
            }
            if next(&mut at).is_some() {
                return Err(CorruptInput(at - 1));
            }
            let value = value << (6 * (4 - count));
            out.extend(value.to_be_bytes().get(1..count).unwrap_or_default());
            return Ok(out);
        }
        out.extend(value.to_be_bytes().get(1..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_every_padding() {
        for text in ["", "f", "fo", "foo", "foob", "fooba", "foobar"] {
            assert_eq!(decode(encode(text.as_bytes()).as_bytes()).as_deref(), Ok(text.as_bytes()));
        }
    }

    #[test]
    fn what_is_not_base64_is_named_by_its_place() {
        assert_eq!(decode(b"a!b="), Err(CorruptInput(1)));
        assert_eq!(decode(b"aGk=x"), Err(CorruptInput(4)));
    }
}
