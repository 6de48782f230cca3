//! What users do next: drawn, a few of them and a few statuses far more often than the others.

use petrel_model::visibility::Visibility;
use petrel_social::accounts::table::Role;

use crate::act::{Act, Deed};
use crate::dice::Dice;
use crate::looks::{EMOJIS, in_text};
use crate::model::reading::{Poll, TAGS};
use crate::model::{Key, Mark, Model, Person, Post, Status, Tie, Value, Version, What};
use crate::tri::Tri;

/// Among so many of the newest statuses something happens.
const RECENT: usize = 14;
/// Of a thousand deeds, how many are about what is read; of a thousand statuses, how many ask.
const HABITS: u64 = 120;
const POLLS: u64 = 150;
/// Of a thousand deeds, how many are about files.
const FILES: u64 = 80;
/// Of a thousand deeds, how many are about what is to be published later.
const PLANS: u64 = 30;
/// Of a thousand deeds, how many are about emojis and pictures; of a thousand texts, how many bear
/// an emoji.
const LOOKS: u64 = 25;
const EMOJIS_IN_TEXTS: u64 = 150;
const LANGUAGES: [&str; 2] = ["en", "de"];

pub struct Draw<'a> {
    pub dice: &'a Dice,
    pub model: &'a mut Model,
    /// The machines that can be asked.
    pub up: &'a [usize],
    pub number: &'a mut u64,
}

impl Draw<'_> {
    /// Something that anybody does.
    pub fn deed(&mut self) -> Deed {
        let actor = self.dice.skewed(self.model.people.len());
        let act = match self.model.people[actor].token {
            None => Act::LogIn(self.password_of(actor)),
            Some(_) => self.act(actor),
        };
        self.deed_of(actor, act)
    }

    pub fn deed_of(&mut self, actor: Person, act: Act) -> Deed {
        *self.number += 1;
        Deed {
            number: *self.number,
            actor,
            at: *self.dice.one_of(self.up),
            act,
        }
    }

    /// Several deeds about one thing, to be done one after the other or at once.
    pub fn duel(&mut self) -> Vec<Deed> {
        let length = self.dice.between(2, 6);
        let actor = self.dice.skewed(self.model.people.len());
        let other = self.someone_else(actor);
        if self.model.people[actor].token.is_none() {
            return vec![self.deed()];
        }
        let post = self.recent(|_| true);
        let own =
            self.recent(|status| status.author == actor && matches!(status.what, What::Own { .. }));
        let about = self.dice.below(12);
        if about == 11 {
            return self.two_about_themselves(actor);
        }
        if about >= 9 {
            return self.file_duel(actor);
        }
        let acts: Vec<Act> = (0..length)
            .map(|_| {
                let on = self.dice.happens(500);
                match (about, post, own) {
                    (0..4, Some(post), _) => Act::Set(post, Mark::Favourite, on),
                    (4, Some(post), _) => self.reblog_or_back(post, on),
                    (5, _, Some(own)) if on => self.edit(own),
                    (5, _, Some(own)) => Act::Delete(own),
                    (6, ..) if on => Act::Block(other),
                    (6, ..) => Act::Unblock(other),
                    (7, Some(post), _) => Act::Set(post, Mark::Bookmark, on),
                    _ if on => follow(other),
                    _ => Act::Unfollow(other),
                }
            })
            .collect();
        acts.into_iter()
            .map(|act| self.deed_of(actor, act))
            .collect()
    }

    /// Somebody changes two things about themselves at once.
    fn two_about_themselves(&mut self, actor: Person) -> Vec<Deed> {
        let (locked, name) = (self.is_locked(), self.display_name());
        let acts = [
            Act::Update { locked, name: None },
            Act::Update { locked: None, name },
        ];
        let deeds = acts.into_iter().map(|act| self.deed_of(actor, act));
        deeds.collect()
    }

    fn is_locked(&self) -> Option<bool> {
        Some(self.dice.happens(400))
    }

    fn display_name(&self) -> Option<String> {
        Some(format!("name {}", self.dice.below(100)))
    }

    /// Somebody who has access, and a status for them to mark.
    pub fn marking(&mut self) -> Option<(Person, Post)> {
        let actor = self.dice.skewed(self.model.people.len());
        let post = self.recent(|status| matches!(status.what, What::Own { .. }))?;
        let has_access = self.model.people[actor].token.is_some();
        has_access.then_some((actor, post))
    }

    /// A right is taken away, and at once something is written that it was about.
    pub fn shut_out(&mut self) -> Vec<Deed> {
        let actor = self.dice.skewed(self.model.people.len());
        if self.model.people[actor].token.is_none() {
            return vec![self.deed()];
        }
        let followers: Vec<Person> = (0..self.model.people.len())
            .filter(|other| self.model.follows(*other, actor).maybe())
            .collect();
        let other = match followers.is_empty() {
            true => self.someone_else(actor),
            false => *self.dice.one_of(&followers),
        };
        let taken = match self.dice.below(3) {
            0 => Act::Block(other),
            _ => Act::RemoveFollower(other),
        };
        let written = self.create(actor, Some(Visibility::Private));
        [taken, written]
            .into_iter()
            .map(|act| self.deed_of(actor, act))
            .collect()
    }

    fn act(&mut self, actor: Person) -> Act {
        if self.dice.happens(HABITS) {
            return Act::Habit(self.habit(actor));
        }
        if self.dice.happens(FILES) {
            return self.file_act(actor);
        }
        if self.dice.happens(PLANS) {
            return Act::Plan(self.plan_deed(actor));
        }
        if self.dice.happens(LOOKS) {
            return self.look_act();
        }
        let other = self.someone_else(actor);
        match self.dice.below(100) {
            0..28 => self.create(actor, None),
            28..52 => self.on_status(actor),
            52..64 => self.follow(other),
            64..67 => Act::Unfollow(other),
            67..69 => Act::RemoveFollower(other),
            69..75 => self.answer_request(actor),
            75..78 => Act::Block(other),
            78..82 => Act::Unblock(self.of_mine(actor, Tie::Block)),
            82..84 => Act::Mute {
                other,
                notifications: self.dice.happens(500),
                duration_s: *self.dice.one_of(&[0, 0, 20]),
            },
            84..87 => Act::Unmute(self.of_mine(actor, Tie::Mute)),
            87 => Act::Note(other, format!("note {}", self.dice.below(3))),
            88..90 => {
                let (locked, name) = (self.is_locked(), self.display_name());
                match self.dice.below(4) {
                    0 => Act::Update { locked, name: None },
                    1 => Act::Update { locked: None, name },
                    _ => Act::Update { locked, name },
                }
            }
            90..92 => Act::Clear,
            92..96 => self.operators(),
            _ => self.at_the_door(actor),
        }
    }

    fn on_status(&mut self, actor: Person) -> Act {
        let Some(post) = self.recent(|_| true) else {
            return self.create(actor, None);
        };
        let own = self.recent(|status| status.author == actor);
        match (self.dice.below(24), own) {
            (0..7, _) => Act::Set(post, Mark::Favourite, true),
            (7, _) => Act::Set(
                self.marked(actor, post, Mark::Favourite),
                Mark::Favourite,
                false,
            ),
            (8, _) => Act::Set(post, Mark::Favourite, false),
            (9..12, _) => self.reblog_or_back(post, true),
            (12, _) => Act::Unreblog(self.marked(actor, self.model.text_of(post), Mark::Reblog)),
            (13..15, _) => Act::Set(post, Mark::Bookmark, true),
            (15, _) => Act::Set(
                self.marked(actor, post, Mark::Bookmark),
                Mark::Bookmark,
                false,
            ),
            (16, _) => Act::Set(post, Mark::ThreadMute, self.dice.happens(600)),
            (17, Some(own)) => Act::Set(own, Mark::Pin, self.dice.happens(600)),
            (18..22, Some(own)) if matches!(self.model.statuses[own].what, What::Own { .. }) => {
                self.edit(own)
            }
            (22, Some(own)) => Act::Delete(own),
            _ => Act::Set(post, Mark::Favourite, true),
        }
    }

    pub fn create(&mut self, author: Person, visibility: Option<Visibility>) -> Act {
        let parent = match self.dice.happens(350) && visibility.is_none() {
            true => self.recent(|_| true).map(|post| self.model.text_of(post)),
            false => None,
        };
        let root = parent.map(|parent| self.model.statuses[parent].root);
        let visibility =
            visibility.unwrap_or_else(|| *self.dice.one_of(&[0, 0, 1, 2, 2, 3].map(visibility_of)));
        let place = self.model.statuses.len();
        let version = self.version(place, 0);
        let language = match self.dice.below(3) {
            0 => None,
            at => Some(LANGUAGES[at as usize - 1].to_owned()),
        };
        let media = self.files(author);
        let poll = self.poll().filter(|_| media.is_empty());
        let post = self.model.draft(Status {
            id: None,
            author,
            visibility,
            what: What::Own { parent },
            language,
            root: root.unwrap_or(place),
            versions: vec![version],
            poll,
            media,
        });
        let key = self.dice.happens(600).then(|| format!("key {post}"));
        Act::Create { post, key }
    }

    fn poll(&self) -> Option<Poll> {
        self.dice.happens(POLLS).then(|| Poll {
            options: self.dice.between(2, 4) as usize,
            multiple: self.dice.happens(400),
        })
    }

    /// A text of its own, so that it is known wherever it is shown.
    fn version(&mut self, post: Post, number: u64) -> Version {
        let mut version = Version {
            text: format!("status {post} version {number}"),
            ..Version::default()
        };
        for _ in 0..self.dice.below(3) {
            let named = self.dice.skewed(self.model.people.len());
            if version.mentions.iter().all(|(known, _)| *known != named) {
                version.text += &format!(" @{}", self.model.people[named].name);
                version.mentions.push((named, Tri::Maybe));
            }
        }
        if self.dice.happens(400) {
            let tag = *self.dice.one_of(&TAGS);
            version.text += &format!(" #{tag}");
            version.tags.push(tag.to_owned());
        }
        if self.dice.happens(EMOJIS_IN_TEXTS) {
            version.text += &format!(" {}", in_text(self.dice.index(EMOJIS.len())));
        }
        version
    }

    fn edit(&mut self, post: Post) -> Act {
        let number = self.model.statuses[post].versions.len() as u64;
        let version = self.version(post, number);
        self.model.statuses[post].versions.push(version);
        Act::Edit {
            post,
            version: number,
        }
    }

    fn reblog_or_back(&mut self, post: Post, on: bool) -> Act {
        let of = self.model.text_of(post);
        if !on {
            return Act::Unreblog(of);
        }
        let target = &self.model.statuses[of];
        let asked = self.dice.happens(300).then_some(Visibility::Private);
        let visibility = match target.visibility.is_open() {
            true => asked.unwrap_or(Visibility::Public),
            false => target.visibility,
        };
        let (root, language) = (target.root, target.language.clone());
        let reblog = self.model.draft(Status {
            id: None,
            // Whoever does it; set when it is named.
            author: Person::MAX,
            visibility,
            what: What::Reblog { of },
            language,
            root,
            versions: vec![Version::default()],
            poll: None,
            media: Vec::new(),
        });
        Act::Reblog {
            of,
            reblog,
            visibility: asked.or(Some(Visibility::Public)),
        }
    }

    fn follow(&self, other: Person) -> Act {
        let dice = self.dice;
        Act::Follow {
            other,
            reblogs: dice.happens(300).then(|| dice.happens(500)),
            notify: dice.happens(200).then(|| dice.happens(500)),
            languages: dice.happens(150).then(|| match dice.below(2) {
                0 => Vec::new(),
                _ => vec![LANGUAGES[0].to_owned()],
            }),
        }
    }

    fn answer_request(&self, actor: Person) -> Act {
        let asks: Vec<Person> = (0..self.model.people.len())
            .filter(|other| {
                let key = Key::Tie(*other, actor, Tie::Request);
                self.model.on(key).maybe()
            })
            .collect();
        let other = match asks.is_empty() {
            true => self.someone_else(actor),
            false => *self.dice.one_of(&asks),
        };
        match self.dice.happens(650) {
            true => Act::Authorize(other),
            false => Act::Reject(other),
        }
    }

    fn operators(&self) -> Act {
        let person = self.dice.index(self.model.people.len());
        let suspended: Vec<Person> = (0..self.model.people.len())
            .filter(|person| self.model.suspended(*person).maybe())
            .collect();
        match self.dice.below(10) {
            0..2 if suspended.len() < 2 => Act::Suspend(person, true),
            0..7 => match suspended.is_empty() {
                true => Act::Suspend(person, false),
                false => Act::Suspend(*self.dice.one_of(&suspended), false),
            },
            7 => Act::SetRole(person, *self.dice.one_of(&[Role::User, Role::Moderator])),
            _ => Act::ResetPassword(person, self.dice.between(1, 1_000)),
        }
    }

    fn at_the_door(&self, actor: Person) -> Act {
        match self.dice.below(7) {
            0 => Act::LogIn(self.password_of(actor)),
            1 => match &self.model.people[actor].token {
                Some(token) => Act::Revoke(token.clone()),
                None => Act::LogIn(self.password_of(actor)),
            },
            2 => Act::Session(self.password_of(actor)),
            3 => Act::CreateApp,
            4 => Act::AppToken,
            5 => Act::Register {
                // Some of them at the same time elsewhere.
                name: format!("late{}", self.dice.below(6)),
            },
            _ => Act::Authorise,
        }
    }

    fn password_of(&self, person: Person) -> u64 {
        let Some(fact) = self.model.fact(Key::Password(person)) else {
            return 0;
        };
        let known: Vec<&Value> = fact.possible().collect();
        match self.dice.one_of(&known) {
            Value::Number(number) => *number,
            _ => 0,
        }
    }

    pub fn someone_else(&self, person: Person) -> Person {
        let other = self.dice.skewed(self.model.people.len() - 1);
        other + usize::from(other >= person)
    }

    pub fn of_mine(&self, person: Person, tie: Tie) -> Person {
        let on: Vec<Person> = (0..self.model.people.len())
            .filter(|other| self.model.on(Key::Tie(person, *other, tie)).maybe())
            .collect();
        match on.is_empty() {
            true => self.someone_else(person),
            false => *self.dice.one_of(&on),
        }
    }

    /// One that they marked, whether they may still see it or not; if there is none, this one.
    fn marked(&self, person: Person, post: Post, mark: Mark) -> Post {
        let on = |post: &Post| self.model.on(Key::Mark(person, *post, mark)).maybe();
        let marked: Vec<Post> = self.model.newest_first().filter(on).take(RECENT).collect();
        match marked.is_empty() {
            true => post,
            false => *self.dice.one_of(&marked),
        }
    }

    pub fn recent(&self, wanted: impl Fn(&Status) -> bool) -> Option<Post> {
        let recent: Vec<Post> = self
            .model
            .newest_first()
            .filter(|post| wanted(&self.model.statuses[*post]))
            .take(RECENT)
            .collect();
        (!recent.is_empty()).then(|| recent[self.dice.skewed(recent.len())])
    }
}

fn follow(other: Person) -> Act {
    Act::Follow {
        other,
        reblogs: None,
        notify: None,
        languages: None,
    }
}

fn visibility_of(number: usize) -> Visibility {
    Visibility::ALL[number]
}
