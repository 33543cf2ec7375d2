//! The object on whose behalf a plugin is called.

use std::fmt;
use std::sync::Arc;

/// Names the object that a call serves, as `Kind/namespace/name`. It is the key of turns and circuit breakers,
/// decides fairness between namespaces, and appears in log lines. A call that serves no object has a single word
/// here, for example `admission`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Consumer(Arc<str>);

impl Consumer {
    /// The consumer for an object of this kind; `name` is `namespace/name`.
    pub fn of(kind: &str, name: impl fmt::Display) -> Self {
        Self(format!("{kind}/{name}").into())
    }

    /// The text, `Kind/namespace/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace of the object; empty for a call that serves no object.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }
}

impl From<&str> for Consumer {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Consumer {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_that_of_the_object() {
        assert_eq!(Consumer::of("ResourceSet", "apps/previews").namespace(), "apps");
        assert_eq!(Consumer::from("admission").namespace(), "");
        assert_eq!(Consumer::of("ResourceSet", "apps/previews").to_string(), "ResourceSet/apps/previews");
    }
}
