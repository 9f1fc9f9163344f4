//! Raw data in other files than the HDF5 file.

use super::Dataset;
use super::state::Storage;
use super::transfer::{self, Pieces};
use super::unwritten::Unwritten;
use crate::external::{open_raw_data, raw_data_path};
use crate::file::Shared;
use crate::format::fields::MaxLength;
use crate::format::message::external_files::ExternalFiles;
use crate::heap::local::LocalNames;
use crate::storage::{FileStorage, ReadAt as _};
use crate::store::Store;
use crate::types::Plan;
use crate::{Error, Result};

/// Bytes to load at once.
const WINDOW: u64 = 1 << 20;

/// A piece of raw data in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalFile {
    /// The file's name, as stored.
    pub name: String,
    /// Where in the file the piece starts.
    pub offset: u64,
    /// The bytes reserved there; none if there is no bound.
    pub size: Option<u64>,
}

/// The pieces, in the order of the data.
#[derive(Debug)]
pub(crate) struct ExternalData {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    name: Vec<u8>,
    offset: u64,
    size: Option<u64>,
}

impl ExternalData {
    pub(super) fn open(store: &Store, files: &ExternalFiles) -> Result<Self> {
        let names = LocalNames::open(store, files.heap.require("External data files message")?)?;
        let slots = files.slots.iter().map(|slot| {
            let size = (slot.size != MaxLength::UNLIMITED).then_some(slot.size.0);
            Ok(Slot { name: names.text(slot.name)?.to_vec(), offset: slot.offset, size })
        });
        Ok(Self { slots: slots.collect::<Result<_>>()? })
    }

    /// The bytes reserved, at most `needed`.
    pub(super) fn size(&self, needed: u64) -> u64 {
        let reserved =
            self.slots.iter().fold(0_u64, |sum, slot| sum.saturating_add(slot.size.unwrap_or(u64::MAX)));
        reserved.min(needed)
    }

    /// How many bytes of the data there are in files.
    pub(super) fn held(&self, shared: &Shared) -> u64 {
        OpenFiles { slots: &self.slots, shared, open: Vec::new() }.held()
    }

    pub(super) fn read(&self, shared: &Shared, pieces: &Pieces, out: &mut [u8], plan: &Plan) -> Result<()> {
        let mut files = OpenFiles { slots: &self.slots, shared, open: Vec::new() };
        Unwritten::check(shared, out.len() as u64, || Ok(files.held()))?;
        let size = plan.source_size() as u64;
        let elements = (WINDOW / size.max(1)).max(1);
        let mut window = Vec::new();
        pieces.for_each_run(|run| {
            let mut done = 0;
            while done < run.len {
                let len = elements.min(run.len - done);
                window.resize((len * size) as usize, 0);
                files.read((run.source.saturating_add(done)).saturating_mul(size), &mut window)?;
                let part = crate::chunk::grid::Run { source: 0, memory: run.memory + done, len };
                transfer::scatter(&Pieces::Points(vec![part]), &window, out, 0, plan)?;
                done += len;
            }
            Ok(())
        })
    }
}

/// The files that a read has needed so far.
struct OpenFiles<'a> {
    slots: &'a [Slot],
    shared: &'a Shared,
    open: Vec<(usize, FileStorage)>,
}

impl OpenFiles<'_> {
    /// How many bytes of the data the files hold.
    fn held(&mut self) -> u64 {
        let slots = self.slots;
        let in_slot = |(at, slot): (usize, &Slot)| {
            let len = self.file(at, slot).ok().and_then(|file| file.len().ok());
            len.unwrap_or(0).saturating_sub(slot.offset).min(slot.size.unwrap_or(u64::MAX))
        };
        slots.iter().enumerate().map(in_slot).fold(0, u64::saturating_add)
    }

    /// Fills `buf` with the data at `position`. A file that ends early reads as zeros.
    fn read(&mut self, mut position: u64, mut buf: &mut [u8]) -> Result<()> {
        let slots = self.slots;
        for (at, slot) in slots.iter().enumerate() {
            if buf.is_empty() {
                return Ok(());
            }
            let there = slot.size.unwrap_or(u64::MAX);
            if position >= there {
                position -= there;
                continue;
            }
            let len = usize::try_from(there - position).unwrap_or(usize::MAX).min(buf.len());
            let (part, rest) = buf.split_at_mut(len);
            let offset = slot.offset.checked_add(position);
            let offset = offset.ok_or_else(|| Error::format("an offset beyond what a file can have"))?;
            let file = self.file(at, slot)?;
            let stored = file.len()?.saturating_sub(offset);
            let (stored, missing) =
                part.split_at_mut(usize::try_from(stored).unwrap_or(usize::MAX).min(part.len()));
            file.read_at(offset, stored)?;
            missing.fill(0);
            (buf, position) = (rest, 0);
        }
        if buf.is_empty() { Ok(()) } else { Err(Error::format("the external files end before the data")) }
    }

    fn file(&mut self, at: usize, slot: &Slot) -> Result<&FileStorage> {
        let there = self.open.iter().position(|(open, _)| *open == at);
        let there = match there {
            Some(there) => there,
            None => {
                let builder = self.shared.family.builder();
                let path = raw_data_path(&slot.name, &self.shared.origin, builder.raw_data_prefix());
                // Few at a time: there may be more than may be open.
                self.open.truncate(15);
                self.open.insert(0, (at, open_raw_data(&path, builder.external_policy())?));
                0
            }
        };
        let file = self.open.get(there).map(|(_, file)| file);
        file.ok_or_else(|| Error::usage("the external file is not open"))
    }
}

impl Dataset {
    /// The files that hold the raw data, in order; none if it is in the HDF5 file.
    pub fn external_files(&self) -> Vec<ExternalFile> {
        let Ok(inner) = self.state.read_lock() else { return Vec::new() };
        let Storage::External { data, .. } = &inner.storage else { return Vec::new() };
        let describe = |slot: &Slot| ExternalFile {
            name: String::from_utf8_lossy(&slot.name).into_owned(),
            offset: slot.offset,
            size: slot.size,
        };
        data.slots.iter().map(describe).collect()
    }
}
