//! A registry: blobs, manifests and tags, with retries and within one time-out.
//!
//! # Guarantees
//! Credentials go only to the registry that the address names, and to the token service that it names itself. An answer that does
//! not have the digest that was asked for is an error. A request that failed on the way, or because the registry was busy, is
//! repeated up to three times, within the time-out of the whole command.
//!
//! # Refuses
//! Plain http to another machine, unless [`PlainHttp::Anywhere`] says so.

mod refusal;
mod retry;

pub use refusal::RegistryError;

use crate::Address;
use crate::credentials::Credential;
use crate::digest;
use crate::manifest::{Descriptor, MANIFEST};
use bytes::Bytes;
use futures::StreamExt as _;
use http::HeaderValue;
use oci_client::Reference;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use retry::Deadline;
use std::sync::Arc;
use std::time::Duration;

/// What is asked for as a manifest. An index is accepted too, so that the error can name it.
const MANIFESTS: &[&str] = &[
    MANIFEST,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
/// Bytes of an upload after which progress is reported.
const PIECE: usize = 64 * 1024;
/// Tags asked for at once.
const PAGE: usize = 1000;
/// Pages of tags, so that a registry that repeats itself ends a listing.
const PAGES: usize = 1000;

/// To which registries plain http is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine only.
    ThisMachine,
    /// To any: whoever is in between reads the credential and changes what is sent.
    Anywhere,
}

/// How a registry is reached.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Who we are.
    pub credential: Credential,
    /// Where plain http is used.
    pub plain_http: PlainHttp,
    /// How long all requests together may take.
    pub timeout: Duration,
}

/// Is told of bytes that were sent or received.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// A registry, as one command uses it.
pub struct Registry {
    client: Client,
    auth: RegistryAuth,
    deadline: Deadline,
}

impl Registry {
    /// The registry of an address. Nothing is sent yet; the time-out begins.
    ///
    /// # Errors
    /// The certificates of this machine or the proxies of the environment cannot be used.
    pub fn of(address: &Address, connection: &Connection) -> Result<Self, RegistryError> {
        let plain = connection.plain_http == PlainHttp::Anywhere || address.is_on_this_machine();
        let client = Client::try_from(ClientConfig {
            protocol: if plain { ClientProtocol::Http } else { ClientProtocol::Https },
            // One request with the length in it, which all registries take, where pieces need one request each.
            use_monolithic_push: true,
            connect_timeout: Some(Duration::from_secs(10)),
            read_timeout: Some(Duration::from_secs(60)),
            user_agent: concat!("orangery/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        })
        .map_err(|error| RegistryError::NoClient(error.to_string()))?;
        Ok(Self { client, auth: connection.credential.auth(), deadline: Deadline::after(connection.timeout) })
    }

    /// Stores a blob, unless the repository has it.
    ///
    /// # Errors
    /// The registry refuses it, or cannot be reached in time.
    pub async fn store(&self, address: &Address, blob: Bytes, progress: &Progress) -> Result<(), RegistryError> {
        let (at, digest, size) = (reference(address), digest::sha256(&blob), blob.len() as u64);
        self.client.store_auth_if_needed(at.resolve_registry(), &self.auth).await;
        let action = format!("storing {size} bytes in {}", address.repository());
        self.deadline
            .attempt(&action, address, || async {
                if self.client.blob_exists(&at, &digest).await? {
                    progress(size);
                    return Ok(());
                }
                let progress = Arc::clone(progress);
                let pieces: Vec<Bytes> = pieces(&blob);
                let sent = futures::stream::iter(pieces).map(move |piece| {
                    progress(piece.len() as u64);
                    Ok(piece)
                });
                self.client.push_blob_stream(&at, sent, &digest, Some(size)).await.map(drop)
            })
            .await
    }

    /// Stores a manifest under the tag of an address; answers its digest.
    ///
    /// # Errors
    /// The registry refuses it, or cannot be reached in time.
    pub async fn store_manifest(&self, address: &Address, manifest: &[u8]) -> Result<String, RegistryError> {
        let at = reference(address);
        self.client.store_auth_if_needed(at.resolve_registry(), &self.auth).await;
        let body = Bytes::copy_from_slice(manifest);
        self.deadline
            .attempt(&format!("storing the manifest {address}"), address, || {
                self.client.push_manifest_raw(&at, body.clone(), HeaderValue::from_static(MANIFEST))
            })
            .await?;
        Ok(digest::sha256(manifest))
    }

    /// The bytes of a manifest, and their digest.
    ///
    /// # Errors
    /// There is none, it is not the one whose digest was asked for, or the registry cannot be reached in time.
    pub async fn manifest(&self, address: &Address) -> Result<(Bytes, String), RegistryError> {
        let at = reference(address);
        let action = format!("reading the manifest {address}");
        let attempt = || self.client.pull_manifest_raw(&at, &self.auth, MANIFESTS);
        let (bytes, _) = self.deadline.attempt(&action, address, attempt).await?;
        let found = digest::sha256(&bytes);
        match address.digest() {
            Some(asked) if asked != found => Err(RegistryError::WrongDigest { action, found }),
            Some(_) | None => Ok((bytes, found)),
        }
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// It has more than `most` bytes, other bytes than its digest says, or the registry cannot be reached in time.
    pub async fn blob(
        &self,
        address: &Address,
        blob: &Descriptor,
        most: u64,
        progress: &Progress,
    ) -> Result<Vec<u8>, RegistryError> {
        let at = reference(address);
        let action = format!("reading the layer of {address}");
        if blob.size > most {
            return Err(RegistryError::TooLarge { action, size: blob.size, most });
        }
        let layer = OciDescriptor { digest: blob.digest.clone(), ..OciDescriptor::default() };
        let bytes = self
            .deadline
            .attempt(&action, address, || async {
                let mut stream = self.client.pull_blob_stream(&at, &layer).await?;
                let mut bytes = Vec::new();
                while let Some(piece) = stream.next().await {
                    let piece = piece?;
                    progress(piece.len() as u64);
                    bytes.extend_from_slice(&piece);
                    // The manifest said how much there is; the rest is not worth reading.
                    if bytes.len() as u64 > blob.size {
                        break;
                    }
                }
                Ok(bytes)
            })
            .await?;
        let found = digest::sha256(&bytes);
        if found == blob.digest { Ok(bytes) } else { Err(RegistryError::WrongDigest { action, found }) }
    }

    /// All tags of a repository.
    ///
    /// # Errors
    /// There is no such repository, or the registry cannot be reached in time.
    pub async fn tags(&self, address: &Address) -> Result<Vec<String>, RegistryError> {
        let at = reference(address);
        let action = format!("listing the tags of {}", address.repository());
        let mut tags: Vec<String> = Vec::new();
        for _ in 0..PAGES {
            let last = tags.last().cloned();
            let attempt = || self.client.list_tags(&at, &self.auth, Some(PAGE), last.as_deref());
            let page = self.deadline.attempt(&action, address, attempt).await?.tags;
            // A registry that does not divide its answer gives the same tags again.
            if page.is_empty() || page.last() == last.as_ref() {
                break;
            }
            tags.extend(page);
        }
        tags.sort();
        tags.dedup();
        Ok(tags)
    }
}

fn reference(address: &Address) -> Reference {
    let (host, path) = (address.host().to_owned(), address.path().to_owned());
    match (address.digest(), address.tag()) {
        (Some(digest), _) => Reference::with_digest(host, path, digest.to_owned()),
        (None, tag) => Reference::with_tag(host, path, tag.unwrap_or_default().to_owned()),
    }
}

fn pieces(blob: &Bytes) -> Vec<Bytes> {
    (0..blob.len()).step_by(PIECE).map(|begin| blob.slice(begin..blob.len().min(begin + PIECE))).collect()
}
