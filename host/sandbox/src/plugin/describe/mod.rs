//! A plugin's description of itself: asked once, checked before anyone relies on it.

use crate::bindings::info::exports::orangery::plugin::info as wit;
use crate::plugin::schema::{ALL_SCHEMAS_BYTES, Schema, SchemaError};
use crate::plugin::world::Roles;
use crate::plugin::{PluginDescription, PluginRef, PluginSource, Want};
use orangery_core::{LimitRule, NameKind, ServedType};
use orangery_egress::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// Things of one kind a plugin may list.
const MOST: usize = 64;
/// Bytes of a name.
const NAME_BYTES: usize = 63;

/// What is wrong with a description.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DescriptionError {
    /// A name or version that is not one.
    #[error("its {field} is '{value}'; it must be {rule}")]
    Word {
        /// Which field.
        field: &'static str,
        /// Its value, bounded.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// It exports a role without saying what for, or the other way round.
    #[error("it exports {exports}, but describe lists {lists}")]
    Role {
        /// What it exports.
        exports: &'static str,
        /// What it lists.
        lists: &'static str,
    },
    /// The same thing twice.
    #[error("it lists the {what} '{value}' twice")]
    Twice {
        /// Which thing.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// Too many things.
    #[error("it lists {count} {what}; at most {MOST} are allowed")]
    TooMany {
        /// Which things.
        what: &'static str,
        /// How many.
        count: usize,
    },
    /// A schema that cannot be used.
    #[error("the configuration of {of}: {cause}")]
    Schema {
        /// Of which type or renderer.
        of: String,
        /// Why.
        #[source]
        cause: SchemaError,
    },
    /// An origin that is none.
    #[error("it wants '{origin}': {problem}")]
    Origin {
        /// The text.
        origin: String,
        /// What is wrong.
        problem: String,
    },
    /// A type whose names are filtered has to say which attribute holds them.
    #[error("the type {0} has names of a kind but no name-attribute")]
    NoNameAttribute(String),
}

/// A checked description and its compiled schemas.
pub(crate) type Described = (PluginDescription, BTreeMap<String, Schema>);

/// Checks what `describe` said.
pub(crate) fn check(
    said: wit::PluginInfo,
    roles: Roles,
    digest: &str,
    source: PluginSource,
) -> Result<Described, DescriptionError> {
    word("name", &said.name, NAME_BYTES, is_label, "lower-case letters, digits and dashes, at most 63")?;
    word("version", &said.version, NAME_BYTES, is_version, "a semantic version such as 1.2.3")?;
    check_role(&said, roles)?;
    let mut schemas = BTreeMap::new();
    let types = unique("type", said.types, |ty| &ty.name)?;
    let types = types.into_iter().map(|ty| served(ty, &mut schemas)).collect::<Result<Vec<_>, _>>()?;
    let renderer_schema = match &said.renderer {
        None => serde_json::Value::Bool(true),
        Some(name) => {
            word("renderer", name, NAME_BYTES, is_label, "lower-case letters, digits and dashes, at most 63")?;
            compile(name, &said.renderer_schema, &mut schemas)?
        }
    };
    let credentials = unique("credential", said.credentials, |name| name)?;
    for name in &credentials {
        word("credential", name, NAME_BYTES, is_label, "lower-case letters, digits and dashes, at most 63")?;
    }
    let wants = unique("origin", said.wants, |want| &want.origin)?.into_iter().map(want).collect::<Result<_, _>>()?;
    let plugin = PluginRef { name: said.name, version: said.version, digest: digest.to_owned() };
    let reports = roles.reporter;
    let renderer = said.renderer;
    Ok((PluginDescription { plugin, source, types, renderer, reports, credentials, wants, renderer_schema }, schemas))
}

fn check_role(said: &wit::PluginInfo, roles: Roles) -> Result<(), DescriptionError> {
    match (said.types.is_empty(), said.renderer.is_none(), roles.renderer) {
        (false, true, false) | (true, false, true) => Ok(()),
        (true, _, false) => Err(DescriptionError::Role { exports: roles.word(), lists: "no types" }),
        (_, false, false) => Err(DescriptionError::Role { exports: roles.word(), lists: "a renderer name" }),
        (false, _, true) => Err(DescriptionError::Role { exports: "renderer", lists: "types" }),
        (true, true, true) => Err(DescriptionError::Role { exports: "renderer", lists: "no renderer name" }),
    }
}

fn served(ty: wit::ServedType, schemas: &mut BTreeMap<String, Schema>) -> Result<ServedType, DescriptionError> {
    word("type", &ty.name, 128, is_type, "CamelCase letters and digits, at most 128")?;
    let name_kind = match ty.name_kind {
        wit::NameKind::Branch => NameKind::Branch,
        wit::NameKind::Tag => NameKind::Tag,
        wit::NameKind::Environment => NameKind::Environment,
        wit::NameKind::Unnamed => NameKind::Unnamed,
    };
    if ty.name_attribute.is_empty() && name_kind != NameKind::Unnamed {
        return Err(DescriptionError::NoNameAttribute(ty.name));
    }
    if !ty.name_attribute.is_empty() {
        word(
            "name-attribute",
            &ty.name_attribute,
            NAME_BYTES,
            is_attribute,
            "letters, digits and underscores, at most 63",
        )?;
    }
    let config_schema = compile(&ty.name, &ty.config_schema, schemas)?;
    Ok(ServedType {
        name: ty.name,
        name_kind,
        name_attribute: ty.name_attribute,
        labelled: ty.labelled,
        limit_rule: match ty.limit_rule {
            wit::LimitRule::Admit => LimitRule::Admit,
            wit::LimitRule::Best => LimitRule::Best,
        },
        config_schema,
    })
}

fn compile(
    of: &str,
    text: &str,
    schemas: &mut BTreeMap<String, Schema>,
) -> Result<serde_json::Value, DescriptionError> {
    let unusable = |cause| DescriptionError::Schema { of: of.to_owned(), cause };
    let held: usize = schemas.values().filter_map(Schema::text).map(|text| text.len()).sum();
    // As a value a schema takes many times the memory of its text, so all of a plugin's are bounded together.
    if held.saturating_add(text.len()) > ALL_SCHEMAS_BYTES {
        return Err(unusable(SchemaError::TooLargeTogether(held.saturating_add(text.len()))));
    }
    let (schema, value) = Schema::parse(text).map_err(unusable)?;
    schemas.insert(of.to_owned(), schema);
    Ok(value)
}

fn want(want: wit::Want) -> Result<Want, DescriptionError> {
    for text in std::iter::once(&want.origin).chain(&want.for_url) {
        text.parse::<Origin>()
            .map_err(|problem| DescriptionError::Origin { origin: shown(text), problem: problem.to_string() })?;
    }
    Ok(Want { origin: want.origin, for_url: want.for_url })
}

/// The list, if it is short and nothing is in it twice.
fn unique<T>(what: &'static str, list: Vec<T>, name: impl Fn(&T) -> &String) -> Result<Vec<T>, DescriptionError> {
    if list.len() > MOST {
        return Err(DescriptionError::TooMany { what, count: list.len() });
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = list.iter().map(&name).find(|value| !seen.insert(value.as_str())) {
        return Err(DescriptionError::Twice { what, value: shown(twice) });
    }
    Ok(list)
}

fn word(
    field: &'static str,
    value: &str,
    most: usize,
    good: fn(&str) -> bool,
    rule: &'static str,
) -> Result<(), DescriptionError> {
    if !value.is_empty() && value.len() <= most && good(value) {
        return Ok(());
    }
    Err(DescriptionError::Word { field, value: shown(value), rule })
}

fn shown(value: &str) -> String {
    crate::guest::text::cut(value, 64).escape_debug().to_string()
}

fn is_label(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_type(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_uppercase()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_attribute(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_version(value: &str) -> bool {
    let core = value.split(['-', '+']).next().unwrap_or_default();
    let numbers = core.split('.').collect::<Vec<_>>();
    numbers.len() == 3
        && numbers.iter().all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
}

#[cfg(test)]
mod tests;
