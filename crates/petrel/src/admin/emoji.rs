//! Custom emojis. Their files come with the order.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use petrel_media::emojis::{self as files, Brought};
use petrel_social::emojis;
use petrel_social::views::EmojiView;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::media::Media;
use crate::node::Node;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewEmoji {
    pub shortcode: String,
    pub file: FileBytes,
    pub category: Option<String>,
    pub unlisted: bool,
}

/// A file as it goes through the control socket, in Base64.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileBytes(String);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmojiLine {
    pub shortcode: String,
    pub category: Option<String>,
    pub listed: bool,
    pub url: String,
}

impl FileBytes {
    /// Reads a small file.
    pub fn read(path: &Path, bytes_max: u64) -> Result<FileBytes> {
        let name = || path.display().to_string();
        let file = File::open(path).with_context(name)?;
        let mut bytes = Vec::new();
        file.take(bytes_max + 1)
            .read_to_end(&mut bytes)
            .with_context(name)?;
        ensure!(
            bytes.len() as u64 <= bytes_max,
            "{} is larger than {} KiB",
            name(),
            bytes_max / 1_024
        );
        Ok(FileBytes(STANDARD.encode(bytes)))
    }

    fn decode(&self) -> Result<Vec<u8>> {
        STANDARD.decode(&self.0).context("the file in the order")
    }
}

impl EmojiLine {
    fn of(view: &EmojiView) -> EmojiLine {
        EmojiLine {
            shortcode: view.shortcode.clone(),
            category: view.category.clone(),
            listed: view.visible_in_picker,
            url: view.url.clone(),
        }
    }
}

pub async fn add(node: &Node, media: &Media, new: NewEmoji) -> Result<Reply> {
    media.require_in_reach()?;
    let brought = Brought {
        shortcode: new.shortcode.clone(),
        category: new.category,
        visible_in_picker: !new.unlisted,
        bytes: &new.file.decode()?,
    };
    files::add(&node.ctx(), &media.depot, &media.processor, brought).await?;
    let all = emojis::list(&node.ctx()).await?;
    let added = all.iter().find(|emoji| emoji.shortcode == new.shortcode);
    let added = added.ok_or_else(|| anyhow!("somebody removed it at once"))?;
    Ok(Reply::Emojis(vec![EmojiLine::of(added)]))
}

pub async fn remove(node: &Node, media: &Media, shortcode: &str) -> Result<Reply> {
    let removed = files::remove(&node.ctx(), &media.depot, shortcode).await;
    removed.with_context(|| format!("removing :{shortcode}:"))?;
    list(node).await
}

pub async fn list(node: &Node) -> Result<Reply> {
    let all = emojis::list(&node.ctx()).await?;
    Ok(Reply::Emojis(
        all.iter().map(|view| EmojiLine::of(view)).collect(),
    ))
}
