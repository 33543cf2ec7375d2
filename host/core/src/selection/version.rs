//! Semantic versions and ranges with the rules users know from Helm and Flux (Masterminds v3).
//!
//! The `semver` crate reads Cargo's ranges, which mean other things (`1.2` is `^1.2` there, `1.2.x` here; no `||`, no hyphen
//! ranges, no leading zeros), so both are read here.

use std::cmp::Ordering;
use std::sync::LazyLock;

/// A version. Build metadata is dropped: it has no part in order or match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    pre: String,
}

#[expect(clippy::expect_used, reason = "the expressions are constants, compiled by the tests")]
static LOOSE: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?$")
        .expect("constant expression")
});

impl Version {
    /// Parses loosely: optional `v`, leading zeros, missing segments.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let found = LOOSE.captures(text)?;
        let number = |group| found.get(group).map_or(Some(0), |part| part.as_str().parse::<u64>().ok());
        let pre = found.get(4).map(|part| part.as_str().to_owned()).unwrap_or_default();
        Some(Self { major: number(1)?, minor: number(2)?, patch: number(3)?, pre })
    }

    /// Parses the name of a tag: as [`Version::parse`], with at least two dots, so that `v1` is not a version.
    #[must_use]
    pub(crate) fn parse_tag(text: &str) -> Option<Self> {
        if text.bytes().filter(|byte| *byte == b'.').count() < 2 { None } else { Self::parse(text) }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_prereleases(&self.pre, &other.pre))
    }
}

fn compare_prereleases(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// A range text that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("improper constraint: {0}; write for example >=1.2.0 <2.0.0, ~1.2, ^1.0.0-0 or 1.x || 2.x")]
pub struct RangeError(pub String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Same,
    Not,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Tilde,
    Caret,
}

/// Which segments were left out or written as `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Major,
    Minor,
    Patch,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparator {
    operator: Operator,
    version: Version,
    open: Open,
}

/// A range: alternatives of conjunctions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VersionRange {
    source: String,
    alternatives: Vec<Vec<Comparator>>,
}

const ONE: &str = r"v?([0-9]+|[xX*])(?:\.([0-9]+|[xX*]))?(?:\.([0-9]+|[xX*]))?(-[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?";

#[expect(clippy::expect_used, reason = "the expressions are constants, compiled by the tests")]
static COMPARATOR: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(&format!(r"^[\s,]*(=>|>=|=<|<=|!=|~>|=|>|<|~|\^)?\s*{ONE}(?:[\s,]|$)"))
        .expect("constant expression")
});

#[expect(clippy::expect_used, reason = "the expressions are constants, compiled by the tests")]
static HYPHEN: LazyLock<regex::Regex> = LazyLock::new(|| {
    let plain = r"v?(?:[0-9]+|[xX*])(?:\.(?:[0-9]+|[xX*])){0,2}(?:-[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?";
    regex::Regex::new(&format!(r"\s*({plain})\s+-\s+({plain})\s*")).expect("constant expression")
});

impl VersionRange {
    /// Parses a range.
    ///
    /// # Errors
    /// The text is not a range.
    pub(crate) fn parse(source: &str) -> Result<Self, RangeError> {
        let rewritten = HYPHEN.replace_all(source, " >=${1} <=${2} ");
        let alternatives = rewritten.split("||").map(conjunction).collect::<Option<Vec<_>>>();
        let alternatives = alternatives.ok_or_else(|| RangeError(source.to_owned()))?;
        Ok(Self { source: source.to_owned(), alternatives })
    }

    /// The text as the user wrote it.
    #[must_use]
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the version lies in the range. A prerelease does so only if its conjunction mentions a prerelease.
    #[must_use]
    pub(crate) fn contains(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| {
            let admits_pre = version.pre.is_empty() || all.iter().any(|one| !one.version.pre.is_empty());
            admits_pre && all.iter().all(|one| one.holds(version))
        })
    }
}

fn conjunction(text: &str) -> Option<Vec<Comparator>> {
    let mut rest = text.trim();
    let mut all = Vec::new();
    while !rest.is_empty() {
        let found = COMPARATOR.captures(rest)?;
        all.push(Comparator::from(&found)?);
        rest = rest.split_at_checked(found.get(0)?.end())?.1.trim_start();
    }
    (!all.is_empty()).then_some(all)
}

impl Comparator {
    fn from(found: &regex::Captures<'_>) -> Option<Self> {
        let segment =
            |group| found.get(group).map(|part| part.as_str()).filter(|part| !matches!(*part, "x" | "X" | "*"));
        let number = |part: Option<&str>| part.map_or(Some(0), |part| part.parse::<u64>().ok());
        let (major, minor, patch) = (segment(2), segment(3), segment(4));
        let open = match (major, minor, patch) {
            (None, _, _) => Open::Major,
            (_, None, _) => Open::Minor,
            (_, _, None) => Open::Patch,
            _ => Open::Nothing,
        };
        let (minor, patch) = match open {
            Open::Major | Open::Minor => (None, None),
            Open::Patch | Open::Nothing => (minor, patch),
        };
        let pre = found.get(5).map(|part| part.as_str().trim_start_matches('-').to_owned()).unwrap_or_default();
        let operator = match found.get(1).map_or("", |part| part.as_str()) {
            "!=" => Operator::Not,
            ">" => Operator::Greater,
            "<" => Operator::Less,
            ">=" | "=>" => Operator::AtLeast,
            "<=" | "=<" => Operator::AtMost,
            "~" | "~>" => Operator::Tilde,
            "^" => Operator::Caret,
            _ => Operator::Same,
        };
        let version = Version { major: number(major)?, minor: number(minor)?, patch: number(patch)?, pre };
        Some(Self { operator, version, open })
    }

    fn holds(&self, v: &Version) -> bool {
        let (c, open) = (&self.version, self.open);
        match self.operator {
            Operator::Same if open == Open::Nothing => v == c,
            Operator::Same | Operator::Tilde => self.tilde(v),
            Operator::Not => match open {
                Open::Nothing | Open::Major => v != c,
                Open::Minor => v.major != c.major,
                Open::Patch if (v.major, v.minor) != (c.major, c.minor) => true,
                Open::Patch => compare_prereleases(&v.pre, &c.pre) != Ordering::Equal,
            },
            Operator::Greater => match open {
                Open::Nothing | Open::Major => v > c,
                Open::Minor => v.major > c.major,
                Open::Patch => (v.major, v.minor) > (c.major, c.minor),
            },
            Operator::Less => v < c,
            Operator::AtLeast => v >= c,
            Operator::AtMost => match open {
                Open::Nothing => v <= c,
                Open::Minor => v.major <= c.major,
                Open::Major | Open::Patch => (v.major, v.minor) <= (c.major, c.minor),
            },
            Operator::Caret => self.caret(v),
        }
    }

    fn tilde(&self, v: &Version) -> bool {
        let c = &self.version;
        if v < c {
            return false;
        }
        // `~0.0.0`, and everything left open, is `>=0.0.0`.
        if (c.major, c.minor, c.patch) == (0, 0, 0) && matches!(self.open, Open::Nothing | Open::Major) {
            return true;
        }
        v.major == c.major && (v.minor == c.minor || self.open == Open::Minor)
    }

    fn caret(&self, v: &Version) -> bool {
        let c = &self.version;
        if v < c {
            return false;
        }
        if c.major > 0 || self.open == Open::Minor {
            return v.major == c.major;
        }
        if v.major > 0 {
            return false;
        }
        if c.minor > 0 || self.open == Open::Patch {
            return v.minor == c.minor;
        }
        v.minor == 0 && v.patch == c.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, version: &str) -> bool {
        VersionRange::parse(range).unwrap().contains(&Version::parse(version).unwrap())
    }

    #[test]
    fn ranges_mean_what_helm_users_expect() {
        for (range, version, expected) in [
            ("1.2.3", "1.2.3", true),
            ("=1.2", "1.2.9", true),
            ("1.2", "1.3.0", false),
            ("*", "0.0.1", true),
            ("1.x", "1.9.9", true),
            (">=1.2.0 <2.0.0", "1.9.9", true),
            (">=1.2.0, <2.0.0", "2.0.0", false),
            ("1.0 - 2.3", "2.3.7", true),
            ("1.0 - 2.3", "2.4.0", false),
            ("~1.2.3", "1.2.9", true),
            ("~1", "1.9.0", true),
            ("~0.0.0", "5.0.0", true),
            ("^1.2.3", "1.9.0", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.3", true),
            ("^0", "0.9.0", true),
            (">11", "11.1.0", false),
            (">11", "12.0.0", true),
            (">11.1", "11.1.5", false),
            ("<=1.2", "1.2.9", true),
            ("!=1.x", "1.5.0", false),
            ("!=1.2.3", "1.2.4", true),
            ("1.x || >=3.0.0", "3.1.0", true),
            ("1.x || >=3.0.0", "2.1.0", false),
            ("6.0.x", "v6.0.4", true),
        ] {
            assert_eq!(holds(range, version), expected, "{range} on {version}");
        }
    }

    #[test]
    fn prereleases_match_only_where_one_is_mentioned() {
        assert!(!holds(">=1.0.0", "1.1.0-rc.1"));
        assert!(holds(">=1.0.0-0", "1.1.0-rc.1"));
        assert!(holds(">=1.0.0-0 <2.0.0", "1.1.0-rc.1"));
        assert!(!holds("*", "1.0.0-beta"));
        assert!(holds(">1.0.0-0 || 9.x", "1.0.0-beta"));
    }

    #[test]
    fn versions_are_ordered_by_the_standard() {
        let mut sorted: Vec<_> =
            ["1.0.0", "1.0.0-alpha.1", "1.0.0-alpha", "1.0.0-beta.11", "1.0.0-beta.2", "1.0.0-rc.1", "01.2.0"]
                .iter()
                .filter_map(|text| Version::parse(text).map(|version| (version, *text)))
                .collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        let order: Vec<_> = sorted.into_iter().map(|(_, text)| text).collect();
        assert_eq!(
            order,
            ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "01.2.0"]
        );
        assert_eq!(Version::parse("1.0.0+a"), Version::parse("1.0.0+b"));
    }

    #[test]
    fn a_tag_needs_two_dots_to_be_a_version() {
        assert!(Version::parse_tag("v1").is_none());
        assert!(Version::parse_tag("1.2").is_none());
        assert!(Version::parse_tag("release-1.2.3").is_none());
        assert!(Version::parse_tag("v01.02.03").is_some());
    }

    #[test]
    fn nonsense_is_an_error() {
        for range in ["", "latest", ">=", "1.2.3.4", "1.x ||", ">=1.0.0foo bar", "> > 1"] {
            assert!(VersionRange::parse(range).is_err(), "{range}");
        }
    }
}
