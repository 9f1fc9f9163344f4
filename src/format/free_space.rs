//! Free-space managers: header, "FSHD", and section list, "FSSE". Specification III.H.

use super::btree_v2::bytes_for;
use super::fields::{Checksum, Field, Length, Signature, Version, tag};
use super::{Address, Reader, Structure, Widths, Writer};
use crate::Result;

on_disk! {
    /// Free-space manager header. Specification III.H; notes: format-spec-notes/fractal-heap.md.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct FreeSpaceHeader as "free-space manager header" {
        _signature: Signature<{ tag(b"FSHD") }>,
        _version: Version<0>,
        /// Whose space it is: 0 that of a heap, 1 that of the file.
        pub(crate) client: u8,
        /// Bytes in all sections.
        pub(crate) total_space: Length,
        pub(crate) total_sections: Length,
        /// Sections in the list.
        pub(crate) listed_sections: Length,
        /// Sections that follow from those in the list.
        pub(crate) implied_sections: Length,
        /// How many section classes the client has.
        pub(crate) classes: u16,
        pub(crate) shrink_percent: u16,
        pub(crate) expand_percent: u16,
        /// Bits of an offset.
        pub(crate) address_bits: u16,
        pub(crate) max_section: Length,
        /// Undefined if there are no sections.
        pub(crate) list: Address,
        /// Bytes of the list.
        pub(crate) list_used: Length,
        /// Bytes allocated for the list.
        pub(crate) list_allocated: Length,
        _checksum: Checksum,
    }
}

impl FreeSpaceHeader {
    /// Client of the free space within a fractal heap.
    pub(crate) const HEAP: u8 = 0;

    /// The header of a manager without sections, with the reference library's parameters.
    pub(crate) fn empty(client: u8, classes: u16, address_bits: u16, max_section: u64) -> Self {
        Self {
            _signature: Signature,
            _version: Version,
            client,
            total_space: Length(0),
            total_sections: Length(0),
            listed_sections: Length(0),
            implied_sections: Length(0),
            classes,
            shrink_percent: 80,
            expand_percent: 120,
            address_bits,
            max_section: Length(max_section),
            list: Address::UNDEFINED,
            list_used: Length(0),
            list_allocated: Length(0),
            _checksum: Checksum,
        }
    }

    /// Bytes of this header and of the list in the file.
    pub(crate) fn file_size(&self, widths: Widths) -> u64 {
        let lengths = u64::from(widths.length).saturating_mul(7);
        let addresses = u64::from(widths.offset);
        lengths.saturating_add(addresses).saturating_add(18).saturating_add(self.list_allocated.0)
    }

    /// What is needed to decode the list of this manager, whose header is at `address`.
    pub(crate) fn list_context(&self, address: u64) -> SectionContext {
        SectionContext {
            header: address,
            client: self.client,
            listed: self.listed_sections.0,
            used: self.list_used.0,
            offset_width: usize::from(self.address_bits).div_ceil(8),
            size_width: usize::from(bytes_for(self.max_section.0)),
        }
    }
}

/// What a section list does not say of itself: its header does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SectionContext {
    /// Address of the manager's header.
    pub(crate) header: u64,
    pub(crate) client: u8,
    /// How many sections to decode; encoding takes the list's own.
    pub(crate) listed: u64,
    /// Bytes to decode; encoding takes the list's own.
    pub(crate) used: u64,
    pub(crate) offset_width: usize,
    pub(crate) size_width: usize,
}

/// The sections of a manager, by ascending size and, within a size, by ascending offset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SectionList {
    sections: Vec<Section>,
}

/// A piece of free space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Section {
    pub(crate) size: u64,
    /// In the file, or in the heap's own address space.
    pub(crate) offset: u64,
    /// The section class: for a file 0 simple, 1 small, 2 large; for a heap see the constants.
    pub(crate) class: u8,
    /// Of heap classes `FIRST_ROW` and `INDIRECT`.
    pub(crate) rows: Option<RowSpan>,
}

/// Consecutive blocks of an indirect block that do not exist yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowSpan {
    /// Offset of the indirect block in the heap's own address space.
    pub(crate) block_offset: u64,
    pub(crate) row: u16,
    pub(crate) column: u16,
    /// How many blocks.
    pub(crate) entries: u16,
}

impl Section {
    /// Heap class: free bytes of a direct block.
    pub(crate) const SINGLE: u8 = 0;
    /// Heap class: the first row of a span (class 2 is a further row); the section's size is that of one of its blocks.
    pub(crate) const FIRST_ROW: u8 = 1;
    /// Heap class: a whole span.
    pub(crate) const INDIRECT: u8 = 3;

    fn has_rows(client: u8, class: u8) -> bool {
        client == FreeSpaceHeader::HEAP && matches!(class, Self::FIRST_ROW | Self::INDIRECT)
    }

    fn decode(r: &mut Reader<'_>, size: u64, context: &SectionContext) -> Result<Self> {
        let offset = r.uint(context.offset_width)?;
        let class = r.u8()?;
        let known = if context.client == FreeSpaceHeader::HEAP { Self::INDIRECT } else { 2 };
        if class > known {
            return Err(r.error("type", format!("the section class is {class}")));
        }
        let rows = if Self::has_rows(context.client, class) {
            Some(RowSpan {
                block_offset: r.uint(context.offset_width)?,
                row: r.u16()?,
                column: r.u16()?,
                entries: r.u16()?,
            })
        } else {
            None
        };
        Ok(Self { size, offset, class, rows })
    }

    fn encode(&self, w: &mut Writer, context: &SectionContext) {
        w.uint(self.offset, context.offset_width, "section offset");
        w.u8(self.class);
        if Self::has_rows(context.client, self.class) != self.rows.is_some() {
            w.overflow("section data");
        }
        if let Some(rows) = self.rows {
            w.uint(rows.block_offset, context.offset_width, "indirect block offset");
            w.u16(rows.row);
            w.u16(rows.column);
            w.u16(rows.entries);
        }
    }
}

impl SectionList {
    pub(crate) fn new(mut sections: Vec<Section>) -> Self {
        sections.sort_unstable();
        Self { sections }
    }

    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Bytes of the list in the file.
    pub(crate) fn encoded_size(&self, context: &SectionContext, widths: Widths) -> u64 {
        let header = u64::from(widths.offset).saturating_add(9);
        let per_set =
            u64::from(bytes_for(self.sections.len() as u64)).saturating_add(context.size_width as u64);
        let width = context.offset_width as u64;
        let mut size = header.saturating_add(per_set.saturating_mul(self.sets().count() as u64));
        for section in &self.sections {
            let rows = section.rows.map_or(0, |_| width.saturating_add(6));
            size = size.saturating_add(width).saturating_add(1).saturating_add(rows);
        }
        size
    }

    /// The sections of each size.
    fn sets(&self) -> impl Iterator<Item = &[Section]> {
        self.sections.chunk_by(|a, b| a.size == b.size)
    }
}

impl Structure for SectionList {
    const NAME: &'static str = "free-space section list";
    type Context = SectionContext;

    fn size_hint(context: &SectionContext, _: Widths) -> usize {
        usize::try_from(context.used).unwrap_or(0)
    }

    fn decode(r: &mut Reader<'_>, context: &SectionContext) -> Result<Self> {
        Signature::<{ tag(b"FSSE") }>::decode(r)?;
        Version::<0>::decode(r)?;
        if r.file_address()?.get() != Some(context.header) {
            return Err(r.error("header address", "the list belongs to another manager"));
        }
        let count_width = usize::from(bytes_for(context.listed));
        let mut sections = Vec::new();
        while (sections.len() as u64) < context.listed {
            let left = context.listed.saturating_sub(sections.len() as u64);
            let count = r.uint(count_width)?;
            let size = r.uint(context.size_width)?;
            if count == 0 || count > left || size == 0 {
                return Err(r.error("section set", "the set is empty or has more sections than the list"));
            }
            for _ in 0..count {
                sections.push(Section::decode(r, size, context)?);
            }
        }
        r.checksum()?;
        if r.position() as u64 != context.used {
            return Err(r.error("size", "the list is not as long as its header says"));
        }
        Ok(Self { sections })
    }

    fn encode(&self, w: &mut Writer, context: &SectionContext) {
        Signature::<{ tag(b"FSSE") }>.encode(w);
        Version::<0>.encode(w);
        w.file_address(Address::new(context.header));
        let count_width = usize::from(bytes_for(self.sections.len() as u64));
        for set in self.sets() {
            w.uint(set.len() as u64, count_width, "section count");
            let size = set.first().map_or(0, |section| section.size);
            w.uint(size, context.size_width, "section size");
            set.iter().for_each(|section| section.encode(w, context));
        }
        w.checksum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::encode;
    use crate::format::testing::{check_bytes, check_flips, decode, hex, structure_tests};
    use proptest::prelude::*;

    fn headers() -> impl Strategy<Value = FreeSpaceHeader> {
        (any::<[u64; 8]>(), any::<[u16; 4]>(), any::<u8>()).prop_map(|(n, words, client)| FreeSpaceHeader {
            total_space: Length(n[0]),
            total_sections: Length(n[1]),
            listed_sections: Length(n[2]),
            implied_sections: Length(n[3]),
            shrink_percent: words[2],
            expand_percent: words[3],
            list: Address::new(n[5]),
            list_used: Length(n[6]),
            list_allocated: Length(n[7]),
            ..FreeSpaceHeader::empty(client, words[0], words[1], n[4])
        })
    }

    /// By libhdf5.
    const SMALL: &str = "
465348440000c90000000000000001000000000000000100000000000000000000000000000004005000780020000000
0100000000000f070000000000001a000000000000001a000000000000009522aa43";
    const LARGE: &str = "
465348440000341400000000000009000000000000000600000000000000030000000000000004005000780020000000
01000000000082060000000000005100000000000000510000000000000025f404ca";

    structure_tests! { header: FreeSpaceHeader, context = (), values = headers(), real = [SMALL, LARGE], checksum = true }

    /// The list of a heap with spans of blocks that do not exist, by libhdf5.
    const SPANS: SectionContext =
        SectionContext { header: 522, client: 0, listed: 6, used: 81, offset_width: 4, size_width: 3 };

    const SPANS_LIST: &str = "
46535345000a0200000000000001070000f901000000010d00002901000000011a0000490200000001310000cf030000
0001eb0100000400000100000000000002000e0001290400d74b000000b3fd66dd";

    #[test]
    fn real_list_round_trips() {
        check_bytes::<SectionList>(&hex(SPANS_LIST), &SPANS, Widths::default());
        check_flips::<SectionList>(&hex(SPANS_LIST), &SPANS, Widths::default());
        let list: SectionList = decode(&hex(SPANS_LIST), &SPANS, Widths::default()).unwrap();
        let spans: Vec<RowSpan> = list.sections().iter().filter_map(|section| section.rows).collect();
        assert_eq!(spans, [RowSpan { block_offset: 0, row: 0, column: 2, entries: 14 }]);
        assert!(list.sections().windows(2).all(|pair| pair[0] < pair[1]));
    }

    fn sections() -> impl Strategy<Value = Vec<Section>> {
        let span = (any::<u32>(), any::<[u16; 3]>()).prop_map(|(block, n)| RowSpan {
            block_offset: block.into(),
            row: n[0],
            column: n[1],
            entries: n[2],
        });
        let section =
            (1..20_u64, any::<u32>(), proptest::option::of(span)).prop_map(|(size, offset, rows)| Section {
                size,
                offset: offset.into(),
                class: u8::from(rows.is_some()),
                rows,
            });
        proptest::collection::vec(section, 0..300)
    }

    proptest! {
        #[test]
        fn lists_round_trip(sections in sections()) {
            let list = SectionList::new(sections);
            let mut context = SectionContext { header: 77, ..SPANS };
            context.listed = list.sections().len() as u64;
            context.used = list.encoded_size(&context, Widths::default());
            let bytes = encode(&list, &context, Widths::default()).unwrap();
            prop_assert_eq!(bytes.len() as u64, context.used);
            prop_assert_eq!(decode::<SectionList>(&bytes, &context, Widths::default()).unwrap(), list);
        }
    }
}
