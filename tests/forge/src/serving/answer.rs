//! What a route answers before the door adds headers, and how lists are cut into pages.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::hosted::repository::Flavour;

/// A status, headers and a JSON document.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

/// A page of a listing as asked for in the query.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) base: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) flavour: Flavour,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }
    }

    /// A refusal in the words and shape of the forge.
    pub(crate) fn refusal(flavour: Flavour, status: StatusCode, message: &str) -> Self {
        let body = match flavour {
            Flavour::Github => json!({
                "message": message,
                "documentation_url": "https://docs.github.com/rest",
                "status": status.as_str(),
            }),
            Flavour::Gitlab => json!({"message": message}),
        };
        Self { status, ..Self::ok(body) }
    }

    pub(crate) fn modified(mut self, at: Timestamp) -> Self {
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        let moment = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        self.headers.push(("last-modified", httpdate::fmt_http_date(moment)));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response =
            Response::builder().status(self.status).header("content-type", "application/json; charset=utf-8");
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = if self.body.is_null() { Vec::new() } else { self.body.to_string().into_bytes() };
        response.body(Body::from(body)).unwrap_or_default()
    }
}

impl Asked {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str, default: u64) -> u64 {
        self.get(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(default)
    }

    pub(crate) fn page(&self) -> u64 {
        self.number("page", 1)
    }

    /// Cuts the page that was asked for, with the headers that lead to the others.
    pub(crate) fn cut<T>(&self, all: &[T], show: impl Fn(&T) -> Value) -> Answer {
        let default = if self.flavour == Flavour::Github { 30 } else { 20 };
        let (page, size) = (self.page(), self.number("per_page", default).min(100));
        let total = all.len() as u64;
        let pages = total.div_ceil(size).max(1);
        let skipped = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
        let shown: Vec<Value> = all.iter().skip(skipped).take(usize::try_from(size).unwrap_or(100)).map(show).collect();
        let mut answer = Answer::ok(Value::Array(shown));
        let mut links: BTreeMap<u8, (&str, u64)> = BTreeMap::new();
        if page > 1 {
            links.insert(0, ("prev", (page - 1).min(pages)));
        }
        if page < pages {
            links.insert(1, ("next", page + 1));
        }
        match self.flavour {
            Flavour::Github => {
                if page < pages {
                    links.insert(2, ("last", pages));
                }
                if page > 1 {
                    links.insert(3, ("first", 1));
                }
            }
            Flavour::Gitlab => {
                links.insert(2, ("first", 1));
                let mut head = vec![
                    ("x-page", page.to_string()),
                    ("x-per-page", size.to_string()),
                    ("x-next-page", if page < pages { (page + 1).to_string() } else { String::new() }),
                    ("x-prev-page", if page > 1 { (page - 1).to_string() } else { String::new() }),
                ];
                // GitLab leaves the totals out of listings that are too long to count.
                if total <= 10_000 {
                    links.insert(3, ("last", pages));
                    head.extend([("x-total", total.to_string()), ("x-total-pages", pages.to_string())]);
                }
                answer.headers.extend(head);
            }
        }
        let links: Vec<String> =
            links.values().map(|(name, page)| format!("<{}>; rel=\"{name}\"", self.address(*page))).collect();
        if !links.is_empty() {
            answer.headers.push(("link", links.join(", ")));
        }
        answer
    }

    /// This request for another page.
    pub(crate) fn address(&self, page: u64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.query.iter().filter(|(name, _)| name != "page") {
            query.append_pair(name, value);
        }
        query.append_pair("page", &page.to_string());
        format!("{}{}?{}", self.base, self.path, query.finish())
    }
}
