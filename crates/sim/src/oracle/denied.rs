//! What nobody may be told is not there.

use anyhow::{Result, ensure};
use petrel_social::error::Error;

use crate::act::{Act, Deed};
use crate::model::gate::Look;
use crate::model::{Key, Mark, Value};
use crate::play::Play;

impl Play {
    /// Who may reblog a status is answered with their reblog, or asked to try again, however many
    /// tries of theirs meet; unless they take it back at the same time.
    ///
    /// # Errors
    /// They are told that it is not found.
    pub(crate) fn judge_denied(&self, deed: &Deed, error: &Error) -> Result<()> {
        let (Act::Reblog { of, .. }, Error::NotFound) = (&deed.act, error) else {
            return Ok(());
        };
        let look = Look {
            viewer: Some(deed.actor),
            now_ms: self.wall_ms(),
        };
        self.model.seen_by(look.viewer, self.run_ms());
        let mark = self.model.fact(Key::Mark(deed.actor, *of, Mark::Reblog));
        let may_be_taken_back = mark.is_some_and(|fact| {
            let mut made = fact.made_by_others(deed.number);
            made.any(|value| *value == Value::Off)
        });
        let is_there = self.model.statuses[*of].id.is_some();
        ensure!(
            !is_there || may_be_taken_back || !self.model.may_reblog(look, *of).surely(),
            "command {}: {} may reblog {of}, and is told that it is not found: {mark:?}",
            deed.number,
            deed.actor
        );
        Ok(())
    }
}
