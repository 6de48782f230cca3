//! What accounts are to each other, and what they keep of others.

use crate::{ADA, BALLOT, BOB, CHAPTER, STATUS, is};
use petrel_model::event::RelationKind;
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{Id, NotificationId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::table::{
    AccountListMembers, AccountListRow, AccountListSort, AccountLists, ListSettings, Member,
};
use petrel_social::conversations::table::{
    ConversationStates, Conversations, Part, State, StateSort,
};
use petrel_social::filters::table::{
    FilterAction, FilterContext, FilterRow, FilterSettings, FilterSort, Filters, KeywordText,
};
use petrel_social::lists::{Entry, List, Lists, Owner};
use petrel_social::notifications::table::{Notification, NotificationKind, Notifications};
use petrel_social::relations::table::{FollowSettings, MuteSettings, Relation, Relations};

#[test]
fn relations() {
    let relation = Relation {
        id: Id(6),
        on: true,
        chapter: CHAPTER,
        notification_chapter: Some(Id(1)),
        follow: Some(FollowSettings {
            reblogs: true,
            notify: false,
            languages: vec!["de".to_owned()],
        }),
        mute: None,
        note: None,
        asked: None,
    };
    is::<Relations>(
        ADA,
        (BOB, RelationKind::FollowSettings),
        relation,
        [
            "0102030405060708",
            "000000000000000901",
            "018506f5190a0b0183f5f481626465",
        ],
    );
    let mute = Relation {
        mute: Some(MuteSettings {
            notifications: true,
            expires_at_ms: Some(1_000),
        }),
        note: Some("n".to_owned()),
        ..Relation::default()
    };
    is::<Relations>(
        ADA,
        (BOB, RelationKind::Mute),
        mute,
        [
            "0102030405060708",
            "000000000000000904",
            "018700f400f6f682f51903e8616e",
        ],
    );
}

#[test]
fn lists() {
    let entry = Entry {
        id: STATUS.0,
        visibility: Some(Visibility::Direct),
        reply: Some(true),
        reblog: Some(false),
        ballot: None,
    };
    let partition = (List::StatusesByAccount, Owner::Account(ADA), CHAPTER);
    is::<Lists>(
        partition,
        STATUS.0,
        entry,
        [
            "000001020304050607080000000000000a0b",
            "1112131415161718",
            "01841b111213141516171803f5f4",
        ],
    );
    let partition = (List::FavouritesByStatus, Owner::Status(STATUS), Id::MIN);
    is::<Lists>(
        partition,
        Id(6),
        Entry::of(BOB),
        [
            "070111121314151617180000000000000000",
            "0000000000000006",
            "018109",
        ],
    );
    let vote = Entry {
        ballot: Some(BALLOT),
        ..Entry::of(BOB)
    };
    is::<Lists>(
        (List::VotesByStatus, Owner::Status(STATUS), Id::MIN),
        Id(6),
        vote,
        [
            "0c0111121314151617180000000000000000",
            "0000000000000006",
            "018709f6f6f6f6f682190a0c05",
        ],
    );
    let partition = (List::StatusesByTag, Owner::Tag("é\0".to_owned()), Id::MIN);
    is::<Lists>(
        partition,
        STATUS.0,
        Entry::of(STATUS),
        [
            "0902c3a900ff00000000000000000000",
            "1112131415161718",
            "01811b1112131415161718",
        ],
    );
    let numbers: Vec<u8> = List::ALL.iter().map(|list| *list as u8).collect();
    assert_eq!(numbers, (0..13).chain([14]).collect::<Vec<u8>>());
}

#[test]
fn notifications() {
    let row = Notification {
        kind: NotificationKind::Update,
        from: BOB,
        status: Some(STATUS),
    };
    is::<Notifications>(
        (ADA, CHAPTER),
        NotificationId(Id(6)),
        row,
        [
            "01020304050607080000000000000a0b",
            "0000000000000006",
            "018307091b1112131415161718",
        ],
    );
    let follow = Notification {
        kind: NotificationKind::Follow,
        from: BOB,
        status: None,
    };
    is::<Notifications>(
        (ADA, Id::MIN),
        NotificationId(Id(6)),
        follow,
        [
            "01020304050607080000000000000000",
            "0000000000000006",
            "01820309",
        ],
    );
}

fn filter(sort: FilterSort, row: FilterRow, sort_bytes: &str, value: &str) {
    is::<Filters>(ADA, sort, row, ["0102030405060708", sort_bytes, value]);
}

#[test]
fn filters() {
    filter(
        FilterSort::Filter(Id(5)),
        FilterRow::Filter,
        "000000000000000005",
        "01820080",
    );
    let settings = FilterSettings {
        title: "t".to_owned(),
        contexts: vec![FilterContext::Home, FilterContext::Account],
        action: FilterAction::Blur,
        expires_at_ms: Some(7),
    };
    filter(
        FilterSort::Settings(Id(5)),
        FilterRow::Settings(settings),
        "010000000000000005",
        "018201818461748200040207",
    );
    filter(
        FilterSort::Keyword(Id(6)),
        FilterRow::Keyword { filter: Id(5) },
        "020000000000000006",
        "0182028105",
    );
    let text = KeywordText {
        keyword: "k".to_owned(),
        whole_word: true,
    };
    filter(
        FilterSort::KeywordText(Id(6)),
        FilterRow::KeywordText(text),
        "030000000000000006",
        "0182038182616bf5",
    );
    let status = FilterRow::Status {
        filter: Id(5),
        status: STATUS,
    };
    filter(
        FilterSort::Status(Id(7)),
        status,
        "040000000000000007",
        "01820482051b1112131415161718",
    );
}

#[test]
fn a_follow_that_was_asked_for() {
    let follow = Relation {
        id: Id(6),
        on: true,
        asked: Some(Id(5)),
        ..Relation::default()
    };
    is::<Relations>(
        ADA,
        (BOB, RelationKind::Follow),
        follow,
        [
            "0102030405060708",
            "000000000000000900",
            "018806f500f6f6f6f605",
        ],
    );
}

#[test]
fn account_lists() {
    let list = CHAPTER;
    let exists = AccountListRow::Existence { on: true };
    is::<AccountLists>(
        ADA,
        (list, AccountListSort::Existence),
        exists,
        ["0102030405060708", "0000000000000a0b00", "01820081f5"],
    );
    let settings = AccountListRow::Settings(ListSettings {
        title: "a".to_owned(),
        replies_policy: RepliesPolicy::Followed,
        exclusive: true,
    });
    is::<AccountLists>(
        ADA,
        (list, AccountListSort::Settings),
        settings,
        [
            "0102030405060708",
            "0000000000000a0b01",
            "0182018183616101f5",
        ],
    );
    let member = Member {
        on: true,
        follow: CHAPTER,
    };
    is::<AccountListMembers>(
        (ADA, list),
        BOB,
        member,
        [
            "01020304050607080000000000000a0b",
            "0000000000000009",
            "0182f5190a0b",
        ],
    );
}

#[test]
fn conversations() {
    let part = Part {
        conversation: Id(5),
        thread: STATUS,
    };
    is::<Conversations>(
        (ADA, CHAPTER),
        STATUS,
        part,
        [
            "01020304050607080000000000000a0b",
            "1112131415161718",
            "0182051b1112131415161718",
        ],
    );
    for (sort, bytes) in [(StateSort::Read, "00"), (StateSort::Removed, "01")] {
        let state = State {
            up_to: StatusId(Id(6)),
            unread: true,
        };
        is::<ConversationStates>(
            (ADA, Id(5)),
            sort,
            state,
            ["01020304050607080000000000000005", bytes, "018206f5"],
        );
    }
}
