//! The members of a body, declared once: [`members!`] makes what reads them and what describes them.

use serde_json::{Map, Value, json};
use tradepost_model::fields::{FieldErrors, Given};

use super::{Fields, Kind};

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Something new: what is required has to be there.
    Create,
    /// A change: what is left out stays.
    Change,
}

/// A body, made by [`members!`].
pub(crate) trait Members: Send + Sync + 'static {
    /// What its members are read into.
    type Draft: Clone + Send + Sync + 'static;

    /// The type's name, which ends in `Body`.
    const NAME: &'static str;
    /// What it is.
    const DOC: &'static str;

    /// Reads all members, and notes all that does not fit.
    fn read(fields: Fields, purpose: Purpose, errors: &mut FieldErrors) -> Self::Draft;

    /// Describes all members.
    fn describe() -> Vec<Described>;
}

/// A member as it is described.
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) schema: Value,
    pub(crate) required: bool,
}

/// A member: its kind, and whether it can be left out or be null.
#[derive(Clone)]
pub(crate) struct Member<K> {
    pub(super) kind: K,
    required: bool,
    nullable: bool,
    default: Option<Value>,
    pub(super) example: Option<Value>,
}

impl<K: Kind> Member<K> {
    /// A member of this kind.
    pub(crate) fn new(kind: K) -> Self {
        Self {
            kind,
            required: false,
            nullable: false,
            default: None,
            example: None,
        }
    }

    /// It must be there in something new.
    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It can be null: nothing, unlimited, never.
    pub(crate) fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// What it is in something new that leaves it out, where that is no null. For the description.
    pub(crate) fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// What it may look like. For the description.
    pub(crate) fn example(mut self, value: impl Into<Value>) -> Self {
        self.example = Some(value.into());
        self
    }

    /// What it is read by.
    pub(crate) fn kind(&self) -> &K {
        &self.kind
    }

    /// Changes the kind.
    pub(super) fn with(mut self, change: impl FnOnce(&mut K)) -> Self {
        change(&mut self.kind);
        self
    }

    /// Reads it from an object.
    pub(crate) fn read(
        &self,
        fields: &mut Fields,
        member: &str,
        purpose: Purpose,
        errors: &mut FieldErrors,
    ) -> Given<K::Value> {
        let name = fields.name(member);
        let missing = self.required && purpose == Purpose::Create;
        match fields.take(member) {
            None if missing => errors.add(name, "is required"),
            None => {}
            Some(raw) if raw.get() == "null" => match (self.nullable, missing) {
                (true, _) => return Given::Null,
                (false, true) => errors.add(name, "is required"),
                (false, false) => errors.add(name, "cannot be null"),
            },
            Some(raw) => {
                let read = self.kind.read(&raw, &name, errors);
                return read.map_or(Given::Absent, Given::Value);
            }
        }
        Given::Absent
    }

    /// Describes it.
    pub(crate) fn describe(&self, member: &str, doc: &str) -> Described {
        let mut schema = self.kind.schema();
        if self.nullable {
            schema = or_null(schema);
        }
        schema["description"] = json!(plain(doc));
        if let Some(default) = &self.default {
            schema["default"] = default.clone();
        }
        if let Some(example) = &self.example {
            schema["examples"] = json!([example]);
        }
        Described {
            name: member.to_owned(),
            schema,
            required: self.required,
        }
    }
}

fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

/// The schema of a body.
pub(crate) fn schema_of<B: Members>(purpose: Purpose) -> Value {
    let members = B::describe();
    let required: Vec<_> = members
        .iter()
        .filter(|member| member.required && purpose == Purpose::Create)
        .map(|member| member.name.clone())
        .collect();
    let properties: Map<_, _> = members
        .into_iter()
        .map(|member| {
            let mut schema = member.schema;
            if purpose == Purpose::Change {
                schema
                    .as_object_mut()
                    .map(|schema| schema.remove("default"));
            }
            (member.name, schema)
        })
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": plain(B::DOC),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A doc comment as one paragraph of text.
pub(crate) fn plain(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `is_enabled` as programs write it: `isEnabled`.
pub(crate) fn camel(field: &str) -> String {
    let mut words = field.trim_start_matches("r#").split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name
}

/// Declares a body and the draft it is read into: a struct whose fields are `Given`s of what the kinds give.
/// A field whose public name is not its own in camelCase says `as "name"`. `refuses` names members that
/// people may expect, with a hint.
macro_rules! members {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident -> $draft:ident {
            $(
                $(#[doc = $about:literal])*
                $field:ident $(as $public:literal)? = $member:expr
            ),* $(,)?
        }
        $(refuses { $($refused:literal => $hint:expr),* $(,)? })?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy)]
        $vis struct $name;

        impl $crate::body::Members for $name {
            type Draft = $draft;
            const NAME: &'static str = stringify!($name);
            const DOC: &'static str = concat!($($doc, "\n"),*);

            fn read(
                mut fields: $crate::body::Fields,
                purpose: $crate::body::Purpose,
                errors: &mut tradepost_model::fields::FieldErrors,
            ) -> $draft {
                $($(
                    if fields.take($refused).is_some() {
                        errors.add(fields.name($refused), $hint);
                    }
                )*)?
                let draft = $draft {
                    $($field: {
                        let name = $crate::body::members!(@name $field $($public)?);
                        $member.read(&mut fields, &name, purpose, errors)
                    }),*
                };
                fields.finish(errors);
                draft
            }

            fn describe() -> Vec<$crate::body::Described> {
                vec![$({
                    let name = $crate::body::members!(@name $field $($public)?);
                    $member.describe(&name, concat!($($about, "\n"),*))
                }),*]
            }
        }
    };
    (@name $field:ident $public:literal) => { $public.to_owned() };
    (@name $field:ident) => { $crate::body::camel(stringify!($field)) };
}
pub(crate) use members;
