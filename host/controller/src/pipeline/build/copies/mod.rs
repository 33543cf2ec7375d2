//! Data that rendered objects take from the target, by annotation: `copyFrom`, `convertKubeConfigFrom`, `checksumFrom`.
//!
//! # Guarantees
//! Everything is read with the rights of the set. Values of Secrets go into the objects that ask for them and nowhere else:
//! no error holds one.

mod read_limit;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use orangery_cluster::{ReadError, Target};
use orangery_core::checksum::{self, ChecksumError, Content, DataKind, DataRef};
use orangery_core::copy::{self, CopyError, KubeConfigSource};
use orangery_core::desired::{DesiredSet, Wanted};
use orangery_core::{
    Disposition, Explain, FailedEnvironment, NamespacedName, Object, ObjectKey, Owner, PackedObject, Reason,
};
use read_limit::ReadBytes;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// An object cannot take what it asks for. This is retried, because the source may appear.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A `copyFrom` or `convertKubeConfigFrom` that cannot be used.
    #[error("{key}: {cause}")]
    Copy {
        /// Which object asks.
        key: ObjectKey,
        /// The problem with the annotation.
        #[source]
        cause: CopyError,
    },
    /// A `checksumFrom` that cannot be used.
    #[error("{key}: {cause}")]
    Checksum {
        /// Which object asks.
        key: ObjectKey,
        /// The problem with the reference.
        #[source]
        cause: ChecksumError,
    },
    /// The source cannot be read.
    #[error("failed to {action} {source_name}: {cause}")]
    Unreadable {
        /// `copy data from`, `get kubeconfig`, `resolve … reference`.
        action: String,
        /// The object to copy from, as `Kind/namespace/name`.
        source_name: String,
        /// What the target said.
        #[source]
        cause: ReadError,
    },
    /// The source does not exist.
    #[error("failed to {action} {source_name}: not found")]
    Missing {
        /// `copy data from`, `get kubeconfig`, `resolve … reference`.
        action: String,
        /// The object to copy from, as `Kind/namespace/name`.
        source_name: String,
    },
    /// All sources together are too large.
    #[error(
        "failed to {action} {source_name}: the objects of the set take more than {} bytes from elsewhere; split the set",
        read_limit::MOST_BYTES
    )]
    TooMuch {
        /// `copy data from`, `get kubeconfig`, `resolve … reference`.
        action: String,
        /// The object to copy from, as `Kind/namespace/name`.
        source_name: String,
    },
    /// The kubeconfig Secret has no such key, or no kubeconfig in it.
    #[error("kubeconfig Secret/{secret} does not have {field} field")]
    KubeConfig {
        /// The Secret with the kubeconfig.
        secret: NamespacedName,
        /// The key in the Secret.
        field: String,
    },
    /// The kubeconfig is not YAML.
    #[error("the kubeconfig in Secret/{secret} is not YAML")]
    NotYaml {
        /// The Secret with the kubeconfig.
        secret: NamespacedName,
    },
}

impl Explain for ResolveError {
    fn reason(&self) -> Reason {
        Reason::ReconciliationFailed
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Copy { .. }
            | Self::Checksum { .. }
            | Self::Missing { .. }
            | Self::TooMuch { .. }
            | Self::KubeConfig { .. }
            | Self::NotYaml { .. } => Disposition::Retry,
            Self::Unreadable { cause, .. } => cause.disposition(),
        }
    }
}

/// Resolves all annotations of a set, in order: copies, kubeconfigs, checksums. Answers the sources outside of the set whose
/// content was hashed, sorted, as `Kind/namespace/name`. An object that cannot take what it asks for fails its environment. Adds to
/// `sources` everything that it read or found missing, also where it fails.
///
/// # Errors
/// The first object that cannot take what it asks for and that no single input gave.
pub async fn resolve(
    desired: &mut DesiredSet,
    owner: &Owner,
    target: &dyn Target,
    sources: &mut BTreeSet<DataRef>,
) -> Result<Vec<String>, ResolveError> {
    let reader = Reader { owner, target, read: ReadBytes::default(), sources: Mutex::default() };
    let resolved = resolve_all(desired, &reader).await;
    sources.extend(reader.sources.into_inner().unwrap_or_else(PoisonError::into_inner));
    resolved
}

async fn resolve_all(desired: &mut DesiredSet, reader: &Reader<'_>) -> Result<Vec<String>, ResolveError> {
    let DesiredSet { steps, failed, .. } = desired;
    for wanted in steps.iter_mut().flat_map(|step| &mut step.objects) {
        match reader.copies(&wanted.object).await {
            Ok(Some(object)) => wanted.object = PackedObject::new(&object),
            Ok(None) => {}
            Err(error) if attribute(wanted, &error, failed) == FailureScope::Set => return Err(error),
            Err(_) => {}
        }
    }
    reader.checksums(desired).await
}

/// What fails when an object cannot take what it asks for.
#[derive(PartialEq)]
enum FailureScope {
    /// The environments that need the object.
    Environments,
    /// The set, because the object does not belong to single inputs.
    Set,
}

fn attribute(wanted: &Wanted, error: &ResolveError, failed: &mut Vec<FailedEnvironment>) -> FailureScope {
    let Some(first) = &wanted.input else { return FailureScope::Set };
    failed.extend(std::iter::once(first).chain(&wanted.sharers).map(|input| FailedEnvironment {
        input: (**input).clone(),
        reason: error.reason(),
        message: error.to_string(),
    }));
    FailureScope::Environments
}

struct Reader<'a> {
    owner: &'a Owner,
    target: &'a dyn Target,
    read: ReadBytes,
    /// What the set may read, and does.
    sources: Mutex<BTreeSet<DataRef>>,
}

impl Reader<'_> {
    async fn read(&self, of: DataKind, name: &NamespacedName, action: &str) -> Result<Object, ResolveError> {
        let key = ObjectKey {
            group: String::new(),
            kind: of.as_str().to_owned(),
            namespace: name.namespace.clone(),
            name: name.name.clone(),
        };
        let source_name = key.to_string();
        let found = self.target.read(self.owner, "v1", &key).await;
        if found.is_ok() {
            let source = DataRef { kind: of, namespace: name.namespace.clone(), name: name.name.clone() };
            self.sources.lock().unwrap_or_else(PoisonError::into_inner).insert(source);
        }
        match found {
            Ok(Some(object)) if self.read.add(&object) => Ok(object),
            Ok(Some(_)) => Err(ResolveError::TooMuch { action: action.to_owned(), source_name }),
            Ok(None) => Err(ResolveError::Missing { action: action.to_owned(), source_name }),
            Err(cause) => Err(ResolveError::Unreadable { action: action.to_owned(), source_name, cause }),
        }
    }

    /// The object with what it copies; `None` if it copies nothing.
    async fn copies(&self, wanted: &PackedObject) -> Result<Option<Object>, ResolveError> {
        let mut object = wanted.unpack();
        let copy_failed = |cause| ResolveError::Copy { key: wanted.key().clone(), cause };
        let copied = copy::copy_source(&object).map_err(copy_failed)?;
        if let Some(source) = &copied {
            self.copy(&mut object, source).await?;
        }
        let converted = copy::kube_config_source(&object).map_err(copy_failed)?;
        if let Some(source) = &converted {
            self.convert(&mut object, source).await?;
        }
        Ok((copied.is_some() || converted.is_some()).then_some(object))
    }

    async fn copy(&self, object: &mut Object, source: &NamespacedName) -> Result<(), ResolveError> {
        let of = if object.gvk().kind == "Secret" { DataKind::Secret } else { DataKind::ConfigMap };
        let found = self.read(of, source, "copy data from").await?;
        if of == DataKind::Secret {
            let of = found.0.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            copy::copy_secret(object, map(&found, "data").unwrap_or_default(), &of);
        } else {
            copy::copy_config_map(object, map(&found, "data"), map(&found, "binaryData"));
        }
        Ok(())
    }

    async fn convert(&self, object: &mut Object, source: &KubeConfigSource) -> Result<(), ResolveError> {
        let KubeConfigSource { secret, key } = source;
        let found = self.read(DataKind::Secret, secret, "get kubeconfig").await?;
        let data = content(&found, DataKind::Secret);
        let text = match key {
            Some(key) => data.get(key),
            None => data.get("kubeconfig").or_else(|| data.get("value")),
        };
        let field = || key.as_ref().map_or_else(|| "'kubeconfig' or 'value'".to_owned(), |key| format!("'{key}'"));
        let text = text.ok_or_else(|| ResolveError::KubeConfig { secret: secret.clone(), field: field() })?;
        let not_yaml = || ResolveError::NotYaml { secret: secret.clone() };
        let text = std::str::from_utf8(text).map_err(|_| not_yaml())?;
        let config = go_yaml::from_str(text).map_err(|_| not_yaml())?;
        let failed = |cause| ResolveError::Copy { key: object.key(), cause };
        let address = copy::cluster_address(&config).map_err(failed)?;
        let authority = STANDARD
            .decode(address.authority.trim())
            .ok()
            .and_then(|pem| String::from_utf8(pem).ok())
            .ok_or_else(not_yaml)?;
        copy::write_cluster(object, &address.server, &authority);
        Ok(())
    }

    async fn checksums(&self, desired: &mut DesiredSet) -> Result<Vec<String>, ResolveError> {
        let mut asked: Vec<Result<Vec<DataRef>, ResolveError>> = Vec::new();
        for object in desired.objects().map(|wanted| &wanted.object) {
            let failed = |cause| ResolveError::Checksum { key: object.key().clone(), cause };
            asked.push(checksum::references(&object.unpack()).map_err(failed).map(|all| all.into_iter().collect()));
        }
        let wanted: BTreeSet<DataRef> = asked.iter().flatten().flatten().cloned().collect();
        let mut contents: BTreeMap<DataRef, Content> = BTreeMap::new();
        let mut missing: BTreeMap<DataRef, ResolveError> = BTreeMap::new();
        let mut external = Vec::new();
        for reference in wanted {
            let own = desired
                .objects()
                .find(|wanted| is(wanted.object.key(), &reference))
                .map(|wanted| content(&wanted.object.unpack(), reference.kind));
            let found = match own {
                Some(content) => Ok(content),
                None => {
                    external.push(reference.to_string());
                    self.outside(&reference).await
                }
            };
            match found {
                Ok(content) => drop(contents.insert(reference, content)),
                Err(error) => drop(missing.insert(reference, error)),
            }
        }
        // As texts, because a dash sorts before the slash that ends a namespace.
        external.sort();
        let DesiredSet { steps, failed, .. } = desired;
        for (wanted, asked) in steps.iter_mut().flat_map(|step| &mut step.objects).zip(asked) {
            let references = match asked {
                Ok(references) if references.is_empty() => continue,
                Ok(references) => references,
                Err(error) if attribute(wanted, &error, failed) == FailureScope::Set => return Err(error),
                Err(_) => continue,
            };
            if let Some((reference, error)) = references.iter().find_map(|one| missing.get_key_value(one)) {
                if attribute(wanted, error, failed) == FailureScope::Set {
                    let reference = reference.clone();
                    return missing.remove(&reference).map_or(Ok(external), Err);
                }
                continue;
            }
            let mut object = wanted.object.unpack();
            match checksum::stamp(&mut object, &contents) {
                Ok(_) => wanted.object = PackedObject::new(&object),
                Err(cause) => {
                    let error = ResolveError::Checksum { key: object.key(), cause };
                    if attribute(wanted, &error, failed) == FailureScope::Set {
                        return Err(error);
                    }
                }
            }
        }
        Ok(external)
    }

    async fn outside(&self, reference: &DataRef) -> Result<Content, ResolveError> {
        let name = NamespacedName::new(reference.namespace.as_str(), reference.name.as_str());
        let action = format!("resolve {} reference", orangery_core::keys::CHECKSUM_FROM);
        Ok(content(&self.read(reference.kind, &name, &action).await?, reference.kind))
    }
}

fn is(key: &ObjectKey, reference: &DataRef) -> bool {
    key.group.is_empty()
        && key.kind == reference.kind.as_str()
        && key.namespace == reference.namespace
        && key.name == reference.name
}

fn map(object: &Object, field: &str) -> Option<Map<String, Value>> {
    object.0.get(field).and_then(Value::as_object).cloned()
}

/// Raw bytes by key. Invalid base64 is left out, because the API server refuses it anyway.
fn content(object: &Object, kind: DataKind) -> Content {
    let texts = |field: &str| {
        map(object, field)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
    };
    let plain = |field: &str| texts(field).map(|(key, text)| (key, text.into_bytes())).collect::<Vec<_>>();
    let coded = |field: &str| {
        texts(field).filter_map(|(key, text)| Some((key, STANDARD.decode(text).ok()?))).collect::<Vec<_>>()
    };
    match kind {
        DataKind::ConfigMap => plain("data").into_iter().chain(coded("binaryData")).collect(),
        DataKind::Secret => coded("data").into_iter().chain(plain("stringData")).collect(),
    }
}

#[cfg(test)]
mod tests;
