//! Steps 1 to 3: what may be asked, and what of it reaches the server.

use orangery_egress::{HttpError, Method, Request};

use crate::world::{Server, egress, granted, ok, soon};

#[tokio::test]
async fn a_granted_request_reaches_the_server_and_its_answer_the_plugin() {
    let server = Server::start(|_| ok("hello")).await;
    let session = egress().session(granted(&[server.url("")]));
    let answer = soon(session.send(Request::get(server.url("/a?b=c")))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(answer.final_url, server.url("/a?b=c"));
    assert_eq!(server.seen()[0].path, "/a?b=c");
    assert_eq!(server.seen()[0].header("user-agent").unwrap(), format!("orangery/{}", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn without_a_grant_nothing_is_dialled() {
    let server = Server::start(|_| ok("hello")).await;
    let session = egress().session(granted::<&str>(&[]));
    let error = soon(session.send(Request::get(server.url("/a")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("nothing is granted")), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_method_and_a_path_need_their_grant() {
    let server = Server::start(|_| ok("done")).await;
    let session = egress().session(granted(&[format!("GET,POST {}", server.url("/graphql"))]));
    let post = |path| Request { method: Method::Post, body: b"{}".to_vec(), ..Request::get(server.url(path)) };
    assert_eq!(soon(session.send(post("/graphql"))).await.unwrap().status, 200);
    assert_eq!(server.seen()[0].body, "{}");
    assert!(matches!(soon(session.send(post("/graphql2"))).await, Err(HttpError::Denied(_))));
    let delete = Request { method: Method::Delete, ..post("/graphql") };
    assert!(matches!(soon(session.send(delete)).await, Err(HttpError::Denied(_))));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_path_cannot_leave_its_prefix_in_any_disguise() {
    let server = Server::start(|_| ok("done")).await;
    let session = egress().session(granted(&[server.url("/repos/acme")]));
    for path in ["..;/other", "..;x=1/other", "%2e%2e;/other", "..%3b/other", "%252e%252e%252fother", "..%2fother"] {
        let error = soon(session.send(Request::get(server.url(&format!("/repos/acme/{path}"))))).await.unwrap_err();
        assert!(matches!(error, HttpError::Denied(_)), "{path}: {error}");
    }
    assert!(server.seen().is_empty());
    assert!(soon(session.send(Request::get(server.url("/repos/acme/group%2Fa;b")))).await.is_ok());
}

#[tokio::test]
async fn a_refused_url_is_answered_and_not_shown() {
    let session = egress().session(granted(&["https://a.example".to_owned()]));
    for url in [
        "https://u:hunter2@a.example/",
        "ftp://a.example/",
        "https://a.example/#f",
        "nonsense",
        "https://a.example/\r\nX: 1",
    ] {
        let error = soon(session.send(Request::get(url))).await.unwrap_err();
        assert!(matches!(&error, HttpError::Denied(why) if !why.contains("hunter2")), "{url}: {error}");
    }
    assert!(session.trace().iter().all(|hop| hop.url == "(refused)" && hop.denied.is_some()));
}

#[tokio::test]
async fn header_fields_of_the_host_do_not_pass() {
    let server = Server::start(|_| ok("")).await;
    let session = egress().session(granted(&[server.url("")]));
    let headers =
        [("Authorization", "Bearer forged"), ("Cookie", "a=b"), ("Host", "evil.example"), ("X-Forwarded-For", "::1")];
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    headers.push(("Accept".to_owned(), "application/json".to_owned()));
    soon(session.send(Request { headers, ..Request::get(server.url("/")) })).await.unwrap();
    let seen = &server.seen()[0];
    for name in ["authorization", "cookie", "x-forwarded-for"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    assert_eq!(seen.header("host"), Some(server.address.to_string()));
    assert_eq!(seen.header("accept").as_deref(), Some("application/json"));
}

#[tokio::test]
async fn a_header_with_a_line_break_is_denied() {
    let server = Server::start(|_| ok("")).await;
    let session = egress().session(granted(&[server.url("")]));
    let headers = vec![("X-A".to_owned(), "b\r\nX-Evil: 1".to_owned())];
    let error = soon(session.send(Request { headers, ..Request::get(server.url("/")) })).await.unwrap_err();
    assert!(matches!(error, HttpError::Denied(_)), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn every_hop_is_traced_without_query_values() {
    let server = Server::start(|_| ok("12345")).await;
    let session = egress().session(granted(&[server.url("/ok")]));
    soon(session.send(Request::get(server.url("/ok?page=2&token=hunter2")))).await.unwrap();
    soon(session.send(Request::get(server.url("/no?token=hunter2")))).await.unwrap_err();
    let trace = session.trace();
    assert_eq!(trace[0].url, server.url("/ok?page=…&token=…"));
    assert_eq!((trace[0].status, trace[0].bytes, &trace[0].denied), (Some(200), 5, &None));
    assert_eq!(trace[1].status, None);
    assert!(trace[1].denied.as_ref().unwrap().contains("needs the grant"));
    assert!(!format!("{trace:?}").contains("hunter2"));
}
