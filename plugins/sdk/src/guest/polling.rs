//! The exported interface `provider`.

use std::marker::PhantomData;

use crate::bindings::describing::orangery::plugin::{selection, types};
use crate::bindings::polling::exports::orangery::plugin::provider;
use crate::json;
use crate::provider::{Outcome, Poll, Provider, Selection};

use super::error;
use super::network::Network;

pub(crate) const CONFIG: &str = "spec.config";

/// Implements the exports for `P`.
pub struct ProviderGuest<P>(PhantomData<P>);

impl<P: Provider> provider::Guest for ProviderGuest<P> {
    fn poll(ctx: provider::PollContext, config: String) -> Result<provider::PollOutcome, types::PluginError> {
        let config = json::decode_config(CONFIG, &config).map_err(error)?;
        let poll = Poll {
            provider_type: ctx.provider_type,
            url: ctx.url,
            filter: ctx.filter,
            http: &Network,
            selection: &HostSelection,
        };
        Ok(match P::poll(&poll, config).map_err(error)? {
            Outcome::Complete(contents) => provider::PollOutcome::Complete(found(contents)),
            Outcome::Partial(contents) => provider::PollOutcome::Partial(found(contents)),
        })
    }
}

fn found(found: crate::Found) -> provider::Found {
    provider::Found { inputs: found.inputs.into_iter().map(input).collect(), unreadable: found.unreadable }
}

fn input(input: crate::Input) -> types::Input {
    let facts = if input.facts.is_empty() {
        String::new()
    } else {
        // Facts hold only strings and booleans, for which serialization cannot fail.
        serde_json::to_string(&input.facts).unwrap_or_default()
    };
    types::Input { id: input.id, attributes: serde_json::Value::Object(input.attributes).to_string(), facts }
}

/// The user's filter, which the host evaluates.
struct HostSelection;

impl Selection for HostSelection {
    fn wants(&self, name: &str, labels: &[String]) -> bool {
        selection::wants(name, labels)
    }
}
