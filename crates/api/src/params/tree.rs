//! One tree for all that a client may send: query string, form, multipart or JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ParamError;

/// How deep names may nest: `source[privacy]` is 2.
const DEPTH_MAX: usize = 8;
/// Values of one request, however they are nested.
pub const VALUES_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Flag(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Node>),
    Map(Map),
}

pub type Map = BTreeMap<String, Node>;

/// Puts `value` where a form name such as `poll[options][]` or `fields_attributes[0][name]` says.
/// A later value takes the place of an earlier one, as in Rails.
///
/// # Errors
/// The name nests too deep, or says that one thing is both a list and a map.
pub fn insert(root: &mut Map, name: &str, value: Node) -> Result<(), ParamError> {
    let (base, segments) = split(name);
    if segments.len() >= DEPTH_MAX {
        return Err(ParamError::TooDeep);
    }
    let slot = root.entry(base.to_owned()).or_insert(Node::Null);
    put(slot, &segments, value).map_err(|()| ParamError::Mixed(base.to_owned()))
}

/// `a[b][]` is `a` and [`b`, ``]. What is not closed by `]` belongs to the plain name.
fn split(name: &str) -> (&str, Vec<&str>) {
    let Some(open) = name.find('[').filter(|open| *open > 0) else {
        return (name, Vec::new());
    };
    let (base, mut rest) = name.split_at(open);
    let mut segments = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let Some((segment, after)) = inner.split_once(']') else {
            return (name, Vec::new());
        };
        segments.push(segment);
        rest = after;
    }
    (base, segments)
}

fn put(slot: &mut Node, segments: &[&str], value: Node) -> Result<(), ()> {
    let Some((segment, rest)) = segments.split_first() else {
        *slot = value;
        return Ok(());
    };
    if segment.is_empty() {
        if *slot == Node::Null {
            *slot = Node::List(Vec::new());
        }
        let Node::List(items) = slot else {
            return Err(());
        };
        return append(items, rest, value);
    }
    if *slot == Node::Null {
        *slot = Node::Map(Map::new());
    }
    let Node::Map(map) = slot else {
        return Err(());
    };
    put(
        map.entry((*segment).to_owned()).or_insert(Node::Null),
        rest,
        value,
    )
}

/// `a[][name]=1&a[][value]=2&a[][name]=3` is two maps: a name seen again begins the next one.
fn append(items: &mut Vec<Node>, rest: &[&str], value: Node) -> Result<(), ()> {
    let continues = match (items.last(), rest.first()) {
        (Some(Node::Map(last)), Some(segment)) => {
            !segment.is_empty() && (rest.len() > 1 || !last.contains_key(*segment))
        }
        _ => false,
    };
    if !continues {
        items.push(Node::Null);
    }
    match items.last_mut() {
        Some(item) => put(item, rest, value),
        None => Ok(()),
    }
}

/// # Errors
/// There are more than [`VALUES_MAX`] values in it.
pub fn from_json(value: Value, budget: &mut usize) -> Result<Node, ParamError> {
    *budget = budget.checked_sub(1).ok_or(ParamError::TooMany)?;
    Ok(match value {
        Value::Null => Node::Null,
        Value::Bool(flag) => Node::Flag(flag),
        Value::Number(number) => Node::Number(number),
        Value::String(text) => Node::Text(text),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| from_json(item, budget));
            Node::List(items.collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Node::Map(map_from_json(map, budget)?),
    })
}

/// JSON names may nest as form names do: some clients send `{"source[privacy]": "public"}`.
pub fn map_from_json(
    map: serde_json::Map<String, Value>,
    budget: &mut usize,
) -> Result<Map, ParamError> {
    let mut nodes = Map::new();
    for (name, value) in map {
        insert(&mut nodes, &name, from_json(value, budget)?)?;
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(pairs: &[(&str, &str)]) -> Result<Map, ParamError> {
        let mut root = Map::new();
        for (name, value) in pairs {
            insert(&mut root, name, Node::Text((*value).to_owned()))?;
        }
        Ok(root)
    }

    #[test]
    fn names_nest_as_in_rails() {
        let text = |text: &str| Node::Text(text.to_owned());
        let root = tree(&[
            ("id[]", "1"),
            ("id[]", "2"),
            ("source[privacy]", "private"),
            ("poll[options][]", "a"),
            ("poll[options][]", "b"),
            ("open[", "x"),
            ("twice", "1"),
            ("twice", "2"),
        ])
        .unwrap();
        assert_eq!(root["id"], Node::List(vec![text("1"), text("2")]));
        assert_eq!(
            root["source"],
            Node::Map(Map::from([("privacy".to_owned(), text("private"))]))
        );
        let options = Node::List(vec![text("a"), text("b")]);
        assert_eq!(
            root["poll"],
            Node::Map(Map::from([("options".to_owned(), options)]))
        );
        assert_eq!(root["open["], text("x"));
        assert_eq!(root["twice"], text("2"));
    }

    #[test]
    fn a_list_of_maps_begins_a_new_one_when_a_name_comes_again() {
        let root = tree(&[("f[][name]", "a"), ("f[][value]", "b"), ("f[][name]", "c")]).unwrap();
        let Node::List(items) = &root["f"] else {
            panic!("a list");
        };
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic() {
        assert!(matches!(
            tree(&[("a[]", "1"), ("a[b]", "2")]),
            Err(ParamError::Mixed(name)) if name == "a"
        ));
        assert!(matches!(
            tree(&[("a[b][c][d][e][f][g][h][i][j]", "1")]),
            Err(ParamError::TooDeep)
        ));
        assert!(tree(&[("[]", "1"), ("", "2"), ("]", "3"), ("a]b[", "4")]).is_ok());
    }
}
