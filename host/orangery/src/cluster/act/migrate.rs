//! `orangery migrate owner`: removes the field ownership of the Flux controllers that applied the objects of a set
//! before.

use crate::cli::cluster::MigrateCommand;
use crate::cluster::connection::Connection;
use crate::cluster::kind::Kind;
use crate::exit;
use anyhow::{Context as _, ensure};
use orangery_api::ResourceSet;
use orangery_cluster::{FieldMigration, KubernetesOptions, KubernetesTarget};
use orangery_controller::preview;
use orangery_core::{LedgerEntry, Owner};
use std::process::ExitCode;

pub(in crate::cluster) async fn perform(command: MigrateCommand) -> anyhow::Result<ExitCode> {
    let MigrateCommand::Owner(options) = command;
    let (kind, name) = Kind::parse_reference(&options.name)?;
    ensure!(kind == Kind::Set, "{} owns no objects; name a ResourceSet", kind.as_str());
    let connection = Connection::open(&options.connection).await?;
    let item = connection.get(kind, name).await?;
    let owner = Owner { name: item.name(), service_account: None, force: false };
    let set: ResourceSet = serde_json::from_value(serde_json::to_value(item.object)?)
        .with_context(|| format!("ResourceSet/{} cannot be read", owner.name))?;
    let objects: Vec<LedgerEntry> = preview::ledger(&set).iter().cloned().collect();
    let target = KubernetesTarget::new(connection.config().clone(), KubernetesOptions::default());
    let (mode, word) = match options.dry_run {
        true => (FieldMigration::DryRun, "would be migrated"),
        false => (FieldMigration::Real, "migrated"),
    };
    let report = target.migrate_fields(&owner, &objects, mode).await;
    for migrated in report.migrated.iter().filter(|migrated| !migrated.managers.is_empty()) {
        println!("✔ {} {word} from {}", migrated.key, migrated.managers.join(", "));
    }
    for failed in &report.failed {
        eprintln!("✗ {}", failed.message);
    }
    ensure!(report.failed.is_empty(), "{} of {} objects were not migrated", report.failed.len(), objects.len());
    Ok(exit::SUCCESS)
}
