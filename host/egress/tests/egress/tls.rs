//! TLS: a CA of one's own, a client certificate, and that nothing is reached without them.

use std::collections::BTreeMap;
use std::sync::Arc;

use orangery_egress::tls::from_secret;
use orangery_egress::{Egress, HttpError, Request, SessionSpec, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::world::{Names, Server, egress, egress_with, granted, ok, soon};

pub(crate) type Ca = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn ca() -> Ca {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for these names and its key.
fn issue(ca: &Ca, names: &[&str]) -> (rcgen::Certificate, KeyPair) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().unwrap();
    (CertificateParams::new(names).unwrap().signed_by(&key, ca).unwrap(), key)
}

/// A server whose certificate is good for 127.0.0.1 and `forge.test`; with `clients`, only for those whom that CA knows.
pub(crate) async fn server(ca: &Ca, clients: Option<&Ca>) -> Server {
    let (certificate, key) = issue(ca, &["127.0.0.1", "forge.test"]);
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Server::start_tls(builder.with_single_cert(chain, key).unwrap(), |_| ok("over TLS")).await
}

pub(crate) fn settings(pairs: &[(&str, &str)]) -> TlsSettings {
    read(pairs).unwrap()
}

fn read(pairs: &[(&str, &str)]) -> Result<TlsSettings, String> {
    let data: BTreeMap<_, _> =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    from_secret("previews/tls", &data).map_err(|error| error.to_string())
}

async fn ask(egress: &Egress, server: &Server, tls: TlsSettings) -> Result<u16, HttpError> {
    let session = egress.session(SessionSpec { tls, ..granted(&[server.url("")]) });
    soon(session.send(Request::get(server.url("/")))).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_private_ca_is_trusted_only_where_it_is_given() {
    let ca = ca();
    let server = server(&ca, None).await;
    let egress = egress();
    for replace in ["true", "false"] {
        let tls = settings(&[("ca.crt", &ca.pem()), ("replace", replace)]);
        assert_eq!(ask(&egress, &server, tls).await, Ok(200), "replace: {replace}");
    }
    assert_eq!(ask(&egress, &server, settings(&[("caFile", &ca.pem())])).await, Ok(200));
    let error = ask(&egress, &server, TlsSettings::default()).await.unwrap_err();
    assert!(matches!(&error, HttpError::Transport(why) if why.contains("certificate")), "{error}");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn another_name_and_another_ca_are_refused() {
    let (other, ca) = (ca(), ca());
    let server = server(&ca, None).await;
    assert!(ask(&egress(), &server, settings(&[("ca.crt", &other.pem())])).await.is_err());

    let egress =
        egress_with(Names::default().with("forge.test", &[&["127.0.0.1"]]).with("else.test", &[&["127.0.0.1"]]));
    for (host, fine) in [("forge.test", true), ("else.test", false)] {
        let url = server.url_as(host, "/");
        let session = egress.session(SessionSpec { tls: settings(&[("ca.crt", &ca.pem())]), ..granted(&[&url]) });
        assert_eq!(soon(session.send(Request::get(url))).await.is_ok(), fine, "{host}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_by_those_who_have_one() {
    let (clients, ca) = (ca(), ca());
    let server = server(&ca, Some(&clients)).await;
    let (certificate, key) = issue(&clients, &["orangery"]);
    let (certificate, key, ca) = (certificate.pem(), key.serialize_pem(), ca.pem());
    let egress = egress();
    let with = settings(&[("ca.crt", &ca), ("tls.crt", &certificate), ("tls.key", &key)]);
    assert_eq!(ask(&egress, &server, with).await, Ok(200));
    let legacy = settings(&[("caFile", &ca), ("certFile", &certificate), ("keyFile", &key)]);
    assert_eq!(ask(&egress, &server, legacy).await, Ok(200));
    // The connection of the other tenant is not borrowed.
    assert!(ask(&egress, &server, settings(&[("ca.crt", &ca)])).await.is_err());
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn what_is_wrong_with_a_tls_secret_is_named_without_its_values() {
    let ca = ca();
    let (certificate, key) = issue(&ca, &["orangery"]);
    let (_, other_key) = issue(&ca, &["orangery"]);
    let (ca, certificate, key, other) = (ca.pem(), certificate.pem(), key.serialize_pem(), other_key.serialize_pem());
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[], "neither 'ca.crt' nor 'tls.crt' and 'tls.key'"),
        (&[("ca.crt", "hunter2")], "key 'ca.crt' holds no certificate"),
        (&[("tls.crt", &certificate)], "key 'tls.key' is missing"),
        (&[("tls.key", &key)], "key 'tls.crt' is missing"),
        (&[("tls.crt", &certificate), ("tls.key", "hunter2")], "are not a matching certificate"),
        (&[("tls.crt", &certificate), ("tls.key", &other)], "are not a matching certificate"),
        (&[("ca.crt", &ca), ("replace", "yes")], "key 'replace' must be"),
    ];
    for (pairs, expected) in cases {
        let error = read(pairs).unwrap_err();
        assert!(error.starts_with("invalid secret 'previews/tls': ") && error.contains(expected), "{error}");
        assert!(!error.contains("hunter2"));
    }
    let shown = format!("{:?}", settings(&[("tls.crt", &certificate), ("tls.key", &key)]));
    assert_eq!(shown, r#"TlsSettings { trust: "system", identity: Some(***) }"#);
}
