//! `orangery create secret`: Secrets in the shapes that providers and Flux read.

mod shape;

use super::MANAGER;
use crate::cli::cluster::{CreateCommand, SecretOptions};
use crate::cluster::connection::{Connection, namespace_of, said};
use crate::cluster::print::{out, yaml_text};
use crate::exit;
use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ObjectMeta, Patch, PatchParams};
use shape::Shape;
use std::process::ExitCode;

pub(in crate::cluster) async fn perform(command: CreateCommand) -> anyhow::Result<ExitCode> {
    let CreateCommand::Secret(command) = command;
    let (options, shape) = shape::read(command)?;
    if options.export {
        let secret = manifest(&options, shape, &namespace_of(&options.connection).await?);
        out(&format!("---\n{}", yaml_text(&secret)?))?;
        return Ok(exit::SUCCESS);
    }
    let connection = Connection::open(&options.connection).await?;
    let secret = manifest(&options, shape, &connection.namespace);
    let api: Api<Secret> = Api::namespaced(connection.client.clone(), &connection.namespace);
    let parameters = PatchParams::apply(MANAGER).force();
    let applied = api.patch(&options.name, &parameters, &Patch::Apply(&secret)).await.map_err(said);
    applied.with_context(|| format!("cannot apply Secret/{}/{}", connection.namespace, options.name))?;
    // The words are those of Flux Operator's command line, because scripts look for them.
    println!("✔ Secret {}/{} applied succefuly", connection.namespace, options.name);
    Ok(exit::SUCCESS)
}

fn manifest(options: &SecretOptions, shape: Shape, namespace: &str) -> Secret {
    let given = |pairs: &[(String, String)]| Some(pairs.iter().cloned().collect()).filter(|_| !pairs.is_empty());
    Secret {
        metadata: ObjectMeta {
            name: Some(options.name.clone()),
            namespace: Some(namespace.to_owned()),
            annotations: given(&options.annotation),
            labels: given(&options.label),
            ..ObjectMeta::default()
        },
        immutable: options.immutable.then_some(true),
        string_data: Some(shape.values),
        type_: Some(shape.of.to_owned()),
        ..Secret::default()
    }
}
