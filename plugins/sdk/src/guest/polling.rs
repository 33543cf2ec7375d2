//! The exported interface `provider`, and the imports of the world `input-provider`.

use std::marker::PhantomData;

use crate::provider::{Filter, Outcome, Poll, Provider, Selection};
use crate::{Http, HttpError, Method, Request, Response, json};

use super::{error, wire};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-polling; world polling {
            import orangery:plugin/http@0.1.0;
            import orangery:plugin/selection@0.1.0;
            export orangery:plugin/provider@0.1.0;
        }",
        path: "../../wit",
        generate_all,
        with: { "orangery:plugin/types@0.1.0": crate::guest::describing::bindings::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::guest::polling::bindings",
    });
}

use bindings::exports::orangery::plugin::provider;
use bindings::orangery::plugin::{http, selection};

pub(crate) const CONFIG: &str = "spec.config";

/// Carries the exports of `P`.
pub struct ProviderGuest<P>(PhantomData<P>);

impl<P: Provider> provider::Guest for ProviderGuest<P> {
    fn poll(ctx: provider::PollContext, config: String) -> Result<provider::PollOutcome, wire::PluginError> {
        let config = json::decode_config(CONFIG, &config).map_err(error)?;
        let poll = Poll {
            kind: ctx.kind,
            url: ctx.url,
            filter: Filter {
                include: ctx.filter.include,
                exclude: ctx.filter.exclude,
                labels: ctx.filter.labels,
                semver: ctx.filter.semver,
            },
            may_answer_unchanged: ctx.may_answer_unchanged,
            http: &Host,
            selection: &Host,
        };
        Ok(match P::poll(&poll, config).map_err(error)? {
            Outcome::Complete(inputs) => provider::PollOutcome::Complete(inputs.into_iter().map(input).collect()),
            Outcome::Partial(inputs) => provider::PollOutcome::Partial(inputs.into_iter().map(input).collect()),
            Outcome::Unchanged => provider::PollOutcome::Unchanged,
        })
    }
}

fn input(input: crate::Input) -> wire::Input {
    wire::Input { id: input.id, attributes: serde_json::Value::Object(input.attributes).to_string() }
}

/// The imports of the world.
struct Host;

impl Http for Host {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let sent = http::send(&http::Request {
            method: match request.method {
                Method::Get => http::Method::Get,
                Method::Head => http::Method::Head,
                Method::Post => http::Method::Post,
                Method::Put => http::Method::Put,
                Method::Patch => http::Method::Patch,
                Method::Delete => http::Method::Delete,
            },
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            credential: request.credential.clone(),
            conditional: request.conditional,
        });
        match sent {
            Ok(response) => Ok(Response {
                status: response.status,
                headers: response.headers,
                body: response.body,
                from_cache: response.from_cache,
                final_url: response.final_url,
            }),
            Err(http::HttpError::Denied(text)) => Err(HttpError::Denied(text)),
            Err(http::HttpError::BudgetExhausted(text)) => Err(HttpError::BudgetExhausted(text)),
            Err(http::HttpError::Timeout(text)) => Err(HttpError::Timeout(text)),
            Err(http::HttpError::TooLarge(bytes)) => Err(HttpError::TooLarge(bytes)),
            Err(http::HttpError::Transport(text)) => Err(HttpError::Transport(text)),
            Err(http::HttpError::BackingOff(ms)) => Err(HttpError::BackingOff(ms)),
            Err(http::HttpError::Other(text)) => Err(HttpError::Other(text)),
        }
    }
}

impl Selection for Host {
    fn wants(&self, name: &str, labels: &[String]) -> bool {
        selection::wants(name, labels)
    }
}
