//! What is known of the live objects of a plan before anything is asked about a single one: from the watches of the identity, or, where
//! it may not watch, from one list for each kind.

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::live::seen::Seen;
use crate::kubernetes::live::view::{Name, View};
use crate::kubernetes::live::watch::Reach;
use crate::kubernetes::object::ownership::selector;
use crate::kubernetes::target::KubernetesTarget;
use futures::FutureExt;
use orangery_core::{GroupVersionKind, Object, ObjectKey, Plan, Planned};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What is known of one object.
pub(crate) enum Sighting {
    /// It exists and carries owner labels.
    Seen(Seen),
    /// No object of this name carries owner labels.
    Absent(Option<Arc<View>>),
    /// It has to be asked for.
    Unknown,
}

impl Sighting {
    /// What was seen of it.
    pub(crate) fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Absent(_) | Self::Unknown => None,
        }
    }
}

/// What is known of the objects of a plan.
#[derive(Default)]
pub(crate) struct Observed {
    kinds: HashMap<GroupVersionKind, ObservedKind>,
}

struct ObservedKind {
    kind: Kind,
    /// The watch of each namespace that is watched.
    views: BTreeMap<String, Arc<View>>,
    /// What was listed, in the other namespaces.
    listed: Option<HashMap<Name, Seen>>,
    /// Neither a watch nor a list shows some of the objects.
    hidden: bool,
}

impl Observed {
    /// Learns what is known of the kinds of these objects that are not known yet.
    pub(crate) async fn learn<'p>(
        &mut self,
        target: &KubernetesTarget,
        session: &Session,
        plan: &Plan,
        objects: impl Iterator<Item = &'p Planned>,
    ) {
        let missing: BTreeSet<_> = objects
            .map(|planned| planned.object.gvk())
            .filter(|gvk| !self.kinds.contains_key(gvk))
            .map(|gvk| (gvk.group, gvk.version, gvk.kind))
            .collect();
        if missing.is_empty() {
            return;
        }
        let work = missing.into_iter().map(|(group, version, kind)| {
            let gvk = GroupVersionKind { group, version, kind };
            async move {
                let Ok(Some(kind)) = session.kind(&gvk).await else { return None };
                let observed = observe(target, session, plan, kind).await;
                Some((gvk, observed))
            }
            .boxed()
        });
        self.kinds.extend(bounded(work.collect()).await.into_iter().flatten());
    }

    /// Forgets the kinds of which not everything could be seen: the account may see more now.
    pub(crate) fn forget_what_was_hidden(&mut self) {
        self.kinds.retain(|_, observed| !observed.hidden);
    }

    /// How a kind is served.
    pub(crate) fn kind(&self, gvk: &GroupVersionKind) -> Option<&Kind> {
        self.kinds.get(gvk).map(|observed| &observed.kind)
    }

    /// What is known of one object.
    pub(crate) fn of(&self, object: &Object) -> Sighting {
        let Some(observed) = self.kinds.get(&object.gvk()) else { return Sighting::Unknown };
        let (namespace, name) = (object.namespace(), object.name());
        // An object in the wrong scope, or without a name, is refused by the full inspection.
        if observed.kind.namespaced == namespace.is_empty() || name.is_empty() {
            return Sighting::Unknown;
        }
        let place = (namespace.to_owned(), name.to_owned());
        if let Some(view) = observed.views.get(namespace) {
            return match view.get(&place) {
                Some(seen) => Sighting::Seen(seen),
                None => Sighting::Absent(Some(Arc::clone(view))),
            };
        }
        match observed.listed.as_ref().map(|listed| listed.get(&place)) {
            Some(Some(seen)) => Sighting::Seen(seen.clone()),
            Some(None) => Sighting::Absent(None),
            None => Sighting::Unknown,
        }
    }
}

async fn observe(target: &KubernetesTarget, session: &Session, plan: &Plan, kind: Kind) -> ObservedKind {
    let objects = plan.objects().map(|planned| &planned.object).filter(|object| object.gvk() == kind.gvk);
    let namespaces: BTreeSet<String> = objects.map(|object| object.namespace().to_owned()).collect();
    let asked: BTreeSet<&str> = namespaces.iter().map(String::as_str).collect();
    let identity = &session.connection.identity;
    let reach = target.reach(session, &kind, &asked).await;
    let watchable = match reach {
        Reach::Everywhere => asked.clone(),
        Reach::Namespaces => target.watchable(session, &kind, &asked).await,
    };
    let watched =
        target.watches.views(identity, &kind, &watchable, reach, || target.identities.watching(identity)).await;
    let unwatched: Vec<&str> = asked.iter().copied().filter(|namespace| !watched.contains_key(namespace)).collect();
    let listed = if unwatched.is_empty() {
        None
    } else {
        list(session, &kind, &unwatched, Some(&selector(&plan.owner))).await.map(|items| {
            let overrides = &target.options.override_managers;
            items.iter().filter_map(|item| Some((name_of(item), Seen::of(item, overrides)?))).collect()
        })
    };
    let hidden = listed.is_none() && !unwatched.is_empty();
    let views = watched.into_iter().map(|(namespace, view)| (namespace.to_owned(), view)).collect();
    ObservedKind { kind, views, listed, hidden }
}

/// The names among these that exist, whoever owns them. Answers nothing where that cannot be found out.
pub(crate) async fn existing(session: &Session, kind: &Kind, keys: &[ObjectKey]) -> HashSet<Name> {
    let namespaces: BTreeSet<&str> = keys.iter().map(|key| key.namespace.as_str()).collect();
    let namespaces: Vec<&str> = namespaces.into_iter().collect();
    let items = list(session, kind, &namespaces, None).await.unwrap_or_default();
    items.iter().map(name_of).collect()
}

/// One list if the namespaces are one, or if the identity may list all of them; else one for each. `None` if one is refused.
async fn list(session: &Session, kind: &Kind, namespaces: &[&str], selector: Option<&str>) -> Option<Vec<Object>> {
    if namespaces.len() > 1
        && let Ok(items) = session.list_metadata(&kind.collection(""), selector).await
    {
        return Some(items);
    }
    let mut all = Vec::new();
    for namespace in namespaces {
        all.extend(session.list_metadata(&kind.collection(namespace), selector).await.ok()?);
    }
    Some(all)
}

fn name_of(item: &Object) -> Name {
    (item.namespace().to_owned(), item.name().to_owned())
}
