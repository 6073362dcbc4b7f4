//! `tradepost agent init`.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::config::DEFAULT;
use crate::{DEFAULT_FILE, Failure};

/// Writes the default configuration, which only its owner may read, and gives its path.
///
/// # Errors
/// Where there is one already, or the folder cannot be written to.
pub fn init(folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join(DEFAULT_FILE);
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    let written = made.and_then(|()| write(&path));
    written.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{} is there already, and stays as it is", path.display())
        }
        _ => format!("cannot write {}: {cause}", path.display()),
    })?;
    Ok(path)
}

fn write(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(DEFAULT.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_configuration_is_for_its_owner_alone_and_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new");
        let path = init(&folder).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "mine").unwrap();
        assert!(init(&folder).unwrap_err().to_string().contains("already"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
