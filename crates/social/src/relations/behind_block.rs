//! A follow and a block that two nodes accept at the same moment, neither of which knows of the
//! other. The gate lets the block overrule the follow, but lists and counts would have it for good.

use petrel_model::event::RelationKind;
use petrel_model::id::AccountId;
use petrel_store::Row;

use crate::context::Ctx;
use crate::error::Result;
use crate::relations::facts::put_known_off;
use crate::relations::table::Relations;

/// What ends with a block.
const ENDED: [RelationKind; 3] = [
    RelationKind::Follow,
    RelationKind::FollowRequest,
    RelationKind::FollowSettings,
];
/// Rows that one account has about another: more than there are kinds.
const ROWS_MAX: usize = 16;

/// Once it is committed that somebody follows, or blocks, these follows (who, whom) between the two
/// accounts are switched off if one of them blocks the other. Both commands look, past what their
/// nodes keep, so whichever lands last finds the other. Should its node end in between, or should
/// it land when its caller has given up, the follow stays behind the block: it counts as off all
/// the same, and ends for good when the block does. On one machine the turns see to it.
pub(super) async fn end_follows(
    ctx: &Ctx,
    (one, other): (AccountId, AccountId),
    follows: &[(AccountId, AccountId)],
) -> Result<()> {
    let store = ctx.store();
    if store.peers().is_none() {
        return Ok(());
    }
    let mut batch = ctx.batch();
    let rows = |of: AccountId, to: AccountId| {
        let scan = store.scan::<Relations>(&of);
        scan.prefix(&to).limit(ROWS_MAX)
    };
    let scans = vec![rows(one, other), rows(other, one)];
    let found = store.scan_many(scans).await?;
    let are_open = !found.iter().any(|rows| is_on(rows, RelationKind::Block));
    if are_open {
        return Ok(());
    }
    for (who, rows) in [one, other].into_iter().zip(&found) {
        let stands = ENDED.iter().any(|kind| is_on(rows, *kind));
        let follow = follows.iter().find(|(account, _)| *account == who);
        let Some((account, followed)) = follow.filter(|_| stands) else {
            continue;
        };
        for kind in ENDED {
            let known = rows.iter().find(|row| row.sort.1 == kind);
            known.iter().for_each(|row| batch.note(row.revision));
            let known = known.map(|row| row.value.clone());
            put_known_off(&mut batch, (*account, *followed, kind), known);
        }
    }
    if !batch.is_empty() {
        batch.commit().await?;
    }
    Ok(())
}

fn is_on(rows: &[Row<Relations>], kind: RelationKind) -> bool {
    rows.iter().any(|row| row.sort.1 == kind && row.value.on)
}
