//! Turns a trait implementation into the manifest that `describe` returns. This is plain Rust on every target, so
//! that a plugin's test can read its own manifest.

use orangery_plugin_documents::Manifest;
use orangery_plugin_documents::manifest::RendererEntry;

use crate::notifier::Notifier;
use crate::provider::Provider;
use crate::renderer::{Renderer, schema_of};

/// The manifest of a provider. A type without a configuration of its own uses that of the provider.
pub fn provider<P: Provider>() -> Manifest {
    let mut types = P::types();
    for served in &mut types {
        served.config.get_or_insert_with(schema_of::<P::Config>);
    }
    Manifest {
        description: P::DESCRIPTION.to_owned(),
        homepage: P::HOMEPAGE.to_owned(),
        license: P::LICENSE.to_owned(),
        types,
        credentials: P::credentials(),
        wants: P::wants(),
        ..Manifest::new(P::NAME, P::VERSION)
    }
}

/// The manifest of a provider that is also a notifier. What the notifier wants is added to what the provider wants.
pub fn provider_and_notifier<P: Provider + Notifier>() -> Manifest {
    let mut manifest = provider::<P>();
    let notifier = notifier::<P>();
    manifest.notifies = notifier.notifies;
    for credential in notifier.credentials {
        if manifest.credentials.iter().all(|known| known.name != credential.name) {
            manifest.credentials.push(credential);
        }
    }
    for want in notifier.wants {
        if !manifest.wants.contains(&want) {
            manifest.wants.push(want);
        }
    }
    manifest
}

/// The manifest of a notifier. Notices without a configuration of their own use that of the notifier.
pub fn notifier<N: Notifier>() -> Manifest {
    let mut notifies = N::notifies();
    for notices in &mut notifies {
        notices.config.get_or_insert_with(schema_of::<N::Config>);
    }
    Manifest {
        description: N::DESCRIPTION.to_owned(),
        notifies,
        credentials: N::credentials(),
        wants: N::wants(),
        ..Manifest::new(N::NAME, N::VERSION)
    }
}

/// The manifest of a renderer.
pub fn renderer<R: Renderer>() -> Manifest {
    let entry = RendererEntry { name: R::NAME.to_owned(), config: Some(schema_of::<R::Config>()) };
    Manifest {
        description: R::DESCRIPTION.to_owned(),
        homepage: R::HOMEPAGE.to_owned(),
        license: R::LICENSE.to_owned(),
        renderer: Some(entry),
        ..Manifest::new(R::NAME, R::VERSION)
    }
}
