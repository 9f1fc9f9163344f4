//! Chunks as blocks of 4 elements in each dimension.

use zfp_rs::codec::block::encode_block;
use zfp_rs::{ZfpBitStream, ZfpFieldMut, ZfpMode, ZfpScalar};

use super::{Parameters, bad};
use crate::format::message::datatype::ByteOrder;
use crate::{Error, Result};

/// The edge of a block.
const EDGE: usize = 4;
/// For 1 to 4 elements that an array still has at a block's place in a dimension: which element stands
/// for each of the block's four.
const PADDING: [[usize; EDGE]; EDGE] = [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 2, 0], [0, 1, 2, 3]];

/// A number that ZFP compresses.
pub(super) trait Element: ZfpScalar {
    fn from_slice(bytes: &[u8], order: ByteOrder) -> Self;
    fn to_slice(self, order: ByteOrder, bytes: &mut [u8]);
    /// Whether the lossy modes keep a value near to this one.
    fn is_lossy_safe(self) -> bool;
}

macro_rules! element {
    ($type:ty, $is_lossy_safe:expr) => {
        impl Element for $type {
            fn from_slice(bytes: &[u8], order: ByteOrder) -> Self {
                let bytes = bytes.try_into().unwrap_or_default();
                if order == ByteOrder::Big { Self::from_be_bytes(bytes) } else { Self::from_le_bytes(bytes) }
            }
            fn to_slice(self, order: ByteOrder, bytes: &mut [u8]) {
                let own = if order == ByteOrder::Big { self.to_be_bytes() } else { self.to_le_bytes() };
                bytes.iter_mut().zip(own).for_each(|(to, byte)| *to = byte);
            }
            fn is_lossy_safe(self) -> bool {
                ($is_lossy_safe)(self)
            }
        }
    };
}

element!(i32, |value: i32| value.unsigned_abs() < 1 << 30);
element!(i64, |value: i64| value.unsigned_abs() < 1 << 62);
element!(f32, f32::is_finite);
element!(f64, f64::is_finite);

/// Bytes as the words of a bit stream, zeros behind them.
fn stream(bytes: &[u8]) -> ZfpBitStream {
    let (whole, rest) = bytes.as_chunks();
    let mut words: Vec<u64> = whole.iter().map(|&word| u64::from_le_bytes(word)).collect();
    if !rest.is_empty() {
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, &byte)| *to = byte);
        words.push(u64::from_le_bytes(last));
    }
    ZfpBitStream::from_words(words)
}

/// Decodes a chunk, whose length in memory is known to be acceptable, into as much of `output` as it
/// fills.
pub(super) fn decode<T: Element>(parameters: &Parameters, input: &[u8], output: &mut [u8]) -> Result<()> {
    let Parameters { config, metadata, order } = parameters;
    let dims = || metadata.dims.iter().copied().filter(|&dim| dim > 0);
    // No block takes less than a bit, so that a short chunk cannot ask for much work.
    let blocks = dims().map(|dim| dim.div_ceil(EDGE) as u64).try_fold(1, u64::checked_mul);
    let bits = blocks.and_then(|blocks| blocks.checked_mul(config.min_bits().max(1).into()));
    if bits.is_none_or(|bits| bits.div_ceil(8) > input.len() as u64) {
        return Err(bad("a chunk is truncated"));
    }
    let mut values = vec![T::default(); dims().product()];
    let field = match metadata.dims {
        [x, 0, ..] => ZfpFieldMut::new(&mut values, x),
        [x, y, 0, _] => ZfpFieldMut::new(&mut values, [x, y]),
        [x, y, z, 0] => ZfpFieldMut::new(&mut values, [x, y, z]),
        all => ZfpFieldMut::new(&mut values, all),
    };
    let mut field = field.map_err(|error| bad(error.to_string()))?;
    stream(input).decompress(config, &mut field).map_err(|_| bad("a chunk is truncated"))?;
    for (to, value) in output.chunks_exact_mut(size_of::<T>()).zip(values) {
        value.to_slice(*order, to);
    }
    Ok(())
}

/// Encodes a chunk, whose length is known to be right, behind `output`.
pub(super) fn encode<T: Element>(parameters: &Parameters, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let order = parameters.order;
    let values: Vec<T> =
        input.chunks_exact(size_of::<T>()).map(|bytes| T::from_slice(bytes, order)).collect();
    if parameters.config.mode() != ZfpMode::Reversible && !values.iter().all(|value| value.is_lossy_safe()) {
        let what = "values that the lossy modes of ZFP cannot keep: not finite, or integers too large";
        return Err(Error::usage(what));
    }
    encode_values(parameters, &values, output)
}

#[expect(clippy::arithmetic_side_effects, reason = "the places of an element add up to its index")]
fn encode_values<T: Element>(parameters: &Parameters, values: &[T], output: &mut Vec<u8>) -> Result<()> {
    let Parameters { config, metadata, .. } = parameters;
    let rank = super::rank(metadata).ok_or_else(|| bad("no dimensions"))?;
    let room = config.maximum_size(T::SCALAR_TYPE, metadata.dims);
    let mut stream = room
        .and_then(|room| ZfpBitStream::new(room).ok())
        .ok_or_else(|| Error::limit("a chunk exceeds the memory in its ZFP filter"))?;
    let at = |places: [usize; EDGE], nth: usize| places.get(nth % EDGE).copied().unwrap_or_default();
    let mut block = vec![T::default(); rank.block_size()];
    for_each_block(metadata.dims, |[x, y, z, w]| {
        let place = |nth: usize| at(x, nth) + at(y, nth >> 2) + at(z, nth >> 4) + at(w, nth >> 6);
        for (nth, element) in block.iter_mut().enumerate() {
            *element = values.get(place(nth)).copied().unwrap_or_default();
        }
        encode_block(&mut stream, config, &block, rank).map_err(|_| bad("a block of another size"))
    })?;
    let len = usize::try_from(stream.write_pos().div_ceil(8)).unwrap_or(usize::MAX);
    let start = output.len();
    output.extend(stream.into_words().iter().flat_map(|word| word.to_le_bytes()));
    output.truncate(start.saturating_add(len));
    Ok(())
}

/// Where a block's elements are: one of each dimension's places, added, makes an index. In a dimension
/// that the array does not have they are 0.
type Places = [[usize; EDGE]; 4];

/// Calls `work` for the blocks of an array of these dimensions (0: none), along the first one first.
#[expect(clippy::arithmetic_side_effects, reason = "all is below the product of the dimensions")]
fn for_each_block<T>(dims: [usize; 4], mut work: impl FnMut(Places) -> Result<T>) -> Result<()> {
    let sizes = dims.map(|dim| dim.max(1));
    let (mut strides, mut product) = ([0; 4], 1);
    for (stride, size) in strides.iter_mut().zip(sizes) {
        *stride = product;
        product *= size;
    }
    let mut origin = [0; 4];
    loop {
        let mut places = Places::default();
        for (((places, start), size), stride) in places.iter_mut().zip(origin).zip(sizes).zip(strides) {
            let left = (size - start).min(EDGE);
            let padding = PADDING.get(left - 1).copied().unwrap_or_default();
            *places = padding.map(|nth| (start + nth) * stride);
        }
        work(places)?;
        let mut carried = true;
        for (start, size) in origin.iter_mut().zip(sizes) {
            *start += EDGE;
            carried = *start >= size;
            if !carried {
                break;
            }
            *start = 0;
        }
        if carried {
            return Ok(());
        }
    }
}
