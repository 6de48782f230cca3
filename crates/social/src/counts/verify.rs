//! A list row counts only while its fact is on and bears its id. Two tries of one command on two
//! nodes at once leave a row in the list whose fact has become the other's: a list does not show
//! it, and so it is not counted.

use petrel_model::event::{MarkKind, RelationKind};
use petrel_model::id::AccountId;
use petrel_store::Store;

use super::load::Counted;
use crate::error::Result;
use crate::lists::{List, Owner};
use crate::marks::table::{Marks, partition};
use crate::relations::table::Relations;

/// Of one list, the newest so many rows are held against their facts when it is counted. What
/// lies further back is not: reading that many facts of each of a page's lists would be too much
/// for a node that has just started.
const VERIFIED_ROWS_MAX: usize = 100;

/// Drops what has no fact. The lists and what was found in them are in the same order.
pub async fn verify(store: &Store, lists: &[(List, Owner)], counted: &mut [Counted]) -> Result<()> {
    let (mut follows, mut marks) = (Vec::new(), Vec::new());
    let (mut of_follows, mut of_marks) = (Vec::new(), Vec::new());
    for (at, (list, owner)) in lists.iter().enumerate() {
        let known = counted[at].known.iter().take(VERIFIED_ROWS_MAX).enumerate();
        for (place, (who, _)) in known {
            let who = AccountId(*who);
            match (list, owner) {
                (List::Followers, Owner::Account(account)) => {
                    follows.push((who, (*account, RelationKind::Follow)));
                    of_follows.push((at, place));
                }
                (List::FavouritesByStatus, Owner::Status(status)) => {
                    marks.push((partition(who, *status), (*status, MarkKind::Favourite)));
                    of_marks.push((at, place));
                }
                (List::ReblogsByStatus, Owner::Status(status)) => {
                    marks.push((partition(who, *status), (*status, MarkKind::Reblog)));
                    of_marks.push((at, place));
                }
                _ => {}
            }
        }
    }
    let (follows, marks) = tokio::try_join!(
        store.get_many::<Relations>(&follows),
        store.get_many::<Marks>(&marks),
    )?;
    let follows = follows
        .into_iter()
        .map(|row| row.filter(|row| row.value.on).map(|row| row.value.id));
    let marks = marks
        .into_iter()
        .map(|row| row.filter(|row| row.value.on).map(|row| row.value.id));
    let facts = of_follows.into_iter().zip(follows);
    let facts = facts.chain(of_marks.into_iter().zip(marks));
    let mut orphans: Vec<(usize, usize)> = facts
        .filter(|((at, place), fact)| *fact != counted[*at].ids.get(*place).copied())
        .map(|(place, _)| place)
        .collect();
    // From the end, so that the places before stay what they are.
    orphans.sort_unstable();
    for (at, place) in orphans.into_iter().rev() {
        counted[at].drop_row(place);
    }
    Ok(())
}

impl Counted {
    fn drop_row(&mut self, place: usize) {
        self.known.remove(place);
        self.ids.remove(place);
    }
}
