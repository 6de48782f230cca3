//! What home is, written anew from the plain words above `petrel_model::home`.

use petrel_model::visibility::Visibility;
use std::ops::Not;

use super::gate::{Look, Surface};
use super::{Key, Model, Person, Post, Tie, Value, What};
use crate::tri::Tri;

/// A reblog is out if its target is among so many next older entries.
const REBLOG_GAP: usize = 40;

impl Model {
    /// Every status that is known by its id, newest first, and whether it is in the viewer's home.
    pub fn home(&self, viewer: Person, now_ms: u64) -> Vec<(Post, Tri)> {
        let look = Look {
            viewer: Some(viewer),
            now_ms,
        };
        let world: Vec<(Post, Tri)> = self
            .newest_first()
            .map(|post| {
                let belongs = self.exists(post).and(self.belongs(look, viewer, post));
                (post, belongs)
            })
            .collect();
        let judge = |(at, (post, belongs)): (usize, &(Post, Tri))| {
            if *belongs == Tri::No {
                return (*post, Tri::No);
            }
            let repeated = self.is_repeated(*post, &world[at + 1..]);
            let shown = belongs
                .and(repeated.not())
                .and(self.passes(look, viewer, *post))
                .and(self.may_see(look, *post, Surface::Timeline));
            (*post, shown)
        };
        world.iter().enumerate().map(judge).collect()
    }

    /// As far as it is judged without its text.
    fn belongs(&self, look: Look, viewer: Person, post: Post) -> Tri {
        let status = &self.statuses[post];
        let author = status.author;
        let kept_away = |person: Person| match person == viewer {
            true => Tri::No,
            false => self
                .hides(look, person, Surface::Timeline)
                .or(self.blocks(person, viewer))
                .or(self.suspended(person)),
        };
        let mut away = kept_away(author);
        if let What::Reblog { of } = status.what {
            away = away.or(kept_away(self.statuses[of].author));
        }
        if author == viewer {
            return away.not();
        }
        let direct = match status.visibility {
            Visibility::Direct => self.names(post, viewer),
            _ => Tri::Yes,
        };
        let wanted = match status.what {
            What::Own { parent: None } => Tri::Yes,
            What::Own {
                parent: Some(parent),
            } => {
                let to = self.statuses[parent].author;
                match to == author || to == viewer {
                    true => Tri::Yes,
                    false => self.follows(viewer, to),
                }
            }
            What::Reblog { .. } => self.follow_shows(viewer, author, |reblogs, _| reblogs),
        };
        let language = self.language_of(post);
        let understood = self.follow_shows(viewer, author, |_, languages| {
            let known = language.as_ref();
            languages.is_empty() || known.is_none_or(|language| languages.contains(language))
        });
        let by_followee = self
            .follows(viewer, author)
            .and(direct)
            .and(wanted)
            .and(understood)
            .and(self.on_exclusive_list(viewer, author).not());
        by_followee
            .or(self.under_followed_tag(viewer, post))
            .and(away.not())
    }

    fn language_of(&self, post: Post) -> Option<String> {
        self.statuses[self.text_of(post)].language.clone()
    }

    fn follow_shows(
        &self,
        viewer: Person,
        author: Person,
        shows: impl Fn(bool, &[String]) -> bool,
    ) -> Tri {
        self.is(
            Key::Tie(viewer, author, Tie::Settings),
            |value| match value {
                Value::Settings {
                    reblogs, languages, ..
                } => shows(*reblogs, languages),
                _ => shows(true, &[]),
            },
        )
    }

    /// As far as it is judged with its text.
    fn passes(&self, look: Look, viewer: Person, post: Post) -> Tri {
        let status = &self.statuses[post];
        if status.author == viewer {
            return Tri::Yes;
        }
        let text = self.text_of(post);
        let hidden = (0..self.people.len()).map(|person| {
            self.names(text, person)
                .and(self.hides(look, person, Surface::Timeline))
        });
        let orphan = match status.what {
            What::Own {
                parent: Some(parent),
            } => self.exists(parent).not(),
            _ => Tri::No,
        };
        Tri::any(hidden).or(orphan).not()
    }

    fn is_repeated(&self, post: Post, older: &[(Post, Tri)]) -> Tri {
        let What::Reblog { of } = self.statuses[post].what else {
            return Tri::No;
        };
        // How many are surely, and at most, between.
        let (mut surely, mut at_most) = (0, 0);
        let mut found = Tri::No;
        for (neighbour, belongs) in older.iter().filter(|(_, belongs)| belongs.maybe()) {
            if surely >= REBLOG_GAP {
                break;
            }
            if self.text_of(*neighbour) == of {
                let near = match at_most < REBLOG_GAP {
                    true => Tri::Yes,
                    false => Tri::Maybe,
                };
                found = found.or(near.and(*belongs));
            }
            surely += usize::from(belongs.surely());
            at_most += 1;
        }
        found
    }
}
