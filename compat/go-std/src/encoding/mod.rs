//! Go's `encoding/base64` and `encoding/base32` with the standard alphabets.
//!
//! ```
//! use go_std::encoding::base64;
//!
//! assert_eq!(base64::encode(b"hi"), "aGk=");
//! assert_eq!(base64::decode(b"aG\nk="), Ok(b"hi".to_vec()));
//! let error = base64::decode(b"aGk").unwrap_err();
//! assert_eq!(error.to_string(), "illegal base64 data at input byte 0");
//! ```

pub mod base32;
pub mod base64;

/// Encodes groups of `group` bytes as characters of `bits` bits, padded with `=`.
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
