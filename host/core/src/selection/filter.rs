//! `spec.filter`, parsed against the type it is used with. One field per kind of name: `includeBranch` filters branches and
//! nothing else; a field that cannot apply is a warning, so that no manifest is refused for being too careful.

use super::pattern::Pattern;
use super::served::{NameKind, ServedType};
use super::version::{RangeError, Version, VersionRange};
use crate::conditions::{Disposition, Explain, Notice, Reason};
use go_std::regexp::RegexError;
use serde::{Deserialize, Serialize};

/// How many inputs are exported where the manifest names no limit.
pub const DEFAULT_LIMIT: usize = 100;
/// The highest limit a manifest may name.
pub const MAX_LIMIT: usize = 10_000;

/// `spec.filter` as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FilterSpec {
    /// Branches to keep.
    pub include_branch: Option<String>,
    /// Branches to drop.
    pub exclude_branch: Option<String>,
    /// Tags to keep.
    pub include_tag: Option<String>,
    /// Tags to drop.
    pub exclude_tag: Option<String>,
    /// Environments to keep.
    pub include_environment: Option<String>,
    /// Environments to drop.
    pub exclude_environment: Option<String>,
    /// Range of versions to keep.
    pub semver: Option<String>,
    /// Labels that must all be present.
    pub labels: Vec<String>,
    /// How many to export; zero and less mean the default.
    pub limit: Option<i64>,
}

/// Why a filter cannot work. Waits for a change of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A regular expression does not parse.
    #[error("invalid {field} regex: {cause}")]
    Pattern {
        /// Name of the field under `spec.filter`.
        field: &'static str,
        /// What is wrong with it.
        #[source]
        cause: RegexError,
    },
    /// The version range does not parse.
    #[error("invalid semver expression: {0}")]
    Range(#[source] RangeError),
    /// The limit is too high.
    #[error("result limit {0} exceeds maximum of {MAX_LIMIT}")]
    Limit(i64),
}

impl FilterError {
    /// The path of the field to blame.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::Pattern { field, .. } => format!("spec.filter.{field}"),
            Self::Range(_) => "spec.filter.semver".to_owned(),
            Self::Limit(_) => "spec.filter.limit".to_owned(),
        }
    }
}

impl Explain for FilterError {
    fn reason(&self) -> Reason {
        match self {
            Self::Pattern { .. } | Self::Range(_) | Self::Limit(_) => Reason::InvalidSpec,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Pattern { .. } | Self::Range(_) | Self::Limit(_) => Disposition::WaitForChange,
        }
    }
}

/// A filter that works for one type.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    include: Option<Pattern>,
    exclude: Option<Pattern>,
    labels: Vec<String>,
    semver: Option<VersionRange>,
    limit: usize,
    notices: Vec<Notice>,
}

impl Filter {
    /// Parses the manifest's filter for a type. Every field is parsed, also those that do not apply.
    ///
    /// # Errors
    /// A regular expression or version range does not parse, or the limit is too high.
    pub fn parse(spec: &FilterSpec, served: &ServedType) -> Result<Self, FilterError> {
        let mut notices = Vec::new();
        let mut include = None;
        let mut exclude = None;
        let fields = [
            ("includeBranch", &spec.include_branch, NameKind::Branch, true),
            ("excludeBranch", &spec.exclude_branch, NameKind::Branch, false),
            ("includeTag", &spec.include_tag, NameKind::Tag, true),
            ("excludeTag", &spec.exclude_tag, NameKind::Tag, false),
            ("includeEnvironment", &spec.include_environment, NameKind::Environment, true),
            ("excludeEnvironment", &spec.exclude_environment, NameKind::Environment, false),
        ];
        for (field, text, kind, is_include) in fields {
            let Some(text) = present(text) else { continue };
            let pattern = Pattern::parse(text).map_err(|cause| FilterError::Pattern { field, cause })?;
            if kind == served.name_kind {
                *(if is_include { &mut include } else { &mut exclude }) = Some(pattern);
            } else {
                notices.push(ignored(field, served));
            }
        }
        let mut semver = present(&spec.semver).map(VersionRange::parse).transpose().map_err(FilterError::Range)?;
        if semver.is_some() && served.name_kind != NameKind::Tag {
            notices.push(ignored("semver", served));
            semver = None;
        }
        let mut labels = spec.labels.clone();
        if !labels.is_empty() && !served.labelled {
            notices.push(ignored("labels", served));
            labels.clear();
        }
        Ok(Self { include, exclude, labels, semver, limit: limit(spec.limit)?, notices })
    }

    /// The filter that keeps everything, with the default limit.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            include: None,
            exclude: None,
            labels: Vec::new(),
            semver: None,
            limit: DEFAULT_LIMIT,
            notices: Vec::new(),
        }
    }

    /// Whether the filter accepts this candidate.
    #[must_use]
    pub fn wants<L: AsRef<str>>(&self, name: &str, labels: &[L]) -> bool {
        self.include.as_ref().is_none_or(|pattern| pattern.is_match(name))
            && !self.exclude.as_ref().is_some_and(|pattern| pattern.is_match(name))
            && self.labels.iter().all(|wanted| labels.iter().any(|label| label.as_ref() == wanted))
            && self
                .semver
                .as_ref()
                .is_none_or(|range| Version::parse_tag(name).is_some_and(|version| range.contains(&version)))
    }

    /// The cost of matching names of this many bytes.
    #[must_use]
    pub fn work(&self, bytes: usize) -> usize {
        let patterns = [&self.include, &self.exclude].into_iter().flatten();
        patterns.fold(0, |sum: usize, pattern| sum.saturating_add(pattern.work(bytes)))
    }

    /// How many inputs are exported at most.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The include expression that applies, as the user wrote it.
    #[must_use]
    pub fn include(&self) -> Option<&str> {
        self.include.as_ref().map(Pattern::source)
    }

    /// The exclude expression that applies, as the user wrote it.
    #[must_use]
    pub fn exclude(&self) -> Option<&str> {
        self.exclude.as_ref().map(Pattern::source)
    }

    /// The labels that must all be present.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The version range that applies, as the user wrote it.
    #[must_use]
    pub fn semver(&self) -> Option<&str> {
        self.semver.as_ref().map(VersionRange::source)
    }

    /// Fields that cannot apply to the type.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

fn present(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn limit(wanted: Option<i64>) -> Result<usize, FilterError> {
    match wanted {
        Some(limit) if limit > 0 => {
            usize::try_from(limit).ok().filter(|n| *n <= MAX_LIMIT).ok_or(FilterError::Limit(limit))
        }
        _ => Ok(DEFAULT_LIMIT),
    }
}

fn ignored(field: &str, served: &ServedType) -> Notice {
    let what = match served.name_kind {
        _ if field == "labels" => "whose inputs have no labels".to_owned(),
        NameKind::Unnamed => "whose inputs have no names".to_owned(),
        kind => format!("which filters by {} name", kind.noun()),
    };
    Notice::warning(
        Reason::Warning,
        format!(
            "spec.filter.{field} has no effect on type {}, {what}; remove it or use the field that applies",
            served.name
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::served::LimitRule;

    fn served(kind: NameKind, labelled: bool) -> ServedType {
        ServedType {
            name: "X".into(),
            name_kind: kind,
            name_attribute: "name".into(),
            labelled,
            limit_rule: LimitRule::Admit,
        }
    }

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn a_field_filters_its_own_kind_of_name_only() {
        let spec = FilterSpec { include_branch: text("^feat"), include_tag: text("^v"), ..FilterSpec::default() };
        let filter = Filter::parse(&spec, &served(NameKind::Branch, false)).unwrap();
        assert!(filter.wants::<&str>("feat-1", &[]));
        assert!(!filter.wants::<&str>("v1", &[]));
        assert_eq!(filter.notices().len(), 1);
        assert!(filter.notices()[0].message.starts_with("spec.filter.includeTag has no effect on type X"));
    }

    #[test]
    fn labels_are_all_required_and_a_warning_where_there_are_none() {
        let spec = FilterSpec { labels: vec!["a".into(), "b".into()], ..FilterSpec::default() };
        let filter = Filter::parse(&spec, &served(NameKind::Branch, true)).unwrap();
        assert!(filter.wants("x", &["b", "a", "c"]));
        assert!(!filter.wants("x", &["a"]));
        let unlabelled = Filter::parse(&spec, &served(NameKind::Branch, false)).unwrap();
        assert!(unlabelled.wants::<&str>("x", &[]));
        assert_eq!(unlabelled.notices().len(), 1);
    }

    #[test]
    fn a_version_range_drops_tags_that_are_no_versions() {
        let spec = FilterSpec { semver: text(">=1.0.0"), ..FilterSpec::default() };
        let filter = Filter::parse(&spec, &served(NameKind::Tag, false)).unwrap();
        assert!(filter.wants::<&str>("v1.2.3", &[]));
        assert!(!filter.wants::<&str>("latest", &[]));
        assert!(!filter.wants::<&str>("2.0.0-rc.1", &[]));
    }

    #[test]
    fn bad_expressions_name_their_field_and_wait_for_a_change() {
        let bad = |spec: FilterSpec| Filter::parse(&spec, &served(NameKind::Branch, false)).unwrap_err();
        let pattern = bad(FilterSpec { exclude_tag: text("("), ..FilterSpec::default() });
        assert_eq!(pattern.field(), "spec.filter.excludeTag");
        assert!(pattern.to_string().starts_with("invalid excludeTag regex: "));
        let range = bad(FilterSpec { semver: text("newest"), ..FilterSpec::default() });
        assert!(range.to_string().starts_with("invalid semver expression: "));
        let high = bad(FilterSpec { limit: Some(10_001), ..FilterSpec::default() });
        assert_eq!(high.to_string(), "result limit 10001 exceeds maximum of 10000");
        assert_eq!(high.disposition(), Disposition::WaitForChange);
    }

    #[test]
    fn zero_and_negative_limits_mean_the_default() {
        for limit in [None, Some(0), Some(-5)] {
            let spec = FilterSpec { limit, ..FilterSpec::default() };
            assert_eq!(Filter::parse(&spec, &served(NameKind::Tag, false)).unwrap().limit(), 100);
        }
    }
}
