use std::sync::Arc;

use petrel_model::choices::Choices;
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{AccountId, AppId, Id, MediaId, NotificationId, StatusId};
use petrel_model::scope::Scopes;
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::AccountListView;
use petrel_social::featured_tags::{FeaturedTagView, TagTie};
use petrel_social::media::{Focus, MediaKind};
use petrel_social::settings::{MailSettings, PasswordCost, Settings};
use petrel_social::statuses::table::Shape;
use petrel_social::views::*;
use petrel_timeline::TagDay;
use serde::Serialize;
use serde_json::{Value, json};

use super::table::differences;
use super::*;
use crate::state::{ApiConfig, SiteTexts};
use crate::totals::Figures;

fn settings() -> Settings {
    Settings {
        domain: "p.example".to_owned(),
        url: "https://p.example".to_owned(),
        registrations_open: true,
        confirm_at_once: false,
        password_grant: false,
        literal_secrets: false,
        password_cost: PasswordCost::CHEAP,
        mail: MailSettings {
            from: "p@p.example".to_owned(),
            smtp_url: None,
            outbox: std::path::PathBuf::new(),
        },
        chapter_rows: 10,
    }
}

fn config() -> ApiConfig {
    ApiConfig {
        dev: false,
        rate_limits: true,
        trusted_proxies: 0,
        title: "P".to_owned(),
        description: "A place".to_owned(),
        contact_email: "p@p.example".to_owned(),
        rules: vec!["Be kind".to_owned()],
        texts: Default::default(),
        source_url: "https://p.example/source".to_owned(),
        version: "0.1.0".to_owned(),
        commit: "abc".to_owned(),
    }
}

fn account(role: Role) -> Arc<AccountView> {
    Arc::new(AccountView {
        id: AccountId(Id(7)),
        username: "ann".to_owned(),
        acct: "ann".to_owned(),
        profile: Profile {
            display_name: "Ann".to_owned(),
            note: "hello".to_owned(),
            fields: vec![ProfileField {
                name: "a".to_owned(),
                value: "b".to_owned(),
            }],
            ..Profile::default()
        },
        created_at_ms: 1_709_210_096_007,
        suspended: false,
        role,
        followers_count: 1,
        following_count: 2,
        statuses_count: 3,
        last_status_at_ms: Some(1_709_210_096_007),
        note_html: "<p>hello</p>".to_owned(),
        fields_html: vec![("a".to_owned(), "b".to_owned())],
        fields_verified_at_ms: vec![Some(1_709_210_096_007)],
        url: "https://p.example/@ann".to_owned(),
        uri: "https://p.example/users/ann".to_owned(),
        avatar: None,
        header: None,
        emojis: emojis(),
    })
}

fn emojis() -> Vec<Arc<EmojiView>> {
    [None, Some("birds".to_owned())]
        .into_iter()
        .map(|category| {
            Arc::new(EmojiView {
                shortcode: "gull".to_owned(),
                id: Id(7),
                files: PictureFiles {
                    original: "original.gif".to_owned(),
                    still: None,
                },
                url: "https://p.example/emojis/7/original.gif".to_owned(),
                static_url: "https://p.example/emojis/7/original.gif".to_owned(),
                category,
                visible_in_picker: true,
            })
        })
        .collect()
}

#[test]
fn emojis_are_as_mastodon_has_them() {
    for emoji in emojis() {
        agrees(CustomEmoji::new(&emoji), &["CustomEmoji"]);
    }
}

fn status(viewer: Option<ViewerState>) -> StatusView {
    StatusView {
        id: StatusId(Id(9)),
        created_at_ms: 1_709_210_096_007,
        account: account(Role::User),
        visibility: Visibility::Public,
        sensitive: false,
        spoiler_text: String::new(),
        language: Some("en".to_owned()),
        text: "hi #Tag".to_owned(),
        content_html: "<p>hi</p>".to_owned(),
        in_reply_to: Some((StatusId(Id(8)), AccountId(Id(7)))),
        mentions: vec![MentionView {
            id: AccountId(Id(7)),
            username: "ann".to_owned(),
            acct: "ann".to_owned(),
            url: "https://p.example/@ann".to_owned(),
        }],
        tags: vec!["Tag".to_owned()],
        application: Some(ApplicationView {
            name: "app".to_owned(),
            website: None,
        }),
        edited_at_ms: Some(1_709_210_096_007),
        uri: "https://p.example/users/ann/statuses/9".to_owned(),
        url: "https://p.example/@ann/9".to_owned(),
        replies_count: 0,
        reblogs_count: 0,
        favourites_count: 0,
        reblog: None,
        media: vec![media()],
        viewer,
        filtered: Vec::new(),
        poll: Some(poll(viewer.is_some())),
        emojis: emojis(),
    }
}

fn poll(is_logged_in: bool) -> PollView {
    PollView {
        id: StatusId(Id(9)),
        options: vec![PollOptionView {
            title: "gull".to_owned(),
            votes_count: is_logged_in.then_some(2),
        }],
        expires_at_ms: 5_000,
        expired: false,
        multiple: true,
        votes_count: 2,
        voters_count: 1,
        viewer: is_logged_in.then_some(PollViewer {
            voted: true,
            own_votes: Choices::of([true, false, true, false]),
        }),
        emojis: emojis(),
    }
}

#[test]
fn polls_are_as_mastodon_has_them() {
    for is_logged_in in [false, true] {
        let view = poll(is_logged_in);
        let value = agrees(Poll::new(&view), &["Poll"]);
        let own = value.get("own_votes").cloned();
        assert_eq!(own, is_logged_in.then(|| serde_json::json!([0, 2])));
    }
}

fn media() -> MediaView {
    let shape = |file: &str| Shape {
        file: file.to_owned(),
        width: 640,
        height: 480,
    };
    MediaView {
        id: MediaId(Id(11)),
        state: MediaState::Ready,
        kind: MediaKind::Video,
        url: Some("https://p.example/media/11/original.mp4".to_owned()),
        preview_url: Some("https://p.example/media/11/small.png".to_owned()),
        original: Some(shape("original.mp4")),
        preview: Some(shape("small.png")),
        blurhash: Some("UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH".to_owned()),
        duration_ms: Some(1_500),
        frame_rate: Some("30/1".to_owned()),
        bitrate: Some(1_000),
        description: Some("a film".to_owned()),
        focus: Focus::new(0.5, -0.25),
    }
}

#[test]
fn media_are_as_mastodon_has_them() {
    let value = agrees(MediaAttachment::new(&media()), &["MediaAttachment"]);
    assert_eq!(value["meta"]["focus"], json!({"x": 0.5, "y": -0.25}));
    assert_eq!(value["meta"]["original"]["size"], "640x480");
    let waiting = MediaView {
        state: MediaState::Processing,
        url: None,
        preview_url: None,
        original: None,
        preview: None,
        focus: None,
        ..media()
    };
    let value = agrees(MediaAttachment::new(&waiting), &["MediaAttachment"]);
    assert_eq!(
        (&value["url"], &value["meta"]),
        (&Value::Null, &Value::Null)
    );
}

#[track_caller]
fn agrees(entity: impl Serialize, entities: &[&str]) -> Value {
    let value = serde_json::to_value(&entity).unwrap();
    assert_eq!(
        differences(&value, entities),
        Vec::<String>::new(),
        "{value:#}"
    );
    value
}

#[test]
fn accounts_are_as_mastodon_has_them() {
    let settings = settings();
    for role in Role::ALL {
        let view = account(role);
        agrees(Account::new(&view, &settings), &["Account"]);
        agrees(
            MutedAccount::new(&view, Some(5_000), &settings),
            &["Account", "MutedAccount"],
        );
        let credentials = CredentialView {
            account: view,
            settings: PostingSettings::default(),
            follow_requests_count: 1,
        };
        let entity = CredentialAccount::new(&credentials, &settings);
        agrees(entity, &["Account", "CredentialAccount"]);
        agrees(Preferences::from(&credentials.settings), &["Preferences"]);
    }
}

#[test]
fn an_account_that_never_posted_or_is_suspended_is_one_too() {
    let mut view = (*account(Role::User)).clone();
    view.last_status_at_ms = None;
    view.suspended = true;
    let value = agrees(Account::new(&view, &settings()), &["Account"]);
    assert_eq!(value["suspended"], true);
    assert_eq!(value["note"], "");
    assert_eq!(value["display_name"], "");
}

#[test]
fn statuses_are_as_mastodon_has_them() {
    let settings = settings();
    let anonymous = agrees(Status::new(&status(None), &settings), &["Status"]);
    assert!(anonymous.get("favourited").is_none());
    let mut view = status(Some(ViewerState {
        favourited: true,
        ..ViewerState::default()
    }));
    let value = agrees(Status::new(&view, &settings), &["Status"]);
    assert_eq!(value["favourited"], true);
    assert_eq!(value["text"], Value::Null);
    let deleted = agrees(Status::with_source(&view, &settings), &["Status"]);
    assert_eq!(deleted["text"], "hi #Tag");
    let filter = FilterView {
        id: Id(4),
        settings: FilterSettings {
            title: "t".to_owned(),
            contexts: vec![FilterContext::Home],
            action: FilterAction::Blur,
            expires_at_ms: Some(5_000),
        },
        keywords: vec![FilterKeywordView {
            id: Id(5),
            keyword: "hi".to_owned(),
            whole_word: true,
        }],
        statuses: vec![FilterStatusView {
            id: Id(6),
            status: view.id,
        }],
    };
    agrees(Filter::new(&filter), &["Filter"]);
    view.filtered.push(petrel_social::views::FilterResult {
        filter: Arc::new(filter),
        keyword: None,
        statuses: Some(vec![view.id]),
    });
    let filtered = agrees(Status::new(&view, &settings), &["Status"]);
    assert_eq!(filtered["filtered"][0]["filter"]["filter_action"], "blur");
    view.reblog = Some(Box::new(status(None)));
    view.application = None;
    view.language = None;
    view.in_reply_to = None;
    view.edited_at_ms = None;
    let reblog = agrees(Status::new(&view, &settings), &["Status"]);
    assert_eq!(reblog["reblog"]["id"], "9");
}

#[test]
fn what_belongs_to_a_status_is_as_mastodon_has_it() {
    let settings = settings();
    let views = [status(None)];
    agrees(Context::new(&views, &views, &settings), &["Context"]);
    let edit = EditView {
        content_html: String::new(),
        spoiler_text: String::new(),
        sensitive: false,
        created_at_ms: 5_000,
        account: account(Role::User),
        media: vec![media()],
        poll_options: Some(vec!["a".to_owned()]),
        emojis: emojis(),
    };
    agrees(StatusEdit::new(&edit, &settings), &["StatusEdit"]);
    let source = StatusSource {
        id: Shown(StatusId(Id(9))),
        text: "hi",
        spoiler_text: "",
    };
    agrees(source, &["StatusSource"]);
    for kind in NotificationKind::ALL {
        let view = NotificationView {
            id: NotificationId(Id(3)),
            kind,
            created_at_ms: 5_000,
            account: account(Role::User),
            status: (kind != NotificationKind::Follow).then(|| status(None)),
        };
        agrees(Notification::new(&view, &settings), &["Notification"]);
    }
}

#[test]
fn relationships_tags_and_results_are_as_mastodon_has_them() {
    let settings = settings();
    let view = RelationshipView {
        muting_expires_at_ms: Some(5_000),
        languages: Some(vec!["en".to_owned()]),
        ..RelationshipView::default()
    };
    agrees(Relationship::from(&view), &["Relationship"]);
    agrees(
        Relationship::from(&RelationshipView::default()),
        &["Relationship"],
    );
    agrees(
        FamiliarFollowers::new(AccountId(Id(7)), &[account(Role::User)], &settings),
        &["FamiliarFollowers"],
    );
    let report = petrel_social::reports::ReportView {
        id: Id(5),
        report: petrel_social::reports::Report {
            account: AccountId(Id(7)),
            target: AccountId(Id(8)),
            statuses: vec![StatusId(Id(9))],
            comment: "c".to_owned(),
            category: Default::default(),
            rules: vec![1],
            forward: false,
        },
        target: account(Role::User),
    };
    agrees(Report::new(&report, &settings), &["Report"]);
    agrees(DomainBlockPreview::NOBODY, &["DomainBlockPreview"]);
    for language in Language::all() {
        agrees(language, &["Language"]);
    }
    let marker = petrel_social::markers::Marker {
        last_read: Id(5),
        version: 1,
        updated_at_ms: 5_000,
        nonce: Id(6),
    };
    let home = petrel_social::markers::MarkedTimeline::Home;
    let markers = Marker::map(&[(home, marker)]);
    agrees(&markers["home"], &["Marker"]);
    let (accounts, statuses) = ([account(Role::User)], [status(None)]);
    let tie = TagTie {
        following: true,
        featuring: false,
    };
    let days = [TagDay::default()];
    let tag = |tie| Tag::new("Tag", tie, &days, &settings);
    agrees(tag(Some(tie)), &["Tag"]);
    let search = Search::new(&accounts, &statuses, vec![tag(None)], &settings);
    agrees(search, &["Search"]);
}

#[test]
fn the_place_and_its_apps_are_as_mastodon_has_them() {
    let (settings, config) = (settings(), config());
    let facts = Figures::default();
    agrees(Instance::new(&config, &settings, facts), &["Instance"]);
    agrees(
        InstanceV1::new(&config, &settings, facts),
        &["V1::Instance"],
    );
    let app = petrel_social::oauth::App {
        id: AppId(Id(1)),
        name: "app".to_owned(),
        website: None,
        redirect_uris: vec!["urn:ietf:wg:oauth:2.0:oob".to_owned()],
        scopes: Scopes::parse("read write:statuses").unwrap(),
        client_id: "id".to_owned(),
        client_secret: None,
    };
    let shown = agrees(Application::new(&app), &["Application"]);
    assert_eq!(shown["scopes"], json!(["read", "write:statuses"]));
    let entities = ["Application", "CredentialApplication"];
    agrees(Application::with_credentials(&app, "secret"), &entities);
    agrees(Token::new("token", app.scopes, 5), &["Token"]);
}

#[test]
fn lists_and_featured_hashtags_are_as_mastodon_has_them() {
    let list = AccountListView {
        id: Id(5),
        title: "a".to_owned(),
        replies_policy: RepliesPolicy::None,
        exclusive: true,
    };
    agrees(List::from(&list), &["List"]);
    for last_status_at_ms in [None, Some(1_709_210_096_007)] {
        let featured = FeaturedTagView {
            id: Id(5),
            name: "Tag".to_owned(),
            url: "https://p.example/@ann/tagged/tag".to_owned(),
            statuses_count: 3,
            last_status_at_ms,
        };
        agrees(FeaturedTag::from(&featured), &["FeaturedTag"]);
    }
}

#[test]
fn texts_of_the_place_are_as_mastodon_has_them() {
    let settings = settings();
    let none = SiteTexts::default();
    let empty = agrees(
        Document::extended_description(&none, &settings),
        &["ExtendedDescription"],
    );
    assert_eq!(empty["content"], "");
    assert!(TermsOfService::new(&none, &settings, 5_000).is_none());
    let texts = SiteTexts {
        privacy_policy: "We keep <little>.\n\nAsk @ann.\n".to_owned(),
        terms_of_service: "Be kind.".to_owned(),
        changed_at_ms: 1_709_210_096_007,
        ..none
    };
    let policy = agrees(
        Document::privacy_policy(&texts, &settings),
        &["PrivacyPolicy"],
    );
    assert_eq!(
        policy["content"],
        "<p>We keep &lt;little&gt;.</p><p>Ask @ann.</p>"
    );
    let terms = TermsOfService::new(&texts, &settings, 5_000).unwrap();
    let terms = agrees(terms, &["TermsOfService"]);
    assert_eq!(terms["effective_date"], "2024-02-29");
    assert_eq!(terms["effective"], false);
}
