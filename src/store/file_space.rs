//! What the superblock extension says of the file's space and metadata, as far as it decides
//! whether the file can be opened and changed.

use std::sync::Arc;

use super::{Members, Rank, Store};
use crate::format::cache_image::CacheImage;
use crate::format::message::MessageBody;
use crate::format::message::file::{
    BTreeK, CacheImageLocation, DriverInfo, FileSpaceInfo, FileSpaceStrategy,
};
use crate::format::message::object::Continuation;
use crate::format::object_header::{ContinuationChunk, ContinuationShape, FirstChunk, MessageArea};
use crate::format::{Address, Reader, Structure, encode};
use crate::{Error, Result};

/// Where the free-space managers of a file are named that keeps its free space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Persisted {
    chunk: Chunk,
    message: usize,
}

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
                            self.check_file_space(&info, Persisted { chunk, message })?;
                        }
                    }
                    DriverInfo::TYPE => {
                        let info = self.body::<DriverInfo>(&found.body, chunk)?;
                        members.check(info.driver, &info.data)?;
                    }
                    BTreeK::TYPE => drop(self.body::<BTreeK>(&found.body, chunk)?),
                    CacheImageLocation::TYPE => {
                        let image = self.body::<CacheImageLocation>(&found.body, chunk)?;
                        self.apply_cache_image(image)?;
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

    fn check_file_space(&mut self, info: &FileSpaceInfo, place: Persisted) -> Result<()> {
        if info.strategy == FileSpaceStrategy::Page {
            return Err(Error::unsupported("changing a file with the paged space strategy"));
        }
        if info.persists() && info.managers.iter().any(|address| address.is_defined()) {
            self.persisted = Some(place);
        }
        Ok(())
    }

    /// Takes the metadata of the image, which is newer than what is where it belongs, as part of what
    /// is read.
    fn apply_cache_image(&mut self, location: CacheImageLocation) -> Result<()> {
        let Some(address) = location.address.get().filter(|_| location.length.0 > 0) else { return Ok(()) };
        if self.home.writable() {
            return Err(Error::unsupported("changing a file with a metadata cache image"));
        }
        if location.length.0 > self.limits.metadata_block {
            return Err(Error::limit("the image is too large").in_structure(CacheImage::NAME).at(address));
        }
        let image = self.fetch::<CacheImage>(address, &location.length.0)?;
        let mut places: Vec<_> = image
            .entries
            .iter()
            .map(|it| (it.address, it.address.saturating_add(it.bytes.len() as u64)))
            .collect();
        places.sort_unstable();
        if places.iter().zip(places.iter().skip(1)).any(|((_, end), (next, _))| end > next) {
            return Err(Error::format("entries overlap").in_structure(CacheImage::NAME).at(address));
        }
        self.cache.invalidate(0, u64::MAX);
        for entry in &image.entries {
            self.overlay.write(entry.address, entry.bytes.clone(), Rank::Linked, false)?;
        }
        Ok(())
    }

    /// Makes the file forget its free space: the managers in it would not know what is changed. (The
    /// C library does the same while it has such a file open.) The space is lost, not reused wrongly.
    pub(super) fn forget_free_space(&mut self) -> Result<()> {
        let Some(Persisted { chunk, message }) = self.persisted else { return Ok(()) };
        let mut area = self.extension_area(chunk)?;
        if let Some(found) = area.messages.get_mut(message) {
            let mut info = self.body::<FileSpaceInfo>(&found.body, chunk)?;
            info.end_of_file = Address::UNDEFINED;
            info.managers.fill(Address::UNDEFINED);
            let body = encode(&info, &(), self.widths)?;
            for (to, from) in Arc::make_mut(&mut found.body).iter_mut().zip(body) {
                *to = from;
            }
        }
        match chunk.continuation {
            None => {
                let first = self.fetch::<FirstChunk>(chunk.address, &())?;
                let first = FirstChunk { area, ..(*first).clone() };
                self.put(chunk.address, first, &(), Rank::Linked)?;
            }
            Some(shape) => self.put(chunk.address, ContinuationChunk { area }, &shape, Rank::Linked)?,
        }
        self.persisted = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use std::sync::Arc;

    use super::*;
    use crate::ErrorKind;
    use crate::format::fields::{Length, Version};
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
    fn a_file_with_an_image_of_the_metadata_cache_is_not_changed() {
        let mut store = Store::for_tests();
        let location =
            |address, length| CacheImageLocation { _version: Version, address, length: Length(length) };
        assert!(store.apply_cache_image(location(Address::UNDEFINED, 0)).is_ok());
        let error = store.apply_cache_image(location(Address::new(0x800), 16)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
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
