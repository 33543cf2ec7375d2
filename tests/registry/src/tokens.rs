//! The token service of a registry, as public registries have one: a user and a password for a signed token of a short life.

use crate::server::{PASSWORD, USER};
use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A running service. Its thread ends with the process.
pub(crate) struct Tokens {
    address: SocketAddr,
    certificate: String,
    given: Arc<AtomicUsize>,
}

struct Issuer {
    key: EncodingKey,
    /// The chain in the header of a token, by which the registry finds the key.
    chain: Vec<String>,
    given: Arc<AtomicUsize>,
}

impl Tokens {
    pub(crate) fn start() -> Result<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let certificate = rcgen::CertificateParams::new(vec!["tests".to_owned()])?.self_signed(&key)?;
        let given = Arc::new(AtomicUsize::new(0));
        let issuer = Arc::new(Issuer {
            key: EncodingKey::from_ec_pem(key.serialize_pem().as_bytes())?,
            chain: vec![STANDARD.encode(certificate.der())],
            given: Arc::clone(&given),
        });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                let service = Router::new().route("/token", get(token)).with_state(issuer);
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, service).await
            })
        });
        Ok(Self { address, certificate: certificate.pem(), given })
    }

    pub(crate) fn realm(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    pub(crate) fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

async fn token(
    State(issuer): State<Arc<Issuer>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let expected = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if sent != Some(expected.as_str()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let token = signed(&issuer, &query).map_err(|_| StatusCode::BAD_REQUEST)?;
    issuer.given.fetch_add(1, Ordering::SeqCst);
    Ok(Json(json!({"token": token, "expires_in": 300})))
}

/// The token for the scope `repository:NAME:pull,push` of a request.
fn signed(issuer: &Issuer, query: &BTreeMap<String, String>) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let access = query.get("scope").map(|scope| {
        let (kind, rest) = scope.split_once(':').unwrap_or_default();
        let (name, actions) = rest.rsplit_once(':').unwrap_or_default();
        json!({"type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>()})
    });
    let claims = json!({
        "iss": "tests", "sub": USER, "aud": query.get("service").context("a service")?,
        "exp": now + 300, "nbf": now - 10, "iat": now, "jti": format!("{now}"),
        "access": access.into_iter().collect::<Vec<_>>(),
    });
    let header = Header { x5c: Some(issuer.chain.clone()), ..Header::new(Algorithm::ES256) };
    Ok(jsonwebtoken::encode(&header, &claims, &issuer.key)?)
}
