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
//! The macro exports the component only when the target is WebAssembly. On every other target the same code is plain
//! Rust, and [`testing`] scripts the network, so that a plugin is unit-tested without a runtime.
//!
//! # Guarantees
//!
//! * A plugin never sees a token: it names a credential in a [`Request`] and the host attaches it.
//! * Every failure is an [`Error`] that says what, where and what to do; none of the helpers turns one into an empty list.
//! * [`listing::list`] calls a listing stable only if no item can have slipped between two of its pages. An item of another
//!   shape does not stop it: it is reported as an [`OddItem`].
//!
//! # Assumptions
//!
//! * Nothing survives a call, so the traits have no `self`.
//! * Filters, sorting, limit, skip and default values belong to the host: a provider returns all it found.

#[cfg(any(test, all(target_arch = "wasm32", feature = "allocator")))]
mod allocator;
pub mod error;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
pub mod http;
pub mod json;
pub mod listing;
pub mod log;
pub mod names;
pub mod paging;
pub mod provider;
pub mod renderer;
pub mod reporter;
pub mod status;
pub mod suggest;
pub mod testing;

pub use error::{Error, Failure, Retry};
pub use http::{Http, HttpError, Method, Request, Response};
pub use provider::{
    Filter, Found, Input, LimitRule, NameKind, NoConfig, Note, NoteLevel, OddItem, Outcome, Poll, Provider, Selection,
    ServedType, Want,
};
pub use renderer::{Body, RenderContext, RenderInput, Rendered, Renderer, Rendering, Template};
pub use reporter::{EnvironmentState, Report, Reporter};

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
#[global_allocator]
static ALLOCATOR: allocator::Classes = allocator::Classes::new();

/// Exports a [`Provider`] as the component's world `input-provider`. On a target other than WebAssembly it only checks
/// that the trait is implemented.
///
/// `export_provider!(Previews, reports)` exports the [`Reporter`] that `Previews` is besides; the provider describes both.
#[macro_export]
macro_rules! export_provider {
    ($provider:ident, reports) => {
        $crate::export_provider!($provider);
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_a_reporter<R: $crate::Reporter>() {}
            is_a_reporter::<$provider>()
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Reports = $crate::guest::reporting::ReporterGuest<$provider>;
    $crate::guest::reporting::bindings::export!(Reports with_types_in $crate::guest::reporting::bindings);
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
            type Exported = $crate::guest::polling::ProviderGuest<$provider>;
    $crate::guest::describing::bindings::export!(Exported with_types_in $crate::guest::describing::bindings);
    $crate::guest::polling::bindings::export!(Exported with_types_in $crate::guest::polling::bindings);
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
            type Exported = $crate::guest::rendering::RendererGuest<$renderer>;
    $crate::guest::describing::bindings::export!(Exported with_types_in $crate::guest::describing::bindings);
    $crate::guest::rendering::bindings::export!(Exported with_types_in $crate::guest::rendering::bindings);
        };
    };
}

/// Exports a [`Reporter`] as the component's world `reporter-plugin`. On a target other than WebAssembly it only checks
/// that the trait is implemented.
#[macro_export]
macro_rules! export_reporter {
    ($reporter:ident) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_a_reporter<R: $crate::Reporter>() {}
            is_a_reporter::<$reporter>()
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::guest::reporting::ReporterGuest<$reporter>;
    $crate::guest::describing::bindings::export!(Exported with_types_in $crate::guest::describing::bindings);
    $crate::guest::reporting::bindings::export!(Exported with_types_in $crate::guest::reporting::bindings);
        };
    };
}
