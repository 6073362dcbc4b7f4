//! The journal's file: lines are added at its end, or all of it is replaced.
//!
//! A write that failed may have left half a line, which is cut off before the next one. After a
//! failed fsync nobody knows what the disk holds, so that only a new file helps.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const NAME: &str = "journal";
const NEW: &str = "journal.new";

pub(super) struct LogFile {
    folder: PathBuf,
    file: File,
    /// How much of the file was written whole.
    length: u64,
    state: State,
    /// The folder may still name the file before this one.
    folder_unsynced: bool,
    #[cfg(test)]
    pub(super) faults: Faults,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Good,
    /// There may be half a write after `length`.
    Torn,
    /// An fsync failed.
    Unknown,
}

/// Faults of the disk, for tests.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Faults {
    /// How many more bytes fit.
    pub(super) room: Option<usize>,
    pub(super) sync_fails: bool,
}

impl LogFile {
    /// Opens the file, or makes it, and gives what it holds.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<u8>)> {
        // What a replacement left that was never finished.
        match fs::remove_file(folder.join(NEW)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let path = folder.join(NAME);
        let file = append_to(&path)?;
        file.sync_all()?;
        sync_folder(folder)?;
        let bytes = fs::read(&path)?;
        let file = Self {
            folder: folder.to_owned(),
            file,
            length: bytes.len() as u64,
            state: State::Good,
            folder_unsynced: false,
            #[cfg(test)]
            faults: Faults::default(),
        };
        Ok((file, bytes))
    }

    /// Keeps the first so many bytes.
    pub(super) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.length = length;
        self.file.sync_all()
    }

    /// Whether only [`replace`](Self::replace) helps.
    pub(super) fn is_lost(&self) -> bool {
        self.state == State::Unknown
    }

    /// Adds lines. They survive the end of the process, and after [`sync`](Self::sync) that of the
    /// machine.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.state == State::Unknown {
            return Err(io::Error::other("the journal has to be written anew"));
        }
        if self.state == State::Torn {
            self.file.set_len(self.length)?;
        }
        self.state = State::Torn;
        #[cfg(test)]
        self.faults.write(&mut self.file, bytes)?;
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        self.state = State::Good;
        Ok(())
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.folder_unsynced {
            sync_folder(&self.folder)?;
            self.folder_unsynced = false;
        }
        self.state = State::Unknown;
        #[cfg(test)]
        self.faults.sync()?;
        self.file.sync_data()?;
        self.state = State::Good;
        Ok(())
    }

    /// Puts other contents in the place of these, all or nothing.
    pub(super) fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        let new = self.folder.join(NEW);
        let written = self.write_new(&new, bytes);
        let file = match written {
            Ok(file) => file,
            Err(error) => {
                // It takes room that the next try may need.
                fs::remove_file(&new).ok();
                return Err(error);
            }
        };
        fs::rename(&new, self.folder.join(NAME))?;
        self.file = file;
        self.length = bytes.len() as u64;
        self.state = State::Good;
        self.folder_unsynced = true;
        sync_folder(&self.folder)?;
        self.folder_unsynced = false;
        Ok(())
    }

    fn write_new(&mut self, path: &Path, bytes: &[u8]) -> io::Result<File> {
        fs::remove_file(path).ok();
        let mut file = append_to(path)?;
        #[cfg(test)]
        self.faults.write(&mut file, bytes)?;
        file.write_all(bytes)?;
        #[cfg(test)]
        self.faults.sync()?;
        file.sync_all()?;
        Ok(file)
    }
}

/// Opens a file that only its owner may read.
fn append_to(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
impl Faults {
    /// Writes what still fits where that is not everything.
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let Some(room) = self.room.as_mut() else {
            return Ok(());
        };
        if *room < bytes.len() {
            file.write_all(&bytes[..*room])?;
            *room = 0;
            return Err(io::ErrorKind::StorageFull.into());
        }
        *room -= bytes.len();
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        if self.sync_fails {
            return Err(io::Error::other("the disk does not answer"));
        }
        Ok(())
    }
}
