//! The filters of one dataset, applied to whole chunks.

use super::codec::Codec;
use super::{OPTIONAL, copy_prefix, deflate, fletcher32, id, names, registry, shuffle};
use crate::format::message::filter_pipeline::FilterInfo;
use crate::{Error, Result};

/// The filters of a dataset, in the order of writing.
///
/// Filters that are not available are no error before a chunk has to go through them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pipeline {
    filters: Vec<FilterInfo>,
}

/// How many bytes a chunk may be longer than its dataset says: only the first ones count, but for them most
/// filters have to decode all.
const SURPLUS: u64 = 16 << 20;

/// Buffers and coder states of one thread, reused from chunk to chunk.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Its length is the largest that was needed, so that growing zeroes only what is new.
    source: Vec<u8>,
    target: Vec<u8>,
    deflate: deflate::State,
}

/// A decoded chunk.
pub(crate) enum Decoded<'a> {
    Elements(&'a [u8]),
    /// The first bytes of all elements, then all the second bytes, and so on.
    Shuffled {
        size: usize,
        planes: &'a [u8],
    },
}

impl Decoded<'_> {
    /// Copies elements, from number `first` on, of the size that was named when this was made.
    pub(crate) fn copy(&self, size: usize, first: usize, elements: &mut [u8]) -> Result<()> {
        let outside = || Error::format("the data ends before the selected elements");
        let start = first.checked_mul(size).ok_or_else(outside)?;
        let end = start.checked_add(elements.len()).ok_or_else(outside)?;
        match self {
            Self::Elements(bytes) => elements.copy_from_slice(bytes.get(start..end).ok_or_else(outside)?),
            Self::Shuffled { planes, .. } if end > planes.len() => return Err(outside()),
            Self::Shuffled { size, planes } => shuffle::decode_part(*size, planes, first, elements),
        }
        Ok(())
    }
}

impl Pipeline {
    /// A pipeline of at most 32 filters, one for each bit of a chunk's filter mask.
    pub(crate) fn new(filters: &[FilterInfo]) -> Result<Self> {
        if filters.len() > 32 {
            return Err(Error::format(format!("{} filters; at most 32 are possible", filters.len())));
        }
        Ok(Self { filters: filters.to_vec() })
    }

    /// Whether chunks are stored as they are in memory.
    pub(crate) fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// Checks that all filters which may not be left out can be applied.
    ///
    /// # Errors
    /// `Unsupported` if one is not available or only reads.
    pub(crate) fn check_encodes(&self) -> Result<()> {
        let mut mandatory = self.filters.iter().filter(|info| info.flags & OPTIONAL == 0);
        mandatory.try_for_each(|info| check_encodes(info, &Codec::new(info)?))
    }

    /// Undoes the filters of a stored chunk into `output`, which is as long as a chunk in memory.
    ///
    /// Bit i of `mask` says that filter i was not applied. A chunk that decodes to more bytes than
    /// asked for gives its first bytes, as in the C library; one with fewer is an error. No
    /// intermediate result may be longer than `limit`.
    pub(crate) fn decode(
        &self,
        stored: &[u8],
        mask: u32,
        limit: u64,
        output: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<()> {
        let total = undo(&self.filters, stored, mask, limit, output, scratch)?;
        check_len(total, output.len())
    }

    /// As [`decode`](Self::decode), but gives the elements shuffled, if shuffling elements of `size` bytes
    /// is all that is left then to undo.
    pub(crate) fn decode_shuffled<'o>(
        &self,
        stored: &[u8],
        mask: u32,
        limit: u64,
        (output, size): (&'o mut [u8], usize),
        scratch: &mut Scratch,
    ) -> Result<Decoded<'o>> {
        if let Some((FilterInfo { id: id::SHUFFLE, parameters, .. }, rest)) = self.filters.split_first()
            && parameters.iter().eq([&(size as u32)])
            && mask & 1 == 0
            && !shuffle::is_identity(size, output.len())
            && output.len().checked_rem(size) == Some(0)
            && registry::registered(id::SHUFFLE).is_none()
        {
            let total = undo(rest, stored, mask >> 1, limit, output, scratch)?;
            check_len(total, output.len())?;
            if total == output.len() as u64 {
                return Ok(Decoded::Shuffled { size, planes: output });
            }
            // The planes are those of a longer chunk.
        }
        self.decode(stored, mask, limit, output, scratch)?;
        Ok(Decoded::Elements(output))
    }

    /// Applies the filters to a chunk, and gives the bytes to store and their filter mask.
    ///
    /// An optional filter that is not available, fails, or does not make the chunk smaller though
    /// that is its purpose, is left out and has its bit set in the mask.
    pub(crate) fn encode<'a>(&self, raw: &'a [u8], scratch: &'a mut Scratch) -> Result<(&'a [u8], u32)> {
        let Scratch { source, target, deflate } = scratch;
        let (mut mask, mut in_scratch) = (0, false);
        for (bit, info) in active(&self.filters, 0) {
            let optional = info.flags & OPTIONAL != 0;
            let input = if in_scratch { &source[..] } else { raw };
            target.clear();
            let encoded = Codec::new(info).and_then(|step| {
                let written = step.encode(input, target, deflate)?;
                Ok(written && !(optional && step.compresses() && target.len() >= input.len()))
            });
            match encoded {
                Ok(true) => {
                    std::mem::swap(source, target);
                    in_scratch = true;
                }
                Ok(false) if target.is_empty() => {}
                Ok(false) => mask |= bit,
                Err(_) if optional => mask |= bit,
                Err(error) => return Err(error),
            }
        }
        Ok((if in_scratch { source } else { raw }, mask))
    }
}

/// Undoes `filters`, puts the first bytes of the result into `output`, and tells how long the whole is.
fn undo(
    filters: &[FilterInfo],
    stored: &[u8],
    mask: u32,
    limit: u64,
    output: &mut [u8],
    scratch: &mut Scratch,
) -> Result<u64> {
    let steps = active(filters, mask).map(|(_, info)| Codec::new(info)).collect::<Result<Vec<_>>>()?;
    let mut plain_len = Some(output.len());
    let mut input_lens = Vec::with_capacity(steps.len());
    for step in &steps {
        input_lens.push(plain_len);
        plain_len = plain_len.and_then(|len| len.checked_add(step.growth()?));
    }
    let Scratch { source, target, deflate } = scratch;
    let (mut in_scratch, mut len) = (false, stored.len());
    for (nth, (step, known_len)) in steps.iter().zip(input_lens).enumerate().rev() {
        let input = if in_scratch { &source[..] } else { stored }.get(..len).unwrap_or_default();
        if matches!(step, Codec::Fletcher32) {
            // The data stay where they are; only the checksum behind them goes.
            len = fletcher32::decode(input)?.len();
            continue;
        }
        if nth == 0 {
            let limit = limit.min((output.len() as u64).saturating_add(SURPLUS));
            return step.decode(input, output, limit, deflate);
        }
        let mut wanted = known_len.unwrap_or_else(|| input.len().saturating_mul(4).max(output.len()));
        loop {
            if wanted as u64 > limit.max(output.len() as u64).saturating_add(256) {
                return Err(Error::limit("a chunk grows beyond the limit between its filters"));
            }
            if let Some(more) = wanted.checked_sub(target.len()) {
                target
                    .try_reserve_exact(more)
                    .map_err(|_| Error::limit("no memory for a chunk between its filters"))?;
                target.resize(wanted, 0);
            }
            let total = step.decode(input, target.get_mut(..wanted).unwrap_or_default(), limit, deflate)?;
            len = usize::try_from(total).map_err(|_| Error::limit("a chunk exceeds the address space"))?;
            if len <= wanted {
                break;
            }
            wanted = len;
        }
        std::mem::swap(source, target);
        in_scratch = true;
    }
    let input = if in_scratch { &source[..] } else { stored }.get(..len).unwrap_or_default();
    copy_prefix(input, output);
    Ok(input.len() as u64)
}

/// The filters that `mask` does not leave out, each with its bit.
fn active(filters: &[FilterInfo], mask: u32) -> impl Iterator<Item = (u32, &FilterInfo)> {
    let bits = (0..32).map(|nth| 1_u32.wrapping_shl(nth));
    bits.zip(filters).filter(move |(bit, _)| mask & bit == 0)
}

/// Checks that a filter which may not be left out can be applied.
pub(super) fn check_encodes(info: &FilterInfo, codec: &Codec<'_>) -> Result<()> {
    if info.flags & OPTIONAL != 0 || codec.encodes() {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "filter {} ({}) is only read",
        info.id,
        names::registered_name(info.id).unwrap_or_default()
    )))
}

fn check_len(decoded: u64, wanted: usize) -> Result<()> {
    if decoded < wanted as u64 {
        return Err(Error::format(format!("a chunk decodes to {decoded} bytes instead of {wanted}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::ErrorKind;
    use crate::format::testing::hex;
    use proptest::prelude::*;

    fn info(id: u16, flags: u16, parameters: &[u32]) -> FilterInfo {
        FilterInfo { id, name: None, flags, parameters: parameters.to_vec() }
    }

    /// Shuffle, deflate and Fletcher32, as `create_dataset(shuffle, gzip, fletcher32)` of h5py has them.
    fn usual(size: u32) -> Vec<FilterInfo> {
        vec![info(id::SHUFFLE, 1, &[size]), info(id::DEFLATE, 1, &[6]), info(id::FLETCHER32, 0, &[])]
    }

    fn decoded(filters: &[FilterInfo], stored: &[u8], mask: u32, len: usize) -> Result<Vec<u8>> {
        let mut output = vec![0xee; len];
        Pipeline::new(filters)?.decode(stored, mask, 1 << 16, &mut output, &mut Scratch::default())?;
        Ok(output)
    }

    fn encoded(filters: &[FilterInfo], raw: &[u8]) -> Result<(Vec<u8>, u32)> {
        let mut scratch = Scratch::default();
        let (bytes, mask) =
            Pipeline::new(filters)?.encode(raw, &mut scratch).map(|(b, m)| (b.to_vec(), m))?;
        Ok((bytes, mask))
    }

    #[test]
    fn chunks_of_the_c_library_decode() {
        let steps = hex("789c637f7f7dfff2fef278777df1ff0cccecdcfcc2e2d2f2caea5a0c38000023760721d683dc0c");
        let expected: Vec<u8> = (0..12_i32).flat_map(|i| (i * 1000 + 7).to_le_bytes()).collect();
        assert_eq!(decoded(&usual(4), &steps, 0, 48).unwrap(), expected);
        // The first bytes of a chunk that is longer than asked for are those of the whole chunk.
        assert_eq!(decoded(&usual(4), &steps, 0, 40).unwrap(), expected[..40]);
        let checked = [info(id::FLETCHER32, 0, &[])];
        assert_eq!(decoded(&checked, &hex("00010203040506090c1714"), 0, 7).unwrap(), [0, 1, 2, 3, 4, 5, 6]);
        let filters = [info(id::SHUFFLE, 1, &[8]), info(id::FLETCHER32, 0, &[])];
        let stored = hex("003f4000f00000000000000000000000000000000000000040300023");
        let expected: Vec<u8> = [0.0, 1.0, 2.0_f64].into_iter().flat_map(f64::to_be_bytes).collect();
        assert_eq!(decoded(&filters, &stored, 0, 24).unwrap(), expected);
        assert_eq!(encoded(&filters, &expected).unwrap(), (stored, 0));
    }

    #[test]
    fn what_is_only_shuffled_is_joined_where_it_goes() {
        let raw: Vec<u8> = (0..64).map(|at| at / 8 * 9).collect();
        for (size, len, shuffled) in [(4, 64, true), (8, 64, false), (4, 60, false), (4, 62, false)] {
            for (mask, filters) in [(0, &usual(4)[..]), (1, &usual(4)[..]), (0, &usual(4)[1..])] {
                let kept = if mask == 1 { &filters[1..] } else { filters };
                let (stored, _) = encoded(kept, &raw).unwrap();
                let (mut output, mut scratch) = (vec![0; len], Scratch::default());
                let pipeline = Pipeline::new(filters).unwrap();
                let decoded = pipeline
                    .decode_shuffled(&stored, mask, 1 << 16, (&mut output, size), &mut scratch)
                    .unwrap();
                let joined_later = shuffled && mask == 0 && filters.len() == 3;
                assert_eq!(matches!(decoded, Decoded::Shuffled { .. }), joined_later);
                let mut part = vec![0; 5 * size];
                decoded.copy(size, 2, &mut part).unwrap();
                assert_eq!(part, raw[2 * size..7 * size]);
                assert!(decoded.copy(size, len / size - 4, &mut part).is_err());
                assert!(decoded.copy(size, usize::MAX, &mut part).is_err());
            }
        }
    }

    #[test]
    fn a_chunk_too_short_is_an_error_and_one_too_long_is_cut() {
        assert_eq!(decoded(&[], &[1, 2], 0, 3).unwrap_err().kind(), ErrorKind::Format);
        assert_eq!(decoded(&[], &[1, 2, 3], 0, 2).unwrap(), [1, 2]);
        let (stored, _) = encoded(&usual(2), &[7; 64]).unwrap();
        assert_eq!(decoded(&usual(2), &stored, 0, 65).unwrap_err().kind(), ErrorKind::Format);
        assert_eq!(decoded(&usual(2), &stored, 0, 63).unwrap(), [7; 63]);
    }

    #[test]
    fn the_mask_leaves_filters_out() {
        let raw: Vec<u8> = (0..32).collect();
        let (stored, mask) = encoded(&usual(4)[..1], &raw).unwrap();
        assert_eq!(mask, 0);
        assert_eq!(decoded(&usual(4), &stored, 0b110, 32).unwrap(), raw);
        assert_eq!(decoded(&usual(4), &raw, 0b111, 32).unwrap(), raw);
    }

    #[test]
    fn an_optional_compressor_that_does_not_compress_is_left_out() {
        let noise: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        let noise: Vec<u8> = noise
            .iter()
            .scan(1_u32, |x, b| {
                *x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                Some((*x >> 24) as u8 ^ b)
            })
            .collect();
        let (stored, mask) = encoded(&usual(4), &noise).unwrap();
        assert_eq!((stored.len(), mask), (4004, 0b010));
        assert_eq!(decoded(&usual(4), &stored, mask, 4000).unwrap(), noise);
        let (stored, mask) = encoded(&[info(id::DEFLATE, 0, &[6])], &noise).unwrap();
        assert!(stored.len() > 4000 && mask == 0, "a mandatory filter is never left out");
    }

    #[test]
    fn unknown_filters_fail_by_name_when_a_chunk_needs_them() {
        let mut unknown = info(31_999, 0, &[]);
        unknown.name = Some("filter of tomorrow".into());
        let error = decoded(&[unknown.clone()], &[0; 8], 0, 8).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("31999") && error.message().contains("filter of tomorrow"));
        assert_eq!(decoded(&[unknown.clone()], &[5; 8], 1, 8).unwrap(), [5; 8]);
        assert_eq!(encoded(&[unknown.clone()], &[0; 8]).unwrap_err().kind(), ErrorKind::Unsupported);
        unknown.flags = OPTIONAL;
        assert_eq!(encoded(&[unknown], &[0; 8]).unwrap(), (vec![0; 8], 1));
        assert!(Pipeline::new(&vec![info(id::FLETCHER32, 0, &[]); 33]).is_err());
    }

    #[test]
    fn compressors_behind_each_other_and_bombs() {
        let twice = [info(id::DEFLATE, 0, &[9]), info(id::DEFLATE, 0, &[9]), info(id::FLETCHER32, 0, &[])];
        let raw: Vec<u8> = (0..60_000_u32).map(|i| (i / 100) as u8).collect();
        let (stored, _) = encoded(&twice, &raw).unwrap();
        assert_eq!(decoded(&twice, &stored, 0, raw.len()).unwrap(), raw);
        let bomb = encoded(&twice[1..], &vec![0; 10 << 20]).unwrap().0;
        assert_eq!(decoded(&twice, &bomb, 0, 1000).unwrap_err().kind(), ErrorKind::Limit);
    }

    #[cfg(feature = "jpegls")]
    #[test]
    fn a_filter_that_only_reads_is_left_out_or_refused() {
        let optional = [info(id::JPEG_LS, OPTIONAL, &[])];
        assert_eq!(encoded(&optional, &[7; 8]).unwrap(), (vec![7; 8], 1));
        assert!(Pipeline::new(&optional).unwrap().check_encodes().is_ok());
        let mandatory = [info(id::JPEG_LS, 0, &[])];
        let error = Pipeline::new(&mandatory).unwrap().check_encodes().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("32018"), "{error}");
        assert_eq!(encoded(&mandatory, &[7; 8]).unwrap_err().kind(), ErrorKind::Unsupported);
        // An image of nothing but zeros, far larger than what is asked for.
        let image =
            hex("ffd8fff7000b087fff7fff01011100ffda00080101000000 00fcffd9".replace(' ', "").as_str());
        let error = Pipeline::new(&mandatory).unwrap();
        let error = error.decode(&image, 0, 1 << 32, &mut [0; 8], &mut Scratch::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
    }

    struct Invert;

    impl super::super::Filter for Invert {
        fn id(&self) -> u16 {
            65_000
        }
        fn name(&self) -> &str {
            "invert"
        }
        fn decode(&self, _: &[u32], input: &[u8], _: usize) -> Result<Vec<u8>, super::super::FilterError> {
            Ok(input.iter().map(|byte| !byte).collect())
        }
        fn encode(&self, parameters: &[u32], input: &[u8]) -> Result<Vec<u8>, super::super::FilterError> {
            if parameters.is_empty() {
                return Err("one parameter is needed".into());
            }
            self.decode(parameters, input, usize::MAX)
        }
    }

    #[test]
    fn registered_filters_take_part() {
        assert!(!super::super::is_available(65_000));
        super::super::register(Invert).unwrap();
        assert!(super::super::is_available(65_000));
        let filters = [info(65_000, 0, &[1]), info(id::FLETCHER32, 0, &[])];
        let (stored, mask) = encoded(&filters, &[1, 2, 3]).unwrap();
        assert_eq!((&stored[..3], mask), (&[254, 253, 252][..], 0));
        assert_eq!(decoded(&filters, &stored, 0, 3).unwrap(), [1, 2, 3]);
        assert!(encoded(&[info(65_000, 0, &[])], &[1]).is_err());
        assert_eq!(encoded(&[info(65_000, OPTIONAL, &[])], &[1]).unwrap(), (vec![1], 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn pipelines_round_trip_and_damage_never_panics(
            raw in prop::collection::vec(any::<u8>(), 1..600),
            size in 1_u32..20,
            damage in any::<prop::sample::Index>(),
        ) {
            let (mut stored, mask) = encoded(&usual(size), &raw).unwrap();
            prop_assert_eq!(&decoded(&usual(size), &stored, mask, raw.len()).unwrap(), &raw);
            let at = damage.index(stored.len());
            stored[at] ^= 0x11;
            prop_assert!(decoded(&usual(size), &stored, mask, raw.len()).is_err());
            prop_assert!(decoded(&usual(size), &stored[..at], mask, raw.len()).is_err());
        }
    }
}
