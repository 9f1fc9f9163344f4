//! The files that were opened through one another.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use super::{ExternalLinks, Purpose, candidates, not_opened};
use crate::file::{FileBuilder, Shared};
use crate::storage::FamilyStorage;
use crate::{Error, Result};

/// A file that was opened by its user, and those it led to: none is opened twice at a time.
#[derive(Debug)]
pub(crate) struct Family {
    /// How the first was opened; so are the others, to read.
    builder: FileBuilder,
    open: Mutex<HashMap<Key, Weak<Shared>>>,
}

/// A file by its path without symbolic links, that of its first member if it is in several, which is
/// another file than this member alone.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    in_members: bool,
}

impl Family {
    pub(crate) fn new(builder: FileBuilder) -> Arc<Self> {
        Arc::new(Self { builder, open: Mutex::default() })
    }

    pub(crate) fn builder(&self) -> &FileBuilder {
        &self.builder
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Key, Weak<Shared>>> {
        self.open.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// What a file that may be opened is known by; if it is in several, all of them are checked.
    ///
    /// # Errors
    /// As [`ExternalLinks::admit`].
    fn admit(&self, links: &ExternalLinks, path: &Path) -> io::Result<Key> {
        if !self.builder.leads_to_family(path) {
            return Ok(Key { path: links.admit(path)?, in_members: false });
        }
        let mut members = FamilyStorage::member_paths(path)?;
        let first = links.admit(&members.next().unwrap_or_default())?;
        for member in members {
            match links.admit(&member) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Key { path: first, in_members: true })
    }

    /// Enters the file at `path`, unless it is there.
    pub(crate) fn enter(&self, path: &Path, shared: Arc<Shared>) -> Arc<Shared> {
        match self.admit(&ExternalLinks::Follow, path) {
            Ok(key) => self.enter_as(key, shared),
            Err(_) => shared,
        }
    }

    fn enter_as(&self, key: Key, shared: Arc<Shared>) -> Arc<Shared> {
        let mut open = self.open();
        if let Some(there) = open.get(&key).and_then(Weak::upgrade) {
            // The other is dropped when the lock is free again.
            return there;
        }
        open.retain(|_, shared| shared.strong_count() > 0);
        open.insert(key, Arc::downgrade(&shared));
        shared
    }

    /// The file called `name` by the one at `from`; none if there is no such file.
    ///
    /// # Errors
    /// `Limit` if the options bar it, `Format` and `Io` if it cannot be opened.
    pub(crate) fn find(
        self: &Arc<Self>,
        name: &[u8],
        from: &Path,
        purpose: Purpose,
    ) -> Result<Option<Arc<Shared>>> {
        let links = self.builder.external_policy();
        let mut failed = None;
        for candidate in candidates(name, from, purpose) {
            let key = match self.admit(links, &candidate) {
                Ok(key) => key,
                Err(error) => {
                    if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
                        failed.get_or_insert(not_opened(error, &candidate));
                    }
                    continue;
                }
            };
            let there = self.open().get(&key).and_then(Weak::upgrade);
            if let Some(shared) = there {
                return Ok(Some(shared));
            }
            match self.builder.open_in(self, &candidate) {
                Ok(shared) => return Ok(Some(self.enter_as(key, shared))),
                // The C library goes on to the next place, too.
                Err(error) => drop(failed.get_or_insert(error.with_path(candidate.to_string_lossy()))),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// The file that an external link names.
    ///
    /// # Errors
    /// As [`find`](Self::find), and `NotFound`.
    pub(crate) fn follow(self: &Arc<Self>, name: &[u8], from: &Path) -> Result<Arc<Shared>> {
        self.find(name, from, Purpose::Link)?.ok_or_else(|| {
            let name = String::from_utf8_lossy(name);
            Error::not_found(format!("an external link leads to the file \"{name}\", which is not there"))
        })
    }
}
