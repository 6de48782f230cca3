//! What emojis a text is shown with, and whose picture is shown.

use anyhow::{Result, ensure};
use petrel_social::accounts;
use petrel_social::views::StatusView;

use super::lists::answered_all;
use crate::looks::{EMOJIS, in_text};
use crate::model::{Key, Model, Person};
use crate::node::Node;
use crate::play::Play;

impl Model {
    /// Each emoji that is there is shown with the texts that bear it.
    ///
    /// # Errors
    /// One is missing, or there too much.
    pub fn judge_emojis(&self, view: &StatusView) -> Result<()> {
        for (at, name) in EMOJIS.iter().enumerate() {
            let is_shown = view.emojis.iter().any(|emoji| emoji.shortcode == *name);
            let is_there = self.on(Key::Emoji(at));
            let is_right = match (view.text.contains(&in_text(at)), is_shown) {
                (true, true) => is_there.maybe(),
                (true, false) => !is_there.surely(),
                (false, is_shown) => !is_shown,
            };
            ensure!(
                is_right,
                "{:?} is shown with the emoji {name}: {is_shown}, but it is there: {:?}",
                view.text,
                self.fact(Key::Emoji(at))
            );
        }
        Ok(())
    }
}

impl Play {
    /// Somebody's picture is one that they uploaded, and none once they removed it, until they
    /// upload another.
    ///
    /// # Errors
    /// It is not.
    pub async fn read_person(
        &mut self,
        node: &Node,
        viewer: Option<Person>,
        person: Person,
    ) -> Result<()> {
        let Some(ctx) = self.enter_as(node, viewer).await? else {
            return Ok(());
        };
        let someone = &self.model.people[person];
        let (id, avatars) = (someone.id, someone.avatars.clone());
        self.look(node, viewer);
        let Some(view) = answered_all(accounts::get(&ctx, id).await)? else {
            return Ok(());
        };
        let avatar = view.avatar.as_ref();
        let shown = avatar.filter(|avatar| avatar.files.is_some());
        let shown = shown.map(|avatar| avatar.media);
        let is_right = match shown {
            Some(media) => avatars.contains(&Some(media)) || avatars.contains(&None),
            None => true,
        };
        let run_ms = self.run_ms();
        let someone = &mut self.model.people[person];
        if let Some(media) = shown {
            let gone = someone.avatars_seen.entry(media).or_default();
            ensure!(
                gone.is_none_or(|gone_ms| gone_ms > run_ms && viewer != Some(person)),
                "{person} is shown with the picture {media} on {}, which they removed",
                node.at
            );
        }
        let may_be = self.model.on(Key::Avatar(person)).maybe();
        ensure!(
            is_right && (shown.is_none() || may_be),
            "{person} is shown with the picture {shown:?} on {}, but uploaded {avatars:?}: {:?}",
            node.at,
            self.model.fact(Key::Avatar(person))
        );
        Ok(())
    }
}
