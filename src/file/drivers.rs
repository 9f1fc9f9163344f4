//! Files whose bytes are in several files of the operating system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{File, FileBuilder};
use crate::storage::{FamilyStorage, FileStorage, MultiStorage, ReadAt, WriteAt};
use crate::store::{Members, driver_members, told_member_size};
use crate::{Error, Result};

use super::OpenMode;

/// How the bytes of a file are spread over files of the operating system.
#[derive(Debug, Clone, Default)]
pub(crate) enum Driver {
    #[default]
    Single,
    Family {
        member_size: u64,
    },
    Split {
        metadata: String,
        raw: String,
    },
    Multi,
}

impl Driver {
    /// What the file may say of its driver.
    pub(crate) fn members(&self) -> Members {
        match self {
            Self::Single => Members::One,
            Self::Family { member_size } => Members::Family(*member_size),
            Self::Split { .. } | Self::Multi => Members::Multi,
        }
    }
}

/// Files in several.
impl FileBuilder {
    /// The file is a family: files of `member_size` bytes, one after the other. In the path, `%d` or,
    /// say, `%05d` stands for the number of each. To open, 0 is the size that the file tells or, if it does
    /// not, as with those created here, that of the first: a family of one file is to be opened with its
    /// size if it may grow.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// let path = dir.path().join("part%02d.h5");
    /// let file = hdfive::File::with_options().family(1 << 10).create(&path)?;
    /// file.new_dataset_builder().with_data(&[7_u8; 3000]).create("data")?;
    /// file.close()?;
    /// assert!(dir.path().join("part02.h5").exists());
    /// let file = hdfive::File::with_options().family(0).open(&path)?;
    /// assert_eq!(file.dataset("data")?.read_raw::<u8>()?, [7; 3000]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn family(&mut self, member_size: u64) -> &mut Self {
        self.drive(Driver::Family { member_size })
    }

    /// The file is split: metadata in the file whose name is the path and `metadata`, raw data in the
    /// one whose name is the path and `raw` ("-m.h5" and "-r.h5" in the C library). Such files can
    /// be read only.
    pub fn split(&mut self, metadata: impl Into<String>, raw: impl Into<String>) -> &mut Self {
        self.drive(Driver::Split { metadata: metadata.into(), raw: raw.into() })
    }

    /// The file has parts in several files, as it says itself; the superblock is in the file whose
    /// name is the path and "-s.h5". Such files can be read only.
    pub fn multi(&mut self) -> &mut Self {
        self.drive(Driver::Multi)
    }

    pub(super) fn open_members(&self, path: &Path, mode: OpenMode) -> Result<File> {
        match (self.driver(), mode) {
            (Driver::Family { member_size }, OpenMode::Read) => {
                let member_size = family_size(path, *member_size)?;
                let storage = Arc::new(FamilyStorage::open(path, member_size)?);
                self.clone().drive(Driver::Family { member_size }).open_reader(storage, path)
            }
            (Driver::Family { member_size }, OpenMode::ReadWrite) => {
                let member_size = family_size(path, *member_size)?;
                let storage = Arc::new(FamilyStorage::open_rw(path, member_size)?);
                self.clone().drive(Driver::Family { member_size }).open_writer(storage, path)
            }
            (Driver::Family { member_size }, OpenMode::Create) => {
                let storage: Arc<dyn WriteAt> = Arc::new(FamilyStorage::create(path, *member_size)?);
                self.create_writer(storage, path)
            }
            (_, OpenMode::Read) => self.open_reader(self.multi_reader(path)?, path),
            _ => Err(Error::unsupported("changing or creating a file in several files in this way")),
        }
    }

    /// The storage of a file in several files, to read.
    pub(super) fn multi_reader(&self, path: &Path) -> Result<Arc<dyn ReadAt>> {
        let (first, raw) = match self.driver() {
            Driver::Split { metadata, raw } => (metadata.as_str(), Some(raw.as_str())),
            _ => ("-s.h5", None),
        };
        let first = Arc::new(open(&append(path, first))?);
        let told = driver_members(&first)?;
        let mut members: Vec<(u64, Arc<FileStorage>)> = Vec::new();
        for (start, name) in told.unwrap_or_else(|| vec![(0, Vec::new()), (u64::MAX / 2, Vec::new())]) {
            let storage = match (start, raw) {
                (0, _) => first.clone(),
                (_, Some(raw)) => Arc::new(open(&append(path, raw))?),
                _ => Arc::new(open(&named(path, &name))?),
            };
            members.push((start, storage));
        }
        Ok(Arc::new(MultiStorage::new(members)?))
    }
}

/// The size of the members: the one asked for or, if that is 0, the one that the file tells, or that of
/// the first member.
fn family_size(path: &Path, asked: u64) -> Result<u64> {
    if asked != 0 {
        return Ok(asked);
    }
    let family = FamilyStorage::open(path, 0)?;
    Ok(told_member_size(&family)?.unwrap_or(family.member_size()))
}

fn open(path: &Path) -> Result<FileStorage> {
    FileStorage::open(path).map_err(|error| Error::from(error).with_path(path.to_string_lossy()))
}

fn append(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    name.into()
}

/// The path of a member by its name, in which `%s` stands for the whole's.
fn named(path: &Path, name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).replacen("%s", &path.to_string_lossy(), 1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_after_the_whole() {
        assert_eq!(named(Path::new("a/b"), b"%s-m.h5"), Path::new("a/b-m.h5"));
        assert_eq!(append(Path::new("a/b"), "-r.h5"), Path::new("a/b-r.h5"));
    }
}
