//! Every endpoint's shape, its paging, its validators and its rate limits, seen by a plain HTTP client.
#![expect(clippy::unwrap_used, reason = "a test client stops where the answer is not as it should be")]

use orangery_test_forge::{Command, DeploymentStatus, Flavour, Forge, Rights, Token, opening};
use reqwest::Response;
use serde_json::Value;

async fn get(url: &str) -> Response {
    reqwest::get(url).await.unwrap()
}

async fn json(url: &str) -> Value {
    serde_json::from_str(&get(url).await.text().await.unwrap()).unwrap()
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn next(response: &Response) -> Option<String> {
    let link = header(response, "link");
    let next = link.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
    Some(next.split(['<', '>']).nth(1).unwrap().to_owned())
}

async fn walk(first: String) -> (Vec<Value>, usize) {
    let (mut all, mut url, mut pages) = (Vec::new(), Some(first), 0);
    while let Some(here) = url {
        let response = get(&here).await;
        url = next(&response);
        let page: Vec<Value> = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        all.extend(page);
        pages += 1;
    }
    (all, pages)
}

fn token(value: &str, flavour: Flavour, repositories: &[&str], rights: Rights) -> Token {
    let repositories = repositories.iter().map(|path| (*path).to_owned()).collect();
    Token { value: value.to_owned(), flavour, repositories, rights, user: "alice".to_owned(), expires_at: None }
}

#[tokio::test]
async fn a_pull_request_has_the_fields_clients_read_under_both_prefixes() {
    let forge = Forge::start().await.unwrap();
    let shop = forge.github("acme/shop");
    let number = shop.opens_one(opening("feature-1").titled("Say \"hi\"").labelled("preview").by("alice").draft());
    let sha = shop.pushes(number);
    for prefix in ["/api/v3", ""] {
        let pulls = json(&format!("{}{prefix}/repos/acme/shop/pulls", forge.url())).await;
        let pull = &pulls[0];
        assert_eq!(pull["number"], number);
        assert_eq!(pull["title"], "Say \"hi\"");
        assert_eq!(pull["head"]["sha"], sha);
        assert_eq!(pull["head"]["ref"], "feature-1");
        assert_eq!(pull["head"]["repo"]["full_name"], "acme/shop");
        assert_eq!(pull["labels"][0]["name"], "preview");
        assert_eq!(pull["user"]["login"], "alice");
        assert_eq!((&pull["draft"], &pull["state"]), (&Value::Bool(true), &Value::from("open")));
        assert_eq!(pull["html_url"], format!("{}/acme/shop/pull/1", forge.url()));
        assert!(pull["created_at"].as_str().unwrap().ends_with('Z'));
    }
}

#[tokio::test]
async fn listings_of_31_100_101_and_1001_are_whole_when_paged_and_never_repeat() {
    for (count, github_pages, gitlab_pages) in [(31, 1, 1), (100, 1, 1), (101, 2, 2), (1001, 11, 11)] {
        let forge = Forge::start().await.unwrap();
        forge.github("acme/shop").opens_many(count);
        forge.gitlab("acme/web/shop").opens_many(count);
        for (url, field, pages) in [
            ("/api/v3/repos/acme/shop/pulls?state=open&per_page=100", "number", github_pages),
            ("/api/v4/projects/acme%2Fweb%2Fshop/merge_requests?state=opened&per_page=100", "iid", gitlab_pages),
        ] {
            let (all, walked) = walk(format!("{}{url}", forge.url())).await;
            let mut numbers: Vec<u64> = all.iter().map(|change| change[field].as_u64().unwrap()).collect();
            assert!(numbers.is_sorted_by(|one, other| one > other), "newest first");
            numbers.reverse();
            assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
            assert_eq!(walked, pages);
        }
    }
}

#[tokio::test]
async fn a_page_holds_thirty_on_github_and_twenty_on_gitlab_unless_asked_and_says_where_the_others_are() {
    let forge = Forge::start().await.unwrap();
    forge.github("acme/shop").opens_many(70);
    forge.gitlab("acme/shop").opens_many(70);
    let url = forge.url();
    let response = get(&format!("{url}/repos/acme/shop/pulls?page=2")).await;
    let link = header(&response, "link");
    for relation in ["prev", "next", "last", "first"] {
        assert!(link.contains(&format!("rel=\"{relation}\"")), "{link}");
    }
    assert!(link.contains("/repositories/"), "GitHub's own links are numeric: {link}");
    assert_eq!(serde_json::from_str::<Vec<Value>>(&response.text().await.unwrap()).unwrap().len(), 30);
    let response = get(&format!("{url}/api/v4/projects/acme%2Fshop/merge_requests")).await;
    let shown = ["x-page", "x-per-page", "x-next-page", "x-total", "x-total-pages"].map(|name| header(&response, name));
    assert_eq!(shown, ["1", "20", "2", "70", "4"]);
}

#[tokio::test]
async fn branches_tags_and_the_repository_read_as_on_the_real_forges() {
    let forge = Forge::start().await.unwrap();
    let (hub, lab) = (forge.github("acme/shop"), forge.gitlab("acme/shop"));
    let hub_sha = hub.creates_branch("a/b");
    let lab_sha = lab.creates_branch("a/b");
    let (hub_tag, lab_tag) = (hub.tags("v1.0.0"), lab.tags("v1.0.0"));
    let url = forge.url();
    let branches = json(&format!("{url}/api/v3/repos/acme/shop/branches")).await;
    assert_eq!((&branches[0]["name"], &branches[0]["commit"]["sha"]), (&"a/b".into(), &hub_sha.into()));
    assert_eq!(branches[1]["protected"], true);
    assert_eq!(json(&format!("{url}/api/v3/repos/acme/shop/tags")).await[0]["commit"]["sha"], hub_tag);
    assert_eq!(json(&format!("{url}/api/v3/repos/acme/shop")).await["full_name"], "acme/shop");
    let branches = json(&format!("{url}/api/v4/projects/acme%2Fshop/repository/branches?regex=^a")).await;
    assert_eq!((branches.as_array().unwrap().len(), &branches[0]["commit"]["id"]), (1, &lab_sha.into()));
    assert_eq!(json(&format!("{url}/api/v4/projects/acme%2Fshop/repository/tags")).await[0]["commit"]["id"], lab_tag);
    let id = json(&format!("{url}/api/v4/projects/acme%2Fshop")).await["id"].clone();
    assert_eq!(json(&format!("{url}/api/v4/projects/{id}")).await["path_with_namespace"], "acme/shop");
}

#[tokio::test]
async fn environments_and_deployments_are_filtered_and_sorted_by_the_server() {
    let forge = Forge::start().await.unwrap();
    let shop = forge.gitlab("acme/shop");
    let kept = shop.creates_environment("review/one");
    shop.creates_environment("review/two");
    shop.stops_environment("review/two");
    shop.deploys("review/one", "main", DeploymentStatus::Success);
    let sha = shop.deploys("review/one", "one", DeploymentStatus::Running);
    let api = format!("{}/api/v4/projects/acme%2Fshop", forge.url());
    let available = json(&format!("{api}/environments?states=available&search=rev")).await;
    assert_eq!((available.as_array().unwrap().len(), &available[0]["id"]), (1, &kept.into()));
    assert!(available[0]["slug"].as_str().unwrap().starts_with("review-one"));
    assert_eq!(get(&format!("{api}/environments?search=ab")).await.status(), 400);
    let list = json(&format!("{api}/deployments?environment=review/one&order_by=created_at&sort=desc")).await;
    assert_eq!((&list[0]["status"], &list[1]["status"]), (&"running".into(), &"success".into()));
    assert_eq!((&list[0]["deployable"]["commit"]["id"], &list[0]["deployable"]["ref"]), (&sha.into(), &"one".into()));
    assert_eq!(list[0]["user"]["username"], "octocat");
    let done = json(&format!("{api}/deployments?environment=review/one&status=success")).await;
    assert_eq!(done.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn merge_requests_are_filtered_by_every_label_and_by_state() {
    let forge = Forge::start().await.unwrap();
    let shop = forge.gitlab("acme/shop");
    let both = shop.opens_one(opening("one").labelled("a").labelled("b"));
    shop.opens_one(opening("two").labelled("a"));
    let merged = shop.opens("three");
    shop.merges(merged);
    let api = format!("{}/api/v4/projects/acme%2Fshop/merge_requests", forge.url());
    let list = json(&format!("{api}?state=opened&labels=a,b")).await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["iid"]), (1, &both.into()));
    assert_eq!(json(&format!("{api}?state=merged")).await[0]["iid"], merged);
}

#[tokio::test]
async fn an_unchanged_list_is_304_and_free_on_github_and_a_changed_one_is_not() {
    let forge = Forge::start().await.unwrap();
    forge.accepts(token("secret", Flavour::Github, &[], Rights::Read));
    let shop = forge.github("acme/shop");
    shop.opens("one");
    let url = format!("{}/repos/acme/shop/pulls", forge.url());
    let client = reqwest::Client::new();
    let ask = |tag: String| client.get(&url).bearer_auth("secret").header("if-none-match", tag).send();
    let first = ask(String::new()).await.unwrap();
    let (tag, remaining) = (header(&first, "etag"), header(&first, "x-ratelimit-remaining"));
    assert!(!header(&first, "last-modified").is_empty());
    let second = ask(tag.clone()).await.unwrap();
    assert_eq!(second.status(), 304);
    assert_eq!(header(&second, "x-ratelimit-remaining"), remaining);
    shop.retitles(1, "other");
    let third = ask(tag).await.unwrap();
    assert_eq!(third.status(), 200);
    assert_ne!(header(&third, "x-ratelimit-remaining"), remaining);
}

#[tokio::test]
async fn a_spent_budget_is_refused_in_the_words_of_each_forge() {
    let forge = Forge::start().await.unwrap();
    forge.github("acme/shop");
    forge.gitlab("acme/shop");
    forge.allows(Flavour::Github, 1);
    forge.allows(Flavour::Gitlab, 1);
    for (path, status) in [("/repos/acme/shop", 403), ("/api/v4/projects/acme%2Fshop", 429)] {
        assert_eq!(get(&format!("{}{path}", forge.url())).await.status(), 200);
        let refused = get(&format!("{}{path}", forge.url())).await;
        assert_eq!(refused.status(), status);
        let remaining = if status == 403 { "x-ratelimit-remaining" } else { "ratelimit-remaining" };
        assert_eq!(header(&refused, remaining), "0");
    }
    let limit = json(&format!("{}/rate_limit", forge.url())).await;
    assert_eq!(limit["resources"]["core"]["remaining"], 0);
}

#[tokio::test]
async fn tokens_see_what_they_were_granted_and_no_more() {
    let forge = Forge::start().await.unwrap();
    forge.github("acme/shop").is_private();
    forge.gitlab("acme/shop").is_private();
    for (flavour, path) in
        [(Flavour::Github, "/repos/acme/shop/pulls"), (Flavour::Gitlab, "/api/v4/projects/acme%2Fshop/merge_requests")]
    {
        let name = |of: &str| format!("{of}-{flavour:?}");
        forge.accepts(token(&name("good"), flavour, &["acme/shop"], Rights::Read));
        forge.accepts(token(&name("other"), flavour, &["acme/else"], Rights::Read));
        forge.accepts(token(&name("weak"), flavour, &["acme/shop"], Rights::None));
        let url = format!("{}{path}", forge.url());
        assert_eq!(get(&url).await.status(), 404);
        for (of, status) in [("good", 200), ("other", 404), ("weak", 403), ("unknown", 401)] {
            let answer = reqwest::Client::new().get(&url).bearer_auth(name(of)).send().await.unwrap();
            assert_eq!(answer.status(), status, "{of} {flavour:?}");
            let text = answer.text().await.unwrap();
            assert!(status == 200 || serde_json::from_str::<Value>(&text).unwrap()["message"].is_string(), "{text}");
        }
        forge.revokes(&name("good"));
        assert_eq!(reqwest::Client::new().get(&url).bearer_auth(name("good")).send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn commit_statuses_are_posted_read_and_refused_for_unknown_commits_and_states() {
    let forge = Forge::start().await.unwrap();
    forge.accepts(token("w", Flavour::Github, &[], Rights::Write));
    let shop = forge.github("acme/shop");
    shop.opens("one");
    let sha = shop.pushes(1);
    let post = |sha: String, body: &'static str| {
        let url = format!("{}/repos/acme/shop/statuses/{sha}", forge.url());
        reqwest::Client::new().post(url).bearer_auth("w").body(body).send()
    };
    assert_eq!(post(sha.clone(), r#"{"state":"success","context":"preview"}"#).await.unwrap().status(), 201);
    assert_eq!(post(sha.clone(), r#"{"state":"closed"}"#).await.unwrap().status(), 422);
    assert_eq!(post("0".repeat(40), r#"{"state":"success"}"#).await.unwrap().status(), 422);
    let list = json(&format!("{}/repos/acme/shop/commits/{sha}/statuses", forge.url())).await;
    assert_eq!((&list[0]["context"], &list[0]["creator"]["login"]), (&"preview".into(), &"alice".into()));
}

#[tokio::test]
async fn the_log_holds_each_request_as_it_was_sent() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let forge = Forge::start().await.unwrap();
    let sent = "GET /repos/a%2Fb/x?q=%20 HTTP/1.1\r\nHost: forge\r\nX-oDD-Case:  two\r\nAuthorization: Bearer canary\r\nConnection: close\r\n\r\n";
    let mut socket = tokio::net::TcpStream::connect(forge.address()).await.unwrap();
    socket.write_all(sent.as_bytes()).await.unwrap();
    socket.read_to_end(&mut Vec::new()).await.unwrap();
    let log = forge.requests();
    assert_eq!(log[0].raw, sent);
    assert_eq!((log[0].target().as_str(), log[0].status), ("/repos/a%2Fb/x?q=%20", Some(401)));
    assert_eq!(log[0].headers[1], ("X-oDD-Case".to_owned(), "two".to_owned()));
    assert_eq!(log[0].header("authorization"), Some("Bearer canary"));
}

#[tokio::test]
async fn a_deed_on_what_is_not_there_is_refused_with_what_there_is() {
    let forge = Forge::start().await.unwrap();
    let shop = forge.github("acme/shop");
    shop.opens("one");
    let command: Command =
        serde_json::from_str(r#"{"do":"close","repository":"github:acme/shop","number":7}"#).unwrap();
    assert_eq!(forge.run(command).unwrap_err().to_string(), r#"acme/shop has no change request "7"; it has 1"#);
    assert!(serde_json::from_str::<Command>(r#"{"do":"close","repository":"acme/shop","number":7}"#).is_err());
}
