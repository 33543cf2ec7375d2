//! The repository that `spec.url` names, and where its API is.

use orangery_plugin_sdk::{Error, Request};
use url::{Position, Url};

/// A repository on one GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    api: String,
    owner: String,
    name: String,
}

impl Repository {
    /// Reads `scheme://host/owner/repo`: exactly two parts, `.git` belongs to the name.
    ///
    /// # Errors
    /// `invalid-config` at `spec.url`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Error::invalid_config("spec.url", format!("invalid GitHub URL {text:?}: {why}"));
        let url = Url::parse(text).map_err(|cause| refuse(&cause.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("it must start with http:// or https://"));
        }
        let parts: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
        let [owner, name] = parts.as_slice() else { return Err(refuse("can't find owner and repository")) };
        if owner.is_empty() || name.is_empty() {
            return Err(refuse("can't find owner and repository"));
        }
        Ok(Self { api: api_base(&url), owner: (*owner).to_owned(), name: (*name).to_owned() })
    }

    /// A request for a path below the repository, for example `branches?per_page=100`.
    pub fn request(&self, path: &str) -> Request {
        Request::get(format!("{}repos/{}/{}/{path}", self.api, self.owner, self.name))
            .header("Accept", "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
            .credential("api")
    }
}

/// github.com has its API at another host; an Enterprise Server under a path; a host that is called an API is one.
fn api_base(url: &Url) -> String {
    let origin = format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort]);
    let host = url.host_str().unwrap_or_default();
    if origin == "https://github.com" {
        "https://api.github.com/".to_owned()
    } else if host.starts_with("api.") || host.contains(".api.") {
        format!("{origin}/")
    } else {
        format!("{origin}/api/v3/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(spec: &str) -> String {
        Repository::parse(spec).unwrap().request("tags").url
    }

    #[test]
    fn the_api_is_where_the_reference_looks_for_it() {
        for (spec, expected) in [
            ("https://github.com/o/r", "https://api.github.com/repos/o/r/tags"),
            ("https://GitHub.com/o/r", "https://api.github.com/repos/o/r/tags"),
            ("http://github.com/o/r", "http://github.com/api/v3/repos/o/r/tags"),
            ("https://git.example.com/o/r", "https://git.example.com/api/v3/repos/o/r/tags"),
            ("https://git.example.com:8443/o/r", "https://git.example.com:8443/api/v3/repos/o/r/tags"),
            ("http://127.0.0.1:8080/o/r", "http://127.0.0.1:8080/api/v3/repos/o/r/tags"),
            ("https://api.example.com/o/r", "https://api.example.com/repos/o/r/tags"),
            ("https://github.api.example.com/o/r", "https://github.api.example.com/repos/o/r/tags"),
            ("https://git.example.com/o/r.git", "https://git.example.com/api/v3/repos/o/r.git/tags"),
        ] {
            assert_eq!(url_of(spec), expected, "{spec}");
        }
    }

    #[test]
    fn a_url_without_exactly_owner_and_repository_is_refused() {
        for spec in [
            "https://github.com",
            "https://github.com/",
            "https://github.com/o",
            "https://github.com/o/",
            "https://github.com/o/r/",
            "https://github.com/o/r/tree/main",
            "https://github.com//r",
        ] {
            let error = Repository::parse(spec).unwrap_err();
            assert_eq!(error.failure().field.as_deref(), Some("spec.url"), "{spec}");
            assert_eq!(error.to_string(), format!("invalid GitHub URL {spec:?}: can't find owner and repository"));
        }
        assert_eq!(Repository::parse("").unwrap_err().kind(), "invalid-config");
        assert_eq!(Repository::parse("ssh://git@github.com/o/r").unwrap_err().kind(), "invalid-config");
    }

    #[test]
    fn every_request_names_the_credential_and_the_api_version() {
        let request = Repository::parse("https://github.com/o/r").unwrap().request("tags");
        assert_eq!(request.credential.as_deref(), Some("api"));
        assert!(request.conditional);
        assert!(request.headers.contains(&("X-GitHub-Api-Version".into(), "2022-11-28".into())));
        assert!(request.headers.contains(&("Accept".into(), "application/vnd.github+json".into())));
    }
}
