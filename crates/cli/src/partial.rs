//! Files that take their name only when they are whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use crate::errors::{Error, Result};

/// The file that an interruption removes.
static CURRENT: Mutex<Option<PathBuf>> = Mutex::new(None);
static HANDLER: Once = Once::new();

/// A file beside the one that it will replace; it is removed unless it does.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    target: PathBuf,
}

impl Partial {
    /// Chooses a name beside `target`; nothing is written yet.
    pub(crate) fn new(target: &Path) -> Result<Self> {
        let name = target.file_name().ok_or_else(|| Error::at(target, "this is no name for a file"))?;
        if target.is_dir() {
            return Err(Error::at(target, "this is a folder"));
        }
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(format!(".{}.partial", std::process::id()));
        let path = target.with_file_name(partial);
        HANDLER.call_once(|| {
            // Without a handler an interruption leaves the partial file, nothing worse.
            let _ = ctrlc::set_handler(|| {
                if let Some(path) = current().take() {
                    let _ = fs::remove_file(path);
                }
                std::process::exit(130);
            });
        });
        *current() = Some(path.clone());
        Ok(Self { path, target: target.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<()> {
        fs::rename(&self.path, &self.target).map_err(|error| Error::at(&self.target, error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        current().take();
        // After `finish` there is nothing of this name any more.
        let _ = fs::remove_file(&self.path);
    }
}

fn current() -> std::sync::MutexGuard<'static, Option<PathBuf>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_file_takes_its_name_or_goes() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out.h5");
        fs::write(&target, "old").unwrap();
        let partial = Partial::new(&target).unwrap();
        fs::write(partial.path(), "half").unwrap();
        drop(partial);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let partial = Partial::new(&target).unwrap();
        fs::write(partial.path(), "new").unwrap();
        partial.finish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(Partial::new(dir.path()).is_err());
    }
}
