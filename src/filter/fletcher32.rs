//! Fletcher32 checksum, filter 3. Specification IV.A.2.l, "Filter pipeline message".
//!
//! No parameters. Four bytes follow the data: the two running sums, modulo 65535, of its 16-bit
//! big-endian words (an odd last byte is the high half of a word), as one little-endian number
//! whose high half is the second sum. The data `01 02 03` has the words 0x0102 and 0x0300, the
//! sums 0x0402 and 0x0504, and so is stored as `01 02 03 02 04 04 05`.
//!
//! Libraries before 1.6.3 on little-endian machines stored the checksum with the bytes of each
//! half exchanged; both are accepted, as the C library does.

use crate::{Error, Result};

/// How many bytes the filter adds.
pub(super) const LEN: usize = 4;

/// The data without its checksum, which is verified.
pub(crate) fn decode(input: &[u8]) -> Result<&[u8]> {
    let Some((data, stored)) = input.split_last_chunk::<LEN>() else {
        return Err(Error::format("too short to hold a Fletcher32 checksum"));
    };
    let [a, b, c, d] = checksum(data).to_le_bytes();
    if *stored != [a, b, c, d] && *stored != [b, a, d, c] {
        return Err(Error::format("the Fletcher32 checksum does not match the data"));
    }
    Ok(data)
}

/// Appends the checksum of all of `data` to it.
pub(super) fn encode(data: &mut Vec<u8>) {
    let sum = checksum(data);
    data.extend_from_slice(&sum.to_le_bytes());
}

const LANES: usize = 8;
/// So many rows that no lane overflows: 65535 * ROWS * (ROWS + 1) / 2 < 2^32.
const ROWS: usize = 256;

/// The sums are taken in lanes: of words w0, w1, … the second sum of n words is the total of
/// (n - i) * wi, and with i = row * LANES + lane that splits into a weight by row and one by lane.
#[expect(clippy::arithmetic_side_effects, reason = "the bounds above; the totals stay far below 2^64")]
#[expect(clippy::indexing_slicing, reason = "a row is 2 * LANES bytes long")]
pub(crate) fn checksum(data: &[u8]) -> u32 {
    let (mut first, mut second, mut any) = (0_u64, 0_u64, false);
    for block in data.chunks(2 * LANES * ROWS) {
        let (rows, rest) = block.as_chunks::<{ 2 * LANES }>();
        let (mut sums, mut sums_of_sums) = ([0_u32; LANES], [0_u32; LANES]);
        for row in rows {
            for (lane, (sum, sum_of_sums)) in sums.iter_mut().zip(&mut sums_of_sums).enumerate() {
                *sum += u32::from(u16::from_be_bytes([row[2 * lane], row[2 * lane + 1]]));
                *sum_of_sums += *sum;
            }
        }
        second += first * (rows.len() * LANES) as u64;
        for (lane, (sum, sum_of_sums)) in sums.into_iter().zip(sums_of_sums).enumerate() {
            first += u64::from(sum);
            second += u64::from(sum_of_sums) * LANES as u64 - u64::from(sum) * lane as u64;
        }
        for word in rest.chunks(2) {
            let high = word.first().copied().unwrap_or(0);
            first += u64::from(u16::from_be_bytes([high, word.get(1).copied().unwrap_or(0)]));
            second += first;
        }
        any |= first != 0;
        first %= 65535;
        second %= 65535;
    }
    // A sum that is a multiple of 65535 is 65535, unless every word was zero.
    let residue = |sum: u64| if sum == 0 && any { 65535 } else { sum as u32 };
    residue(second) << 16 | residue(first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    /// The definition, one word at a time, with the end-around carry done at each.
    fn plain(data: &[u8]) -> u32 {
        let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
        let (mut first, mut second) = (0, 0);
        for word in data.chunks(2) {
            let word = u32::from(word[0]) << 8 | word.get(1).map_or(0, |low| u32::from(*low));
            first = fold(first + word);
            second = fold(second + first);
        }
        second << 16 | first
    }

    #[test]
    fn example_of_the_head_of_this_file() {
        let mut data = vec![1, 2, 3];
        encode(&mut data);
        assert_eq!(data, [1, 2, 3, 2, 4, 4, 5]);
        assert_eq!(decode(&data).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn old_checksums_with_exchanged_bytes_are_accepted() {
        assert_eq!(decode(&[1, 2, 3, 4, 2, 5, 4]).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn damage_and_truncation_are_errors() {
        let good = [1, 2, 3, 2, 4, 4, 5];
        for at in 0..good.len() {
            let mut bad = good;
            bad[at] ^= 0x10;
            assert_eq!(decode(&bad).unwrap_err().kind(), crate::ErrorKind::Format);
            assert!(decode(&good[..at]).is_err());
        }
    }

    #[test]
    fn extreme_sums_do_not_overflow() {
        for len in [1, 2, 4095, 4096, 4097, 100_000] {
            for byte in [0, 1, 0xff] {
                assert_eq!(checksum(&vec![byte; len]), plain(&vec![byte; len]), "{len} times {byte}");
            }
        }
    }

    proptest! {
        #[test]
        fn lanes_agree_with_the_definition(data in prop::collection::vec(any::<u8>(), 0..9000)) {
            prop_assert_eq!(checksum(&data), plain(&data));
        }
    }
}
