//! The overlay against a model of bytes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;
use crate::format::{Reader, Writer};
use proptest::prelude::*;

/// As many bytes as its value says, all the same.
#[derive(Debug, Clone, PartialEq)]
struct Block(u16, u8);

impl Structure for Block {
    const NAME: &'static str = "test block";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let (len, byte) = (r.u16()?, r.u8()?);
        r.skip(usize::from(len).saturating_sub(3))?;
        Ok(Self(len, byte))
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u16(self.0);
        w.u8(self.1);
        (3..self.0).for_each(|_| w.u8(self.1));
    }

    /// Known for half of the values, so that structures of known and unknown length take turns.
    fn encoded_len(&self, (): &(), _: Widths) -> Option<usize> {
        self.1.is_multiple_of(2).then_some(usize::from(self.0))
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write(u64, Vec<u8>),
    Put(u64, Block),
    /// As [`Store::modify`](crate::store::Store::modify) does: where it waits to be encoded, in place.
    Modify(u64, Block),
    Remove(u64, u64),
    Settle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        // Inside of structures, and where there are none.
        2 => (0..3_u64, 0..400_u64, prop::collection::vec(1_u8.., 1..600))
            .prop_map(|(block, at, bytes)| Step::Write(block * 1500 + at, bytes)),
        2 => (5000..7000_u64, prop::collection::vec(1_u8.., 1..600))
            .prop_map(|(at, bytes)| Step::Write(at, bytes)),
        3 => ((0..3_u64).prop_map(|at| at * 1500), 1000..1400_u16, 1_u8..)
            .prop_map(|(at, len, byte)| Step::Put(at, Block(len, byte))),
        2 => ((0..3_u64).prop_map(|at| at * 1500), 1000..1400_u16, 1_u8..)
            .prop_map(|(at, len, byte)| Step::Modify(at, Block(len, byte))),
        // What a structure may grow into is freed with it.
        1 => (0..3_u64).prop_map(|block| Step::Remove(block * 1500, 1500)),
        1 => (5000..7000_u64, 1..900_u64).prop_map(|(at, len)| Step::Remove(at, len)),
        1 => Just(Step::Settle),
    ];
    prop::collection::vec(step, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Against a model: an array of bytes, dirty or not. What follows a structure that became
    /// shorter may be either.
    #[test]
    fn reads_see_the_last_write(steps in steps()) {
        let widths = Widths::default();
        let mut overlay = Overlay::new(widths);
        let mut model = vec![None; 8192];
        let mut either = vec![false; 8192];
        for step in steps {
            let (at, bytes) = match step {
                Step::Write(at, bytes) => {
                    overlay.write(at, bytes.clone(), Rank::Linked, true).unwrap();
                    (at, bytes)
                }
                Step::Put(at, block) => {
                    let bytes = encode(&block, &(), widths).unwrap();
                    overlay.put(at, block, &(), Rank::Linked, true).unwrap();
                    either[at as usize + bytes.len()..at as usize + 1400].fill(true);
                    (at, bytes)
                }
                Step::Modify(at, block) => {
                    let mut change = |old: &mut Block| *old = block.clone();
                    let Some((len, ())) = overlay.modify(at, &(), Rank::Linked, &mut change) else { continue };
                    let bytes = encode(&block, &(), widths).unwrap();
                    let known = block.encoded_len(&(), widths);
                    prop_assert!(known.is_none_or(|known| known as u64 == len));
                    either[at as usize + bytes.len()..at as usize + 1400].fill(true);
                    (at, bytes)
                }
                Step::Remove(at, len) => {
                    overlay.remove(at, len);
                    model[at as usize..(at + len) as usize].fill(None);
                    either[at as usize..(at + len) as usize].fill(false);
                    continue;
                }
                Step::Settle => {
                    overlay.settle(|_, _, _| ()).unwrap();
                    continue;
                }
            };
            either[at as usize..at as usize + bytes.len()].fill(false);
            for (to, byte) in model[at as usize..].iter_mut().zip(bytes) {
                *to = Some(byte);
            }
            for start in (0..8192).step_by(97) {
                let mut buf = vec![0; 200];
                overlay.apply(start, &mut buf).unwrap();
                for (index, byte) in buf.into_iter().enumerate() {
                    let at = start as usize + index;
                    let expected = model.get(at).copied().flatten().unwrap_or(0);
                    prop_assert!(byte == expected || either.get(at) == Some(&true), "{} + {}", start, index);
                }
                if let Some(bytes) = overlay.covering(start).unwrap() {
                    for (index, byte) in bytes.iter().enumerate() {
                        let at = start as usize + index;
                        prop_assert!(Some(*byte) == model[at] || either[at], "{} + {}", start, index);
                    }
                }
            }
        }
        overlay.settle(|_, _, _| ()).unwrap();
        let mut end = 0;
        for (start, extent) in overlay.extents() {
            prop_assert!(start >= end, "extents do not overlap");
            end = start + extent.bytes.len() as u64;
        }
    }
}

#[test]
fn a_rank_never_falls() {
    let mut overlay = Overlay::new(Widths::default());
    overlay.write(0, vec![1; 10], Rank::Unlinking, false).unwrap();
    overlay.write(0, vec![2; 10], Rank::Linked, false).unwrap();
    let ranks: Vec<_> = overlay.extents().map(|(_, extent)| extent.rank).collect();
    assert_eq!(ranks, [Rank::Unlinking]);
}
