//! What a virtual dataset is made of: an object of the global heap. Specification III.F; notes:
//! format-spec-notes/virtual-datasets.md.

use super::selection::Selection;
use super::{Reader, Structure, Writer};
use crate::Result;

/// The mappings of a virtual dataset, and the version in which they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VirtualLayout {
    version: u8,
    pub(crate) mappings: Vec<Mapping>,
}

/// Elements of a virtual dataset, and the elements of another that they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// The file of the source; "." is the file of the virtual dataset.
    pub(crate) file: Vec<u8>,
    /// The path of the source.
    pub(crate) dataset: Vec<u8>,
    pub(crate) source: Selection,
    pub(crate) target: Selection,
}

/// Version 1, flags of a mapping: a name is that of the mapping whose number stands here.
const SHARED_FILE: u8 = 1;
const SHARED_DATASET: u8 = 2;
/// Version 1: there is no file name, which is ".".
const SAME_FILE: u8 = 4;

/// A name, or that of an earlier mapping.
fn name<'m>(
    r: &mut Reader<'_>,
    shared: bool,
    earlier: &'m [Mapping],
    of: impl Fn(&'m Mapping) -> &'m Vec<u8>,
) -> Result<Vec<u8>> {
    if !shared {
        return Ok(r.c_string()?.to_vec());
    }
    let number = r.length()?;
    let mapping = usize::try_from(number).ok().and_then(|number| earlier.get(number));
    match mapping {
        Some(mapping) => Ok(of(mapping).clone()),
        None => Err(r.error("shared name", format!("the name of mapping {number}, which is not before"))),
    }
}

/// The number of the first mapping with the same name.
fn first(mappings: &[Mapping], same: impl Fn(&Mapping) -> bool) -> Option<u64> {
    mappings.iter().position(same).map(|at| at as u64)
}

/// A selection, nested in the block.
fn selection(r: &mut Reader<'_>) -> Result<Selection> {
    Selection::decode(r, &())
}

impl Structure for VirtualLayout {
    const NAME: &'static str = "Global heap block for virtual datasets";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        if version > 1 {
            return Err(r.unsupported("version", format!("version {version}")));
        }
        let count = r.length()?;
        // Each mapping takes more bytes than that, so a false count cannot take memory.
        if count > r.remaining() as u64 {
            return Err(r.error("number of entries", "more entries than bytes"));
        }
        let mut mappings: Vec<Mapping> = Vec::new();
        for _ in 0..count {
            let flags = if version == 0 { 0 } else { r.u8()? };
            if flags & !(SHARED_FILE | SHARED_DATASET | SAME_FILE) != 0 {
                return Err(r.unsupported("flags", format!("a mapping with flags {flags:#x}")));
            }
            let file = match flags & SAME_FILE {
                0 => name(r, flags & SHARED_FILE != 0, &mappings, |mapping| &mapping.file)?,
                _ => b".".to_vec(),
            };
            let dataset = name(r, flags & SHARED_DATASET != 0, &mappings, |mapping| &mapping.dataset)?;
            mappings.push(Mapping { file, dataset, source: selection(r)?, target: selection(r)? });
        }
        r.checksum()?;
        Ok(Self { version, mappings })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(self.version);
        w.length(self.mappings.len() as u64);
        for (at, mapping) in self.mappings.iter().enumerate() {
            let earlier = self.mappings.get(..at).unwrap_or_default();
            let (mut file, mut dataset) = (None, None);
            let same_file = self.version > 0 && mapping.file == b".";
            if self.version > 0 {
                // Only where it is shorter than the name and its NUL.
                let pays = |name: &[u8]| name.len() >= usize::from(w.widths().length);
                if !same_file && pays(&mapping.file) {
                    file = first(earlier, |other| other.file == mapping.file);
                }
                if pays(&mapping.dataset) {
                    dataset = first(earlier, |other| other.dataset == mapping.dataset);
                }
                let flag = |set: bool, flag| if set { flag } else { 0 };
                w.u8(flag(file.is_some(), SHARED_FILE)
                    | flag(dataset.is_some(), SHARED_DATASET)
                    | flag(same_file, SAME_FILE));
            }
            match file {
                _ if same_file => {}
                Some(number) => w.length(number),
                None => w.c_string(&mapping.file, 1),
            }
            match dataset {
                Some(number) => w.length(number),
                None => w.c_string(&mapping.dataset, 1),
            }
            mapping.source.encode(w, &());
            mapping.target.encode(w, &());
        }
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::selection::tests::selections;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    fn layouts() -> impl Strategy<Value = VirtualLayout> {
        let file = prop_oneof![Just(b".".to_vec()), Just(b"a.h5".to_vec()), Just(b"f%b.h5".to_vec())];
        let dataset = prop_oneof![Just(b"x".to_vec()), Just(b"/g/y".to_vec())];
        let mapping = (file, dataset, selections(), selections())
            .prop_map(|(file, dataset, source, target)| Mapping { file, dataset, source, target });
        (0..2_u8, prop::collection::vec(mapping, 0..4))
            .prop_map(|(version, mappings)| VirtualLayout { version, mappings })
    }

    structure_tests! {
        virtual_layout: VirtualLayout, context = (), values = layouts(),
        real = [
            "01030000000000000004625f6c6f6e675f656e6f7567685f746f5f73686172650003000000010000000000000000
             00000002000000030000000102010000000000010001000400046100030000000100000000000000000000000200
             00000300000001020100000004000100010004000600000000000000000300000001000000000000000000000002
             000000030000000102010000000800010001000400bc81c865",
            "01030000000000000000732e683500625f6c6f6e675f656e6f7567685f746f5f7368617265000300000001000000
             00000000000000000200000003000000010201000000000001000100040000732e68350061000300000001000000
             00000000000000000200000003000000010201000000040001000100040002732e68350000000000000000000300
             0000010000000000000000000000020000000300000001020100000008000100010004006236e294",
            "000300000000000000732e683500625f6c6f6e675f656e6f7567685f746f5f736861726500030000000100000000
             000000000000000200000001000000000000001000000001000000010000000000000003000000732e6835006100
             03000000010000000000000000000000020000000100000000000000100000000100000001000000040000000700
             0000732e683500625f6c6f6e675f656e6f7567685f746f5f73686172650003000000010000000000000000000000
             020000000100000000000000100000000100000001000000080000000b0000009ea6112a",
        ],
        checksum = true
    }
}
