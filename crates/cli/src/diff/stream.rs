//! The elements of parts of two datasets, read piece by piece and side by side.

use std::iter::Peekable;

use hdfive::datatype::Datatype;
use hdfive::{Container, Elements};

use super::dataset::{PART_BYTES, WHOLE_BYTES};
use super::element::{Run, Scope, size};
use super::memory::Images;
use super::state::{Diff, Pair};
use crate::errors::{Error, Result};
use crate::selection::{hyperslab, pieces};

/// Hyperslabs that are read one after the other.
type Pieces = Box<dyn Iterator<Item = Vec<[u64; 4]>>>;

/// The elements of a hyperslab, of which a piece is in memory.
pub(super) struct Stream<'c> {
    container: &'c Container,
    pieces: Peekable<Pieces>,
    elements: Option<Elements>,
    /// How many of the elements are done with.
    taken: usize,
}

impl<'c> Stream<'c> {
    /// The elements of a hyperslab, or the one of a scalar.
    pub(super) fn new(container: &'c Container, slab: &[[u64; 4]]) -> Self {
        let pieces: Pieces = Box::new(pieces(slab, container.datatype().size.into(), PART_BYTES));
        Self { container, pieces: pieces.peekable(), elements: None, taken: 0 }
    }

    /// How many elements are at hand; 0 at the end.
    fn ready(&mut self) -> Result<usize> {
        loop {
            let ready = self.elements.as_ref().map_or(0, Elements::len) - self.taken;
            if ready > 0 || self.pieces.peek().is_none() {
                return Ok(ready);
            }
            let Some(piece) = self.pieces.next() else { return Ok(0) };
            self.elements = Some(self.container.read_elements(hyperslab(&piece))?);
            self.taken = 0;
        }
    }

    /// The first of the elements at hand.
    fn run(&self, count: usize) -> Option<Run<'_>> {
        let elements = self.elements.as_ref()?;
        let run = Run::of(elements);
        let size = size(run.datatype);
        Some(Run { bytes: run.bytes.get(self.taken * size..(self.taken + count) * size)?, ..run })
    }
}

/// Calls a function with the elements of both, and the number of those before them, until it returns
/// false or the first ends. What the second has too little is zeros.
pub(super) fn streams_in_step(
    mut streams: Pair<Stream<'_>>,
    mut each: impl FnMut(Pair<Run<'_>>, u64) -> Result<bool>,
) -> Result<()> {
    let mut index = 0;
    loop {
        let ready = [streams[0].ready()?, streams[1].ready()?];
        let count = if ready[1] == 0 { ready[0] } else { ready[0].min(ready[1]) };
        let Some(first) = streams[0].run(count).filter(|_| count > 0) else { return Ok(()) };
        let datatype = streams[1].container.datatype();
        let zeros = if ready[1] == 0 { vec![0; count * size(datatype)] } else { Vec::new() };
        let second = streams[1].run(count).filter(|_| ready[1] > 0);
        let second = second.unwrap_or(Run { datatype, bytes: &zeros, heap: first.heap });
        if !each([first, second], index)? {
            return Ok(());
        }
        index += count as u64;
        streams[0].taken += count;
        streams[1].taken += count.min(ready[1]);
    }
}

/// The bytes of arrays in memory, of which some are there.
struct Bytes<'c> {
    stream: Stream<'c>,
    bytes: Vec<u8>,
}

impl Bytes<'_> {
    /// Sees to it that there are so many bytes, if there are as many.
    fn fill(&mut self, images: &Images<'_>, side: usize, wanted: usize) -> Result<()> {
        while self.bytes.len() < wanted {
            let count = self.stream.ready()?;
            let Some(run) = self.stream.run(count).filter(|_| count > 0) else { return Ok(()) };
            for item in run.items() {
                images.append(side, item, &mut self.bytes)?;
            }
            self.stream.taken += count;
        }
        Ok(())
    }

    /// The first bytes as elements of a type; nothing if none were ever read.
    fn run<'b>(&'b self, datatype: &'b Datatype, wanted: usize) -> Option<Run<'b>> {
        let elements = self.stream.elements.as_ref()?;
        Some(Run { datatype, bytes: &self.bytes[..wanted.min(self.bytes.len())], heap: elements.heap() })
    }
}

impl Diff<'_> {
    /// Compares arrays of different sizes as the C tool does: as if what is in memory were, one after the
    /// other, `len` arrays of the smaller type.
    pub(super) fn uneven_arrays(
        &mut self,
        containers: Pair<&Container>,
        scope: &Scope<'_>,
        len: u64,
    ) -> Result<u64> {
        let types = containers.map(|container| container.datatype());
        let images = Images::of(types, true)?;
        let images = images.ok_or_else(|| Error::new("arrays of these types cannot be compared"))?;
        let smaller = usize::from(images.memory[0].size > images.memory[1].size);
        if len.saturating_mul(images.memory[1 - smaller].size.into()) >= WHOLE_BYTES {
            return Err(Error::new("so many arrays of different sizes cannot be compared"));
        }
        let datatype = &images.memory[smaller];
        let whole: Vec<_> = scope.place.dims.iter().map(|&dim| [0, 1, dim, 1]).collect();
        let mut sides =
            containers.map(|container| Bytes { stream: Stream::new(container, &whole), bytes: Vec::new() });
        let most = (PART_BYTES / u64::from(datatype.size.max(1))).max(1);
        self.heading = true;
        let (mut found, mut index) = (0, 0);
        while index < len {
            let count = most.min(len - index);
            let wanted = count as usize * size(datatype);
            for (side, bytes) in sides.iter_mut().enumerate() {
                bytes.fill(&images, side, wanted)?;
            }
            let [first, second] = &sides;
            let (Some(first), Some(second)) = (first.run(datatype, wanted), second.run(datatype, wanted))
            else {
                break;
            };
            found = self.elements(scope, [first, second], index, found)?;
            index += count;
            for Bytes { bytes, .. } in &mut sides {
                bytes.drain(..wanted.min(bytes.len()));
            }
        }
        Ok(found)
    }
}
