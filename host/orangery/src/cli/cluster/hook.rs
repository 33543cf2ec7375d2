//! The words of `orangery hook`.

use super::ConnectionOptions;
use clap::{Args, Subcommand};

/// `orangery hook`.
#[derive(Debug, Clone, Subcommand)]
pub enum HookCommand {
    /// Print what to enter at the forge: the URL, and where its secret is
    Url(HookOptions),
    /// Send a signed sample to the hook of a provider, which makes it poll
    Test(HookOptions),
}

/// Which hook.
#[derive(Debug, Clone, Args)]
pub struct HookOptions {
    /// Name of the provider
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where webhooks reach the operator, such as `https://hooks.example.com`
    #[arg(long, value_name = "URL")]
    pub host: String,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}
