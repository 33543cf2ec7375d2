//! Encodings and checksums.

pub(super) mod json;
pub(super) mod yaml;

use super::{Answer, Args, Context};
use sha2::{Digest, Sha256};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn sha256sum(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(hexadecimal(&Sha256::digest(args.bytes(0))).into())
}

pub(super) fn sha1sum(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(hexadecimal(&sha1::Sha1::digest(args.bytes(0))).into())
}

pub(super) fn adler32sum(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(adler2::adler32_slice(args.bytes(0)).to_string().into())
}

/// Groups of `group` bytes as characters of `bits` bits, padded with `=`.
fn encode(bytes: &[u8], alphabet: &[u8], bits: usize, group: usize) -> String {
    let width = group * 8 / bits;
    let mut out = String::with_capacity(bytes.len().div_ceil(group) * width);
    for chunk in bytes.chunks(group) {
        let mut value: u64 = 0;
        for index in 0..group {
            value = value << 8 | u64::from(chunk.get(index).copied().unwrap_or(0));
        }
        let used = (chunk.len() * 8).div_ceil(bits);
        for index in 0..width {
            let digit = value >> (bits * (width - 1 - index)) & ((1 << bits) - 1);
            let letter = usize::try_from(digit).ok().and_then(|d| alphabet.get(d)).filter(|_| index < used);
            out.push(char::from(letter.copied().unwrap_or(b'=')));
        }
    }
    out
}

/// `base64.StdEncoding.EncodeToString`.
pub(crate) fn base64(bytes: &[u8]) -> String {
    encode(bytes, BASE64, 6, 3)
}

pub(super) fn b64enc(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(base64(args.bytes(0)).into())
}

pub(super) fn b32enc(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(encode(args.bytes(0), BASE32, 5, 5).into())
}

/// Where the text stops being what it should be.
struct Corrupt(usize);

/// Go's base64 decoder: line ends are skipped, anything else out of place is named by its offset.
fn base64_decode(text: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let mut out = Vec::new();
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
                return if count == 0 { Ok(out) } else { Err(Corrupt(at - count)) };
            };
            if let Some(digit) = BASE64.iter().position(|b| *b == byte) {
                value = value << 6 | u32::try_from(digit).unwrap_or(0);
                count += 1;
                continue;
            }
            if byte != b'=' || count < 2 {
                return Err(Corrupt(at - 1));
            }
            if count == 2 {
                match next(&mut at) {
                    Some(b'=') => {}
                    None => return Err(Corrupt(text.len())),
                    Some(_) => return Err(Corrupt(at - 1)),
                }
            }
            if next(&mut at).is_some() {
                return Err(Corrupt(at - 1));
            }
            let value = value << (6 * (4 - count));
            out.extend(value.to_be_bytes().get(1..count).unwrap_or_default());
            return Ok(out);
        }
        out.extend(value.to_be_bytes().get(1..).unwrap_or_default());
    }
}

pub(super) fn b64dec(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(match base64_decode(args.bytes(0)) {
        Ok(bytes) => bytes.into(),
        Err(Corrupt(at)) => format!("illegal base64 data at input byte {at}").into(),
    })
}

/// Go's base32 decoder.
fn base32_decode(text: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut out = Vec::new();
    let mut rest = text.as_slice();
    let offset = |rest: &[u8]| text.len() - rest.len();
    while !rest.is_empty() {
        let (mut value, mut count, mut ended) = (0_u64, 0, false);
        while count < 8 {
            let Some((&byte, tail)) = rest.split_first() else {
                return Err(Corrupt(offset(rest) - count));
            };
            rest = tail;
            if byte == b'=' && count >= 2 && rest.len() < 8 {
                if rest.len() + count < 7 {
                    return Err(Corrupt(text.len()));
                }
                for index in 0..7 - count {
                    if rest.get(index).is_some_and(|b| *b != b'=') {
                        return Err(Corrupt(offset(rest) + index - 1));
                    }
                }
                if matches!(count, 1 | 3 | 6) {
                    return Err(Corrupt(offset(rest) - 1));
                }
                ended = true;
                break;
            }
            let Some(digit) = BASE32.iter().position(|b| *b == byte) else {
                return Err(Corrupt(offset(rest) - 1));
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

pub(super) fn b32dec(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(match base32_decode(args.bytes(0)) {
        Ok(bytes) => bytes.into(),
        Err(Corrupt(at)) => format!("illegal base32 data at input byte {at}").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn encodings_round_trip_with_every_padding() {
        for text in ["", "f", "fo", "foo", "foob", "fooba", "foobar"] {
            let bytes = text.as_bytes();
            assert_eq!(base64_decode(base64(bytes).as_bytes()).ok().as_deref(), Some(bytes));
            let encoded = encode(bytes, BASE32, 5, 5);
            assert_eq!(base32_decode(encoded.as_bytes()).ok().as_deref(), Some(bytes), "{encoded}");
        }
        assert_eq!(base64(b"hi"), "aGk=");
    }

    #[test]
    fn a_value_is_never_lost_silently() {
        let mut context = Context::new(crate::value::Map::nil(), String::new(), 0, 0);
        let bad = [Value::text("a!b=")];
        let Ok(Value::Text(text)) = b64dec(&mut context, Args(&bad)) else { unreachable!() };
        assert_eq!(text.lossy(), "illegal base64 data at input byte 1");
    }
}
