//! Links of a profile that link back: whoever can write `rel="me"` on that page and the address of
//! the page on the profile is behind both. By Mastodon's rules: the whole value is an https
//! address, and the page has an `a` or `link` of rel "me" that leads to the profile, at once or by
//! one redirect of the first of them.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use async_trait::async_trait;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::event::{AccountChange, Event};
use petrel_model::id::AccountId;
use petrel_model::limits::PROFILE_FIELDS_MAX;
use petrel_outgoing::{Ask, FetchError, Outgoing};
use petrel_store::Batch;
use url::{Position, Url};

use crate::accounts::asked::Asked;
use crate::accounts::facts::AccountFacts;
use crate::accounts::table::{
    AccountRow, AccountSort, Accounts, Profile, ProfileField, VerifiedField,
};
use crate::context::{Ctx, Social};
use crate::error::{Error, Result};

/// The name of the job, for ever.
const KIND: &str = "accounts.verify_link";
/// A job whose host is being asked by another waits so long at first, in milliseconds, and twice as
/// long each time.
const TURN_PAUSE_MS: u64 = 3_000;
const TURN_PAUSE_MS_MAX: u64 = 180_000;
/// A job that has waited so often, which is two hours, is given up.
const TURNS_MAX: u8 = 45;
/// Pauses before a page that could not be reached is asked for again, in milliseconds.
const PAUSES_MS: [u64; 3] = [60_000, 900_000, 7_200_000];
/// A page in which links are looked for, in bytes.
const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Links of rel "me" that are looked at on one page.
const LINKS_MAX: usize = 1_000;
/// What is given to the tokenizer at once, in bytes.
const SLICE_BYTES: usize = 8 * 1024;
/// The tokenizer compares each attribute of a tag with all others: more than so many characters that
/// may stand between attributes are not read within one tag.
const SEPARATORS_MAX: usize = 10_000;

/// A link of a profile to be looked at.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct ToVerify {
    #[n(0)]
    account: AccountId,
    /// The place of the field when it was written; by now it may stand elsewhere.
    #[n(1)]
    place: u8,
    #[n(2)]
    value: String,
    /// How often the page could not be reached.
    #[n(3)]
    failures: u8,
    /// How often others were asking its host, or enough hosts.
    #[n(4)]
    #[cbor(default)]
    waits: u8,
}

/// What is known of a link is kept under the place at which it was found, or any other that was
/// free, and bears the link itself: it is of that link wherever the field stands.
///
/// What a change of the fields brings with it: links that are gone are verified no more.
pub(super) fn put_gone(batch: &mut Batch<'_>, facts: &AccountFacts, fields: &[ProfileField]) {
    for (place, known) in &facts.verified {
        if !fields.iter().any(|field| field.value == known.value) {
            let none = AccountRow::FieldVerified(None);
            batch.put::<Accounts>(&facts.id, &AccountSort::FieldVerified(*place), &none);
        }
    }
}

/// Links that are not verified are looked at each time that their owner saves them, also as they
/// were: the page may link back by now, and saving the profile again is how Mastodon is told so.
pub(super) fn enqueue_looks(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    facts: &AccountFacts,
    fields: &[ProfileField],
) {
    for (place, field) in (0_u8..).zip(fields) {
        let is_verified = facts
            .verified
            .iter()
            .any(|(_, known)| known.value == field.value);
        if is_verified || address_of(&field.value).is_none() {
            continue;
        }
        let job = ToVerify {
            account: facts.id,
            place,
            value: field.value.clone(),
            failures: 0,
            waits: 0,
        };
        enqueue(batch, ctx.clock(), NewJob::of(Queue::Normal, KIND, &job));
    }
}

/// When each field of the profile was verified, in Unix milliseconds.
pub(super) fn verified_at_ms(facts: &AccountFacts, profile: &Profile) -> Vec<Option<u64>> {
    let at = |field: &ProfileField| {
        let known = facts
            .verified
            .iter()
            .find(|(_, known)| known.value == field.value);
        known.map(|(_, known)| known.at_ms)
    };
    profile.fields.iter().map(at).collect()
}

/// The address that the whole value is, if it is one in its plain form.
fn address_of(value: &str) -> Option<Url> {
    let url = Url::parse(value).ok()?;
    let is_plain = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none()
        && url.domain().is_some();
    let without_path = &url[..Position::BeforePath];
    let is_as_written = value.starts_with(&url[..Position::AfterPath])
        || (url.path() == "/" && value.strip_prefix(without_path).is_some_and(is_end_of_host));
    (is_plain && is_as_written).then_some(url)
}

fn is_end_of_host(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

/// Looks whether a link of a profile links back.
pub struct VerifyLinks {
    pub social: Arc<Social>,
    pub outgoing: Outgoing,
    pub asked: Arc<Asked>,
}

#[async_trait]
impl Handler for VerifyLinks {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let job: ToVerify = job.payload()?;
        self.look(job).await.map_err(JobError::from)
    }
}

impl VerifyLinks {
    async fn look(&self, job: ToVerify) -> Result<()> {
        let ctx = Ctx::system(self.social.clone());
        let Some(facts) = AccountFacts::find(&self.social, job.account).await? else {
            return Ok(());
        };
        if !stands(&facts, &job) {
            return Ok(());
        }
        let Some(address) = address_of(&job.value) else {
            return Ok(());
        };
        let Some(_asking) = self.asked.begin(address.host_str().unwrap_or_default()) else {
            return wait(&ctx, job).await;
        };
        let home = ctx.settings().account_url(facts.username());
        match self.links_back(&job.value, &home).await {
            Ok(true) => verify(&ctx, &job).await,
            Ok(false) => Ok(()),
            Err(why) if why.may_pass() => later(&ctx, job, &why).await,
            Err(why) => {
                tracing::debug!(account = %job.account, %why, "a link of a profile cannot be looked at");
                Ok(())
            }
        }
    }

    async fn links_back(&self, address: &str, home: &str) -> Result<bool, FetchError> {
        if !address.starts_with("https://") && !self.outgoing.is_permitted_loopback(address) {
            return Ok(false);
        }
        let ask = Ask {
            url: address,
            accept: "text/html",
            size_bytes_max: PAGE_BYTES_MAX,
            is_head: false,
        };
        let answer = self.outgoing.fetch(&ask).await?;
        if answer.status != 200 {
            return Ok(false);
        }
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        let links = tokio::task::spawn_blocking(move || links_of_me(&page)).await;
        // It does not panic; if it did, nothing would be verified.
        let links = links.unwrap_or_default();
        if links
            .iter()
            .any(|link| link.to_lowercase() == home.to_lowercase())
        {
            return Ok(true);
        }
        match links.first() {
            Some(first) if !first.is_empty() => self.leads_to(first, home).await,
            _ => Ok(false),
        }
    }

    /// Whether the link is a redirect to the profile.
    async fn leads_to(&self, link: &str, home: &str) -> Result<bool, FetchError> {
        let ask = Ask {
            url: link,
            accept: "text/html",
            size_bytes_max: 0,
            is_head: true,
        };
        let answer = self.outgoing.fetch(&ask).await?;
        Ok(answer.location.as_deref() == Some(home))
    }
}

/// Whether a field still says so, at whatever place.
fn stands(facts: &AccountFacts, job: &ToVerify) -> bool {
    is_shown(&facts.profile.fields, &job.value)
}

fn is_shown(fields: &[ProfileField], value: &str) -> bool {
    fields.iter().any(|field| field.value == value)
}

/// Where to keep that a link leads back: where that is kept already, or at its own place, or at
/// another if there it is known of a link that has only moved. There are as many places as fields.
fn place_for(
    verified: &[(u8, VerifiedField)],
    fields: &[ProfileField],
    job: &ToVerify,
) -> Option<u8> {
    let same = verified.iter().find(|(_, known)| known.value == job.value);
    if let Some((place, _)) = same {
        return Some(*place);
    }
    let is_free = |place: &u8| {
        let mut here = verified.iter().filter(|(at, _)| at == place);
        here.all(|(_, known)| !is_shown(fields, &known.value))
    };
    let mut places = std::iter::once(job.place).chain(0..PROFILE_FIELDS_MAX as u8);
    places.find(is_free)
}

async fn verify(ctx: &Ctx, job: &ToVerify) -> Result<()> {
    // Two links of one account, verified at once, must not choose the same place.
    let _turn = ctx.turns().accounts(job.account, job.account).await;
    let mut batch = ctx.batch();
    let facts = match AccountFacts::require(&ctx.social, &mut batch, job.account).await {
        Err(Error::NotFound) => return Ok(()),
        facts => facts?,
    };
    if !stands(&facts, job) {
        return Ok(());
    }
    let Some(place) = place_for(&facts.verified, &facts.profile.fields, job) else {
        return Ok(());
    };
    let row = AccountRow::FieldVerified(Some(VerifiedField {
        value: job.value.clone(),
        at_ms: ctx.clock().now_ms(),
    }));
    batch.put::<Accounts>(&job.account, &AccountSort::FieldVerified(place), &row);
    batch.emit(Event::AccountChanged {
        account: job.account,
        change: AccountChange::Profile,
    });
    batch.commit().await?;
    Ok(())
}

/// A page that is not there now may be there later; that is nobody's fault here.
async fn later(ctx: &Ctx, mut job: ToVerify, why: &FetchError) -> Result<()> {
    tracing::debug!(account = %job.account, %why, "a link of a profile is not reached");
    let Some(pause_ms) = PAUSES_MS.get(usize::from(job.failures)) else {
        return Ok(());
    };
    job.failures += 1;
    again(ctx, &job, *pause_ms).await
}

/// Another time, when others are not in its way any more.
async fn wait(ctx: &Ctx, mut job: ToVerify) -> Result<()> {
    let Some(pause_ms) = turn_pause_ms(job.waits) else {
        tracing::debug!(account = %job.account, "a link of a profile never had its turn");
        return Ok(());
    };
    job.waits += 1;
    again(ctx, &job, pause_ms).await
}

fn turn_pause_ms(waits: u8) -> Option<u64> {
    let factor = 1_u64.checked_shl(waits.into()).unwrap_or(u64::MAX);
    let pause_ms = TURN_PAUSE_MS.saturating_mul(factor).min(TURN_PAUSE_MS_MAX);
    (waits < TURNS_MAX).then_some(pause_ms)
}

async fn again(ctx: &Ctx, job: &ToVerify, pause_ms: u64) -> Result<()> {
    let due_ms = ctx.clock().now_ms() + pause_ms;
    let again = NewJob::of(Queue::Normal, KIND, job).due_at_ms(due_ms);
    let mut batch = ctx.batch();
    enqueue(&mut batch, ctx.clock(), again);
    batch.commit().await?;
    Ok(())
}

/// Where the page's links of rel "me" lead, as they are written, in order. What comes after a tag
/// with too many attributes is not looked at. For a thread that may wait.
fn links_of_me(page: &str) -> Vec<String> {
    let input = BufferQueue::default();
    let tokenizer = Tokenizer::new(Links::default(), TokenizerOpts::default());
    let mut separators = 0;
    for slice in slices(page) {
        input.push_back(StrTendril::from_slice(slice));
        let _ = tokenizer.feed(&input);
        separators = match tokenizer.sink.moves.take() {
            true => 0,
            false => separators + slice.matches(is_separator).count(),
        };
        if separators > SEPARATORS_MAX {
            return tokenizer.sink.found.take();
        }
    }
    tokenizer.end();
    tokenizer.sink.found.take()
}

/// The text in pieces of about [`SLICE_BYTES`].
fn slices(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let mut ends = SLICE_BYTES..text.len();
        let end = ends.find(|at| text.is_char_boundary(*at));
        let (slice, rest) = text.split_at(end.unwrap_or(text.len()));
        text = rest;
        (!slice.is_empty()).then_some(slice)
    })
}

/// What may stand between two attributes.
fn is_separator(char: char) -> bool {
    char.is_ascii_whitespace() || matches!(char, '/' | '"' | '\'')
}

#[derive(Default)]
struct Links {
    found: RefCell<Vec<String>>,
    /// Whether a token came to its end.
    moves: Cell<bool>,
}

impl TokenSink for Links {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.moves.set(true);
        }
        let Token::TagToken(tag) = token else {
            return TokenSinkResult::Continue;
        };
        if tag.kind != TagKind::StartTag {
            return TokenSinkResult::Continue;
        }
        match &*tag.name {
            "a" | "link" => self.take(&tag),
            // What stands within these is text, whatever it looks like.
            "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
            "plaintext" => return TokenSinkResult::Plaintext,
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Links {
    fn take(&self, tag: &Tag) {
        let of = |name: &str| {
            tag.attrs
                .iter()
                .find(|attribute| &*attribute.name.local == name)
        };
        let is_of_me = of("rel")
            .is_some_and(|rel| rel.value.split_ascii_whitespace().any(|word| word == "me"));
        let mut links = self.found.borrow_mut();
        if is_of_me && links.len() < LINKS_MAX {
            links.push(
                of("href")
                    .map(|href| href.value.to_string())
                    .unwrap_or_default(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_rel_me_are_found_where_they_are_links() {
        let page = r#"<!doctype html><title><a rel="me" href="title"></title>
            <link REL="me" href="https://a.example/@ann"><a rel='nofollow me' href=b&amp;c>b</a>
            <script>"<a rel='me' href='script'>"</script><!-- <a rel="me" href="comment"> -->
            <a rel="me-too" href="other"><a href="none"><textarea><a rel=me href=text></textarea>
            <a class="x" rel="me">no href</a></a rel="me" href="end"><a rel="me" href="half"#;
        assert_eq!(links_of_me(page), ["https://a.example/@ann", "b&c", ""]);
        assert_eq!(links_of_me(""), Vec::<String>::new());
        assert_eq!(
            links_of_me(&"<a rel=me href=x>".repeat(2_000)).len(),
            LINKS_MAX
        );
    }

    #[test]
    fn a_tag_of_countless_attributes_is_not_read_to_its_end() {
        let link = "<a rel=me href=x>";
        let names = |count: usize| {
            (0..count)
                .map(|name| format!(" a{name}"))
                .collect::<String>()
        };
        let page = |count| format!("{link}<a{}>{link}", names(count));
        assert_eq!(links_of_me(&page(1_000)).len(), 2);
        assert_eq!(links_of_me(&page(150_000)).len(), 1);
        // Long texts, scripts and addresses are no such tag.
        let long = "é ".repeat(100_000);
        let page = format!(
            "{long}<script>{long}</script><img src=\"data:{}\">{link}",
            "A".repeat(500_000)
        );
        assert_eq!(links_of_me(&page).len(), 1);
    }

    #[test]
    fn a_link_takes_no_place_of_one_that_has_moved() {
        let fields: Vec<ProfileField> = ["b", "a", "c"]
            .map(|value| ProfileField {
                name: "page".to_owned(),
                value: value.to_owned(),
            })
            .into();
        let known = |value: &str| VerifiedField {
            value: value.to_owned(),
            at_ms: 1,
        };
        let of = |value: &str, place| ToVerify {
            account: AccountId(petrel_model::id::Id(1)),
            place,
            value: value.to_owned(),
            failures: 0,
            waits: 0,
        };
        // "a" was verified at the first place, where "b" stands now; "gone" is shown no more.
        let verified = [(0, known("a")), (2, known("gone"))];
        assert_eq!(place_for(&verified, &fields, &of("b", 0)), Some(1));
        assert_eq!(place_for(&verified, &fields, &of("a", 1)), Some(0));
        assert_eq!(place_for(&verified, &fields, &of("c", 2)), Some(2));
        assert_eq!(place_for(&[], &fields, &of("c", 2)), Some(2));
    }

    #[test]
    fn only_a_whole_plain_address_is_looked_at() {
        for value in [
            "https://a.example",
            "https://a.example/",
            "https://a.example/~ann?x=%20y#z",
            "https://xn--mwe-sna.example/a",
        ] {
            assert!(address_of(value).is_some(), "{value}");
        }
        for value in [
            "a.example",
            "see https://a.example",
            "https://a.example and more",
            "https://u@a.example/",
            "https://A.example/",
            "https://möwe.example/",
            "https://a.example/a/../b",
            "https://127.0.0.1/",
            "ftp://a.example/",
            "javascript:alert(1)",
            "",
        ] {
            assert!(address_of(value).is_none(), "{value}");
        }
    }

    #[test]
    fn who_waits_for_a_turn_waits_longer_each_time_and_not_for_ever() {
        let pauses: Vec<_> = (0..=u8::MAX).map_while(turn_pause_ms).collect();
        assert_eq!(pauses[..3], [3_000, 6_000, 12_000]);
        assert!(pauses.is_sorted() && pauses.last() == Some(&TURN_PAUSE_MS_MAX));
        let hours = pauses.iter().sum::<u64>() / 3_600_000;
        assert_eq!((pauses.len(), hours), (usize::from(TURNS_MAX), 2));
    }
}
