//! A real Kubernetes control plane for the tests: etcd, kube-apiserver and kube-controller-manager of one release, built
//! once from the Go module proxy by `controlplane/`, started on loopback, gone when the test process is gone.
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! let cluster = orangery_test_apiserver::Cluster::shared().await;
//! let namespace = cluster.namespace("story").await?;
//! let client = cluster.client()?;
//! // … apply things to `namespace.name()` …
//! let deletes = cluster.audit().await?.in_namespace(namespace.name()).verb("delete").count();
//! # Ok(()) }
//! ```
//!
//! # Guarantees
//! One control plane for a test binary, started by the first test that asks (3 s). Every test has a namespace of its own.
//! Namespaces really empty and go, owner references are collected, RBAC is enforced, every request is in the audit log.
//!
//! # Assumptions
//! A Go compiler is installed. Nothing runs pods: a test that needs a ready Deployment patches its status, as a kubelet would.
//! `ORANGERY_TEST_KUBECONFIG` names another cluster to use instead; only tests that read the audit log need
//! `ORANGERY_TEST_AUDIT_LOG` beside it (`cargo run -p orangery-test-apiserver` prints both).

pub mod account;
pub mod audit;
pub mod binary;
pub mod certificate;
pub mod cluster;
pub mod crds;
pub mod cut;
pub mod namespace;
mod process;
pub mod proxy;

pub use audit::{Audit, AuditEvent, AuditTail};
pub use certificate::ClientCertificate;
pub use cluster::Cluster;
pub use namespace::TestNamespace;
pub use proxy::{Proxy, Treatment, is_watch};
