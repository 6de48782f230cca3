//! An account as its rows say it.

use std::sync::Arc;

use petrel_model::clock::Stamp;
use petrel_model::id::AccountId;
use petrel_store::{Batch, Partition, Row};

use crate::accounts::claims;
use crate::accounts::table::{
    AccountCreated, AccountRow, AccountSort, Accounts, Credentials, Email, Picture,
    PostingSettings, Profile, Role, VerifiedField,
};
use crate::context::Social;
use crate::error::{Error, Result};

#[derive(Clone, Debug)]
pub struct AccountFacts {
    pub id: AccountId,
    pub created: AccountCreated,
    pub profile: Profile,
    pub settings: PostingSettings,
    pub role: Role,
    pub suspended: bool,
    pub deleted: bool,
    pub confirmed: bool,
    /// A row says that the claim on the name is done. Without one only the claim knows.
    pub claimed: bool,
    pub email: Option<Email>,
    pub credentials: Option<Credentials>,
    /// Tokens, codes and sessions no later than this have ended.
    pub access_ended: Stamp,
    /// Links that lead back, by the places at which they stood.
    pub verified: Vec<(u8, VerifiedField)>,
    pub avatar: Option<Picture>,
    pub header: Option<Picture>,
    /// The newest revision among them.
    pub revision: Stamp,
}

impl AccountFacts {
    /// As [`AccountFacts::assemble`], made once for as long as the rows stay in the cache.
    pub fn of(id: AccountId, rows: &Partition<Accounts>) -> Option<Arc<AccountFacts>> {
        let made = rows.derive(|rows| AccountFacts::assemble(id, rows).map(Arc::new));
        Option::clone(&made)
    }

    /// None if there never was such an account, or its rows are gone.
    pub fn assemble(id: AccountId, rows: &[Row<Accounts>]) -> Option<AccountFacts> {
        let created = rows.iter().find_map(|row| match &row.value {
            AccountRow::Created(created) => Some(created.clone()),
            _ => None,
        })?;
        let mut facts = AccountFacts {
            id,
            created,
            profile: Profile::default(),
            settings: PostingSettings::default(),
            role: Role::User,
            suspended: false,
            deleted: false,
            confirmed: false,
            claimed: false,
            email: None,
            credentials: None,
            access_ended: Stamp::MIN,
            verified: Vec::new(),
            avatar: None,
            header: None,
            revision: Stamp::MIN,
        };
        let mut switches = Vec::new();
        for row in rows {
            facts.revision = facts.revision.max(row.revision);
            match &row.value {
                AccountRow::Profile(profile) => facts.profile = profile.clone(),
                AccountRow::Settings(settings) => facts.settings = settings.clone(),
                AccountRow::Role(role) => facts.role = *role,
                AccountRow::Suspension(suspension) => facts.suspended = suspension.on,
                AccountRow::Deleted => facts.deleted = true,
                AccountRow::Confirmed => facts.confirmed = true,
                AccountRow::Claimed => facts.claimed = true,
                AccountRow::Email(email) => facts.email = Some(email.clone()),
                AccountRow::Credentials(credentials) => {
                    facts.credentials = Some(credentials.clone());
                }
                AccountRow::FieldVerified(Some(field)) => {
                    if let AccountSort::FieldVerified(place) = row.sort {
                        facts.verified.push((place, field.clone()));
                    }
                }
                AccountRow::Avatar(picture) => facts.avatar = Some(picture.clone()),
                AccountRow::Header(picture) => facts.header = Some(picture.clone()),
                AccountRow::AccessEnded => facts.access_ended = row.revision,
                AccountRow::Switch(on) => {
                    if let AccountSort::Switch(switch) = row.sort {
                        switches.push((switch, *on));
                    }
                }
                _ => {}
            }
        }
        for (switch, on) in switches {
            facts.profile.set_switch(switch, on);
        }
        Some(facts)
    }

    /// The account as a command reads it: an error unless it exists.
    pub async fn require(
        social: &Social,
        batch: &mut Batch<'_>,
        id: AccountId,
    ) -> Result<AccountFacts> {
        let rows = batch.partition::<Accounts>(&id).await?;
        let facts = AccountFacts::assemble(id, &rows).ok_or(Error::NotFound)?;
        if facts.deleted || !facts.exists(social).await? {
            return Err(Error::NotFound);
        }
        Ok(facts)
    }

    /// The account as a query reads it; none unless it exists.
    pub async fn find(social: &Social, id: AccountId) -> Result<Option<Arc<AccountFacts>>> {
        let rows = social.store.partition::<Accounts>(&id).await?;
        let Some(facts) = AccountFacts::of(id, &rows).filter(|facts| !facts.deleted) else {
            return Ok(None);
        };
        let exists = facts.exists(social).await?;
        Ok(exists.then_some(facts))
    }

    /// Whether it ever came to be: rows of a sign-up that was never finished are nobody's.
    pub async fn exists(&self, social: &Social) -> Result<bool> {
        Ok(self.claimed || claims::holds(social, self.id, &self.created).await?)
    }

    pub fn username(&self) -> &str {
        &self.created.username
    }
}
