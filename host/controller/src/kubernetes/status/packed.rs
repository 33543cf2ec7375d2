//! What stands beside the inventory, as one text: JSON, compressed, in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use orangery_core::Details;
use std::io::{self, Read as _, Write as _};

/// Bytes that a text may unpack to: those of a set with many more objects than fit.
const MOST_BYTES: u64 = 16 << 20;

/// The text of these details; `None` if nothing is known.
pub(super) fn pack(details: &Details) -> Option<String> {
    if details.is_empty() {
        return None;
    }
    let packed = || -> io::Result<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&serde_json::to_vec(details)?)?;
        encoder.finish()
    };
    // Writing to memory does not fail.
    packed().ok().map(|bytes| STANDARD.encode(bytes))
}

/// Reads what [`pack`] wrote.
///
/// # Errors
/// It is something else.
pub(super) fn unpack(text: &str) -> io::Result<Details> {
    let bytes = STANDARD.decode(text).map_err(io::Error::other)?;
    let mut json = Vec::new();
    ZlibDecoder::new(bytes.as_slice()).take(MOST_BYTES).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_core::{Ledger, LedgerEntry, Mark, ObjectKey, digest, inventory};

    fn ledger(objects: usize) -> Ledger {
        let entry = |number: usize| {
            let text = str::to_owned;
            let name = format!("pr-{number}");
            let key = ObjectKey { group: text(""), kind: text("ConfigMap"), namespace: text("previews"), name };
            let mut hex = digest::sha256_hex(number.to_string().as_bytes());
            hex.truncate(32);
            for at in [8, 13, 18, 23] {
                hex.insert(at, '-');
            }
            LedgerEntry { uid: Some(hex), mark: Mark::Owned, ..LedgerEntry::about_to_be(key, "v1") }
        };
        (0..objects).map(entry).collect()
    }

    #[test]
    fn twenty_thousand_objects_fit_into_a_set_also_before_their_uids_are_known() {
        let ledger = ledger(20_000);
        let (entries, details) = inventory::write_with_details(&ledger, &[]);
        let text = pack(&details).unwrap();
        assert_eq!(inventory::read_with(&entries, &unpack(&text).unwrap()).ledger, ledger);
        let bytes = serde_json::to_string(&entries).unwrap().len() + text.len();
        let intended: Ledger = ledger.iter().map(|entry| LedgerEntry { uid: None, ..entry.clone() }).collect();
        let (_, details) = inventory::write_with_details(&intended, &[]);
        let expected = pack(&details.with_all_uids()).unwrap();
        assert!(bytes < 1_430_000, "{bytes}");
        assert!(expected.len() >= text.len(), "{} bytes were expected, and there are {}", expected.len(), text.len());
    }

    #[test]
    fn anything_else_is_refused_and_a_bomb_is_not_unpacked() {
        let bomb = {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&vec![b' '; 64 << 20]).unwrap();
            STANDARD.encode(encoder.finish().unwrap())
        };
        for text in ["", "%%%", "AAAA", bomb.as_str()] {
            assert!(unpack(text).is_err());
        }
        assert_eq!(pack(&Details::default()), None);
    }
}
