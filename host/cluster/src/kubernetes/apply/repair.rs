//! Repairs: what was applied before and is not as it was left. Those that somebody undoes each time are counted.

use crate::kubernetes::apply::Run;
use crate::kubernetes::live::wait::now;
use crate::kubernetes::object::writer::last_writer;
use orangery_core::{Action, Change, Planned};

impl Run<'_> {
    /// Counts a repair.
    pub(super) fn note_repair(&self, change: &Change) {
        let rendered = self.renderings.get(&change.key).filter(|_| self.repairs.contains(&change.key));
        if let Some(rendered) = rendered
            && change.action != Action::Unchanged
        {
            self.target.memory.fights.repaired(&self.plan.owner.name, &change.key, *rendered, now());
        }
    }

    /// Reads, once in each pause, who has changed an object that is left as it is.
    pub(super) async fn find_out_who_changes(&self, planned: &Planned) {
        let (set, key, fights) = (&self.plan.owner.name, planned.object.key(), &self.target.memory.fights);
        if fights.is_known(set, &key, now()) {
            return;
        }
        let Some(kind) = self.observed.kind(&planned.object.gvk()) else { return };
        let live = self.session.metadata(&kind.path(&key.namespace, &key.name)).await;
        let what = match &live {
            Ok(Some(live)) => last_writer(live, &planned.object),
            Ok(None) => "somebody deleted it, whom the audit log of the API server names".to_owned(),
            Err(refusal) => format!("somebody changed it, and it cannot be read by whom ({refusal})"),
        };
        fights.undone(set, &key, format!("{key} is contested: {what}"));
    }
}
