use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{OpenError, io_at};
use crate::folder::{Folder, journals, sync_folder};
use crate::journal::{Survey, Tail, survey};

/// What [`repair_journal`] found and cut.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Groups of batches that are whole and stay.
    pub groups_kept: u64,
    pub cuts: Vec<Cut>,
    /// Bytes of a batch that was being written when the process or the machine died. It was never
    /// acknowledged; the next start cuts it off by itself.
    pub torn_bytes: u64,
}

/// A part of the journal that is (to be) cut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    pub file: PathBuf,
    /// Where the cut is, in bytes from the beginning of the file.
    pub offset_bytes: u64,
    /// How much is cut, in bytes.
    pub cut_bytes: u64,
    pub why: &'static str,
    /// Groups that could still be read beyond the cut, and are lost with it.
    pub groups_beyond: u64,
    /// Acknowledged batches lost, as far as those groups tell. None if nothing could be read.
    pub batches_lost: Option<u64>,
    /// Where a copy of the cut part lies; none if nothing was changed.
    pub kept_as: Option<PathBuf>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.torn_bytes > 0 {
            writeln!(
                f,
                "{} bytes of a batch that was never acknowledged go at the next start",
                self.torn_bytes
            )?;
        }
        if self.cuts.is_empty() {
            return write!(f, "the journal is whole: {} groups", self.groups_kept);
        }
        writeln!(f, "{} groups of batches are whole", self.groups_kept)?;
        for cut in &self.cuts {
            let lost = cut.batches_lost.map_or_else(
                || "an unknown number of batches".to_owned(),
                |lost| format!("at least {lost} batches"),
            );
            let done = match &cut.kept_as {
                Some(copy) => format!("cut, a copy is in {}", copy.display()),
                None => "to be cut".to_owned(),
            };
            writeln!(
                f,
                "{}: {} bytes from byte {} on ({}), {lost}: {done}",
                cut.file.display(),
                cut.cut_bytes,
                cut.offset_bytes,
                cut.why
            )?;
        }
        Ok(())
    }
}

/// Says what [`repair_journal`] would cut, and changes nothing. The store must not be open.
pub fn survey_journal(path: &Path) -> Result<Report, OpenError> {
    let folder = Folder::lock(path)?;
    Ok(find(&folder.store())?.report)
}

/// Cuts the journal of the store in the data folder `path` at its last whole batch and keeps what
/// was cut beside it. All before the cut stays; all after it is lost, later journals included,
/// because a later batch without an earlier one could be half of something. The store must not
/// be open. A whole journal is left alone.
pub fn repair_journal(path: &Path) -> Result<Report, OpenError> {
    let folder = Folder::lock(path)?;
    let mut found = find(&folder.store())?;
    for cut in &mut found.report.cuts {
        cut.kept_as = Some(
            if cut.offset_bytes == 0 && found.set_aside.contains(&cut.file) {
                set_aside(&cut.file)?
            } else {
                cut_off(&cut.file, cut.offset_bytes)?
            },
        );
    }
    sync_folder(&folder.store())?;
    Ok(found.report)
}

#[derive(Default)]
struct Found {
    report: Report,
    /// Journals that come after a damaged one.
    set_aside: Vec<PathBuf>,
}

fn find(store: &Path) -> Result<Found, OpenError> {
    let mut found = Found::default();
    let files = journals(store)?;
    let mut sequence = 0;
    let mut batches_kept = None;
    for (index, file) in files.iter().enumerate() {
        let is_newest = index + 1 == files.len();
        let survey = survey(file, sequence, is_newest).map_err(io_at(file))?;
        if !found.report.cuts.is_empty() {
            found.set_aside.push(file.clone());
            found
                .report
                .cuts
                .push(whole_file(file, &survey, batches_kept));
            continue;
        }
        sequence = survey.last_sequence;
        found.report.groups_kept += survey.groups;
        batches_kept = survey.last.map(|last| last.batches).or(batches_kept);
        let why = match survey.tail {
            Tail::Clean => continue,
            Tail::Torn => {
                found.report.torn_bytes = survey.data_bytes - survey.whole_bytes;
                continue;
            }
            Tail::Damaged(why) => why,
        };
        found.report.cuts.push(Cut {
            file: file.clone(),
            offset_bytes: survey.whole_bytes,
            cut_bytes: survey.data_bytes - survey.whole_bytes,
            why,
            groups_beyond: survey.groups_beyond,
            batches_lost: lost(survey.last_beyond.map(|last| last.batches), batches_kept),
            kept_as: None,
        });
    }
    Ok(found)
}

fn whole_file(file: &Path, survey: &Survey, batches_kept: Option<u64>) -> Cut {
    let newest = survey.last_beyond.or(survey.last);
    Cut {
        file: file.to_path_buf(),
        offset_bytes: 0,
        cut_bytes: survey.data_bytes,
        why: "it comes after the damage",
        groups_beyond: survey.groups + survey.groups_beyond,
        batches_lost: lost(newest.map(|last| last.batches), batches_kept),
        kept_as: None,
    }
}

fn lost(newest: Option<u64>, kept: Option<u64>) -> Option<u64> {
    Some(newest?.saturating_sub(kept?))
}

/// Copies what follows `offset` to a file beside the journal, syncs that, then cuts.
fn cut_off(file: &Path, offset: u64) -> Result<PathBuf, OpenError> {
    let copy = beside(file, &format!("cut-{offset}"));
    let mut source = File::open(file).map_err(io_at(file))?;
    source.seek(SeekFrom::Start(offset)).map_err(io_at(file))?;
    let mut rest = Vec::new();
    source.read_to_end(&mut rest).map_err(io_at(file))?;
    let len = rest
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |at| at + 1);
    let mut target = File::create(&copy).map_err(io_at(&copy))?;
    target.write_all(&rest[..len]).map_err(io_at(&copy))?;
    target.sync_all().map_err(io_at(&copy))?;
    truncate(file, offset)?;
    Ok(copy)
}

/// Cuts a journal to its first `bytes`, durably.
pub(crate) fn truncate(file: &Path, bytes: u64) -> Result<(), OpenError> {
    let target = OpenOptions::new()
        .write(true)
        .open(file)
        .map_err(io_at(file))?;
    target.set_len(bytes).map_err(io_at(file))?;
    target.sync_all().map_err(io_at(file))
}

fn set_aside(file: &Path) -> Result<PathBuf, OpenError> {
    let copy = beside(file, "cut");
    std::fs::rename(file, &copy).map_err(io_at(file))?;
    Ok(copy)
}

/// A name that fjall takes for no journal, and that no earlier repair has used.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let name = |number: u32| {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{suffix}"));
        if number > 0 {
            name.push(format!(".{number}"));
        }
        PathBuf::from(name)
    };
    (0..)
        .map(name)
        .find(|path| !path.exists())
        .expect("names do not run out")
}
