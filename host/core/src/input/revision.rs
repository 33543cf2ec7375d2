//! `status.lastExportedRevision`: the digest of the exported inputs as Flux Operator computes it, so that taking an installation
//! over triggers nothing.

use crate::digest;
use serde_json::{Map, Value};

/// `sha256:` of the YAML text of the inputs, in their order. No inputs are the text `null`, as for Flux Operator's Git types.
#[must_use]
pub fn revision(exported: &[Map<String, Value>]) -> String {
    digest::sha256(text(exported).as_bytes())
}

fn text(exported: &[Map<String, Value>]) -> String {
    if exported.is_empty() {
        return "null\n".to_owned();
    }
    let list = Value::Array(exported.iter().cloned().map(Value::Object).collect());
    // What YAML cannot carry (control characters) still needs a digest that changes when it does.
    go_yaml::to_string(&list).unwrap_or_else(|_| list.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_revision_is_that_of_flux_operator() {
        let input = json!({"id": "48955639", "sha": "11cf36d83818e64aaa60d523ab6438258ebb6009", "slug": "6-0-4", "tag": "6.0.4"});
        assert_eq!(
            revision(&[input.as_object().cloned().unwrap()]),
            "sha256:8d17289b10914ff4cf5226d649a7266136d071de6ed9be1c2745eb24449f7cf4"
        );
        assert_eq!(revision(&[]), "sha256:38e0b9de817f645c4bec37c0d4a3e58baecccb040f5718dc069a72c7385a0bed");
    }
}
