//! The service account that a set is applied and deleted with. Both follow one rule, which reads the object itself, so that it holds
//! for an invalid spec too.

use super::context::{OwnRights, Rights};
use kube::ResourceExt;
use orangery_api::ResourceSet;
use orangery_core::{NamespacedName, Owner, keys};

/// The set names no account, there is no default one, and its namespace is not the operator's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "spec.serviceAccountName is not set, the operator has no --default-service-account, and only ResourceSets in its own \
     namespace {operator_namespace} are applied with its own rights (--own-rights); name a service account of namespace {namespace}"
)]
pub(super) struct NoRights {
    operator_namespace: String,
    namespace: String,
}

/// Who applies and deletes the objects of a set: the account of the set, else the default account, and the operator itself only
/// where `--own-rights` allows it.
pub(super) fn owner(object: &ResourceSet, rights: &Rights) -> Result<Owner, NoRights> {
    let namespace = object.namespace().unwrap_or_default();
    let given = |name: &&str| !name.is_empty();
    let own = object.spec.service_account_name.as_deref().filter(given);
    let account = own.or(rights.default_service_account.as_deref().filter(given));
    let is_own = match rights.own_rights {
        OwnRights::OwnNamespace => namespace == rights.operator_namespace,
        OwnRights::AllNamespaces => true,
    };
    if account.is_none() && !is_own {
        return Err(NoRights { operator_namespace: rights.operator_namespace.clone(), namespace });
    }
    Ok(Owner {
        name: NamespacedName::new(namespace, object.name_any()),
        service_account: account.map(str::to_owned),
        force: object.annotations().get(keys::FORCE).is_some_and(|word| word.eq_ignore_ascii_case("enabled")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use orangery_core::spec::SetSpec;

    fn set(namespace: &str, account: Option<&str>) -> ResourceSet {
        let mut set = ResourceSet::new("set", orangery_api::ResourceSetSpec::default());
        set.metadata.namespace = Some(namespace.to_owned());
        set.spec.service_account_name = account.map(str::to_owned);
        set.spec.resources_template = Some("---".to_owned());
        set
    }

    fn rights(default: Option<&str>) -> Rights {
        Rights {
            default_service_account: default.map(str::to_owned),
            operator_namespace: "system".to_owned(),
            own_rights: OwnRights::OwnNamespace,
        }
    }

    fn account(object: &ResourceSet, default: Option<&str>) -> Result<Option<String>, NoRights> {
        owner(object, &rights(default)).map(|owner| owner.service_account)
    }

    #[test]
    fn the_account_is_the_sets_own_else_the_default_one() {
        assert_eq!(account(&set("apps", Some("own")), Some("flux")), Ok(Some("own".to_owned())));
        assert_eq!(account(&set("apps", None), Some("flux")), Ok(Some("flux".to_owned())));
        assert_eq!(account(&set("apps", Some("")), Some("flux")), Ok(Some("flux".to_owned())));
        assert_eq!(account(&set("system", None), Some("flux")), Ok(Some("flux".to_owned())));
    }

    #[test]
    fn the_operators_own_rights_are_for_its_own_namespace_only() {
        assert_eq!(account(&set("system", None), None), Ok(None));
        let refused = account(&set("apps", None), None).unwrap_err().to_string();
        assert!(refused.contains("namespace system") && refused.contains("namespace apps"), "{refused}");
        assert!(account(&set("apps", Some("")), Some("")).is_err());
    }

    #[test]
    fn the_operators_own_rights_are_for_all_namespaces_where_that_is_said() {
        let everywhere = Rights { own_rights: OwnRights::AllNamespaces, ..rights(None) };
        assert_eq!(owner(&set("apps", None), &everywhere).unwrap().service_account, None);
        let named = owner(&set("apps", Some("own")), &everywhere).unwrap();
        assert_eq!(named.service_account.as_deref(), Some("own"), "the account of the set still counts");
    }

    #[test]
    fn it_is_the_owner_that_the_parsed_spec_has() {
        for (object, default) in [(set("apps", Some("own")), None), (set("apps", None), Some("flux"))] {
            let parsed = SetSpec::try_from(&object).unwrap().owner(default);
            assert_eq!(owner(&object, &rights(default)), Ok(parsed));
        }
    }
}
