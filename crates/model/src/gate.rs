//! The gate: the one place that decides who may see what.
//!
//! The API, pages, streams, search, notifications, exports and federation all ask here. Nothing is
//! looked up here: the caller brings what it has found out, and what it could not find out counts
//! against showing ([`Known::Unknown`]).
//!
//! # What overrules what
//!
//! Two nodes may each accept what the other's command forbids, so facts can contradict each other.
//! Between a viewer and an account the first of these that holds is all that counts ([`tie`]):
//!
//! 1. **deleted** – the account is gone;
//! 2. **suspended** – the account is as good as gone, for its owner too;
//! 3. **own** – it is the viewer's own account; nobody follows, blocks or mutes themselves;
//! 4. **blocked**, either way – a follow or a request that is on all the same counts as off;
//! 5. the rest: **follow**, **request**, **mute**. A request beside a follow counts as off.
//!
//! # Who sees a status
//!
//! - Nobody sees a deleted status or one by a deleted or suspended account.
//! - A viewer whose own account is suspended sees nothing through it.
//! - Its author sees it, everywhere.
//! - Whom its author blocks does not see it, anywhere, whatever its visibility and even if named in it.
//! - Public and unlisted: everybody else sees it, visitors too.
//! - Private: the author's followers and those named in it.
//! - Direct: those named in it.
//!
//! Being unlisted or a reply keeps a status off some lists; that is the list's business.
//!
//! **Blocks and mutes by the viewer** hide only where the viewer did not go on purpose:
//!
//! | the viewer … the author | by id, kept lists | author's profile | timelines, threads, search | notifications |
//! |---|---|---|---|---|
//! | blocks | shown | shown | hidden | hidden |
//! | mutes | shown | shown | hidden | hidden if the mute covers notifications |
//!
//! (As Mastodon's `StatusPolicy`, `StatusFilter` and `AccountStatusesFilter`, but that a block by
//! the author also hides private and direct statuses from those named in them.)
//!
//! # Who sees a reblog
//!
//! A reblog is a status of its own, without text. One is seen where both it and the reblogged
//! status are seen; being named in the reblogged status shows nobody the reblog of another's
//! circle. On the reblogger's profile the reblogged author is judged as in a timeline: the viewer
//! went there for the one, not for the other. A reblog of somebody else's private status, or of a
//! direct one, ought not to exist and is shown to nobody.
//!
//! # Who sees an account
//!
//! Everybody sees that it exists, its name and its profile, by id and in search, whom it blocks
//! included (they could log out and look); deleted and suspended accounts nobody sees. Lists of
//! accounts (followers, who favourited) leave out who is blocked either way or muted.
//!
//! # Who is kept out of what
//!
//! A status that names somebody, or answers them, brings them along. What the viewer is told unasked
//! does not bring along whom they block or mute ([`hides_company`]): a mention is judged as
//! notifications are, a new status as timelines are.
//!
//! # Who may do something to a status
//!
//! Who sees it by id may bookmark it. Replying, favouriting and reblogging also need that nobody
//! blocks anybody. Reblogged is what is public or unlisted, and one's own private statuses. Pinned
//! are one's own, but for direct ones and reblogs.

use crate::id::AccountId;
use crate::visibility::Visibility;

/// Whether something is so, or could not be found out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Known {
    Yes,
    No,
    /// The look-up failed. Never a reason to show anything.
    #[default]
    Unknown,
}

impl Known {
    /// It is so for sure: the only answer that gives a right.
    fn surely(self) -> bool {
        self == Known::Yes
    }

    /// It may be so: enough to take one.
    fn maybe(self) -> bool {
        self != Known::No
    }
}

impl From<bool> for Known {
    fn from(is_so: bool) -> Known {
        if is_so { Known::Yes } else { Known::No }
    }
}

impl From<Option<bool>> for Known {
    fn from(is_so: Option<bool>) -> Known {
        is_so.map_or(Known::Unknown, Known::from)
    }
}

/// What is between the viewer and another account, as the rows say it, contradictions included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Relation {
    /// The viewer follows the account.
    pub follows: Known,
    /// The viewer has asked to follow it.
    pub requested: Known,
    pub blocks: Known,
    /// The account blocks the viewer.
    pub blocked_by: Known,
    /// The viewer mutes it, and the mute has not expired.
    pub mutes: Known,
    /// The mute covers notifications. Counts for nothing without the mute.
    pub mutes_notifications: Known,
}

impl Relation {
    /// The look-up failed: nothing is known.
    pub const UNKNOWN: Relation = Relation {
        follows: Known::Unknown,
        requested: Known::Unknown,
        blocks: Known::Unknown,
        blocked_by: Known::Unknown,
        mutes: Known::Unknown,
        mutes_notifications: Known::Unknown,
    };

    /// Nothing is between them: strangers, or a visitor.
    pub const NONE: Relation = Relation {
        follows: Known::No,
        requested: Known::No,
        blocks: Known::No,
        blocked_by: Known::No,
        mutes: Known::No,
        mutes_notifications: Known::No,
    };
}

/// Another account, and what the viewer is to it. For a visitor and for one's own account the
/// relation is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    pub id: AccountId,
    pub deleted: Known,
    pub suspended: Known,
    pub relation: Relation,
}

/// A status as far as the gate cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status<'a> {
    pub author: Account,
    pub visibility: Visibility,
    /// The accounts that it names; None if they are not known.
    pub mentions: Option<&'a [AccountId]>,
    pub deleted: Known,
    pub content: Content<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content<'a> {
    /// A text of its own.
    Own,
    /// The reblogged status, never a reblog itself; None if it is not known.
    Reblog(Option<&'a Status<'a>>),
}

/// Who is looking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Viewer {
    /// A visitor, or a token that belongs to no account.
    Anonymous,
    Account {
        id: AccountId,
        suspended: Known,
    },
}

impl Viewer {
    /// An account whose token was just checked, which a suspended account's does not survive.
    pub fn active(id: AccountId) -> Viewer {
        Viewer::Account {
            id,
            suspended: Known::No,
        }
    }

    pub fn id(&self) -> Option<AccountId> {
        match self {
            Viewer::Anonymous => None,
            Viewer::Account { id, .. } => Some(*id),
        }
    }
}

/// Where it would be shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Surface {
    /// Asked for by id or address.
    ById,
    /// Among one's own favourites, bookmarks, blocks, mutes, followers: what one put there oneself.
    Kept,
    /// On its author's profile, pins included; for an account, the profile itself.
    Profile,
    /// In home, public, tag and list timelines, live streams, and lists of accounts.
    Timeline,
    /// Around another status, above or below it.
    Thread,
    /// Found by its words.
    Search,
    /// In a notification.
    Notification,
}

impl Surface {
    pub const ALL: [Surface; 7] = [
        Surface::ById,
        Surface::Kept,
        Surface::Profile,
        Surface::Timeline,
        Surface::Thread,
        Surface::Search,
        Surface::Notification,
    ];
}

/// What a viewer is to an account once it is settled what overrules what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tie {
    Deleted,
    Suspended,
    Own,
    Blocked {
        by_viewer: bool,
        by_account: bool,
    },
    /// Nothing stands between them; what counts is this.
    Open {
        follows: bool,
        requested: bool,
        mutes: bool,
        mutes_notifications: bool,
    },
}

impl Tie {
    /// The viewer's follow counts.
    pub fn follows(self) -> bool {
        matches!(self, Tie::Open { follows: true, .. })
    }

    /// The viewer's request counts.
    pub fn requested(self) -> bool {
        matches!(
            self,
            Tie::Open {
                requested: true,
                ..
            }
        )
    }
}

/// What overrules what. See the table above.
pub fn tie(viewer: &Viewer, account: &Account) -> Tie {
    let Relation {
        follows,
        requested,
        blocks,
        blocked_by,
        mutes,
        mutes_notifications,
    } = match viewer {
        Viewer::Anonymous => Relation::NONE,
        Viewer::Account { .. } => account.relation,
    };
    if account.deleted.maybe() {
        Tie::Deleted
    } else if account.suspended.maybe() {
        Tie::Suspended
    } else if viewer.id() == Some(account.id) {
        Tie::Own
    } else if blocks.maybe() || blocked_by.maybe() {
        Tie::Blocked {
            by_viewer: blocks.maybe(),
            by_account: blocked_by.maybe(),
        }
    } else {
        Tie::Open {
            follows: follows.surely(),
            requested: requested.surely() && !follows.surely(),
            mutes: mutes.maybe(),
            mutes_notifications: mutes.maybe() && mutes_notifications.maybe(),
        }
    }
}

/// Whether the viewer is shown the status there.
pub fn may_see(viewer: &Viewer, status: &Status<'_>, surface: Surface) -> bool {
    if viewer_is_suspended(viewer) {
        return false;
    }
    let reblogged = match status.content {
        Content::Own => return may_see_own(viewer, status, surface),
        Content::Reblog(None) => return false,
        Content::Reblog(Some(reblogged)) => reblogged,
    };
    let nameless = Status {
        mentions: Some(&[]),
        ..*status
    };
    let inner_surface = match surface {
        Surface::Profile => Surface::Timeline,
        other => other,
    };
    reblogged.content == Content::Own
        && is_rebloggable(reblogged, status.author.id)
        && may_see_own(viewer, &nameless, surface)
        && may_see_own(viewer, reblogged, inner_surface)
}

/// Whether the viewer is shown the account there.
pub fn may_see_account(viewer: &Viewer, account: &Account, surface: Surface) -> bool {
    if viewer_is_suspended(viewer) {
        return false;
    }
    let tie = tie(viewer, account);
    match surface {
        Surface::ById | Surface::Kept | Surface::Profile | Surface::Search => {
            !matches!(tie, Tie::Deleted | Tie::Suspended)
        }
        Surface::Timeline | Surface::Thread | Surface::Notification => {
            !hides_author(tie, surface) && !is_out_of_reach(tie)
        }
    }
}

/// Whether the viewer does not want to meet there an account that a status names or answers. Its
/// author is judged by [`may_see`]; what else became of the account does not matter.
pub fn hides_company(viewer: &Viewer, id: AccountId, relation: Relation, surface: Surface) -> bool {
    let account = Account {
        id,
        deleted: Known::No,
        suspended: Known::No,
        relation,
    };
    hides_author(tie(viewer, &account), surface)
}

/// What a viewer may want to do to a status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Interaction {
    Reply,
    Favourite,
    Reblog,
    Bookmark,
    Pin,
}

/// Whether the viewer may do it. Through a reblog, one acts on what is reblogged: both are judged.
pub fn may_interact(viewer: &Viewer, status: &Status<'_>, interaction: Interaction) -> bool {
    let Some(viewer_id) = viewer.id() else {
        return false;
    };
    if !may_see(viewer, status, Surface::ById) {
        return false;
    }
    let target = match status.content {
        Content::Reblog(Some(reblogged)) => reblogged,
        _ => status,
    };
    let is_blocked = matches!(tie(viewer, &target.author), Tie::Blocked { .. });
    let is_own = target.author.id == viewer_id;
    match interaction {
        Interaction::Reply | Interaction::Favourite => !is_blocked,
        Interaction::Reblog => !is_blocked && is_rebloggable(target, viewer_id),
        Interaction::Bookmark => true,
        Interaction::Pin => {
            is_own && status.content == Content::Own && status.visibility != Visibility::Direct
        }
    }
}

/// What comes of the wish to follow an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FollowOutcome {
    Follow,
    /// The account approves its followers itself.
    Request,
    Refused,
}

/// What comes of it if the viewer wants to follow the account now.
pub fn follow_outcome(viewer: &Viewer, account: &Account, locked: Known) -> FollowOutcome {
    if viewer.id().is_none() || viewer_is_suspended(viewer) {
        return FollowOutcome::Refused;
    }
    match tie(viewer, account) {
        Tie::Deleted | Tie::Suspended | Tie::Own | Tie::Blocked { .. } => FollowOutcome::Refused,
        Tie::Open { follows: true, .. } => FollowOutcome::Follow,
        Tie::Open { .. } if locked.maybe() => FollowOutcome::Request,
        Tie::Open { .. } => FollowOutcome::Follow,
    }
}

fn viewer_is_suspended(viewer: &Viewer) -> bool {
    match viewer {
        Viewer::Anonymous => false,
        Viewer::Account { suspended, .. } => suspended.maybe(),
    }
}

/// The rules for a status by itself, whatever it may reblog.
fn may_see_own(viewer: &Viewer, status: &Status<'_>, surface: Surface) -> bool {
    let tie = tie(viewer, &status.author);
    if status.deleted.maybe() || is_out_of_reach(tie) {
        return false;
    }
    if tie == Tie::Own {
        return true;
    }
    is_for(viewer, tie, status) && !hides_author(tie, surface)
}

/// There is nothing of this account for this viewer.
fn is_out_of_reach(tie: Tie) -> bool {
    match tie {
        Tie::Deleted | Tie::Suspended => true,
        Tie::Blocked { by_account, .. } => by_account,
        Tie::Own | Tie::Open { .. } => false,
    }
}

/// Whether the status was written for this viewer, who is not its author.
fn is_for(viewer: &Viewer, tie: Tie, status: &Status<'_>) -> bool {
    let is_named = || match (viewer.id(), status.mentions) {
        (Some(id), Some(mentions)) => mentions.contains(&id),
        _ => false,
    };
    match status.visibility {
        Visibility::Public | Visibility::Unlisted => true,
        Visibility::Private => tie.follows() || is_named(),
        Visibility::Direct => is_named(),
    }
}

/// Whether the viewer does not want to meet this author there.
fn hides_author(tie: Tie, surface: Surface) -> bool {
    let (blocks, mutes, mutes_notifications) = match tie {
        Tie::Blocked { by_viewer, .. } => (by_viewer, false, false),
        Tie::Open {
            mutes,
            mutes_notifications,
            ..
        } => (false, mutes, mutes_notifications),
        Tie::Deleted | Tie::Suspended | Tie::Own => (false, false, false),
    };
    match surface {
        Surface::ById | Surface::Kept | Surface::Profile => false,
        Surface::Timeline | Surface::Thread | Surface::Search => blocks || mutes,
        Surface::Notification => blocks || mutes_notifications,
    }
}

fn is_rebloggable(status: &Status<'_>, by: AccountId) -> bool {
    match status.visibility {
        Visibility::Public | Visibility::Unlisted => true,
        Visibility::Private => status.author.id == by,
        Visibility::Direct => false,
    }
}

#[cfg(test)]
mod tests;
