//! The exported interface `info`: who a plugin is.

use serde_json::Value;

use crate::json;
use crate::provider::{LimitRule, NameKind, Provider, ServedType, Want};
use crate::renderer::{Renderer, schema_of};
use crate::reporter::Reporter;

use super::polling::ProviderGuest;
use super::rendering::RendererGuest;
use super::reporting::ReporterGuest;
use super::{error, note, wire};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-describing; world describing { export orangery:plugin/info@0.1.0; }",
        path: "wit",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::guest::describing::bindings",
    });
}

use bindings::exports::orangery::plugin::info;

/// A description of what serves types.
fn serving(name: &str, version: &str, default_schema: &Value, types: Vec<ServedType>) -> info::PluginInfo {
    let types = types
        .into_iter()
        .map(|served| info::ServedType {
            name: served.name,
            name_kind: match served.name_kind {
                NameKind::Branch => info::NameKind::Branch,
                NameKind::Tag => info::NameKind::Tag,
                NameKind::Environment => info::NameKind::Environment,
                NameKind::Unnamed => info::NameKind::Unnamed,
            },
            name_attribute: served.name_attribute,
            labelled: served.labelled,
            limit_rule: match served.limit_rule {
                LimitRule::Admit => info::LimitRule::Admit,
                LimitRule::Best => info::LimitRule::Best,
            },
            config_schema: served.config_schema.as_ref().unwrap_or(default_schema).to_string(),
        })
        .collect();
    info::PluginInfo {
        name: name.to_owned(),
        version: version.to_owned(),
        types,
        renderer: None,
        renderer_schema: "{}".to_owned(),
        credentials: Vec::new(),
        wants: Vec::new(),
    }
}

fn reaching(described: info::PluginInfo, credentials: &[&str], wants: Vec<Want>) -> info::PluginInfo {
    let wants = wants.into_iter().map(|want| info::Want { origin: want.origin, for_url: want.for_url });
    let credentials = credentials.iter().map(|name| (*name).to_owned()).collect();
    info::PluginInfo { credentials, wants: wants.collect(), ..described }
}

impl<P: Provider> info::Guest for ProviderGuest<P> {
    fn describe() -> info::PluginInfo {
        let described = serving(P::NAME, P::VERSION, &schema_of::<P::Config>(), P::types());
        reaching(described, P::CREDENTIALS, P::wants())
    }

    fn validate_config(kind: String, config: String) -> Result<Vec<wire::Note>, wire::PluginError> {
        let config = json::decode_config(super::polling::CONFIG, &config).map_err(error)?;
        let notes = P::validate(&kind, config).map_err(error)?;
        Ok(notes.into_iter().map(note).collect())
    }
}

impl<R: Reporter> info::Guest for ReporterGuest<R> {
    fn describe() -> info::PluginInfo {
        let described = serving(R::NAME, R::VERSION, &schema_of::<R::Config>(), R::types());
        reaching(described, R::CREDENTIALS, R::wants())
    }

    fn validate_config(kind: String, config: String) -> Result<Vec<wire::Note>, wire::PluginError> {
        let config = json::decode_config(super::polling::CONFIG, &config).map_err(error)?;
        let notes = R::validate(&kind, config).map_err(error)?;
        Ok(notes.into_iter().map(note).collect())
    }
}

impl<R: Renderer> info::Guest for RendererGuest<R> {
    fn describe() -> info::PluginInfo {
        info::PluginInfo {
            name: R::NAME.to_owned(),
            version: R::VERSION.to_owned(),
            types: Vec::new(),
            renderer: Some(R::NAME.to_owned()),
            renderer_schema: schema_of::<R::Config>().to_string(),
            credentials: Vec::new(),
            wants: Vec::new(),
        }
    }

    fn validate_config(_kind: String, config: String) -> Result<Vec<wire::Note>, wire::PluginError> {
        let config = json::decode_config(super::rendering::CONFIG, &config).map_err(error)?;
        let notes = R::validate(config).map_err(error)?;
        Ok(notes.into_iter().map(note).collect())
    }
}
