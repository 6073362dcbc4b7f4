//! What a log file grows by, also when it is replaced by a new one.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// How much of what is new is read at a time.
const MOST: u64 = 8 * 1024 * 1024;

pub(super) struct LogTail {
    path: PathBuf,
    /// Which file, and how far it was read.
    place: Option<(u64, u64)>,
    /// The beginning of a line whose end is not there yet.
    half: String,
}

/// What is new.
pub(super) struct News {
    pub(super) text: String,
    /// It comes from another file than before.
    pub(super) is_new_file: bool,
}

impl LogTail {
    pub(super) fn from_start(path: &str) -> Self {
        Self {
            path: PathBuf::from(path),
            place: None,
            half: String::new(),
        }
    }

    pub(super) fn from_end(path: &str) -> Self {
        let metadata = std::fs::metadata(path);
        Self {
            place: metadata.ok().map(|it| (it.ino(), it.len())),
            ..Self::from_start(path)
        }
    }

    pub(super) fn read(&mut self) -> io::Result<News> {
        let mut file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        let (inode, length) = (metadata.ino(), metadata.len());
        let same = self
            .place
            .filter(|(old, at)| *old == inode && *at <= length);
        let from = same.map_or(0, |(_, at)| at);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.take(MOST).read_to_end(&mut bytes)?;
        self.place = Some((inode, from + bytes.len() as u64));
        if same.is_none() {
            self.half.clear();
        }
        Ok(News {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            is_new_file: same.is_none(),
        })
    }

    /// The lines that are whole with this text.
    pub(super) fn whole_lines(&mut self, text: &str) -> Vec<String> {
        self.half.push_str(text);
        let Some((whole, rest)) = self.half.rsplit_once('\n') else {
            return Vec::new();
        };
        let lines = whole.lines().map(str::to_owned).collect();
        self.half = rest.to_owned();
        lines
    }
}
