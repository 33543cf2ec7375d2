//! The objects of Flux that a sync reads, and the one annotation that it writes.

use crate::cli::SyncKind;
use crate::cluster::connection::said;
use anyhow::{Context, bail};
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client, ResourceExt as _};
use orangery_artifact::Address;
use orangery_core::NamespacedName;
use serde_json::json;

/// The annotation that asks for a reconciliation now.
pub(super) const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

/// What a kind is to the API server, and where it names its source.
trait OfFlux {
    fn resource(self) -> ApiResource;
    fn reference(self) -> Option<&'static str>;
}

impl OfFlux for SyncKind {
    fn resource(self) -> ApiResource {
        let (group, version, plural) = match self {
            Self::OciRepository => ("source.toolkit.fluxcd.io", "v1", "ocirepositories"),
            Self::Kustomization => ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
            Self::HelmRelease => ("helm.toolkit.fluxcd.io", "v2", "helmreleases"),
        };
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, self.as_str()), plural)
    }

    fn reference(self) -> Option<&'static str> {
        match self {
            Self::OciRepository => None,
            Self::Kustomization => Some("/spec/sourceRef"),
            Self::HelmRelease => Some("/spec/chartRef"),
        }
    }
}

/// An object of Flux by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectName {
    pub(super) kind: SyncKind,
    pub(super) name: NamespacedName,
}

/// Flux in a cluster.
pub(super) struct Flux {
    client: Client,
    namespace: String,
}

/// A text in an object; empty if there is none.
pub(super) fn text<'a>(object: &'a DynamicObject, pointer: &str) -> &'a str {
    object.data.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// Whether an object is not reconciled until somebody resumes it.
pub(super) fn is_suspended(object: &DynamicObject) -> bool {
    object.data.pointer("/spec/suspend").and_then(serde_json::Value::as_bool).unwrap_or_default()
}

impl Flux {
    pub(super) fn new(client: Client, namespace: &str) -> Self {
        Self { client, namespace: namespace.to_owned() }
    }

    fn api(&self, kind: SyncKind, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &kind.resource())
    }

    /// One object, if it exists.
    pub(super) async fn find(&self, object: &ObjectName) -> anyhow::Result<Option<DynamicObject>> {
        let ObjectName { kind, name } = object;
        let found = self.api(*kind, &name.namespace).get_opt(&name.name).await.map_err(said);
        found.with_context(|| format!("cannot read {} {name}", kind.as_str()))
    }

    /// One object that has to exist.
    pub(super) async fn get(&self, object: &ObjectName) -> anyhow::Result<DynamicObject> {
        let ObjectName { kind, name } = object;
        self.find(object)
            .await?
            .with_context(|| format!("there is no {} {name}; name its namespace with -n", kind.as_str()))
    }

    /// The sources that read an address.
    pub(super) async fn sources_of(&self, address: &Address, everywhere: bool) -> anyhow::Result<Vec<ObjectName>> {
        let kind = SyncKind::OciRepository;
        let api = if everywhere {
            Api::all_with(self.client.clone(), &kind.resource())
        } else {
            self.api(kind, &self.namespace)
        };
        let list =
            api.list(&ListParams::default()).await.map_err(said).context("cannot list the OCIRepository objects")?;
        let url = format!("oci://{}", address.repository());
        let reads = |object: &&DynamicObject| {
            let tag = text(object, "/spec/ref/tag");
            // A range of versions and a digest choose by themselves whether they follow the tag.
            let chooses = !text(object, "/spec/ref/semver").is_empty() || !text(object, "/spec/ref/digest").is_empty();
            let follows =
                chooses || address.tag().is_none_or(|wanted| wanted == if tag.is_empty() { "latest" } else { tag });
            text(object, "/spec/url").trim_end_matches('/') == url && follows
        };
        Ok(list.items.iter().filter(reads).map(|object| named(kind, object)).collect())
    }

    /// The source of an object, and the object itself if it is not the source.
    pub(super) async fn source_of(
        &self,
        kind: SyncKind,
        name: &str,
    ) -> anyhow::Result<(ObjectName, Option<ObjectName>)> {
        let own = ObjectName { kind, name: NamespacedName::new(&self.namespace, name) };
        let Some(reference) = kind.reference() else {
            self.get(&own).await?;
            return Ok((own, None));
        };
        let object = self.get(&own).await?;
        let (of_kind, source) =
            (text(&object, &format!("{reference}/kind")), text(&object, &format!("{reference}/name")));
        if of_kind != SyncKind::OciRepository.as_str() {
            bail!(
                "{} {} does not read an OCIRepository but {}, which has no digest to wait for",
                kind.as_str(),
                own.name,
                if of_kind.is_empty() { "a chart of its own" } else { of_kind }
            );
        }
        let namespace = text(&object, &format!("{reference}/namespace"));
        let namespace = if namespace.is_empty() { &self.namespace } else { namespace };
        let source = ObjectName { kind: SyncKind::OciRepository, name: NamespacedName::new(namespace, source) };
        Ok((source, Some(own)))
    }

    /// What reads a source: in all namespaces where that may be listed, else in the namespace of the source.
    pub(super) async fn readers_of(&self, source: &ObjectName) -> anyhow::Result<Vec<(ObjectName, DynamicObject)>> {
        let mut readers = Vec::new();
        for kind in [SyncKind::Kustomization, SyncKind::HelmRelease] {
            let Some(reference) = kind.reference() else { continue };
            let listed = |object: &DynamicObject| {
                let of = |field: &str| text(object, &format!("{reference}/{field}")).to_owned();
                let namespace = of("namespace");
                let namespace = if namespace.is_empty() { object.namespace().unwrap_or_default() } else { namespace };
                of("kind") == SyncKind::OciRepository.as_str()
                    && of("name") == source.name.name
                    && namespace == source.name.namespace
            };
            let found = self.list(kind, &source.name.namespace).await?;
            readers.extend(found.into_iter().filter(listed).map(|object| (named(kind, &object), object)));
        }
        readers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(readers)
    }

    async fn list(&self, kind: SyncKind, namespace: &str) -> anyhow::Result<Vec<DynamicObject>> {
        let everywhere: Api<DynamicObject> = Api::all_with(self.client.clone(), &kind.resource());
        let code = |error: &kube::Error| match error {
            kube::Error::Api(status) => status.code,
            _ => 0,
        };
        let mut listed = everywhere.list(&ListParams::default()).await;
        if listed.as_ref().is_err_and(|error| code(error) == 403) {
            listed = self.api(kind, namespace).list(&ListParams::default()).await;
        }
        match listed {
            Ok(list) => Ok(list.items),
            // This controller of Flux is not installed.
            Err(error) if code(&error) == 404 => Ok(Vec::new()),
            Err(error) => Err(said(error).context(format!("cannot list the {} objects", kind.as_str()))),
        }
    }

    /// Asks for a reconciliation now.
    pub(super) async fn request(&self, object: &ObjectName, token: &str) -> anyhow::Result<()> {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {REQUESTED_AT: token}}}));
        let api = self.api(object.kind, &object.name.namespace);
        let patched = api.patch(&object.name.name, &PatchParams::default(), &patch).await.map_err(said);
        patched.map(drop).with_context(|| format!("cannot annotate {} {}", object.kind.as_str(), object.name))
    }
}

fn named(kind: SyncKind, object: &DynamicObject) -> ObjectName {
    ObjectName { kind, name: NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any()) }
}
