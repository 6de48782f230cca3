//! Where the socket lies. Addresses of sockets are short, and data folders may lie deep.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

const NAME: &str = "control.sock";
/// Longest address that every system takes, in bytes.
const ADDRESS_BYTES_MAX: usize = 100;

/// A path to something in a folder, as an address of a socket.
pub struct Address {
    pub path: PathBuf,
    /// Keeps a path through the open folder alive.
    _folder: Option<File>,
}

impl Address {
    pub fn in_folder(folder: &Path, name: &Path) -> io::Result<Address> {
        let path = folder.join(name);
        if path.as_os_str().len() <= ADDRESS_BYTES_MAX {
            return Ok(Address {
                path,
                _folder: None,
            });
        }
        let folder = File::open(folder)?;
        let through = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        Ok(Address {
            path: through.join(name),
            _folder: Some(folder),
        })
    }
}

pub fn file(data: &Path) -> PathBuf {
    data.join(NAME)
}

pub fn address(data: &Path) -> io::Result<Address> {
    Address::in_folder(data, Path::new(NAME))
}
