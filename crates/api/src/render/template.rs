use serde_json::{Map, Value};

/// A JSON object cut into what never changes as long as its facts do not, and holes for the rest.
pub struct Template<H> {
    pieces: Vec<Piece<H>>,
    bytes: usize,
}

enum Piece<H> {
    Text(String),
    Hole(H),
}

/// What becomes of a field.
pub enum Cut<H> {
    /// Part of the text.
    Keep,
    /// Its value is filled in each time.
    Fill(H),
    /// Left out; a hole of another field writes it, name and all.
    Drop,
    /// The field is kept, and what the hole writes (whole fields, each with a comma behind it)
    /// comes before it.
    Before(H),
}

impl<H> Template<H> {
    /// `cut` is asked about each field of the object, in order.
    pub fn of(object: Map<String, Value>, cut: impl Fn(&str, &Value) -> Cut<H>) -> Template<H> {
        let mut template = Template {
            pieces: Vec::new(),
            bytes: 0,
        };
        template.push("{");
        let mut comma = "";
        for (name, value) in object {
            let (before, fill) = match cut(&name, &value) {
                Cut::Drop => continue,
                Cut::Keep => (None, None),
                Cut::Before(hole) => (Some(hole), None),
                Cut::Fill(hole) => (None, Some(hole)),
            };
            template.push(comma);
            comma = ",";
            template.pieces.extend(before.map(Piece::Hole));
            template.push(&Value::String(name).to_string());
            template.push(":");
            match fill {
                Some(hole) => template.pieces.push(Piece::Hole(hole)),
                None => template.push(&value.to_string()),
            }
        }
        template.push("}");
        template
    }

    fn push(&mut self, text: &str) {
        self.bytes += text.len();
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    /// Bytes of the text in it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn write(&self, out: &mut Vec<u8>, mut fill: impl FnMut(&H, &mut Vec<u8>)) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Hole(hole) => fill(hole, out),
            }
        }
    }
}
