//! Base32 as Go's `base32.StdEncoding` reads and writes it.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Where a text stops being base32, as an offset in bytes without line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("illegal base32 data at input byte {0}")]
pub struct CorruptInput(pub usize);

/// Encodes with padding.
pub fn encode(bytes: &[u8]) -> String {
    super::encode(bytes, ALPHABET, 5, 5)
}

/// Decodes padded base32. Line breaks are skipped.
///
/// # Errors
/// [`CorruptInput`] with the place that Go names.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, CorruptInput> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut out = Vec::new();
    let mut rest = text.as_slice();
    let offset = |rest: &[u8]| text.len() - rest.len();
    while !rest.is_empty() {
        let (mut value, mut count, mut ended) = (0_u64, 0, false);
        while count < 8 {
            let Some((&byte, tail)) = rest.split_first() else {
                return Err(CorruptInput(offset(rest) - count));
            };
            rest = tail;
            if byte == b'=' && count >= 2 && rest.len() < 8 {
                if rest.len() + count < 7 {
                    return Err(CorruptInput(text.len()));
                }
                for index in 0..7 - count {
                    if rest.get(index).is_some_and(|b| *b != b'=') {
                        return Err(CorruptInput(offset(rest) + index - 1));
                    }
                }
                if matches!(count, 1 | 3 | 6) {
                    return Err(CorruptInput(offset(rest) - 1));
                }
                ended = true;
                break;
            }
            let Some(digit) = ALPHABET.iter().position(|b| *b == byte) else {
                return Err(CorruptInput(offset(rest) - 1));
            };
            value = value << 5 | u64::try_from(digit).unwrap_or(0);
            count += 1;
        }
        let value = value << (5 * (8 - count));
        out.extend(value.to_be_bytes().get(3..3 + count * 5 / 8).unwrap_or_default());
        if ended {
            break;
        }
    }
    Ok(out)
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
}
