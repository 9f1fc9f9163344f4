//! A file in members of one size.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{FileStorage, ReadAt, SyncMode, WriteAt};

/// Files of the operating system, one after the other, as one storage: all have the same size, but
/// for the last that has any bytes.
///
/// What would be at the end of the last member stays there, so that a family that grows gets more
/// members, and one that shrinks has them emptied and removed.
pub struct FamilyStorage {
    /// The path of the members before and after their number, and the digits of that.
    pattern: Pattern,
    member_size: u64,
    writable: bool,
    members: RwLock<Vec<FileStorage>>,
}

/// How members are named: `%d`, perhaps with a width as in `%05d`, stands for their number.
#[derive(Debug, Clone)]
struct Pattern {
    before: String,
    digits: usize,
    after: String,
}

impl Pattern {
    fn of(path: &Path) -> io::Result<Self> {
        Self::parse(path).ok_or_else(|| invalid("the path has no %d for the member's number"))
    }

    fn parse(path: &Path) -> Option<Self> {
        let text = path.to_str()?;
        let start = text.find('%')?;
        let rest = text.get(start.saturating_add(1)..)?;
        let (digits, after) = rest.split_once('d')?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() > 3 {
            return None;
        }
        let digits = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        Some(Self { before: text.get(..start)?.to_owned(), digits, after: after.to_owned() })
    }

    fn member(&self, number: usize) -> PathBuf {
        format!("{}{number:0digits$}{}", self.before, self.after, digits = self.digits).into()
    }

    fn has(&self, number: usize) -> bool {
        self.member(number).symlink_metadata().is_ok()
    }

    /// Whether member `first` or one behind it is there, even if others between are missing.
    fn has_from(&self, first: usize) -> io::Result<bool> {
        // Where each member is in a folder of its own, they are not listed.
        if self.has(first) || self.after.contains(std::path::is_separator) {
            return Ok(self.has(first));
        }
        let name = self.before.rfind(std::path::is_separator).map_or(0, |at| at.saturating_add(1));
        let (folder, before) = self.before.split_at(name);
        for entry in std::fs::read_dir(if folder.is_empty() { "." } else { folder })? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(before)?.strip_suffix(&*self.after));
            if let Some(number) = number.and_then(|digits| digits.parse().ok())
                && number >= first
                && self.member(number).file_name() == Some(&*name)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "a file has the name of a member yet to be made")
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl FamilyStorage {
    /// Whether `path` has the `%d` that stands for the number of a member.
    pub fn is_pattern(path: impl AsRef<Path>) -> bool {
        Pattern::parse(path.as_ref()).is_some()
    }

    /// The paths of the first member, the second, and so on without end.
    ///
    /// # Errors
    /// `InvalidInput` if there is no `%d`.
    pub(crate) fn member_paths(path: &Path) -> io::Result<impl Iterator<Item = PathBuf>> {
        let pattern = Pattern::of(path)?;
        Ok((0..).map(move |number| pattern.member(number)))
    }

    /// Opens the members that there are, to read them. In `path`, `%d` stands for the number of a
    /// member, `%05d` for one of at least five digits. A `member_size` of 0 is that of the first.
    ///
    /// What a member that is not the last lacks cannot be read.
    ///
    /// # Errors
    /// `InvalidInput` if there is no `%d`, and those of the operating system.
    pub fn open(path: impl AsRef<Path>, member_size: u64) -> io::Result<Self> {
        Self::existing(path.as_ref(), member_size, false)
    }

    /// Opens the members that there are, to read and change them.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_rw(path: impl AsRef<Path>, member_size: u64) -> io::Result<Self> {
        Self::existing(path.as_ref(), member_size, true)
    }

    /// Creates the first member, or empties those that are there.
    ///
    /// # Errors
    /// `InvalidInput` if there is no `%d` or the size is 0, `AlreadyExists` if there are members behind one
    /// that is missing, and those of the operating system.
    pub fn create(path: impl AsRef<Path>, member_size: u64) -> io::Result<Self> {
        Self::with_first(path.as_ref(), member_size, |pattern| {
            let missing = (0..).find(|&number| !pattern.has(number)).unwrap_or(0);
            // They would belong to the new family once it has grown so far.
            if pattern.has_from(missing)? { Err(taken()) } else { FileStorage::create(pattern.member(0)) }
        })
    }

    /// Creates the first member, of a family of which none must be there yet.
    ///
    /// # Errors
    /// `AlreadyExists`, and those of [`create`](Self::create).
    pub fn create_new(path: impl AsRef<Path>, member_size: u64) -> io::Result<Self> {
        Self::with_first(path.as_ref(), member_size, |pattern| match pattern.has_from(0)? {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => FileStorage::create_new(pattern.member(0)),
        })
    }

    fn with_first(
        path: &Path,
        member_size: u64,
        create: impl FnOnce(&Pattern) -> io::Result<FileStorage>,
    ) -> io::Result<Self> {
        let pattern = Pattern::of(path)?;
        if member_size == 0 {
            return Err(invalid("the members of a family have a size"));
        }
        create(&pattern)?;
        let family = Self::existing(path, member_size, true)?;
        family.set_len(0)?;
        Ok(family)
    }

    fn existing(path: &Path, member_size: u64, writable: bool) -> io::Result<Self> {
        let pattern = Pattern::of(path)?;
        let open = |number: usize| match writable {
            true => FileStorage::open_rw(pattern.member(number)),
            false => FileStorage::open(pattern.member(number)),
        };
        let mut members = vec![open(0)?];
        let member_size = match (member_size, members.first()) {
            (0, Some(first)) => first.len()?,
            _ => member_size,
        };
        // A family of one empty member has no size to tell.
        let member_size = member_size.max(1);
        loop {
            match open(members.len()) {
                Ok(member) => members.push(member),
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Self { pattern, member_size, writable, members: RwLock::new(members) })
    }

    /// The bytes of each member but the last, which may have fewer.
    pub fn member_size(&self) -> u64 {
        self.member_size
    }

    fn members(&self) -> RwLockReadGuard<'_, Vec<FileStorage>> {
        self.members.read().unwrap_or_else(|poison| poison.into_inner())
    }

    fn members_mut(&self) -> RwLockWriteGuard<'_, Vec<FileStorage>> {
        self.members.write().unwrap_or_else(|poison| poison.into_inner())
    }

    /// Up to the end of the last member that is not empty: the C library leaves empty ones behind it.
    fn len_of(&self, members: &[FileStorage]) -> io::Result<u64> {
        for (number, member) in members.iter().enumerate().rev() {
            let len = member.len()?.min(self.member_size);
            if len > 0 {
                return Ok((number as u64).saturating_mul(self.member_size).saturating_add(len));
            }
        }
        Ok(0)
    }

    /// Calls `visit` with each member that `len` bytes at `offset` touch, the offset in it, and which
    /// of the bytes these are.
    fn split(
        &self,
        offset: u64,
        len: usize,
        mut visit: impl FnMut(usize, u64, Range<usize>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut done = 0_usize;
        while done < len {
            let at = offset.checked_add(done as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
            let (member, inside) = (at / self.member_size, at % self.member_size);
            let room = usize::try_from(self.member_size - inside).unwrap_or(usize::MAX);
            let end = done + room.min(len - done);
            visit(usize::try_from(member).map_err(|_| io::ErrorKind::UnexpectedEof)?, inside, done..end)?;
            done = end;
        }
        Ok(())
    }

    /// Makes the family `len` bytes long.
    fn resize(&self, members: &mut Vec<FileStorage>, len: u64) -> io::Result<()> {
        let count = usize::try_from(len.div_ceil(self.member_size).max(1))
            .map_err(|_| io::ErrorKind::InvalidInput)?;
        while members.len() > count {
            if let Some(last) = members.pop() {
                last.set_len(0)?;
            }
            std::fs::remove_file(self.pattern.member(members.len()))?;
        }
        // What has the name of the next would belong to the family when it is opened again.
        if members.len() < count && (members.len()..=count).any(|number| self.pattern.has(number)) {
            return Err(taken());
        }
        while members.len() < count {
            if let Some(last) = members.last() {
                last.set_len(self.member_size)?;
            }
            members.push(FileStorage::create_new(self.pattern.member(members.len()))?);
        }
        // Those that the C library left empty at the end, or short, become whole.
        for member in members.iter().rev().skip(1) {
            if member.len()? >= self.member_size {
                break;
            }
            member.set_len(self.member_size)?;
        }
        let before = (count as u64 - 1) * self.member_size;
        members.last().map_or(Ok(()), |last| last.set_len(len - before.min(len)))
    }
}

impl ReadAt for FamilyStorage {
    fn len(&self) -> io::Result<u64> {
        self.len_of(&self.members())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let members = self.members();
        let end = offset.checked_add(buf.len() as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        if end > self.len_of(&members)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.split(offset, buf.len(), |number, at, range| {
            members.get(number).ok_or(io::ErrorKind::UnexpectedEof)?.read_at(at, &mut buf[range])
        })
    }
}

impl WriteAt for FamilyStorage {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = offset.checked_add(bytes.len() as u64).ok_or(io::ErrorKind::InvalidInput)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let mut members = self.members_mut();
        if end > self.len_of(&members)? {
            self.resize(&mut members, end)?;
        }
        self.split(offset, bytes.len(), |number, at, range| {
            members.get(number).ok_or(io::ErrorKind::UnexpectedEof)?.write_at(at, &bytes[range])
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if !self.writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.resize(&mut self.members_mut(), len)
    }

    fn sync(&self, mode: SyncMode) -> io::Result<()> {
        self.members().iter().try_for_each(|member| member.sync(mode))
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{check_read_at, check_write_at};
    use super::*;

    #[test]
    fn families_are_conformant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part%03d.bin");
        check_write_at(&FamilyStorage::create(&path, 700).unwrap());
        assert!(folder.path().join("part005.bin").exists());
        let bytes: Vec<u8> = (0..=255).cycle().take(2000).collect();
        for (number, part) in bytes.chunks(600).enumerate() {
            std::fs::write(folder.path().join(format!("{number}.bin")), part).unwrap();
        }
        check_read_at(&FamilyStorage::open(folder.path().join("%d.bin"), 0).unwrap(), &bytes);
    }

    #[test]
    fn empty_members_at_the_end_do_not_count_and_short_ones_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        for (number, len) in [100, 60, 100, 30, 0, 0].into_iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number}.bin")), vec![1 + number as u8; len]).unwrap();
        }
        let family = FamilyStorage::open_rw(folder.path().join("%d.bin"), 100).unwrap();
        assert_eq!(family.len().unwrap(), 330);
        let read = |offset: u64, len: usize| {
            let mut buf = vec![0; len];
            family.read_at(offset, &mut buf).map(|()| buf).map_err(|error| error.kind())
        };
        assert_eq!(read(150, 10).unwrap(), [2; 10]);
        assert_eq!(read(150, 60), Err(io::ErrorKind::UnexpectedEof), "not zeros");
        assert_eq!(read(200, 130).unwrap().len(), 130);
        assert_eq!(read(300, 31), Err(io::ErrorKind::UnexpectedEof));
        family.set_len(320).unwrap();
        assert!(!folder.path().join("4.bin").exists());
        drop(family);
        for number in 0..4 {
            let error = FamilyStorage::create_new(folder.path().join("%d.bin"), 100).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            std::fs::remove_file(folder.path().join(format!("{}.bin", [0, 2, 3, 1][number]))).unwrap();
        }
        FamilyStorage::create_new(folder.path().join("%d.bin"), 100).unwrap();
    }

    #[test]
    fn a_family_takes_in_no_files_that_were_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, stranger) = (folder.path().join("p%02d.bin"), folder.path().join("p07.bin"));
        // Names of no member.
        for name in ["p7.bin", "p007.bin", "p+7.bin", "p08.bin2", "q08.bin"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let kind = |result: io::Result<FamilyStorage>| result.err().map(|error| error.kind());
        std::fs::write(&stranger, "stranger").unwrap();
        assert_eq!(kind(FamilyStorage::create_new(&path, 10)), Some(io::ErrorKind::AlreadyExists));
        assert_eq!(kind(FamilyStorage::create(&path, 10)), Some(io::ErrorKind::AlreadyExists));
        std::fs::remove_file(&stranger).unwrap();
        let family = FamilyStorage::create_new(&path, 10).unwrap();
        std::fs::write(&stranger, "stranger").unwrap();
        family.set_len(60).unwrap();
        for len in [61, 75, 100] {
            assert_eq!(family.set_len(len).unwrap_err().kind(), io::ErrorKind::AlreadyExists, "{len}");
        }
        assert_eq!(std::fs::read(&stranger).unwrap(), b"stranger");
        drop(family);
        assert_eq!(FamilyStorage::open(&path, 10).unwrap().len().unwrap(), 60);
    }

    #[test]
    fn the_path_must_have_a_place_for_the_number() {
        assert!(FamilyStorage::is_pattern("a%d.h5") && FamilyStorage::is_pattern("a%05d"));
        assert!(!FamilyStorage::is_pattern("a.h5") && !FamilyStorage::is_pattern("a%s.h5"));
        let error = FamilyStorage::open("nowhere.h5", 0).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
