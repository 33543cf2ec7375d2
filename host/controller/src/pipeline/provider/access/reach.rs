//! What a plugin may reach: what its manifest asks for, as far as the operator grants it.

use orangery_egress::{Grant, Origin};
use orangery_plugin_documents::manifest::Want;
use orangery_sandbox::PluginDescription;

/// Reading at the origin of `spec.url`; what both keys open of what the plugin asks for; and at its own origin what the operator
/// grants besides, such as other methods. A plugin that came with the program needs no second key.
pub(super) fn granted(plugin: &PluginDescription, grants: &[Grant], own: &Origin) -> Vec<Grant> {
    let wanted = plugin
        .manifest
        .wants
        .iter()
        .filter(|want| want.for_url.as_deref().is_none_or(|url| Origin::of_url(url).as_ref() == Ok(own)))
        .filter_map(|want| Some((Origin::of_url(&want.origin).ok()?, want)));
    let mut granted = vec![Grant::reading(own.clone())];
    if plugin.source.bundled {
        granted.extend(wanted.flat_map(|(origin, want)| asked(&origin, want)));
    } else {
        granted.extend(grants.iter().filter_map(|grant| grant.at(own)));
        granted.extend(wanted.flat_map(|(origin, want)| both(grants, &origin, want)));
    }
    granted
}

/// What a plugin asks for, as a grant, where the operator need not agree.
fn asked(origin: &Origin, want: &Want) -> Vec<Grant> {
    let methods = &want.methods;
    let reading = Grant::reading(origin.clone());
    let whole = if methods.is_empty() { reading } else { reading.with_methods(methods.iter().copied()) };
    below(&whole, want)
}

/// What a want asks for and a grant allows: the methods of both, below the longer of their paths.
fn both(grants: &[Grant], origin: &Origin, want: &Want) -> Vec<Grant> {
    let methods = &want.methods;
    let here = grants.iter().filter_map(|grant| grant.at(origin));
    here.filter_map(|grant| if methods.is_empty() { Some(grant) } else { grant.only(methods) })
        .flat_map(|grant| below(&grant, want))
        .collect()
}

fn below(grant: &Grant, want: &Want) -> Vec<Grant> {
    if want.paths.is_empty() {
        return vec![grant.clone()];
    }
    want.paths.iter().filter_map(|path| grant.below(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_plugin_documents::Manifest;
    use orangery_plugin_documents::manifest::Method;
    use orangery_sandbox::{PluginRef, PluginSource};

    fn opened(want: Want, source: PluginSource, grants: &[&str]) -> Vec<String> {
        let plugin = PluginDescription {
            plugin: PluginRef { name: "p".into(), version: "1.0.0".into(), digest: String::new() },
            source,
            types: vec![],
            manifest: Manifest { wants: vec![want], ..Manifest::new("p", "1.0.0") }.into(),
            notes: vec![],
        };
        let grants: Vec<Grant> = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        let granted = granted(&plugin, &grants, &"https://github.com".parse().unwrap());
        granted.iter().skip(1).map(ToString::to_string).collect()
    }

    #[test]
    fn a_want_of_methods_and_paths_opens_no_more_than_it_says_and_no_more_than_is_granted() {
        let want = || {
            let methods = [Method::Get, Method::Post];
            Want::new("https://api.github.com").methods(&methods).path("/repos/")
        };
        let given = |grants: &[&str]| opened(want(), PluginSource::given("p.wasm"), grants);
        assert_eq!(opened(want(), PluginSource::bundled("p"), &[]), ["GET,POST https://api.github.com/repos"]);
        assert_eq!(given(&[]), [""; 0]);
        assert_eq!(given(&["GET,PUT https://api.github.com"]), ["GET https://api.github.com/repos"]);
        assert_eq!(given(&["POST https://api.github.com/repos/o/r"]), ["POST https://api.github.com/repos/o/r"]);
        assert_eq!(given(&["GET,POST https://api.github.com/graphql"]), [""; 0]);
        assert_eq!(given(&["PUT https://api.github.com"]), [""; 0]);
    }
}
