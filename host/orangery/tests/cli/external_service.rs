//! `ExternalService` against a real HTTP server: what is sent, what is exported, and that no failure empties anything.

use crate::bench::orangery;
use crate::workspace::Workspace;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// A service that answers every request with the same status and body.
#[derive(Clone)]
struct Service {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    status: u16,
    body: String,
    requests: Vec<String>,
}

impl Service {
    fn answering(body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/inputs", listener.local_addr().unwrap());
        let service = Self { url, state: Arc::default() };
        service.answers(200, body);
        let serving = service.clone();
        // It ends with the process.
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serving.serve(stream)));
        service
    }

    fn answers(&self, status: u16, body: &str) {
        let mut state = self.state();
        (state.status, state.body) = (status, body.to_owned());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut head = String::new();
        let mut reader = BufReader::new(&stream);
        while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
        let mut state = self.state();
        state.requests.push(head);
        let (status, body) = (state.status, &state.body);
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        drop(stream.write_all(answer.as_bytes()));
    }

    fn provider(&self, more: &str) -> String {
        format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\n\
             metadata: {{name: tenants, namespace: apps}}\nspec:\n  type: ExternalService\n  url: {}\n{more}",
            self.url
        )
    }
}

const SECRET: &str = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: auth, namespace: apps}\nstringData: ";

const SET: &str = "apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: tenants, namespace: apps}
spec:
  inputsFrom: [{kind: ResourceSetInputProvider, name: tenants}]
  resources:
    - apiVersion: v1
      kind: ConfigMap
      metadata: {name: 'tenant-<< inputs.id >>', namespace: apps}
      data: {quota: '<< inputs.limits.cpu | quote >>'}
";

fn poll(workspace: &Workspace) -> crate::bench::Ran {
    orangery(["poll", "-f", "manifests/provider.yaml", "--allow-loopback", "-o", "json"])
        .inside(workspace.folder.path())
        .run()
}

#[test]
fn what_the_service_answers_is_exported_with_default_values_in_its_order() {
    let service =
        Service::answering(r#"{"inputs": [{"id": "b", "limits": {"cpu": 2.0}}, {"id": "a", "limits": {"cpu": 1}}]}"#);
    let workspace = Workspace::new();
    let defaults = "  insecure: true\n  defaultValues: {region: eu, id: never}\n  filter: {limit: 5}\n";
    workspace.manifest("provider.yaml", &service.provider(defaults));
    let told: serde_json::Value = serde_json::from_str(&poll(&workspace).exits(0).out).unwrap();
    assert_eq!(
        told,
        serde_json::json!([
            {"id": "b", "limits": {"cpu": 2}, "region": "eu"},
            {"id": "a", "limits": {"cpu": 1}, "region": "eu"},
        ])
    );
    let request = service.state().requests.concat().to_lowercase();
    assert!(request.starts_with("get /inputs http/1.1\r\n"), "{request}");
    assert!(request.contains("accept: application/json\r\n") && request.contains("user-agent: orangery/"), "{request}");
    assert!(!request.contains("authorization"), "{request}");
}

#[test]
fn a_secret_is_sent_as_bearer_token_or_as_user_name_and_password() {
    for (data, sent) in [
        ("{token: abc}", "authorization: bearer abc\r\n"),
        ("{username: ada, password: ' pw '}", "authorization: basic ywrhonb3\r\n"),
    ] {
        let service = Service::answering(r#"{"inputs": []}"#);
        let workspace = Workspace::new();
        let secret = "  insecure: true\n  secretRef: {name: auth}\n";
        workspace.manifest("provider.yaml", &format!("{}{SECRET}{data}\n", service.provider(secret)));
        assert_eq!(poll(&workspace).exits(0).out.trim(), "[]");
        let request = service.state().requests.concat().to_lowercase();
        assert!(request.contains(sent), "{request}");
    }
    let service = Service::answering(r#"{"inputs": []}"#);
    let workspace = Workspace::new();
    let provider = service.provider("  insecure: true\n  secretRef: {name: auth}\n");
    workspace.manifest("provider.yaml", &format!("{provider}{SECRET}{{username: ada}}\n"));
    poll(&workspace).fails_with("password");
    assert!(service.state().requests.is_empty(), "nothing was asked without the credential");
}

#[test]
fn plain_http_needs_insecure() {
    let service = Service::answering(r#"{"inputs": []}"#);
    let workspace = Workspace::new();
    workspace.manifest("provider.yaml", &service.provider(""));
    poll(&workspace).fails_with("spec.url must use 'https://' unless spec.insecure is true");
    assert!(service.state().requests.is_empty());
}

#[test]
fn a_service_that_fails_or_forgets_its_inputs_deletes_nothing() {
    let service =
        Service::answering(r#"{"inputs": [{"id": "a", "limits": {"cpu": 1}}, {"id": "b", "limits": {"cpu": 2}}]}"#);
    let workspace = Workspace::new();
    workspace.manifest("provider.yaml", &service.provider("  insecure: true\n"));
    workspace.manifest("set.yaml", SET);
    workspace.once(&[]).exits(0);
    let before = workspace.names();
    assert_eq!(before.len(), 2, "{before:?}");
    for (status, body, said) in [
        (500, "down", "returned HTTP 500"),
        (200, "<html>", "not JSON: a maintenance or login page?"),
        (200, "{}", "response does not contain an 'inputs' field"),
        (200, r#"{"inputs": [{"id": "a"}, {"id": "a"}]}"#, "has a duplicate 'id' value 'a'"),
    ] {
        service.answers(status, body);
        workspace.once(&[]).warns(said);
        assert_eq!(workspace.names(), before, "{said}");
    }
    service.answers(200, r#"{"inputs": []}"#);
    workspace.once(&[]);
    assert_eq!(workspace.names(), before, "an empty answer is held");
}
