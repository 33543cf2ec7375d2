//! Webhooks: what a forge sends when something happened there, and how it is verified.
//!
//! ```text
//! server ──▶ Receiver::deliver(path, delivery)      delivery::verify(kind, token, events, delivery) ──▶ Verified
//! ```
//!
//! The protocol is that of Flux's notification-controller, so that the hooks that people have registered at their forges keep
//! working. What a verified delivery causes is the business of whoever implements [`Receiver`]; here nothing is known of Kubernetes.
//!
//! # Guarantees
//! - Tokens and signatures are compared in constant time, and appear in no message.
//! - An unknown path is answered before the body is read. A body has at most 3 MiB and 30 seconds, and only a few are read at once.
//!
//! # Refuses
//! Whatever is not signed, signed with another key, or about an event that is not asked for: [`Refusal`] says why, to the log; the
//! sender sees a status code and nothing else.

mod delivery;
mod path;
mod server;

pub use delivery::{Delivery, HookKind, MacError, Refusal, UnknownKind, Verified, sign, verify, verify_any};
pub use path::HookPath;
pub use server::{Answer, BODY_BYTES, ListenError, Receiver, serve};
