//! Step 7: who is followed, where to, and with what.

use orangery_egress::{CredentialKind, HttpError, Method, Request};

use crate::world::{Reply, Server, api, egress, get_with_api, granted, ok, redirect, secret, soon};

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_denied() {
    let chain = |last: usize| {
        move |seen: &crate::world::Seen| -> Reply {
            let step: usize = seen.path[1..].parse().unwrap();
            if step == last { ok("there") } else { redirect(302, &format!("/{}", step + 1)) }
        }
    };
    let server = Server::start(chain(3)).await;
    let session = egress().session(granted(&[server.url("")]));
    let answer = soon(session.send(Request::get(server.url("/0")))).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.final_url), (b"there".as_slice(), server.url("/3")));
    assert_eq!(session.trace().len(), 4);

    let server = Server::start(chain(4)).await;
    let session = egress().session(granted(&[server.url("")]));
    let error = soon(session.send(Request::get(server.url("/0")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("more than 3")), "{error}");
}

#[tokio::test]
async fn a_redirect_to_what_is_not_granted_is_denied() {
    let other = Server::start(|_| ok("secret")).await;
    let to = other.url("/");
    let server = Server::start(move |_| redirect(302, &to)).await;
    let session = egress().session(granted(&[server.url("")]));
    let error = soon(session.send(Request::get(server.url("/")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("needs the grant")), "{error}");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_to_the_metadata_address_is_denied_even_where_it_is_granted() {
    let server = Server::start(|_| redirect(302, "http://169.254.169.254/latest")).await;
    let session = egress().session(granted(&[server.url(""), "http://169.254.169.254".to_owned()]));
    let error = soon(session.send(Request::get(server.url("/")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("never granted")), "{error}");
}

#[tokio::test]
async fn s03_redirected_credential() {
    let other = Server::start(|_| ok("other")).await;
    let to = other.url("/elsewhere");
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/near" => redirect(302, "/far"),
        _ => redirect(307, &to),
    })
    .await;
    let mut spec = granted(&[server.url(""), other.url("")]);
    spec.credentials = api(CredentialKind::Bearer(secret("hunter2-token")), server.origin());
    // Even an origin of its own list does not get it by way of a redirect.
    spec.credentials[0].origins.push(other.origin());
    let session = egress().session(spec);
    let request = Request { headers: vec![("X-Key".to_owned(), "k".to_owned())], ..get_with_api(server.url("/near")) };
    assert_eq!(soon(session.send(request)).await.unwrap().body, b"other");
    let near = server.seen();
    assert_eq!(near.len(), 2);
    assert!(near.iter().all(|seen| seen.header("authorization").as_deref() == Some("Bearer hunter2-token")));
    assert_eq!(other.seen()[0].header("authorization"), None);
    assert_eq!(other.seen()[0].header("x-key"), None);
}

#[tokio::test]
async fn a_redirected_write_is_an_answer() {
    let server = Server::start(|_| redirect(307, "/elsewhere")).await;
    let session = egress().session(granted(&[format!("POST {}", server.url(""))]));
    let request = Request { method: Method::Post, ..Request::get(server.url("/")) };
    assert_eq!(soon(session.send(request)).await.unwrap().status, 307);
    assert_eq!(server.seen().len(), 1);
}
