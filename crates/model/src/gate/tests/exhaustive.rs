//! The gate against an oracle of prohibitions and permissions, over every combination of facts.

use super::*;

/// Every relation with every certainty: 729.
pub fn relations() -> Vec<Relation> {
    let mut all = Vec::new();
    for code in 0..3usize.pow(6) {
        let digit = |place: u32| KNOWN[code / 3usize.pow(place) % 3];
        all.push(Relation {
            follows: digit(0),
            requested: digit(1),
            blocks: digit(2),
            blocked_by: digit(3),
            mutes: digit(4),
            mutes_notifications: digit(5),
        });
    }
    all
}

/// The plain words as two lists: one reason against is enough to hide, one reason for is needed.
fn expected(viewer: &Viewer, post: &Status<'_>, surface: Surface) -> bool {
    let (is_visitor, is_author, viewer_suspended) = match *viewer {
        Viewer::Anonymous => (true, false, No),
        Viewer::Account { id, suspended } => (false, id == post.author.id, suspended),
    };
    let is_other = !is_visitor && !is_author;
    let relation = post.author.relation;
    let uninvited = [Surface::Timeline, Surface::Thread, Surface::Search].contains(&surface);
    let notifies = surface == Surface::Notification;
    let mute_tells = relation.mutes != No && relation.mutes_notifications != No;
    let against = [
        viewer_suspended != No,
        post.deleted != No,
        post.author.deleted != No,
        post.author.suspended != No,
        is_other && relation.blocked_by != No,
        is_other && relation.blocks != No && (uninvited || notifies),
        is_other && relation.mutes != No && uninvited,
        is_other && mute_tells && notifies,
    ];
    let is_named = is_other && post.mentions == Some(&NAMED);
    let follow_counts = is_other && relation.follows == Yes && relation.blocks == No;
    let reasons = [
        is_author,
        matches!(post.visibility, Visibility::Public | Visibility::Unlisted),
        post.visibility == Visibility::Private && follow_counts,
        post.visibility == Visibility::Private && is_named,
        post.visibility == Visibility::Direct && is_named,
    ];
    !against.contains(&true) && reasons.contains(&true)
}

/// Every status by the author with every relation of the viewer to them.
fn for_every_status(mut check: impl FnMut(&Viewer, &Status<'_>)) {
    let viewers = [
        Viewer::Anonymous,
        Viewer::active(AUTHOR),
        Viewer::active(VIEWER),
        Viewer::Account {
            id: VIEWER,
            suspended: Yes,
        },
        Viewer::Account {
            id: VIEWER,
            suspended: Unknown,
        },
    ];
    let states = [
        (No, No, No),
        (Yes, No, No),
        (No, Yes, No),
        (No, No, Yes),
        (Unknown, No, No),
        (No, Unknown, No),
        (No, No, Unknown),
    ];
    let mentions: [Option<&[AccountId]>; 3] = [None, Some(&[]), Some(&NAMED)];
    for relation in relations() {
        for (deleted, author_deleted, suspended) in states {
            for visibility in Visibility::ALL {
                for mentions in mentions {
                    let author = Account {
                        id: AUTHOR,
                        deleted: author_deleted,
                        suspended,
                        relation,
                    };
                    let post = Status {
                        author,
                        visibility,
                        mentions,
                        deleted,
                        content: Content::Own,
                    };
                    for viewer in &viewers {
                        check(viewer, &post);
                    }
                }
            }
        }
    }
}

#[test]
fn every_combination_is_as_the_plain_words_say() {
    let (mut shown, mut hidden) = (0u32, 0u32);
    for_every_status(|viewer, post| {
        for surface in Surface::ALL {
            let is_shown = may_see(viewer, post, surface);
            assert_eq!(
                is_shown,
                expected(viewer, post, surface),
                "{viewer:?} {post:?} {surface:?}"
            );
            if is_shown { shown += 1 } else { hidden += 1 }
        }
    });
    assert!(shown > 10_000 && hidden > 10_000, "{shown} {hidden}");
}

#[test]
fn finding_out_less_never_shows_more() {
    let vaguer = |relation: Relation| {
        let unknown = Unknown;
        [
            Relation {
                follows: unknown,
                ..relation
            },
            Relation {
                requested: unknown,
                ..relation
            },
            Relation {
                blocks: unknown,
                ..relation
            },
            Relation {
                blocked_by: unknown,
                ..relation
            },
            Relation {
                mutes: unknown,
                ..relation
            },
            Relation {
                mutes_notifications: unknown,
                ..relation
            },
        ]
    };
    for_every_status(|viewer, post| {
        for relation in vaguer(post.author.relation) {
            let vague = Status {
                author: Account {
                    relation,
                    ..post.author
                },
                ..*post
            };
            for surface in Surface::ALL {
                assert!(may_see(viewer, post, surface) || !may_see(viewer, &vague, surface));
                let account = &post.author;
                assert!(
                    may_see_account(viewer, account, surface)
                        || !may_see_account(viewer, &vague.author, surface)
                );
            }
        }
    });
}

#[test]
fn a_reblog_is_seen_where_both_are_seen() {
    for relation in relations() {
        for (visibility, wrap) in [
            (Visibility::Public, Visibility::Public),
            (Visibility::Unlisted, Visibility::Private),
            (Visibility::Public, Visibility::Direct),
        ] {
            let inner = status(account(AUTHOR, relation), visibility);
            let friend = Relation {
                follows: Yes,
                ..Relation::NONE
            };
            for (one, other) in [(relation, friend), (friend, relation)] {
                let inner = Status {
                    author: account(AUTHOR, one),
                    ..inner
                };
                let outer = reblog(account(REBLOGGER, other), wrap, &inner);
                let bare = Status {
                    content: Content::Own,
                    ..outer
                };
                for viewer in [Viewer::Anonymous, Viewer::active(VIEWER)] {
                    for surface in Surface::ALL {
                        let there = if surface == Surface::Profile {
                            Surface::Timeline
                        } else {
                            surface
                        };
                        let both =
                            expected(&viewer, &bare, surface) && expected(&viewer, &inner, there);
                        assert_eq!(
                            may_see(&viewer, &outer, surface),
                            both,
                            "{surface:?} {outer:?}"
                        );
                    }
                }
            }
        }
    }
}
