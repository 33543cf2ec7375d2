//! The ten steps in their order. The rule of each step is in a module of its own; this file only says when it
//! applies.

use std::time::SystemTime;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use tokio::time::Instant;

use crate::connection::clients::Route;
use crate::connection::exchange::{ExchangeError, HttpTransport, OutgoingRequest, RawResponse};
use crate::connection::resolve::NameRefused;
use crate::credential;
use crate::credential::github_app::GitHubApp;
use crate::credential::github_app::mint::MintError;
use crate::credential::{Credential, CredentialKind};
use crate::request::message::{HttpError, Request, Response};
use crate::request::origin::Scheme;
use crate::request::target::Target;
use crate::request::{grant, headers};
use crate::response::back_off::BackOffKey;
use crate::response::cache::CacheKey;
use crate::response::{rate_limit, redirect};
use crate::secret::text::SecretText;
use crate::session::Session;
use crate::session::trace::RequestTrace;

/// One hop of a request.
struct Hop<'a> {
    request: &'a Request,
    target: &'a Target,
    /// Also `None` after a redirect to another origin.
    credential: Option<&'a Credential>,
    /// The header fields of the plugin that may be sent.
    headers: &'a HeaderMap,
}

impl Session {
    /// Sends one request and follows its redirects.
    pub(crate) async fn send_with_redirects(&self, request: &Request) -> Result<Response, HttpError> {
        let (mut target, mut credential, mut headers) = self.admit(request).inspect_err(|error| {
            // A URL that cannot be parsed is not shown, because it may hold anything.
            let url = Target::parse(&request.url).map_or_else(|_| "(refused)".to_owned(), |target| target.shown());
            self.record(RequestTrace::start(request.method, url).ended(Some(error)));
        })?;
        if let Some(script) = &self.spec.script {
            let asked = Request { headers: headers::to_plugin(&headers), ..request.clone() };
            return self.send_scripted(script.as_ref(), &asked, target.shown()).await;
        }
        let mut followed = 0;
        loop {
            let hop = Hop { request, target: &target, credential, headers: &headers };
            let mut trace = RequestTrace::start(request.method, target.shown());
            let started = Instant::now();
            let outcome = self.take(&hop, &mut trace).await;
            trace.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.record(trace.clone().ended(outcome.as_ref().err()));
            let answer = outcome?;

            let Some(next) = redirect::next(request.method, &target, &answer).map_err(HttpError::Denied)? else {
                return Ok(Response {
                    status: answer.status.as_u16(),
                    headers: headers::to_plugin(&answer.headers),
                    body: answer.body.into(),
                    from_cache: trace.from_cache,
                    final_url: target.url().to_string(),
                    authenticated: credential.and_then(|credential| credential.kind.scheme()),
                });
            };
            followed += 1;
            if followed > redirect::MAX_REDIRECTS {
                let most = redirect::MAX_REDIRECTS;
                return Err(HttpError::Denied(format!("{} redirects more than {most} times", target.shown())));
            }
            if next.origin() != target.origin() {
                credential = None;
                headers::keep_harmless(&mut headers);
            }
            target = next;
        }
    }

    /// Steps 1 and 3, and the check that the named credential exists and may be sent to this origin.
    fn admit<'a>(&'a self, request: &Request) -> Result<(Target, Option<&'a Credential>, HeaderMap), HttpError> {
        let denied = HttpError::Denied;
        let target = Target::parse(&request.url).map_err(|refusal| denied(refusal.to_string()))?;
        let limit = self.spec.limits.request_bytes;
        if request.body.len() as u64 > limit {
            return Err(denied(format!("the body of a request may have {limit} bytes")));
        }
        let mut headers = headers::from_plugin(&request.headers, &self.owned_headers())
            .map_err(|refusal| denied(refusal.to_string()))?;
        if request.conditional {
            headers.remove(IF_NONE_MATCH);
            headers.remove(IF_MODIFIED_SINCE);
        }
        // A missing grant is reported before a credential that may not be sent there.
        grant::check(&self.spec.grants, request.method, &target).map_err(denied)?;
        let credential = self.named(request, &target)?;
        Ok((target, credential, headers))
    }

    fn named(&self, request: &Request, target: &Target) -> Result<Option<&Credential>, HttpError> {
        let Some(name) = &request.credential else { return Ok(None) };
        let Some(credential) = self.spec.credentials.iter().find(|credential| credential.name == *name) else {
            let known: Vec<_> = self.spec.credentials.iter().map(|credential| credential.name.as_str()).collect();
            let name: String = name.escape_debug().take(64).collect();
            return Err(HttpError::Denied(format!(
                "there is no credential '{name}'; there are: [{}]",
                known.join(", ")
            )));
        };
        if matches!(credential.kind, CredentialKind::Anonymous) {
            return Ok(None);
        }
        if let Some(withheld) = credential.withheld.iter().find(|withheld| withheld.origin == *target.origin()) {
            return Err(HttpError::Denied(withheld.why.clone()));
        }
        if let Some(home) = credential.kind.home().filter(|home| *home != target.origin()) {
            return Err(HttpError::Denied(format!(
                "the tokens of the GitHub App of credential '{name}' are sent to {home} only, not to {}",
                target.origin()
            )));
        }
        if !credential.is_bound_to(target.origin()) {
            let bound: Vec<_> = credential.origins.iter().map(ToString::to_string).collect();
            return Err(HttpError::Denied(format!(
                "the credential '{name}' is bound to [{}] and is not sent to {}",
                bound.join(", "),
                target.origin()
            )));
        }
        Ok(Some(credential))
    }

    /// Sends one hop: steps 2, 4 to 6, and 8.
    async fn take(&self, hop: &Hop<'_>, trace: &mut RequestTrace) -> Result<RawResponse, HttpError> {
        let method = hop.request.method;
        grant::check(&self.spec.grants, method, hop.target).map_err(HttpError::Denied)?;
        if let Some(address) = hop.target.literal() {
            self.shared.rules.check(address).map_err(|refused| HttpError::Denied(refused.to_string()))?;
        }
        self.check_proxy(hop)?;
        let who = hop.credential.and_then(|credential| credential.fingerprint(&self.shared.key));
        let account = BackOffKey { origin: hop.target.origin().clone(), credential: who };
        if let Some(left) = self.shared.back_offs.left(&account) {
            return Err(backing_off(left));
        }

        let question = CacheKey { credential: who, peer: self.peer, method, target: hop.target, headers: hop.headers };
        let question =
            (hop.request.conditional && question.is_cacheable()).then(|| question.fingerprint(&self.shared.key));
        let stored = question.and_then(|name| self.shared.cache.find(name));
        let mut headers = hop.headers.clone();
        if let Some(stored) = &stored {
            stored.ask(&mut headers);
        }

        let mut answer = self.exchange(hop, headers, &account).await?;
        trace.status = Some(answer.status.as_u16());
        trace.bytes = answer.body.len() as u64;
        self.charge(trace.bytes);

        let rate_limit = rate_limit::read(answer.status, &answer.headers, &answer.body, SystemTime::now());
        let name = hop.credential.map(|credential| credential.name.as_str());
        self.shared.back_offs.note(account.clone(), &rate_limit, name, &self.spec.consumer);
        if rate_limit.refused
            && let Some(left) = self.shared.back_offs.left(&account)
        {
            return Err(backing_off(left));
        }

        if answer.status == StatusCode::NOT_MODIFIED
            && let Some(stored) = stored
        {
            answer = stored.refreshed(&answer.headers);
            trace.from_cache = true;
            // A session with higher limits may have stored it.
            let limit = self.spec.limits.response_bytes;
            if answer.body.len() as u64 > limit {
                return Err(HttpError::TooLarge(limit));
            }
        }
        let secrets = self.secrets();
        if secrets.finds_in(&answer.body) || answer.headers.values().any(|value| secrets.finds_in(value.as_bytes())) {
            return Err(HttpError::Denied("the answer contains the credential".to_owned()));
        }
        if let Some(name) = question.filter(|_| answer.status == StatusCode::OK) {
            self.shared.cache.keep(name, &answer);
        }
        Ok(answer)
    }

    /// The proxy of a tenant is dialled like a target, and sees no credential.
    fn check_proxy(&self, hop: &Hop<'_>) -> Result<(), HttpError> {
        let Route::Session(server) = self.route(hop.target.origin()) else { return Ok(()) };
        if let Some(address) = server.target().literal() {
            let refused = |cause| HttpError::Denied(format!("the proxy {} cannot be used: {cause}", server.origin()));
            self.shared.rules.check(address).map_err(refused)?;
        }
        match hop.credential {
            Some(credential) if hop.target.origin().scheme() == Scheme::Http => Err(HttpError::Denied(format!(
                "the credential '{}' is not sent to {} by way of the proxy {}, which could read it: use https",
                credential.name,
                hop.target.origin(),
                server.origin()
            ))),
            _ => Ok(()),
        }
    }

    /// Sends the hop; again if a pooled connection was closed, or if a minted token is no longer accepted.
    async fn exchange(
        &self,
        hop: &Hop<'_>,
        headers: HeaderMap,
        account: &BackOffKey,
    ) -> Result<RawResponse, HttpError> {
        let origin = hop.target.origin();
        let (route, clients) = (self.route(origin), &self.shared.clients);
        let client = clients
            .get(self.peer, &self.spec.tls, route, origin.scheme())
            .map_err(|_| HttpError::Other("the TLS settings cannot be used".to_owned()))?;
        let transport = HttpTransport {
            client: &client,
            rules: &self.shared.rules,
            timeouts: self.timeouts(),
            proxy: route.proxy().map(|server| (server, clients.resolver())),
        };
        let method = hop.request.method;
        let body = Bytes::copy_from_slice(&hop.request.body);
        let (mut reset_before, mut refused_before) = (false, !method.is_idempotent());
        loop {
            let cap = self.take_request()?;
            let mut headers = headers.clone();
            let minted = self.attach(hop.credential, &mut headers, &transport, account).await?;
            let exchange = OutgoingRequest { method, target: hop.target, headers, body: body.clone(), cap };
            match transport.exchange(exchange).await {
                Err(ExchangeError::Reset) if method.is_idempotent() && !reset_before => reset_before = true,
                Err(ExchangeError::TooLarge(cap)) => {
                    self.charge(cap);
                    let of_one = cap == self.spec.limits.response_bytes;
                    return Err(if of_one { HttpError::TooLarge(cap) } else { self.bytes_exhausted() });
                }
                Err(error) => return Err(explain(error)),
                Ok(answer) => match minted {
                    Some((app, token)) if answer.status == StatusCode::UNAUTHORIZED && !refused_before => {
                        refused_before = true;
                        self.shared.mint.forget(app, &self.shared.key, &token).await;
                    }
                    _ => return Ok(answer),
                },
            }
        }
    }

    /// Step 6. Returns the minted token, if there is one, so that it can be forgotten.
    async fn attach<'a>(
        &self,
        credential: Option<&'a Credential>,
        headers: &mut HeaderMap,
        transport: &HttpTransport<'_>,
        account: &BackOffKey,
    ) -> Result<Option<(&'a GitHubApp, SecretText)>, HttpError> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        use reqwest::header::{AUTHORIZATION, HeaderName};

        let Some(Credential { name, kind, .. }) = credential else { return Ok(None) };
        let mut minted = None;
        let set = match kind {
            CredentialKind::Anonymous => Ok(()),
            CredentialKind::Bearer(token) => credential::set_bearer(headers, token),
            CredentialKind::Basic { username, password } => {
                let pair = zeroize::Zeroizing::new(format!("{username}:{}", password.expose()));
                let value = zeroize::Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
                credential::set(headers, AUTHORIZATION, &value)
            }
            CredentialKind::Header { name, prefix, value } => {
                let value = zeroize::Zeroizing::new(format!("{prefix}{}", value.expose()));
                credential::set(headers, name.clone(), &value)
            }
            CredentialKind::PrivateToken(token) => {
                credential::set(headers, HeaderName::from_static("private-token"), token.expose())
            }
            CredentialKind::GitHubApp(app) => {
                let token = self
                    .shared
                    .mint
                    .token(app, transport, &self.shared.key, self.secrets())
                    .await
                    .map_err(|error| self.explain_mint(name, error, account))?;
                let set = credential::set_bearer(headers, &token);
                minted = Some((&**app, token));
                set
            }
        };
        set.map_err(|unsendable| HttpError::Other(unsendable.to_string()))?;
        Ok(minted)
    }

    fn explain_mint(&self, name: &str, error: MintError, account: &BackOffKey) -> HttpError {
        let home = account.origin.clone();
        let text = format!(
            "no token for the credential '{name}' from {home}: {error} (the key 'githubAppBaseURL' of the secret names the server)"
        );
        match error {
            MintError::OutgoingRequest(cause) => match explain(cause) {
                HttpError::Denied(_) => HttpError::Denied(text),
                HttpError::Timeout(_) => HttpError::Timeout(text),
                _ => HttpError::Transport(text),
            },
            MintError::Limited(rate_limit) => {
                self.shared.back_offs.note(account.clone(), &rate_limit, Some(name), &self.spec.consumer);
                backing_off(rate_limit.back_off.unwrap_or_default())
            }
            MintError::Signing
            | MintError::Unauthorized
            | MintError::NotInstalled(_)
            | MintError::NoInstallation(_)
            | MintError::NotPermitted(_)
            | MintError::Status { .. }
            | MintError::Malformed(_) => HttpError::Other(text),
        }
    }
}

fn backing_off(left: std::time::Duration) -> HttpError {
    // Rounded up, so that a caller that waits this long is not too early.
    HttpError::BackingOff(u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX))
}

fn explain(error: ExchangeError) -> HttpError {
    let text = error.to_string();
    match error {
        ExchangeError::Address(_) | ExchangeError::Name(NameRefused::Address { .. }) => HttpError::Denied(text),
        ExchangeError::Timeout { .. } => HttpError::Timeout(text),
        ExchangeError::TooLarge(cap) => HttpError::TooLarge(cap),
        ExchangeError::Name(NameRefused::NoAddress { .. })
        | ExchangeError::TooManyHeaders
        | ExchangeError::Encoding(_)
        | ExchangeError::Reset
        | ExchangeError::Transport(_) => HttpError::Transport(text),
    }
}
