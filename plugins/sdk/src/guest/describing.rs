//! The exported interface `info`: the manifest, and the check of a configuration.

use std::marker::PhantomData;

use orangery_plugin_documents::Manifest;

use crate::bindings::describing::exports::orangery::plugin::info;
use crate::bindings::describing::orangery::plugin::types::{Note, PluginError};
use crate::notifier::Notifier;
use crate::provider::Provider;
use crate::renderer::Renderer;
use crate::{describe, json};

use super::error;

/// Implements `info` for a provider.
pub struct ProviderDescribed<P>(PhantomData<P>);

/// Implements `info` for a provider that is also a notifier.
pub struct ProviderNotifierDescribed<P>(PhantomData<P>);

/// Implements `info` for a notifier.
pub struct NotifierDescribed<N>(PhantomData<N>);

/// Implements `info` for a renderer.
pub struct RendererDescribed<R>(PhantomData<R>);

impl<P: Provider> info::Guest for ProviderDescribed<P> {
    fn describe() -> String {
        text(&describe::provider::<P>())
    }

    fn validate_config(type_name: String, config: String) -> Result<Vec<Note>, PluginError> {
        let config = json::decode_config(super::polling::CONFIG, &config).map_err(error)?;
        P::validate(&type_name, config).map_err(error)
    }
}

impl<P: Provider + Notifier> info::Guest for ProviderNotifierDescribed<P> {
    fn describe() -> String {
        text(&describe::provider_and_notifier::<P>())
    }

    fn validate_config(type_name: String, config: String) -> Result<Vec<Note>, PluginError> {
        ProviderDescribed::<P>::validate_config(type_name, config)
    }
}

impl<N: Notifier> info::Guest for NotifierDescribed<N> {
    fn describe() -> String {
        text(&describe::notifier::<N>())
    }

    fn validate_config(type_name: String, config: String) -> Result<Vec<Note>, PluginError> {
        let config = json::decode_config(super::polling::CONFIG, &config).map_err(error)?;
        N::validate(&type_name, config).map_err(error)
    }
}

impl<R: Renderer> info::Guest for RendererDescribed<R> {
    fn describe() -> String {
        text(&describe::renderer::<R>())
    }

    fn validate_config(_type_name: String, config: String) -> Result<Vec<Note>, PluginError> {
        let config = json::decode_config(super::rendering::CONFIG, &config).map_err(error)?;
        R::validate(config).map_err(error)
    }
}

/// The manifest as text. It holds nothing that JSON cannot represent; if it did, the host would report that the
/// document is not JSON.
fn text(manifest: &Manifest) -> String {
    manifest.to_json().unwrap_or_default()
}
