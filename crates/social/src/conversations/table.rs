//! Which direct statuses an account takes part in, and how it has left each conversation. A
//! conversation is the direct statuses of one thread among the same people, as Mastodon has it.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Key, KeyError, KeyReader, KeyWriter, Plain, Table};

/// One row for each direct status and each account that wrote it or is named in it. It counts only
/// while the status is there and the gate shows it to the account.
pub struct Conversations;

impl Table for Conversations {
    const ID: u16 = 34;
    const NAME: &'static str = "conversations";
    /// Account and chapter.
    type Partition = (AccountId, Id);
    type Sort = StatusId;
    type Value = Part;
    type Mode = Plain;
    const BOUND: &'static str = "chapters";
    const CACHED: bool = false;
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Part {
    #[n(0)]
    pub conversation: Id,
    /// The status at the root of its thread.
    #[n(1)]
    pub thread: StatusId,
}

/// What an account did to a conversation. Each of its two rows is written by one command alone.
pub struct ConversationStates;

impl Table for ConversationStates {
    const ID: u16 = 55;
    const NAME: &'static str = "conversation_states";
    /// Account and conversation.
    type Partition = (AccountId, Id);
    type Sort = StateSort;
    type Value = State;
    type Mode = Plain;
    const BOUND: &'static str = "cap: two rows of one conversation";
    const CACHED: bool = false;
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StateSort {
    Read,
    Removed,
}

impl Key for StateSort {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<StateSort, KeyError> {
        match u8::read(from)? {
            0 => Ok(StateSort::Read),
            1 => Ok(StateSort::Removed),
            _ => Err(KeyError("no such state")),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct State {
    /// The last status of the conversation when it was said; what came later is news.
    #[n(0)]
    pub up_to: StatusId,
    /// Of a row that says read: that it is to count as unread all the same.
    #[n(1)]
    pub unread: bool,
}
