//! What a text becomes: checked, its mentions and hashtags resolved.

use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{
    MENTIONS_MAX, STATUS_CHARS_MAX, STATUS_WITH_MEDIA_BYTES_MAX, TAG_BYTES_MAX, TAGS_BYTES_MAX,
    TAGS_MAX,
};
use petrel_model::text::language::Language;
use petrel_model::text::{count, fold, scan, tidy};
use petrel_store::Batch;

use crate::accounts::claims;
use crate::accounts::facts::AccountFacts;
use crate::accounts::table::Accounts;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::lists::{List, Owner, chapter_for};
use crate::media;
use crate::polls::table::Poll;
use crate::statuses::table::{Mention, StatusContent, StatusMedia, StatusTag};
use crate::tags::Tags;

/// A text as it came from outside.
pub struct Composed<'a> {
    pub text: &'a str,
    pub spoiler_text: &'a str,
    pub sensitive: bool,
    pub language: Option<Language>,
    /// What is attached.
    pub media: Vec<StatusMedia>,
    pub poll: Option<Poll>,
}

/// Checks the text and resolves whom it names and what it is tagged with. `id` decides the
/// chapters of the tags' rows.
pub async fn compose(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    composed: Composed<'_>,
    id: Id,
) -> Result<StatusContent> {
    let (text, spoiler_text) = (tidy(composed.text), tidy(composed.spoiler_text));
    let (mut text, mut spoiler_text) = (text.as_str(), spoiler_text.as_str());
    // As Mastodon does: a warning without a text is the text.
    if text.is_empty() && !spoiler_text.is_empty() {
        (text, spoiler_text) = (spoiler_text, "");
    }
    if text.is_empty() && composed.media.is_empty() {
        return Err(Error::invalid("Text can't be blank"));
    }
    if !count::status_fits(text, spoiler_text) {
        return Err(Error::invalid(format!(
            "Text character limit of {STATUS_CHARS_MAX} exceeded"
        )));
    }
    let described = composed.media.iter().flat_map(|media| &media.description);
    let described_bytes: usize = described.map(String::len).sum();
    if described_bytes > 0
        && text.len() + spoiler_text.len() + described_bytes > STATUS_WITH_MEDIA_BYTES_MAX
    {
        return Err(Error::invalid(format!(
            "Text and media descriptions together are longer than {STATUS_WITH_MEDIA_BYTES_MAX} bytes"
        )));
    }
    if composed.poll.is_some() && !composed.media.is_empty() {
        return Err(media::TOO_MANY);
    }
    Ok(StatusContent {
        sensitive: composed.sensitive || !spoiler_text.is_empty(),
        language: composed.language.map(|language| language.code().to_owned()),
        mentions: resolve_mentions(ctx, batch, text).await?,
        tags: resolve_tags(batch, text, id).await?,
        text: text.to_owned(),
        spoiler_text: spoiler_text.to_owned(),
        media: composed.media,
        poll: composed.poll,
    })
}

async fn resolve_mentions(ctx: &Ctx, batch: &mut Batch<'_>, text: &str) -> Result<Vec<Mention>> {
    let accts = scan::mentioned(text).into_iter();
    let accts = accts.map(|acct| acct.on(&ctx.settings().domain));
    let ours: Vec<_> = accts.filter(|acct| acct.domain.is_none()).collect();
    let names: Vec<&str> = ours.iter().map(|acct| acct.username.as_str()).collect();
    let mut named: Vec<AccountId> = Vec::new();
    for account in claims::find_each(&ctx.social, &names)
        .await?
        .into_iter()
        .flatten()
    {
        if !named.contains(&account) {
            named.push(account);
        }
    }
    let partitions = batch.partitions::<Accounts>(&named).await?;
    let facts = named.iter().zip(&partitions);
    // Accounts that are gone, suspended or not confirmed yet are not named.
    let there = facts
        .filter_map(|(id, rows)| AccountFacts::of(*id, rows))
        .filter(|facts| !facts.deleted && !facts.suspended && facts.confirmed);
    let mentions: Vec<Mention> = there
        .map(|facts| Mention {
            account: facts.id,
            // As its owner writes it.
            username: facts.created.username.clone(),
            notification_chapter: None,
            since_edit: None,
        })
        .collect();
    if mentions.len() > MENTIONS_MAX {
        return Err(Error::invalid(format!(
            "Text mentions more than {MENTIONS_MAX} accounts"
        )));
    }
    Ok(mentions)
}

async fn resolve_tags(batch: &mut Batch<'_>, text: &str, id: Id) -> Result<Vec<StatusTag>> {
    let mut tags: Vec<StatusTag> = Vec::new();
    let mut bytes = 0;
    for tag in scan::tagged(text).into_iter().take(TAGS_MAX) {
        let name = fold::tag(&tag);
        if name.len() > TAG_BYTES_MAX {
            continue;
        }
        bytes += name.len().max(tag.len());
        if bytes > TAGS_BYTES_MAX {
            break;
        }
        tags.push(StatusTag {
            name,
            text: tag,
            chapter: Id::MIN,
        });
    }
    // All at once; each is found in the cache then.
    let names: Vec<String> = tags.iter().map(|tag| tag.name.clone()).collect();
    batch.partitions::<Tags>(&names).await?;
    for tag in &mut tags {
        let owner = Owner::Tag(tag.name.clone());
        tag.chapter = chapter_for(batch, List::StatusesByTag, &owner, id).await?;
    }
    Ok(tags)
}
