//! The egress pipeline: turns what a plugin asks for into a request, or into a refusal that says why.
//!
//! ```text
//! Policy ──▶ Egress ──session(grants, credentials, tls, limits)──▶ Session ──send(Request)──▶ Response | HttpError
//!            (process)                                           (one call)
//!
//! send:  text ─1 target─▶ ─2 grant─▶ ─3 headers─▶ ─4 resolve─▶ ─5 address─▶ ─6 credential─▶ wire
//!          ▲                                                                                 │
//!          └────────────────────────── 7 redirect ◀── 8 caps, redaction ◀────────────────────┘
//!        9 a denial is an answer      10 every hop is traced
//! ```
//!
//! Folders; each imports only from those below it (enforced by `tests/architecture`):
//!
//! ```text
//! session      one call of a plugin: the order of the steps, its budget, its trace
//! credential   what is sent, to which origins, and with whose consent; GitHub App tokens
//! response     redirects, the conditional cache, rate limits and back-off
//! connection   policy, addresses, proxies, name resolution, TLS, HTTP clients, one exchange
//! request      method, URL, origin, grant, header fields
//! secret       values that cannot be printed, their fingerprints, redaction
//! ```
//!
//! # Guarantees
//! - Only what a grant names is reached; an empty list of grants reaches nothing.
//! - No address is dialled that the policy refuses, whatever a name resolves to and however it is written.
//! - No plugin ever holds a credential. It names one, and the host adds it, only at the origins that the credential
//!   lists and its Secret consents to ([`credential::consent`]). An answer that contains the credential is refused.
//! - No error, trace or log line holds a secret or the value of a query parameter.
//! - What the remote told one credential (a cached body, a rate limit) is never used for another one.
//!
//! # Refuses
//! User info in URLs, redirects from https to http, proxies that nobody has given it (the environment is not read here), cookies.

mod connection;
pub mod credential;
mod explain;
mod request;
mod response;
mod secret;
mod session;

pub use connection::address::Loopback;
pub use connection::json_post::{JsonPost, JsonPostError};
pub use connection::policy::{HttpLimits, Policy, Timeouts};
pub use connection::proxy::{NoProxy, Proxies, ProxyAddressError, ProxyError, ProxyServer};
pub use connection::resolve::{Resolver, SystemResolver};
pub use connection::tls;
pub use connection::tls::{TlsError, TlsSettings};
pub use credential::github_app::{AppError, GitHubApp, Installation};
pub use credential::{Credential, CredentialError, CredentialKind};
pub use request::grant::{Grant, GrantError};
pub use request::message::{HttpError, Method, Request, Response, UnknownMethod};
pub use request::origin::{Origin, Scheme};
pub use request::target::{OriginError, UrlRefusal};
pub use response::back_off::Quota;
pub use secret::redact::{MASK, Redactor};
pub use secret::text::{SecretText, SecretTextError};
pub use session::Session;
pub use session::egress::{Egress, EgressError, SessionSpec};
pub use session::identity::SessionIdentity;
pub use session::script::Script;
pub use session::trace::RequestTrace;
