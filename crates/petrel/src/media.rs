//! Where uploaded files are, and what is made of them, as the configuration says.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use petrel_jobs::{Handler, Reconciler};
use petrel_media::work::{MakePreview, ProcessMedia, RemoveMedia, SweepDepot, SweepScratch};
use petrel_media::worker::Worker;
use petrel_media::{Bucket, Depot, DepotSettings, Ffmpeg, Place, Processor};

use crate::config::{self, Config};
use crate::engine::make_private;
use crate::node::Node;

/// In the data folder: uploaded files, and those in work.
const FOLDER: &str = "media";
const SCRATCH: &str = "scratch";
/// This process's own program, even if its file was replaced since.
const OWN_PROGRAM: &str = "/proc/self/exe";
/// The hidden command that makes a child of it.
const CHILD: &str = "media-worker";

/// Where files are, and what makes of them what is shown. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    pub depot: Depot,
    pub processor: Processor,
    /// Whether other nodes may share the store, but not the files.
    is_out_of_reach: bool,
}

/// Makes the folders that are missing. Asks no server for anything.
pub fn open(config: &Config) -> Result<Media> {
    let settings = settings(config)?;
    make_private(&settings.scratch)?;
    if let Place::Folder(folder) = &settings.place {
        make_private(folder)?;
    }
    let depot = Depot::open(&settings).context("opening the folder of uploaded files")?;
    let worker = Worker::new(PathBuf::from(OWN_PROGRAM), [CHILD]);
    let processor = Processor::new(depot.clone(), worker, ffmpeg(config)?);
    let (place, ffmpeg) = (depot.place(), processor.has_ffmpeg());
    tracing::info!(place, ffmpeg, "uploaded files");
    let is_out_of_reach = is_out_of_reach(config);
    if is_out_of_reach {
        tracing::warn!(
            "uploaded files stay in this node's data folder, where no other node finds them: \
             set media.folder to a folder that all nodes share, or media.s3_bucket"
        );
    }
    Ok(Media {
        depot,
        processor,
        is_out_of_reach,
    })
}

impl Media {
    /// Refuses what every node is to show at once, if the others would not find its files.
    pub fn require_in_reach(&self) -> Result<()> {
        ensure!(
            !self.is_out_of_reach,
            "no other node would find the file: first set media.folder to a folder that all \
             nodes share, or media.s3_bucket"
        );
        Ok(())
    }

    pub fn handlers(&self, node: &Node) -> Vec<Arc<dyn Handler>> {
        vec![
            Arc::new(ProcessMedia {
                social: node.social.clone(),
                depot: self.depot.clone(),
                processor: self.processor.clone(),
            }),
            Arc::new(MakePreview {
                social: node.social.clone(),
                depot: self.depot.clone(),
                processor: self.processor.clone(),
            }),
            Arc::new(RemoveMedia {
                social: node.social.clone(),
                depot: self.depot.clone(),
            }),
        ]
    }

    pub fn reconcilers(&self, node: &Node) -> Vec<Arc<dyn Reconciler>> {
        vec![
            Arc::new(SweepDepot {
                social: node.social.clone(),
                depot: self.depot.clone(),
            }),
            Arc::new(SweepScratch {
                social: node.social.clone(),
                depot: self.depot.clone(),
            }),
        ]
    }
}

fn is_out_of_reach(config: &Config) -> bool {
    let has_place = config.media.folder.is_some() || config.media.s3_bucket.is_some();
    config.store.url.is_some() && !has_place
}

/// Checks the configuration without making anything.
pub fn check(config: &Config) -> Result<()> {
    settings(config)?;
    ffmpeg(config)?;
    Ok(())
}

fn settings(config: &Config) -> Result<DepotSettings> {
    let config::Media {
        folder,
        s3_bucket,
        s3_endpoint,
        s3_region,
        s3_key,
        s3_secret,
        s3_path_style,
        ffmpeg: _,
    } = config.media.clone();
    let place = match s3_bucket {
        None => Place::Folder(folder.unwrap_or_else(|| config.data.join(FOLDER))),
        Some(name) => {
            let (Some(key), Some(secret)) = (s3_key, s3_secret) else {
                bail!("media.s3_bucket needs media.s3_key and media.s3_secret");
            };
            let bucket = Bucket {
                name,
                endpoint: s3_endpoint,
                region: s3_region,
                key: key.reveal().to_owned(),
                secret: secret.reveal().to_owned(),
                path_style: s3_path_style,
            };
            bucket.check()?;
            Place::S3(bucket)
        }
    };
    Ok(DepotSettings {
        place,
        scratch: config.data.join(SCRATCH),
    })
}

fn ffmpeg(config: &Config) -> Result<Option<Ffmpeg>> {
    match &config.media.ffmpeg {
        None => Ok(Ffmpeg::find(None)),
        Some(path) if path.as_os_str().is_empty() => Ok(None),
        Some(path) => match Ffmpeg::find(Some(path)) {
            Some(found) => Ok(Some(found)),
            None => bail!(
                "media.ffmpeg {:?} is not there, or has no ffprobe beside it",
                path.display().to_string()
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    fn opened(data: &Path, store: Option<&str>, folder: Option<PathBuf>) -> Media {
        let mut config = Config {
            data: data.to_owned(),
            ..Config::default()
        };
        config.store.url = store.map(|url| config::Secret::new(url.to_owned()));
        config.media.folder = folder;
        open(&config).unwrap()
    }

    #[test]
    fn files_of_a_cluster_are_for_all_nodes_to_find() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let shared = Some(data.join("shared"));
        let cluster = Some("cql://127.0.0.1");
        assert!(opened(data, None, None).require_in_reach().is_ok());
        assert!(opened(data, cluster, shared).require_in_reach().is_ok());
        let refused = opened(data, cluster, None).require_in_reach();
        assert!(refused.unwrap_err().to_string().contains("media.folder"));
    }
}
