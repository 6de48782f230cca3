//! What a client may send to a route, as data.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::params::AskedAs;

/// One field of a query string or a body.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: Kind,
    pub is_required: bool,
    pub says: &'static str,
    /// A value that is taken, where not every text is.
    pub example: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    Flag,
    Number,
    Id,
    /// A moment as ISO 8601 has it.
    Moment,
    /// A file of a multipart body.
    File,
    Texts,
    /// Any of these.
    Choices(&'static [&'static str]),
    Ids,
    Map(Vec<Param>),
    Maps(Vec<Param>),
}

const fn of(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        is_required: false,
        says: "",
        example: None,
    }
}

pub const fn text(name: &'static str) -> Param {
    of(name, Kind::Text)
}

pub const fn choice(name: &'static str, among: &'static [&'static str]) -> Param {
    of(name, Kind::Choice(among))
}

pub const fn flag(name: &'static str) -> Param {
    of(name, Kind::Flag)
}

pub const fn number(name: &'static str) -> Param {
    of(name, Kind::Number)
}

pub const fn id(name: &'static str) -> Param {
    of(name, Kind::Id)
}

pub const fn moment(name: &'static str) -> Param {
    of(name, Kind::Moment)
}

pub const fn file(name: &'static str) -> Param {
    of(name, Kind::File)
}

pub const fn texts(name: &'static str) -> Param {
    of(name, Kind::Texts)
}

pub const fn choices(name: &'static str, among: &'static [&'static str]) -> Param {
    of(name, Kind::Choices(among))
}

pub const fn ids(name: &'static str) -> Param {
    of(name, Kind::Ids)
}

pub fn map(name: &'static str, fields: impl Into<Vec<Param>>) -> Param {
    of(name, Kind::Map(fields.into()))
}

pub fn maps(name: &'static str, fields: impl Into<Vec<Param>>) -> Param {
    of(name, Kind::Maps(fields.into()))
}

impl Param {
    pub const fn required(mut self) -> Param {
        self.is_required = true;
        self
    }

    pub const fn says(mut self, text: &'static str) -> Param {
        self.says = text;
        self
    }

    /// For text of a form of its own: one that is taken.
    pub const fn like(mut self, example: &'static str) -> Param {
        self.example = Some(example);
        self
    }

    /// Full names as a handler asks for them, `source[privacy]` among them, each with what it must
    /// be asked for as.
    pub fn asked_for(&self) -> BTreeMap<String, AskedAs> {
        let asked = match &self.kind {
            Kind::Text | Kind::Choice(_) | Kind::Moment => AskedAs::Text,
            Kind::Flag => AskedAs::Flag,
            Kind::Number => AskedAs::Number,
            Kind::Id => AskedAs::Id,
            Kind::File => AskedAs::File,
            Kind::Texts | Kind::Choices(_) => AskedAs::List,
            Kind::Ids => AskedAs::Ids,
            Kind::Map(_) => AskedAs::Map,
            Kind::Maps(_) => AskedAs::Maps,
        };
        let mut all = BTreeMap::from([(self.name.to_owned(), asked)]);
        if let Kind::Map(fields) | Kind::Maps(fields) = &self.kind {
            for field in fields {
                let inner = field.asked_for();
                all.extend(inner.into_iter().map(|(name, asked)| {
                    let (first, rest) = name.split_at(field.name.len());
                    (format!("{}[{first}]{rest}", self.name), asked)
                }));
            }
        }
        all
    }

    /// As in a JSON body.
    pub fn schema(&self) -> Value {
        let mut schema = match &self.kind {
            Kind::Map(fields) => object(fields),
            Kind::Maps(fields) => json!({ "type": "array", "items": object(fields) }),
            kind => kind.flat(),
        };
        self.describe(&mut schema);
        schema
    }

    /// As pairs of a form or a query string: `media_ids[]`, `source[privacy]`.
    pub fn pairs(&self) -> Vec<(String, Value)> {
        self.pairs_within("")
    }

    fn pairs_within(&self, within: &str) -> Vec<(String, Value)> {
        let name = match within {
            "" => self.name.to_owned(),
            within => format!("{within}[{}]", self.name),
        };
        match &self.kind {
            Kind::Map(fields) => fields.iter().flat_map(|f| f.pairs_within(&name)).collect(),
            // A list of maps is numbered.
            Kind::Maps(fields) => {
                let name = format!("{name}[0]");
                fields.iter().flat_map(|f| f.pairs_within(&name)).collect()
            }
            kind => {
                let brackets = if self.is_list() { "[]" } else { "" };
                let mut schema = kind.flat();
                self.describe(&mut schema);
                vec![(format!("{name}{brackets}"), schema)]
            }
        }
    }

    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::Texts | Kind::Choices(_) | Kind::Ids)
    }

    fn describe(&self, schema: &mut Value) {
        if !self.says.is_empty() {
            schema["description"] = json!(self.says);
        }
        if let Some(example) = self.example {
            schema["examples"] = json!([example]);
        }
    }
}

impl Kind {
    pub(super) fn flat(&self) -> Value {
        match self {
            Kind::Choice(among) => json!({ "type": "string", "enum": among }),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Number => json!({ "type": "integer", "minimum": 0 }),
            Kind::Id => json!({ "type": "string", "pattern": "^[0-9]+$" }),
            Kind::Moment => json!({ "type": "string", "format": "date-time" }),
            Kind::File => {
                json!({ "type": "string", "contentMediaType": "application/octet-stream" })
            }
            Kind::Texts => json!({ "type": "array", "items": Kind::Text.flat() }),
            Kind::Choices(among) => json!({ "type": "array", "items": Kind::Choice(among).flat() }),
            Kind::Ids => json!({ "type": "array", "items": Kind::Id.flat() }),
            Kind::Text | Kind::Map(_) | Kind::Maps(_) => json!({ "type": "string" }),
        }
    }
}

/// The schema of a JSON object with these fields. Files come by multipart only.
pub fn object(fields: &[Param]) -> Value {
    let inline = fields
        .iter()
        .filter(|field| !matches!(field.kind, Kind::File));
    let properties: Map<String, Value> = inline
        .map(|field| (field.name.to_owned(), field.schema()))
        .collect();
    with_required(
        json!({ "type": "object", "properties": properties }),
        fields,
    )
}

/// The schema of a form with these fields.
pub fn form(fields: &[Param], takes_files: bool) -> Value {
    let taken = fields
        .iter()
        .filter(|field| takes_files || !matches!(field.kind, Kind::File));
    let properties: Map<String, Value> = taken.flat_map(Param::pairs).collect();
    with_required(
        json!({ "type": "object", "properties": properties }),
        fields,
    )
}

fn with_required(mut schema: Value, fields: &[Param]) -> Value {
    let properties = &schema["properties"];
    let required = fields.iter().filter(|field| field.is_required);
    let names: Vec<String> = required
        .flat_map(|field| [field.name.to_owned(), format!("{}[]", field.name)])
        .filter(|name| properties.get(name).is_some())
        .collect();
    if !names.is_empty() {
        schema["required"] = json!(names);
    }
    schema
}
