//! Tells whether a remote would treat two sessions alike: they may send the same requests, with the same credentials,
//! trusting the same certificates, within the same limits. Their owners may then share one answer.

use crate::credential::{Credential, CredentialKind};
use crate::secret::fingerprint::{Fingerprint, FingerprintKey};
use crate::session::egress::{Egress, SessionSpec};

/// Identifies what a session can do. It reveals no secret, and means nothing to another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionIdentity(Fingerprint);

impl SessionIdentity {
    /// The identity as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Egress {
    /// The identity of a session, which does not depend on its consumer. `None` for scripted sessions, whose answers
    /// depend on earlier requests.
    #[must_use]
    pub fn identity(&self, spec: &SessionSpec) -> Option<SessionIdentity> {
        if spec.script.is_some() {
            return None;
        }
        let key = &self.shared.key;
        let mut parts: Vec<Vec<u8>> = vec![spec.tls.fingerprint(key).as_bytes().to_vec()];
        if let Some(proxy) = &spec.proxy {
            parts.push(b"proxy".to_vec());
            parts.push(proxy.fingerprint(key).as_bytes().to_vec());
        }
        let limits = &spec.limits;
        parts.push(limits.requests.to_be_bytes().to_vec());
        for bytes in [limits.response_bytes, limits.total_bytes, limits.request_bytes] {
            parts.push(bytes.to_be_bytes().to_vec());
        }
        parts.push(spec.deadline.map_or(0, |deadline| deadline.as_nanos()).to_be_bytes().to_vec());
        for grant in &spec.grants {
            parts.push(b"grant".to_vec());
            parts.push(grant.to_string().into_bytes());
        }
        for credential in &spec.credentials {
            parts.push(b"credential".to_vec());
            parts.push(credential.name.clone().into_bytes());
            parts.push(of(credential, key));
            for origin in &credential.origins {
                parts.push(b"origin".to_vec());
                parts.push(origin.to_string().into_bytes());
            }
            // A denial names the Secret, which differs between consumers.
            for withheld in &credential.withheld {
                parts.push(b"withheld".to_vec());
                parts.push(withheld.why.clone().into_bytes());
            }
        }
        Some(SessionIdentity(key.of(parts.iter().map(Vec::as_slice))))
    }
}

/// The identity of a credential. The tokens of one app also differ by repository and permissions.
fn of(credential: &Credential, key: &FingerprintKey) -> Vec<u8> {
    let print = match &credential.kind {
        CredentialKind::GitHubApp(app) => Some(app.token_fingerprint(key)),
        _ => credential.fingerprint(key),
    };
    print.map_or_else(Vec::new, |print| print.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::policy::Policy;
    use crate::connection::proxy::ProxyServer;
    use crate::credential::github_app::{GitHubApp, Installation};
    use crate::secret::text::SecretText;

    fn secret(text: &str) -> SecretText {
        SecretText::line(text.as_bytes()).unwrap()
    }

    fn spec(kind: CredentialKind) -> SessionSpec {
        let origin = "https://api.github.com".parse().unwrap();
        SessionSpec { credentials: vec![Credential::new("api", kind, [origin])], ..SessionSpec::default() }
    }

    fn bearer(token: &str) -> SessionSpec {
        spec(CredentialKind::Bearer(secret(token)))
    }

    #[test]
    fn the_owner_of_a_session_does_not_count_and_everything_else_does() {
        let egress = Egress::lazy(Policy::default()).unwrap();
        let name = |spec: &SessionSpec| egress.identity(spec).unwrap();
        let base = bearer("one");
        assert_eq!(name(&base), name(&SessionSpec { consumer: "other".into(), ..bearer("one") }));
        let mut others = vec![
            bearer("two"),
            spec(CredentialKind::PrivateToken(secret("one"))),
            spec(CredentialKind::Anonymous),
            SessionSpec { grants: vec!["GET https://api.github.com".parse().unwrap()], ..bearer("one") },
        ];
        let mut fewer = bearer("one");
        fewer.limits.requests -= 1;
        others.push(fewer);
        others.push(SessionSpec { deadline: Some(std::time::Duration::from_secs(9)), ..bearer("one") });
        let proxy = |text| Some(ProxyServer::parse("key", text).unwrap());
        others.push(SessionSpec { proxy: proxy("http://proxy.test"), ..bearer("one") });
        others.push(SessionSpec { proxy: proxy("http://me:hunter22@proxy.test"), ..bearer("one") });
        let mut renamed = bearer("one");
        renamed.credentials[0].name = "other".into();
        others.push(renamed);
        for other in others {
            assert_ne!(name(&base), name(&other), "{other:?}");
        }
    }

    #[test]
    fn apps_are_the_same_only_for_the_same_repository() {
        let egress = Egress::lazy(Policy::default()).unwrap();
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let key = SecretText::block(key.serialize_pem().as_bytes()).unwrap();
        let app = |repository: &str| {
            let app = GitHubApp::new("7", key.clone(), Installation::Id(9), None, Some(repository.to_owned())).unwrap();
            spec(CredentialKind::GitHubApp(Box::new(app)))
        };
        assert_eq!(egress.identity(&app("a")), egress.identity(&app("a")));
        assert_ne!(egress.identity(&app("a")), egress.identity(&app("b")));
    }
}
