//! A plugin's manifest: read into types and checked before anything relies on it.
//!
//! # Guarantees
//! Names, origins, shapes of Secrets and schemas follow their grammar; sentences are one bounded line; the plugin's
//! exports match what its manifest lists. An error names the key. A key that this host does not know gives a note and
//! no error.

mod grammar;

use crate::plugin::schema::{ALL_SCHEMAS_BYTES, Schema, SchemaError};
use crate::plugin::world::Roles;
use crate::plugin::{PluginDescription, PluginRef, PluginSource};
use grammar::{MOST, shown, unique};
use orangery_core::{LimitRule, NameKind, ServedType};
use orangery_egress::credential::shape::{self, ShapeError};
use orangery_plugin_documents::manifest::{self, Credential, ManifestError, NotifiedBy, Notifies, Want};
use orangery_plugin_documents::{Facts, Manifest};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of a manifest: twice those of its schemas.
const MANIFEST_BYTES: usize = 2 * ALL_SCHEMAS_BYTES;

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DescriptionError {
    /// The manifest is larger than any may be.
    #[error("its manifest has {bytes} bytes; at most {MANIFEST_BYTES} are allowed")]
    TooLarge {
        /// The size in bytes.
        bytes: usize,
    },
    /// The manifest is not the JSON of a manifest.
    #[error("its manifest cannot be read: {0}")]
    Manifest(#[from] ManifestError),
    /// A name or version breaks its grammar.
    #[error("its {field} is '{value}'; it must be {rule}")]
    Word {
        /// The key in the manifest.
        field: &'static str,
        /// The value, shortened.
        value: String,
        /// What the value must be, as a phrase.
        rule: &'static str,
    },
    /// The plugin exports a role without listing what for, or lists something without the role.
    #[error("it exports {exports}, but its manifest lists {lists}")]
    Role {
        /// The role that it exports, as a phrase.
        exports: &'static str,
        /// What its manifest lists, as a phrase.
        lists: &'static str,
    },
    /// A list names something twice.
    #[error("it lists the {what} '{value}' twice")]
    Twice {
        /// The kind of entry.
        what: &'static str,
        /// The repeated value.
        value: String,
    },
    /// A list is too long.
    #[error("it lists {count} {what}; at most {MOST} are allowed")]
    TooMany {
        /// The kind of entries.
        what: &'static str,
        /// The number of entries.
        count: usize,
    },
    /// A schema cannot be used.
    #[error("the configuration of {of}: {cause}")]
    Schema {
        /// The type, renderer or notices that the schema belongs to.
        of: String,
        /// The error of the validator.
        #[source]
        cause: SchemaError,
    },
    /// The shape of a Secret is not valid.
    #[error("credentials: the shape {at} of '{credential}': {cause}")]
    Shape {
        /// The name of the credential.
        credential: String,
        /// The position of the shape, from 0.
        at: usize,
        /// The problem with the shape.
        #[source]
        cause: ShapeError,
    },
    /// An origin is not valid.
    #[error("it wants '{origin}': {problem}")]
    Origin {
        /// The origin as written.
        origin: String,
        /// The problem with the origin.
        problem: String,
    },
    /// A path prefix is not valid.
    #[error("it wants the path '{0}'; a path begins with a slash and has no query")]
    Path(String),
    /// A type whose names are filtered does not say which attribute holds them.
    #[error("the type {0} has names of a kind but no nameAttribute")]
    NoNameAttribute(String),
}

/// A checked description and its compiled schemas.
pub(crate) type Described = (PluginDescription, BTreeMap<String, Schema>);

/// Checks the manifest that `describe` returned.
pub(crate) fn check(
    said: &str,
    roles: Roles,
    digest: &str,
    source: PluginSource,
) -> Result<Described, DescriptionError> {
    if said.len() > MANIFEST_BYTES {
        return Err(DescriptionError::TooLarge { bytes: said.len() });
    }
    let manifest::Parsed { mut manifest, unknown } = manifest::parse(said)?;
    let mut notes: Vec<String> = unknown
        .into_iter()
        .map(|key| format!("its manifest has the key '{key}', which this host does not know"))
        .collect();
    grammar::label("name", &manifest.name)?;
    grammar::version(&manifest.version)?;
    check_role(&manifest, roles)?;
    let mut schemas = BTreeMap::new();
    unique("type", &manifest.types, |served| &served.name)?;
    let types = manifest.types.iter().map(|served| served_type(served, &mut schemas, &mut notes));
    let types = types.collect::<Result<Vec<_>, _>>()?;
    if let Some(renderer) = &manifest.renderer {
        grammar::label("renderer", &renderer.name)?;
        compile(&renderer.name, renderer.config.as_ref(), &mut schemas)?;
    }
    check_notifies(&manifest.notifies, &mut schemas)?;
    check_credentials(&manifest.credentials)?;
    check_wants(&manifest.wants)?;
    in_single_lines(&mut manifest);
    let plugin =
        PluginRef { name: manifest.name.clone(), version: manifest.version.clone(), digest: digest.to_owned() };
    Ok((PluginDescription { plugin, source, types, manifest: Arc::new(manifest), notes }, schemas))
}

fn check_role(manifest: &Manifest, roles: Roles) -> Result<(), DescriptionError> {
    let exports = roles.word();
    let wrong = |lists| Err(DescriptionError::Role { exports, lists });
    let Manifest { types, renderer, notifies, .. } = manifest;
    match roles {
        Roles { renderer: true, .. } if !types.is_empty() => wrong("types"),
        Roles { renderer: true, .. } if renderer.is_none() => wrong("no renderer name"),
        Roles { renderer: false, .. } if renderer.is_some() => wrong("a renderer name"),
        Roles { provider: true, .. } if types.is_empty() => wrong("no types"),
        Roles { provider: false, .. } if !types.is_empty() => wrong("types"),
        Roles { notifier: true, .. } if notifies.is_empty() => wrong("nothing under notifies"),
        Roles { notifier: false, .. } if !notifies.is_empty() => wrong("something under notifies"),
        _ => Ok(()),
    }
}

fn served_type(
    served: &manifest::ServedType,
    schemas: &mut BTreeMap<String, Schema>,
    notes: &mut Vec<String>,
) -> Result<ServedType, DescriptionError> {
    grammar::type_name(&served.name)?;
    let name_kind = match served.name_kind {
        manifest::NameKind::Branch => NameKind::Branch,
        manifest::NameKind::Tag => NameKind::Tag,
        manifest::NameKind::Environment => NameKind::Environment,
        manifest::NameKind::Unnamed => NameKind::Unnamed,
    };
    if served.name_attribute.is_empty() && name_kind != NameKind::Unnamed {
        return Err(DescriptionError::NoNameAttribute(served.name.clone()));
    }
    if !served.name_attribute.is_empty() {
        grammar::attribute("nameAttribute", &served.name_attribute)?;
    }
    unique("attribute", &served.attributes, |attribute| &attribute.name)?;
    for named in &served.attributes {
        grammar::attribute("attribute", &named.name)?;
    }
    unique("fact", &served.facts, String::as_str)?;
    let unknown = served.facts.iter().filter(|fact| !Facts::NAMES.contains(&fact.as_str()));
    notes.extend(unknown.map(|fact| {
        format!("the type {} fills the fact '{}', which this host does not know", served.name, shown(fact))
    }));
    compile(&served.name, served.config.as_ref(), schemas)?;
    Ok(ServedType {
        name: served.name.clone(),
        name_kind,
        name_attribute: served.name_attribute.clone(),
        labelled: served.labelled,
        limit_rule: match served.limit {
            manifest::LimitRule::Admit => LimitRule::Admit,
            manifest::LimitRule::Best => LimitRule::Best,
        },
    })
}

/// The name of the schema for the configuration of notices. Notices without a schema of their own use that of the
/// type.
pub(crate) fn notices_of(by: &NotifiedBy) -> String {
    match by {
        NotifiedBy::Type(name) => format!("notices of {name}"),
        NotifiedBy::Channel(name) => format!("notices for {name}"),
    }
}

fn check_notifies(notifies: &[Notifies], schemas: &mut BTreeMap<String, Schema>) -> Result<(), DescriptionError> {
    if notifies.len() > MOST {
        return Err(DescriptionError::TooMany { what: "notices", count: notifies.len() });
    }
    for (at, notices) in notifies.iter().enumerate() {
        match &notices.of {
            NotifiedBy::Type(name) => grammar::type_name(name)?,
            NotifiedBy::Channel(name) => grammar::label("channel", name)?,
        }
        if notifies.iter().take(at).any(|earlier| earlier.of == notices.of) {
            return Err(DescriptionError::Twice { what: "notices of", value: shown(notices.of.name()) });
        }
        if notices.config.is_some() {
            compile(&notices_of(&notices.of), notices.config.as_ref(), schemas)?;
        }
    }
    Ok(())
}

fn check_credentials(credentials: &[Credential]) -> Result<(), DescriptionError> {
    unique("credential", credentials, |credential| &credential.name)?;
    for credential in credentials {
        grammar::label("credential", &credential.name)?;
        if credential.shapes.len() > MOST {
            return Err(DescriptionError::TooMany { what: "shapes", count: credential.shapes.len() });
        }
        for (at, declared) in credential.shapes.iter().enumerate() {
            let wrong = |cause| DescriptionError::Shape { credential: credential.name.clone(), at, cause };
            shape::check(declared).map_err(wrong)?;
        }
    }
    Ok(())
}

fn check_wants(wants: &[Want]) -> Result<(), DescriptionError> {
    if wants.len() > MOST {
        return Err(DescriptionError::TooMany { what: "origins", count: wants.len() });
    }
    for want in wants {
        for text in std::iter::once(&want.origin).chain(&want.for_url) {
            grammar::origin(text)?;
        }
        unique("path", &want.paths, String::as_str)?;
        let is_path = |path: &str| path.starts_with('/') && !path.contains(['?', '#', '*']) && path.is_ascii();
        if let Some(wrong) = want.paths.iter().find(|path| !is_path(path)) {
            return Err(DescriptionError::Path(shown(wrong)));
        }
    }
    Ok(())
}

fn compile(of: &str, schema: Option<&Value>, schemas: &mut BTreeMap<String, Schema>) -> Result<(), DescriptionError> {
    let unusable = |cause| DescriptionError::Schema { of: of.to_owned(), cause };
    let text = schema.map_or_else(|| "{}".to_owned(), Value::to_string);
    let held: usize = schemas.values().filter_map(Schema::text).map(|text| text.len()).sum();
    // As a value a schema takes many times the memory of its text, so all of a plugin's are bounded together.
    if held.saturating_add(text.len()) > ALL_SCHEMAS_BYTES {
        return Err(unusable(SchemaError::TooLargeTogether(held.saturating_add(text.len()))));
    }
    let schema = Schema::parse(&text).map_err(unusable)?;
    schemas.insert(of.to_owned(), schema);
    Ok(())
}

fn in_single_lines(manifest: &mut Manifest) {
    for text in [&mut manifest.description, &mut manifest.homepage, &mut manifest.license] {
        grammar::sentence(text);
    }
    for served in &mut manifest.types {
        grammar::sentence(&mut served.description);
        grammar::sentence(&mut served.cost);
        served.attributes.iter_mut().for_each(|attribute| grammar::sentence(&mut attribute.description));
        served.facts.iter_mut().for_each(grammar::sentence);
    }
    for credential in &mut manifest.credentials {
        grammar::sentence(&mut credential.description);
        credential.shapes.iter_mut().flat_map(|shape| &mut shape.keys).for_each(|key| grammar::sentence(&mut key.name));
    }
}

#[cfg(test)]
mod tests;
