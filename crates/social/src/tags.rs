//! Hashtags: when first used, and the chapters of their list.

use minicbor::{Decode, Encode};
use petrel_model::id::Id;
use petrel_store::{Key, KeyError, KeyReader, KeyWriter, Plain, Table};

/// A folded hashtag → what is known of it.
pub struct Tags;

impl Table for Tags {
    const ID: u16 = 21;
    const NAME: &'static str = "tags";
    type Partition = String;
    type Sort = TagSort;
    type Value = TagRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row for each chapter";
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TagSort {
    Created,
    Chapter(Id),
}

impl Key for TagSort {
    fn write(&self, out: &mut KeyWriter) {
        match self {
            TagSort::Created => out.put(&[0]),
            TagSort::Chapter(begin) => {
                out.put(&[1]);
                begin.write(out);
            }
        }
    }
    fn read(from: &mut KeyReader<'_>) -> Result<TagSort, KeyError> {
        match u8::read(from)? {
            0 => Ok(TagSort::Created),
            1 => Id::read(from).map(TagSort::Chapter),
            _ => Err(KeyError("no such row of a tag")),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum TagRow {
    /// First used; the name as it was then written.
    #[n(0)]
    Created {
        #[n(0)]
        name: String,
    },
    #[n(1)]
    Chapter,
}
