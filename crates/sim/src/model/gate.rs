//! Who may see what, written anew from the plain words above `petrel_model::gate`, with three
//! values: `No` must never be shown, `Yes` must be there, `Maybe` depends on what is in doubt.

use petrel_model::visibility::Visibility;
use std::ops::Not;

use super::{Key, Mark, Model, Person, Post, Tie, Value, What};
use crate::tri::Tri;

/// Clocks differ: a mute that ends within so many milliseconds may have ended.
const EXPIRY_SLACK_MS: u64 = 1_500;

/// Where something is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surface {
    ById,
    Kept,
    Profile,
    Timeline,
    Thread,
    Search,
    Notification,
}

/// Who looks, and when (Unix milliseconds); nobody is a visitor.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub viewer: Option<Person>,
    pub now_ms: u64,
}

impl Model {
    pub fn suspended(&self, person: Person) -> Tri {
        self.on(Key::Suspended(person))
    }

    pub fn blocks(&self, person: Person, other: Person) -> Tri {
        self.on(Key::Tie(person, other, Tie::Block))
    }

    /// A follow that counts: deleted, suspended and blocked overrule it.
    pub fn follows(&self, person: Person, other: Person) -> Tri {
        self.on(Key::Tie(person, other, Tie::Follow))
            .and(self.blocks(person, other).not())
            .and(self.blocks(other, person).not())
            .and(self.suspended(other).not())
    }

    /// A mute that has not run out, of notifications too if that is asked.
    pub fn mutes(&self, person: Person, other: Person, now_ms: u64, notifications: bool) -> Tri {
        let values = self.values(Key::Tie(person, other, Tie::Mute));
        let judge = |value: &Value| match value {
            Value::Mute {
                notifications: also,
                until_ms,
            } => {
                let covers = Tri::from(*also || !notifications);
                let runs = match until_ms {
                    None => Tri::Yes,
                    Some(until_ms) if now_ms + EXPIRY_SLACK_MS < *until_ms => Tri::Yes,
                    Some(until_ms) if now_ms > *until_ms + EXPIRY_SLACK_MS => Tri::No,
                    Some(_) => Tri::Maybe,
                };
                covers.and(runs)
            }
            _ => Tri::No,
        };
        let judged: Vec<Tri> = values.into_iter().map(judge).collect();
        match judged.iter().all(|one| one.surely()) {
            true => Tri::Yes,
            false => Tri::any(judged).min(Tri::Maybe),
        }
    }

    /// Whether the viewer is shown the status there.
    pub fn may_see(&self, look: Look, post: Post, surface: Surface) -> Tri {
        if let Some(viewer) = look.viewer
            && self.suspended(viewer).surely()
        {
            return Tri::No;
        }
        let status = &self.statuses[post];
        match status.what {
            What::Own { .. } => self.may_see_own(look, post, surface, true),
            What::Reblog { of } => {
                let inner = match surface {
                    Surface::Profile => Surface::Timeline,
                    other => other,
                };
                let target = &self.statuses[of];
                let may_be_reblogged = match target.visibility {
                    Visibility::Public | Visibility::Unlisted => true,
                    Visibility::Private => target.author == status.author,
                    Visibility::Direct => false,
                };
                Tri::from(may_be_reblogged)
                    .and(self.may_see_own(look, post, surface, false))
                    .and(self.may_see_own(look, of, inner, true))
            }
        }
    }

    /// Whether the person may reblog what somebody wrote: they see it, neither blocks the other, and
    /// what is for followers alone only its author may.
    pub fn may_reblog(&self, look: Look, post: Post) -> Tri {
        let Some(person) = look.viewer else {
            return Tri::No;
        };
        let status = &self.statuses[post];
        let author = status.author;
        let is_for_more = match status.visibility {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Private => author == person,
            Visibility::Direct => false,
        };
        Tri::from(is_for_more)
            .and(self.may_see(look, post, Surface::ById))
            .and(self.blocks(person, author).not())
            .and(self.blocks(author, person).not())
    }

    /// The rules for a status by itself, whatever it reblogs.
    fn may_see_own(&self, look: Look, post: Post, surface: Surface, names_count: bool) -> Tri {
        let status = &self.statuses[post];
        let author = status.author;
        let there = self.exists(post).and(self.suspended(author).not());
        if look.viewer == Some(author) {
            return there;
        }
        let named = match look.viewer {
            Some(viewer) if names_count => self.names(post, viewer),
            _ => Tri::No,
        };
        let follows = look
            .viewer
            .map_or(Tri::No, |viewer| self.follows(viewer, author));
        let is_for = match status.visibility {
            Visibility::Public | Visibility::Unlisted => Tri::Yes,
            Visibility::Private => follows.or(named),
            Visibility::Direct => named,
        };
        let shut_out = look
            .viewer
            .map_or(Tri::No, |viewer| self.blocks(author, viewer));
        there
            .and(is_for)
            .and(shut_out.not())
            .and(self.hides(look, author, surface).not())
    }

    /// Whether the viewer does not want to meet this person there.
    pub fn hides(&self, look: Look, person: Person, surface: Surface) -> Tri {
        let Some(viewer) = look.viewer.filter(|viewer| *viewer != person) else {
            return Tri::No;
        };
        let mutes = |notifications| self.mutes(viewer, person, look.now_ms, notifications);
        match surface {
            Surface::ById | Surface::Kept | Surface::Profile => Tri::No,
            Surface::Timeline | Surface::Thread | Surface::Search => {
                self.blocks(viewer, person).or(mutes(false))
            }
            Surface::Notification => self.blocks(viewer, person).or(mutes(true)),
        }
    }

    /// Whether the text names, or answers, somebody besides its author whom the viewer does not want
    /// to meet there.
    pub fn brings_along(&self, look: Look, post: Post, surface: Surface) -> Tri {
        let status = &self.statuses[post];
        let answered = match status.what {
            What::Own { parent } => parent.map(|parent| self.statuses[self.text_of(parent)].author),
            What::Reblog { .. } => None,
        };
        let others = (0..self.people.len()).filter(|person| *person != status.author);
        Tri::any(others.map(|person| {
            self.names(post, person)
                .or(Tri::from(answered == Some(person)))
                .and(self.hides(look, person, surface))
        }))
    }

    /// Whether the viewer is shown the person there.
    pub fn may_see_person(&self, look: Look, person: Person, surface: Surface) -> Tri {
        let there = self.suspended(person).not();
        match surface {
            Surface::ById | Surface::Kept | Surface::Profile | Surface::Search => there,
            _ => {
                let shut_out = match look.viewer {
                    Some(viewer) => self.blocks(person, viewer),
                    None => Tri::No,
                };
                there
                    .and(shut_out.not())
                    .and(self.hides(look, person, surface).not())
            }
        }
    }

    /// Whether a mark's list says so: it is on, and its status is there.
    pub fn marked(&self, person: Person, post: Post, mark: Mark) -> Tri {
        self.on(Key::Mark(person, post, mark))
    }
}
