//! How many identities are kept, and whose requests say so.

use super::*;

use http::Response;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A pool whose clients are counted, and which answers each request with the user it is made for.
fn identities() -> (Identities, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let connect = move |_: Config| {
        count.fetch_add(1, Ordering::SeqCst);
        let echo = service_fn(|request: Request<Body>| async move {
            let user = request.headers().get(IMPERSONATE).map(|user| user.as_bytes().to_vec()).unwrap_or_default();
            Ok::<_, std::convert::Infallible>(Response::new(Body::from(user)))
        });
        Ok(Client::new(echo, "default"))
    };
    (Identities::new(Config::new("http://127.0.0.1:1".parse().unwrap()), Box::new(connect)), made)
}

fn owner(set: &str, account: Option<&str>) -> Owner {
    Owner { name: NamespacedName::new("apps", set), service_account: account.map(str::to_owned), force: false }
}

fn kept(identities: &Identities) -> usize {
    identities.known.lock().unwrap().connections.len()
}

#[tokio::test]
async fn a_thousand_names_share_one_client_and_few_are_kept() {
    let (identities, made) = identities();
    for nth in 0..1000 {
        identities.of(&owner(&format!("set-{nth}"), Some(&format!("account-{nth}")))).unwrap();
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
    assert_eq!(kept(&identities), MOST.get());
}

#[tokio::test]
async fn a_set_that_names_one_account_after_the_other_keeps_one() {
    let (identities, _) = identities();
    for nth in 0..100 {
        identities.of(&owner("restless", Some(&format!("account-{nth}")))).unwrap();
    }
    assert_eq!(kept(&identities), 1);
}

#[tokio::test]
async fn an_identity_goes_with_the_last_set_that_uses_it() {
    let (identities, _) = identities();
    identities.operator().unwrap();
    for set in ["one", "two"] {
        identities.of(&owner(set, Some("flux"))).unwrap();
    }
    identities.of(&owner("own", None)).unwrap();
    assert_eq!(kept(&identities), 2);
    identities.forget(&NamespacedName::new("apps", "one"));
    assert_eq!(kept(&identities), 2, "the other set uses it");
    identities.forget(&NamespacedName::new("apps", "two"));
    identities.forget(&NamespacedName::new("apps", "own"));
    assert_eq!(kept(&identities), 1, "the operator's own stays");
}

#[tokio::test]
async fn each_request_names_its_own_account_and_the_operators_names_none() {
    let (identities, made) = identities();
    let said = async |client: Client| -> String {
        let request = Request::get("/api").body(Body::empty()).unwrap();
        let body = client.send(request).await.unwrap().into_body().collect_bytes().await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let of = |name: &str| Identity::ServiceAccount { namespace: "apps".to_owned(), name: name.to_owned() };
    assert_eq!(said(identities.watching(&of("a")).unwrap()).await, "system:serviceaccount:apps:a");
    assert_eq!(said(identities.watching(&of("b")).unwrap()).await, "system:serviceaccount:apps:b");
    assert_eq!(said(identities.watching(&Identity::Operator).unwrap()).await, "");
    assert_eq!(made.load(Ordering::SeqCst), 2, "one for all accounts, one for the operator");
}

#[tokio::test]
async fn a_name_that_would_add_a_header_is_refused() {
    let (identities, _) = identities();
    let refused = identities.of(&owner("set", Some("flux\r\nimpersonate-group: system:masters")));
    assert!(refused.is_err());
    assert_eq!(kept(&identities), 0);
}
