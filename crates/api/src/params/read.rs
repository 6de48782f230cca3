//! Typed looks into the tree. Each error names the field as the client named it.

use std::str::FromStr;

use petrel_model::id::Id;

use super::ParamError;
use super::heard::{AskedAs, Heard};
use super::tree::{Map, Node};

/// The fields of a request, or of one map within it.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    map: &'a Map,
    /// Where this map lies, as `source`; empty at the root.
    within: &'a str,
    heard: Option<&'a Heard>,
}

const NOT_TEXT: &str = "is not text";
const NOT_A_FLAG: &str = "is neither true nor false";
const NOT_A_NUMBER: &str = "is not a number of that range";
const NOT_AN_ID: &str = "is not an id";
const NOT_A_LIST: &str = "is not a list";
const NOT_A_MAP: &str = "is not an object";

impl<'a> Fields<'a> {
    pub(super) fn root(map: &'a Map, heard: Option<&'a Heard>) -> Fields<'a> {
        Fields {
            map,
            within: "",
            heard,
        }
    }

    /// Whether the client sent the field at all, were it null.
    pub fn has(&self, name: &str) -> bool {
        self.hear(name, AskedAs::Anything);
        self.map.contains_key(name)
    }

    /// Whether the field is absent, null, or empty in whatever way.
    pub fn is_blank(&self, name: &str) -> bool {
        self.hear(name, AskedAs::Anything);
        match self.get(name) {
            None => true,
            Some(Node::Text(text)) => text.trim().is_empty(),
            Some(Node::List(items)) => items.is_empty(),
            Some(Node::Map(map)) => map.is_empty(),
            Some(_) => false,
        }
    }

    /// Text, or what can be read as text; none if absent or null.
    pub fn text(&self, name: &str) -> Result<Option<String>, ParamError> {
        self.hear(name, AskedAs::Text);
        self.get(name)
            .map_or(Ok(None), |node| self.as_text(name, node).map(Some))
    }

    /// As [`Fields::text`], where white space alone counts as absent.
    pub fn filled(&self, name: &str) -> Result<Option<String>, ParamError> {
        Ok(self.text(name)?.filter(|text| !text.trim().is_empty()))
    }

    pub fn require_text(&self, name: &str) -> Result<String, ParamError> {
        self.filled(name)?
            .ok_or_else(|| ParamError::Missing(self.full(name)))
    }

    /// `true`, `1`, `on`, `t`, `yes` and their opposites in any case; empty counts as absent.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ParamError> {
        self.hear(name, AskedAs::Flag);
        let text = match self.get(name) {
            None => return Ok(None),
            Some(Node::Flag(flag)) => return Ok(Some(*flag)),
            Some(node) => self.as_text(name, node)?,
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "1" | "on" | "t" | "yes" => Ok(Some(true)),
            "false" | "0" | "off" | "f" | "no" => Ok(Some(false)),
            _ => Err(self.wrong(name, NOT_A_FLAG)),
        }
    }

    pub fn is_set(&self, name: &str) -> Result<bool, ParamError> {
        Ok(self.flag(name)?.unwrap_or(false))
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, ParamError> {
        self.hear(name, AskedAs::Number);
        match self.filled(name)? {
            None => Ok(None),
            Some(text) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(self.wrong(name, NOT_A_NUMBER)),
            },
        }
    }

    /// An id; one beyond the largest there can be is taken for the largest.
    pub fn id<T: From<Id>>(&self, name: &str) -> Result<Option<T>, ParamError> {
        self.hear(name, AskedAs::Id);
        match self.filled(name)? {
            None => Ok(None),
            Some(text) => match id_of(&text) {
                Some(id) => Ok(Some(T::from(id))),
                None => Err(self.wrong(name, NOT_AN_ID)),
            },
        }
    }

    pub fn ids<T: From<Id>>(&self, name: &str) -> Result<Vec<T>, ParamError> {
        self.hear(name, AskedAs::Ids);
        let texts = self.list(name)?;
        let ids = texts.iter().map(|text| match id_of(text) {
            Some(id) => Ok(T::from(id)),
            None => Err(self.wrong(name, NOT_AN_ID)),
        });
        ids.collect()
    }

    /// A value that is read from text, as a visibility is; empty counts as absent.
    pub fn parsed<T: FromStr>(
        &self,
        name: &str,
        otherwise: &'static str,
    ) -> Result<Option<T>, ParamError> {
        match self.filled(name)? {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(self.wrong(name, otherwise)),
            },
        }
    }

    /// `a[]=`, `a[0]=`, a JSON array, or a single value; absent is empty.
    pub fn list(&self, name: &str) -> Result<Vec<String>, ParamError> {
        self.hear(name, AskedAs::List);
        self.nodes(name)?
            .into_iter()
            .filter(|node| **node != Node::Null)
            .map(|node| self.as_text(name, node))
            .collect()
    }

    /// A list of maps, as `fields_attributes`; none if absent.
    pub fn maps(&self, name: &'a str) -> Result<Option<Vec<Fields<'a>>>, ParamError> {
        self.hear(name, AskedAs::Maps);
        if self.get(name).is_none() {
            return Ok(None);
        }
        let maps = self.nodes(name)?.into_iter().map(|node| match node {
            Node::Map(map) => Ok(self.inner(name, map)),
            _ => Err(self.wrong(name, NOT_A_MAP)),
        });
        maps.collect::<Result<_, _>>().map(Some)
    }

    /// The map of that name, as `source`.
    pub fn map(&self, name: &'a str) -> Result<Option<Fields<'a>>, ParamError> {
        self.hear(name, AskedAs::Map);
        match self.get(name) {
            None => Ok(None),
            Some(Node::Map(map)) => Ok(Some(self.inner(name, map))),
            Some(_) => Err(self.wrong(name, NOT_A_MAP)),
        }
    }

    /// An error that names the field.
    pub fn wrong(&self, name: &str, why: &'static str) -> ParamError {
        ParamError::Value(self.full(name), why)
    }

    fn inner(&self, within: &'a str, map: &'a Map) -> Fields<'a> {
        Fields {
            map,
            within,
            heard: self.heard,
        }
    }

    fn hear(&self, name: &str, asked: AskedAs) {
        if let Some(heard) = self.heard {
            heard.note(self.full(name), asked);
        }
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        self.map.get(name).filter(|node| **node != Node::Null)
    }

    fn nodes(&self, name: &str) -> Result<Vec<&'a Node>, ParamError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Node::List(items)) => Ok(items.iter().collect()),
            Some(Node::Map(map)) => numbered(map).ok_or_else(|| self.wrong(name, NOT_A_LIST)),
            Some(single) => Ok(vec![single]),
        }
    }

    fn as_text(&self, name: &str, node: &Node) -> Result<String, ParamError> {
        match node {
            Node::Text(text) => Ok(text.clone()),
            Node::Number(number) => Ok(number.to_string()),
            Node::Flag(flag) => Ok(flag.to_string()),
            Node::Null | Node::List(_) | Node::Map(_) => Err(self.wrong(name, NOT_TEXT)),
        }
    }

    fn full(&self, name: &str) -> String {
        match self.within {
            "" => name.to_owned(),
            within => format!("{within}[{name}]"),
        }
    }
}

/// The values of a map whose names are numbers, in the order of the numbers.
fn numbered(map: &Map) -> Option<Vec<&Node>> {
    let mut items = Vec::with_capacity(map.len());
    for (name, node) in map {
        items.push((name.parse::<u32>().ok()?, node));
    }
    items.sort_by_key(|(place, _)| *place);
    Some(items.into_iter().map(|(_, node)| node).collect())
}

/// Decimal digits; more than fit are the largest id.
pub fn id_of(text: &str) -> Option<Id> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(Id::MAX))
}
