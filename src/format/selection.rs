//! Serialized selections, in virtual dataset mappings and region references. Specification III.G
//! and IV.A.2.d; notes: format-spec-notes/virtual-datasets.md.

use super::{Reader, Structure, Writer};
use crate::Result;

/// Which elements of a dataspace are selected, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    None,
    All,
    /// `rank` numbers a point, in order.
    Points {
        form: Form,
        rank: usize,
        coordinates: Vec<u64>,
    },
    /// A regular pattern along each dimension.
    Regular {
        form: Form,
        axes: Vec<Pattern>,
    },
    /// The first corner and then the last (inclusive) of each block.
    Blocks {
        form: Form,
        rank: usize,
        corners: Vec<u64>,
    },
}

/// How the numbers are written: the version, and bytes of a coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    version: u32,
    width: u8,
}

/// `count` blocks of `block` positions, `stride` apart; one of the two may be [`UNLIMITED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) start: u64,
    pub(crate) stride: u64,
    pub(crate) count: u64,
    pub(crate) block: u64,
}

/// A count or block without end.
pub(crate) const UNLIMITED: u64 = u64::MAX;

const NONE: u32 = 0;
const POINTS: u32 = 1;
const HYPERSLABS: u32 = 2;
const ALL: u32 = 3;

/// Bit 0 of the flags: a regular pattern.
const REGULAR: u8 = 1;
/// The most dimensions of a dataspace.
const MAX_RANK: u32 = 32;

impl Form {
    /// Version 1 has numbers of 4 bytes and their length in front of them.
    pub(crate) const FIRST: Self = Self { version: 1, width: 4 };
    /// Version 2, of points, in numbers of 8 bytes: HDF5 1.12.
    pub(crate) const LONG_POINTS: Self = Self { version: 2, width: 8 };
    /// Version 2, of regular patterns: HDF5 1.10.
    pub(crate) const REGULAR: Self = Self { version: 2, width: 8 };

    fn read_width(version: u32, r: &mut Reader<'_>) -> Result<Self> {
        match r.u8()? {
            width @ (2 | 4 | 8) => Ok(Self { version, width }),
            width => Err(r.error("encode size", format!("coordinates of {width} bytes"))),
        }
    }

    fn read(self, r: &mut Reader<'_>) -> Result<u64> {
        r.uint(usize::from(self.width))
    }

    fn read_limit(self, r: &mut Reader<'_>) -> Result<u64> {
        let value = self.read(r)?;
        Ok(if value == self.unlimited() { UNLIMITED } else { value })
    }

    fn unlimited(self) -> u64 {
        match self.width {
            2 => u64::from(u16::MAX),
            4 => u64::from(u32::MAX),
            _ => UNLIMITED,
        }
    }

    fn write(self, value: u64, w: &mut Writer) {
        w.uint(value, usize::from(self.width), "coordinate");
    }

    fn write_limit(self, value: u64, w: &mut Writer) {
        if value == UNLIMITED {
            w.ones(usize::from(self.width));
        } else if value == self.unlimited() {
            w.overflow("coordinate");
        } else {
            self.write(value, w);
        }
    }

    /// `rank` numbers, `groups` times.
    fn read_all(self, groups: u64, rank: usize, r: &mut Reader<'_>) -> Result<Vec<u64>> {
        let count = usize::try_from(groups).ok().and_then(|groups| groups.checked_mul(rank));
        let bytes = count.and_then(|count| count.checked_mul(usize::from(self.width)));
        match (count, bytes) {
            (Some(count), Some(bytes)) if bytes <= r.remaining() => {
                (0..count).map(|_| self.read(r)).collect()
            }
            _ => Err(r.error("number of points or blocks", "more than there are bytes")),
        }
    }
}

fn rank(r: &mut Reader<'_>) -> Result<usize> {
    match r.u32()? {
        rank @ 1..=MAX_RANK => Ok(rank as usize),
        rank => Err(r.error("rank", format!("a selection of rank {rank}"))),
    }
}

impl Selection {
    /// The number of dimensions, unless it selects nothing or everything.
    pub(crate) fn rank(&self) -> Option<usize> {
        match self {
            Self::None | Self::All => None,
            Self::Points { rank, .. } | Self::Blocks { rank, .. } => Some(*rank),
            Self::Regular { axes, .. } => Some(axes.len()),
        }
    }

    /// How many elements it selects of a dataset of this shape, at most.
    pub(crate) fn selected(&self, dims: &[u64]) -> u64 {
        let product = |lens: &mut dyn Iterator<Item = u64>| lens.fold(1, u64::saturating_mul);
        match self {
            Self::None => 0,
            Self::All => product(&mut dims.iter().copied()),
            Self::Points { rank, coordinates, .. } => {
                coordinates.len().checked_div(*rank).unwrap_or(0) as u64
            }
            Self::Regular { axes, .. } => {
                let along = |(axis, &dim): (&Pattern, &u64)| axis.count.saturating_mul(axis.block).min(dim);
                product(&mut axes.iter().zip(dims).map(along))
            }
            Self::Blocks { rank, corners, .. } => {
                let block = |block: &[u64]| {
                    let (low, high) = block.split_at((*rank).min(block.len()));
                    let lens =
                        low.iter().zip(high).map(|(low, high)| high.saturating_sub(*low).saturating_add(1));
                    product(&mut { lens })
                };
                let blocks = corners.chunks_exact(rank.saturating_mul(2).max(1)).map(block);
                blocks.fold(0, u64::saturating_add)
            }
        }
    }

    fn decode_points(r: &mut Reader<'_>) -> Result<Self> {
        let form = match r.u32()? {
            1 => {
                r.skip(8)?;
                Form::FIRST
            }
            2 => Form::read_width(2, r)?,
            version => return Err(r.unsupported("version", format!("points of version {version}"))),
        };
        let rank = rank(r)?;
        let count = form.read(r)?;
        Ok(Self::Points { form, rank, coordinates: form.read_all(count, rank, r)? })
    }

    fn decode_hyperslabs(r: &mut Reader<'_>) -> Result<Self> {
        let version = r.u32()?;
        let (form, flags) = match version {
            1 => {
                r.skip(8)?;
                (Form::FIRST, 0)
            }
            2 => {
                let flags = r.u8()?;
                r.skip(4)?;
                (Form { version, width: 8 }, flags)
            }
            3 => {
                let flags = r.u8()?;
                (Form::read_width(version, r)?, flags)
            }
            _ => return Err(r.unsupported("version", format!("hyperslabs of version {version}"))),
        };
        if flags & !REGULAR != 0 {
            return Err(r.unsupported("flags", format!("hyperslabs with flags {flags:#x}")));
        }
        let rank = rank(r)?;
        if flags & REGULAR == 0 {
            let count = form.read(r)?;
            let corners = form.read_all(count, rank.saturating_mul(2), r)?;
            let mut blocks = corners.chunks_exact(rank.saturating_mul(2)).map(|block| block.split_at(rank));
            if blocks.any(|(low, high)| low.iter().zip(high).any(|(low, high)| low > high)) {
                return Err(r.error("corners", "a block ends before it starts"));
            }
            return Ok(Self::Blocks { form, rank, corners });
        }
        let pattern = |_| {
            let (start, stride) = (form.read(r)?, form.read(r)?);
            Ok(Pattern { start, stride, count: form.read_limit(r)?, block: form.read_limit(r)? })
        };
        Ok(Self::Regular { form, axes: (0..rank).map(pattern).collect::<Result<_>>()? })
    }

    fn encode_hyperslabs(w: &mut Writer, form: Form, flags: u8, rank: usize, numbers: &[u64], count: bool) {
        w.u32(HYPERSLABS);
        w.u32(form.version);
        let body = numbers.len().saturating_add(usize::from(count)).saturating_mul(usize::from(form.width));
        let len = body.saturating_add(4) as u64;
        match form.version {
            1 => {
                w.zeros(4);
                w.uint(len, 4, "length");
            }
            2 => {
                w.u8(flags);
                w.uint(len, 4, "length");
            }
            _ => {
                w.u8(flags);
                w.u8(form.width);
            }
        }
        w.uint(rank as u64, 4, "rank");
    }
}

impl Structure for Selection {
    const NAME: &'static str = "Dataspace selection";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        match r.u32()? {
            POINTS => Self::decode_points(r),
            HYPERSLABS => Self::decode_hyperslabs(r),
            kind @ (NONE | ALL) => {
                let version = r.u32()?;
                if version != 1 {
                    return Err(r.unsupported("version", format!("a selection of version {version}")));
                }
                r.skip(8)?;
                Ok(if kind == ALL { Self::All } else { Self::None })
            }
            kind => Err(r.error("type", format!("a selection of type {kind}"))),
        }
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        match self {
            Self::None | Self::All => {
                w.u32(if *self == Self::All { ALL } else { NONE });
                w.u32(1);
                w.zeros(8);
            }
            Self::Points { form, rank, coordinates } => {
                w.u32(POINTS);
                w.u32(form.version);
                if form.version == 1 {
                    w.zeros(4);
                    w.uint((coordinates.len() as u64).saturating_mul(4).saturating_add(8), 4, "length");
                } else {
                    w.u8(form.width);
                }
                w.uint(*rank as u64, 4, "rank");
                form.write(coordinates.len().checked_div(*rank).unwrap_or(0) as u64, w);
                coordinates.iter().for_each(|&number| form.write(number, w));
            }
            Self::Regular { form, axes } => {
                let numbers: Vec<u64> =
                    axes.iter().flat_map(|axis| [axis.start, axis.stride, axis.count, axis.block]).collect();
                Self::encode_hyperslabs(w, *form, REGULAR, axes.len(), &numbers, false);
                for axis in axes {
                    form.write(axis.start, w);
                    form.write(axis.stride, w);
                    form.write_limit(axis.count, w);
                    form.write_limit(axis.block, w);
                }
            }
            Self::Blocks { form, rank, corners } => {
                Self::encode_hyperslabs(w, *form, 0, *rank, corners, true);
                let count = corners.len().checked_div(rank.saturating_mul(2)).unwrap_or(0);
                form.write(count as u64, w);
                corners.iter().for_each(|&number| form.write(number, w));
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::structure_tests;
    use proptest::prelude::*;

    pub(crate) fn selections() -> impl Strategy<Value = Selection> {
        let wide = prop_oneof![Just(2_u8), Just(4), Just(8)];
        let regular = prop_oneof![
            Just(Form { version: 2, width: 8 }),
            wide.clone().prop_map(|width| Form { version: 3, width })
        ];
        let points = prop_oneof![Just(Form::FIRST), wide.prop_map(|width| Form { version: 2, width })];
        let blocks = prop_oneof![Just(Form::FIRST), regular.clone()];
        let limit = prop_oneof![0..9_000_u64, Just(UNLIMITED)];
        let pattern = (0..9_000_u64, 1..9_000_u64, limit.clone(), limit)
            .prop_map(|(start, stride, count, block)| Pattern { start, stride, count, block });
        let numbers = |per_rank: usize| {
            (1..4_usize, 0..4_usize).prop_flat_map(move |(rank, groups)| {
                (Just(rank), prop::collection::vec(0..9_000_u64, rank * groups * per_rank))
            })
        };
        prop_oneof![
            Just(Selection::None),
            Just(Selection::All),
            (points, numbers(1)).prop_map(|(form, (rank, coordinates))| Selection::Points {
                form,
                rank,
                coordinates
            }),
            (regular, prop::collection::vec(pattern, 1..4))
                .prop_map(|(form, axes)| Selection::Regular { form, axes }),
            (blocks, numbers(2)).prop_map(|(form, (rank, mut corners))| {
                for block in corners.chunks_exact_mut(2 * rank) {
                    let (low, high) = block.split_at_mut(rank);
                    low.iter().zip(high).for_each(|(low, high)| *high = (*high).max(*low));
                }
                Selection::Blocks { form, rank, corners }
            }),
        ]
    }

    structure_tests! {
        selection: Selection, context = (), values = selections(),
        real = [
            "03000000 01000000 0000000000000000",
            "02000000 01000000 00000000 28000000 02000000 02000000 00000000 00000000 00000000 04000000
             02000000 00000000 02000000 04000000",
            "02000000 03000000 01 02 02000000 0000 0200 0200 0100 0000 0100 0100 0500",
            "02000000 02000000 01 44000000 02000000
             0000000000000000 0100000000000000 ffffffffffffffff 0100000000000000
             0000000000000000 0100000000000000 0100000000000000 0a00000000000000",
        ],
        checksum = false
    }

    #[test]
    fn blocks_end_where_they_start_or_after() {
        let decode = |low: u8, high: u8| {
            let mut bytes = vec![2, 0, 0, 0, 3, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1, 0];
            bytes.extend([low, 0, high, 0]);
            crate::format::testing::decode::<Selection>(&bytes, &(), crate::format::Widths::default())
        };
        assert!(decode(3, 3).is_ok() && decode(3, 2).is_err());
    }
}
