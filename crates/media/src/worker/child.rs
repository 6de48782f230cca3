use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::{PICTURE, RUN, confine};
use crate::pictures::{self, ImagePurpose};
use crate::sniff::Sniffed;

/// What the child does, from its first moment to its last: `MEMORY CPU FILE` and then
/// `picture PURPOSE KIND INPUT FOLDER`, or `run PROGRAM ARGUMENT…`.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match act(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn act(mut arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let mut number = || {
        let text = arguments.next().and_then(|text| text.into_string().ok());
        let number = text.and_then(|text| text.parse().ok());
        number.ok_or("three limits come first")
    };
    let (memory_bytes, cpu_seconds, file_bytes) = (number()?, number()?, number()?);
    confine(memory_bytes, cpu_seconds, file_bytes)
        .map_err(|error| format!("the limits cannot be set: {error}"))?;
    let act = arguments.next().unwrap_or_default();
    match act.to_str() {
        Some(PICTURE) => picture(arguments),
        Some(RUN) => run(arguments),
        _ => Err("nothing to do".to_owned()),
    }
}

fn picture(mut arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let mut next = || arguments.next().ok_or("an argument is missing");
    let (purpose, kind) = (next()?, next()?);
    let (input, folder) = (PathBuf::from(next()?), PathBuf::from(next()?));
    let mut purposes = ImagePurpose::ALL.into_iter();
    let purpose = purposes
        .find(|known| known.name() == purpose)
        .ok_or("no such purpose")?;
    let kind = kind.to_str().and_then(Sniffed::by_extension);
    let answer = pictures::make(purpose, kind.ok_or("no such kind")?, &input, &folder);
    let answer = minicbor::to_vec(&answer).map_err(|error| error.to_string())?;
    let mut output = std::io::stdout();
    let written = output.write_all(&answer).and_then(|()| output.flush());
    written.map_err(|error| error.to_string())
}

/// Becomes the program, which inherits the limits.
fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let program = arguments.next().ok_or("no program is named")?;
    let error = Command::new(&program).args(arguments).exec();
    Err(format!("{} cannot be started: {error}", program.display()))
}
