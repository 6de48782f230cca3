//! Which page a client asks for.

use petrel_model::limits;
use petrel_social::page::PageRequest;

use crate::params::{Fields, ParamError};

/// How many items a page of a list has.
#[derive(Clone, Copy, Debug)]
pub struct PageSize {
    pub usual: usize,
    pub max: usize,
}

pub const STATUSES: PageSize = PageSize {
    usual: limits::STATUSES_PAGE_DEFAULT,
    max: limits::STATUSES_PAGE_MAX,
};
pub const ACCOUNTS: PageSize = PageSize {
    usual: limits::ACCOUNTS_PAGE_DEFAULT,
    max: limits::ACCOUNTS_PAGE_MAX,
};
pub const NOTIFICATIONS: PageSize = PageSize {
    usual: limits::NOTIFICATIONS_PAGE_DEFAULT,
    max: limits::NOTIFICATIONS_PAGE_MAX,
};
pub const UNREAD_NOTIFICATIONS: PageSize = PageSize {
    usual: limits::NOTIFICATIONS_UNREAD_DEFAULT,
    max: limits::NOTIFICATIONS_UNREAD_MAX,
};
pub const DOMAINS: PageSize = PageSize {
    usual: limits::DOMAINS_PAGE_DEFAULT,
    max: limits::DOMAINS_PAGE_MAX,
};
pub const FOLLOWED_TAGS: PageSize = PageSize {
    usual: limits::FOLLOWED_TAGS_PAGE_DEFAULT,
    max: limits::FOLLOWED_TAGS_PAGE_MAX,
};
pub const SEARCH: PageSize = PageSize {
    usual: limits::SEARCH_PAGE_DEFAULT,
    max: limits::SEARCH_PAGE_MAX,
};

impl PageSize {
    /// # Errors
    /// The limit is no number, or a negative one. One that is too large is cut.
    pub fn limit(self, fields: Fields<'_>) -> Result<usize, ParamError> {
        let asked = fields.number("limit")?;
        let max = self.max as u64;
        Ok(asked.map_or(self.usual, |asked| asked.min(max) as usize))
    }

    pub fn page(self, fields: Fields<'_>) -> Result<PageRequest, ParamError> {
        Ok(PageRequest {
            max_id: fields.id("max_id")?,
            since_id: fields.id("since_id")?,
            min_id: fields.id("min_id")?,
            limit: self.limit(fields)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;
    use petrel_model::id::Id;

    fn asked(query: &str) -> Result<PageRequest, ParamError> {
        let params = Params::from_query(format!("/x{query}").parse().unwrap()).unwrap();
        STATUSES.page(params.fields())
    }

    #[test]
    fn limits_are_cut_and_nonsense_is_refused() {
        assert_eq!(asked("").unwrap().limit, 20);
        assert_eq!(asked("?limit=5&max_id=7").unwrap().max_id, Some(Id(7)));
        assert_eq!(asked("?limit=1000").unwrap().limit, 40);
        assert_eq!(asked("?limit=").unwrap().limit, 20);
        for wrong in [
            "limit=-1",
            "limit=x",
            "max_id=-3",
            "min_id=abc",
            "since_id=1.5",
        ] {
            assert!(asked(&format!("?{wrong}")).is_err(), "{wrong}");
        }
    }
}
