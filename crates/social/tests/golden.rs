//! The bytes of each table's rows, which can never change: partition key, sort key, value.

use petrel_model::choices::Choices;
use petrel_model::event::{About, MarkKind, RelationKind};
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{AccountId, AppId, Id, MediaId, NotificationId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::table::{
    AccountListMembers, AccountListRow, AccountListSort, AccountLists, ListSettings, Member,
};
use petrel_social::accounts::table::{
    AccountCreated, AccountRow, AccountSort, Accounts, Credentials, Email, Picture, PictureFiles,
    PostingSettings, Profile, ProfileField, Role, Suspension, VerifiedField,
};
use petrel_social::conversations::table::{
    ConversationStates, Conversations, Part, State, StateSort,
};
use petrel_social::domain_blocks::{DomainBlock, DomainBlocks};
use petrel_social::emojis::table::{CustomEmojis, Emoji, EmojiFiles, EmojiRow};
use petrel_social::featured_tags::{FeaturedTag, FeaturedTags};
use petrel_social::filters::table::{
    FilterAction, FilterContext, FilterRow, FilterSettings, FilterSort, Filters, KeywordText,
};
use petrel_social::lists::{Entry, List, Lists, Owner};
use petrel_social::markers::{MarkedTimeline, Marker, Markers};
use petrel_social::marks::table::{Mark, Marks};
use petrel_social::media::table::{MediaCreated, MediaRow, MediaSort};
use petrel_social::media::{
    Focus, MediaClaim, MediaClaims, MediaKind, MediaTable, Processed, Purpose, ServerSecret,
    ServerSecrets, Variant,
};
use petrel_social::notifications::table::{Notification, NotificationKind, Notifications};
use petrel_social::polls::table::{Ballot, Poll};
use petrel_social::relations::table::{FollowSettings, MuteSettings, Relation, Relations};
use petrel_social::reports::{Category, Report, Reports};
use petrel_social::scheduled::table::{
    PublishKey, PublishKeys, ScheduledPoll, ScheduledRow, ScheduledSort, ScheduledStatus,
    ScheduledStatuses,
};
use petrel_social::statuses::table::{
    Mention, Shape, StatusContent, StatusCreated, StatusMedia, StatusRow, StatusSort, StatusTag,
    Statuses,
};
use petrel_social::statuses::{IdempotencyKey, IdempotencyKeys};
use petrel_social::tag_follows::{TagFollow, TagFollows};
use petrel_social::tags::{TagRow, TagSort, Tags};
use petrel_store::{Table, golden};

const ADA: AccountId = AccountId(Id(0x0102_0304_0506_0708));
const BOB: AccountId = AccountId(Id(9));
const STATUS: StatusId = StatusId(Id(0x1112_1314_1516_1718));
const MEDIA: MediaId = MediaId(Id(0x0203));
const CHAPTER: Id = Id(0x0A0B);

fn is<T: Table>(partition: T::Partition, sort: T::Sort, value: T::Value, bytes: [&str; 3]) {
    let row = golden::<T>(&partition, &sort, &value);
    assert_eq!(row, bytes.map(str::to_owned), "{} {sort:?}", T::NAME);
}

fn account(sort: AccountSort, row: AccountRow, sort_bytes: &str, value: &str) {
    is::<Accounts>(ADA, sort, row, ["0102030405060708", sort_bytes, value]);
}

#[test]
fn accounts() {
    let created = AccountCreated {
        username: "Ada".to_owned(),
        nonce: 7,
    };
    account(
        AccountSort::Created,
        AccountRow::Created(created),
        "00",
        "01820081826341646107",
    );
    account(AccountSort::Deleted, AccountRow::Deleted, "01", "01820180");
    let profile = Profile {
        display_name: "A".to_owned(),
        note: "n".to_owned(),
        fields: vec![ProfileField {
            name: "k".to_owned(),
            value: "v".to_owned(),
        }],
        locked: true,
        bot: false,
        indexable: true,
        discoverable: Some(false),
        hide_collections: None,
    };
    account(
        AccountSort::Profile,
        AccountRow::Profile(profile),
        "02",
        "01820281876141616e8182616b6176f5f4f5f4",
    );
    let settings = PostingSettings {
        privacy: Visibility::Private,
        sensitive: true,
        language: Some("de".to_owned()),
        locale: None,
    };
    account(
        AccountSort::Settings,
        AccountRow::Settings(settings),
        "03",
        "018203818302f5626465",
    );
    let credentials = Credentials {
        password_hash: "$h".to_owned(),
    };
    account(
        AccountSort::Credentials,
        AccountRow::Credentials(credentials),
        "04",
        "0182048181622468",
    );
    account(
        AccountSort::Confirmed,
        AccountRow::Confirmed,
        "05",
        "01820580",
    );
    account(
        AccountSort::Role,
        AccountRow::Role(Role::Admin),
        "06",
        "0182068102",
    );
    let suspension = AccountRow::Suspension(Suspension { on: true });
    account(AccountSort::Suspension, suspension, "07", "0182078181f5");
    let cleared = AccountRow::NotificationsCleared(CHAPTER);
    account(
        AccountSort::NotificationsCleared,
        cleared,
        "08",
        "01820881190a0b",
    );
    let chapter = AccountSort::Chapter(List::Followers, CHAPTER);
    account(
        chapter,
        AccountRow::Chapter,
        "09040000000000000a0b",
        "01820980",
    );
    let email = AccountRow::Email(Email("a@b".to_owned()));
    account(AccountSort::Email, email, "0a", "01820a8163614062");
    account(
        AccountSort::AccessEnded,
        AccountRow::AccessEnded,
        "0b",
        "01820b80",
    );
    let claimed = AccountSort::Claimed;
    account(claimed, AccountRow::Claimed, "0c", "01820c80");
}

/// The first and the third option.
const BALLOT: Ballot = Ballot {
    poll: Id(0x0a0c),
    choices: Choices::of([true, false, true, false]),
};

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

fn media(sort: MediaSort, row: MediaRow, sort_bytes: &str, value: &str) {
    is::<MediaTable>(MEDIA, sort, row, ["0000000000000203", sort_bytes, value]);
}

#[test]
fn media_and_what_is_made_of_them() {
    let created = MediaCreated {
        account: BOB,
        purpose: Purpose::Avatar,
        incoming: "in/1".to_owned(),
        size_bytes: 7,
        kind: MediaKind::Video,
    };
    media(
        MediaSort::Created,
        MediaRow::Created(created),
        "00",
        "0182008185090164696e2f310702",
    );
    media(MediaSort::Deleted, MediaRow::Deleted, "01", "01820180");
    let variant = |key: &str| Variant {
        key: key.to_owned(),
        content_type: "a/b".to_owned(),
        size_bytes: 5,
        width: 3,
        height: 2,
    };
    let processed = Processed {
        kind: MediaKind::Gifv,
        original: variant("o"),
        preview: Some(variant("p")),
        blurhash: Some("h".to_owned()),
        duration_ms: Some(9),
        frame_rate: None,
        bitrate: Some(8),
    };
    media(
        MediaSort::Processed,
        MediaRow::Processed(processed),
        "02",
        "01820281870185616f63612f6205030285617063612f62050302616809f608",
    );
    media(
        MediaSort::Failed,
        MediaRow::Failed("no".to_owned()),
        "03",
        "01820381626e6f",
    );
    let text = MediaRow::Description("d".to_owned());
    media(MediaSort::Description, text, "04", "018204816164");
    let focus = Focus::new(0.5, -1.0).unwrap();
    media(
        MediaSort::Focus,
        MediaRow::Focus(focus),
        "05",
        "01820581821a0007a1203a000f423f",
    );
    media(
        MediaSort::Attached,
        MediaRow::Attached(STATUS),
        "06",
        "018206811b1112131415161718",
    );
    media(
        MediaSort::Thumbnail,
        MediaRow::Thumbnail(MEDIA),
        "07",
        "01820781190203",
    );
    media(
        MediaSort::Attached,
        MediaRow::LetGo(STATUS),
        "06",
        "018208811b1112131415161718",
    );
    media(
        MediaSort::Attached,
        MediaRow::Scheduled(Id(5)),
        "06",
        "0182098105",
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

#[test]
fn avatars_and_headers() {
    let files = PictureFiles {
        original: "o".to_owned(),
        still: Some("s".to_owned()),
    };
    let picture = Picture {
        media: MEDIA,
        files: Some(files),
    };
    account(
        AccountSort::Avatar,
        AccountRow::Avatar(picture),
        "0e",
        "01820e818219020382616f6173",
    );
    let none = Picture {
        media: MEDIA,
        files: None,
    };
    account(
        AccountSort::Header,
        AccountRow::Header(none),
        "0f",
        "01820f8181190203",
    );
}

#[test]
fn claims_on_media_and_secrets() {
    let claim = MediaClaim {
        status: Some(STATUS),
        nonce: 7,
    };
    is::<MediaClaims>(
        MEDIA,
        (),
        claim,
        ["0000000000000203", "", "01821b111213141516171807"],
    );
    let secret = ServerSecret {
        secret: vec![1, 2, 3],
    };
    is::<ServerSecrets>(0, (), secret, ["00", "", "018143010203"]);
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
fn domain_blocks() {
    let block = DomainBlock {
        id: Id(7),
        on: true,
    };
    let bytes = ["0102030405060708", "612e620000", "018207f5"];
    is::<DomainBlocks>(ADA, "a.b".to_owned(), block, bytes);
}

#[test]
fn markers() {
    let marker = Marker {
        last_read: Id(7),
        version: 3,
        updated_at_ms: 0x0102_0304_0506,
        nonce: Id(8),
    };
    for (timeline, partition) in [
        (MarkedTimeline::Home, "010203040506070800"),
        (MarkedTimeline::Notifications, "010203040506070801"),
    ] {
        let bytes = [partition, "", "018407031b000001020304050608"];
        is::<Markers>((ADA, timeline), (), marker.clone(), bytes);
    }
}

#[test]
fn reports() {
    let report = Report {
        account: ADA,
        target: BOB,
        statuses: vec![STATUS],
        comment: "c".to_owned(),
        category: Category::Violation,
        rules: vec![2],
        forward: true,
    };
    let value = "01871b010203040506070809811b11121314151617186163038102f5";
    is::<Reports>(
        0x0102,
        Id(7),
        report,
        ["00000102", "0000000000000007", value],
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
fn tag_follows() {
    let follow = TagFollow {
        id: CHAPTER,
        on: true,
        name: "Ab".to_owned(),
    };
    is::<TagFollows>(
        ADA,
        "ab".to_owned(),
        follow,
        ["0102030405060708", "61620000", "0183190a0bf5624162"],
    );
}

#[test]
fn featured_tags() {
    let featured = FeaturedTag {
        id: CHAPTER,
        on: true,
        name: "Ab".to_owned(),
    };
    is::<FeaturedTags>(
        ADA,
        "ab".to_owned(),
        featured,
        ["0102030405060708", "61620000", "0183190a0bf5624162"],
    );
}

#[test]
fn links_that_lead_back() {
    let verified = VerifiedField {
        value: "v".to_owned(),
        at_ms: 7,
    };
    let row = AccountRow::FieldVerified(Some(verified));
    account(
        AccountSort::FieldVerified(3),
        row,
        "0d03",
        "01820d8182617607",
    );
    let none = AccountRow::FieldVerified(None);
    account(AccountSort::FieldVerified(0), none, "0d00", "01820d80");
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

#[test]
fn custom_emojis() {
    let emoji = Emoji {
        id: Id(7),
        files: EmojiFiles {
            original: "o".to_owned(),
            still: Some("s".to_owned()),
        },
        category: None,
        visible_in_picker: true,
    };
    for (emoji, value) in [(Some(emoji), "0181840782616f6173f6f5"), (None, "0180")] {
        is::<CustomEmojis>(
            String::new(),
            "ab".to_owned(),
            EmojiRow { emoji },
            ["0000", "61620000", value],
        );
    }
}
