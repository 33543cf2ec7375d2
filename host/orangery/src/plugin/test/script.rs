//! The scripted network of one case.

use super::case::{Answer, Failure, HeaderValues, Line, Network};
use async_trait::async_trait;
use orangery_egress::{HttpError, Origin, Request, Response, Script};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Answers by the lines of a case, and remembers what did not fit.
#[derive(Debug)]
pub(super) struct CaseScript {
    lines: Vec<Scripted>,
    state: Mutex<State>,
}

/// A line, ready to answer.
#[derive(Debug)]
struct Scripted {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    credential: Option<String>,
    asked_body: Option<String>,
    answer: Result<Response, Failure>,
    delay: Duration,
    /// `None` for any number of times.
    times: Option<usize>,
}

#[derive(Debug, Default)]
struct State {
    used: Vec<usize>,
    problems: Vec<String>,
}

impl CaseScript {
    pub(super) fn new(network: &Network<'_>) -> Self {
        let mut state = State::default();
        let origin = Origin::of_url(network.url).map(|origin| origin.to_string()).unwrap_or_default();
        let lines: Vec<Scripted> =
            network.lines.iter().map(|line| scripted(line, &origin, network, &mut state.problems)).collect();
        state.used = vec![0; lines.len()];
        Self { lines, state: Mutex::new(state) }
    }

    /// Requests that no line answered, and lines that no request used.
    pub(super) fn problems(&self) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let unused =
            self.lines.iter().zip(&state.used).filter(|(line, used)| line.times.is_some_and(|times| **used < times));
        let unused =
            unused.map(|(line, used)| format!("never asked for: {} {} (asked {used} times)", line.method, line.url));
        state.problems.iter().cloned().chain(unused).collect()
    }
}

fn scripted(line: &Line, origin: &str, network: &Network<'_>, problems: &mut Vec<String>) -> Scripted {
    let Line { request, response } = line;
    let url = if request.url.starts_with('/') { format!("{origin}{}", request.url) } else { request.url.clone() };
    let delay = response.delay.as_deref().map_or(Ok(Duration::ZERO), orangery_core::duration::parse);
    let delay = delay.unwrap_or_else(|error| {
        problems.push(format!("delay of {url}: {error}"));
        Duration::ZERO
    });
    let answer = match &response.error {
        Some(failure) => Err(failure.clone()),
        None => Ok(answer(response, &url, network, problems)),
    };
    Scripted {
        method: request.method.clone().unwrap_or_else(|| "GET".to_owned()).to_ascii_uppercase(),
        headers: request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
        credential: request.credential.clone(),
        asked_body: request.body.clone(),
        url,
        answer,
        delay,
        times: match response.times {
            None => Some(1),
            Some(0) => None,
            Some(times) => Some(times),
        },
    }
}

fn answer(response: &Answer, url: &str, network: &Network<'_>, problems: &mut Vec<String>) -> Response {
    let mut headers = Vec::new();
    for (name, values) in &response.headers {
        let name = name.to_ascii_lowercase();
        match values {
            HeaderValues::One(value) => headers.push((name, value.clone())),
            HeaderValues::Many(values) => headers.extend(values.iter().map(|value| (name.clone(), value.clone()))),
        }
    }
    let body = match (&response.json, &response.body, &response.body_file) {
        (Some(json), None, None) => {
            if !headers.iter().any(|(name, _)| name == "content-type") {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
            }
            json.to_string().into_bytes()
        }
        (None, Some(text), None) => text.clone().into_bytes(),
        (None, None, Some(file)) => std::fs::read(network.folder.join(file)).unwrap_or_else(|error| {
            problems.push(format!("bodyFile {} cannot be read: {error}", file.display()));
            Vec::new()
        }),
        (None, None, None) => Vec::new(),
        _ => {
            problems.push(format!("the answer to {url} has more than one of json, body and bodyFile"));
            Vec::new()
        }
    };
    Response {
        status: response.status.unwrap_or(200),
        headers,
        body,
        from_cache: response.from_cache,
        final_url: url.to_owned(),
        authenticated: None,
    }
}

impl Scripted {
    /// Why it does not answer this request; `None` if it does.
    fn mismatch(&self, request: &Request) -> Option<String> {
        if self.method != request.method.as_str() || self.url != request.url {
            return Some(format!("{} {}", self.method, self.url));
        }
        for (name, value) in &self.headers {
            let sent = request.headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            if sent != Some(value) {
                return Some(format!("{} {} with header {name}: {value} (sent: {sent:?})", self.method, self.url));
            }
        }
        if self.credential.is_some() && self.credential != request.credential {
            return Some(format!(
                "{} {} with credential {:?} (named: {:?})",
                self.method, self.url, self.credential, request.credential
            ));
        }
        match &self.asked_body {
            Some(body) if body.as_bytes() != request.body => {
                Some(format!("{} {} with body {body:?}", self.method, self.url))
            }
            _ => None,
        }
    }
}

#[async_trait]
impl Script for CaseScript {
    async fn answer(&self, request: &Request) -> Result<Response, HttpError> {
        let found = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut left = Vec::new();
            let mut found = None;
            for (index, line) in self.lines.iter().enumerate() {
                let Some(used) = state.used.get_mut(index) else { continue };
                if line.times.is_some_and(|times| *used >= times) {
                    continue;
                }
                match line.mismatch(request) {
                    None => {
                        *used += 1;
                        found = Some(line);
                        break;
                    }
                    Some(wanted) => left.push(wanted),
                }
            }
            if found.is_none() {
                let left = if left.is_empty() {
                    "no line is left".to_owned()
                } else {
                    format!("left are:\n  {}", left.join("\n  "))
                };
                state.problems.push(format!("no line answers {} {}; {left}", request.method.as_str(), request.url));
            }
            found
        };
        let Some(line) = found else {
            return Err(HttpError::Transport("the case has no answer for this request".to_owned()));
        };
        tokio::time::sleep(line.delay).await;
        line.answer.clone().map_err(|failure| match failure {
            Failure::Denied(text) => HttpError::Denied(text),
            Failure::BudgetExhausted(text) => HttpError::BudgetExhausted(text),
            Failure::Timeout(text) => HttpError::Timeout(text),
            Failure::Transport(text) => HttpError::Transport(text),
            Failure::Other(text) => HttpError::Other(text),
            Failure::TooLarge(bytes) => HttpError::TooLarge(bytes),
            Failure::BackingOff(ms) => HttpError::BackingOff(ms),
        })
    }
}
