//! The markers of an image (T.87, annex C).

use super::bits::Bits;
use super::model::{Coding, Presets};
use super::scan::{Interleave, Scan};
use super::{bad, unsupported};
use crate::Result;

/// What the frame header says.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    bits: u32,
    lines: usize,
    samples: usize,
    /// The identifiers of the components.
    components: Vec<u8>,
}

impl Frame {
    /// The bytes of a sample in memory.
    fn sample_len(&self) -> usize {
        if self.bits > 8 { 2 } else { 1 }
    }

    /// The bytes of the image in memory.
    pub(super) fn len(&self) -> Result<u64> {
        let factors = [self.lines, self.samples, self.components.len(), self.sample_len()];
        let len = factors.iter().try_fold(1_u64, |len, factor| len.checked_mul(*factor as u64));
        len.ok_or_else(|| bad("an image is too large"))
    }

    /// Reads the header from what stands behind its marker and length.
    fn new(segment: &[u8]) -> Result<Self> {
        let [bits, l1, l0, s1, s0, count, components @ ..] = segment else {
            return Err(bad("a frame header is truncated"));
        };
        let (lines, samples) = (u16::from_be_bytes([*l1, *l0]), u16::from_be_bytes([*s1, *s0]));
        if !(2..=16).contains(bits) || *count == 0 {
            return Err(bad("an invalid frame header"));
        }
        if lines == 0 || samples == 0 {
            return Err(unsupported("an image that does not say how large it is in its frame header"));
        }
        let components = components.as_chunks::<3>().0.get(..usize::from(*count));
        let components = components.ok_or_else(|| bad("a frame header is truncated"))?;
        if components.iter().any(|[_, sampling, _]| *sampling != 0x11) {
            return Err(unsupported("components of different sizes"));
        }
        Ok(Self {
            bits: u32::from(*bits),
            lines: usize::from(lines),
            samples: usize::from(samples),
            components: components.iter().map(|[id, ..]| *id).collect(),
        })
    }
}

/// An image whose frame header has been read.
pub(super) struct Reader<'a> {
    pub(super) frame: Frame,
    presets: Presets,
    rest: &'a [u8],
}

/// The end of an image (EOI), its start (SOI), a scan (SOS), a frame (SOF55) and presets (LSE).
const END: u8 = 0xd9;
const START: u8 = 0xd8;
const SCAN: u8 = 0xda;
const FRAME: u8 = 0xf7;
const PRESETS: u8 = 0xf8;
/// Restart intervals (DRI).
const RESTART: u8 = 0xdd;
/// The application data in which HP's codec notes a transformation of colors.
const APPLICATION_8: u8 = 0xe8;

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8]) -> Result<Self> {
        let Some(mut rest) = input.strip_prefix(&[0xff, START]) else {
            return Err(bad("a chunk does not start as a JPEG image"));
        };
        let mut presets = Presets::default();
        loop {
            match segment(&mut rest)? {
                (FRAME, segment) => return Ok(Self { frame: Frame::new(segment)?, presets, rest }),
                (SCAN | END, _) => return Err(bad("an image without a frame header")),
                (marker, segment) => other(marker, segment, &mut presets)?,
            }
        }
    }

    /// Reads the scans into `output`, which is as long as the image.
    pub(super) fn read(&mut self, output: &mut [u8]) -> Result<()> {
        let mut left = self.frame.components.clone();
        while !left.is_empty() {
            match segment(&mut self.rest)? {
                (SCAN, segment) => self.scan(segment, &mut left, output)?,
                (FRAME, _) => return Err(bad("an image with two frame headers")),
                (END, _) => return Err(bad("an image ends before its last scan")),
                (marker, segment) => other(marker, segment, &mut self.presets)?,
            }
        }
        Ok(())
    }

    /// Reads a scan, and takes its components from those that are `left`.
    fn scan(&mut self, segment: &[u8], left: &mut Vec<u8>, output: &mut [u8]) -> Result<()> {
        let truncated = || bad("a scan header is truncated");
        let (count, segment) = segment.split_first().ok_or_else(truncated)?;
        let (ids, segment) =
            segment.split_at_checked(usize::from(*count).saturating_mul(2)).ok_or_else(truncated)?;
        let ids = ids.as_chunks::<2>().0;
        let [near, interleave, point, ..] = segment else { return Err(truncated()) };
        if ids.iter().any(|[_, table]| *table != 0) || point & 15 != 0 {
            return Err(unsupported("mapping tables and point transforms"));
        }
        let (taken, first) = (ids.len(), self.frame.components.len().saturating_sub(left.len()));
        let in_order = left.iter().zip(ids).all(|(id, [of_scan, _])| id == of_scan);
        if taken == 0 || taken > left.len() || !in_order {
            return Err(bad("the components of a scan are not the next ones of the frame"));
        }
        let interleave = match (interleave, taken) {
            (0..=2, 1) => Interleave::Line,
            (1, _) => Interleave::Line,
            (2, _) => Interleave::Sample,
            _ => return Err(bad("an invalid interleaving")),
        };
        let coding = Coding::new(self.frame.bits, u32::from(*near), &self.presets)?;
        let Frame { lines, samples, .. } = self.frame;
        let sample_len = self.frame.sample_len();
        let plane = lines.saturating_mul(samples).saturating_mul(sample_len);
        let range = first.saturating_mul(plane)..first.saturating_add(taken).saturating_mul(plane);
        let output = output.get_mut(range).ok_or_else(|| bad("an image of another size"))?;
        let mut scan = Scan::new(coding, Bits::new(self.rest), taken, samples);
        for pixels in output.chunks_exact_mut(samples.saturating_mul(taken).saturating_mul(sample_len)) {
            scan.line(interleave)?;
            scan.put(sample_len, pixels);
        }
        self.rest = scan.rest();
        left.drain(..taken);
        Ok(())
    }
}

/// Takes the next marker with its segment from `rest`.
fn segment<'a>(rest: &mut &'a [u8]) -> Result<(u8, &'a [u8])> {
    let truncated = || bad("a chunk is truncated");
    let mut bytes = rest.strip_prefix(&[0xff]).ok_or_else(|| bad("a marker is missing"))?;
    // Any number of ff may stand before a marker.
    while let Some(shorter) = bytes.strip_prefix(&[0xff]) {
        bytes = shorter;
    }
    let (&marker, bytes) = bytes.split_first().ok_or_else(truncated)?;
    if marker == END {
        *rest = bytes;
        return Ok((marker, &[]));
    }
    let (len, _) = bytes.split_first_chunk::<2>().ok_or_else(truncated)?;
    let (segment, bytes) =
        bytes.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or_else(truncated)?;
    *rest = bytes;
    Ok((marker, segment.get(2..).ok_or_else(|| bad("a segment is shorter than its length"))?))
}

/// Understands a segment that is neither frame nor scan.
fn other(marker: u8, segment: &[u8], presets: &mut Presets) -> Result<()> {
    match (marker, segment) {
        (PRESETS, [1, values @ ..]) => {
            let values = values.as_chunks::<2>().0.first_chunk::<5>();
            let values = values.ok_or_else(|| bad("presets are truncated"))?;
            let [max, t1, t2, t3, reset] = values.map(|value| u32::from(u16::from_be_bytes(value)));
            *presets = Presets { max, thresholds: [t1, t2, t3], reset };
        }
        (PRESETS, _) => return Err(unsupported("mapping tables and oversize images")),
        (RESTART, interval) if interval.iter().any(|byte| *byte != 0) => {
            return Err(unsupported("restart intervals"));
        }
        (APPLICATION_8, [b'm', b'r', b'f', b'x', colors, ..]) if *colors != 0 => {
            return Err(unsupported("a transformation of colors"));
        }
        // Comments and application data.
        (RESTART | 0xe0..=0xef | 0xfe, _) => {}
        _ => return Err(bad("an unknown marker")),
    }
    Ok(())
}
