//! `copyFrom` and `convertKubeConfigFrom`: which sources they name, and how the data goes into the object. The caller reads the
//! source.

use crate::conditions::{Disposition, Explain, Reason};
use crate::input::NamespacedName;
use crate::keys;
use crate::object::Object;
use serde_json::{Map, Value};

/// An annotation or a kubeconfig that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The value is not `namespace/name`.
    #[error("invalid {key} annotation value '{0}' must be in the format 'namespace/name'", key = keys::COPY_FROM)]
    Source(String),
    /// The value is not `namespace/name[:key]`.
    #[error(
        "invalid {key} annotation value '{0}' must be in the format 'namespace/name' or 'namespace/name:key'",
        key = keys::CONVERT_KUBE_CONFIG_FROM
    )]
    KubeConfigSource(String),
    /// A kubeconfig without clusters.
    #[error("no clusters found in kubeconfig")]
    NoClusters,
    /// A cluster without an address.
    #[error("server field is empty in kubeconfig cluster \"{0}\"")]
    NoServer(String),
    /// A cluster without a certificate authority.
    #[error("certificate-authority-data field is empty in kubeconfig cluster \"{0}\"")]
    NoAuthority(String),
}

impl Explain for CopyError {
    fn reason(&self) -> Reason {
        match self {
            Self::Source(_)
            | Self::KubeConfigSource(_)
            | Self::NoClusters
            | Self::NoServer(_)
            | Self::NoAuthority(_) => Reason::ReconciliationFailed,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Source(_)
            | Self::KubeConfigSource(_)
            | Self::NoClusters
            | Self::NoServer(_)
            | Self::NoAuthority(_) => Disposition::Retry,
        }
    }
}

/// What a kubeconfig annotation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeConfigSource {
    /// The Secret with the kubeconfig.
    pub secret: NamespacedName,
    /// The key; without it `kubeconfig`, then `value`.
    pub key: Option<String>,
}

/// What the annotation `copyFrom` of a ConfigMap or Secret asks for; `None` for other objects.
///
/// # Errors
/// The annotation is not `namespace/name`.
pub fn copy_source(object: &Object) -> Result<Option<NamespacedName>, CopyError> {
    if !is_core(object, &["ConfigMap", "Secret"]) {
        return Ok(None);
    }
    let Some(text) = object.annotation(keys::COPY_FROM) else { return Ok(None) };
    namespaced(text).map(Some).ok_or_else(|| CopyError::Source(text.to_owned()))
}

/// What the annotation `convertKubeConfigFrom` of a ConfigMap asks for; `None` for other objects.
///
/// # Errors
/// The annotation is not `namespace/name[:key]`.
pub fn kube_config_source(object: &Object) -> Result<Option<KubeConfigSource>, CopyError> {
    if !is_core(object, &["ConfigMap"]) {
        return Ok(None);
    }
    let Some(text) = object.annotation(keys::CONVERT_KUBE_CONFIG_FROM) else { return Ok(None) };
    let (address, key) = match text.split_once(':') {
        Some((address, key)) => (address, Some(key)),
        None => (text, None),
    };
    match namespaced(address) {
        Some(secret) if key != Some("") => Ok(Some(KubeConfigSource { secret, key: key.map(str::to_owned) })),
        _ => Err(CopyError::KubeConfigSource(text.to_owned())),
    }
}

fn is_core(object: &Object, kinds: &[&str]) -> bool {
    let gvk = object.gvk();
    gvk.group.is_empty() && gvk.version == "v1" && kinds.contains(&gvk.kind.as_str())
}

fn namespaced(text: &str) -> Option<NamespacedName> {
    let (namespace, name) = text.split_once('/')?;
    let fits = !namespace.is_empty() && !name.is_empty() && !name.contains('/');
    fits.then(|| NamespacedName::new(namespace, name))
}

/// Replaces the data of a ConfigMap by the source's; `binaryData` only if the source has any.
pub fn copy_config_map(object: &mut Object, data: Option<Map<String, Value>>, binary: Option<Map<String, Value>>) {
    match data {
        Some(data) => object.0.insert("data".to_owned(), Value::Object(data)),
        None => object.0.remove("data"),
    };
    if let Some(binary) = binary.filter(|binary| !binary.is_empty()) {
        object.0.insert("binaryData".to_owned(), Value::Object(binary));
    }
}

/// Takes over the data of a Secret: `data` is the source's, base64 as it came, laid over the template's own, so that no value is
/// ever decoded here; the `stringData` of the template is replaced. The type is the source's if the template has none.
pub fn copy_secret(object: &mut Object, data: Map<String, Value>, kind: &str) {
    let slot = object.0.entry("data").or_insert(Value::Null);
    match slot.as_object_mut() {
        Some(own) => own.extend(data),
        None => *slot = Value::Object(data),
    }
    object.0.remove("stringData");
    let has_type = object.0.get("type").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty());
    if !has_type {
        let kind = if kind.is_empty() { "Opaque" } else { kind };
        object.0.insert("type".to_owned(), Value::String(kind.to_owned()));
    }
}

/// The first cluster of a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterAddress {
    /// The URL of the API server.
    pub server: String,
    /// Its certificate authority, base64.
    pub authority: String,
}

/// Reads the first cluster; every cluster must have an address and an authority.
///
/// # Errors
/// There is no cluster, or one is incomplete.
pub fn cluster_address(kube_config: &Value) -> Result<ClusterAddress, CopyError> {
    let clusters = kube_config.get("clusters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut first = None;
    for cluster in clusters {
        let name = cluster.get("name").and_then(Value::as_str).unwrap_or_default();
        let field = |field: &str| {
            cluster
                .get("cluster")
                .and_then(|inner| inner.get(field))
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let server = field("server").ok_or_else(|| CopyError::NoServer(name.to_owned()))?;
        let authority = field("certificate-authority-data").ok_or_else(|| CopyError::NoAuthority(name.to_owned()))?;
        first.get_or_insert_with(|| ClusterAddress { server: server.to_owned(), authority: authority.to_owned() });
    }
    first.ok_or(CopyError::NoClusters)
}

/// Writes `address` and `ca.crt` (decoded) where the ConfigMap does not have them.
pub fn write_cluster(object: &mut Object, server: &str, authority: &str) {
    let slot = object.0.entry("data").or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    if let Some(data) = slot.as_object_mut() {
        data.entry("address").or_insert_with(|| Value::String(server.to_owned()));
        data.entry("ca.crt").or_insert_with(|| Value::String(authority.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(kind: &str, key: &str, value: &str) -> Object {
        let object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "annotations": {key: value}}});
        Object(object.as_object().cloned().unwrap())
    }

    #[test]
    fn sources_are_read_and_bad_ones_refused_in_the_words_of_flux_operator() {
        let source = copy_source(&object("Secret", keys::COPY_FROM, "a/b")).unwrap();
        assert_eq!(source, Some(NamespacedName::new("a", "b")));
        assert_eq!(copy_source(&object("Pod", keys::COPY_FROM, "nonsense")), Ok(None));
        assert_eq!(
            copy_source(&object("ConfigMap", keys::COPY_FROM, "b")).unwrap_err().to_string(),
            "invalid fluxcd.controlplane.io/copyFrom annotation value 'b' must be in the format 'namespace/name'"
        );
        let kube = |text| kube_config_source(&object("ConfigMap", keys::CONVERT_KUBE_CONFIG_FROM, text));
        assert_eq!(kube("a/b:k").unwrap().unwrap().key.as_deref(), Some("k"));
        assert_eq!(kube("a/b").unwrap().unwrap().key, None);
        for text in ["b", "a/b:", "a/b/c", "/b"] {
            assert!(kube(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_config_map_takes_the_data_and_a_secret_also_the_type() {
        let map = |value: Value| value.as_object().cloned();
        let mut config = object("ConfigMap", keys::COPY_FROM, "a/b");
        copy_config_map(&mut config, map(json!({"k": "v"})), None);
        assert_eq!(config.0["data"], json!({"k": "v"}));
        assert!(!config.0.contains_key("binaryData"));
        let mut secret = object("Secret", keys::COPY_FROM, "a/b");
        secret.0.insert("data".into(), json!({"own": "eA==", "k": "eA=="}));
        copy_secret(&mut secret, map(json!({"k": "dg=="})).unwrap(), "kubernetes.io/tls");
        assert_eq!(secret.0["data"], json!({"own": "eA==", "k": "dg=="}));
        assert_eq!(secret.0["type"], "kubernetes.io/tls");
    }

    #[test]
    fn every_cluster_of_a_kubeconfig_must_be_whole_and_the_first_is_used() {
        let cluster = |name: &str, server: &str, ca: &str| json!({"name": name, "cluster": {"server": server, "certificate-authority-data": ca}});
        let good = json!({"clusters": [cluster("a", "https://a", "Y2E="), cluster("b", "https://b", "Y2I=")]});
        assert_eq!(cluster_address(&good).unwrap().server, "https://a");
        let bad = json!({"clusters": [cluster("a", "https://a", "Y2E="), cluster("b", "", "Y2I=")]});
        assert_eq!(cluster_address(&bad).unwrap_err().to_string(), "server field is empty in kubeconfig cluster \"b\"");
        let bare = json!({"clusters": [cluster("a", "https://a", "")]});
        assert_eq!(cluster_address(&bare), Err(CopyError::NoAuthority("a".into())));
        assert_eq!(cluster_address(&json!({})), Err(CopyError::NoClusters));
        let mut config = object("ConfigMap", "x", "y");
        write_cluster(&mut config, "https://a", "PEM");
        write_cluster(&mut config, "https://b", "other");
        assert_eq!(config.0["data"], json!({"address": "https://a", "ca.crt": "PEM"}));
    }
}
