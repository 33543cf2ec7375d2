//! The namespace of a set that names none: that of the kubeconfig's current context, else `default`, as in Flux Operator.

use kube::config::Kubeconfig;

/// Reads `KUBECONFIG` or `~/.kube/config`; where they cannot be used, the namespace is `default`.
pub(super) fn of_context() -> String {
    namespace().unwrap_or_else(|| "default".to_owned())
}

fn namespace() -> Option<String> {
    let config = Kubeconfig::read().ok()?;
    let current = config.current_context?;
    let context = config.contexts.into_iter().find(|context| context.name == current)?.context?;
    context.namespace.filter(|namespace| !namespace.is_empty())
}
