//! The gate against tables written by hand, a line for each relation.

mod exhaustive;

use super::*;
use exhaustive::relations;

const VIEWER: AccountId = AccountId(crate::id::Id(1));
const AUTHOR: AccountId = AccountId(crate::id::Id(2));
const REBLOGGER: AccountId = AccountId(crate::id::Id(3));
const NAMED: [AccountId; 1] = [VIEWER];

use Known::{No, Unknown, Yes};

fn account(id: AccountId, relation: Relation) -> Account {
    Account {
        id,
        deleted: No,
        suspended: No,
        relation,
    }
}

fn status(author: Account, visibility: Visibility) -> Status<'static> {
    Status {
        author,
        visibility,
        mentions: Some(&[]),
        deleted: No,
        content: Content::Own,
    }
}

fn reblog<'a>(by: Account, visibility: Visibility, of: &'a Status<'a>) -> Status<'a> {
    Status {
        content: Content::Reblog(Some(of)),
        ..status(by, visibility)
    }
}

/// One letter for each surface on which the status is shown: i k p t h s n.
fn seen(viewer: &Viewer, status: &Status<'_>) -> String {
    let letters = ['i', 'k', 'p', 't', 'h', 's', 'n'];
    let all = letters.into_iter().zip(Surface::ALL);
    all.filter(|(_, surface)| may_see(viewer, status, *surface))
        .map(|(letter, _)| letter)
        .collect()
}

/// The viewer and the author's status as a relation of this name has them.
fn scene(name: &str) -> (Viewer, Status<'static>) {
    let mut viewer = Viewer::active(VIEWER);
    let mut post = status(account(AUTHOR, Relation::NONE), Visibility::Public);
    for part in name.split(" + ") {
        let relation = &mut post.author.relation;
        match part {
            "stranger" => {}
            "self" => viewer = Viewer::active(AUTHOR),
            "anonymous" => viewer = Viewer::Anonymous,
            "suspended viewer" => {
                viewer = Viewer::Account {
                    id: VIEWER,
                    suspended: Yes,
                }
            }
            "viewer of unknown state" => {
                viewer = Viewer::Account {
                    id: VIEWER,
                    suspended: Unknown,
                }
            }
            "follower" => relation.follows = Yes,
            "follow unknown" => relation.follows = Unknown,
            "requested" => relation.requested = Yes,
            "blocking" => relation.blocks = Yes,
            "blocking unknown" => relation.blocks = Unknown,
            "blocked by" => relation.blocked_by = Yes,
            "blocked by unknown" => relation.blocked_by = Unknown,
            "muting" => relation.mutes = Yes,
            "muting notifications" => (relation.mutes, relation.mutes_notifications) = (Yes, Yes),
            "mute's notifications without mute" => relation.mutes_notifications = Yes,
            "mute unknown" => relation.mutes = Unknown,
            "nothing known" => *relation = Relation::UNKNOWN,
            "mentioned" => post.mentions = Some(&NAMED),
            "mentions unknown" => post.mentions = None,
            "author suspended" => post.author.suspended = Yes,
            "author's state unknown" => post.author.suspended = Unknown,
            "author deleted" => post.author.deleted = Yes,
            "author's being unknown" => post.author.deleted = Unknown,
            "status deleted" => post.deleted = Yes,
            "status' being unknown" => post.deleted = Unknown,
            other => panic!("no such relation: {other}"),
        }
    }
    (viewer, post)
}

#[test]
fn every_relation_sees_what_the_table_says() {
    // Where one is shown: i by id, k kept, p profile, t timeline, h thread, s search, n notification.
    // Public and unlisted; private; direct.
    let table = [
        ("stranger", "ikpthsn", "", ""),
        ("anonymous", "ikpthsn", "", ""),
        ("self", "ikpthsn", "ikpthsn", "ikpthsn"),
        ("follower", "ikpthsn", "ikpthsn", ""),
        ("requested", "ikpthsn", "", ""),
        ("mentioned", "ikpthsn", "ikpthsn", "ikpthsn"),
        ("follower + mentioned", "ikpthsn", "ikpthsn", "ikpthsn"),
        ("requested + mentioned", "ikpthsn", "ikpthsn", "ikpthsn"),
        // A block by the author ends everything, by the viewer what they did not ask for.
        ("blocked by", "", "", ""),
        ("blocked by + follower", "", "", ""),
        ("blocked by + mentioned", "", "", ""),
        ("blocked by + blocking", "", "", ""),
        ("blocking", "ikp", "", ""),
        ("blocking + follower", "ikp", "", ""),
        ("blocking + mentioned", "ikp", "ikp", "ikp"),
        // Mutes.
        ("muting", "ikpn", "", ""),
        ("muting + follower", "ikpn", "ikpn", ""),
        ("muting + mentioned", "ikpn", "ikpn", "ikpn"),
        ("muting notifications", "ikp", "", ""),
        ("muting notifications + follower", "ikp", "ikp", ""),
        ("mute's notifications without mute", "ikpthsn", "", ""),
        // Gone.
        ("author suspended + follower", "", "", ""),
        ("author suspended + self", "", "", ""),
        ("author suspended + mentioned", "", "", ""),
        ("author deleted + anonymous", "", "", ""),
        ("status deleted + self", "", "", ""),
        ("status deleted + follower + mentioned", "", "", ""),
        ("suspended viewer", "", "", ""),
        ("suspended viewer + mentioned + follower", "", "", ""),
        // What is not known means no; for visitors and authors nothing need be known.
        ("nothing known", "", "", ""),
        ("nothing known + mentioned", "", "", ""),
        ("nothing known + anonymous", "ikpthsn", "", ""),
        ("nothing known + self", "ikpthsn", "ikpthsn", "ikpthsn"),
        ("follow unknown", "ikpthsn", "", ""),
        ("blocking unknown", "ikp", "", ""),
        ("blocking unknown + follower", "ikp", "", ""),
        ("blocked by unknown + follower", "", "", ""),
        ("mute unknown", "ikpn", "", ""),
        ("mentions unknown", "ikpthsn", "", ""),
        ("mentions unknown + follower", "ikpthsn", "ikpthsn", ""),
        ("author's state unknown", "", "", ""),
        ("author's being unknown + self", "", "", ""),
        ("status' being unknown + self", "", "", ""),
        ("viewer of unknown state", "", "", ""),
    ];
    for (name, open, private, direct) in table {
        for (visibility, expected) in [
            (Visibility::Public, open),
            (Visibility::Unlisted, open),
            (Visibility::Private, private),
            (Visibility::Direct, direct),
        ] {
            let (viewer, post) = scene(name);
            let post = Status { visibility, ..post };
            assert_eq!(seen(&viewer, &post), expected, "{name}, {visibility}");
        }
    }
}

#[test]
fn company_is_hidden_as_an_author_would_be_and_what_is_not_known_is() {
    let others = AccountId(crate::id::Id(4));
    let relation = |blocks, mutes, mutes_notifications| Relation {
        blocks,
        mutes,
        mutes_notifications,
        ..Relation::NONE
    };
    for (relation, in_notifications, in_timelines) in [
        (relation(No, No, No), false, false),
        (relation(No, No, Yes), false, false),
        (relation(No, Yes, No), false, true),
        (relation(No, Yes, Yes), true, true),
        (relation(Yes, No, No), true, true),
        (Relation::UNKNOWN, true, true),
    ] {
        let hides = |id, surface| hides_company(&Viewer::active(VIEWER), id, relation, surface);
        assert_eq!(
            hides(others, Surface::Notification),
            in_notifications,
            "{relation:?}"
        );
        assert_eq!(
            hides(others, Surface::Timeline),
            in_timelines,
            "{relation:?}"
        );
        assert!(!hides(others, Surface::ById) && !hides(VIEWER, Surface::Notification));
    }
}

const KNOWN: [Known; 3] = [Yes, No, Unknown];

#[test]
fn reblogs_of_what_was_not_for_all_are_shown_only_by_their_author() {
    let follower = Relation {
        follows: Yes,
        ..Relation::NONE
    };
    let viewer = Viewer::active(VIEWER);
    let private = status(account(AUTHOR, follower), Visibility::Private);
    let direct = Status {
        mentions: Some(&NAMED),
        ..status(account(AUTHOR, follower), Visibility::Direct)
    };
    let own = reblog(account(AUTHOR, follower), Visibility::Private, &private);
    assert_eq!(seen(&viewer, &own), "ikpthsn");
    assert_eq!(seen(&Viewer::Anonymous, &own), "");
    // Even a reblog that calls itself public opens nothing.
    let opened = reblog(account(AUTHOR, follower), Visibility::Public, &private);
    assert_eq!(seen(&Viewer::Anonymous, &opened), "");
    for wrong in [
        reblog(account(REBLOGGER, follower), Visibility::Public, &private),
        reblog(account(REBLOGGER, follower), Visibility::Private, &private),
        reblog(account(AUTHOR, follower), Visibility::Public, &direct),
        Status {
            content: Content::Reblog(None),
            ..own
        },
        reblog(account(REBLOGGER, follower), Visibility::Public, &own),
    ] {
        assert_eq!(seen(&viewer, &wrong), "", "{wrong:?}");
    }
}

#[test]
fn being_named_in_it_opens_nobodys_private_reblog() {
    let post = Status {
        mentions: Some(&NAMED),
        ..status(account(AUTHOR, Relation::NONE), Visibility::Public)
    };
    let outer = Status {
        mentions: Some(&NAMED),
        ..reblog(
            account(REBLOGGER, Relation::NONE),
            Visibility::Private,
            &post,
        )
    };
    assert_eq!(seen(&Viewer::active(VIEWER), &outer), "");
    assert_eq!(seen(&Viewer::active(REBLOGGER), &outer), "ikpthsn");
}

#[test]
fn contradicting_facts_are_settled_in_the_order_of_the_table() {
    let viewer = Viewer::active(VIEWER);
    let all_on = Relation {
        follows: Yes,
        requested: Yes,
        blocks: Yes,
        blocked_by: Yes,
        mutes: Yes,
        mutes_notifications: Yes,
    };
    let with = |id, deleted, suspended, relation| {
        tie(
            &viewer,
            &Account {
                id,
                deleted,
                suspended,
                relation,
            },
        )
    };
    assert_eq!(with(VIEWER, Yes, Yes, all_on), Tie::Deleted);
    assert_eq!(with(VIEWER, No, Yes, all_on), Tie::Suspended);
    assert_eq!(with(VIEWER, No, No, all_on), Tie::Own);
    assert_eq!(
        with(AUTHOR, No, No, all_on),
        Tie::Blocked {
            by_viewer: true,
            by_account: true
        }
    );
    let blocking = Relation {
        blocked_by: No,
        ..all_on
    };
    assert_eq!(
        with(AUTHOR, No, No, blocking),
        Tie::Blocked {
            by_viewer: true,
            by_account: false
        }
    );
    let unblocked = Relation {
        blocks: No,
        blocked_by: No,
        ..all_on
    };
    let open = Tie::Open {
        follows: true,
        requested: false,
        mutes: true,
        mutes_notifications: true,
    };
    assert_eq!(with(AUTHOR, No, No, unblocked), open);
    for relation in relations() {
        let settled = with(AUTHOR, No, No, relation);
        let is_blocked = relation.blocks != No || relation.blocked_by != No;
        assert_eq!(settled.follows(), relation.follows == Yes && !is_blocked);
        assert!(!(settled.follows() && settled.requested()));
    }
    let visitor = tie(&Viewer::Anonymous, &account(AUTHOR, all_on));
    assert_eq!(
        visitor,
        Tie::Open {
            follows: false,
            requested: false,
            mutes: false,
            mutes_notifications: false
        }
    );
}

#[test]
fn accounts_are_found_by_all_but_listed_only_for_those_at_peace() {
    let table = [
        ("stranger", "ikpthsn"),
        ("anonymous", "ikpthsn"),
        ("self", "ikpthsn"),
        ("follower", "ikpthsn"),
        ("requested", "ikpthsn"),
        ("blocking", "ikps"),
        ("blocked by", "ikps"),
        ("muting", "ikpsn"),
        ("muting notifications", "ikps"),
        ("nothing known", "ikps"),
        ("author suspended", ""),
        ("author suspended + self", ""),
        ("author deleted", ""),
        ("suspended viewer", ""),
    ];
    let letters = ['i', 'k', 'p', 't', 'h', 's', 'n'];
    for (name, expected) in table {
        let (viewer, post) = scene(name);
        let seen: String = letters
            .into_iter()
            .zip(Surface::ALL)
            .filter(|(_, surface)| may_see_account(&viewer, &post.author, *surface))
            .map(|(letter, _)| letter)
            .collect();
        assert_eq!(seen, expected, "{name}");
    }
}

#[test]
fn every_relation_may_do_what_the_table_says() {
    // r reply, f favourite, b reblog, m bookmark, p pin. Public and unlisted; private; direct.
    let table = [
        ("stranger", "rfbm", "", ""),
        ("anonymous", "", "", ""),
        ("self", "rfbmp", "rfbmp", "rfm"),
        ("follower", "rfbm", "rfm", ""),
        ("requested", "rfbm", "", ""),
        ("mentioned", "rfbm", "rfm", "rfm"),
        ("blocking", "m", "", ""),
        ("blocking + mentioned", "m", "m", "m"),
        ("blocked by + follower + mentioned", "", "", ""),
        ("muting + follower", "rfbm", "rfm", ""),
        ("nothing known", "", "", ""),
        ("author suspended + self", "", "", ""),
        ("status deleted + self", "", "", ""),
        ("suspended viewer", "", "", ""),
    ];
    use Interaction::{Bookmark, Favourite, Pin, Reblog, Reply};
    let all = [
        ('r', Reply),
        ('f', Favourite),
        ('b', Reblog),
        ('m', Bookmark),
        ('p', Pin),
    ];
    for (name, open, private, direct) in table {
        for (visibility, expected) in [
            (Visibility::Public, open),
            (Visibility::Unlisted, open),
            (Visibility::Private, private),
            (Visibility::Direct, direct),
        ] {
            let (viewer, post) = scene(name);
            let post = Status { visibility, ..post };
            let done: String = all
                .into_iter()
                .filter(|(_, interaction)| may_interact(&viewer, &post, *interaction))
                .map(|(letter, _)| letter)
                .collect();
            assert_eq!(done, expected, "{name}, {visibility}");
        }
    }
}

#[test]
fn through_a_reblog_one_acts_on_what_is_reblogged() {
    let viewer = Viewer::active(VIEWER);
    let blocking = Relation {
        blocks: Yes,
        ..Relation::NONE
    };
    let post = status(account(AUTHOR, blocking), Visibility::Public);
    let outer = reblog(
        account(REBLOGGER, Relation::NONE),
        Visibility::Public,
        &post,
    );
    assert!(!may_interact(&viewer, &outer, Interaction::Favourite));
    let own = status(account(VIEWER, Relation::NONE), Visibility::Private);
    let outer = reblog(account(VIEWER, Relation::NONE), Visibility::Private, &own);
    assert!(may_interact(&viewer, &outer, Interaction::Reblog));
    assert!(!may_interact(&viewer, &outer, Interaction::Pin));
}

#[test]
fn a_follow_of_a_locked_account_is_a_request() {
    let outcome = |name: &str, locked| {
        let (viewer, post) = scene(name);
        follow_outcome(&viewer, &post.author, locked)
    };
    for locked in KNOWN {
        let open = if locked == No {
            FollowOutcome::Follow
        } else {
            FollowOutcome::Request
        };
        assert_eq!(outcome("stranger", locked), open);
        assert_eq!(outcome("requested", locked), open);
        assert_eq!(outcome("muting", locked), open);
        assert_eq!(outcome("follower", locked), FollowOutcome::Follow);
        for refused in [
            "self",
            "anonymous",
            "blocking",
            "blocked by",
            "nothing known",
            "author suspended",
            "author deleted",
            "suspended viewer",
        ] {
            assert_eq!(
                outcome(refused, locked),
                FollowOutcome::Refused,
                "{refused}"
            );
        }
    }
}

#[test]
fn a_reblog_of_a_reblog_is_shown_to_nobody() {
    let post = status(account(AUTHOR, Relation::NONE), Visibility::Public);
    let once = reblog(
        account(REBLOGGER, Relation::NONE),
        Visibility::Public,
        &post,
    );
    let twice = reblog(
        account(REBLOGGER, Relation::NONE),
        Visibility::Public,
        &once,
    );
    assert_eq!(seen(&Viewer::active(VIEWER), &once), "ikpthsn");
    assert_eq!(seen(&Viewer::active(VIEWER), &twice), "");
}

/// The way from the wish to follow to what is seen, of open and of locked accounts.
#[test]
fn asking_to_follow_a_locked_account_opens_nothing_yet() {
    for (locked, expected) in [(No, "ikpthsn"), (Yes, ""), (Unknown, "")] {
        let (viewer, post) = scene("stranger");
        let mut relation = post.author.relation;
        match follow_outcome(&viewer, &post.author, locked) {
            FollowOutcome::Follow => relation.follows = Yes,
            FollowOutcome::Request => relation.requested = Yes,
            FollowOutcome::Refused => panic!("nothing bars a stranger"),
        }
        let author = account(AUTHOR, relation);
        assert_eq!(
            seen(&viewer, &status(author, Visibility::Private)),
            expected
        );
        assert_eq!(seen(&viewer, &status(author, Visibility::Direct)), "");
        // Authorising it opens what is for followers, and a block shuts it again.
        relation.follows = Yes;
        let author = account(AUTHOR, relation);
        assert_eq!(
            seen(&viewer, &status(author, Visibility::Private)),
            "ikpthsn"
        );
        relation.blocked_by = Yes;
        let author = account(AUTHOR, relation);
        assert_eq!(seen(&viewer, &status(author, Visibility::Private)), "");
    }
}
