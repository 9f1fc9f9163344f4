//! What the superblock extension says of the file's space and metadata, as far as it decides
//! whether the file can be opened and changed.

use std::sync::Arc;

use super::{Members, Rank, Space, Store};
use crate::format::cache_image::CacheImage;
use crate::format::message::MessageBody;
use crate::format::message::file::{
    BTreeK, CacheImageLocation, DriverInfo, FileSpaceInfo, FileSpaceStrategy,
};
use crate::format::message::object::Continuation;
use crate::format::object_header::{ContinuationChunk, ContinuationShape, FirstChunk, MessageArea};
use crate::format::{Address, Reader, Structure, encode};
use crate::{Error, Result};

/// Where in the superblock extension a message is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    chunk: Chunk,
    message: usize,
}

/// A metadata cache image, and where it is named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    place: Place,
    address: u64,
    len: u64,
}

/// The type of a message that says nothing.
const NIL: u16 = 0;

/// A chunk of the superblock extension.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    address: u64,
    /// None for the first.
    continuation: Option<ContinuationShape>,
}

impl Store {
    /// Refuses what this version cannot open, and finds what must change with the first commit.
    pub(super) fn check_extension(&mut self, members: Members) -> Result<()> {
        let extension = self.superblock.as_ref().and_then(|superblock| superblock.extension().get());
        let Some(address) = extension else { return Ok(()) };
        let first = self.fetch::<FirstChunk>(address, &())?;
        let shape = first.prefix.shape();
        let mut chunks = vec![Chunk { address, continuation: None }];
        let mut next = 0;
        while let Some(&chunk) = chunks.get(next) {
            if next > self.limits.header_chunks as usize {
                return Err(Error::limit("the superblock extension has too many chunks").at(address));
            }
            next = next.saturating_add(1);
            let area = self.extension_area(chunk)?;
            for (message, found) in area.messages.iter().enumerate() {
                match found.kind {
                    Continuation::TYPE => {
                        let body = self.body::<Continuation>(&found.body, chunk)?;
                        let continuation = ContinuationShape { messages: shape, len: body.length.0 };
                        let address = body.address.require(Continuation::NAME)?;
                        chunks.push(Chunk { address, continuation: Some(continuation) });
                    }
                    FileSpaceInfo::TYPE if !found.was_unknown() => {
                        let info = self.body::<FileSpaceInfo>(&found.body, chunk)?;
                        if self.home.writable() {
                            self.check_file_space(&info, Place { chunk, message })?;
                        }
                    }
                    DriverInfo::TYPE => {
                        let info = self.body::<DriverInfo>(&found.body, chunk)?;
                        members.check(info.driver, &info.data)?;
                    }
                    BTreeK::TYPE => drop(self.body::<BTreeK>(&found.body, chunk)?),
                    CacheImageLocation::TYPE => {
                        let image = self.body::<CacheImageLocation>(&found.body, chunk)?;
                        self.apply_cache_image(image, Place { chunk, message })?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn extension_area(&self, chunk: Chunk) -> Result<MessageArea> {
        Ok(match chunk.continuation {
            None => self.fetch::<FirstChunk>(chunk.address, &())?.area.clone(),
            Some(shape) => self.fetch::<ContinuationChunk>(chunk.address, &shape)?.area.clone(),
        })
    }

    fn body<T: MessageBody>(&self, body: &[u8], chunk: Chunk) -> Result<T> {
        T::decode(&mut Reader::new(body, chunk.address, self.widths, T::NAME), &())
    }

    fn check_file_space(&mut self, info: &FileSpaceInfo, place: Place) -> Result<()> {
        if info.strategy == FileSpaceStrategy::Page {
            return Err(Error::unsupported("changing a file with the paged space strategy"));
        }
        if info.persists() && info.managers.iter().any(|address| address.is_defined()) {
            self.persisted = Some(place);
        }
        Ok(())
    }

    /// Takes the metadata of the image, which is newer than what is where it belongs, as part of what
    /// is read; in a file that is written, as if it had been changed.
    fn apply_cache_image(&mut self, location: CacheImageLocation, place: Place) -> Result<()> {
        let len = location.length.0;
        let Some(address) = location.address.get().filter(|_| len > 0) else { return Ok(()) };
        let wrong = |message: &'static str| Error::format(message).in_structure(CacheImage::NAME).at(address);
        if self.image.is_some() {
            return Err(wrong("the file has two images"));
        }
        if len > self.limits.metadata_block {
            return Err(Error::limit("the image is too large").in_structure(CacheImage::NAME).at(address));
        }
        self.home.check(address, len)?;
        let image = self.fetch::<CacheImage>(address, &len)?;
        let mut places: Vec<_> = image
            .entries
            .iter()
            .map(|it| (it.address, it.address.saturating_add(it.bytes.len() as u64)))
            .collect();
        places.sort_unstable();
        if places.iter().zip(places.iter().skip(1)).any(|((_, end), (next, _))| end > next) {
            return Err(wrong("entries overlap"));
        }
        let superblock = self.stored_superblock.as_ref().map_or(0, Vec::len) as u64;
        if places.first().is_some_and(|(start, _)| *start < superblock) {
            return Err(wrong("an entry overlaps the superblock"));
        }
        let image_end = address.saturating_add(len);
        if self.home.writable() && places.iter().any(|(start, end)| *start < image_end && *end > address) {
            return Err(wrong("an entry overlaps the image"));
        }
        if places.last().is_some_and(|(_, end)| *end > self.home.end()) {
            return Err(wrong("an entry belongs behind the end of the file"));
        }
        self.cache.invalidate(0, u64::MAX);
        for entry in &image.entries {
            self.overlay.write(entry.address, entry.bytes.clone(), Rank::Linked, false)?;
        }
        let names_it = self.extension_area(place.chunk).is_ok_and(|area| {
            let named = area.messages.get(place.message).filter(|it| it.kind == CacheImageLocation::TYPE);
            named.is_some_and(|it| self.body(&it.body, place.chunk).is_ok_and(|named| location == named))
        });
        if !names_it {
            return Err(wrong("an entry overlaps what names the image"));
        }
        if self.home.writable() {
            self.image = Some(Image { place, address, len });
        }
        Ok(())
    }

    /// Writes the entries of a metadata cache image where they belong, and makes the file forget it, in a
    /// commit of its own before anything changes: the C library, which does not look for the record of a
    /// commit, finds the same in the image and in its entries, wherever that ends. (It dissolves an image
    /// itself, when it opens such a file to write.)
    pub(super) fn dissolve_cache_image(&mut self, image: Image) -> Result<()> {
        let Image { place, address, len } = image;
        self.change_extension(place, CacheImageLocation::TYPE, Rank::Settling, |_, area| {
            // A chunk with a NIL message has no gap.
            let gap = std::mem::take(&mut area.gap);
            if let Some(found) = area.messages.get_mut(place.message) {
                found.kind = NIL;
                found.body = vec![0; found.body.len().saturating_add(gap)].into();
            }
            Ok(())
        })?;
        self.free(Space::Metadata, address, len);
        self.commit()
    }

    /// Makes the file forget its free space: the managers in it would not know what is changed. (The
    /// C library does the same while it has such a file open.) The space is lost, not reused wrongly.
    pub(super) fn forget_free_space(&mut self) -> Result<()> {
        let Some(place) = self.persisted else { return Ok(()) };
        self.change_extension(place, FileSpaceInfo::TYPE, Rank::Linked, |store, area| {
            let Some(found) = area.messages.get_mut(place.message) else { return Ok(()) };
            let mut info = store.body::<FileSpaceInfo>(&found.body, place.chunk)?;
            info.end_of_file = Address::UNDEFINED;
            info.managers.fill(Address::UNDEFINED);
            let body = encode(&info, &(), store.widths)?;
            for (to, from) in Arc::make_mut(&mut found.body).iter_mut().zip(body) {
                *to = from;
            }
            Ok(())
        })?;
        self.persisted = None;
        Ok(())
    }

    /// Changes a chunk of the superblock extension, whose length stays, and in which a message of the type
    /// `kind` is at `place`.
    fn change_extension(
        &mut self,
        Place { chunk, message }: Place,
        kind: u16,
        rank: Rank,
        change: impl FnOnce(&Self, &mut MessageArea) -> Result<()>,
    ) -> Result<()> {
        let mut area = self.extension_area(chunk)?;
        if area.messages.get(message).is_none_or(|found| found.kind != kind) {
            return Err(Error::format("the superblock extension changed meanwhile").at(chunk.address));
        }
        change(self, &mut area)?;
        match chunk.continuation {
            None => {
                let first = self.fetch::<FirstChunk>(chunk.address, &())?;
                let first = FirstChunk { area, ..(*first).clone() };
                self.put(chunk.address, first, &(), rank)
            }
            Some(shape) => self.put(chunk.address, ContinuationChunk { area }, &shape, rank),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use std::sync::Arc;

    use super::*;
    use crate::ErrorKind;
    use crate::storage::MemoryStorage;
    use crate::store::{OpenOptions, Space};

    fn fixture(name: &str) -> Vec<u8> {
        let path = format!("{}/testdata/fixtures/{name}.h5", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_file_that_keeps_its_free_space_forgets_it_when_it_is_changed() {
        let memory = Arc::new(MemoryStorage::new(fixture("space-persist")));
        let before = memory.to_vec();
        let mut store = Store::open_rw(memory.clone(), &OpenOptions::default()).unwrap();
        assert!(store.persisted.is_some());
        store.commit().unwrap();
        assert_eq!(memory.to_vec(), before, "nothing was changed");
        let at = store.allocate(Space::Raw, 1000).unwrap();
        store.free(Space::Raw, at, 1000);
        store.commit().unwrap();
        assert_eq!(memory.to_vec(), before, "nothing is left of what was changed");
        let at = store.allocate(Space::Raw, 1000).unwrap();
        store.raw().write_at(at, &[0xaa; 1000]).unwrap();
        store.commit().unwrap();
        let again = Store::open_rw(memory.clone(), &OpenOptions::default()).unwrap();
        assert!(again.persisted.is_none());
        assert_eq!(memory.to_vec().len() as u64, at + 1000);
    }

    #[test]
    fn paged_files_are_read_but_not_changed() {
        let bytes = fixture("space-paged");
        assert!(Store::open(Arc::new(bytes.clone()), &OpenOptions::default()).is_ok());
        let memory = Arc::new(MemoryStorage::new(bytes));
        let error = Store::open_rw(memory, &OpenOptions::default()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_file_forgets_its_image_of_the_metadata_cache_when_it_is_changed() {
        let memory = Arc::new(MemoryStorage::new(fixture("cache-image-v110")));
        let before = memory.to_vec();
        let mut store = Store::open_rw(memory.clone(), &OpenOptions::default()).unwrap();
        let image = store.image.unwrap();
        let images = store.fetch::<CacheImage>(image.address, &image.len).unwrap();
        assert!(images.entries.len() > 3);
        store.commit().unwrap();
        assert_eq!(memory.to_vec(), before, "nothing was changed");
        assert_ne!(images.entries, Vec::new());
        let at = store.allocate(Space::Raw, 1000).unwrap();
        store.raw().write_at(at, &[0xaa; 1000]).unwrap();
        store.commit().unwrap();
        let after = memory.to_vec();
        let differs = |start: u64, bytes: &[u8]| after[start as usize..][..bytes.len()] != *bytes;
        assert!(!images.entries.iter().any(|entry| differs(entry.address, &entry.bytes)));
        let again = Store::open_rw(memory, &OpenOptions::default()).unwrap();
        assert!(again.image.is_none() && again.overlay.is_empty());
    }

    #[test]
    fn images_that_reach_elsewhere_are_refused() {
        let open = |writable: bool, bytes: Vec<u8>| match writable {
            true => Store::open_rw(Arc::new(MemoryStorage::new(bytes)), &OpenOptions::default()),
            false => Store::open(Arc::new(bytes), &OpenOptions::default()),
        };
        let original = fixture("cache-image-v110");
        let image = open(true, original.clone()).unwrap().image.unwrap();
        let extension = image.place.chunk.address;
        let entry = {
            let store = open(false, original.clone()).unwrap();
            let found = store.fetch::<CacheImage>(image.address, &image.len).unwrap();
            found.entries[0].address.to_le_bytes()
        };
        let (start, end) = (image.address as usize, (image.address + image.len) as usize);
        let at = start + original[start..end].windows(8).position(|window| window == entry).unwrap();
        for (address, writable) in [
            (0, false),
            (original.len() as u64, false),
            (1 << 62, false),
            (image.address, true),
            (extension, false),
        ] {
            let mut bytes = original.clone();
            bytes[at..at + 8].copy_from_slice(&address.to_le_bytes());
            let sum = crate::format::checksum::lookup3(&bytes[start..end - 4]);
            bytes[end - 4..end].copy_from_slice(&sum.to_le_bytes());
            let error = open(writable, bytes).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Format, "{address}: {error}");
        }
    }

    #[test]
    fn every_fixture_has_a_root_that_can_be_fetched() {
        let fixtures = format!("{}/testdata/fixtures", env!("CARGO_MANIFEST_DIR"));
        let mut opened = 0;
        for entry in std::fs::read_dir(fixtures).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "h5") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            match Store::open(Arc::new(bytes), &OpenOptions::default()) {
                Ok(store) => {
                    let root = store.fetch::<FirstChunk>(store.root().unwrap(), &());
                    assert!(root.is_ok(), "{}: {root:?}", path.display());
                    opened += 1;
                }
                Err(error) => println!("{}: {error}", path.display()),
            }
        }
        assert!(opened > 100);
    }
}
