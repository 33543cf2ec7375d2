//! Every fault, observed with a plain HTTP client.
#![expect(clippy::unwrap_used, reason = "a test client stops where the answer is not as it should be")]

use std::time::{Duration, Instant};

use orangery_test_forge::{Failure, Fault, Forge};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;

const PULLS: &str = "/api/v3/repos/acme/shop/pulls";

async fn forge() -> Forge {
    let forge = Forge::start().await.unwrap();
    forge.github("acme/shop").opens_many(3);
    forge.gitlab("acme/shop").opens_many(3);
    forge
}

async fn ask(forge: &Forge, path: &str) -> reqwest::Result<Response> {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    client.get(format!("{}{path}", forge.url())).bearer_auth("canary").send().await
}

async fn anonymous(forge: &Forge, path: &str) -> reqwest::Result<Response> {
    reqwest::get(format!("{}{path}", forge.url())).await
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_status_hits_only_the_named_route_as_often_as_told() {
    let forge = forge().await;
    forge.fault(Fault::status(503).on("/pulls").unwrap().after(1).times(2));
    let mut seen = Vec::new();
    for _ in 0..5 {
        assert_eq!(anonymous(&forge, "/repos/acme/shop/branches").await.unwrap().status(), 200);
        seen.push(anonymous(&forge, PULLS).await.unwrap().status().as_u16());
    }
    assert_eq!(seen, [200, 503, 503, 200, 200]);
}

#[tokio::test]
async fn a_fault_from_page_two_on_lets_page_one_pass_and_follows_numeric_links() {
    let forge = forge().await;
    forge.fault(Fault::status(500).on("/repos/acme/shop/pulls").unwrap().from_page(2));
    let first = anonymous(&forge, &format!("{PULLS}?per_page=2")).await.unwrap();
    assert_eq!(first.status(), 200);
    let link = header(&first, "link");
    let next = link.split(['<', '>']).nth(1).unwrap();
    assert_eq!(reqwest::get(next).await.unwrap().status(), 500);
    forge.clear_faults();
    assert_eq!(reqwest::get(next).await.unwrap().status(), 200);
}

#[tokio::test]
async fn limits_carry_the_headers_and_words_of_the_forge() {
    let forge = forge().await;
    forge.fault(Fault::too_many_requests("7").once());
    let answer = anonymous(&forge, PULLS).await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (429, "7".into()));
    forge.fault(Fault::secondary_limit(9).once());
    let answer = anonymous(&forge, PULLS).await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (403, "9".into()));
    assert!(answer.text().await.unwrap().contains("secondary rate limit"));
    forge.fault(Fault::new(Failure::PrimaryLimit { reset_in: 60 }).once());
    let answer = anonymous(&forge, PULLS).await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "x-ratelimit-remaining")), (403, "0".into()));
}

#[tokio::test]
async fn answers_that_are_not_the_list_say_so_with_200() {
    let forge = forge().await;
    let texts = [
        (Failure::Maintenance, "<!DOCTYPE html>"),
        (Failure::EmptyList, "[]"),
        (Failure::InvalidJson, r#"[{"number": 1, "title": "#),
        (Failure::OtherShape, r#"{"data":[]"#),
    ];
    for (failure, start) in texts {
        forge.fault(Fault::new(failure.clone()).once());
        let answer = anonymous(&forge, PULLS).await.unwrap();
        assert_eq!(answer.status(), 200);
        let html = header(&answer, "content-type").starts_with("text/html");
        assert_eq!(html, failure == Failure::Maintenance);
        assert!(answer.text().await.unwrap().starts_with(start));
    }
    forge.fault(Fault::new(Failure::WrongContentType { content_type: "text/plain".into() }).once());
    let answer = anonymous(&forge, PULLS).await.unwrap();
    assert_eq!(header(&answer, "content-type"), "text/plain");
    forge.fault(Fault::status_saying(500, "404 not found").once());
    assert_eq!(anonymous(&forge, PULLS).await.unwrap().text().await.unwrap(), "404 not found");
}

#[tokio::test]
async fn bodies_and_connections_break_where_told() {
    let forge = forge().await;
    for failure in [Failure::TruncatedBody, Failure::CutChunks] {
        forge.fault(Fault::new(failure.clone()).once());
        let answer = anonymous(&forge, PULLS).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers().contains_key("content-length"), failure == Failure::TruncatedBody);
        assert!(answer.text().await.is_err(), "{failure:?}");
    }
    forge.fault(Fault::new(Failure::Reset).once());
    assert!(anonymous(&forge, PULLS).await.is_err());
    assert_eq!(forge.requests().last().unwrap().status, None);
    assert_eq!(anonymous(&forge, PULLS).await.unwrap().status(), 200);
}

#[tokio::test]
async fn slow_heads_and_bodies_take_their_time() {
    let forge = forge().await;
    forge.fault(Fault::slow_head(Duration::from_millis(200)).once());
    let began = Instant::now();
    let _answer = anonymous(&forge, PULLS).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
    forge.fault(Fault::slow_body(Duration::from_millis(2)).once());
    let began = Instant::now();
    let body = anonymous(&forge, PULLS).await.unwrap().bytes().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(2 * body.len() as u64 / 16));
}

#[tokio::test]
async fn redirects_lead_here_elsewhere_and_nowhere() {
    let (forge, other) = (forge().await, forge().await);
    forge.fault(Fault::new(Failure::RedirectHere));
    let followed = anonymous(&forge, PULLS).await.unwrap();
    assert_eq!(followed.status(), 200);
    assert_eq!(forge.requests().len(), 2);
    forge.clear_faults();
    forge.fault(Fault::redirect_to(&other.url()).once());
    let answer = ask(&forge, &format!("{PULLS}?page=1")).await.unwrap();
    assert_eq!(header(&answer, "location"), format!("{}{PULLS}?page=1", other.url()));
    forge.fault(Fault::new(Failure::RedirectLoop));
    assert!(anonymous(&forge, PULLS).await.unwrap_err().is_redirect());
    forge.clear_faults();
    forge.fault(Fault::new(Failure::RedirectDowngrade));
    assert!(header(&ask(&forge, PULLS).await.unwrap(), "location").starts_with("http://"));
}

#[tokio::test]
async fn one_item_of_a_list_can_be_made_unreadable() {
    let forge = forge().await;
    forge.fault(Fault::unreadable_item(2, "/head/sha", Value::Null));
    let list: Vec<Value> =
        serde_json::from_str(&anonymous(&forge, PULLS).await.unwrap().text().await.unwrap()).unwrap();
    let odd: Vec<_> =
        list.iter().filter(|item| item["head"]["sha"].is_null()).map(|item| item["number"].as_u64()).collect();
    assert_eq!((list.len(), odd), (3, vec![Some(2)]));
    assert_eq!(header(&anonymous(&forge, PULLS).await.unwrap(), "etag"), "");
}

#[tokio::test]
async fn a_repeated_page_names_itself_as_the_next() {
    let forge = forge().await;
    forge.fault(Fault::new(Failure::RepeatedPage));
    let answer = anonymous(&forge, &format!("{PULLS}?page=2&per_page=2")).await.unwrap();
    assert!(header(&answer, "link").contains("page=2>; rel=\"next\""));
    let answer = anonymous(&forge, "/api/v4/projects/acme%2Fshop/merge_requests?page=2").await.unwrap();
    assert_eq!(header(&answer, "x-next-page"), "2");
}

#[tokio::test]
async fn a_request_closed_between_two_pages_shifts_the_second() {
    let forge = forge().await;
    forge.fault(Fault::new(Failure::ThenClose { number: 3 }).once());
    let mut seen = Vec::new();
    for page in 1..=2 {
        let answer = anonymous(&forge, &format!("{PULLS}?per_page=1&page={page}")).await.unwrap();
        let list: Vec<Value> = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        seen.extend(list.iter().map(|pull| pull["number"].as_u64().unwrap()));
    }
    assert_eq!(seen, [3, 1], "2 is open and was never shown");
}

#[tokio::test]
async fn echoes_hold_the_credentials_that_were_sent() {
    let forge = forge().await;
    forge.fault(Fault::new(Failure::EchoHeaders).once());
    assert!(ask(&forge, PULLS).await.unwrap().text().await.unwrap().contains("Bearer canary"));
}

#[tokio::test]
async fn huge_bodies_and_gzip_bombs_have_the_size_asked_for() {
    let forge = forge().await;
    forge.fault(Fault::new(Failure::HugeBody { bytes: 3_000_001 }).once());
    assert_eq!(anonymous(&forge, PULLS).await.unwrap().bytes().await.unwrap().len(), 3_000_001);
    forge.fault(Fault::new(Failure::GzipBomb { bytes: 3_000_001 }));
    let packed =
        Client::builder().no_gzip().build().unwrap().get(format!("{}{PULLS}", forge.url())).send().await.unwrap();
    assert!(packed.bytes().await.unwrap().len() < 10_000);
    assert_eq!(anonymous(&forge, PULLS).await.unwrap().bytes().await.unwrap().len(), 3_000_001);
}
