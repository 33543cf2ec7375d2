//! Looks at a component without registering it, for `plugin check`.

use crate::admission::admit::{Provenance, hex};
use crate::admission::error::AdmitError;
use crate::operations::Sandbox;
use crate::plugin::{PluginDescription, PluginSource};
use sha2::{Digest, Sha256};

/// What a component is, imports and exports, says of itself, and why it would be refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The SHA-256 of the component, 64 hexadecimal characters.
    pub digest: String,
    /// The size in bytes.
    pub bytes: usize,
    /// The interfaces it imports; empty if it is not a component.
    pub imports: Vec<String>,
    /// The interfaces it exports.
    pub exports: Vec<String>,
    /// `provider`, `renderer` or `notifier`.
    pub world: Option<&'static str>,
    /// The description from its manifest, if it could be asked.
    pub description: Option<PluginDescription>,
    /// Why it would not be admitted, one sentence each; empty if it would be.
    pub refusals: Vec<String>,
}

impl Sandbox {
    /// Goes as far as admission would, and reports instead of registering.
    pub async fn inspect(&self, bytes: &[u8]) -> Inspection {
        let mut inspection = Inspection {
            digest: hex(&Sha256::digest(bytes)),
            bytes: bytes.len(),
            imports: Vec::new(),
            exports: Vec::new(),
            world: None,
            description: None,
            refusals: Vec::new(),
        };
        let admission = &self.inner.admission;
        let compiled = match admission.load(bytes, None, Provenance::Supplied).await {
            Ok(compiled) => {
                inspection.world = compiled.interface.roles().ok().map(|roles| roles.word());
                inspection.imports.clone_from(&compiled.interface.imports);
                inspection.exports.clone_from(&compiled.interface.exports);
                compiled
            }
            Err(error) => {
                inspection.refusals = sentences(error);
                return inspection;
            }
        };
        match self.examine_loaded(compiled, PluginSource::given("the component")).await {
            Ok(plugin) => inspection.description = Some(plugin.description),
            Err(error) => inspection.refusals = sentences(error),
        }
        inspection
    }
}

fn sentences(error: AdmitError) -> Vec<String> {
    match error {
        AdmitError::Imports(refused) => refused.into_iter().map(|import| format!("it {import}")).collect(),
        other => vec![other.to_string()],
    }
}
