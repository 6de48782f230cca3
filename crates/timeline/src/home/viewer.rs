use std::sync::{Arc, Weak};

use parking_lot::RwLock;
use petrel_model::event::{About, RelationKind};
use petrel_model::home::{Entry, ListView, RepliesPolicy};
use petrel_model::id::{AccountId, Id};
use petrel_model::text::language::Language;
use petrel_social::account_lists::table::{AccountListMembers, AccountLists};
use petrel_social::account_lists::{AccountListView, Counting};
use petrel_social::eyes::Eyes;
use petrel_social::relations::table::{Relation, Relations};
use petrel_social::tag_follows::{self, TagFollows};
use petrel_store::Partition;
use rustc_hash::FxHashMap;

use crate::home::viewers::{Known, Timeline};
use crate::log::{Chain, Log, Ordinal};

/// What home, or the timeline of a list, depends on about its viewer, mutes and blocks included.
/// The next event that touches any of it throws the whole away, and so does a write that no event
/// tells of as a change: who takes back what they did not know of says nothing.
pub(crate) struct Viewer {
    pub(crate) id: AccountId,
    pub(crate) timeline: Timeline,
    origin: Origin,
    /// Sorted by account.
    follows: Vec<Followed>,
    /// Sorted by account.
    kept_away: Vec<KeptAway>,
    /// The chains that the timeline is merged from.
    chains: Vec<Ordinal>,
    /// Hashtags that are followed, folded, in order. Of no concern to a list.
    tags: Vec<String>,
    /// Those of the followed whose statuses are read on an exclusive list instead, in order.
    exclusive: Vec<AccountId>,
    /// For the timeline of a list.
    list: Option<OneList>,
    /// Whether others block the viewer, as far as it was asked for.
    pub(super) blockers: RwLock<FxHashMap<AccountId, bool>>,
}

/// The rows that a viewer was made of, without keeping them.
struct Origin {
    relations: Weak<Partition<Relations>>,
    lists: Weak<Partition<AccountLists>>,
    tags: Weak<Partition<TagFollows>>,
    /// Of the lists that matter.
    members: Vec<(Id, Weak<Partition<AccountListMembers>>)>,
}

/// A list of accounts whose timeline it is.
struct OneList {
    /// In effect, in order.
    members: Vec<AccountId>,
    replies: RepliesPolicy,
}

type ListWithMembers = (AccountListView, Arc<Partition<AccountListMembers>>);

pub(super) struct Followed {
    account: AccountId,
    pub(super) shows_reblogs: bool,
    pub(super) languages: Box<[Language]>,
}

struct KeptAway {
    account: AccountId,
    blocked: bool,
    /// Unix milliseconds.
    until_ms: u64,
}

impl Viewer {
    pub(super) fn assemble(
        id: AccountId,
        timeline: Timeline,
        known: &Known,
        lists: Vec<ListWithMembers>,
        log: &Log,
    ) -> Viewer {
        let eyes = &known.eyes;
        let members = lists.iter();
        let members = members.map(|(list, rows)| (list.id, Arc::downgrade(rows)));
        let mut viewer = Viewer {
            id,
            timeline,
            origin: Origin {
                relations: eyes.origin(),
                lists: Arc::downgrade(&known.lists),
                tags: Arc::downgrade(&known.tags),
                members: members.collect(),
            },
            follows: Vec::new(),
            kept_away: Vec::new(),
            chains: Vec::new(),
            tags: Vec::new(),
            exclusive: Vec::new(),
            list: None,
            blockers: RwLock::default(),
        };
        viewer.take_relations(eyes);
        match timeline {
            Timeline::Home => viewer.make_home(known, &lists, log),
            Timeline::List(_) => viewer.make_list(eyes, &lists, log),
        }
        viewer
    }

    fn take_relations(&mut self, eyes: &Eyes) {
        for row in eyes.relations() {
            let (other, kind) = row.sort;
            match kind {
                RelationKind::Follow if row.value.on => self.follows.push(Followed {
                    account: other,
                    shows_reblogs: true,
                    languages: Box::default(),
                }),
                RelationKind::FollowSettings => self.take_settings(other, &row.value),
                RelationKind::Block if row.value.on => self.keep_away(other, true, None),
                RelationKind::Mute if row.value.on => {
                    let mute = row.value.mute.as_ref();
                    self.keep_away(other, false, mute.and_then(|mute| mute.expires_at_ms));
                }
                _ => {}
            }
        }
    }

    fn make_home(&mut self, known: &Known, exclusive: &[ListWithMembers], log: &Log) {
        let of_each = exclusive.iter();
        let members = of_each.flat_map(|(_, rows)| read_members(&known.eyes, rows));
        self.exclusive = members.collect();
        self.exclusive.sort_unstable();
        self.exclusive.dedup();
        let tags = tag_follows::on(&known.tags);
        self.tags = tags.map(|row| row.sort.clone()).collect();
        let followed = self.follows.iter();
        let followed = followed.map(|follow| Chain::Account(follow.account));
        let tags = self.tags.iter().map(|tag| Chain::tag(tag));
        let others = followed.chain(tags);
        let others = others.filter_map(|chain| log.ordinal(chain));
        self.chains = log.own_chains(self.id).chain(others).collect();
    }

    /// Direct statuses are on no list, so the members' own chains are all.
    fn make_list(&mut self, eyes: &Eyes, lists: &[ListWithMembers], log: &Log) {
        let Some((list, rows)) = lists.first() else {
            return;
        };
        let members: Vec<AccountId> = read_members(eyes, rows).collect();
        let chains = members.iter();
        let chains = chains.filter_map(|account| log.ordinal(Chain::Account(*account)));
        self.chains = chains.collect();
        self.list = Some(OneList {
            members,
            replies: list.replies_policy,
        });
    }

    /// The settings' row comes right after the follow's.
    fn take_settings(&mut self, other: AccountId, row: &Relation) {
        let Some(follow) = self
            .follows
            .last_mut()
            .filter(|follow| follow.account == other)
        else {
            return;
        };
        if let Some(settings) = &row.follow {
            follow.shows_reblogs = settings.reblogs;
            let languages = settings.languages.iter();
            follow.languages = languages.filter_map(|code| Language::parse(code)).collect();
        }
    }

    fn keep_away(&mut self, account: AccountId, blocked: bool, until_ms: Option<u64>) {
        self.kept_away.push(KeptAway {
            account,
            blocked,
            until_ms: until_ms.unwrap_or(u64::MAX),
        });
    }

    pub(crate) fn chains(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.chains.iter().copied()
    }

    /// Whose statuses the timeline is made of, those under followed hashtags aside: the viewer and
    /// all who are followed, or the members of the list.
    pub(crate) fn authors(&self) -> impl Iterator<Item = AccountId> + '_ {
        let is_home = self.list.is_none();
        let followed = self.follows.iter().map(|follow| follow.account);
        let home = [self.id].into_iter().chain(followed);
        let members = self.list.iter().flat_map(|list| &list.members);
        home.filter(move |_| is_home).chain(members.copied())
    }

    /// The followed hashtags that home is made of, folded, in order.
    pub(crate) fn tags(&self) -> &[String] {
        &self.tags
    }

    pub(crate) fn follows_tag(&self, tag: &String) -> bool {
        self.tags.binary_search(tag).is_ok()
    }

    pub(super) fn list(&self) -> Option<ListView<'_>> {
        self.list.as_ref().map(|list| ListView {
            members: &list.members,
            replies: list.replies,
        })
    }

    pub(super) fn is_on_exclusive_list(&self, account: AccountId) -> bool {
        self.exclusive.binary_search(&account).is_ok()
    }

    /// Whether these are the rows that it was made of, those of the lists' members aside.
    pub(super) fn is_of(&self, known: &Known) -> bool {
        let origin = &self.origin;
        origin.relations.ptr_eq(&known.eyes.origin())
            && is_same(&origin.lists, &known.lists)
            && is_same(&origin.tags, &known.tags)
    }

    /// The lists whose members it was made of.
    pub(super) fn lists(&self) -> impl Iterator<Item = Id> + '_ {
        self.origin.members.iter().map(|(list, _)| *list)
    }

    /// Whether these are the members that it was made of.
    pub(super) fn has_members(&self, members: &[Arc<Partition<AccountListMembers>>]) -> bool {
        let kept = self.origin.members.iter();
        kept.zip(members).all(|((_, kept), now)| is_same(kept, now))
    }

    /// How much there is to be kept of it.
    pub(super) fn relations(&self) -> usize {
        let members = self.list.as_ref().map_or(0, |list| list.members.len());
        let followed = self.follows.len() + 2 * self.tags.len();
        followed + self.kept_away.len() + self.exclusive.len() + members
    }

    pub(crate) fn follows(&self, account: AccountId) -> bool {
        self.followed(account).is_some()
    }

    pub(super) fn followed(&self, account: AccountId) -> Option<&Followed> {
        let place = self
            .follows
            .binary_search_by_key(&account, |follow| follow.account);
        place.ok().map(|place| &self.follows[place])
    }

    pub(super) fn is_kept_away(&self, account: AccountId, now_ms: u64, only_blocks: bool) -> bool {
        let from = self
            .kept_away
            .partition_point(|kept| kept.account < account);
        let rows = self.kept_away[from..]
            .iter()
            .take_while(|kept| kept.account == account);
        rows.filter(|kept| kept.blocked || !only_blocks)
            .any(|kept| kept.until_ms > now_ms)
    }

    /// Those whom a decision on this entry needs to know out of reach or not.
    pub(crate) fn concerned(&self, entry: &Entry) -> impl Iterator<Item = AccountId> {
        let other = match entry.about {
            About::Nothing => None,
            About::Reblog { account, .. } => Some(account),
            About::Reply { account, .. } => Some(account).filter(|other| self.follows(*other)),
        };
        let viewer = self.id;
        let both = [Some(entry.account), other];
        both.into_iter()
            .flatten()
            .filter(move |account| *account != viewer)
    }
}

/// In the order of their ids, as the rows are.
fn read_members(
    eyes: &Eyes,
    rows: &Partition<AccountListMembers>,
) -> impl Iterator<Item = AccountId> {
    let counting = Counting::of(eyes);
    let read = rows.iter().filter(move |row| counting.is_read(row));
    read.map(|row| row.sort)
}

fn is_same<T: petrel_store::Table>(kept: &Weak<Partition<T>>, now: &Arc<Partition<T>>) -> bool {
    kept.ptr_eq(&Arc::downgrade(now))
}
