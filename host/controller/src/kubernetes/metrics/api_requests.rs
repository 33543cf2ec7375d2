//! Counts the requests of a client of the API server.

use super::Metrics;
use super::labels::{ApiRequestLabels, VerbLabels};
use http::{Method, Request};
use kube::Client;
use kube::client::Body;
use std::time::Instant;
use tower::{BoxError, service_fn};

impl Metrics {
    /// The same client, with its requests counted.
    #[must_use]
    pub fn count_requests_of(&self, client: Client) -> Client {
        let (metrics, namespace) = (self.clone(), client.default_namespace().to_owned());
        let counted = service_fn(move |request: Request<Body>| {
            let (metrics, client) = (metrics.clone(), client.clone());
            async move {
                let verb = verb(&request);
                let asked = Instant::now();
                let answer = client.send(request).await;
                let outcome = match &answer {
                    Ok(answer) => answer.status().as_u16().to_string(),
                    Err(_) => "failed".to_owned(),
                };
                metrics.api_requests.get_or_create(&ApiRequestLabels { verb, outcome }).inc();
                metrics.api_seconds.get_or_create(&VerbLabels { verb }).observe(asked.elapsed().as_secs_f64());
                Ok::<_, BoxError>(answer?)
            }
        });
        Client::new(counted, namespace)
    }
}

/// The verb as the API server's audit log and roles have it.
fn verb(request: &Request<Body>) -> &'static str {
    let query = request.uri().query().unwrap_or_default();
    match *request.method() {
        Method::GET if query.split('&').any(|part| part == "watch=true" || part == "watch=1") => "watch",
        Method::GET if is_collection(request.uri().path()) => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "get",
    }
}

/// Whether a path is that of a collection of objects: `/api/v1[/namespaces/NAMESPACE]/pods`, `/apis/GROUP/VERSION/…`.
fn is_collection(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let rest: Vec<&str> = match parts.next() {
        Some("api") => parts.skip(1).collect(),
        Some("apis") => parts.skip(2).collect(),
        _ => return false,
    };
    matches!(rest.as_slice(), [_] | ["namespaces", _, _])
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Response, StatusCode};
    use prometheus_client::registry::Registry;

    fn request(method: Method, path: &str) -> Request<Body> {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
    }

    #[test]
    fn a_request_has_the_verb_of_the_audit_log() {
        for (method, path, wanted) in [
            (Method::GET, "/api/v1/namespaces/apps/configmaps/a", "get"),
            (Method::GET, "/api/v1/namespaces/apps", "get"),
            (Method::GET, "/api/v1/namespaces", "list"),
            (Method::GET, "/api/v1/namespaces/apps/configmaps?limit=500", "list"),
            (Method::GET, "/apis/fluxcd.controlplane.io/v1/resourcesets", "list"),
            (Method::GET, "/apis/fluxcd.controlplane.io/v1/resourcesets?watch=true&timeoutSeconds=290", "watch"),
            (Method::GET, "/apis/apps/v1", "get"),
            (Method::GET, "/version", "get"),
            (Method::POST, "/apis/events.k8s.io/v1/namespaces/apps/events", "create"),
            (Method::PATCH, "/apis/fluxcd.controlplane.io/v1/namespaces/apps/resourcesets/a/status", "patch"),
            (Method::PUT, "/apis/coordination.k8s.io/v1/namespaces/apps/leases/a", "update"),
            (Method::DELETE, "/api/v1/namespaces/apps/configmaps/a", "delete"),
        ] {
            assert_eq!(verb(&request(method.clone(), path)), wanted, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn answers_count_by_status_and_silence_as_failed() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let service = service_fn(|request: Request<Body>| async move {
            if request.uri().path() == "/version" {
                return Err(BoxError::from("connection refused"));
            }
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::CONFLICT;
            Ok(answer)
        });
        let client = metrics.count_requests_of(Client::new(service, "default"));
        let _ = client.send(request(Method::PATCH, "/api/v1/namespaces/apps/configmaps/a")).await;
        let _ = client.send(request(Method::GET, "/version")).await;
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            r#"orangery_api_requests_total{verb="patch",outcome="409"} 1"#,
            r#"orangery_api_requests_total{verb="get",outcome="failed"} 1"#,
            r#"orangery_api_request_seconds_count{verb="patch"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
