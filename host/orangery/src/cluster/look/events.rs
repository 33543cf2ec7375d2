//! `orangery events`: the operator's events about sets and providers, oldest first.

use crate::cli::cluster::EventsOptions;
use crate::cluster::connection::{Connection, Reach, said};
use crate::cluster::kind::Kind;
use crate::cluster::print::{Table, out};
use crate::exit;
use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::Event;
use kube::api::{Api, ListParams};
use kube::runtime::watcher::{self, Event as Change, watcher};
use orangery_core::combine::API_VERSION;
use std::process::ExitCode;

/// Events of one page of a list.
const PAGE: u32 = 500;

pub(in crate::cluster) async fn perform(options: EventsOptions) -> anyhow::Result<ExitCode> {
    let about = options.about.as_deref().map(Kind::parse_reference).transpose()?;
    let wanted = |event: &Event| {
        let object = &event.involved_object;
        object.api_version.as_deref() == Some(API_VERSION)
            && about.is_none_or(|(kind, name)| {
                object.kind.as_deref() == Some(kind.as_str()) && object.name.as_deref() == Some(name)
            })
            && (options.types.is_empty()
                || options.types.iter().any(|of| event.type_.as_deref().is_some_and(|is| is.eq_ignore_ascii_case(of))))
    };
    let connection = Connection::open(&options.connection).await?;
    let reach = Reach::of(options.all_namespaces);
    let api = |client: kube::Client| match reach {
        Reach::Cluster => Api::<Event>::all(client),
        Reach::Namespace => Api::namespaced(client, &connection.namespace),
    };
    let mut events = list(&api(connection.client.clone())).await?;
    events.retain(&wanted);
    events.sort_by_key(seen);
    let table = table(&events, reach);
    let widths = table.widths();
    out(&table.to_string())?;
    if !options.watch {
        return Ok(exit::SUCCESS);
    }
    let mut changes = watcher(api(connection.patient()?), watcher::Config::default()).boxed();
    loop {
        match changes.try_next().await {
            Ok(Some(Change::Apply(event))) if wanted(&event) => {
                out(&self::table(std::slice::from_ref(&event), reach).lines(&widths))?;
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(exit::SUCCESS),
            Err(error) => tracing::warn!(%error, "the watch was interrupted and begins again"),
        }
    }
}

async fn list(api: &Api<Event>) -> anyhow::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let list = api.list(&page).await.map_err(said).context("cannot list events")?;
        let next = list.metadata.continue_.clone().filter(|token| !token.is_empty());
        events.extend(list.items);
        match next {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(events),
        }
    }
}

/// When it happened last, RFC 3339.
fn seen(event: &Event) -> String {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let first = event.event_time.as_ref().map(|time| time.0);
    series.or(last).or(first).map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

fn table(events: &[Event], reach: Reach) -> Table {
    let mut header = vec!["last seen", "type", "reason", "object", "message"];
    if reach == Reach::Cluster {
        header.insert(0, "namespace");
    }
    let mut table = Table::new(&header);
    for event in events {
        let object = &event.involved_object;
        let (kind, name) = (object.kind.clone().unwrap_or_default(), object.name.clone().unwrap_or_default());
        let mut row = vec![
            seen(event),
            event.type_.clone().unwrap_or_default(),
            event.reason.clone().unwrap_or_default(),
            format!("{kind}/{name}"),
            event.message.clone().unwrap_or_default(),
        ];
        if reach == Reach::Cluster {
            row.insert(0, object.namespace.clone().unwrap_or_default());
        }
        table.row(row);
    }
    table
}
