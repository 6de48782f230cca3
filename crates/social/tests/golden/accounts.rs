//! What belongs to one account.

use crate::{ADA, BOB, CHAPTER, MEDIA, STATUS, is};
use petrel_model::id::Id;
use petrel_model::visibility::Visibility;
use petrel_social::accounts::table::{
    AccountCreated, AccountRow, AccountSort, Accounts, Credentials, Email, Picture, PictureFiles,
    PostingSettings, Profile, ProfileField, ProfileSwitch, Role, Suspension, VerifiedField,
};
use petrel_social::domain_blocks::{DomainBlock, DomainBlocks};
use petrel_social::emojis::table::{CustomEmojis, Emoji, EmojiRow};
use petrel_social::featured_tags::{FeaturedTag, FeaturedTags};
use petrel_social::lists::List;
use petrel_social::markers::{MarkedTimeline, Marker, Markers};
use petrel_social::reports::{Category, Report, Reports};
use petrel_social::tag_follows::{TagFollow, TagFollows};

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
fn switches_of_a_profile() {
    let switches = [
        (ProfileSwitch::Locked, "1000"),
        (ProfileSwitch::Bot, "1001"),
        (ProfileSwitch::Indexable, "1002"),
        (ProfileSwitch::Discoverable, "1003"),
        (ProfileSwitch::HideCollections, "1004"),
    ];
    assert_eq!(
        switches.map(|(switch, _)| switch),
        ProfileSwitch::ALL,
        "each has its bytes"
    );
    for (switch, sort) in switches {
        let sort_key = AccountSort::Switch(switch);
        account(sort_key, AccountRow::Switch(true), sort, "01821081f5");
    }
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
fn custom_emojis() {
    let emoji = Emoji {
        id: Id(7),
        files: PictureFiles {
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
