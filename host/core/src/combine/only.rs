//! Keeps only one input, for `orangery build --input`.

use super::Combined;
use serde_json::Value;

/// How many ids an error lists.
const LISTED: usize = 20;

/// The input that was asked for does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no input with the id '{id}'; {}", listed(.there))]
pub struct InputNotFound {
    /// The id that was asked for.
    pub id: String,
    /// The existing ids, in rendering order.
    pub there: Vec<String>,
}

fn listed(there: &[String]) -> String {
    if there.is_empty() {
        return "there are no inputs with an id".to_owned();
    }
    let shown: Vec<&str> = there.iter().take(LISTED).map(String::as_str).collect();
    let more = there.len().saturating_sub(LISTED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("there are: {}{rest}", shown.join(", "))
}

impl Combined {
    /// Keeps the inputs whose `id`, or whose digest, is this one; several providers may use one id.
    ///
    /// # Errors
    /// No input has this id or digest.
    pub fn keep_only(&mut self, id: &str) -> Result<(), InputNotFound> {
        let there = self.inputs.iter().filter_map(|input| id_of(input.attributes.get("id").as_ref())).collect();
        self.inputs
            .retain(|input| input.uid == id || id_of(input.attributes.get("id").as_ref()).as_deref() == Some(id));
        if self.inputs.is_empty() {
            return Err(InputNotFound { id: id.to_owned(), there });
        }
        Ok(())
    }
}

/// An id as a user types it, without its JSON type.
fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::CombinedInput;
    use super::*;
    use serde_json::json;

    fn combined(ids: &[Value]) -> Combined {
        let inputs = ids.iter().enumerate().map(|(index, id)| CombinedInput {
            attributes: json!({ "id": id }).as_object().cloned().unwrap_or_default().into(),
            uid: format!("{index:016x}"),
            label: String::new(),
            sources: Vec::new().into(),
            untrusted: Vec::new(),
        });
        Combined { inputs: inputs.collect(), ..Combined::default() }
    }

    #[test]
    fn an_id_is_found_whether_text_or_number_and_all_of_one_id_are_kept() {
        let mut all = combined(&[json!("7"), json!(7), json!("8")]);
        all.keep_only("7").unwrap();
        assert_eq!(all.inputs.len(), 2);
        let mut all = combined(&[json!("7"), json!("8")]);
        all.keep_only("0000000000000001").unwrap();
        assert_eq!(all.inputs[0].attributes.get("id"), Some(json!("8")));
    }

    #[test]
    fn an_id_that_is_not_there_is_answered_with_those_that_are() {
        let error = combined(&[json!("7"), json!(null), json!(8)]).keep_only("9").unwrap_err();
        assert_eq!(error.to_string(), "there is no input with the id '9'; there are: 7, 8");
        assert!(combined(&[]).keep_only("9").unwrap_err().to_string().ends_with("there are no inputs with an id"));
    }

    #[test]
    fn a_long_list_of_ids_is_cut() {
        let ids: Vec<Value> = (0..30).map(|id| json!(id)).collect();
        let error = combined(&ids).keep_only("x").unwrap_err().to_string();
        assert!(error.ends_with("18, 19 and 10 more"), "{error}");
    }
}
