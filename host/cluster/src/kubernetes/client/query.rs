//! Whole objects of one kind, by name or by labels, with the rights of whoever asks.

use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::refusal::Refusal;
use crate::target::ObjectQuery;
use orangery_core::{GroupVersionKind, Object};

impl Session {
    /// What the query selects; `None` where the kind is not served.
    pub(crate) async fn find(
        &self,
        gvk: &GroupVersionKind,
        query: &ObjectQuery,
    ) -> Result<Option<Vec<Object>>, Refusal> {
        let Some(kind) = self.kind(gvk).await? else { return Ok(None) };
        match query {
            ObjectQuery::Named { namespace, name } => {
                let found: Option<Object> = self.get(&kind.path(namespace, name)).await?;
                if found.is_some() {
                    return Ok(Some(found.into_iter().collect()));
                }
            }
            ObjectQuery::Selected { namespace, labels } => {
                let selector = Some(labels.as_str()).filter(|labels| !labels.is_empty());
                let collection = kind.collection(namespace.as_deref().unwrap_or_default());
                if let Some(found) = self.list(&collection, selector).await? {
                    return Ok(Some(found));
                }
            }
        }
        // The object is missing, or its definition is: discovery is asked again.
        self.connection.discovered.forget(gvk);
        Ok(self.kind(gvk).await?.map(|_| Vec::new()))
    }
}
