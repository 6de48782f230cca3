//! The largest legal form of each command stays within the bounds of a command's batch.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/watched.rs"]
mod watched;

use std::sync::Arc;

use async_trait::async_trait;
use common::{World, draft, id, post};
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::clock::ManualClock;
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::{MediaId, StatusId};
use petrel_model::limits::{
    ACCOUNT_LIST_CHANGES_MAX, ACCOUNT_LIST_TITLE_CHARS_MAX, DISPLAY_NAME_CHARS_MAX,
    EMOJI_CATEGORY_CHARS_MAX, FIELD_CHARS_MAX, FILTER_KEYWORDS_PER_REQUEST_BYTES_MAX,
    FILTER_KEYWORDS_PER_REQUEST_MAX, FILTER_TITLE_CHARS_MAX, MENTIONS_MAX, NOTE_BYTES_MAX,
    POLL_OPTION_BYTES_MAX, POLL_OPTIONS_MAX, PROFILE_FIELDS_MAX, REPORT_COMMENT_CHARS_MAX,
    REPORT_RULES_MAX, REPORT_STATUSES_MAX, SHORTCODE_CHARS_MAX, STATUS_BYTES_MAX, STATUS_CHARS_MAX,
    STATUS_MEDIA_MAX, STATUS_WITH_MEDIA_BYTES_MAX, TAG_CHARS_MAX, TAGS_BYTES_MAX, TAGS_MAX,
};
use petrel_model::text::{count, fold, scan};
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::{self, NewList};
use petrel_social::accounts::table::ProfileField;
use petrel_social::accounts::{NewAccount, ProfileUpdate};
use petrel_social::bounds::{COMMAND_BYTES_MAX, COMMAND_ROWS_MAX};
use petrel_social::emojis::{self, NewEmoji};
use petrel_social::filters::{CleanUpFilters, FilterChange, KeywordChange};
use petrel_social::media::{Focus, MediaKind, Processed, Purpose, Upload, Variant};
use petrel_social::notifications::NotificationFilter;
use petrel_social::page::PageRequest;
use petrel_social::polls::{self, NewPoll};
use petrel_social::relations::{FollowOptions, MuteOptions};
use petrel_social::reports::{self, NewReport};
use petrel_social::scheduled;
use petrel_social::statuses::{CleanUp, Draft, Edit, NotifyBells, NotifyEdited, NotifyMentions};
use petrel_social::tags::{TagSort, Tags};
use petrel_social::views::PictureFiles;
use petrel_social::{
    Ctx, accounts, conversations, domain_blocks, filters, marks, notifications, relations, statuses,
};
use petrel_social::{featured_tags, media, tag_follows};
use petrel_store::sim::{BEGIN_MS, SimEngine};
use watched::{Size, Watched};

struct Bounded {
    world: World,
    engine: Arc<Watched>,
}

/// Jobs whose handlers are on a floor above.
struct DoneElsewhere(&'static str);

#[async_trait]
impl Handler for DoneElsewhere {
    fn kind(&self) -> &'static str {
        self.0
    }

    async fn run(&self, _: &Job) -> Result<(), JobError> {
        Ok(())
    }
}

impl Bounded {
    fn engine() -> (Arc<Watched>, Arc<ManualClock>) {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = Watched::new(SimEngine::calm(wall.clone(), 1));
        (engine, wall)
    }

    /// On one machine, and on a node of several, whose batches also say what others must void and
    /// whose latest they are.
    async fn each() -> [Bounded; 2] {
        let ((alone, wall), (one, its_wall)) = (Bounded::engine(), Bounded::engine());
        [
            Bounded {
                world: World::over(alone.clone(), wall, 10),
                engine: alone,
            },
            Bounded {
                world: World::member(one.clone(), its_wall, 10).await,
                engine: one,
            },
        ]
    }

    /// What was written since the last time is within the bounds, and `at_least` as large: or the
    /// test does not build the form that it means to.
    fn within(&self, command: &str, at_least: Size) {
        let largest = self.engine.take_largest();
        println!("{command}: {} rows, {} bytes", largest.rows, largest.bytes);
        assert!(
            largest.rows <= COMMAND_ROWS_MAX && largest.bytes <= COMMAND_BYTES_MAX,
            "{command}: {largest:?}"
        );
        assert!(
            largest.rows >= at_least.rows && largest.bytes >= at_least.bytes,
            "{command} is smaller than it should be: {largest:?}"
        );
    }

    async fn run_jobs(&self) {
        let social = &self.world.social;
        petrel_jobs::run_due(
            &social.store,
            Arc::new(SeededEntropy::new(1)),
            vec![
                Arc::new(DoneElsewhere(media::PROCESS)),
                Arc::new(DoneElsewhere(media::REMOVE)),
                Arc::new(CleanUp(social.clone())),
                Arc::new(CleanUpFilters(social.clone())),
                Arc::new(NotifyMentions(social.clone())),
                Arc::new(NotifyBells(social.clone())),
                Arc::new(NotifyEdited(social.clone())),
            ],
        )
        .await
        .unwrap();
        let dead = petrel_jobs::dead_letters(&social.store, 10).await.unwrap();
        assert_eq!(dead, []);
    }

    async fn crowd(&self, first: char) -> Vec<Ctx> {
        let mut crowd = Vec::new();
        for number in 0..MENTIONS_MAX {
            let last = char::from_digit(number as u32 % 36, 36).unwrap();
            let middle = if number < 36 { "" } else { "_" };
            let name = format!("{first}{middle}{last}");
            crowd.push(self.world.person(&name).await);
        }
        crowd
    }
}

fn size(rows: usize, bytes: usize) -> Size {
    Size { rows, bytes }
}

async fn names(crowd: &[Ctx]) -> Vec<String> {
    let mut names = Vec::new();
    for ctx in crowd {
        names.push(accounts::get(ctx, id(ctx)).await.unwrap().username.clone());
    }
    names
}

/// As many mentions, hashtags and bytes as a status may have. `plane` makes the tags differ.
async fn largest_text(crowd: &[Ctx], plane: u32) -> String {
    let mut text = String::new();
    for name in names(crowd).await {
        text.push_str(&format!("@{name} "));
    }
    // A tag may be short to the eye and long in bytes.
    let tag_bytes = TAGS_BYTES_MAX / TAGS_MAX;
    for number in 0..TAGS_MAX as u32 {
        let letter = char::from_u32(0x2_0000 + plane * 1_000 + number).unwrap();
        let marks = "\u{20D0}".repeat((tag_bytes - letter.len_utf8()) / 3);
        text.push_str(&format!("#{letter}{marks} "));
    }
    let links = (STATUS_CHARS_MAX - count::text_chars(&text)) / 24;
    let link_bytes = (STATUS_BYTES_MAX - text.len()) / links - 1;
    for _ in 0..links {
        let link = format!("https://a.example/{}", "x".repeat(link_bytes - 18));
        text.push_str(&link);
        text.push(' ');
    }
    let text = text.trim_end().to_owned();
    assert!(
        count::status_fits(&text, ""),
        "{}",
        count::text_chars(&text)
    );
    assert!(text.len() > STATUS_BYTES_MAX - 20);
    assert_eq!(scan::mentioned(&text).len(), MENTIONS_MAX);
    assert_eq!(scan::tagged(&text).len(), TAGS_MAX);
    text
}

async fn told(ctx: &Ctx) -> usize {
    let page = PageRequest::first(40);
    let list = notifications::list(ctx, NotificationFilter::default(), page).await;
    list.unwrap().items.len()
}

#[tokio::test]
async fn statuses_are_within_bounds() {
    for bounded in Bounded::each().await {
        write_statuses(&bounded).await;
    }
}

async fn write_statuses(bounded: &Bounded) {
    let author = bounded.world.person("author").await;
    let (crowd, others) = (bounded.crowd('a').await, bounded.crowd('b').await);
    let bell = FollowOptions {
        notify: Some(true),
        ..FollowOptions::default()
    };
    relations::follow(&others[0], id(&author), bell)
        .await
        .unwrap();
    bounded.engine.take_largest();

    statuses::create(&author, draft(&"𐐷".repeat(STATUS_CHARS_MAX)))
        .await
        .unwrap();
    bounded.within("five hundred four-byte characters", size(4, 2_500));

    let text = largest_text(&crowd, 1).await;
    let first = statuses::create(&author, draft(&text)).await.unwrap();
    bounded.within("status", size(80, 25_000));
    assert_eq!(
        (first.mentions.len(), first.tags.len()),
        (MENTIONS_MAX, TAGS_MAX)
    );
    bounded.run_jobs().await;
    bounded.within("what a status leaves to jobs", size(20, 2_000));
    for ctx in &crowd {
        assert_eq!(told(ctx).await, 1);
    }

    for tag in scan::tagged(&text) {
        let tag = fold::tag(&tag);
        let known = bounded
            .world
            .social
            .store
            .get::<Tags>(&tag, &TagSort::Created)
            .await;
        assert!(known.unwrap().is_some(), "{tag} is not known");
    }

    let reply = Draft {
        in_reply_to: Some(first.id),
        ..draft(&largest_text(&crowd, 2).await)
    };
    let reply = statuses::create(&author, reply).await.unwrap();
    bounded.within("reply", size(80, 25_000));

    let at_ms = author.clock().now_ms() + 3_600_000;
    let later = draft(&largest_text(&crowd, 6).await);
    let later = scheduled::schedule(&author, later, at_ms).await.unwrap().id;
    bounded.within("scheduled", size(3, 8_000));
    scheduled::cancel(&author, later).await.unwrap();
    bounded.engine.take_largest();
    let asked = || NewPoll {
        options: (0..POLL_OPTIONS_MAX)
            .map(|number| {
                let marks = "\u{301}".repeat(POLL_OPTION_BYTES_MAX / 2 - 1);
                format!("{number}{marks}")
            })
            .collect(),
        expires_in_s: Some(600),
        ..NewPoll::default()
    };
    let poll = Draft {
        poll: Some(asked()),
        ..draft(&largest_text(&crowd, 4).await)
    };
    let poll = statuses::create(&author, poll).await.unwrap();
    bounded.within("poll", size(70, 31_000));
    let anew = Edit {
        poll: Some(Some(NewPoll {
            multiple: true,
            ..asked()
        })),
        text: Some(largest_text(&others, 5).await),
        ..Edit::default()
    };
    statuses::edit(&author, poll.id, anew).await.unwrap();
    bounded.within("edit of a poll", size(60, 31_000));
    polls::vote(&crowd[0], poll.id, &[0, 1, 2, 3])
        .await
        .unwrap();
    bounded.within("vote", size(3, 300));
    statuses::delete(&author, poll.id).await.unwrap();
    bounded.run_jobs().await;
    bounded.engine.take_largest();

    let edit = |text: String| Edit {
        text: Some(text),
        ..Edit::default()
    };
    let text = largest_text(&others, 3).await;
    statuses::edit(&author, first.id, edit(text)).await.unwrap();
    bounded.within("edit", size(60, 31_000));
    bounded.run_jobs().await;
    bounded.within("what an edit leaves to jobs", size(20, 2_000));
    assert!(told(&others[0]).await >= 1);
    assert_eq!(told(&others[MENTIONS_MAX - 1]).await, 1);
    let (marked, left) = (statuses::get(&author, first.id).await.unwrap(), &crowd[7]);
    assert_eq!(marked.tags.len(), TAGS_MAX);
    let filter = NotificationFilter::default();
    let page = notifications::list(left, filter, PageRequest::first(40))
        .await
        .unwrap();
    let about: Vec<StatusId> = page
        .items
        .iter()
        .filter_map(|n| Some(n.status.as_ref()?.id))
        .collect();
    assert!(
        !about.contains(&first.id),
        "still told of what does not name them"
    );

    statuses::delete(&author, reply.id).await.unwrap();
    bounded.within("delete", size(50, 10_000));
    bounded.run_jobs().await;
    bounded.within("clean-up", size(1, 100));
}

/// Files as large in the store as they may be, described with so many bytes together.
async fn files(bounded: &Bounded, author: &Ctx, described_bytes: usize) -> Vec<MediaId> {
    let social = &bounded.world.social;
    let mut ids = Vec::new();
    for _ in 0..STATUS_MEDIA_MAX {
        let id = MediaId(social.clock.next_id());
        let upload = Upload {
            id,
            purpose: Purpose::Attachment,
            incoming: format!("incoming/{id}"),
            size_bytes: u64::MAX,
            kind: MediaKind::Gifv,
            description: Some("\u{1d41a}".repeat(described_bytes / STATUS_MEDIA_MAX / 4)),
            focus: Focus::new(-1.0, 1.0),
        };
        media::create(author, upload).await.unwrap();
        let variant = |name: &str| Variant {
            key: format!("media/{id}/{name}.jpeg"),
            content_type: "application/octet-stream".to_owned(),
            size_bytes: u64::MAX,
            width: u32::MAX,
            height: u32::MAX,
        };
        let done = Processed {
            kind: MediaKind::Gifv,
            original: variant("original"),
            preview: Some(variant("preview")),
            blurhash: Some("h".repeat(100)),
            duration_ms: Some(u64::MAX),
            frame_rate: Some("1000000/1000001".to_owned()),
            bitrate: Some(u64::MAX),
        };
        let system = Ctx::system(social.clone());
        assert!(media::finish(&system, id, done).await.unwrap());
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn statuses_with_files_are_within_bounds() {
    for bounded in Bounded::each().await {
        let author = bounded.world.person("author").await;
        let (crowd, others) = (bounded.crowd('a').await, bounded.crowd('b').await);
        let short = async |crowd: &[Ctx], plane| {
            let text = largest_text(crowd, plane).await;
            let end = text.find("https://").unwrap_or(text.len());
            text[..end].trim_end().to_owned()
        };
        let text = short(&crowd, 1).await;
        let left = STATUS_WITH_MEDIA_BYTES_MAX - text.len();
        let media = files(&bounded, &author, left).await;
        bounded.within("uploads", size(3, 500));
        let status = Draft {
            media,
            ..draft(&text)
        };
        let status = statuses::create(&author, status).await.unwrap();
        assert_eq!(status.media.len(), STATUS_MEDIA_MAX);
        bounded.within("status with files", size(80, 25_000));
        let text = short(&others, 2).await;
        let media = files(&bounded, &author, STATUS_WITH_MEDIA_BYTES_MAX - text.len()).await;
        bounded.within("uploads", size(3, 500));
        let edit = Edit {
            text: Some(text),
            media: Some(media),
            ..Edit::default()
        };
        statuses::edit(&author, status.id, edit).await.unwrap();
        bounded.within("edit with files", size(60, 28_000));
        bounded.run_jobs().await;
        statuses::delete(&author, status.id).await.unwrap();
        bounded.within("delete with files", size(40, 10_000));
    }
}

#[tokio::test]
async fn many_small_things_are_within_bounds() {
    for bounded in Bounded::each().await {
        write_many_small_things(&bounded).await;
    }
}

async fn write_many_small_things(bounded: &Bounded) {
    let author = bounded.world.person("author").await;
    let (crowd, others) = (bounded.crowd('a').await, bounded.crowd('b').await);
    bounded.engine.take_largest();
    let mut texts = Vec::new();
    for (crowd, letter) in [(&crowd, 'x'), (&others, 'y')] {
        let names = names(crowd)
            .await
            .into_iter()
            .map(|name| format!("@{name} "));
        let tags = (0..TAGS_MAX).map(|number| format!("#{letter}{number} "));
        texts.push(names.chain(tags).collect::<String>());
    }
    let first = post(&author, &texts[0]).await;
    bounded.within("many small things", size(90, 15_000));
    let edit = Edit {
        text: Some(texts[1].clone()),
        ..Edit::default()
    };
    statuses::edit(&author, first.id, edit).await.unwrap();
    bounded.within("edit of many small things", size(90, 15_000));
    bounded.run_jobs().await;
    for ctx in &others {
        assert_eq!(told(ctx).await, 1);
    }
    for ctx in &crowd {
        assert_eq!(told(ctx).await, 0);
    }
}

#[tokio::test]
async fn hashtags_that_grow_when_folded_are_bounded() {
    for bounded in Bounded::each().await {
        write_a_hashtag_that_grows(&bounded).await;
    }
}

async fn write_a_hashtag_that_grows(bounded: &Bounded) {
    let author = bounded.world.person("author").await;
    bounded.engine.take_largest();
    let tag = format!("#{} ", "\u{FDFA}".repeat(40));
    let status = post(&author, &format!("#short {}", tag.trim_end())).await;
    bounded.within("growing hashtag", size(5, 900));
    assert_eq!(status.tags, ["short"]);
}

#[tokio::test]
async fn relations_are_within_bounds() {
    for bounded in Bounded::each().await {
        relate(&bounded).await;
    }
}

async fn relate(bounded: &Bounded) {
    let (ann, bob) = (
        bounded.world.person("ann").await,
        bounded.world.person("bob").await,
    );
    bounded.engine.take_largest();
    let options = || FollowOptions {
        reblogs: Some(false),
        notify: Some(true),
        languages: Some(["de", "en", "fr", "es", "it"].map(str::to_owned).to_vec()),
    };
    for (from, to) in [(&ann, &bob), (&bob, &ann)] {
        relations::follow(from, id(to), options()).await.unwrap();
    }
    bounded.within("follow", size(8, 1_200));
    let mute = MuteOptions {
        notifications: true,
        duration_s: 3_600,
    };
    relations::mute(&ann, id(&bob), mute).await.unwrap();
    bounded.within("mute", size(2, 300));
    relations::set_note(&ann, id(&bob), "𐐷".repeat(2_000))
        .await
        .unwrap();
    bounded.within("note", size(2, 8_000));
    relations::block(&ann, id(&bob)).await.unwrap();
    bounded.within("block", size(18, 2_500));
}

#[tokio::test]
async fn account_lists_and_followed_tags_are_within_bounds() {
    for bounded in Bounded::each().await {
        keep_lists(&bounded).await;
    }
}

async fn keep_lists(bounded: &Bounded) {
    let ann = bounded.world.person("ann").await;
    let mut members = Vec::new();
    for crowd in [bounded.crowd('a').await, bounded.crowd('b').await] {
        for other in crowd.into_iter().take(ACCOUNT_LIST_CHANGES_MAX / 2) {
            let options = FollowOptions::default();
            relations::follow(&ann, id(&other), options).await.unwrap();
            members.push(id(&other));
        }
    }
    bounded.engine.take_largest();
    let list = NewList {
        title: "𐐷".repeat(ACCOUNT_LIST_TITLE_CHARS_MAX),
        ..NewList::default()
    };
    let list = account_lists::create(&ann, list).await.unwrap().id;
    bounded.within("list", size(3, 1_400));
    account_lists::add(&ann, list, &members).await.unwrap();
    bounded.within("as many members as one request adds", size(81, 13_000));
    account_lists::remove(&ann, list, &members).await.unwrap();
    bounded.within("as many as one request removes", size(81, 12_000));
    account_lists::delete(&ann, list).await.unwrap();
    bounded.within("deleted list", size(5, 700));
    let tag = "𐐷".repeat(TAG_CHARS_MAX);
    tag_follows::follow(&ann, &tag).await.unwrap();
    bounded.within("followed hashtag", size(2, 1_400));
    tag_follows::unfollow(&ann, &tag).await.unwrap();
    bounded.within("unfollowed hashtag", size(2, 1_000));
    featured_tags::feature(&ann, &tag).await.unwrap();
    bounded.within("featured hashtag", size(1, 900));
}

#[tokio::test]
async fn accounts_are_within_bounds() {
    for bounded in Bounded::each().await {
        sign_up(&bounded).await;
    }
}

async fn sign_up(bounded: &Bounded) {
    let new = NewAccount {
        username: "n".repeat(30),
        email: format!("{}@{}.example.org", "e".repeat(64), "d".repeat(63)),
        password: "p".repeat(128),
        agreement: true,
        locale: Some("de".to_owned()),
        reason: Some("𐐷".repeat(2_000)),
    };
    let account = accounts::register(&bounded.world.anonymous(), new)
        .await
        .unwrap();
    bounded.within("register", size(8, 1_200));
    let ctx = bounded.world.acting(account);
    let update = ProfileUpdate {
        display_name: Some("𐐷".repeat(DISPLAY_NAME_CHARS_MAX)),
        note: Some(format!("a{}", "\u{301}".repeat((NOTE_BYTES_MAX - 1) / 2))),
        fields: Some(vec![
            ProfileField {
                name: "𐐷".repeat(FIELD_CHARS_MAX),
                value: "𐐷".repeat(FIELD_CHARS_MAX),
            };
            PROFILE_FIELDS_MAX
        ]),
        locked: Some(true),
        bot: Some(true),
        discoverable: Some(false),
        indexable: Some(true),
        hide_collections: Some(true),
        sensitive: Some(true),
        language: Some("de".to_owned()),
        ..ProfileUpdate::default()
    };
    accounts::update(&ctx, update).await.unwrap();
    bounded.within("profile", size(7, 16_000));
}

#[tokio::test]
async fn marks_and_notifications_are_within_bounds() {
    for bounded in Bounded::each().await {
        mark_and_notify(&bounded).await;
    }
}

async fn mark_and_notify(bounded: &Bounded) {
    let author = bounded.world.person("author").await;
    let crowd = bounded.crowd('a').await;
    let status = statuses::create(&author, draft(&largest_text(&crowd, 1).await))
        .await
        .unwrap();
    bounded.engine.take_largest();
    let fan = &crowd[0];
    marks::favourite(fan, status.id).await.unwrap();
    bounded.within("favourite", size(6, 900));
    let reblog = marks::reblog(fan, status.id, None).await.unwrap();
    bounded.within("reblog", size(7, 1_000));
    marks::unreblog(fan, status.id).await.unwrap();
    bounded.within("unreblog", size(6, 900));
    assert_ne!(reblog.id, status.id);
    for ctx in &crowd {
        marks::favourite(ctx, status.id).await.unwrap();
        for _ in 0..3 {
            post(ctx, "@author").await;
        }
    }
    bounded.engine.take_largest();
    notifications::clear(&author).await.unwrap();
    bounded.within("a step of clearing", size(90, 11_000));
    assert_eq!(told(&author).await, 0);
}

#[tokio::test]
async fn filters_are_within_bounds() {
    for bounded in Bounded::each().await {
        filter(&bounded).await;
    }
}

async fn filter(bounded: &Bounded) {
    let ann = bounded.world.person("ann").await;
    bounded.engine.take_largest();
    let chars = FILTER_KEYWORDS_PER_REQUEST_BYTES_MAX / FILTER_KEYWORDS_PER_REQUEST_MAX / 4;
    let word = |letter: &str| KeywordChange {
        keyword: Some(letter.repeat(chars)),
        ..KeywordChange::default()
    };
    let contexts = ["home", "notifications", "public", "thread", "account"];
    let change = |keywords: Vec<KeywordChange>| FilterChange {
        title: Some("😀".repeat(FILTER_TITLE_CHARS_MAX)),
        contexts: Some(contexts.map(str::to_owned).to_vec()),
        keywords,
        ..FilterChange::default()
    };
    let words = vec![word("😀"); FILTER_KEYWORDS_PER_REQUEST_MAX];
    let made = filters::create(&ann, change(words.clone())).await.unwrap();
    bounded.within("filter", size(80, 20_000));
    let others = made.keywords.iter().map(|keyword| KeywordChange {
        id: Some(keyword.id),
        ..word("😁")
    });
    let others: Vec<KeywordChange> = others.collect();
    let too_many = [others.clone(), vec![word("😁")]].concat();
    let refused = filters::update(&ann, made.id, change(too_many)).await;
    assert!(refused.is_err());
    filters::update(&ann, made.id, change(others))
        .await
        .unwrap();
    bounded.within("change of a filter", size(40, 14_000));
    filters::update(&ann, made.id, change(words)).await.unwrap();
    bounded.engine.take_largest();
    filters::delete(&ann, made.id).await.unwrap();
    bounded.within("delete of a filter", size(80, 10_000));
    bounded.run_jobs().await;
    bounded.within("what it leaves to jobs", size(80, 10_000));
    assert!(filters::list(&ann).await.unwrap().is_empty());
}

#[tokio::test]
async fn reports_and_domain_blocks_are_within_bounds() {
    for bounded in Bounded::each().await {
        report_and_block(&bounded).await;
    }
}

async fn report_and_block(bounded: &Bounded) {
    let (ann, bob) = (
        bounded.world.person("ann").await,
        bounded.world.person("bob").await,
    );
    let mut posted = Vec::new();
    for number in 0..REPORT_STATUSES_MAX {
        posted.push(post(&bob, &number.to_string()).await.id);
    }
    bounded.engine.take_largest();
    let report = NewReport {
        statuses: posted,
        comment: "𐐷".repeat(REPORT_COMMENT_CHARS_MAX),
        rules: (1..=REPORT_RULES_MAX as u32).collect(),
        ..NewReport::default()
    };
    reports::create(&ann, id(&bob), report, REPORT_RULES_MAX)
        .await
        .unwrap();
    bounded.within("report", size(1, 5_000));
    let domain = format!("{}example", "a.".repeat(123));
    domain_blocks::block(&ann, &domain).await.unwrap();
    bounded.within("domain block", size(1, 300));
    domain_blocks::unblock(&ann, &domain).await.unwrap();
    bounded.within("domain unblock", size(1, 300));
}

#[tokio::test]
async fn emojis_are_within_bounds() {
    for bounded in Bounded::each().await {
        let system = bounded.world.system();
        let shortcode = "a".repeat(SHORTCODE_CHARS_MAX);
        let new = NewEmoji {
            id: system.clock().next_id(),
            shortcode: shortcode.clone(),
            files: PictureFiles {
                original: "original.webp".to_owned(),
                still: Some("static.png".to_owned()),
            },
            category: Some("𝕏".repeat(EMOJI_CATEGORY_CHARS_MAX)),
            visible_in_picker: true,
        };
        emojis::add(&system, new).await.unwrap();
        bounded.within("emoji", size(1, 600));
        emojis::remove(&system, &shortcode).await.unwrap();
        bounded.within("emoji removal", size(1, 200));
    }
}

#[tokio::test]
async fn direct_statuses_are_within_bounds() {
    for bounded in Bounded::each().await {
        whisper(&bounded).await;
    }
}

async fn whisper(bounded: &Bounded) {
    let author = bounded.world.person("author").await;
    let (crowd, others) = (bounded.crowd('a').await, bounded.crowd('b').await);
    bounded.engine.take_largest();
    let named: Vec<String> = names(&crowd).await;
    let few: String = named[..15].iter().map(|name| format!("@{name} ")).collect();
    let direct = |text: String| Draft {
        visibility: Some(Visibility::Direct),
        ..draft(&text)
    };
    statuses::create(&author, direct(few)).await.unwrap();
    bounded.within("direct status that names 15", size(45, 6_000));
    let text = largest_text(&crowd, 1).await;
    let status = statuses::create(&author, direct(text)).await.unwrap().id;
    bounded.within("direct status that names 50", size(80, 25_000));
    bounded.run_jobs().await;
    bounded.within("what it leaves to jobs", size(50, 7_000));
    let page = PageRequest::first(1);
    for ctx in &crowd {
        let found = conversations::list(ctx, page).await.unwrap().items;
        assert_eq!(found[0].last_status.as_ref().unwrap().id, status);
    }
    let edit = Edit {
        text: Some(largest_text(&others, 2).await),
        ..Edit::default()
    };
    bounded.engine.take_largest();
    statuses::edit(&author, status, edit).await.unwrap();
    bounded.within("edit that names 50 others", size(60, 25_000));
    bounded.run_jobs().await;
    bounded.engine.take_largest();
    let found = conversations::list(&others[49], page).await.unwrap().items;
    assert_eq!(found.len(), 1);
    conversations::mark_read(&others[49], found[0].id)
        .await
        .unwrap();
    bounded.within("read", size(2, 300));
    statuses::delete(&author, status).await.unwrap();
    bounded.within("delete", size(30, 9_000));
    bounded.run_jobs().await;
    bounded.within("what it leaves to jobs", size(50, 7_000));
    let found = conversations::list(&others[49], page).await.unwrap().items;
    assert_eq!(found.len(), 0);
}
