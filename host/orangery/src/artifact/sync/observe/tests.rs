//! Statuses of Flux, as they are written and as they should not be.

use super::*;
use serde_json::json;

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

fn object(value: Value) -> DynamicObject {
    serde_json::from_value(value).unwrap()
}

fn revision() -> String {
    format!("main@{DIGEST}")
}

fn oci(requested: &str, status: Value) -> DynamicObject {
    object(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository",
        "metadata": {"name": "app", "namespace": "a", "generation": 2, "annotations": {REQUESTED_AT: requested}},
        "status": status,
    }))
}

fn ready(is: &str, reason: &str) -> Value {
    json!([{"type": "Ready", "status": is, "reason": reason, "message": "words", "observedGeneration": 2}])
}

fn fetched(handled: &str, revision: &str) -> Value {
    json!({
        "observedGeneration": 2, "lastHandledReconcileAt": handled, "conditions": ready("True", "Succeeded"),
        "artifact": {"revision": revision},
    })
}

fn seen(object: &DynamicObject) -> State {
    source(object, Wanted { digest: Some(DIGEST), asked: Some(&Asked::ByToken("t1".to_owned())) }).state
}

#[test]
fn row_d11_after_a_hook_a_failure_counts_once_a_request_was_handled() {
    let seen = |object: &DynamicObject| {
        source(object, Wanted { digest: Some(DIGEST), asked: Some(&Asked::Since("t0".to_owned())) }).state
    };
    let failed = |handled: &str| json!({"lastHandledReconcileAt": handled, "conditions": ready("False", "AuthenticationFailed")});
    assert_eq!(seen(&oci("t0", failed("t0"))), State::Reconciling);
    assert_eq!(seen(&oci("t1", failed("t1"))), State::Failed);
    assert_eq!(seen(&oci("t0", fetched("t0", &revision()))), State::Reconciled, "its own interval was faster");
    assert_eq!(seen(&oci("t1", fetched("t1", "main@sha256:22"))), State::Reconciling);
}

#[test]
fn row_d12_a_source_is_done_with_our_digest_and_our_request() {
    assert_eq!(seen(&oci("t1", fetched("t1", &revision()))), State::Reconciled);
    assert_eq!(seen(&oci("t1", fetched("t0", &revision()))), State::Reconciling, "an older request");
    assert_eq!(seen(&oci("t1", fetched("t1", "main@sha256:22"))), State::Reconciling, "another digest");
    assert_eq!(seen(&oci("t2", fetched("t2", &revision()))), State::Reconciled, "a request after ours is ours too");
    assert_eq!(seen(&oci("t2", fetched("t0", &revision()))), State::Reconciling, "it is not handled yet");
    let mut old = fetched("t1", &revision());
    old["observedGeneration"] = json!(1);
    assert_eq!(seen(&oci("t1", old)), State::Reconciling, "an older generation");
}

#[test]
fn row_d15_a_stalled_or_failed_source_is_told_from_one_on_its_way() {
    let stalled = json!([{"type": "Stalled", "status": "True", "reason": "URLInvalid", "message": "words"}]);
    let found = source(&oci("t1", json!({"conditions": stalled})), Wanted { digest: Some(DIGEST), asked: None });
    assert_eq!((found.state, found.message.as_str()), (State::Stalled, "URLInvalid: words"));
    let failed = |handled: &str| json!({"lastHandledReconcileAt": handled, "conditions": ready("False", "AuthenticationFailed")});
    assert_eq!(seen(&oci("t1", failed("t1"))), State::Failed);
    assert_eq!(seen(&oci("t1", failed("t0"))), State::Reconciling, "the failure is older than the request");
    assert_eq!(seen(&oci("t1", json!({}))), State::Reconciling);
    let mut suspended = oci("t1", fetched("t1", &revision()));
    suspended.data["spec"] = json!({"suspend": true});
    assert_eq!(seen(&suspended), State::Unavailable);
}

fn ks(status: Value) -> DynamicObject {
    object(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "a", "generation": 2}, "status": status,
    }))
}

#[test]
fn row_d13_a_reader_is_done_when_it_has_applied_the_revision() {
    let of = |kind, status| reader(kind, &ks(status), &revision()).state;
    let applied = |revision: &str| json!({"observedGeneration": 2, "conditions": ready("True", "x"), "lastAppliedRevision": revision});
    assert_eq!(of(SyncKind::Kustomization, applied(&revision())), State::Reconciled);
    assert_eq!(of(SyncKind::Kustomization, applied("main@sha256:22")), State::Reconciling);
    for digest in [DIGEST.to_owned(), revision()] {
        let status =
            json!({"observedGeneration": 2, "conditions": ready("True", "x"), "lastAttemptedRevisionDigest": digest});
        assert_eq!(of(SyncKind::HelmRelease, status), State::Reconciled, "{digest}");
    }
    let status = json!({
        "observedGeneration": 2, "conditions": ready("True", "x"), "lastAttemptedRevisionDigest": DIGEST,
        "history": [{"ociDigest": "sha256:22"}],
    });
    assert_eq!(of(SyncKind::HelmRelease, status), State::Reconciling, "attempted, and another one installed");
}

#[test]
fn row_d16_a_reader_fails_at_our_revision_only() {
    let of = |reason: &str, revision: &str| {
        let status =
            json!({"observedGeneration": 1, "conditions": ready("False", reason), "lastAttemptedRevision": revision});
        reader(SyncKind::Kustomization, &ks(status), &self::revision()).state
    };
    assert_eq!(of("BuildFailed", &revision()), State::Failed);
    assert_eq!(of("BuildFailed", "main@sha256:22"), State::Reconciling, "the failure is that of the revision before");
    assert_eq!(of("DependencyNotReady", &revision()), State::Reconciling);
}

#[test]
fn row_d19_the_worst_state_comes_first() {
    let order =
        [State::Failed, State::Stalled, State::Reconciling, State::Reconciled, State::Unknown, State::Unavailable];
    assert!(order.is_sorted());
    assert_eq!(
        order.map(State::as_str).join(" > "),
        "Failed > Stalled > Reconciling > Reconciled > Unknown > Unavailable"
    );
}
