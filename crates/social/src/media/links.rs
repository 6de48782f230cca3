//! Addresses of files. What anonymous visitors may see has a plain one; for all else the address
//! bears a ticket, which says only through whose eyes the gate is asked when it is fetched.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use petrel_model::id::{AccountId, Id, MediaId};
use petrel_model::visibility::Visibility;

use crate::context::Ctx;
use crate::error::Result;
use crate::media::secret::{SIGNATURE_BYTES, Signer, signer};
use crate::media::view::MediaView;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::StatusMedia;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 3_600 * 1_000;
/// A ticket is good until the end of the day so many days on. Those handed out on one day are the
/// same, so that browsers know a file again.
const TICKET_DAYS: u32 = 2;
const TICKET_BYTES: usize = 8 + 4 + SIGNATURE_BYTES;

/// How files are addressed for one viewer.
pub struct MediaLinks {
    url: String,
    viewer: Option<AccountId>,
    signer: Option<Arc<Signer>>,
    today: u32,
}

impl MediaLinks {
    /// For any file.
    pub async fn of(ctx: &Ctx) -> Result<MediaLinks> {
        let signer = match ctx.viewer() {
            Some(_) => Some(signer(ctx).await?),
            None => None,
        };
        Ok(MediaLinks::with(ctx, signer))
    }

    /// For what is attached to these statuses. Mostly that needs nothing.
    pub async fn for_statuses(
        ctx: &Ctx,
        mut statuses: impl Iterator<Item = &StatusFacts>,
    ) -> Result<MediaLinks> {
        match statuses.any(|facts| facts.has_closed_media()) {
            true => MediaLinks::of(ctx).await,
            false => Ok(MediaLinks::with(ctx, None)),
        }
    }

    fn with(ctx: &Ctx, signer: Option<Arc<Signer>>) -> MediaLinks {
        MediaLinks {
            url: ctx.settings().url.clone(),
            viewer: ctx.viewer(),
            signer,
            today: day_of(ctx),
        }
    }

    /// What a status of this visibility shows.
    pub fn shown(&self, visibility: Visibility, media: &[StatusMedia]) -> Vec<MediaView> {
        let is_open = is_open(visibility);
        let shown = media.iter();
        shown
            .map(|media| MediaView::of_status(media, self, is_open))
            .collect()
    }

    /// What nothing shows any more, as its owner sees it.
    pub fn let_go(&self, media: &[StatusMedia]) -> Vec<MediaView> {
        let media = media.iter();
        media
            .map(|media| MediaView::of_status(media, self, false))
            .collect()
    }

    pub(super) fn address(&self, media: MediaId, file: &str, is_open: bool) -> String {
        let mut address = plain(&self.url, media, file);
        if let (false, Some(viewer), Some(signer)) = (is_open, self.viewer, &self.signer) {
            let last_day = self.today + TICKET_DAYS;
            let ticket = Ticket {
                viewer,
                last_day,
                signature: signer.sign(media, viewer, last_day),
            };
            address.push_str("?t=");
            address.push_str(&ticket.to_text());
        }
        address
    }
}

/// The address of what everybody may see.
pub fn plain(url: &str, media: MediaId, file: &str) -> String {
    format!("{url}/media/{media}/{file}")
}

/// Whether visitors who are nobody may see what is attached to a status.
pub fn is_open(visibility: Visibility) -> bool {
    matches!(visibility, Visibility::Public | Visibility::Unlisted)
}

pub(super) fn day_of(ctx: &Ctx) -> u32 {
    (ctx.clock().now_ms() / DAY_MS) as u32
}

/// Whoever shows it is taken for the viewer, for one file, until the end of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    pub viewer: AccountId,
    /// Days since the Unix epoch.
    pub last_day: u32,
    signature: [u8; SIGNATURE_BYTES],
}

impl Ticket {
    /// What the `t` of an address says; whether it is genuine is not known then.
    pub fn parse(text: &str) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes: [u8; TICKET_BYTES] = bytes.try_into().ok()?;
        let (viewer, rest) = bytes.split_first_chunk::<8>()?;
        let (last_day, signature) = rest.split_first_chunk::<4>()?;
        Some(Ticket {
            viewer: AccountId(Id(u64::from_be_bytes(*viewer))),
            last_day: u32::from_be_bytes(*last_day),
            signature: signature.try_into().ok()?,
        })
    }

    fn to_text(self) -> String {
        let mut bytes = Vec::with_capacity(TICKET_BYTES);
        bytes.extend(self.viewer.0.0.to_be_bytes());
        bytes.extend(self.last_day.to_be_bytes());
        bytes.extend(self.signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether this server gave it out for this file, and it is still good.
    pub(super) async fn is_good(&self, ctx: &Ctx, media: MediaId) -> Result<bool> {
        if self.last_day < day_of(ctx) {
            return Ok(false);
        }
        let signer = signer(ctx).await?;
        Ok(signer.is_signed(media, self.viewer, self.last_day, &self.signature))
    }
}
