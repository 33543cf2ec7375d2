//! The project that `spec.url` names, and where its API is.

use orangery_plugin_sdk::names::encode_segment;
use orangery_plugin_sdk::{Error, Request};
use percent_encoding::percent_decode_str;
use url::{Position, Url};

/// A project on one GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    api: String,
}

impl Project {
    /// Reads `scheme://host/group/…/project`, of any depth.
    ///
    /// # Errors
    /// `invalid-config` at `spec.url`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Error::invalid_config("spec.url", format!("invalid GitLab URL {text:?}: {why}"));
        let url = Url::parse(text).map_err(|cause| refuse(&cause.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("it must start with http:// or https://"));
        }
        let path = percent_decode_str(url.path().trim_matches('/'))
            .decode_utf8()
            .map_err(|_| refuse("the path is not UTF-8"))?;
        if path.is_empty() {
            return Err(refuse("can't find project"));
        }
        let origin = format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort]);
        Ok(Self { api: format!("{origin}/api/v4/projects/{}", encode_segment(&path)) })
    }

    /// A request for a path below the project, for example `repository/tags?per_page=100`.
    pub fn request(&self, path: &str) -> Request {
        Request::get(format!("{}/{path}", self.api)).header("Accept", "application/json").credential("api")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_of_any_depth_becomes_one_segment() {
        for (spec, expected) in [
            ("https://gitlab.com/acme/shop", "https://gitlab.com/api/v4/projects/acme%2Fshop/x"),
            ("https://gitlab.com/acme/shop/", "https://gitlab.com/api/v4/projects/acme%2Fshop/x"),
            ("https://git.example:8443/a/b/c/d.e", "https://git.example:8443/api/v4/projects/a%2Fb%2Fc%2Fd.e/x"),
            ("http://127.0.0.1:8080/acme/shop", "http://127.0.0.1:8080/api/v4/projects/acme%2Fshop/x"),
            ("https://gitlab.com/acme/my%20shop", "https://gitlab.com/api/v4/projects/acme%2Fmy%20shop/x"),
        ] {
            assert_eq!(Project::parse(spec).unwrap().request("x").url, expected, "{spec}");
        }
    }

    #[test]
    fn a_url_without_project_is_refused() {
        for (spec, why) in [
            ("https://gitlab.com", "can't find project"),
            ("https://gitlab.com/", "can't find project"),
            ("oci://gitlab.com/a/b", "it must start with http:// or https://"),
            ("gitlab.com/a/b", "relative URL without a base"),
        ] {
            let error = Project::parse(spec).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid GitLab URL {spec:?}: {why}"));
            assert_eq!(error.failure().field.as_deref(), Some("spec.url"));
        }
    }
}
