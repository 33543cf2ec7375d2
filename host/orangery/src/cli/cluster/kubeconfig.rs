//! How a command reaches the cluster. The names are those of Flux Operator's command line; `--context` is kubectl's.

use crate::cli::duration;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// The flags of all commands that talk to a cluster.
#[derive(Debug, Clone, Args)]
pub struct ConnectionOptions {
    /// Namespace; the default is that of the kubeconfig's context, else `default`
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Connection")]
    pub namespace: Option<String>,
    /// How long to wait for the API server, and for what the command waits for
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1m", help_heading = "Connection")]
    pub timeout: Duration,
    /// Kubeconfig file; the default is KUBECONFIG, then ~/.kube/config, then the configuration of the pod
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long, visible_alias = "context", value_name = "NAME", help_heading = "Connection")]
    pub kube_context: Option<String>,
    /// User to act as
    #[arg(long, value_name = "USER", help_heading = "Connection")]
    pub kube_as: Option<String>,
    /// Group to act as; may be repeated
    #[arg(long, value_name = "GROUP", requires = "kube_as", help_heading = "Connection")]
    pub kube_as_group: Vec<String>,
    /// UID to act as
    #[arg(long, value_name = "UID", requires = "kube_as", help_heading = "Connection")]
    pub kube_as_uid: Option<String>,
    /// Bearer token for the API server
    #[arg(long, value_name = "TOKEN", help_heading = "Connection")]
    pub kube_token: Option<String>,
    /// Address of the API server
    #[arg(long, value_name = "URL", help_heading = "Connection")]
    pub kube_server: Option<String>,
    /// Name in the certificate of the API server, where it is not the host of its address
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub kube_tls_server_name: Option<String>,
    /// Client certificate for the API server
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub kube_client_certificate: Option<PathBuf>,
    /// Key of the client certificate
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub kube_client_key: Option<PathBuf>,
    /// Certificates that the API server's is checked against
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub kube_certificate_authority: Option<PathBuf>,
    /// Do not check the API server's certificate: anybody in between can then read and change everything
    #[arg(long, help_heading = "Connection")]
    pub kube_insecure_skip_tls_verify: bool,
}
