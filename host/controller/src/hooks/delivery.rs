//! One delivery: whose it is, whether it is signed, and what it asks for.

use super::Hooks;
use super::endpoints::{Endpoint, Owner};
use super::request::Target;
use super::resources::{self, Lookup};
use super::token::{Age, Token, TokenError};
use async_trait::async_trait;
use kube::core::GroupVersionKind;
use orangery_api::Receiver;
use orangery_core::NamespacedName;
use orangery_hooks::{Answer, Delivery, HookKind, HookPath, Refusal, Verified};
use serde_json::Map;

#[async_trait]
impl orangery_hooks::Receiver for Hooks {
    fn knows(&self, target: &str) -> bool {
        self.endpoints.contain(target)
    }

    async fn deliver(&self, target: &str, delivery: Delivery) -> Answer {
        for (owner, endpoint) in self.endpoints.at(target) {
            let answer = match (&owner, &endpoint) {
                (Owner::Receiver(name), Endpoint::Receiver(receiver)) => {
                    self.deliver_to_receiver(target, name, receiver, &delivery).await
                }
                (Owner::Provider(name), Endpoint::Provider { secret }) => {
                    self.deliver_to_provider(target, name, secret, &delivery).await
                }
                _ => Answer::Unknown,
            };
            if answer != Answer::Unknown {
                return answer;
            }
        }
        Answer::Unknown
    }
}

/// Why a delivery is not acted on.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The path is that of another token: somebody wrote it into a status.
    #[error("the path is not the one of its token")]
    Path,
}

impl Hooks {
    async fn deliver_to_receiver(
        &self,
        path: &str,
        name: &NamespacedName,
        receiver: &Receiver,
        delivery: &Delivery,
    ) -> Answer {
        if receiver.spec.suspend || !is_ready(receiver) {
            tracing::warn!(receiver = %name, suspended = receiver.spec.suspend, "a webhook for a Receiver that is not ready");
            return Answer::Unavailable;
        }
        let Ok(kind) = receiver.spec.type_.parse::<HookKind>() else { return Answer::Unavailable };
        let secret = receiver.spec.secret_ref.as_ref().map(|secret| secret.name.clone()).unwrap_or_default();
        let secret = NamespacedName { namespace: name.namespace.clone(), name: secret };
        let events = receiver.spec.events.as_slice();
        let verified = self.verified(&secret, delivery, |token, delivery| {
            let own = HookPath::of_receiver(token, &name.name, &name.namespace);
            if own.as_str() != path {
                return Err(DeliveryError::Path);
            }
            Ok(orangery_hooks::verify(kind, token, events, delivery)?)
        });
        // Without filters nobody reads the body, and a broken one does not matter.
        let document = |verified: Verified| match resources::has_filters(receiver) {
            true => Ok(verified.document()?),
            false => Ok(Map::new()),
        };
        let document = match verified.await.and_then(document) {
            Ok(document) => document,
            Err(DeliveryError::Path) => return Answer::Unknown,
            Err(error @ DeliveryError::Refused(Refusal::Body(_))) => {
                tracing::warn!(receiver = %name, %error, "a webhook failed");
                return Answer::Failed;
            }
            Err(error) => {
                tracing::warn!(receiver = %name, %error, "a webhook was refused");
                return Answer::Refused;
            }
        };
        let mut failed = false;
        for resource in &receiver.spec.resources {
            let (sandbox, references) = (&self.context.pipeline.sandbox, self.options.references);
            let lookup = Lookup { listings: &self.listings, sandbox, references };
            match resources::selected(&lookup, receiver, resource, &document).await {
                Ok(targets) => failed |= !self.request_all(name, targets).await,
                Err(error) => {
                    tracing::error!(receiver = %name, %error, "a webhook failed for one of its resources");
                    failed = true;
                }
            }
        }
        if failed { Answer::Failed } else { Answer::Taken }
    }

    /// Whether all were requested.
    async fn request_all(&self, receiver: &NamespacedName, targets: Vec<Target>) -> bool {
        let mut all = true;
        for target in targets {
            if let Err(error) = self.requests.reconcile(target).await {
                tracing::error!(%receiver, %error, "a webhook failed for one of its resources");
                all = false;
            }
        }
        all
    }

    async fn deliver_to_provider(
        &self,
        path: &str,
        name: &NamespacedName,
        secret: &str,
        delivery: &Delivery,
    ) -> Answer {
        let secret = NamespacedName { namespace: name.namespace.clone(), name: secret.to_owned() };
        let verified = self.verified(&secret, delivery, |token, delivery| {
            let own = HookPath::of_provider(token, &name.name, &name.namespace);
            if own.as_str() != path {
                return Err(DeliveryError::Path);
            }
            Ok(orangery_hooks::verify_any(token, delivery)?)
        });
        match verified.await {
            Ok(_) => {}
            Err(DeliveryError::Path) => return Answer::Unknown,
            Err(error) => {
                tracing::warn!(provider = %name, %error, "a webhook was refused");
                return Answer::Refused;
            }
        }
        let kind = GroupVersionKind::gvk("fluxcd.controlplane.io", "v1", "ResourceSetInputProvider");
        match self.requests.reconcile(Target { kind, name: name.clone() }).await {
            Ok(()) => Answer::Taken,
            Err(error) => {
                tracing::error!(provider = %name, %error, "a webhook failed");
                Answer::Failed
            }
        }
    }

    /// Checks a delivery with the token that is remembered; where that does not fit, with the one in the Secret now.
    async fn verified(
        &self,
        secret: &NamespacedName,
        delivery: &Delivery,
        check: impl Fn(&[u8], &Delivery) -> Result<Verified, DeliveryError>,
    ) -> Result<Verified, DeliveryError> {
        let token: Token = self.tokens.read(secret, Age::Remembered).await?;
        match check(&token, delivery) {
            Ok(verified) => Ok(verified),
            Err(_) => {
                let token = self.tokens.read(secret, Age::Doubtful).await?;
                check(&token, delivery)
            }
        }
    }
}

fn is_ready(receiver: &Receiver) -> bool {
    let conditions = receiver.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
