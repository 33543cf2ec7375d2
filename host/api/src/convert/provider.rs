//! Converts a `ResourceSetInputProvider` into a [`ProviderSpec`].

use super::{given, selector};
use crate::provider::{Filter, ResourceSetInputProvider, Selector};
use crate::reference::Schedule;
use kube::ResourceExt;
use orangery_core::selection::FilterSpec;
use orangery_core::spec::{ArtifactSelector, Cadence, ProviderSpec, ProviderType, ScheduleSpec, SpecError};
use orangery_core::{NamespacedName, duration};
use std::time::Duration;

impl TryFrom<&ResourceSetInputProvider> for ProviderSpec {
    type Error = SpecError;

    /// Checks all rules of the CRD, because manifests of the command line have not been checked by an API server.
    fn try_from(provider: &ResourceSetInputProvider) -> Result<Self, SpecError> {
        let wire = &provider.spec;
        let annotations = provider.annotations().clone();
        let schedule = wire.schedule.as_deref().unwrap_or_default();
        let selectors = wire.selectors.as_deref().unwrap_or_default();
        let spec = Self {
            name: NamespacedName::new(provider.namespace().unwrap_or_default(), provider.name_any()),
            uid: provider.uid().unwrap_or_default(),
            labels: provider.labels().clone(),
            provider_type: ProviderType::new(&wire.type_),
            url: given(wire.url.as_ref()),
            service_account: given(wire.service_account_name.as_ref()),
            secret: wire.secret_ref.as_ref().map(|secret| secret.name.clone()),
            certificate: wire.cert_secret_ref.as_ref().map(|secret| secret.name.clone()),
            proxy: wire.proxy_secret_ref.as_ref().map(|secret| secret.name.clone()),
            insecure: wire.insecure.unwrap_or_default(),
            default_values: wire.default_values.clone().unwrap_or_default(),
            filter: wire.filter.as_ref().map(filter).unwrap_or_default(),
            skip: wire.skip.as_ref().and_then(|skip| skip.labels.clone()).unwrap_or_default(),
            schedule: schedule
                .iter()
                .enumerate()
                .map(|(index, one)| schedule_entry(index, one))
                .collect::<Result<_, _>>()?,
            selectors: selectors
                .iter()
                .enumerate()
                .map(|(index, one)| artifact_selector(index, one))
                .collect::<Result<_, _>>()?,
            config: wire.config.clone(),
            timeout: Cadence::of_provider(&annotations).timeout,
            annotations,
        };
        spec.check()?;
        Ok(spec)
    }
}

fn filter(wire: &Filter) -> FilterSpec {
    FilterSpec {
        include_branch: given(wire.include_branch.as_ref()),
        exclude_branch: given(wire.exclude_branch.as_ref()),
        include_tag: given(wire.include_tag.as_ref()),
        exclude_tag: given(wire.exclude_tag.as_ref()),
        include_environment: given(wire.include_environment.as_ref()),
        exclude_environment: given(wire.exclude_environment.as_ref()),
        semver: given(wire.semver.as_ref()),
        labels: wire.labels.clone().unwrap_or_default(),
        limit: wire.limit,
    }
}

fn schedule_entry(index: usize, wire: &Schedule) -> Result<ScheduleSpec, SpecError> {
    let field = format!("spec.schedule[{index}].window");
    let window = given(wire.window.as_ref()).map_or(Ok(Duration::ZERO), |text| duration::parse(&text));
    Ok(ScheduleSpec {
        cron: wire.cron.clone(),
        time_zone: given(wire.time_zone.as_ref()).unwrap_or_else(|| "UTC".to_owned()),
        window: window.map_err(|error| SpecError::new(field.clone(), format!("{field}: {error}")))?,
    })
}

fn artifact_selector(index: usize, wire: &Selector) -> Result<ArtifactSelector, SpecError> {
    let field = format!("spec.selectors[{index}]");
    if wire.name.is_some() && (wire.match_labels.is_some() || wire.match_expressions.is_some()) {
        return Err(SpecError::new(field, "name is mutually exclusive with matchLabels and matchExpressions"));
    }
    let expressions = wire.match_expressions.as_deref().unwrap_or_default();
    Ok(ArtifactSelector {
        name: given(wire.name.as_ref()),
        namespace: given(wire.namespace.as_ref()),
        labels: selector(wire.match_labels.clone().unwrap_or_default(), expressions, &field)?,
    })
}
