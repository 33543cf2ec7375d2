//! The exported interface `reporter`, and the imports of the world `reporter-plugin`.

use std::marker::PhantomData;

use crate::json;
use crate::reporter::{EnvironmentState, Report, Reporter};

use super::network::Network;
use super::polling::CONFIG;
use super::{error, wire};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-reporting; world reporting { export orangery:plugin/reporter@0.1.0; }",
        path: "wit",
        generate_all,
        with: { "orangery:plugin/types@0.1.0": crate::guest::describing::bindings::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::guest::reporting::bindings",
    });
}

use bindings::exports::orangery::plugin::reporter;

/// Carries the exports of `R`.
pub struct ReporterGuest<R>(PhantomData<R>);

impl<R: Reporter> reporter::Guest for ReporterGuest<R> {
    fn report(
        ctx: reporter::ReportContext,
        config: String,
        report: reporter::EnvironmentReport,
    ) -> Result<(), wire::PluginError> {
        let config = json::decode_config(CONFIG, &config).map_err(error)?;
        let report = Report {
            kind: ctx.kind,
            url: ctx.url,
            id: report.id,
            revision: report.revision,
            state: match report.state {
                reporter::EnvironmentState::Pending => EnvironmentState::Pending,
                reporter::EnvironmentState::Ready => EnvironmentState::Ready,
                reporter::EnvironmentState::Failed => EnvironmentState::Failed,
                reporter::EnvironmentState::Gone => EnvironmentState::Gone,
            },
            summary: report.summary,
            environment_url: report.url,
            http: &Network,
        };
        R::report(&report, config).map_err(error)
    }
}
