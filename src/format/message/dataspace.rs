//! Dataspace message (0x0001). Specification IV.A.2.b; notes: format-spec-notes/messages.md.

use super::MessageBody;
use crate::Result;
use crate::format::fields::{Field, MaxLength};
use crate::format::{Reader, Structure, Writer};

/// How many elements, in which shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dataspace {
    /// Message version, 1 or 2.
    pub(crate) version: u8,
    pub(crate) extent: Extent,
}

/// The extent of a dataspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// No element.
    Null,
    /// One element, no dimensions.
    Scalar,
    /// An N-dimensional array.
    Simple {
        /// Current size of each dimension.
        dims: Vec<u64>,
        /// Maximum size of each dimension; `u64::MAX` is unlimited. `None`: the same as `dims`.
        max_dims: Option<Vec<u64>>,
    },
}

impl Dataspace {
    /// The value of a maximum dimension that has no bound.
    pub(crate) const UNLIMITED: u64 = MaxLength::UNLIMITED.0;
    /// The largest rank.
    pub(crate) const MAX_RANK: usize = 32;

    /// A dataspace of the version that HDF5 1.8 and later write.
    pub(crate) fn new(extent: Extent) -> Self {
        Self { version: 2, extent }
    }

    /// The current size of each dimension; none for a scalar and for a null dataspace.
    pub(crate) fn dims(&self) -> &[u64] {
        match &self.extent {
            Extent::Simple { dims, .. } => dims,
            Extent::Null | Extent::Scalar => &[],
        }
    }

    /// The number of elements, if 64 bits hold it.
    pub(crate) fn elements(&self) -> Option<u64> {
        match &self.extent {
            Extent::Null => Some(0),
            Extent::Scalar => Some(1),
            Extent::Simple { dims, .. } if dims.contains(&0) => Some(0),
            Extent::Simple { dims, .. } => dims.iter().try_fold(1, |n: u64, &dim| n.checked_mul(dim)),
        }
    }
}

const HAS_MAX: u8 = 0x01;
const HAS_PERMUTATION: u8 = 0x02;
const KIND_SCALAR: u8 = 0;
const KIND_SIMPLE: u8 = 1;
const KIND_NULL: u8 = 2;

#[cfg(test)]
impl Dataspace {
    /// One element.
    pub(crate) fn scalar() -> Self {
        Self::new(Extent::Scalar)
    }

    /// An array that cannot grow.
    ///
    /// The C library stores the maximum of every array that it makes, so this does too.
    pub(crate) fn simple(dims: &[u64]) -> Self {
        Self::new(Extent::Simple { dims: dims.to_vec(), max_dims: Some(dims.to_vec()) })
    }

    /// The maximum size of each dimension.
    pub(crate) fn max_dims(&self) -> &[u64] {
        match &self.extent {
            Extent::Simple { max_dims: Some(max), .. } => max,
            _ => self.dims(),
        }
    }
}

impl Structure for Dataspace {
    const NAME: &'static str = "Dataspace message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        let rank = usize::from(r.u8()?);
        let flags = r.u8()?;
        let kind = match version {
            1 => {
                r.skip(5)?;
                if rank == 0 { KIND_SCALAR } else { KIND_SIMPLE }
            }
            2 => r.u8()?,
            _ => return Err(r.unsupported("version", format!("version {version}"))),
        };
        if rank > Self::MAX_RANK {
            return Err(r.error("rank", format!("the rank is {rank}, more than {}", Self::MAX_RANK)));
        }
        // Permuted dimensions were specified, but no library ever wrote or understood them.
        if flags & HAS_PERMUTATION != 0 && version == 1 {
            return Err(r.unsupported("flags", "permuted dimensions"));
        }
        if flags & !HAS_MAX != 0 {
            return Err(r.unsupported("flags", format!("flags {flags:#04x}")));
        }
        let extent = match (kind, rank) {
            (KIND_SCALAR | KIND_SIMPLE, 0) => Extent::Scalar,
            (KIND_NULL, 0) => Extent::Null,
            (KIND_SIMPLE, _) => {
                let dims = (0..rank).map(|_| r.length()).collect::<Result<Vec<_>>>()?;
                let max_dims = if flags & HAS_MAX != 0 {
                    Some((0..rank).map(|_| Ok(MaxLength::decode(r)?.0)).collect::<Result<Vec<_>>>()?)
                } else {
                    None
                };
                if max_dims.iter().flatten().zip(&dims).any(|(max, dim)| max < dim) {
                    return Err(r.error("maximum size", "a dimension is larger than its maximum"));
                }
                Extent::Simple { dims, max_dims }
            }
            (KIND_SCALAR | KIND_NULL, _) => {
                return Err(r.error("rank", "a scalar or null dataspace with dimensions"));
            }
            _ => return Err(r.unsupported("type", format!("dataspace type {kind}"))),
        };
        Ok(Self { version, extent })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        let (kind, max_dims) = match &self.extent {
            Extent::Scalar => (KIND_SCALAR, None),
            Extent::Null => (KIND_NULL, None),
            Extent::Simple { max_dims, .. } => (KIND_SIMPLE, max_dims.as_ref()),
        };
        let dims = self.dims();
        w.u8(self.version);
        w.uint(dims.len() as u64, 1, "rank");
        w.u8(if max_dims.is_some() { HAS_MAX } else { 0 });
        if self.version == 1 {
            if kind == KIND_NULL {
                w.overflow("type");
            }
            w.zeros(5);
        } else {
            w.u8(kind);
        }
        for &dim in dims {
            w.length(dim);
        }
        for &max in max_dims.into_iter().flatten() {
            MaxLength(max).encode(w);
        }
    }
}

impl MessageBody for Dataspace {
    const TYPE: u16 = 0x0001;
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::testing::{decode, hex, structure_tests};
    use crate::format::{Widths, encode};
    use proptest::prelude::*;

    /// Any dataspace.
    pub(crate) fn dataspaces() -> impl Strategy<Value = Dataspace> {
        let dim = prop_oneof![0..200_u64, 0..70_000_u64, 0..u64::MAX];
        let simple = prop::collection::vec((dim, any::<Option<u64>>()), 1..5).prop_flat_map(|pairs| {
            let dims: Vec<u64> = pairs.iter().map(|pair| pair.0).collect();
            let max: Vec<u64> = pairs
                .iter()
                .map(|(dim, more)| more.map_or(Dataspace::UNLIMITED, |more| dim.saturating_add(more >> 40)))
                .collect();
            prop_oneof![Just(None), Just(Some(max))]
                .prop_map(move |max_dims| Extent::Simple { dims: dims.clone(), max_dims })
        });
        let extent = prop_oneof![Just(Extent::Scalar), Just(Extent::Null), simple];
        (1..=2_u8, extent).prop_map(|(version, extent)| {
            let version = if extent == Extent::Null { 2 } else { version };
            Dataspace { version, extent }
        })
    }

    structure_tests! {
        dataspace: Dataspace, context = (), values = dataspaces(),
        real = [
            "0100000000000000",
            "0102010000000000 0200000000000000 0300000000000000 ffffffffffffffff 0a00000000000000",
            "02000002",
            "02000000",
            "02010101 0300000000000000 0300000000000000",
            "02020101 1400000000000000 1e00000000000000 ffffffffffffffff ffffffffffffffff",
        ],
        checksum = false
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let refused = [
            ("0101020000000000 0100000000000000 0000000000000000", "permuted"),
            ("02000400", "flags"),
            ("02010000 0100000000000000", "scalar"),
            ("02210001", "rank"),
            ("02000003", "type 3"),
            ("03000000", "version 3"),
            ("02010101 0300000000000000 0200000000000000", "larger than its maximum"),
        ];
        for (bytes, message) in refused {
            let error = decode::<Dataspace>(&hex(bytes), &(), Widths::default()).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
        let null = Dataspace { version: 1, extent: Extent::Null };
        assert!(encode(&null, &(), Widths::default()).is_err(), "version 1 has no null dataspace");
    }

    #[test]
    fn unlimited_in_narrow_files() {
        let widths = Widths { offset: 4, length: 4 };
        let space = decode::<Dataspace>(&hex("02010101 03000000 ffffffff"), &(), widths).unwrap();
        assert_eq!(space.max_dims(), [Dataspace::UNLIMITED]);
    }

    #[test]
    fn elements_do_not_overflow() {
        assert_eq!(Dataspace::simple(&[1 << 40, 1 << 40]).elements(), None);
        assert_eq!(Dataspace::simple(&[1 << 40, 1 << 40, 0]).elements(), Some(0));
        assert_eq!(Dataspace::simple(&[3, 4]).elements(), Some(12));
    }
}
