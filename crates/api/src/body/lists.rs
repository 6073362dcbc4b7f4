//! Kinds of members that are made of others: lists, objects, maps, and JSON that is kept as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tradepost_model::fields::FieldErrors;
use uuid::Uuid;

use super::object::Object;
use super::{Fields, Kind, Member, Members, Purpose, schema_of, uuid};

/// A list; see [`list`].
#[derive(Clone)]
pub(crate) struct List<K> {
    item: Member<K>,
    min: usize,
    max: usize,
}

/// A list of so many of something.
pub(crate) fn list<K: Kind>(item: Member<K>, min: usize, max: usize) -> Member<List<K>> {
    Member::new(List { item, min, max })
}

/// A list of so many objects.
pub(crate) fn objects<B: Members>(body: B, min: usize, max: usize) -> Member<List<Inner<B>>> {
    list(object(body), min, max)
}

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Self::Value> {
        let list = serde_json::from_str::<Vec<Box<RawValue>>>(raw.get());
        let list = errors.check(name, list.map_err(|_| "must be a list"))?;
        let (min, max, count) = (self.min, self.max, list.len());
        if count < min {
            let least = if min == 1 {
                "one item".to_owned()
            } else {
                format!("{min} items")
            };
            errors.add(name, format!("must have at least {least}"));
            return None;
        }
        if count > max {
            errors.add(
                name,
                format!("must have at most {max} items, this has {count}"),
            );
        }
        let read = |(place, raw): (usize, Box<RawValue>)| {
            self.item
                .kind
                .read(&raw, &format!("{name}[{place}]"), errors)
        };
        let items: Vec<_> = list.into_iter().take(max).enumerate().map(read).collect();
        let items: Option<Vec<_>> = items.into_iter().collect();
        items.filter(|_| count <= max)
    }

    fn schema(&self) -> Value {
        let mut items = self.item.kind.schema();
        if let Some(example) = &self.item.example {
            items["examples"] = json!([example]);
        }
        let mut schema = json!({"type": "array", "items": items, "maxItems": self.max});
        if self.min > 0 {
            schema["minItems"] = json!(self.min);
        }
        schema
    }
}

/// A list of ids; see [`ids`].
#[derive(Clone)]
pub(crate) struct Ids(List<super::kinds::Id>);

/// A list of at most so many ids, each once.
pub(crate) fn ids(max: usize) -> Member<Ids> {
    Member::new(Ids(List {
        item: uuid(),
        min: 0,
        max,
    }))
}

impl Kind for Ids {
    type Value = Vec<Uuid>;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Vec<Uuid>> {
        let ids = self.0.read(raw, name, errors)?;
        let (mut seen, mut fits) = (BTreeSet::new(), true);
        for (place, id) in ids.iter().enumerate() {
            if !seen.insert(id) {
                errors.add(format!("{name}[{place}]"), "is there twice");
                fits = false;
            }
        }
        fits.then_some(ids)
    }

    fn schema(&self) -> Value {
        let mut schema = self.0.schema();
        schema["uniqueItems"] = json!(true);
        schema
    }
}

/// An object with members of its own; see [`object`].
#[derive(Clone)]
pub(crate) struct Inner<B>(std::marker::PhantomData<B>);

/// An object with members of its own. It is always given as a whole, also in a change; where some of it
/// cannot be read it is given without that, so that the rest is looked at as well.
pub(crate) fn object<B: Members>(_: B) -> Member<Inner<B>> {
    Member::new(Inner(std::marker::PhantomData))
}

impl<B: Members> Kind for Inner<B> {
    type Value = B::Draft;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<B::Draft> {
        let fields = errors.check(name, Fields::within(raw, name))?;
        Some(B::read(fields, Purpose::Create, errors))
    }

    fn schema(&self) -> Value {
        schema_of::<B>(Purpose::Create)
    }
}

/// JSON that is kept as it is; see [`json`].
#[derive(Clone)]
pub(crate) struct Json {
    bytes: usize,
}

/// An object of any JSON, of at most so many bytes.
pub(crate) fn json(bytes: usize) -> Member<Json> {
    Member::new(Json { bytes })
}

impl Kind for Json {
    type Value = Value;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Value> {
        let object = serde_json::from_str::<Map<String, Value>>(raw.get());
        let object = errors.check(name, object.map_err(|_| "must be an object"))?;
        let value = Value::Object(object);
        let bytes = value.to_string().len();
        if bytes > self.bytes {
            let most = self.bytes;
            errors.add(
                name,
                format!("must be at most {most} bytes of JSON, this is {bytes}"),
            );
            return None;
        }
        Some(value)
    }

    fn schema(&self) -> Value {
        json!({"type": "object", "additionalProperties": true})
    }
}

/// A map of words to lists of words; see [`map`].
#[derive(Clone)]
pub(crate) struct Words {
    keys: Vec<&'static str>,
    words: Vec<&'static str>,
}

/// A map of some words to lists of others.
pub(crate) fn map(
    keys: impl IntoIterator<Item = &'static str>,
    words: impl IntoIterator<Item = &'static str>,
) -> Member<Words> {
    let (keys, words) = (keys.into_iter().collect(), words.into_iter().collect());
    Member::new(Words { keys, words })
}

impl Kind for Words {
    type Value = BTreeMap<String, Vec<String>>;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Self::Value> {
        let object = serde_json::from_str::<Object>(raw.get());
        let Object(members) =
            errors.check(name, object.map_err(|_| "must be an object of lists"))?;
        let (mut map, before) = (BTreeMap::new(), errors.0.len());
        for (key, raw) in members {
            let name = format!("{name}.{key}");
            if !self.keys.contains(&key.as_str()) {
                errors.add(name, format!("is not one of {}", self.keys.join(", ")));
                continue;
            }
            let list = serde_json::from_str::<Vec<String>>(raw.get());
            let list = errors.check(&name, list.map_err(|_| "must be a list of texts"));
            let list = list.unwrap_or_default();
            for (place, word) in list.iter().enumerate() {
                if !self.words.contains(&word.as_str()) {
                    let words = self.words.join(", ");
                    errors.add(
                        format!("{name}[{place}]"),
                        format!("must be one of {words}"),
                    );
                }
            }
            map.insert(key, list);
        }
        (errors.0.len() == before).then_some(map)
    }

    fn schema(&self) -> Value {
        let list = json!({"type": "array", "items": {"type": "string", "enum": self.words}});
        let properties: Map<_, _> = self
            .keys
            .iter()
            .map(|key| ((*key).to_owned(), list.clone()))
            .collect();
        json!({"type": "object", "properties": properties, "additionalProperties": false})
    }
}

/// A map of names to texts; see [`entries`].
#[derive(Clone)]
pub(crate) struct Entries {
    most: usize,
    length: usize,
}

/// A map of at most so many names to texts of at most so many characters.
pub(crate) fn entries(most: usize, length: usize) -> Member<Entries> {
    Member::new(Entries { most, length })
}

impl Kind for Entries {
    type Value = BTreeMap<String, String>;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Self::Value> {
        let object = serde_json::from_str::<Object>(raw.get());
        let Object(members) =
            errors.check(name, object.map_err(|_| "must be an object of texts"))?;
        if members.len() > self.most {
            errors.add(name, format!("must have at most {} members", self.most));
            return None;
        }
        let (mut map, before) = (BTreeMap::new(), errors.0.len());
        for (key, raw) in members {
            let name = format!("{name}.{key}");
            let text = serde_json::from_str::<String>(raw.get());
            let text = errors.check(&name, text.map_err(|_| "must be a text"));
            let text = text.unwrap_or_default();
            if text.chars().count() > self.length {
                errors.add(
                    name,
                    format!("must have at most {} characters", self.length),
                );
            }
            map.insert(key, text);
        }
        (errors.0.len() == before).then_some(map)
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object", "maxProperties": self.most,
            "additionalProperties": {"type": "string", "maxLength": self.length},
        })
    }
}
