//! What of a viewer's filters matches a status. As in Mastodon, the server takes nothing out: it
//! says with each status what matches, and the client, which knows the place that it shows,
//! warns, hides or blurs.

use std::sync::Arc;

use petrel_model::id::AccountId;
use petrel_store::Store;

use crate::error::Result;
use crate::eyes::Eyes;
use crate::filters::facts::FilterFacts;
use crate::filters::table::Filters;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::StatusContent;
use crate::views::FilterResult;

/// A viewer's filters at a moment.
#[derive(Default)]
pub struct Filtering {
    viewer: Option<AccountId>,
    facts: Arc<FilterFacts>,
    now_ms: u64,
}

impl Filtering {
    pub async fn load(store: &Store, eyes: &Eyes) -> Result<Filtering> {
        let Some(viewer) = eyes.id() else {
            return Ok(Filtering::default());
        };
        let rows = store.partition::<Filters>(&viewer).await?;
        Ok(Filtering {
            viewer: Some(viewer),
            facts: FilterFacts::of(&rows),
            now_ms: eyes.now_ms(),
        })
    }

    /// What matches the status, or the one that it reblogs. Nobody's own words are filtered.
    pub fn results(&self, facts: &StatusFacts, target: Option<&StatusFacts>) -> Vec<FilterResult> {
        let shown = target.unwrap_or(facts);
        if self.facts.filters.is_empty() || self.viewer == Some(shown.account()) {
            return Vec::new();
        }
        let text = searchable(shown.content());
        let mut found = self.facts.keywords.find(&text).into_iter().peekable();
        let mut results = Vec::new();
        for (place, filter) in self.facts.filters.iter().enumerate() {
            let keyword = found.next_if(|(group, _)| *group == place);
            if filter.is_expired(self.now_ms) {
                continue;
            }
            let statuses: Vec<_> = [Some(facts.id), target.map(|target| target.id)]
                .into_iter()
                .flatten()
                .filter(|status| filter.bears(*status))
                .collect();
            if keyword.is_none() && statuses.is_empty() {
                continue;
            }
            results.push(FilterResult {
                filter: filter.clone(),
                keyword: keyword.map(|(_, text)| text.to_owned()),
                // Mastodon tells a filter without statuses from one with others.
                statuses: (!filter.statuses.is_empty()).then_some(statuses),
            });
        }
        results
    }
}

/// All words of a status, without HTML: a local text is plain as it was written.
fn searchable(content: &StatusContent) -> String {
    let mut text = [content.spoiler_text.as_str(), content.text.as_str()].join("\n\n");
    let options = content.poll.iter().flat_map(|poll| &poll.options);
    let media = content.media.iter();
    let described = media.filter_map(|media| media.description.as_ref());
    for more in options.chain(described) {
        text.push_str("\n\n");
        text.push_str(more);
    }
    text
}
