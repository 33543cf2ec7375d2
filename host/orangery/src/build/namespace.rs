//! The namespace of a set that names none: that of the kubeconfig's present context, else `default` (rendering-facts C5).

use kube::config::Kubeconfig;

/// Reads `KUBECONFIG` or `~/.kube/config`; anything that cannot be used means `default`.
pub(super) fn of_context() -> String {
    namespace().unwrap_or_else(|| "default".to_owned())
}

fn namespace() -> Option<String> {
    let config = Kubeconfig::read().ok()?;
    let current = config.current_context?;
    let context = config.contexts.into_iter().find(|context| context.name == current)?.context?;
    context.namespace.filter(|namespace| !namespace.is_empty())
}
