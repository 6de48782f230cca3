//! Statuses and what is done to them.

use crate::{ADA, BALLOT, BOB, CHAPTER, MEDIA, STATUS, is};
use petrel_model::event::{About, MarkKind};
use petrel_model::id::{AppId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::lists::List;
use petrel_social::marks::table::{Mark, Marks};
use petrel_social::media::{Focus, MediaKind};
use petrel_social::polls::table::Poll;
use petrel_social::scheduled::table::{
    PublishKey, PublishKeys, ScheduledPoll, ScheduledRow, ScheduledSort, ScheduledStatus,
    ScheduledStatuses,
};
use petrel_social::statuses::table::{
    Mention, Shape, StatusContent, StatusCreated, StatusMedia, StatusRow, StatusSort, StatusTag,
    Statuses,
};
use petrel_social::statuses::{IdempotencyKey, IdempotencyKeys};
use petrel_social::tags::{TagRow, TagSort, Tags};

#[test]
fn scheduled_statuses() {
    let scheduled = ScheduledStatus {
        text: "t".to_owned(),
        spoiler_text: "s".to_owned(),
        sensitive: true,
        visibility: Visibility::Private,
        language: Some("en".to_owned()),
        in_reply_to: Some(STATUS),
        poll: Some(ScheduledPoll {
            options: vec!["a".to_owned(), "b".to_owned()],
            expires_in_s: 300,
            multiple: true,
            hide_totals: false,
        }),
        app: Some(AppId(Id(7))),
        idempotency_key: Some("k".to_owned()),
        media: Vec::new(),
    };
    let row = |sort, row, sort_bytes, value| {
        is::<ScheduledStatuses>(ADA, sort, row, ["0102030405060708", sort_bytes, value]);
    };
    row(
        ScheduledSort::Status(Id(6)),
        ScheduledRow::Status(scheduled),
        "000000000000000006",
        "018200818961746173f50262656e1b111213141516171884826161616219012cf5f407616b",
    );
    row(
        ScheduledSort::Due(Id(6)),
        ScheduledRow::Due(1_000),
        "010000000000000006",
        "018201811903e8",
    );
    let key = PublishKey {
        status: Some(STATUS),
        nonce: 9,
    };
    is::<PublishKeys>(
        Id(6),
        (),
        key,
        ["0000000000000006", "", "01821b111213141516171809"],
    );
}

#[test]
fn polls() {
    let poll = Poll {
        id: Id(6),
        options: vec!["a".to_owned(), "b".to_owned()],
        expires_at_ms: 1_000,
        multiple: true,
        hide_totals: false,
    };
    let asked = StatusContent {
        poll: Some(poll),
        ..content()
    };
    let asked = StatusRow::Edit(asked);
    let value =
        "018202818861746173f562656e81830963426f62190a0b8183617861580080850682616161621903e8f5f4";
    let sort = StatusSort::Edit(Id(7));
    status(sort, asked, "020000000000000007", value);
}

fn content() -> StatusContent {
    StatusContent {
        text: "t".to_owned(),
        spoiler_text: "s".to_owned(),
        sensitive: true,
        language: Some("en".to_owned()),
        mentions: vec![Mention {
            account: BOB,
            username: "Bob".to_owned(),
            notification_chapter: Some(CHAPTER),
            since_edit: None,
        }],
        tags: vec![StatusTag {
            name: "x".to_owned(),
            text: "X".to_owned(),
            chapter: Id::MIN,
        }],
        media: Vec::new(),
        poll: None,
    }
}

fn status(sort: StatusSort, row: StatusRow, sort_bytes: &str, value: &str) {
    is::<Statuses>(STATUS, sort, row, ["1112131415161718", sort_bytes, value]);
}

#[test]
fn statuses() {
    let created = StatusCreated {
        account: ADA,
        visibility: Visibility::Unlisted,
        about: About::Reply {
            status: StatusId(Id(5)),
            account: BOB,
        },
        thread: StatusId(Id(4)),
        content: content(),
        app: Some(AppId(Id(3))),
        account_chapter: CHAPTER,
        replies_chapter: Id::MIN,
    };
    status(
        StatusSort::Created,
        StatusRow::Created(created.clone()),
        "00",
        "01820081881b0102030405060708018201820509048661746173f562656e81830963426f62190a0b8183617861580003190a0b00",
    );
    let reblog = StatusCreated {
        about: About::Reblog {
            status: StatusId(Id(5)),
            account: BOB,
        },
        content: StatusContent::default(),
        app: None,
        ..created
    };
    status(
        StatusSort::Created,
        StatusRow::Created(reblog),
        "00",
        "01820081881b010203040506070801820282050904866060f4f68080f6190a0b00",
    );
    status(StatusSort::Deleted, StatusRow::Deleted, "01", "01820180");
    status(
        StatusSort::Edit(CHAPTER),
        StatusRow::Edit(content()),
        "020000000000000a0b",
        "018202818661746173f562656e81830963426f62190a0b81836178615800",
    );
    let mut anew = content();
    anew.mentions[0].since_edit = Some(Id(6));
    assert_eq!(anew.to_edit(CHAPTER), StatusRow::Edit(anew.clone()));
    for (edit, since) in [(CHAPTER, "06"), (Id(6), "00")] {
        status(
            StatusSort::Edit(CHAPTER),
            anew.to_edit(edit),
            "020000000000000a0b",
            &format!("018202818661746173f562656e81840963426f62190a0b{since}81836178615800"),
        );
    }
    let chapter = StatusSort::Chapter(List::RepliesByStatus, CHAPTER);
    status(
        chapter,
        StatusRow::Chapter,
        "03060000000000000a0b",
        "01820380",
    );
}

#[test]
fn marks() {
    let on = Mark {
        id: Id(6),
        on: true,
        author: BOB,
        status_chapter: CHAPTER,
        account_chapter: Id::MIN,
        notification_chapter: Some(Id(1)),
        ballot: None,
    };
    let vote = Mark {
        notification_chapter: None,
        ballot: Some(BALLOT),
        ..on.clone()
    };
    is::<Marks>(
        (ADA, 690),
        (STATUS, MarkKind::Vote),
        vote,
        [
            "0102030405060708000002b2",
            "111213141516171805",
            "018706f509190a0b00f682190a0c05",
        ],
    );
    is::<Marks>(
        (ADA, 690),
        (STATUS, MarkKind::Reblog),
        on,
        [
            "0102030405060708000002b2",
            "111213141516171801",
            "018606f509190a0b0001",
        ],
    );
    let off = Mark::off(BOB);
    is::<Marks>(
        (ADA, 690),
        (STATUS, MarkKind::ThreadMute),
        off,
        [
            "0102030405060708000002b2",
            "111213141516171804",
            "018500f4090000",
        ],
    );
}

#[test]
fn tags() {
    let created = TagRow::Created {
        name: "Petrel".to_owned(),
    };
    is::<Tags>(
        "petrel".to_owned(),
        TagSort::Created,
        created,
        ["70657472656c0000", "00", "018200816650657472656c"],
    );
    let chapter = TagSort::Chapter(CHAPTER);
    is::<Tags>(
        "petrel".to_owned(),
        chapter,
        TagRow::Chapter,
        ["70657472656c0000", "010000000000000a0b", "01820180"],
    );
}

#[test]
fn idempotency_keys() {
    let key = IdempotencyKey {
        body_hash: 0xFFFF_FFFF_FFFF_FFFF,
        status: STATUS,
    };
    is::<IdempotencyKeys>(
        (ADA, "k".to_owned()),
        (),
        key,
        [
            "01020304050607086b0000",
            "",
            "01821bffffffffffffffff1b1112131415161718",
        ],
    );
}

#[test]
fn what_is_attached_to_a_status() {
    let shape = |file: &str| Shape {
        file: file.to_owned(),
        width: 3,
        height: 2,
    };
    let attached = StatusMedia {
        id: MEDIA,
        kind: MediaKind::Image,
        original: shape("o"),
        preview: Some(shape("p")),
        blurhash: Some("h".to_owned()),
        duration_ms: Some(1),
        frame_rate: Some("r".to_owned()),
        bitrate: Some(2),
        description: Some("d".to_owned()),
        focus: Focus::new(0.0, 1.0),
    };
    let content = StatusContent {
        text: "t".to_owned(),
        media: vec![attached],
        ..StatusContent::default()
    };
    status(
        StatusSort::Edit(CHAPTER),
        StatusRow::Edit(content),
        "020000000000000a0b",
        "0182028187617460f4f68080818a1902030083616f03028361700302616801617202616482001a000f4240",
    );
}
