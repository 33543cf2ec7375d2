//! The exported interface `provider`, and what only the world `input-provider` imports.

use std::marker::PhantomData;

use crate::json;
use crate::provider::{Filter, Outcome, Poll, Provider, Selection};

use super::network::Network;
use super::{error, wire};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-polling; world polling {
            import orangery:plugin/selection@0.1.0;
            export orangery:plugin/provider@0.1.0;
        }",
        path: "wit",
        generate_all,
        with: { "orangery:plugin/types@0.1.0": crate::guest::describing::bindings::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::guest::polling::bindings",
    });
}

use bindings::exports::orangery::plugin::provider;
use bindings::orangery::plugin::selection;

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
            http: &Network,
            selection: &Host,
        };
        Ok(match P::poll(&poll, config).map_err(error)? {
            Outcome::Complete(contents) => provider::PollOutcome::Complete(found(contents)),
            Outcome::Partial(contents) => provider::PollOutcome::Partial(found(contents)),
        })
    }
}

fn found(found: crate::Found) -> provider::Found {
    let odd = found.odd.into_iter();
    provider::Found {
        inputs: found.inputs.into_iter().map(input).collect(),
        odd: odd.map(|item| wire::OddItem { id: item.id, name: item.name, problem: item.problem }).collect(),
    }
}

fn input(input: crate::Input) -> wire::Input {
    wire::Input { id: input.id, attributes: serde_json::Value::Object(input.attributes).to_string() }
}

/// The user's filter, which the host owns.
struct Host;

impl Selection for Host {
    fn wants(&self, name: &str, labels: &[String]) -> bool {
        selection::wants(name, labels)
    }
}
