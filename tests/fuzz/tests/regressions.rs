//! What once broke a reader must not break it again: each case that the guided search found, mended, is a file in
//! `regressions/<reader>/`.

use orangery_test_fuzz::{READERS, read, read_repeated};
use std::path::Path;

#[test]
fn the_cases_of_the_past_are_read_or_refused() {
    for (name, reader) in READERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(name);
        for entry in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            read(reader, &bytes);
            read_repeated(reader, &bytes);
        }
    }
}
