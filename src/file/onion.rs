//! Revisions of a file: what the onion driver keeps in a second file beside it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{File, FileBuilder};
use crate::filter::fletcher32;
use crate::format::onion::{Header, HistoryStart, Page, RecordPlace, RecordStart, list, split_checksum};
use crate::format::{Reader, Structure, Widths, encode};
use crate::storage::{FileStorage, ReadAt};
use crate::{Error, Result};

impl FileBuilder {
    /// Opens a revision of a file that the onion driver wrote, to read it: as it was before (0) or
    /// after as many changes. What changed is in the file of the same name with `.onion` after it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and `NotFound` if there is no such revision.
    pub fn open_revision(&self, path: impl AsRef<Path>, revision: u64) -> Result<File> {
        let path = path.as_ref();
        let open = || {
            let original = FileStorage::open(path)?;
            self.open_reader(Arc::new(History::open(path)?.revision(original, revision)?), path)
        };
        open().map_err(|error| error.with_path(path.to_string_lossy()))
    }
}

impl File {
    /// How many revisions the onion driver keeps of the file at `path`.
    ///
    /// # Errors
    /// `Io` if there is no history of the file, `Format` if it is damaged.
    pub fn revision_count(path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let history = History::open(path).map_err(|error| error.with_path(path.to_string_lossy()))?;
        Ok(history.records.len() as u64)
    }
}

/// The history file.
struct History {
    storage: FileStorage,
    header: Header,
    records: Vec<RecordPlace>,
}

/// The bytes of a structure, of which the last four are their checksum, which is compared.
fn sealed(storage: &FileStorage, address: u64, size: u64) -> Result<Vec<u8>> {
    let end = address.checked_add(size).filter(|&end| storage.len().is_ok_and(|len| end <= len));
    let size = usize::try_from(size).ok().filter(|_| end.is_some());
    let size = size.ok_or_else(|| Error::format("a structure reaches beyond the file").at(address))?;
    let mut bytes = vec![0; size];
    storage.read_at(address, &mut bytes)?;
    let Some(len) = covered(&bytes) else {
        return Err(Error::format("the checksum does not match").in_field("checksum").at(address));
    };
    bytes.truncate(len);
    Ok(bytes)
}

/// How many bytes of a structure its checksum covers, if it matches.
fn covered(structure: &[u8]) -> Option<usize> {
    let (covered, checksum) = split_checksum(structure)?;
    (fletcher32::checksum(covered) == checksum).then_some(covered.len())
}

/// Whether the checksum of what says where something is matches.
fn is_intact(place: &impl Structure<Context = ()>) -> bool {
    encode(place, &(), Widths::default()).is_ok_and(|bytes| covered(&bytes).is_some())
}

fn reader<'a>(bytes: &'a [u8], address: u64, name: &'static str) -> Reader<'a> {
    Reader::new(bytes, address, Widths::default(), name)
}

impl History {
    fn open(path: &Path) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".onion");
        let storage = FileStorage::open(PathBuf::from(name))?;
        let bytes = sealed(&storage, 0, Header::SIZE as u64)?;
        let header = Header::decode(&mut reader(&bytes, 0, Header::NAME), &())?;
        let address = header.history_address;
        let bytes = sealed(&storage, address, header.history_size)?;
        let mut r = reader(&bytes, address, HistoryStart::NAME);
        let start = HistoryStart::decode(&mut r, &())?;
        let records = list(&mut r, start.revisions)?;
        Ok(Self { storage, header, records })
    }

    /// The file as it was after `number` changes to `original`.
    fn revision(self, original: FileStorage, number: u64) -> Result<Revision> {
        let page_size = self.header.page_size;
        let before = Revision {
            original,
            original_size: self.header.original_size,
            changed: self.storage,
            page_size: u64::from(page_size),
            size: self.header.original_size,
            pages: BTreeMap::new(),
        };
        let Some(index) = number.checked_sub(1) else { return Ok(before) };
        let place = usize::try_from(index).ok().and_then(|index| self.records.get(index));
        let place = place.ok_or_else(|| Error::not_found(format!("there is no revision {number}")))?;
        if !is_intact(place) {
            return Err(Error::format("the checksum of a record's place does not match")
                .in_structure(RecordPlace::NAME)
                .in_field("checksum"));
        }
        let bytes = sealed(&before.changed, place.address, place.size)?;
        let mut r = reader(&bytes, place.address, RecordStart::NAME);
        let start = RecordStart::decode(&mut r, &())?;
        if start.revision != index {
            return Err(r.error("revision", format!("revision {index} says that it is {}", start.revision)));
        }
        if start.page_size != page_size || !page_size.is_power_of_two() {
            return Err(r.error("page_size", "the size of a page is none, or not that of the file"));
        }
        let pages: Vec<Page> = list(&mut r, start.pages)?;
        let end = before.check_pages(&pages).map_err(|(field, message)| r.error(field, message))?;
        if start.size > end {
            return Err(r.error("size", "the file is longer than what it is made of"));
        }
        let pages = pages.iter().map(|page| (page.offset, page.address)).collect();
        Ok(Revision { size: start.size, pages, ..before })
    }
}

/// One revision: pages of the history file, and what is left of the original.
struct Revision {
    original: FileStorage,
    original_size: u64,
    changed: FileStorage,
    page_size: u64,
    size: u64,
    /// Where in the history file pages are, by their offset.
    pages: BTreeMap<u64, u64>,
}

impl Revision {
    /// How long a file with these pages may be; or what is wrong with them, by field.
    fn check_pages(&self, pages: &[Page]) -> Result<u64, (&'static str, &'static str)> {
        let len = self.changed.len().unwrap_or(0);
        let mut end = self.original_size;
        for page in pages {
            if !is_intact(page) {
                return Err(("checksum", "the checksum of a page's place does not match"));
            }
            if page.offset & self.page_size.wrapping_sub(1) != 0 {
                return Err(("pages", "a page does not start at a multiple of its size"));
            }
            if page.address.checked_add(self.page_size).is_none_or(|end| end > len) {
                return Err(("pages", "a page reaches beyond the file"));
            }
            end = end.max(page.offset.saturating_add(self.page_size));
        }
        Ok(end)
    }

    /// Fills `buf` from within the page that starts at `page`.
    fn read_page(&self, page: u64, within: u64, buf: &mut [u8]) -> io::Result<()> {
        if let Some(address) = self.pages.get(&page) {
            let from = address.checked_add(within).ok_or(io::ErrorKind::UnexpectedEof)?;
            return self.changed.read_at(from, buf);
        }
        let from = page.saturating_add(within);
        let kept = self.original_size.saturating_sub(from).min(buf.len() as u64);
        let (kept, beyond) = buf.split_at_mut(usize::try_from(kept).unwrap_or(0));
        beyond.fill(0);
        if kept.is_empty() { Ok(()) } else { self.original.read_at(from, kept) }
    }
}

impl ReadAt for Revision {
    fn len(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buf.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (mut at, mut rest) = (offset, buf);
        while !rest.is_empty() {
            let within = at.checked_rem(self.page_size).unwrap_or(0);
            let in_page = self.page_size.saturating_sub(within).min(rest.len() as u64);
            // A page of no size would never end.
            let len = if self.page_size == 0 { rest.len() } else { usize::try_from(in_page).unwrap_or(1) };
            let (part, after) = rest.split_at_mut(len);
            self.read_page(at.saturating_sub(within), within, part)?;
            at = at.saturating_add(len as u64);
            rest = after;
        }
        Ok(())
    }
}
