//! A scripted network and filter, with which a plugin's behaviour is tested as plain Rust, without a runtime.
//!
//! ```
//! use orangery_plugin_sdk::testing::{Script, answer};
//! use orangery_plugin_sdk::{Request, json};
//!
//! let http = Script::new().get("https://forge.example/names", answer(200).text(r#"["a", "b"]"#));
//! let names: Vec<String> = json::fetch(&http, &Request::get("https://forge.example/names")).unwrap();
//! assert_eq!(names, ["a", "b"]);
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;

use orangery_plugin_documents::{EnvironmentNotice, EnvironmentState};

use crate::http::{Http, HttpError, Method, Request, Response};
use crate::notifier::{Notice, Notify};
use crate::provider::{Filter, Poll, Selection};

type Rule = Box<dyn Fn(&Request) -> Result<Answer, HttpError>>;

/// A network that gives each scripted answer once, and records the requests.
#[derive(Default)]
pub struct Script {
    lines: RefCell<VecDeque<Line>>,
    rule: Option<Rule>,
    sent: RefCell<Vec<Request>>,
}

struct Line {
    expects: Option<(Method, String)>,
    gives: Result<Answer, HttpError>,
}

/// A scripted answer. See [`answer`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    response: Response,
}

/// A filter that wants everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everything;

/// A filter that wants the names for which the function returns true.
pub struct Named<F>(pub F);

/// Begins an answer with this status: `answer(200).header("x-total", "2").text("[]")`.
pub fn answer(status: u16) -> Answer {
    Answer { response: Response { status, ..Response::default() } }
}

/// A poll of this provider type at `url` without filter, over a scripted network.
pub fn poll<'a>(provider_type: &str, url: &str, http: &'a Script) -> Poll<'a> {
    Poll {
        provider_type: provider_type.to_owned(),
        url: url.to_owned(),
        filter: Filter::default(),
        http,
        selection: &Everything,
    }
}

/// The notice that an environment is ready, over a scripted network.
pub fn environment<'a>(provider_type: &str, url: &str, id: &str, http: &'a Script) -> Notify<'a> {
    let environment = EnvironmentNotice {
        id: id.to_owned(),
        provider_type: provider_type.to_owned(),
        url: url.to_owned(),
        change_request: None,
        revision: String::new(),
        state: EnvironmentState::Ready,
        summary: String::new(),
        environment_url: None,
        details: String::new(),
        since: None,
    };
    Notify { type_name: provider_type.to_owned(), url: url.to_owned(), notice: Notice::Environment(environment), http }
}

impl Script {
    /// A network without answers: every request fails.
    pub fn new() -> Self {
        Self::default()
    }

    /// A network whose answers a function computes.
    pub fn answering(rule: impl Fn(&Request) -> Answer + 'static) -> Self {
        Self { rule: Some(Box::new(move |request| Ok(rule(request)))), ..Self::default() }
    }

    /// A network that gives these answers one after the other, whatever the request is.
    pub fn answering_in_turn(answers: impl IntoIterator<Item = Answer>) -> Self {
        let lines = answers.into_iter().map(|answer| Line { expects: None, gives: Ok(answer) }).collect();
        Self { lines: RefCell::new(lines), ..Self::default() }
    }

    /// Answers one GET of this URL. Answers for the same URL are used in their order.
    #[must_use]
    pub fn get(self, url: &str, answer: Answer) -> Self {
        self.on(Method::Get, url, Ok(answer))
    }

    /// Fails one GET of this URL.
    #[must_use]
    pub fn fail(self, url: &str, error: HttpError) -> Self {
        self.on(Method::Get, url, Err(error))
    }

    /// Answers or fails one request of this method and URL.
    #[must_use]
    pub fn on(self, method: Method, url: &str, gives: Result<Answer, HttpError>) -> Self {
        self.lines.borrow_mut().push_back(Line { expects: Some((method, url.to_owned())), gives });
        self
    }

    /// The requests that were made so far.
    pub fn sent(&self) -> Vec<Request> {
        self.sent.borrow().clone()
    }

    /// The URLs that were requested so far.
    pub fn urls(&self) -> Vec<String> {
        self.sent.borrow().iter().map(|request| request.url.clone()).collect()
    }

    /// Checks that every scripted answer was used.
    ///
    /// # Panics
    /// If one was not used.
    pub fn assert_used_up(&self) {
        let left: Vec<String> = self.lines.borrow().iter().map(|line| format!("{:?}", line.expects)).collect();
        assert!(left.is_empty(), "never asked for: {left:?}");
    }
}

impl Http for Script {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        self.sent.borrow_mut().push(request.clone());
        let mut lines = self.lines.borrow_mut();
        let found = lines.iter().position(|line| {
            line.expects.as_ref().is_none_or(|(method, url)| *method == request.method && *url == request.url)
        });
        let gives = match (found.and_then(|index| lines.remove(index)), &self.rule) {
            (Some(line), _) => line.gives,
            (None, Some(rule)) => rule(request),
            (None, None) => {
                let text = format!("the script has no answer for {} {}", request.method.as_str(), request.url);
                return Err(HttpError::Other(text));
            }
        };
        let mut response = gives?.response();
        response.final_url.clone_from(&request.url);
        Ok(response)
    }
}

impl Answer {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.response.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sets how the host authenticated the request, for example `bearer`.
    #[must_use]
    pub fn authenticated(mut self, scheme: &str) -> Self {
        self.response.authenticated = Some(scheme.to_owned());
        self
    }

    /// Adds `Link: <url>; rel="next"`.
    #[must_use]
    pub fn next_link(self, url: &str) -> Self {
        self.header("link", &format!(r#"<{url}>; rel="next""#))
    }

    /// Sets the body to this text.
    #[must_use]
    pub fn text(mut self, body: &str) -> Self {
        self.response.body = body.as_bytes().to_vec();
        self
    }

    /// Sets the body to this JSON document, and the content type.
    #[must_use]
    pub fn json(self, body: impl Into<serde_json::Value>) -> Self {
        let body: serde_json::Value = body.into();
        self.header("content-type", "application/json").text(&body.to_string())
    }

    /// The answer in the form in which the host gives it.
    pub fn response(self) -> Response {
        self.response
    }
}

impl Selection for Everything {
    fn wants(&self, _name: &str, _labels: &[String]) -> bool {
        true
    }
}

impl<F: Fn(&str) -> bool> Selection for Named<F> {
    fn wants(&self, name: &str, _labels: &[String]) -> bool {
        (self.0)(name)
    }
}
