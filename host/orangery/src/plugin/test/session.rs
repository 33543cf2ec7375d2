//! What the plugin of a case may reach.

use super::case::Network;
use super::script::CaseScript;
use orangery_egress::{Credential, CredentialKind, Grant, HttpLimits, Origin, SessionSpec, TlsSettings};
use orangery_sandbox::PluginDescription;
use std::sync::Arc;

/// The origin of the URL, and what the plugin asks for itself: reading, and the methods that are granted besides.
pub(super) fn of(
    name: &str,
    network: &Network<'_>,
    plugin: &PluginDescription,
    granted: &[Grant],
    script: Arc<CaseScript>,
) -> SessionSpec {
    let own = Origin::of_url(network.url).ok();
    let wanted = plugin
        .manifest
        .wants
        .iter()
        .filter(|want| want.for_url.as_deref().is_none_or(|url| Origin::of_url(url).ok() == own))
        .filter_map(|want| Origin::of_url(&want.origin).ok());
    let origins: Vec<Origin> = own.clone().into_iter().chain(wanted).collect();
    let granted = granted.iter().filter(|grant| origins.contains(grant.origin())).cloned();
    SessionSpec {
        consumer: name.to_owned(),
        grants: granted.chain(origins.iter().cloned().map(Grant::reading)).collect(),
        credentials: plugin
            .credential_names()
            .into_iter()
            .map(|name| Credential::new(name, CredentialKind::Anonymous, []))
            .collect(),
        tls: TlsSettings::default(),
        proxy: None,
        limits: HttpLimits::default(),
        deadline: None,
        script: Some(script),
    }
}
