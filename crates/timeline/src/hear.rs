//! What the timelines make of events. An event may be told several times, by this node and by
//! others, first before its batch is whole and once when it is: all that is done here may be done
//! again.

use petrel_model::event::Event;
use petrel_store::events::Happened;
use petrel_store::{Listener, Stamp};

use crate::log::Taken;
use crate::timelines::Timelines;

impl Timelines {
    /// Takes in an event, however often it comes.
    pub(crate) fn hear(&self, happened: &Happened) {
        let event = &happened.event;
        let take_in = || self.apply(event, happened.stamp);
        self.journal.hear(happened.sequence, event, take_in);
    }

    /// Whether it was news to the log. What else is kept of viewers and accounts is voided each
    /// time: it may have been read before the event's batch was whole.
    pub(crate) fn apply(&self, event: &Event, stamp: Stamp) -> bool {
        match event {
            Event::StatusCreated(status) => self.log.append(status) == Taken::Added,
            Event::StatusEdited(status) => self.log.edit(status, stamp),
            Event::StatusDeleted(status) => self.log.delete(status.id),
            event => {
                self.viewers.hear(event);
                self.reach.hear(event);
                false
            }
        }
    }
}

/// Whether the log's files hold events of this kind.
pub(crate) fn concerns_log(event: &Event) -> bool {
    matches!(
        event,
        Event::StatusCreated(_) | Event::StatusEdited(_) | Event::StatusDeleted(_)
    )
}

impl Listener for Timelines {
    fn happened(&self, happened: &Happened) {
        self.hear(happened);
    }
}
