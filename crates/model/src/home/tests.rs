use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::id::Id;

const VIEWER: u64 = 1;

fn account(number: u64) -> AccountId {
    AccountId(Id(number))
}

fn id(number: u64) -> StatusId {
    StatusId(Id(number))
}

/// A small world: who follows, hides and blocks whom, as seen by account 1.
#[derive(Clone, Debug, Default)]
struct World {
    follows: BTreeMap<u64, (bool, Vec<Language>)>,
    hidden: BTreeSet<u64>,
    out_of_reach: BTreeSet<u64>,
    naming: BTreeSet<u64>,
    tagged: BTreeSet<u64>,
    exclusive: BTreeSet<u64>,
}

impl World {
    fn following(accounts: &[u64]) -> World {
        World {
            follows: accounts
                .iter()
                .map(|number| (*number, (true, Vec::new())))
                .collect(),
            ..World::default()
        }
    }
}

impl HomeFacts for World {
    fn viewer(&self) -> AccountId {
        account(VIEWER)
    }

    fn follow(&self, account: AccountId) -> Option<Follow<'_>> {
        let (shows_reblogs, languages) = self.follows.get(&account.0.0)?;
        Some(Follow {
            shows_reblogs: *shows_reblogs,
            languages,
        })
    }

    fn hides(&self, account: AccountId) -> bool {
        self.hidden.contains(&account.0.0)
    }

    fn is_out_of_reach(&self, account: AccountId) -> bool {
        self.out_of_reach.contains(&account.0.0)
    }

    fn names_viewer(&self, entry: &Entry) -> bool {
        self.naming.contains(&entry.id.0.0)
    }

    fn has_followed_tag(&self, entry: &Entry) -> bool {
        self.tagged.contains(&entry.id.0.0)
    }

    fn is_on_exclusive_list(&self, account: AccountId) -> bool {
        self.exclusive.contains(&account.0.0)
    }
}

fn post(number: u64, by: u64) -> Entry {
    Entry {
        id: id(number),
        account: account(by),
        about: About::Nothing,
        language: None,
        visibility: Visibility::Public,
    }
}

fn reply(number: u64, by: u64, to: u64) -> Entry {
    let about = About::Reply {
        status: id(number - 1),
        account: account(to),
    };
    Entry {
        about,
        ..post(number, by)
    }
}

fn reblog(number: u64, by: u64, of: u64, whose: u64) -> Entry {
    let about = About::Reblog {
        status: id(of),
        account: account(whose),
    };
    Entry {
        about,
        ..post(number, by)
    }
}

#[test]
fn own_and_followed_statuses_belong_and_no_others() {
    let mut world = World::following(&[2, 3]);
    assert!(belongs(&post(10, VIEWER), &world));
    assert!(belongs(&post(10, 2), &world));
    assert!(!belongs(&post(10, 4), &world));
    for visibility in [Visibility::Unlisted, Visibility::Private] {
        assert!(belongs(
            &Entry {
                visibility,
                ..post(10, 2)
            },
            &world
        ));
    }
    let direct = Entry {
        visibility: Visibility::Direct,
        ..post(10, 2)
    };
    assert!(!belongs(&direct, &world));
    assert!(belongs(
        &Entry {
            account: account(VIEWER),
            ..direct
        },
        &world
    ));
    world.naming.insert(10);
    assert!(belongs(&direct, &world));
    // A message from a stranger is a notification, not home.
    assert!(!belongs(
        &Entry {
            account: account(4),
            ..direct
        },
        &world
    ));
    world.exclusive.insert(2);
    assert!(!belongs(&post(11, 2), &world));
    assert!(belongs(&post(11, 3), &world));
}

#[test]
fn replies_belong_when_both_ends_are_known() {
    let world = World::following(&[2, 3]);
    assert!(belongs(&reply(10, 2, 2), &world));
    assert!(belongs(&reply(10, 2, 3), &world));
    assert!(belongs(&reply(10, 2, VIEWER), &world));
    assert!(belongs(&reply(10, VIEWER, 4), &world));
    assert!(!belongs(&reply(10, 2, 4), &world));
    assert!(!belongs(&reply(10, 4, VIEWER), &world));
}

#[test]
fn follows_may_be_narrowed() {
    let (french, german) = (Language::parse("fr"), Language::parse("de"));
    let mut world = World::following(&[2, 3]);
    world
        .follows
        .insert(2, (false, french.into_iter().collect()));
    assert!(belongs(
        &Entry {
            language: french,
            ..post(10, 2)
        },
        &world
    ));
    assert!(!belongs(
        &Entry {
            language: german,
            ..post(10, 2)
        },
        &world
    ));
    assert!(belongs(&post(10, 2), &world));
    assert!(belongs(
        &Entry {
            language: german,
            ..post(10, 3)
        },
        &world
    ));
    assert!(!belongs(&reblog(10, 2, 5, 4), &world));
    assert!(belongs(&reblog(10, 3, 5, 4), &world));
}

#[test]
fn nothing_comes_from_or_through_those_kept_away() {
    for kept_away in [4, 2] {
        for by_viewer in [true, false] {
            let mut world = World::following(&[2, 3]);
            let away = if by_viewer {
                &mut world.hidden
            } else {
                &mut world.out_of_reach
            };
            away.insert(kept_away);
            world.tagged.insert(10);
            assert!(!belongs(&post(10, kept_away), &world));
            assert!(!belongs(&reblog(10, 3, 5, kept_away), &world));
            assert!(!belongs(&reblog(10, VIEWER, 5, kept_away), &world));
            assert!(belongs(&reblog(10, 3, 5, 6), &world));
        }
    }
}

#[test]
fn nobody_is_kept_away_from_themselves() {
    let mut world = World::following(&[2]);
    world.hidden.insert(VIEWER);
    world.out_of_reach.insert(VIEWER);
    assert!(belongs(&post(10, VIEWER), &world));
    assert!(belongs(&reblog(10, 2, 5, VIEWER), &world));
}

#[test]
fn a_followed_tag_brings_public_statuses_of_strangers() {
    let mut world = World::following(&[2]);
    world.tagged.extend([10, 12]);
    assert!(belongs(&post(10, 4), &world));
    assert!(belongs(&reply(10, 4, 5), &world));
    assert!(belongs(&reply(10, 2, 5), &world));
    assert!(!belongs(&post(11, 4), &world));
    assert!(!belongs(&reblog(12, 4, 10, 5), &world));
    assert!(!belongs(
        &Entry {
            visibility: Visibility::Unlisted,
            ..post(10, 4)
        },
        &world
    ));
}

#[test]
fn the_text_may_keep_an_entry_out() {
    let mut world = World::following(&[2]);
    world.hidden.insert(7);
    let named = [account(6), account(7)];
    let naming = TextFacts {
        mentions: &named,
        ..TextFacts::default()
    };
    assert!(!passes_with_text(&post(10, 2), &naming, &world));
    assert!(!passes_with_text(&reblog(10, 2, 5, 4), &naming, &world));
    assert!(passes_with_text(&post(10, VIEWER), &naming, &world));
    let harmless = TextFacts {
        mentions: &named[..1],
        ..TextFacts::default()
    };
    assert!(passes_with_text(&post(10, 2), &harmless, &world));
    let orphan = TextFacts {
        parent_is_gone: true,
        ..TextFacts::default()
    };
    assert!(!passes_with_text(&reply(10, 2, 2), &orphan, &world));
    assert!(passes_with_text(&reply(10, VIEWER, 2), &orphan, &world));
    assert!(passes_with_text(&post(10, 2), &orphan, &world));
}

fn numbers(page: Vec<Entry>) -> Vec<u64> {
    page.into_iter().map(|entry| entry.id.0.0).collect()
}

/// A reblog of status 5 on top of `between` posts by account 2, on top of status 5 by `author`.
fn reblog_above(between: u64, author: u64) -> Vec<Entry> {
    let mut entries = vec![reblog(1_000, 3, 5, author)];
    entries.extend((0..between).map(|place| post(900 - place, 2)));
    entries.push(post(5, author));
    entries
}

#[test]
fn a_reblog_is_out_while_its_target_is_near_below() {
    let world = World::following(&[2, 3]);
    let first = |entries: Vec<Entry>| numbers(page(entries, &world, &Cursor::NEWEST, 1))[0];
    let near = REBLOG_GAP as u64 - 1;
    assert_ne!(first(reblog_above(0, 2)), 1_000);
    assert_ne!(first(reblog_above(near, 2)), 1_000);
    assert_eq!(first(reblog_above(near + 1, 2)), 1_000);
    // The target is no entry of this home, so it is not among the neighbours.
    assert_eq!(first(reblog_above(3, 4)), 1_000);
}

#[test]
fn entries_that_do_not_belong_are_no_neighbours() {
    let world = World::following(&[2, 3]);
    let mut entries = vec![reblog(1_000, 3, 5, 2)];
    entries.extend((0..200).map(|place| post(900 - place, 4)));
    entries.push(post(5, 2));
    assert_eq!(numbers(page(entries, &world, &Cursor::NEWEST, 10)), [5]);
}

#[test]
fn of_several_reblogs_the_oldest_shows_and_own_ones_are_no_exception() {
    let world = World::following(&[2, 3]);
    let entries = [
        reblog(14, VIEWER, 5, 4),
        reblog(13, 3, 6, 4),
        reblog(12, 3, 5, 4),
        reblog(11, 2, 5, 4),
    ];
    assert_eq!(
        numbers(page(entries, &world, &Cursor::NEWEST, 10)),
        [13, 11]
    );
}

#[test]
fn a_reblog_hidden_by_the_rule_still_hides_the_next() {
    let world = World::following(&[2, 3]);
    let mut entries = vec![reblog(1_000, 3, 5, 4)];
    entries.extend((0..30).map(|place| post(900 - place, 2)));
    entries.push(reblog(800, 2, 5, 4));
    entries.extend((0..30).map(|place| post(700 - place, 2)));
    entries.push(reblog(600, VIEWER, 5, 4));
    let shown = numbers(page(entries, &world, &Cursor::NEWEST, 100));
    assert!(!shown.contains(&1_000) && !shown.contains(&800) && shown.contains(&600));
}

#[test]
fn neighbours_below_the_floor_count() {
    let world = World::following(&[2, 3]);
    let entries = [post(12, 2), reblog(11, 3, 5, 2), post(6, 2), post(5, 2)];
    let above = |min_id, since_id| Cursor {
        min_id,
        since_id,
        max_id: None,
    };
    let cursors = [above(Some(Id(6)), None), above(None, Some(Id(6)))];
    for cursor in cursors {
        assert_eq!(numbers(page(entries, &world, &cursor, 10)), [12]);
    }
}

#[test]
fn what_the_text_refuses_is_made_up_for() {
    let world = World::following(&[2]);
    let entries: Vec<Entry> = (1..=9).rev().map(|number| post(number, 2)).collect();
    let odd = |entry: &Entry| entry.id.0.0 % 2 == 1;
    assert_eq!(
        numbers(page_with(entries.clone(), &world, odd, &Cursor::NEWEST, 3)),
        [9, 7, 5]
    );
    let above = Cursor::next_newer_than(Id(2));
    assert_eq!(numbers(page_with(entries, &world, odd, &above, 2)), [5, 3]);
}

/// Up to 200 statuses, new to old, dense with reblogs of one another, some of them far apart.
fn any_world() -> impl Strategy<Value = (World, Vec<Entry>)> {
    let one = (1..6u64, 0..3u8, 0..60u64, 1..6u64, 1..4u64);
    let entries = proptest::collection::vec(one, 0..200).prop_map(|seeds| {
        let mut entries: Vec<Entry> = Vec::new();
        let mut number = 0;
        for (by, kind, back, whose, step) in seeds {
            number += step;
            entries.push(match kind {
                0 => post(number, by),
                1 if number > 1 => reply(number, by, whose),
                1 => post(number, by),
                _ => match entries.iter().rev().nth(back as usize / 2) {
                    None => post(number, by),
                    Some(target) => reblog(number, by, target.id.0.0, target.account.0.0),
                },
            });
        }
        entries.reverse();
        entries
    });
    let follows = proptest::collection::btree_map(2..6u64, (any::<bool>(), Just(Vec::new())), 0..4);
    let hidden = proptest::collection::btree_set(2..6u64, 0..2);
    let world = (follows, hidden).prop_map(|(follows, hidden)| World {
        follows,
        hidden,
        ..World::default()
    });
    (world, entries)
}

/// The rules once more, as slowly and plainly as possible.
fn naive(entries: &[Entry], world: &World) -> Vec<u64> {
    let belonging: Vec<&Entry> = entries
        .iter()
        .filter(|entry| belongs(entry, world))
        .collect();
    let mut shown = Vec::new();
    for (place, entry) in belonging.iter().enumerate() {
        let mut is_out = false;
        if let About::Reblog { status, .. } = entry.about {
            for (other_place, other) in belonging.iter().enumerate() {
                let is_near = other_place > place && other_place <= place + 40;
                let is_same = match other.about {
                    About::Reblog {
                        status: reblogged, ..
                    } => reblogged == status && other.account != entry.account,
                    _ => other.id == status,
                };
                is_out |= is_near && is_same;
            }
        }
        if !is_out {
            shown.push(entry.id.0.0);
        }
    }
    shown
}

proptest! {
    #[test]
    fn home_is_what_the_plain_words_say((world, entries) in any_world()) {
        let whole = numbers(page(entries.clone(), &world, &Cursor::NEWEST, usize::MAX));
        prop_assert_eq!(whole, naive(&entries, &world));
    }

    #[test]
    fn pages_downwards_joined_are_the_whole((world, entries) in any_world(), limit in 1..30usize) {
        let whole = naive(&entries, &world);
        let mut joined = Vec::new();
        let mut cursor = Cursor::NEWEST;
        loop {
            let next = numbers(page(entries.clone(), &world, &cursor, limit));
            prop_assert!(next.len() <= limit);
            let Some(last) = next.last() else { break };
            cursor = Cursor::older_than(Id(*last));
            joined.extend(next);
        }
        prop_assert_eq!(joined, whole);
    }

    #[test]
    fn pages_upwards_joined_are_the_whole((world, entries) in any_world(), limit in 1..30usize) {
        let whole = naive(&entries, &world);
        let mut joined: Vec<u64> = Vec::new();
        let mut cursor = Cursor::next_newer_than(Id(0));
        loop {
            let mut next = numbers(page(entries.clone(), &world, &cursor, limit));
            let Some(first) = next.first() else { break };
            cursor = Cursor::next_newer_than(Id(*first));
            next.extend(joined);
            joined = next;
        }
        prop_assert_eq!(joined, whole);
    }

    #[test]
    fn a_page_between_two_ids_is_that_part_of_the_whole(
        (world, entries) in any_world(),
        max in 0..400u64,
        since in 0..400u64,
    ) {
        let whole = naive(&entries, &world);
        let cursor = Cursor { max_id: Some(Id(max)), since_id: Some(Id(since)), min_id: None };
        let part: Vec<u64> = whole.into_iter().filter(|number| *number < max && *number > since).collect();
        prop_assert_eq!(numbers(page(entries, &world, &cursor, 1_000)), part);
    }
}
