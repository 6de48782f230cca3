//! The plain words of `model::home` over all facts of the store.

use std::collections::{HashMap, HashSet};

use petrel_model::event::{About, RelationKind, StatusEvent};
use petrel_model::gate::{Known, Surface};
use petrel_model::home::{self, Entry, Follow, HomeFacts, ListView, TextFacts};
use petrel_model::id::{AccountId, StatusId};
use petrel_model::text::language::Language;
use petrel_social::account_lists::AccountListView;
use petrel_social::account_lists::table::{AccountListMembers, AccountLists};
use petrel_social::eyes::Eyes;
use petrel_social::page::PageRequest;
use petrel_social::tag_follows::TagFollows;
use petrel_social::{Ctx, statuses};

use super::id;

/// All that the store says, for one viewer.
pub struct Naive {
    pub viewer: AccountId,
    /// Each list with those of its members who count.
    pub lists: Vec<(AccountListView, Vec<AccountId>)>,
    tags: HashSet<String>,
    /// Which list's timeline it is; none for home.
    list: Option<usize>,
    eyes: Eyes,
    pub events: Vec<StatusEvent>,
    pub existing: HashSet<StatusId>,
    follows: HashMap<AccountId, (bool, Vec<Language>)>,
    pub gone: HashSet<AccountId>,
    blockers: HashSet<AccountId>,
    /// What the gate lets the viewer see in a timeline.
    pub visible: HashSet<StatusId>,
}

impl Naive {
    pub async fn of(ctx: &Ctx, people: &[Ctx]) -> Naive {
        let events = all_events(ctx).await;
        let eyes = Eyes::of(ctx).await.unwrap();
        let everybody: Vec<AccountId> = people.iter().map(id).collect();
        let seen = eyes.accounts(ctx.store(), &everybody).await.unwrap();
        let ids: Vec<StatusId> = events.iter().map(|event| event.id).collect();
        let views = statuses::hydrate(ctx, &ids, Surface::Timeline)
            .await
            .unwrap();
        let blocks = |account: &AccountId| seen[account].gate.relation.blocked_by != Known::No;
        let gone = |account: &AccountId| seen[account].facts.suspended;
        let follows = |account: &AccountId| {
            let settings = eyes.follow_settings(*account);
            let languages = settings
                .languages
                .iter()
                .filter_map(|code| Language::parse(code));
            let follow = (settings.reblogs, languages.collect());
            let blocked = eyes.on(*account, RelationKind::Block).is_some();
            let counts = !blocked && !blocks(account) && !gone(account);
            let on = eyes.on(*account, RelationKind::Follow).is_some();
            (on && counts).then_some((*account, follow))
        };
        Naive {
            viewer: id(ctx),
            lists: lists_of(ctx, &eyes).await,
            tags: tags_of(ctx).await,
            list: None,
            follows: everybody.iter().filter_map(follows).collect(),
            gone: everybody.iter().copied().filter(gone).collect(),
            blockers: everybody.iter().copied().filter(blocks).collect(),
            existing: ids.iter().copied().collect(),
            visible: views.iter().map(|view| view.id).collect(),
            eyes,
            events,
        }
    }

    /// The same for the timeline of one of the viewer's lists.
    pub fn of_list(self, place: usize) -> Naive {
        Naive {
            list: Some(place),
            ..self
        }
    }

    fn world(&self) -> impl Iterator<Item = Entry> + '_ {
        self.events.iter().map(|event| Entry {
            id: event.id,
            account: event.account,
            about: event.about,
            language: Language::parse(&event.language),
            visibility: event.visibility,
        })
    }

    pub fn ids(&self, page: &PageRequest) -> Vec<StatusId> {
        let entries = home::page(self.world(), self, &page.cursor(), page.limit);
        entries.iter().map(|entry| entry.id).collect()
    }

    pub fn shown(&self, page: &PageRequest) -> Vec<StatusId> {
        let passes = |entry: &Entry| {
            let event = self
                .events
                .iter()
                .find(|event| event.id == entry.id)
                .unwrap();
            let text = TextFacts {
                mentions: &event.mentions,
                parent_is_gone: match event.about {
                    About::Reply { status, .. } => !self.existing.contains(&status),
                    _ => false,
                },
            };
            home::passes_with_text(entry, &text, self) && self.visible.contains(&entry.id)
        };
        let entries = home::page_with(self.world(), self, passes, &page.cursor(), page.limit);
        entries.iter().map(|entry| entry.id).collect()
    }
}

impl HomeFacts for Naive {
    fn viewer(&self) -> AccountId {
        self.viewer
    }
    fn follow(&self, account: AccountId) -> Option<Follow<'_>> {
        let (shows_reblogs, languages) = self.follows.get(&account)?;
        Some(Follow {
            shows_reblogs: *shows_reblogs,
            languages,
        })
    }
    fn hides(&self, account: AccountId) -> bool {
        let on = |kind| self.eyes.on(account, kind).is_some();
        on(RelationKind::Block) || on(RelationKind::Mute)
    }
    fn is_out_of_reach(&self, account: AccountId) -> bool {
        self.gone.contains(&account) || self.blockers.contains(&account)
    }
    fn names_viewer(&self, entry: &Entry) -> bool {
        let event = self.events.iter().find(|event| event.id == entry.id);
        event.unwrap().mentions.contains(&self.viewer)
    }
    fn has_followed_tag(&self, entry: &Entry) -> bool {
        let event = self.events.iter().find(|event| event.id == entry.id);
        event
            .unwrap()
            .tags
            .iter()
            .any(|tag| self.tags.contains(tag))
    }
    fn is_on_exclusive_list(&self, account: AccountId) -> bool {
        let mut lists = self.lists.iter();
        lists.any(|(list, members)| list.exclusive && members.contains(&account))
    }
    fn list(&self) -> Option<ListView<'_>> {
        let (list, members) = &self.lists[self.list?];
        Some(ListView {
            members,
            replies: list.replies_policy,
        })
    }
}

/// The viewer's lists, with the members whom the viewer has followed ever since they were put on it.
async fn lists_of(ctx: &Ctx, eyes: &Eyes) -> Vec<(AccountListView, Vec<AccountId>)> {
    let rows = ctx.store().partition::<AccountLists>(&id(ctx)).await;
    let mut lists = Vec::new();
    for list in AccountListView::all_of(&rows.unwrap()) {
        let rows = ctx
            .store()
            .partition::<AccountListMembers>(&(id(ctx), list.id))
            .await
            .unwrap();
        let mut members = Vec::new();
        for row in rows.iter().filter(|row| row.value.on) {
            let follow = eyes.on(row.sort, RelationKind::Follow);
            let is_same = follow.is_some_and(|follow| {
                follow.id == row.value.follow || follow.asked == Some(row.value.follow)
            });
            if row.sort == id(ctx) || is_same {
                members.push(row.sort);
            }
        }
        lists.push((list, members));
    }
    lists
}

async fn tags_of(ctx: &Ctx) -> HashSet<String> {
    let rows = ctx.store().partition::<TagFollows>(&id(ctx)).await.unwrap();
    let on = rows.iter().filter(|row| row.value.on);
    on.map(|row| row.sort.clone()).collect()
}

/// A plain scan of the store, newest first.
async fn all_events(ctx: &Ctx) -> Vec<StatusEvent> {
    let mut ids = Vec::new();
    let mut token = None;
    loop {
        let page = statuses::replay(ctx.store(), token, 50).await.unwrap();
        ids.extend(page.created.iter().map(|event| event.id));
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    statuses::events_of(ctx.store(), &ids).await.unwrap()
}
