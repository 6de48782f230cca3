use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{PICTURE, RUN};
use crate::error::MediaError;
use crate::limits::{ANSWER_BYTES_MAX, ChildLimits, PICTURE_CHILD};
use crate::pictures::{ImagePurpose, Picture, Refusal};
use crate::sniff::Sniffed;

/// How a child is started.
#[derive(Clone, Debug)]
pub struct Worker {
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// How a child ended otherwise than well.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("a child cannot be started: {0}")]
    NotStarted(std::io::Error),
    #[error("a child was ended after {0} s")]
    TimeIsUp(u64),
    /// By a limit, or by someone else.
    #[error("a child was ended by signal {signal}: {said}")]
    Killed { signal: i32, said: String },
    #[error("a child failed with code {code}: {said}")]
    Failed { code: i32, said: String },
}

impl Worker {
    /// The program with the arguments that make it a child.
    pub fn new(program: PathBuf, arguments: impl IntoIterator<Item = &'static str>) -> Worker {
        Worker {
            program,
            arguments: arguments.into_iter().map(OsString::from).collect(),
        }
    }

    /// Has the picture made in `folder`.
    pub(crate) async fn picture(
        &self,
        purpose: ImagePurpose,
        kind: Sniffed,
        input: &Path,
        folder: &Path,
    ) -> Result<Picture, MediaError> {
        let words = [PICTURE, purpose.name(), kind.extension()];
        let mut arguments: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        arguments.extend([input.into(), folder.into()]);
        let answer = self.child(PICTURE_CHILD, &arguments, folder).await?;
        let answer: Result<Picture, Refusal> = minicbor::decode(&answer)
            .map_err(|error| MediaError::Ended(format!("a child's answer: {error}")))?;
        answer.map_err(|refusal| match refusal {
            Refusal::Refused(why) => MediaError::Refused(why),
            Refusal::Full => MediaError::Full,
            Refusal::Failed(why) => MediaError::Failed(why),
        })
    }

    /// Runs another program within the limits, and returns what it printed.
    pub async fn run(
        &self,
        limits: ChildLimits,
        program: &Path,
        arguments: &[OsString],
        folder: &Path,
    ) -> Result<Vec<u8>, Ended> {
        let mut all = vec![RUN.into(), program.into()];
        all.extend_from_slice(arguments);
        self.child(limits, &all, folder).await
    }

    async fn child(
        &self,
        limits: ChildLimits,
        arguments: &[OsString],
        folder: &Path,
    ) -> Result<Vec<u8>, Ended> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .arg(limits.memory_bytes.to_string())
            .arg(limits.cpu_seconds.to_string())
            .arg(limits.file_bytes.to_string())
            .args(arguments)
            .env_clear()
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(Ended::NotStarted)?;
        let ended = timeout(limits.wall, outcome(&mut child)).await;
        let Ok(ended) = ended else {
            // It may have ended in this moment; then there is nothing left to do.
            let _ = child.kill().await;
            return Err(Ended::TimeIsUp(limits.wall.as_secs()));
        };
        let (status, said, complaint) = ended.map_err(Ended::NotStarted)?;
        judge(status, said, &complaint)
    }
}

async fn outcome(child: &mut Child) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (said, complaint) = (child.stdout.take(), child.stderr.take());
    let (said, complaint, status) =
        tokio::join!(read(said), read(complaint), async { child.wait().await });
    Ok((status?, said?, complaint?))
}

/// What goes beyond the limit is read and forgotten, so that nobody waits for it to be read.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe)
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut bytes)
            .await?;
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

fn judge(status: ExitStatus, said: Vec<u8>, complaint: &[u8]) -> Result<Vec<u8>, Ended> {
    let complaint = || last_lines(&String::from_utf8_lossy(complaint));
    match (status.success(), status.signal()) {
        (true, _) => Ok(said),
        (false, Some(signal)) => Err(Ended::Killed {
            signal,
            said: complaint(),
        }),
        (false, None) => Err(Ended::Failed {
            code: status.code().unwrap_or_default(),
            said: complaint(),
        }),
    }
}

/// For the log.
fn last_lines(text: &str) -> String {
    const CHARACTERS_MAX: usize = 500;
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(CHARACTERS_MAX);
    text.chars().skip(skipped).collect()
}

impl Ended {
    /// Whether it wrote more than it may.
    pub(crate) fn wrote_too_much(&self) -> bool {
        let too_much = Signal::XFSZ.as_raw();
        matches!(self, Ended::Killed { signal, .. } if *signal == too_much)
    }
}

impl From<Ended> for MediaError {
    fn from(ended: Ended) -> MediaError {
        match ended {
            Ended::NotStarted(error) => MediaError::Failed(format!("starting a child: {error}")),
            ended => MediaError::Ended(ended.to_string()),
        }
    }
}
