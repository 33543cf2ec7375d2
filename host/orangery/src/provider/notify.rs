//! `orangery notify`: really sends one notice through the notifier plugin of a provider's type.

use crate::cli::NotifyOptions;
use crate::manifest::{self, Document, Resources};
use crate::provider::poll::{choose, line, secrets};
use crate::sandbox::{self, SandboxSetup};
use crate::{exit, manifest::ManifestError};
use anyhow::bail;
use orangery_controller::pipeline::provider::notify::notify;
use orangery_core::spec::ProviderSpec;
use orangery_egress::Loopback;
use orangery_plugin_documents::{EnvironmentNotice, EventNotice};
use orangery_sandbox::Notice;
use serde::Deserialize;
use std::process::ExitCode;

/// Sends the notice, and prints the notifier that sent it.
///
/// # Errors
/// The files cannot be used, no notifier serves the type, or the notifier failed.
pub async fn perform(options: &NotifyOptions) -> anyhow::Result<ExitCode> {
    let resources = Resources::of(manifest::read_all(&options.filename)?, "default")?.not_empty(&options.filename)?;
    let provider = choose(&resources, options.name.as_deref())?;
    let documents = manifest::read_all(std::slice::from_ref(&options.notice))?;
    let [document] = documents.as_slice() else {
        bail!("{} holds {} documents; a notice is one", options.notice.display(), documents.len());
    };
    let notice = read(document, provider)?;
    let secrets = secrets(&resources, &options.secrets)?;
    let loopback = if options.allow_loopback { Loopback::Allowed } else { Loopback::Refused };
    let SandboxSetup { sandbox, .. } = sandbox::open(&options.sandbox, loopback, Vec::new()).await?;
    let access = sandbox::access(&options.sandbox, options.credentials, loopback);
    let what = subject(&notice);
    let notified = notify(&sandbox, &access, provider, &secrets, notice).await;
    if options.verbose {
        for request in &notified.requests {
            eprintln!("{}", line(request));
        }
    }
    for line in &notified.logs {
        eprintln!("log {:?}: {}", line.level, line.message);
    }
    match notified.result {
        Ok(plugin) => println!("✔ {plugin} told {what}"),
        Err(error) => bail!("{}: {error}", provider.name),
    }
    Ok(exit::SUCCESS)
}

/// The document of `--notice`. An unknown key beside the notice is an error; one within it is for newer plugins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeFile {
    #[serde(default)]
    environment: Option<EnvironmentNotice>,
    #[serde(default)]
    event: Option<EventNotice>,
}

/// The notice of a document; what it does not say of the provider is that of the manifest.
fn read(document: &Document, provider: &ProviderSpec) -> Result<Notice, ManifestError> {
    match document.decode()? {
        NoticeFile { environment: Some(mut notice), event: None } => {
            if notice.provider_type.is_empty() {
                provider.provider_type.as_str().clone_into(&mut notice.provider_type);
            }
            if notice.url.is_empty() {
                notice.url = provider.url.clone().unwrap_or_default();
            }
            Ok(Notice::Environment(notice))
        }
        NoticeFile { environment: None, event: Some(notice) } => Ok(Notice::Event(notice)),
        NoticeFile { .. } => {
            Err(document.wrong("environment", "a notice has either the key environment or the key event"))
        }
    }
}

fn subject(notice: &Notice) -> String {
    match notice {
        Notice::Environment(notice) => format!("that the environment of {:?} is {}", notice.id, notice.state.as_str()),
        Notice::Event(notice) => {
            format!("the event {:?} of {}/{}", notice.reason, notice.object.kind, notice.object.name)
        }
    }
}
