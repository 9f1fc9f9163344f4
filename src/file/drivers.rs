//! Files whose bytes are in several files of the operating system.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{File, FileBuilder};
use crate::external::{ExternalLinks, not_opened};
use crate::format::driver_info::{self, MultiMember, MultiMembers};
use crate::format::message::file::DriverInfo;
use crate::object::extension;
use crate::storage::{FamilyStorage, FileStorage, MultiStorage, ReadAt, WriteAt};
use crate::store::{Members, Store};
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
    /// What a new file says of its driver.
    pub(crate) fn info(&self) -> Option<DriverInfo> {
        match *self {
            Self::Family { member_size } => {
                Some(DriverInfo { driver: driver_info::FAMILY, data: driver_info::family(member_size) })
            }
            _ => None,
        }
    }

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
    /// say, `%05d` stands for the number of each. To open, 0 is the size that the file tells; another than that
    /// is an error.
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
        let Driver::Family { member_size } = *self.driver() else {
            return match mode {
                OpenMode::Read => self.open_reader(self.multi_reader(path)?, path),
                _ => Err(Error::unsupported("changing or creating a file in several files in this way")),
            };
        };
        let there = match mode {
            OpenMode::Read | OpenMode::ReadWrite => true,
            OpenMode::Create | OpenMode::CreateExcl => false,
            OpenMode::Append => match FamilyStorage::open(path, member_size) {
                Ok(_) => true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(error.into()),
            },
        };
        if there {
            let member_size = self.family_size(path, member_size)?;
            let builder = self.with_family(member_size);
            return match mode {
                OpenMode::Read => {
                    builder.open_reader(Arc::new(FamilyStorage::open(path, member_size)?), path)
                }
                _ => builder.open_writer(Arc::new(FamilyStorage::open_rw(path, member_size)?), path),
            };
        }
        let storage: Arc<dyn WriteAt> = Arc::new(match mode {
            OpenMode::Create => FamilyStorage::create(path, member_size)?,
            _ => FamilyStorage::create_new(path, member_size)?,
        });
        self.create_writer(storage, path)
    }

    /// Whether the file at `path`, to which one with these options leads, is a family, too.
    pub(crate) fn leads_to_family(&self, path: &Path) -> bool {
        matches!(self.driver(), Driver::Family { .. }) && FamilyStorage::is_pattern(path)
    }

    /// The storage of the family at `path`, to which another leads, to read it; and its members. (In the
    /// C library they must have the size of the other's.)
    pub(super) fn family_reader(&self, path: &Path) -> Result<(Arc<dyn ReadAt>, Members)> {
        let member_size = self.family_size(path, 0)?;
        Ok((Arc::new(FamilyStorage::open(path, member_size)?), Members::Family(member_size)))
    }

    fn with_family(&self, member_size: u64) -> Self {
        let mut builder = self.clone();
        builder.drive(Driver::Family { member_size });
        builder
    }

    /// The size of the members: the one asked for or, if that is 0, the one that the file tells. Where it
    /// tells none, that of the first member, as the C library has it, unless that is the only one.
    fn family_size(&self, path: &Path, asked: u64) -> Result<u64> {
        // Until the file is asked, the first member has the size that each has, as in the C library.
        let family = FamilyStorage::open(path, 0)?;
        let (first, alone) = (family.member_size(), family.len()? <= family.member_size());
        let told = match self.told_driver(Arc::new(family))? {
            Some(told) if told.driver == driver_info::FAMILY => {
                if asked != 0 {
                    Members::Family(asked).check(told.driver, &told.data)?;
                }
                driver_info::family_member_size(&told.data)
            }
            _ => None,
        };
        match (told, asked) {
            (Some(0), _) => Err(Error::format("the members of the family have no size")),
            // Other bytes would be taken for those of an address.
            (Some(told), _) if told < first || (told > first && !alone) => Err(Error::format(format!(
                "the first member of the family has {first} bytes, though the file tells {told}"
            ))),
            (Some(told), _) => Ok(told),
            (None, asked) if asked != 0 && alone => Ok(asked),
            (None, _) => Ok(first),
        }
    }

    /// What the file says of its driver.
    fn told_driver(&self, storage: Arc<dyn ReadAt>) -> Result<Option<DriverInfo>> {
        extension::driver(&Store::open(storage, &self.options_for(Members::Any))?)
    }

    /// The storage of a file in several files, to read.
    fn multi_reader(&self, path: &Path) -> Result<Arc<dyn ReadAt>> {
        let usual = match self.driver() {
            Driver::Split { .. } => MultiMembers::split(),
            _ => MultiMembers::usual(),
        };
        let found = self.members_at(path, &usual)?;
        let told = match self.told_driver(found.clone())? {
            Some(told) if told.driver == driver_info::MULTI => MultiMembers::decode(&told.data)?,
            _ => return Ok(found),
        };
        if told == usual { Ok(found) } else { self.members_at(path, &told) }
    }

    /// The files of a file in several, as one. One that is not there is not read, and what was in it cannot
    /// be; the first must be there.
    fn members_at(&self, path: &Path, members: &MultiMembers) -> Result<Arc<dyn ReadAt>> {
        let mut parts = Vec::new();
        for member in &members.0 {
            let file = self.member_path(path, member);
            match self.open_member(&file, member) {
                Ok(storage) => parts.push((member.start, storage)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && member.start != 0 => {}
                Err(error) => return Err(not_opened(error, &file)),
            }
        }
        Ok(Arc::new(MultiStorage::new(parts)?))
    }

    /// Where a member is: the names of a split file's two come from its user, others from the file.
    fn member_path(&self, path: &Path, member: &MultiMember) -> PathBuf {
        match (self.driver(), member.kind) {
            (Driver::Split { metadata, .. }, MultiMember::SUPERBLOCK) => append(path, metadata),
            (Driver::Split { raw, .. }, MultiMember::RAW) => append(path, raw),
            (_, MultiMember::SUPERBLOCK) => append(path, "-s.h5"),
            _ => named(path, &member.name),
        }
    }

    /// Opens a member. The policy for names that come from files decides on those that are not as usual.
    fn open_member(&self, file: &Path, member: &MultiMember) -> io::Result<FileStorage> {
        let given = matches!(
            (self.driver(), member.kind),
            (_, MultiMember::SUPERBLOCK) | (Driver::Split { .. }, MultiMember::RAW)
        );
        let usual = member.name == MultiMember::usual_name(member.kind);
        match self.external_policy() {
            _ if given => FileStorage::open(file),
            // What the user asked for is no name that the file came up with.
            ExternalLinks::Follow | ExternalLinks::Never if usual => FileStorage::open(file),
            policy => policy.open(file),
        }
    }
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
