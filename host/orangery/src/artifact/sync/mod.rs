//! `orangery sync`: from a pushed artifact to applied objects, in one job of a pipeline.
//!
//! ```text
//! target ─▶ (push) ─▶ digest ─▶ flux: sources ─▶ notify ─▶ wait: observe sources, then what reads them ─▶ report
//! ```
//!
//! # Guarantees
//! It ends with success only when every source has fetched exactly the digest that was asked for, and everything that reads it has
//! applied it at its present generation. What is applied already is seen at once, without a request. Who asked for it last does not
//! matter: a request of somebody else that came after ours counts as ours.
//!
//! # Assumptions
//! Flux writes the status: `lastHandledReconcileAt` repeats the request, `artifact.revision` ends with the digest of the manifest.

mod flux;
mod notify;
mod observe;
mod report;
mod row;
mod wait;

use super::pull::current_digest;
use super::push::push;
use crate::cli::{RegistryOptions, SyncOptions, Target};
use crate::cluster::connection::Connection;
use crate::{exit, failure};
use anyhow::{Context, bail};
use flux::Flux;
use notify::Notify;
use orangery_artifact::Address;
use report::Report;
use std::process::ExitCode;
use std::time::Instant;
use wait::{End, Sync};

/// Syncs, and prints the report.
pub async fn perform(options: &SyncOptions) -> ExitCode {
    let begun = Instant::now();
    match sync(options, begun).await {
        Ok((end, report)) => {
            if let Some(format) = options.report {
                print!("{}", report.text(format));
            }
            let (mark, code) = match end {
                End::Synced => ("✔", exit::SUCCESS),
                End::Failed => ("✗", exit::FAILURE),
                End::TimedOut => ("✗", exit::sync_timed_out()),
                End::Suspended => ("✗", exit::sync_suspended()),
            };
            eprintln!("{mark} {}", report.summary(end));
            code
        }
        Err(error) => {
            eprintln!("✗ {}", failure::tell(&error));
            exit::sync_not_begun()
        }
    }
}

async fn sync(options: &SyncOptions, begun: Instant) -> anyhow::Result<(End, Report)> {
    let notify = Notify::of(options)?;
    let connection = Connection::open(&options.connection).await?;
    let flux = Flux::new(connection.client.clone(), &connection.namespace);
    let registry = RegistryOptions { access: options.access.clone(), timeout: connection.timeout };
    let (digest, sources, only) = match &options.target {
        Target::Address(address) => {
            let digest = wanted(options, address, &registry).await?;
            let sources = flux.sources_of(address, options.all_namespaces).await?;
            if sources.is_empty() {
                let place = if options.all_namespaces { "any namespace" } else { &connection.namespace };
                bail!(
                    "no OCIRepository in {place} reads oci://{address}; name another namespace with -n, or look into all with -A"
                );
            }
            (Some(digest), sources, None)
        }
        Target::Object(kind, name) => {
            if options.push {
                bail!("--push needs an address: orangery sync oci://HOST/REPOSITORY:TAG --push");
            }
            let (source, only) = flux.source_of(*kind, name).await?;
            (options.digest.clone(), vec![source], only)
        }
    };
    let followed = match (&only, options.source_only) {
        (_, true) => wait::Followed::Nothing,
        (Some(only), false) => wait::Followed::Only(only.clone()),
        (None, false) => wait::Followed::All,
    };
    let sync = Sync {
        flux,
        sources,
        digest,
        followed,
        notify,
        wait_retries: options.wait_retries,
        deadline: begun + connection.timeout,
    };
    let (end, rows) = sync.run().await?;
    Ok((end, Report::new(sync.digest.clone(), rows, begun.elapsed())))
}

/// The digest that has to be applied: that of the push, the one that was given, or the one that the tag has now.
async fn wanted(options: &SyncOptions, address: &Address, registry: &RegistryOptions) -> anyhow::Result<String> {
    if let Some(content) = options.content() {
        return Ok(push(address, &content, registry).await?.digest);
    }
    match options.digest.as_deref().or(address.digest()) {
        Some(digest) => Ok(digest.to_owned()),
        None => current_digest(address, registry).await.context("cannot tell which digest has to be applied"),
    }
}
