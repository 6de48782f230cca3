//! Uploaded files.

use crate::{BOB, MEDIA, STATUS, is};
use petrel_model::id::Id;
use petrel_social::media::table::{MediaCreated, MediaRow, MediaSort};
use petrel_social::media::{
    Focus, MediaClaim, MediaClaims, MediaKind, MediaTable, OwnPreview, PreviewMade, Processed,
    Purpose, ServerSecret, ServerSecrets, Variant,
};

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
        MediaSort::LetGo(STATUS),
        MediaRow::LetGo(STATUS),
        "091112131415161718",
        "018208811b1112131415161718",
    );
    media(
        MediaSort::Attached,
        MediaRow::Scheduled(Id(5)),
        "06",
        "0182098105",
    );
    let preview = OwnPreview {
        upload: MEDIA,
        made: PreviewMade::Shown(variant("p")),
        blurhash: Some("h".to_owned()),
    };
    media(
        MediaSort::Preview,
        MediaRow::Preview(preview),
        "08",
        "01820a818319020382008185617063612f620503026168",
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
