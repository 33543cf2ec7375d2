//! Operations on eight bytes at a time, for the loops over every byte of a text.

/// Eight times this byte.
pub(crate) const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Eight bytes; the first one is the lowest.
pub(crate) const fn of(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes)
}

/// Sets the highest bit of each byte that is zero, and no other bit.
pub(crate) const fn zeros(word: u64) -> u64 {
    !(((word & all(0x7F)) + all(0x7F)) | word) & all(0x80)
}

/// The highest bit of each byte below a space.
pub(crate) const fn controls(word: u64) -> u64 {
    zeros(word & all(0xE0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_told_by_itself_whatever_stands_beside_it() {
        for byte in 0..=u8::MAX {
            for beside in [0, 1, b' ', 0x7F, 0x80, 0xFF] {
                let word = of([beside, byte, beside, beside, beside, beside, byte, beside]);
                let bits = |is: fn(u8) -> bool| {
                    word.to_le_bytes().iter().rev().fold(0, |bits, b| bits << 8 | if is(*b) { 0x80 } else { 0_u64 })
                };
                assert_eq!(zeros(word), bits(|b| b == 0), "{word:016x}");
                assert_eq!(controls(word), bits(|b| b < b' '), "{word:016x}");
            }
        }
    }
}
