//! The egress pipeline: how a plugin's wish becomes a request, or a refusal that says why.
//!
//! ```text
//! Policy ──▶ Door ──session(grants, credentials, tls, limits)──▶ Session ──send(Request)──▶ Response | HttpError
//!            (process)                                           (one call)
//!
//! send:  text ─1 target─▶ ─2 grant─▶ ─3 headers─▶ ─4 resolve─▶ ─5 address─▶ ─6 credential─▶ wire
//!          ▲                                                                                 │
//!          └────────────────────────── 7 redirect ◀── 8 caps, redaction ◀────────────────────┘
//!        9 a denial is an answer      10 every hop is traced
//! ```
//!
//! # Guarantees
//! - Nothing is reached that no grant names; an empty list of grants reaches nothing.
//! - No address is dialled that the policy refuses, whatever a name resolves to and however it is written.
//! - No plugin ever holds a credential: it names one, the host attaches it, only at the origins the credential itself
//!   lists and its Secret consents to ([`credential::consent`]), and an answer that contains it is refused.
//! - No error, trace or log line holds a secret or the value of a query parameter.
//! - What one credential was told (a cached body, a rate limit) is never used for another one.
//!
//! # Refuses
//! User info in URLs, redirects from https to http, proxies from the environment, cookies.

mod address;
mod cache;
mod clients;
pub mod credential;
mod door;
mod exchange;
mod explain;
mod fingerprint;
mod github_app;
mod grant;
mod headers;
mod identity;
mod message;
mod origin;
mod pipeline;
mod policy;
mod ratelimit;
mod redact;
mod redirect;
mod resolve;
mod script;
mod secret_text;
mod session;
mod silence;
mod target;
pub mod tls;
mod trace;

pub use credential::{Credential, CredentialError, CredentialKind, SecretShape};
pub use door::{Door, DoorError, SessionSpec};
pub use github_app::{AppError, GitHubApp, Installation};
pub use grant::{Grant, GrantError};
pub use identity::SessionIdentity;
pub use message::{HttpError, Method, Request, Response, UnknownMethod};
pub use origin::{Origin, OriginError, Scheme};
pub use policy::{HttpLimits, Policy, Timeouts};
pub use redact::Redactor;
pub use resolve::{Resolver, SystemResolver};
pub use script::Script;
pub use secret_text::{SecretText, SecretTextError};
pub use session::Session;
pub use silence::Quota;
pub use target::UrlRefusal;
pub use tls::{TlsError, TlsSettings};
pub use trace::RequestTrace;
