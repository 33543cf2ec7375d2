//! Identifiers for secrets that reveal nothing about them: keyed hashes with a key that exists only in this process.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Tells two secrets (or requests) apart without revealing either.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fingerprint([u8; 32]);

/// The key of this process; it is as long as a block of the hash.
#[derive(Clone)]
pub(crate) struct FingerprintKey(Zeroizing<[u8; 64]>);

impl FingerprintKey {
    pub(crate) fn random() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// The fingerprint of these parts. Each is preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
    pub(crate) fn of<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> Fingerprint {
        let mut mac = Hmac::<Sha256>::new((&*self.0).into());
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        Fingerprint(mac.finalize().into_bytes().into())
    }
}

impl Fingerprint {
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")?;
        self.0.iter().take(4).try_for_each(|byte| write!(f, ":{byte:02x}"))
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = FingerprintKey::random();
        assert_ne!(key.of([b"ab".as_slice(), b"c"]), key.of([b"a".as_slice(), b"bc"]));
        assert_eq!(key.of([b"ab".as_slice(), b"c"]), key.of([b"ab".as_slice(), b"c"]));
    }

    #[test]
    fn two_processes_name_one_secret_differently() {
        assert_ne!(FingerprintKey::random().of([b"a".as_slice()]), FingerprintKey::random().of([b"a".as_slice()]));
    }
}
