//! Inputs as compact JSON text. As a tree of maps an input takes up to a hundred times the memory of its text, so inputs rest as
//! text, are shared instead of cloned, and trees live one at a time.
//!
//! # Guarantees
//! The text is that of the value: keys in order, no blanks. Reading a list never holds more than one input as a tree.

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The attributes of one input, a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// The whole text.
    Whole(Arc<str>),
    /// The texts of its fields, in order of their keys: a permutation shares them with its neighbours.
    Fields(Box<[(Arc<str>, Arc<str>)]>),
}

impl Attributes {
    /// An object of fields whose values are JSON texts.
    pub(crate) fn of_fields(mut fields: Vec<(Arc<str>, Arc<str>)>) -> Self {
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        Self(Form::Fields(fields.into_boxed_slice()))
    }

    /// The JSON text.
    #[must_use]
    pub fn to_json(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Whole(text) => Cow::Borrowed(text),
            Form::Fields(fields) => {
                let mut text = String::with_capacity(self.len());
                for (index, (key, value)) in fields.iter().enumerate() {
                    text.push(if index == 0 { '{' } else { ',' });
                    text.push_str(&quoted(key));
                    text.push(':');
                    text.push_str(value);
                }
                text.push_str(if fields.is_empty() { "{}" } else { "}" });
                Cow::Owned(text)
            }
        }
    }

    /// Bytes of the JSON text, or a few more.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Whole(text) => text.len(),
            Form::Fields(fields) => 2 + fields.iter().map(|(key, value)| key.len() + value.len() + 4).sum::<usize>(),
        }
    }

    /// Whether there are no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Whole(text) => &**text == "{}",
            Form::Fields(fields) => fields.is_empty(),
        }
    }

    /// The attributes as a tree.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        // Written from an object, so it is one.
        serde_json::from_str(&self.to_json()).unwrap_or_default()
    }

    /// The value of an attribute; `None` if it is absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        match &self.0 {
            Form::Whole(_) => self.to_map().remove(key),
            Form::Fields(fields) => {
                let (_, value) = fields.iter().find(|(known, _)| &**known == key)?;
                serde_json::from_str(value).ok()
            }
        }
    }
}

fn quoted(key: &str) -> String {
    Value::String(key.to_owned()).to_string()
}

impl From<&Map<String, Value>> for Attributes {
    fn from(map: &Map<String, Value>) -> Self {
        // A map of strings to values can always be written.
        Self(Form::Whole(serde_json::to_string(map).unwrap_or_default().into()))
    }
}

impl From<Map<String, Value>> for Attributes {
    fn from(map: Map<String, Value>) -> Self {
        Self::from(&map)
    }
}

/// A list of inputs, shared by everyone who holds it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct InputList(Arc<[Box<str>]>);

impl InputList {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The inputs, in order, each read when it is asked for.
    pub fn maps(&self) -> impl Iterator<Item = Map<String, Value>> {
        // Written from objects, so they are some.
        self.texts().map(|text| serde_json::from_str(text).unwrap_or_default())
    }

    /// All inputs as trees: for a computation that needs them side by side.
    #[must_use]
    pub fn to_maps(&self) -> Vec<Map<String, Value>> {
        self.maps().collect()
    }

    /// The list as one JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(2 + self.texts().map(|input| input.len() + 1).sum::<usize>());
        text.push('[');
        for (index, input) in self.texts().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(input);
        }
        text.push(']');
        text
    }
}

impl FromIterator<Map<String, Value>> for InputList {
    fn from_iter<I: IntoIterator<Item = Map<String, Value>>>(inputs: I) -> Self {
        let text = |map: Map<String, Value>| serde_json::to_string(&map).unwrap_or_default().into_boxed_str();
        Self(inputs.into_iter().map(text).collect())
    }
}

impl From<&[Map<String, Value>]> for InputList {
    fn from(inputs: &[Map<String, Value>]) -> Self {
        let text = |map: &Map<String, Value>| serde_json::to_string(map).unwrap_or_default().into_boxed_str();
        Self(inputs.iter().map(text).collect())
    }
}

impl fmt::Debug for InputList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.texts()).finish()
    }
}

impl Serialize for InputList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for input in self.maps() {
            list.serialize_element(&input)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for InputList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inputs;
        impl<'de> Visitor<'de> for Inputs {
            type Value = InputList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<InputList, A::Error> {
                let mut texts = Vec::new();
                while let Some(input) = list.next_element::<Map<String, Value>>()? {
                    texts.push(serde_json::to_string(&input).unwrap_or_default().into_boxed_str());
                }
                Ok(InputList(texts.into()))
            }
        }
        deserializer.deserialize_seq(Inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn attributes_are_the_text_of_their_value() {
        let value = json!({"b": [1, -0.5, 1e300, u64::MAX, null], "a": {"x\"": "\u{7f}\n\u{1F600}"}});
        let whole = Attributes::from(map(value.clone()));
        assert_eq!((whole.to_json(), whole.len()), (value.to_string().into(), value.to_string().len()));
        assert_eq!((whole.to_map(), whole.get("b")), (map(value.clone()), Some(value["b"].clone())));
        assert_eq!(whole.get("c"), None);
        let text = |key: &str| Arc::from(value[key].to_string());
        let fields = Attributes::of_fields(vec![("b".into(), text("b")), ("a".into(), text("a"))]);
        assert_eq!((fields.to_json(), fields.to_map()), (value.to_string().into(), map(value.clone())));
        assert_eq!((fields.get("a"), fields.get("c")), (Some(value["a"].clone()), None));
        assert!(fields.len() >= value.to_string().len());
        assert_eq!(Attributes::of_fields(Vec::new()).to_json(), "{}");
    }

    #[test]
    fn a_list_is_read_and_written_as_the_list_it_is() {
        let value = json!([{"id": "1", "labels": ["x"]}, {}, {"id": 2}]);
        let list: InputList = serde_json::from_value(value.clone()).unwrap();
        assert_eq!((list.len(), list.to_json()), (3, value.to_string()));
        assert_eq!(serde_json::to_value(&list).unwrap(), value);
        assert_eq!(
            serde_json::from_str::<InputList>(r#"[ {"b":1, "a" : 2} ]"#).unwrap().to_json(),
            r#"[{"a":2,"b":1}]"#
        );
        assert_eq!(InputList::from(list.to_maps().as_slice()), list);
        assert_eq!(list.maps().collect::<InputList>(), list);
        assert!(InputList::default().is_empty());
    }

    #[test]
    fn what_is_not_a_list_of_objects_is_refused() {
        for text in ["{}", r#"["a"]"#, "[[]]", "null"] {
            assert!(serde_json::from_str::<InputList>(text).is_err(), "{text}");
        }
    }
}
