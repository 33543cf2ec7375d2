//! The files of the root beside the program: names for the user, how names are resolved, and whom TLS trusts.

use super::layout::USER;
use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Paths and contents.
pub(super) fn files() -> Result<Vec<(String, Vec<u8>)>> {
    let passwd =
        format!("root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/home/nonroot:/sbin/nologin\n");
    let texts = [
        ("etc/passwd", passwd),
        ("etc/group", format!("root:x:0:\nnonroot:x:{USER}:\n")),
        // As glibc does without the file, in this order.
        ("etc/nsswitch.conf", "hosts: files dns\n".to_owned()),
        ("etc/ssl/certs/ca-certificates.crt", roots()),
    ];
    Ok(texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect())
}

/// Mozilla's CA roots in PEM.
fn roots() -> String {
    let mut text = String::new();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = BASE64_STANDARD.encode(root);
        for line in encoded.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
