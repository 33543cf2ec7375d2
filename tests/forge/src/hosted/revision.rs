//! Commit ids: what a push would have produced, made up the same way in every run.
//!
//! Promises that the same repository, ref and number of pushes give the same forty hexadecimal digits, so that a test
//! or a demo can print them and be true tomorrow.

use sha2::{Digest, Sha256};

/// The commit a ref points to after its `nth` push.
pub(crate) fn revision(repository: &str, reference: &str, nth: u64) -> String {
    digest(&format!("{repository}\n{reference}\n{nth}")).chars().take(40).collect()
}

/// SHA-256 in lower-case hexadecimal: entity tags, made-up tokens and commit ids come from it.
pub(crate) fn digest(text: &str) -> String {
    digest_bytes(text.as_bytes())
}

pub(crate) fn digest_bytes(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::revision;

    #[test]
    fn a_commit_id_is_the_same_in_every_run_and_differs_by_push() {
        assert_eq!(revision("acme/shop", "main", 1), revision("acme/shop", "main", 1));
        assert_ne!(revision("acme/shop", "main", 1), revision("acme/shop", "main", 2));
        assert_eq!(revision("acme/shop", "main", 1).len(), 40);
    }
}
