//! Statuses rendered once into JSON fragments and joined for each answer. A fragment is valid for
//! exactly the facts that it was made of: it keeps them and is compared by pointer, and bears the
//! version of the custom emojis, so there is nothing to void. What depends on the viewer and the figures are
//! spliced in. No page is kept.

mod template;

use std::io::Write;
use std::sync::Arc;

use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, StatusId};
use petrel_social::accounts::facts::AccountFacts;
use petrel_social::context::Ctx;
use petrel_social::counts::AccountFigures;
use petrel_social::emojis;
use petrel_social::error::Result;
use petrel_social::media::MediaLinks;
use petrel_social::statuses::facts::StatusFacts;
use petrel_social::statuses::world::World;
use petrel_social::statuses::{Card, present};
use petrel_social::views::StatusView;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;
use serde_json::{Map, Value};

use self::template::{Cut, Template};
use crate::entities::{Account, Day, FilterResult, MediaAttachment, Poll, Status};

/// How much the fragments may take, in bytes of their text and [`FRAGMENT_OVERHEAD_BYTES`] each.
pub const FRAGMENTS_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// What a fragment is reckoned to take on top of its text, the facts that it keeps included.
const FRAGMENT_OVERHEAD_BYTES: usize = 1_024;
const FRAGMENTS_EXPECTED: usize = 20_000;
/// A status takes about this much in an answer.
const STATUS_BYTES_USUAL: usize = 3 * 1_024;

/// What has been rendered, for the whole process.
pub struct Fragments {
    statuses: Cache<StatusId, Arc<StatusFragment>, ByBytes>,
    accounts: Cache<AccountId, Arc<AccountFragment>, ByBytes>,
}

struct StatusFragment {
    facts: Arc<StatusFacts>,
    /// Its name and address stand in the text.
    author: Arc<AccountFacts>,
    /// The reblogged status, whose content a reblog repeats.
    target: Option<Arc<StatusFacts>>,
    /// Of the custom emojis that it was made with.
    emojis: u64,
    template: Template<StatusHole>,
}

struct AccountFragment {
    facts: Arc<AccountFacts>,
    emojis: u64,
    template: Template<AccountHole>,
}

enum StatusHole {
    Account,
    Reblog,
    Replies,
    Reblogs,
    Favourites,
    Viewer,
    /// What is attached, where not everybody may fetch it.
    Media,
    Poll,
}

enum AccountHole {
    Followers,
    Following,
    Statuses,
    LastStatusAt,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<StatusId, Arc<StatusFragment>> for ByBytes {
    fn weight(&self, _: &StatusId, fragment: &Arc<StatusFragment>) -> u64 {
        (fragment.template.bytes() + FRAGMENT_OVERHEAD_BYTES) as u64
    }
}

impl Weighter<AccountId, Arc<AccountFragment>> for ByBytes {
    fn weight(&self, _: &AccountId, fragment: &Arc<AccountFragment>) -> u64 {
        (fragment.template.bytes() + FRAGMENT_OVERHEAD_BYTES) as u64
    }
}

impl Default for Fragments {
    fn default() -> Fragments {
        let bytes_max = FRAGMENTS_BYTES_MAX / 2;
        Fragments {
            statuses: Cache::with_weighter(FRAGMENTS_EXPECTED, bytes_max, ByBytes),
            accounts: Cache::with_weighter(FRAGMENTS_EXPECTED, bytes_max, ByBytes),
        }
    }
}

impl Fragments {
    /// A JSON array of the statuses, in order.
    pub async fn statuses(&self, ctx: &Ctx, cards: &[Card]) -> Result<Vec<u8>> {
        let emojis = emojis::book(ctx).await?.version();
        let mut found: Vec<Option<Found>> =
            cards.iter().map(|card| self.find(card, emojis)).collect();
        if found.iter().any(Option::is_none) {
            self.render_missing(ctx, cards, &mut found, emojis).await?;
        }
        let shown = cards.iter().map(|card| card.content().as_ref());
        let links = MediaLinks::for_statuses(ctx, shown).await?;
        let mut out = Vec::with_capacity(cards.len() * STATUS_BYTES_USUAL + 2);
        out.push(b'[');
        for (card, found) in cards.iter().zip(&found) {
            // It went while the answer was made.
            let Some(found) = found else { continue };
            if out.len() > 1 {
                out.push(b',');
            }
            write_status(&mut out, card, found, &links);
        }
        out.push(b']');
        Ok(out)
    }

    /// What is kept for this card, if all of it is.
    fn find(&self, card: &Card, emojis: u64) -> Option<Found> {
        let reblog = match card.reblog.as_deref() {
            None => None,
            Some(reblog) => Some(Box::new(self.find(reblog, emojis)?)),
        };
        Some(Found {
            status: self.status(card, emojis)?,
            account: self.account(card, emojis)?,
            reblog,
        })
    }

    /// What is shown as text is the same for every viewer; whether it is shown was decided when
    /// the cards were dealt.
    async fn render_missing(
        &self,
        ctx: &Ctx,
        cards: &[Card],
        found: &mut [Option<Found>],
        emojis: u64,
    ) -> Result<()> {
        let missing = cards.iter().zip(found).filter(|(_, found)| found.is_none());
        let missing: Vec<_> = missing.collect();
        let ids: Vec<StatusId> = missing.iter().map(|(card, _)| card.facts.id).collect();
        let world = World::load(ctx, &ids).await?;
        let views = present(ctx, &world, &ids, Surface::ById).await?;
        for (card, found) in missing {
            let view = views.iter().find(|view| view.id == card.facts.id);
            *found = view.and_then(|view| self.render(ctx, &world, view, emojis));
        }
        Ok(())
    }

    fn status(&self, card: &Card, emojis: u64) -> Option<Arc<StatusFragment>> {
        let target = card.reblog.as_ref().map(|reblog| &reblog.facts);
        self.statuses.get(&card.facts.id).filter(|fragment| {
            fragment.emojis == emojis
                && Arc::ptr_eq(&fragment.facts, &card.facts)
                && Arc::ptr_eq(&fragment.author, &card.author)
                && match (&fragment.target, target) {
                    (None, None) => true,
                    (Some(kept), Some(now)) => Arc::ptr_eq(kept, now),
                    _ => false,
                }
        })
    }

    fn account(&self, card: &Card, emojis: u64) -> Option<Arc<AccountFragment>> {
        let fragment = self.accounts.get(&card.author.id)?;
        let is_good = fragment.emojis == emojis && Arc::ptr_eq(&fragment.facts, &card.author);
        is_good.then_some(fragment)
    }

    /// Kept under the facts that the view was made of. The card's may be older by now, and those
    /// who still hold them were not judged for what is newer. The emojis may be newer than the
    /// version that was looked at before: then it is made anew the next time.
    fn render(&self, ctx: &Ctx, world: &World, view: &StatusView, emojis: u64) -> Option<Found> {
        let reblog = match view.reblog.as_deref() {
            None => None,
            Some(view) => Some(Box::new(self.render(ctx, world, view, emojis)?)),
        };
        let settings = ctx.settings();
        let facts = world.statuses.get(&view.id)?;
        let author = world.accounts.get(&view.account.id)?;
        let target = match facts.reblog_of() {
            None => None,
            Some((target, _)) => Some(world.statuses.get(&target)?.clone()),
        };
        let is_closed = target.as_ref().unwrap_or(facts).has_closed_media();
        let cut = |name: &str, value: &Value| match name {
            "media_attachments" if is_closed => Cut::Fill(StatusHole::Media),
            _ => cut_status(name, value),
        };
        let status = Arc::new(StatusFragment {
            facts: facts.clone(),
            author: author.facts.clone(),
            target,
            emojis,
            template: Template::of(object(&Status::new(view, settings)), cut),
        });
        let account = Arc::new(AccountFragment {
            facts: author.facts.clone(),
            emojis,
            template: Template::of(object(&Account::new(&view.account, settings)), cut_account),
        });
        self.statuses.insert(view.id, status.clone());
        self.accounts.insert(view.account.id, account.clone());
        Some(Found {
            status,
            account,
            reblog,
        })
    }
}

/// All that one card is written with.
struct Found {
    status: Arc<StatusFragment>,
    account: Arc<AccountFragment>,
    reblog: Option<Box<Found>>,
}

fn write_status(out: &mut Vec<u8>, card: &Card, found: &Found, links: &MediaLinks) {
    let figures = &card.figures;
    found.status.template.write(out, |hole, out| match hole {
        StatusHole::Account => write_account(out, &found.account, &card.author_figures),
        StatusHole::Replies => write_number(out, figures.replies),
        StatusHole::Reblogs => write_number(out, figures.reblogs),
        StatusHole::Favourites => write_number(out, figures.favourites),
        StatusHole::Media => {
            let facts = card.content();
            let views = links.shown(facts.created.visibility, &facts.content().media);
            write_json(out, &MediaAttachment::all(&views));
        }
        StatusHole::Viewer => write_viewer(out, card),
        StatusHole::Poll => write_json(out, &card.poll.as_ref().map(Poll::new)),
        StatusHole::Reblog => match (card.reblog.as_deref(), found.reblog.as_deref()) {
            (Some(card), Some(found)) => write_status(out, card, found, links),
            _ => out.extend_from_slice(b"null"),
        },
    });
}

fn write_account(out: &mut Vec<u8>, account: &AccountFragment, figures: &AccountFigures) {
    account.template.write(out, |hole, out| match hole {
        AccountHole::Followers => write_number(out, figures.followers),
        AccountHole::Following => write_number(out, figures.following),
        AccountHole::Statuses => write_number(out, figures.statuses),
        AccountHole::LastStatusAt => write_json(out, &figures.last_status_at_ms.map(Day)),
    });
}

/// What only a viewer who is logged in is told, each field with a comma behind it.
fn write_viewer(out: &mut Vec<u8>, card: &Card) {
    let Some(state) = card.viewer else { return };
    for (name, is_on) in [
        ("favourited", state.favourited),
        ("reblogged", state.reblogged),
        ("muted", state.muted),
        ("bookmarked", state.bookmarked),
        ("pinned", state.pinned),
    ] {
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(if is_on { b"\":true," } else { b"\":false," });
    }
    out.extend_from_slice(b"\"filtered\":");
    write_json(out, &FilterResult::all(&card.filtered));
    out.push(b',');
}

fn write_number(out: &mut Vec<u8>, number: u64) {
    write!(out, "{number}").expect("writing into a vector cannot fail");
}

fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("plain values become JSON");
}

fn object(entity: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(entity) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn cut_status(name: &str, value: &Value) -> Cut<StatusHole> {
    match name {
        "account" => Cut::Fill(StatusHole::Account),
        "reblog" if !value.is_null() => Cut::Fill(StatusHole::Reblog),
        "replies_count" => Cut::Fill(StatusHole::Replies),
        "reblogs_count" => Cut::Fill(StatusHole::Reblogs),
        "favourites_count" => Cut::Fill(StatusHole::Favourites),
        "favourited" | "reblogged" | "muted" | "bookmarked" | "pinned" | "filtered" => Cut::Drop,
        "poll" if !value.is_null() => Cut::Fill(StatusHole::Poll),
        "content" => Cut::Before(StatusHole::Viewer),
        _ => Cut::Keep,
    }
}

fn cut_account(name: &str, _: &Value) -> Cut<AccountHole> {
    match name {
        "followers_count" => Cut::Fill(AccountHole::Followers),
        "following_count" => Cut::Fill(AccountHole::Following),
        "statuses_count" => Cut::Fill(AccountHole::Statuses),
        "last_status_at" => Cut::Fill(AccountHole::LastStatusAt),
        _ => Cut::Keep,
    }
}
