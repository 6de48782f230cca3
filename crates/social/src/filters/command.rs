//! What all commands about filters do alike.

use std::sync::Arc;

use petrel_model::event::Event;
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{FILTER_KEYWORDS_BYTES_MAX, FILTER_KEYWORDS_MAX};
use petrel_model::scope::Scope;
use petrel_store::Batch;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::filters::facts::FilterFacts;
use crate::filters::table::{FilterRow, FilterSettings, FilterSort, Filters, KeywordText};
use crate::turns::Turn;
use crate::views::FilterView;

/// One command about the caller's filters.
pub(super) struct Command<'a> {
    ctx: &'a Ctx,
    pub(super) account: AccountId,
    /// As they were when it began.
    pub(super) facts: Arc<FilterFacts>,
    pub(super) batch: Batch<'a>,
    _turn: Turn<'a>,
}

impl<'a> Command<'a> {
    pub(super) async fn begin(ctx: &'a Ctx) -> Result<Command<'a>> {
        let account = ctx.require_user(Scope::WriteFilters)?;
        // What is not to change is written back as it was read, and caps are counted.
        let turn = ctx.turns().accounts(account, account).await;
        let mut batch = ctx.batch();
        let rows = batch.partition::<Filters>(&account).await?;
        Ok(Command {
            ctx,
            account,
            facts: FilterFacts::of(&rows),
            batch,
            _turn: turn,
        })
    }

    pub(super) fn fresh_id(&self) -> Id {
        self.ctx.clock().next_id()
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.ctx.clock().now_ms()
    }

    pub(super) fn require(&self, filter: Id) -> Result<Arc<FilterView>> {
        self.facts.filter(filter).cloned().ok_or(Error::NotFound)
    }

    pub(super) fn put_settings(&mut self, filter: Id, settings: &FilterSettings) {
        let row = FilterRow::Settings(settings.clone());
        self.put(FilterSort::Settings(filter), &row);
    }

    /// A keyword that was not there before.
    pub(super) fn put_keyword(&mut self, filter: Id, text: KeywordText) -> Id {
        let id = self.fresh_id();
        self.put(FilterSort::Keyword(id), &FilterRow::Keyword { filter });
        self.put_keyword_text(id, text);
        id
    }

    pub(super) fn put_keyword_text(&mut self, id: Id, text: KeywordText) {
        self.put(FilterSort::KeywordText(id), &FilterRow::KeywordText(text));
    }

    pub(super) fn put(&mut self, sort: FilterSort, row: &FilterRow) {
        self.batch.put::<Filters>(&self.account, &sort, row);
    }

    pub(super) fn delete(&mut self, sort: FilterSort) {
        self.batch.delete::<Filters>(&self.account, &sort);
    }

    pub(super) fn delete_keyword(&mut self, id: Id) {
        self.delete(FilterSort::Keyword(id));
        self.delete(FilterSort::KeywordText(id));
    }

    /// Refuses so many more keywords with so many bytes, if they are too many.
    pub(super) fn require_room(&self, more: usize, more_bytes: usize) -> Result<()> {
        let (count, bytes) = self.facts.keywords_size();
        if count + more > FILTER_KEYWORDS_MAX {
            return Err(Error::invalid(format!(
                "You cannot have more than {FILTER_KEYWORDS_MAX} keywords"
            )));
        }
        if bytes + more_bytes > FILTER_KEYWORDS_BYTES_MAX {
            return Err(Error::invalid(format!(
                "All keywords together take more than {FILTER_KEYWORDS_BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }

    /// Commits, and answers what there is now.
    pub(super) async fn finish(mut self) -> Result<Arc<FilterFacts>> {
        self.batch.emit(Event::FiltersChanged {
            account: self.account,
        });
        self.batch.commit().await?;
        let rows = self.ctx.store().partition::<Filters>(&self.account).await?;
        Ok(FilterFacts::of(&rows))
    }
}
