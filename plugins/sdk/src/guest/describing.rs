//! The exported interface `info`: who a plugin is.

use crate::json;
use crate::provider::{LimitRule, NameKind, Provider};
use crate::renderer::{Renderer, schema_of};

use super::polling::ProviderGuest;
use super::rendering::RendererGuest;
use super::{error, note, wire};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-describing; world describing { export orangery:plugin/info@0.1.0; }",
        path: "../../wit",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::guest::describing::bindings",
    });
}

use bindings::exports::orangery::plugin::info;

impl<P: Provider> info::Guest for ProviderGuest<P> {
    fn describe() -> info::PluginInfo {
        let default_schema = schema_of::<P::Config>();
        let types = P::types()
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
                config_schema: served.config_schema.as_ref().unwrap_or(&default_schema).to_string(),
            })
            .collect();
        let wants = P::wants().into_iter().map(|want| info::Want { origin: want.origin, for_url: want.for_url });
        info::PluginInfo {
            name: P::NAME.to_owned(),
            version: P::VERSION.to_owned(),
            types,
            renderer: None,
            renderer_schema: "{}".to_owned(),
            credentials: P::CREDENTIALS.iter().map(|name| (*name).to_owned()).collect(),
            wants: wants.collect(),
        }
    }

    fn validate_config(kind: String, config: String) -> Result<Vec<wire::Note>, wire::PluginError> {
        let config = json::decode_config(super::polling::CONFIG, &config).map_err(error)?;
        let notes = P::validate(&kind, config).map_err(error)?;
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
