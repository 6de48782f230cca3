//! What the users of the simulation know: sets and maps of what was acknowledged to them, and what
//! is in doubt. Written anew from the plain words, it calls nothing of the product's rules.

pub mod fact;
pub mod files;
pub mod gate;
pub mod home;
pub mod plans;
pub mod reading;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;

use petrel_model::id::{AccountId, Id, MediaId, StatusId};
use petrel_model::visibility::Visibility;

use crate::tri::Tri;
use fact::{Fact, Life};
use files::{File, Kept};
use plans::Plan;
pub use reading::{AccountList, Filter, List, Poll, Tag};

/// Who asks with an account knows all of their own doings, and of others' what is so old: three
/// seconds that a node may be behind, as its own clock sees it, and what a request takes.
pub const BEHIND_MS: u64 = 6_000;

/// In place of a command's number, for what a job may do at any later time.
pub const BY_A_JOB: u64 = u64::MAX;

/// By their places in [`Model::people`] and [`Model::statuses`].
pub type Person = usize;
pub type Post = usize;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tie {
    Follow,
    Settings,
    Request,
    Block,
    Mute,
    Note,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mark {
    Favourite,
    Reblog,
    Bookmark,
    Pin,
    ThreadMute,
}

/// What a fact is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    Tie(Person, Person, Tie),
    Mark(Person, Post, Mark),
    Created(Post),
    /// Whether it is scheduled.
    Planned(Post),
    Deleted(Post),
    /// Which of its versions is shown.
    Version(Post),
    Suspended(Person),
    Locked(Person),
    /// The name that a profile shows.
    DisplayName(Person),
    /// Which password counts, by its number.
    Password(Person),
    Role(Person),
    /// Whether they may show a picture.
    Avatar(Person),
    /// Whether a custom emoji is there, by its place.
    Emoji(usize),
    /// Whether somebody follows a hashtag.
    TagFollow(Person, Tag),
    /// Whether a list of accounts is there, is exclusive, and has this member.
    ListThere(List),
    ListExclusive(List),
    ListMember(List, Person),
    /// Whether somebody's profile shows a hashtag, or they block a domain.
    Featured(Person, Tag),
    DomainBlock(Person, usize),
    /// Whether a filter is there, and which word it is about.
    FilterThere(usize),
    FilterWord(usize),
    FilterBears(usize, Post),
    /// Whether operators were told, by the report's number.
    Reported(u64),
    /// What somebody chose in a poll, as a number.
    Vote(Person, Post),
    /// Whether a file was uploaded, is gone, and is so because its owner deleted it by itself; and
    /// what they say of it.
    FileThere(File),
    FileGone(File),
    FileDropped(File),
    FileText(File),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Off,
    On,
    /// The mark of a reblog bears its status.
    Reblog(Post),
    Mute {
        notifications: bool,
        until_ms: Option<u64>,
    },
    Settings {
        reblogs: bool,
        notify: bool,
        languages: Vec<String>,
    },
    Number(u64),
    Text(String),
}

impl Value {
    pub fn of(is_on: bool) -> Value {
        if is_on { Value::On } else { Value::Off }
    }
}

pub struct Someone {
    pub id: AccountId,
    pub name: String,
    /// The token that they ask with; none after they were thrown out.
    pub token: Option<String>,
    /// Those that were taken from them, for good.
    pub dead_tokens: Vec<String>,
    /// The pictures that they uploaded; none is one whose id nobody was told.
    pub avatars: Vec<Option<MediaId>>,
    /// Those that somebody saw, and since when (milliseconds of the run) nobody may any more.
    pub avatars_seen: BTreeMap<MediaId, Option<u64>>,
}

#[derive(Clone, Debug)]
pub enum What {
    Own { parent: Option<Post> },
    Reblog { of: Post },
}

pub struct Status {
    /// None as long as nobody knows whether it was written.
    pub id: Option<StatusId>,
    pub author: Person,
    pub visibility: Visibility,
    pub what: What,
    pub language: Option<String>,
    /// The first one of its thread.
    pub root: Post,
    pub versions: Vec<Version>,
    pub poll: Option<Poll>,
    /// The files that it is written with.
    pub media: Vec<File>,
}

impl Status {
    /// The same once more, as another status.
    pub fn second(&self) -> Status {
        Status {
            id: None,
            author: self.author,
            visibility: self.visibility,
            what: self.what.clone(),
            language: self.language.clone(),
            root: self.root,
            versions: self.versions.clone(),
            poll: self.poll,
            media: self.media.clone(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Version {
    pub text: String,
    pub mentions: Vec<(Person, Tri)>,
    pub tags: Vec<String>,
}

#[derive(Default)]
pub struct Model {
    pub people: Vec<Someone>,
    pub statuses: Vec<Status>,
    pub lists: Vec<AccountList>,
    pub filters: Vec<Filter>,
    pub files: Vec<Kept>,
    pub plans: BTreeMap<Post, Plan>,
    /// So many reports were drawn.
    pub reports: u64,
    /// What each person's conversations were when they last looked, and who has ever removed one.
    pub conversations: BTreeMap<Person, Vec<Id>>,
    pub removed_some: BTreeSet<Person>,
    /// Who has ever tried to stop approving their followers: a job may still let in who asks.
    pub lets_in: BTreeSet<Person>,
    by_id: BTreeMap<StatusId, Post>,
    facts: BTreeMap<Key, Fact<Value>>,
    lens: Cell<Lens>,
}

#[derive(Clone, Copy, Default)]
struct Lens {
    viewer: Option<Person>,
    run_ms: u64,
}

impl Model {
    pub fn fact(&self, key: Key) -> Option<&Fact<Value>> {
        self.facts.get(&key)
    }

    pub fn fact_mut(&mut self, key: Key) -> &mut Fact<Value> {
        self.facts
            .entry(key)
            .or_insert_with(|| Fact::new(Value::Off))
    }

    /// The command is under way no longer.
    pub fn end(&mut self, by: u64) {
        self.facts.values_mut().for_each(|fact| fact.end(by));
    }

    pub fn facts(&self) -> impl Iterator<Item = (&Key, &Fact<Value>)> {
        self.facts.iter()
    }

    /// From now on everything is judged as this viewer may know it at this time of the run: what
    /// they did themselves, and what gives or takes rights of theirs, at once; all else at most
    /// [`BEHIND_MS`] later.
    pub fn seen_by(&self, viewer: Option<Person>, run_ms: u64) {
        self.lens.set(Lens { viewer, run_ms });
    }

    /// The values that the fact may be shown with.
    pub fn values(&self, key: Key) -> Vec<&Value> {
        let Some(fact) = self.facts.get(&key) else {
            return vec![&Value::Off];
        };
        let lens = self.lens.get();
        match lens.viewer.is_some_and(|viewer| self.concerns(key, viewer)) {
            true => fact.possible().collect(),
            false => fact.lately(lens.run_ms).collect(),
        }
    }

    /// Whether the viewer must know of it from the moment of its acknowledgement on.
    fn concerns(&self, key: Key, viewer: Person) -> bool {
        match key {
            Key::Tie(person, other, tie) => {
                let of_both = matches!(tie, Tie::Follow | Tie::Request | Tie::Block);
                person == viewer || (other == viewer && of_both)
            }
            Key::Mark(person, ..)
            | Key::Suspended(person)
            | Key::Locked(person)
            | Key::DisplayName(person)
            | Key::Password(person)
            | Key::TagFollow(person, _)
            | Key::Featured(person, _)
            | Key::DomainBlock(person, _)
            | Key::Vote(person, _)
            | Key::Avatar(person)
            | Key::Role(person) => person == viewer,
            Key::Reported(_) | Key::Emoji(_) => false,
            Key::FilterThere(filter) | Key::FilterWord(filter) | Key::FilterBears(filter, _) => {
                self.filters[filter].owner == viewer
            }
            Key::FileThere(file)
            | Key::FileGone(file)
            | Key::FileDropped(file)
            | Key::FileText(file) => self.files[file].owner == viewer,
            Key::ListThere(list) | Key::ListExclusive(list) | Key::ListMember(list, _) => {
                self.lists[list].owner == viewer
            }
            Key::Created(post) | Key::Planned(post) | Key::Deleted(post) | Key::Version(post) => {
                self.statuses[post].author == viewer
            }
        }
    }

    pub fn is(&self, key: Key, holds: impl Fn(&Value) -> bool) -> Tri {
        let values = self.values(key);
        match (
            values.iter().any(|value| holds(value)),
            values.iter().all(|value| holds(value)),
        ) {
            (false, _) => Tri::No,
            (true, true) => Tri::Yes,
            (true, false) => Tri::Maybe,
        }
    }

    pub fn on(&self, key: Key) -> Tri {
        self.is(key, |value| *value != Value::Off)
    }

    /// A user who may know was shown this by a node.
    pub fn show(&mut self, key: Key, value: &Value, life: Life) -> bool {
        self.fact_mut(key).show(value, life)
    }

    /// A status that somebody is about to write.
    pub fn draft(&mut self, status: Status) -> Post {
        self.statuses.push(status);
        self.statuses.len() - 1
    }

    /// Its id becomes known. False if it has another, or another has it.
    pub fn name(&mut self, post: Post, id: StatusId) -> bool {
        let known = self.statuses[post].id.get_or_insert(id);
        *known == id && *self.by_id.entry(id).or_insert(post) == post
    }

    pub fn find(&self, id: StatusId) -> Option<Post> {
        self.by_id.get(&id).copied()
    }

    pub fn person(&self, id: AccountId) -> Option<Person> {
        self.people.iter().position(|someone| someone.id == id)
    }

    /// Those whose ids are known, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = Post> {
        self.by_id.values().rev().copied()
    }

    pub fn exists(&self, post: Post) -> Tri {
        let status = &self.statuses[post];
        let there = self
            .on(Key::Created(post))
            .and(self.on(Key::Deleted(post)).not());
        match status.what {
            What::Own { .. } => there,
            What::Reblog { of } => {
                let key = Key::Mark(status.author, of, Mark::Reblog);
                let marked = self.is(key, |value| *value == Value::Reblog(post));
                // A job takes it back some time after what it reblogs is gone.
                match self.exists(of) {
                    Tri::Yes => there.and(marked),
                    _ => there.and(marked).min(Tri::Maybe),
                }
            }
        }
    }

    /// Whether the status that is shown names the person.
    pub fn names(&self, post: Post, person: Person) -> Tri {
        let versions = self.versions_shown(post);
        let says: Vec<Tri> = versions
            .iter()
            .map(|version| {
                let mut mentions = version.mentions.iter();
                let found = mentions.find(|(named, _)| *named == person);
                found.map_or(Tri::No, |(_, surely)| *surely)
            })
            .collect();
        if says.iter().all(|says| says.surely()) {
            return Tri::Yes;
        }
        Tri::any(says).min(Tri::Maybe)
    }

    /// All versions that may be the one that is shown.
    pub fn versions_shown(&self, post: Post) -> Vec<&Version> {
        let versions = &self.statuses[post].versions;
        let values = self.values(Key::Version(post));
        let shown = values.into_iter().map(|value| match value {
            Value::Number(number) => &versions[*number as usize],
            _ => &versions[0],
        });
        shown.collect()
    }

    /// What the text names is: for a reblog, what it reblogs.
    pub fn text_of(&self, post: Post) -> Post {
        match self.statuses[post].what {
            What::Own { .. } => post,
            What::Reblog { of } => of,
        }
    }
}
