//! A stand-in for a kubelet: it serves the logs of Pods to the API server, which passes them on to whoever asks.

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use http::StatusCode;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, Patch, PatchParams, PostParams};
use orangery_test_flow::World;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

/// A running stand-in with a Node of its own; it ends when dropped.
pub(crate) struct Kubelet {
    node: String,
    server: JoinHandle<()>,
}

/// What it serves: the lines of each Pod.
type Logs = Arc<BTreeMap<String, Vec<String>>>;

impl Kubelet {
    /// Starts it with the logs of these Pods, and registers its Node.
    pub(crate) async fn start(world: &World, logs: &[(&str, &[String])]) -> Result<Self> {
        let all = logs.iter().map(|(pod, lines)| ((*pod).to_owned(), lines.to_vec()));
        let logs: Logs = Arc::new(all.collect());
        let listener = Tls { listener: TcpListener::bind("127.0.0.1:0").await?, acceptor: acceptor()? };
        let port = listener.listener.local_addr()?.port();
        let served = Arc::clone(&logs);
        let router = Router::new().route(
            "/containerLogs/{namespace}/{pod}/{container}",
            axum::routing::get(move |path, query| container_logs(Arc::clone(&served), path, query)),
        );
        let server = tokio::spawn(async move {
            drop(axum::serve(listener, router).await);
        });
        let node = format!("{}-node", world.namespace());
        let nodes: Api<Node> = Api::all(world.cluster.client()?);
        let object = serde_json::from_value(json!({"metadata": {"name": node}}))?;
        nodes.create(&PostParams::default(), &object).await.context("creating the Node")?;
        let status = json!({"status": {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        }});
        nodes
            .patch_status(&node, &PatchParams::default(), &Patch::Merge(&status))
            .await
            .context("the Node's status")?;
        Ok(Self { node, server })
    }

    /// Runs a Pod of the operator on its Node.
    pub(crate) async fn runs(&self, world: &World, pod: &str) -> Result<()> {
        let pods: Api<Pod> = Api::namespaced(world.cluster.client()?, world.namespace());
        let object = serde_json::from_value(json!({
            "metadata": {"name": pod, "labels": {"app.kubernetes.io/name": "orangery"}},
            "spec": {"nodeName": self.node, "containers": [{"name": "orangery", "image": "orangery"}]},
        }))?;
        pods.create(&PostParams::default(), &object).await.with_context(|| format!("creating Pod {pod}"))?;
        Ok(())
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn container_logs(
    logs: Logs,
    Path((_, pod, container)): Path<(String, String, String)>,
    Query(options): Query<BTreeMap<String, String>>,
) -> Response {
    let Some(lines) = logs.get(&pod).filter(|_| container == "orangery") else {
        return (StatusCode::NOT_FOUND, "no such container").into_response();
    };
    let tail = options.get("tailLines").and_then(|lines| lines.parse().ok()).unwrap_or(lines.len());
    let shown = lines.iter().skip(lines.len().saturating_sub(tail));
    shown.map(|line| format!("{line}\n")).collect::<String>().into_response()
}

/// Accepts TLS connections; one that fails is left behind.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// With a certificate that the API server of the tests does not check, as it does not those of most clusters.
fn acceptor() -> Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
