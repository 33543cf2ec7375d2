//! The flags of webhooks.

use super::address::{self, Address};
use clap::{Args, ValueEnum};
use orangery_controller::hooks::{CrossNamespace, HookOptions, ServeReceivers};

/// What `orangery run` does with webhooks.
#[derive(Debug, Clone, Copy, Args)]
pub struct HookFlags {
    /// Where webhooks of forges are taken, such as 0.0.0.0:9292; `none` turns it off
    #[arg(long, value_name = "ADDR", default_value = "none", value_parser = address::parse, help_heading = "Webhooks")]
    pub hooks_addr: Address,
    /// Which Receivers (notification.toolkit.fluxcd.io) are served with --hooks-addr
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = ReceiversFlag::Unclaimed, help_heading = "Webhooks")]
    pub serve_receivers: ReceiversFlag,
    /// Refuse Receivers that name resources of other namespaces
    #[arg(long, help_heading = "Webhooks")]
    pub no_cross_namespace_refs: bool,
}

/// Which Receivers are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReceiversFlag {
    /// Those without the finalizer of notification-controller.
    Unclaimed,
    /// All, also where notification-controller was and left its finalizer.
    Always,
    /// None: only providers with the annotation orangery.dev/webhook-secret have hooks.
    Never,
}

impl HookFlags {
    /// For the controller.
    #[must_use]
    pub fn options(self) -> HookOptions {
        HookOptions {
            receivers: match self.serve_receivers {
                ReceiversFlag::Unclaimed => ServeReceivers::Unclaimed,
                ReceiversFlag::Always => ServeReceivers::Always,
                ReceiversFlag::Never => ServeReceivers::Never,
            },
            references: match self.no_cross_namespace_refs {
                true => CrossNamespace::Forbidden,
                false => CrossNamespace::Allowed,
            },
        }
    }
}
