//! The exported interface `notifier`.

use std::marker::PhantomData;

use crate::bindings::describing::orangery::plugin::types;
use crate::bindings::notifying::exports::orangery::plugin::notifier;
use crate::json;
use crate::notifier::{Notice, Notifier, Notify};

use super::error;
use super::network::Network;
use super::polling::CONFIG;

/// Implements the exports for `N`.
pub struct NotifierGuest<N>(PhantomData<N>);

impl<N: Notifier> notifier::Guest for NotifierGuest<N> {
    fn notify(
        ctx: notifier::NotifyContext,
        config: String,
        notice: notifier::Notice,
    ) -> Result<(), types::PluginError> {
        let config = json::decode_config(CONFIG, &config).map_err(error)?;
        let notice = match notice {
            notifier::Notice::Environment(text) => Notice::environment(&text),
            notifier::Notice::Event(text) => Notice::event(&text),
        };
        let notify = Notify { type_name: ctx.type_name, url: ctx.url, notice: notice.map_err(error)?, http: &Network };
        N::notify(&notify, config).map_err(error)
    }
}
