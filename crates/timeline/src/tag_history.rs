//! How much a hashtag was used lately.

use petrel_model::id::{AccountId, Id};
use petrel_model::text::fold;
use rustc_hash::FxHashSet;

use crate::log::Chain;
use crate::timelines::Timelines;

const DAY_MS: u64 = 24 * 3_600_000;
/// Days that are told of, the one that it is now among them.
pub const HISTORY_DAYS: u64 = 7;
/// Newest statuses under a hashtag that are counted.
const HISTORY_STATUSES_MAX: usize = 1_000;

/// The public statuses of one day under a hashtag.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TagDay {
    /// When it begins, in Unix seconds.
    pub begins_at_s: u64,
    pub uses: u64,
    pub accounts: u64,
}

impl Timelines {
    /// The last days of a hashtag, the newest first: as far as the log goes back, and of its newest
    /// thousand statuses.
    pub fn tag_history(&self, name: &str, now_ms: u64) -> Vec<TagDay> {
        let today = now_ms / DAY_MS;
        let mut days: Vec<TagDay> = (0..HISTORY_DAYS)
            .map(|back| TagDay {
                begins_at_s: today.saturating_sub(back) * DAY_MS / 1_000,
                ..TagDay::default()
            })
            .collect();
        let chain = self.log().find_ordinal(Chain::tag(&fold::tag(name)));
        let first = Id::first_at(today.saturating_sub(HISTORY_DAYS - 1) * DAY_MS);
        let newest = self.log().newest(chain, None).take(HISTORY_STATUSES_MAX);
        let mut seen: FxHashSet<(u64, AccountId)> = FxHashSet::default();
        for entry in newest.take_while(|entry| entry.id.0 >= first) {
            let back = today.saturating_sub(entry.id.time_ms() / DAY_MS);
            if let Some(day) = days.get_mut(back as usize) {
                day.uses += 1;
                day.accounts += u64::from(seen.insert((back, entry.account)));
            }
        }
        days
    }
}
