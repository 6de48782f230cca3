//! Custom emojis.

use std::sync::Arc;

use petrel_social::views::EmojiView;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
pub struct CustomEmoji<'a> {
    shortcode: &'a str,
    url: &'a str,
    static_url: &'a str,
    visible_in_picker: bool,
    category: Option<&'a str>,
    featured: bool,
}

impl<'a> CustomEmoji<'a> {
    pub fn new(view: &'a EmojiView) -> CustomEmoji<'a> {
        CustomEmoji {
            shortcode: &view.shortcode,
            url: &view.url,
            static_url: &view.static_url,
            visible_in_picker: view.visible_in_picker,
            category: view.category.as_deref(),
            featured: false,
        }
    }

    pub fn all(views: &'a [Arc<EmojiView>]) -> Vec<CustomEmoji<'a>> {
        views.iter().map(|view| CustomEmoji::new(view)).collect()
    }
}
