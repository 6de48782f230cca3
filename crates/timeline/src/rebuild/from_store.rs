use petrel_model::event::{About, Event, StatusEvent};
use petrel_model::id::{AccountId, StatusId};
use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;
use petrel_social::error::Result;
use petrel_social::statuses;
use petrel_store::{Stamp, Store};

use crate::log::Log;
use crate::timelines::Timelines;

/// Rows of a page when the whole table is read.
const SCAN_ROWS: usize = 5_000;
/// Statuses read again at a time.
const STEP_AGAIN: usize = 500;

impl Timelines {
    /// The log out of the whole table of statuses. What is written meanwhile is told meanwhile: it
    /// is taken in by whichever comes first, and a deletion stays whatever is read later.
    pub(super) async fn read_from_store(&self, store: &Store) -> Result<()> {
        let mut token = None;
        let mut languages = Languages::new(self.settings.slots_max);
        // Those to be read again: the table says only how they began.
        let mut again = Vec::new();
        loop {
            let page = statuses::replay(store, token, SCAN_ROWS).await?;
            let deleted = page.deleted.into_iter().map(deletion);
            deleted.for_each(|event| self.take_in(&event, Stamp::MIN));
            for mut status in page.created {
                if !languages.complete(&self.log, &mut status) {
                    again.push(status.id);
                }
                self.take_in(&Event::StatusCreated(status), Stamp::MIN);
            }
            again.extend(page.edited);
            self.flush_or_warn(store.clock().now_ms());
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        again.retain(|id| *id >= self.log.start());
        again.sort_unstable();
        again.dedup();
        for ids in again.chunks(STEP_AGAIN) {
            for status in statuses::events_of(store, ids).await? {
                // An edit that was told since the start is later than what is read here, or the
                // same.
                self.take_in(&Event::StatusEdited(status), Stamp::MIN);
            }
        }
        Ok(())
    }
}

/// The first languages of the statuses seen so far, which their reblogs bear. In the order of their
/// ids, as most engines give them.
struct Languages {
    ids: Vec<StatusId>,
    languages: Vec<Option<Language>>,
    len_max: usize,
}

impl Languages {
    fn new(len_max: usize) -> Languages {
        Languages {
            ids: Vec::new(),
            languages: Vec::new(),
            len_max: len_max.max(1),
        }
    }

    /// Completes a reblog, or remembers another; false if what is reblogged was not seen.
    fn complete(&mut self, log: &Log, status: &mut StatusEvent) -> bool {
        if let About::Reblog { status: target, .. } = status.about {
            let Ok(place) = self.ids.binary_search(&target) else {
                return false;
            };
            let language = self.languages[place];
            status.language = language.map(Language::code).unwrap_or_default().to_owned();
            return true;
        }
        if self.ids.len() >= self.len_max {
            let half = self.len_max.div_ceil(2);
            self.ids.drain(..half);
            self.languages.drain(..half);
        }
        if self.ids.last().is_none_or(|last| *last < status.id) {
            self.ids.push(status.id);
            self.languages.push(log.language(&status.language));
        }
        true
    }
}

fn deletion(id: StatusId) -> Event {
    Event::StatusDeleted(StatusEvent {
        id,
        account: AccountId::MIN,
        visibility: Visibility::Direct,
        about: About::Nothing,
        language: String::new(),
        mentions: Vec::new(),
        tags: Vec::new(),
        has_media: false,
    })
}
