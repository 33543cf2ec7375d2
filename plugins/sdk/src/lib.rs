//! Write an Orangery plugin: a struct, one trait, one macro line.
//!
//! ```
//! use orangery_plugin_sdk::{Error, Input, NoConfig, Outcome, Poll, Provider, Request, ServedType, json};
//!
//! struct Previews;
//!
//! impl Provider for Previews {
//!     type Config = NoConfig;
//!     const NAME: &'static str = "previews";
//!     const VERSION: &'static str = "0.1.0";
//!
//!     fn types() -> Vec<ServedType> {
//!         vec![ServedType::environments("Previews", "title")]
//!     }
//!
//!     fn poll(poll: &Poll<'_>, _config: NoConfig) -> Result<Outcome, Error> {
//!         let names: Vec<String> = json::fetch(poll.http, &Request::get(poll.url.clone()).credential("api"))?;
//!         Ok(Outcome::Complete(names.into_iter().map(|name| Input::new(&name).with("title", name)).collect()))
//!     }
//! }
//!
//! orangery_plugin_sdk::export_provider!(Previews);
//! ```
//!
//! The macro exports the component only if the target is WebAssembly. On every other target the same code is plain
//! Rust, and [`testing`] scripts the network, so that a plugin can be unit-tested without a runtime.
//!
//! # Guarantees
//!
//! * A plugin never sees a token: it names a credential in a [`Request`] and the host adds it.
//! * Every failure is an [`Error`] that says what, where and what to do; no function of the SDK turns one into an
//!   empty list.
//! * [`listing::list`] calls a listing stable only if no item can have moved between two of its pages. An item with
//!   an unexpected shape does not stop it: it is reported as an [`UnreadableItem`].
//!
//! # Assumptions
//!
//! * Nothing survives a call, so the traits have no `self`.
//! * Filters, sorting, limit, skip and default values belong to the host: a provider returns everything that it
//!   found.

#[cfg(any(test, all(target_arch = "wasm32", feature = "allocator")))]
mod allocator;
#[doc(hidden)]
pub mod bindings;
pub mod describe;
pub mod error;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
pub mod http;
pub mod listing;
pub mod log;
mod role;
pub mod testing;
mod text;

pub use error::{Error, Failure, Retry};
pub use http::{Http, HttpError, Method, Request, Response, status};
pub use listing::paging;
pub use notifier::{Notice, Notifier, Notify};
pub use orangery_plugin_documents::manifest::{
    self, Credential, LimitRule, NameKind, Notifies, Scheme, ServedType, Shape, Want,
};
pub use orangery_plugin_documents::{Checks, EnvironmentNotice, EnvironmentState, EventNotice, Facts, Manifest};
pub use provider::{Filter, Found, Input, NoConfig, Note, Outcome, Poll, Provider, Selection, UnreadableItem};
pub use renderer::{Body, RenderContext, RenderInput, Rendered, Renderer, Rendering, Template};
pub use role::{notifier, provider, renderer};
pub use text::{json, names, suggest};

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
#[global_allocator]
static ALLOCATOR: allocator::Classes = allocator::Classes::new();

/// Exports a [`Provider`] as the component's world `input-provider`. On a target other than WebAssembly it only checks
/// that the trait is implemented.
///
/// `export_provider!(Previews, notifies)` also exports the [`Notifier`] that `Previews` implements.
#[macro_export]
macro_rules! export_provider {
    ($provider:ident, notifies) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_both<B: $crate::Provider + $crate::Notifier>() {}
            is_both::<$provider>()
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Described = $crate::guest::ProviderNotifierDescribed<$provider>;
            type Polled = $crate::guest::polling::ProviderGuest<$provider>;
            type Notified = $crate::guest::notifying::NotifierGuest<$provider>;
    $crate::bindings::describing::export!(Described with_types_in $crate::bindings::describing);
    $crate::bindings::polling::export!(Polled with_types_in $crate::bindings::polling);
    $crate::bindings::notifying::export!(Notified with_types_in $crate::bindings::notifying);
        };
    };
    ($provider:ident) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_a_provider<P: $crate::Provider>() {}
            is_a_provider::<$provider>()
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Described = $crate::guest::ProviderDescribed<$provider>;
            type Polled = $crate::guest::polling::ProviderGuest<$provider>;
    $crate::bindings::describing::export!(Described with_types_in $crate::bindings::describing);
    $crate::bindings::polling::export!(Polled with_types_in $crate::bindings::polling);
        };
    };
}

/// Exports a [`Renderer`] as the component's world `renderer-plugin`. On a target other than WebAssembly it only checks
/// that the trait is implemented.
#[macro_export]
macro_rules! export_renderer {
    ($renderer:ident) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_a_renderer<R: $crate::Renderer>() {}
            is_a_renderer::<$renderer>()
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Described = $crate::guest::RendererDescribed<$renderer>;
            type Rendered = $crate::guest::rendering::RendererGuest<$renderer>;
    $crate::bindings::describing::export!(Described with_types_in $crate::bindings::describing);
    $crate::bindings::rendering::export!(Rendered with_types_in $crate::bindings::rendering);
        };
    };
}

/// Exports a [`Notifier`] as the component's world `notifier-plugin`. On a target other than WebAssembly it only checks
/// that the trait is implemented.
#[macro_export]
macro_rules! export_notifier {
    ($notifier:ident) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_a_notifier<N: $crate::Notifier>() {}
            is_a_notifier::<$notifier>()
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Described = $crate::guest::NotifierDescribed<$notifier>;
            type Notified = $crate::guest::notifying::NotifierGuest<$notifier>;
    $crate::bindings::describing::export!(Described with_types_in $crate::bindings::describing);
    $crate::bindings::notifying::export!(Notified with_types_in $crate::bindings::notifying);
        };
    };
}
