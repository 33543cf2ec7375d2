//! `orangery poll`: one poll of one provider, its exported inputs on stdout.

use crate::cli::{OutputFormat, PollOptions};
use crate::manifest::{self, Resources};
use crate::sandbox::{self, SandboxSetup};
use crate::{exit, run};
use anyhow::{Context, bail};
use orangery_controller::pipeline::provider::poll::{Poller, Readers};
use orangery_controller::pipeline::secrets::InMemorySecrets;
use orangery_core::Snapshot;
use orangery_core::spec::ProviderSpec;
use orangery_egress::Loopback;
use orangery_egress::RequestTrace;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Polls and prints.
///
/// # Errors
/// The manifest cannot be used, or the provider gave no answer.
pub async fn perform(options: &PollOptions) -> anyhow::Result<ExitCode> {
    let resources = Resources::of(manifest::read_all(&options.filename)?, "default")?.not_empty(&options.filename)?;
    let provider = choose(&resources, options.name.as_deref())?;
    let secrets = secrets(&resources, &options.secrets)?;
    let loopback = if options.allow_loopback { Loopback::Allowed } else { Loopback::Refused };
    let SandboxSetup { sandbox, .. } = sandbox::open(&options.sandbox, loopback, Vec::new()).await?;
    let access = sandbox::access(&options.sandbox, options.credentials, loopback);
    let readers = Readers::without_cluster(&secrets);
    let polled = Poller::new(sandbox, access).poll(provider, readers, &Snapshot::never(), run::now()).await;
    if options.verbose {
        for request in &polled.requests {
            eprintln!("{}", line(request));
        }
    }
    for notice in &polled.notices {
        eprintln!("! {notice}");
    }
    if let Some(error) = polled.error {
        bail!("{}: {error}", provider.name);
    }
    if !polled.snapshot.waiting().is_empty() {
        eprintln!(
            "! {} more wait because spec.filter.limit is reached: {}",
            polled.snapshot.waiting().len(),
            polled.snapshot.waiting().join(", ")
        );
    }
    let snapshot = &polled.snapshot;
    let with_facts = |(position, map): (usize, Map<String, Value>)| match options.facts {
        true => json!({"input": map, "facts": snapshot.facts(position)}),
        false => Value::Object(map),
    };
    let inputs = Value::Array(snapshot.inputs().maps().enumerate().map(with_facts).collect());
    print!("{}", print(&inputs, options.output)?);
    Ok(exit::SUCCESS)
}

/// The Secrets of the files, and those of the environment, which win.
///
/// # Errors
/// A flag cannot be read, or its variable is not there.
pub fn secrets(resources: &Resources, flags: &[String]) -> anyhow::Result<InMemorySecrets> {
    let mut secrets = InMemorySecrets::default();
    for (name, data) in resources.secrets.clone() {
        secrets.insert(name, data);
    }
    for flag in flags {
        let (name, data) = manifest::secret::from_environment(flag)?;
        secrets.insert(name, data);
    }
    Ok(secrets)
}

/// The provider of this name, or the only one.
///
/// # Errors
/// There is none, or there are several and none is named.
pub fn choose<'a>(resources: &'a Resources, name: Option<&str>) -> anyhow::Result<&'a ProviderSpec> {
    let names =
        || resources.providers.iter().map(|(provider, _)| provider.name.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, resources.providers.as_slice()) {
        (_, []) => bail!("the files hold no ResourceSetInputProvider"),
        (None, [(provider, _)]) => Ok(provider),
        (None, _) => bail!("the files hold several providers; name one of {}", names()),
        (Some(name), providers) => providers
            .iter()
            .map(|(provider, _)| provider)
            .find(|provider| provider.name.name == name)
            .with_context(|| format!("the files hold no provider {name}; they hold {}", names())),
    }
}

/// `GET https://… 200 from cache (1234 bytes, 12 ms)`.
#[must_use]
pub fn line(request: &RequestTrace) -> String {
    let end = match (&request.denied, &request.failed, request.status) {
        (Some(why), _, _) => format!("denied: {why}"),
        (None, Some(why), _) => format!("failed: {why}"),
        (None, None, Some(status)) => format!("{status}{}", if request.from_cache { " from cache" } else { "" }),
        (None, None, None) => "no answer".to_owned(),
    };
    format!("{} {} {end} ({} bytes, {} ms)", request.method.as_str(), request.url, request.bytes, request.millis)
}

/// A value as YAML or JSON with a final newline.
///
/// # Errors
/// The value cannot be written.
pub fn print(value: &Value, format: OutputFormat) -> anyhow::Result<String> {
    Ok(match format {
        OutputFormat::Yaml => go_yaml::to_string(value)?,
        OutputFormat::Json => format!("{}\n", serde_json::to_string_pretty(value)?),
    })
}
