//! What happens when: drawn once, then played in order.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use petrel_model::visibility::Visibility;

use super::VISITOR;
use super::cast::Cast;
use super::dice::Dice;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// People joined over so many days before the talk begins.
const JOIN_DAYS: u64 = 40;
/// The talk goes on for so many days, up to now.
const TALK_DAYS: u64 = 5;
/// Threads at the end of the file, which tell how things went on, are the last ones.
const LAST_THREADS: usize = 4;
/// Nothing happens later than this before now, in milliseconds.
const QUIET_MS: u64 = 30_000;

/// A post, by its thread and its place there.
pub type PostPlace = (usize, usize);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    Join(usize),
    Follow(usize, usize),
    Say(PostPlace),
    Edit(PostPlace),
    Pin(PostPlace),
    Favourite(usize, PostPlace),
    Bookmark(usize, PostPlace),
    Reblog(usize, PostPlace),
}

pub struct Plan {
    /// In the order of time, in Unix milliseconds.
    pub acts: Vec<(u64, Act)>,
}

struct Drawing<'a> {
    cast: &'a Cast,
    dice: &'a Dice,
    end_ms: u64,
    acts: Vec<(u64, Act)>,
}

impl Plan {
    pub fn draw(cast: &Cast, dice: &Dice, now_ms: u64) -> Result<Plan> {
        ensure!(
            now_ms > 2 * (JOIN_DAYS + TALK_DAYS) * DAY_MS,
            "the clock is not set"
        );
        let mut drawing = Drawing {
            cast,
            dice,
            end_ms: now_ms - QUIET_MS,
            acts: Vec::new(),
        };
        let talk_ms = now_ms - TALK_DAYS * DAY_MS;
        drawing.draw_people(talk_ms);
        let order = drawing.order_of_threads();
        let step_ms = TALK_DAYS * DAY_MS / order.len() as u64;
        for (slot, thread) in order.into_iter().enumerate() {
            let at_ms = talk_ms + slot as u64 * step_ms + dice.below(step_ms / 2);
            drawing.draw_thread(thread, at_ms);
        }
        let mut acts = drawing.acts;
        // Stable: what was drawn first of one moment happens first.
        acts.sort_by_key(|(at_ms, _)| *at_ms);
        Ok(Plan { acts })
    }

    pub fn begin_ms(&self) -> u64 {
        self.acts.first().map_or(0, |(at_ms, _)| *at_ms)
    }
}

impl Drawing<'_> {
    fn draw_people(&mut self, talk_ms: u64) {
        let count = self.cast.people.len();
        let step_ms = JOIN_DAYS * DAY_MS / count as u64;
        for who in 0..count {
            let at_ms = talk_ms - JOIN_DAYS * DAY_MS + who as u64 * step_ms;
            self.acts.push((at_ms, Act::Join(who)));
        }
        for (who, whom) in self.follows() {
            let at_ms = talk_ms - self.dice.between(1, 12 * 60) * MINUTE_MS;
            self.acts.push((at_ms, Act::Follow(who, whom)));
        }
    }

    /// Whoever talks with someone follows them; the rest is curiosity.
    fn follows(&self) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        for thread in &self.cast.threads {
            for post in &thread.posts[1..] {
                let whom = &thread.posts[post.re].by;
                pairs.insert((self.cast.place(&post.by), self.cast.place(whom)));
            }
        }
        let count = self.cast.people.len();
        for (who, person) in self.cast.people.iter().enumerate() {
            let curiosity = match person.name.as_str() {
                VISITOR => 24,
                _ if person.bot => 0,
                _ => self.dice.between(3, 9),
            };
            for _ in 0..curiosity {
                pairs.insert((who, self.dice.below(count as u64) as usize));
            }
        }
        pairs.retain(|(who, whom)| who != whom);
        pairs
    }

    /// Introductions first, the end of the story last, all else as it falls.
    fn order_of_threads(&self) -> Vec<usize> {
        let is_intro = |thread: usize| self.cast.threads[thread].posts[0].pin;
        let last = self.cast.conversations.saturating_sub(LAST_THREADS)..self.cast.conversations;
        let all = 0..self.cast.threads.len();
        let mut order: Vec<_> = all.filter(|thread| !last.contains(thread)).collect();
        self.dice.shuffle(&mut order);
        order.sort_by_key(|thread| !is_intro(*thread));
        self.keep_bots_in_order(&mut order);
        order.extend(last);
        order
    }

    /// A game of chess makes little sense otherwise.
    fn keep_bots_in_order(&self, order: &mut [usize]) {
        let author = |thread: usize| &self.cast.threads[thread].posts[0].by;
        let is_bot = |thread: usize| thread >= self.cast.conversations;
        for bot in self.cast.people.iter().filter(|person| person.bot) {
            let mine = |thread: usize| is_bot(thread) && *author(thread) == bot.name;
            let slots: Vec<_> = (0..order.len()).filter(|slot| mine(order[*slot])).collect();
            let mut threads: Vec<_> = slots.iter().map(|slot| order[*slot]).collect();
            threads.sort_unstable();
            for (slot, thread) in slots.into_iter().zip(threads) {
                order[slot] = thread;
            }
        }
    }

    fn draw_thread(&mut self, thread: usize, begin_ms: u64) {
        let mut times = Vec::new();
        for (place, post) in self.cast.threads[thread].posts.iter().enumerate() {
            let at_ms = match place {
                0 => begin_ms.min(self.end_ms - HOUR_MS / 2),
                _ => self.after(times[post.re], 25),
            };
            times.push(at_ms);
            let here = (thread, place);
            self.acts.push((at_ms, Act::Say(here)));
            if post.edit.is_some() {
                self.acts.push((self.after(at_ms, 10), Act::Edit(here)));
            }
            if post.pin {
                self.acts.push((self.after(at_ms, 10), Act::Pin(here)));
            }
            if matches!(post.visibility(), Visibility::Public | Visibility::Unlisted) {
                self.draw_reactions(here, at_ms);
            }
        }
    }

    fn draw_reactions(&mut self, here: PostPlace, at_ms: u64) {
        let post = &self.cast.threads[here.0].posts[here.1];
        let author = self.cast.place(&post.by);
        let is_first = here.1 == 0;
        let favourites = if is_first {
            self.dice.below(11)
        } else {
            self.dice.below(5)
        };
        for who in self.draw_people_but(author, favourites) {
            self.acts
                .push((self.after(at_ms, 240), Act::Favourite(who, here)));
        }
        let is_public = post.visibility() == Visibility::Public;
        if is_public && is_first && self.dice.percent(45) {
            let reblogs = self.dice.between(1, 3);
            for who in self.draw_people_but(author, reblogs) {
                self.acts
                    .push((self.after(at_ms, 400), Act::Reblog(who, here)));
            }
        }
        if self.dice.percent(4) {
            for who in self.draw_people_but(author, 3) {
                self.acts
                    .push((self.after(at_ms, 240), Act::Bookmark(who, here)));
            }
        }
    }

    /// Up to `count` people, not the author and no bots; the visitor somewhat more often.
    fn draw_people_but(&self, author: usize, count: u64) -> BTreeSet<usize> {
        let visitor = self.cast.place(VISITOR);
        let mut drawn = BTreeSet::new();
        for _ in 0..count {
            let who = self.dice.below(self.cast.people.len() as u64) as usize;
            let who = if self.dice.percent(6) { visitor } else { who };
            if who != author && !self.cast.people[who].bot {
                drawn.insert(who);
            }
        }
        drawn
    }

    /// Later than `at_ms` by up to so many minutes, but never as late as now.
    fn after(&self, at_ms: u64, minutes: u64) -> u64 {
        let later = at_ms + self.dice.between(MINUTE_MS / 2, minutes * MINUTE_MS);
        let room = self.end_ms.saturating_sub(at_ms);
        later.min(at_ms + (room / 2).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_767_225_600_000;

    #[test]
    fn the_same_seed_draws_the_same_and_another_another() {
        let cast = Cast::read().unwrap();
        let draw = |seed| Plan::draw(&cast, &Dice::new(seed), NOW_MS).unwrap().acts;
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn nothing_happens_before_what_it_needs_or_after_now() {
        let cast = Cast::read().unwrap();
        let plan = Plan::draw(&cast, &Dice::new(1), NOW_MS).unwrap();
        let mut said = BTreeSet::new();
        for (at_ms, act) in &plan.acts {
            assert!(*at_ms < NOW_MS);
            match act {
                Act::Say(here @ (thread, place)) => {
                    let post = &cast.threads[*thread].posts[*place];
                    assert!(*place == 0 || said.contains(&(*thread, post.re)));
                    said.insert(*here);
                }
                Act::Edit(post)
                | Act::Pin(post)
                | Act::Favourite(_, post)
                | Act::Bookmark(_, post)
                | Act::Reblog(_, post) => assert!(said.contains(post)),
                Act::Join(_) | Act::Follow(..) => assert!(said.is_empty()),
            }
        }
        assert!(said.len() > 300);
    }
}
