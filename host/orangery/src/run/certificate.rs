//! A client certificate that changes under the process. Those who issue short-lived certificates replace the files that a kubeconfig
//! names; a token file and the files of a pod are read again by the client itself.
//!
//! # Guarantees
//! A request is made with the files as they were at most a second before. A pair that cannot be used, because only one file of it is
//! written, is left for the next look; until then the one before is in use.

use http::Request;
use kube::client::Body;
use kube::{Client, Config};
use orangery_cluster::Connect;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tower::service_fn;

/// How often the files are looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// When a file was written, and how long it is; `None` if it cannot be looked at.
type Stamp = Option<(SystemTime, u64)>;

/// A client that is made again when the files of its certificate change.
struct Reloading {
    connect: Arc<Connect>,
    config: Config,
    /// The certificate and its key.
    files: [PathBuf; 2],
    current: Mutex<Current>,
}

struct Current {
    client: Client,
    stamps: [Stamp; 2],
    looked: Instant,
}

/// A client for this configuration, made by `connect`.
pub(super) fn client(connect: &Arc<Connect>, config: Config) -> Result<Client, kube::Error> {
    let Some(files) = files(&config) else { return connect(config) };
    // Looked at first: files that change while they are read are read again.
    let stamps = stamps(&files);
    let current = Mutex::new(Current { client: connect(config.clone())?, stamps, looked: Instant::now() });
    let namespace = config.default_namespace.clone();
    let reloading = Arc::new(Reloading { connect: Arc::clone(connect), config, files, current });
    let service = service_fn(move |request: Request<Body>| {
        let client = reloading.client();
        async move { client.send(request).await }
    });
    Ok(Client::new(service, namespace))
}

/// The files of the client certificate; `None` if there is none, or it stands in the kubeconfig itself.
fn files(config: &Config) -> Option<[PathBuf; 2]> {
    let user = &config.auth_info;
    let certificate = user.client_certificate.as_ref().filter(|_| user.client_certificate_data.is_none())?;
    let key = user.client_key.as_ref().filter(|_| user.client_key_data.is_none())?;
    Some([certificate.into(), key.into()])
}

fn stamps(files: &[PathBuf; 2]) -> [Stamp; 2] {
    files.each_ref().map(|file| {
        let file = std::fs::metadata(file).ok()?;
        Some((file.modified().ok()?, file.len()))
    })
}

impl Reloading {
    /// The client for the files as they are.
    fn client(&self) -> Client {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK {
            current.looked = Instant::now();
            let stamps = stamps(&self.files);
            if stamps != current.stamps {
                self.reload(&mut current, stamps);
            }
        }
        current.client.clone()
    }

    fn reload(&self, current: &mut Current, stamps: [Stamp; 2]) {
        let [certificate, _] = &self.files;
        let certificate = certificate.display();
        match (self.connect)(self.config.clone()) {
            Ok(client) => {
                tracing::info!(%certificate, "the client certificate changed and was read again");
                (current.client, current.stamps) = (client, stamps);
            }
            Err(error) => {
                tracing::warn!(
                    %certificate, %error,
                    "the client certificate changed and cannot be used; the one before is in use until it can"
                );
            }
        }
    }
}
