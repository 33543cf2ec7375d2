//! The path at which a forge may announce changes to a provider.

use super::secrets::ApiSecrets;
use crate::kubernetes::object::Run;
use crate::pipeline::secrets::SecretReader;
use kube::ResourceExt;
use orangery_api::ResourceSetInputProvider;
use orangery_core::conditions::{Abnormal, ConditionType};
use orangery_core::{NamespacedName, Reason, keys};
use orangery_hooks::HookPath;

/// The key of the Secret.
const KEY: &str = "token";

/// The path of the provider's own hook, where the annotation asks for one and hooks are served. Without a token there is none:
/// everybody could find it. A Secret that is missing does not stop polls; the condition Warning says so.
pub(super) async fn path(
    secrets: &ApiSecrets,
    run: &Run<ResourceSetInputProvider>,
) -> Result<Option<String>, Abnormal> {
    let Some(secret) = run.object.annotations().get(keys::WEBHOOK_SECRET) else { return Ok(None) };
    if !run.context.options.hooks {
        return Err(warning("this operator takes no webhooks: start it with --hooks-addr".to_owned()));
    }
    let name = NamespacedName { namespace: run.name.namespace.clone(), name: secret.clone() };
    match secrets.read(&name).await {
        Ok(Some(stored)) => match stored.data.get(KEY).filter(|token| !token.is_empty()) {
            Some(token) => Ok(Some(HookPath::of_provider(token, &run.name.name, &run.name.namespace).to_string())),
            None => Err(warning(format!("the Secret {name} has no value under the key {KEY}"))),
        },
        Ok(None) => Err(warning(format!("the Secret {name} does not exist"))),
        Err(error) => Err(warning(error.to_string())),
    }
}

fn warning(why: String) -> Abnormal {
    let message = format!("the annotation {} has no effect: {why}", keys::WEBHOOK_SECRET);
    Abnormal { condition_type: ConditionType::Warning, reason: Reason::Warning, message }
}
