//! Checks a configuration: first with the JSON Schema, because its errors name fields, then with the plugin, which
//! knows more than a schema can say.

use crate::admission::admit::CompiledComponent;
use crate::admission::error::AdmitError;
use crate::admission::plugin::Plugin;
use crate::bindings::info::Describes;
use crate::calls::{Attempt, Body, CallError};
use crate::guest::failure::{GuestFailure, Note};
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, Clock};
use crate::operations::Sandbox;
use crate::operations::accepted_configs;
use crate::plugin::PluginSource;
use crate::plugin::describe::DescriptionError;
use crate::plugin::schema::{ConfigError, FieldError, Schema, SchemaError, one_line, surplus};
use orangery_core::Timestamp;
use orangery_egress::Redactor;
use serde_json::Value;
use std::sync::Arc;

/// The field of a provider's configuration in the manifest.
const PROVIDER_CONFIG: &str = "spec.config";
/// The field of a renderer's configuration in the manifest.
const RENDERER_CONFIG: &str = "spec.renderer.config";

impl Sandbox {
    /// Checks the configuration of a type, or of a renderer by its name. `Null` stands for an absent one.
    ///
    /// # Errors
    /// [`CallError::Missing`] if no plugin serves it, [`CallError::Config`] with the fields if the schema refuses it, and
    /// otherwise whatever the plugin answers.
    pub async fn validate(&self, type_name: &str, config: &Value) -> Result<Vec<Note>, CallError> {
        let of_type = self.catalogue(|catalogue| catalogue.of_type(type_name));
        let (plugin, root) = match of_type {
            Ok(plugin) => (plugin, PROVIDER_CONFIG),
            Err(missing) => {
                let renderer = self.catalogue(|catalogue| catalogue.of_renderer(type_name));
                (renderer.map_err(|_| missing)?, RENDERER_CONFIG)
            }
        };
        let config = or_empty(config);
        self.check_schema(&plugin, type_name, root, &config).await?;
        self.ask_validate(plugin, type_name.to_owned(), config.to_string(), None).await
    }

    /// The plugin's remarks about a configuration, which the plugin must accept before it is called with it. The plugin
    /// is asked once for each component and configuration.
    ///
    /// # Errors
    /// The plugin refuses the configuration, or faults.
    pub(crate) async fn accepted(
        &self,
        plugin: &Arc<Plugin>,
        type_name: &str,
        config: &Value,
        attempt: &Arc<Attempt>,
    ) -> Result<Vec<Note>, CallError> {
        let config = config.to_string();
        let question = accepted_configs::question(&plugin.reference().digest, type_name, &config);
        if let Some(notes) = self.inner.accepted.find(&question) {
            return Ok(notes);
        }
        let notes =
            self.ask_validate(Arc::clone(plugin), type_name.to_owned(), config, Some(Arc::clone(attempt))).await?;
        self.inner.accepted.keep(question, notes.clone());
        Ok(notes)
    }

    async fn ask_validate(
        &self,
        plugin: Arc<Plugin>,
        type_name: String,
        config: String,
        attempt: Option<Arc<Attempt>>,
    ) -> Result<Vec<Note>, CallError> {
        let consumer = attempt.as_ref().map_or_else(|| "validation".into(), |attempt| attempt.consumer().clone());
        let given = CallSpec {
            plugin: plugin.reference().to_string(),
            consumer,
            origin: None,
            clock: Clock::Frozen { now: Timestamp::default(), seed: 0 },
            network: Network::Closed("validate-config must not use the network"),
            wants: None,
            redact: Redactor::default(),
        };
        let body: Body<_> = Box::new(move |store, instance| {
            Box::pin(async move {
                let describes = Describes::new(&mut *store, instance)?;
                describes.orangery_plugin_info().call_validate_config(store, &type_name, &config).await
            })
        });
        let ran = self.inner.call(&plugin, self.limits().validate_wall, given, attempt, body).await;
        match ran.outcome? {
            Ok(notes) => Ok(Note::all(&notes, &Redactor::default())),
            Err(error) => Err(CallError::Answered {
                plugin: plugin.reference().clone(),
                said: GuestFailure::of_error(error, &Redactor::default()),
            }),
        }
    }

    /// Checks a provider's configuration against its schema.
    pub(crate) async fn check_provider_config(
        &self,
        plugin: &Plugin,
        type_name: &str,
        config: &Value,
    ) -> Result<(), CallError> {
        self.check_schema(plugin, type_name, PROVIDER_CONFIG, config).await
    }

    /// Checks a renderer's configuration against its schema.
    pub(crate) async fn check_renderer_config(
        &self,
        plugin: &Plugin,
        name: &str,
        config: &Value,
    ) -> Result<(), CallError> {
        self.check_schema(plugin, name, RENDERER_CONFIG, config).await
    }

    async fn check_schema(
        &self,
        plugin: &Plugin,
        type_name: &str,
        root: &'static str,
        config: &Value,
    ) -> Result<(), CallError> {
        let refused = |error| CallError::Schema { plugin: plugin.reference().clone(), error };
        let fields = match plugin.schemas.get(type_name) {
            None | Some(Schema::Anything) => return Ok(()),
            Some(Schema::Nothing) => surplus(config),
            Some(Schema::Text(schema)) => {
                let mut evaluations = self.evaluations(format!("schema of {}", plugin.reference()));
                let validated = evaluations.validate(schema, config).await;
                let found = validated.map_err(|error| refused(SchemaError::Unaffordable(error)))?;
                let found = found.map_err(|why| refused(SchemaError::Unusable(one_line(&why))))?;
                found.into_iter().map(FieldError::in_one_line).collect()
            }
        };
        if fields.is_empty() {
            return Ok(());
        }
        Err(CallError::Config { plugin: plugin.reference().clone(), error: ConfigError { root, fields } })
    }

    /// Turns bytes into a plugin whose schemas can be used. Those of the built-in plugins are known to be good: a test
    /// compiles them.
    pub(crate) async fn examine(
        &self,
        bytes: &[u8],
        digest: Option<&str>,
        source: PluginSource,
    ) -> Result<Plugin, AdmitError> {
        self.usable(self.inner.admission.examine(bytes, digest, source).await?).await
    }

    /// Does the same for a component that is loaded already.
    pub(crate) async fn examine_loaded(
        &self,
        loaded: CompiledComponent,
        source: PluginSource,
    ) -> Result<Plugin, AdmitError> {
        self.usable(self.inner.admission.examine_loaded(loaded, source).await?).await
    }

    /// The plugin, if its schemas can be used.
    async fn usable(&self, plugin: Plugin) -> Result<Plugin, AdmitError> {
        if plugin.description.source.bundled {
            return Ok(plugin);
        }
        let (names, texts): (Vec<&String>, Vec<String>) = plugin
            .schemas
            .iter()
            .filter_map(|(name, schema)| schema.text().map(|text| (name, text.to_string())))
            .unzip();
        let unusable = |of: String, cause| AdmitError::Description(DescriptionError::Schema { of, cause });
        let all = || names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        match self.evaluations(format!("admission of {}", plugin.reference())).check_schemas(texts).await {
            Ok(Ok(())) => Ok(plugin),
            Ok(Err((index, why))) => {
                let of = names.get(index).map_or_else(all, |name| (*name).clone());
                Err(unusable(of, SchemaError::Unusable(one_line(&why))))
            }
            Err(error) => Err(unusable(all(), SchemaError::Unaffordable(error))),
        }
    }
}

/// The configuration, or an empty object if it is absent.
pub(crate) fn or_empty(config: &Value) -> Value {
    if config.is_null() { Value::Object(serde_json::Map::new()) } else { config.clone() }
}
