//! The storage layout of datasets.

use std::collections::HashSet;

use hdfive::{Dataset, FilterInfo, Layout, MappedSelection};

use crate::errors::Result;
use crate::render::memory_size;

/// Lines, each with its indentation relative to the line before the first.
pub(super) type Block = Vec<Line>;

/// A line, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) level: usize,
    pub(super) place: Place,
    /// What follows a line break in it is indented like the line.
    pub(super) text: String,
}

/// Where a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On a line of its own.
    Own,
    /// After what is there, if it fits.
    Same,
    /// A level deeper than the lines that it is broken into.
    Deeper,
}

/// A line of its own.
pub(super) fn line(level: usize, text: impl Into<String>) -> Line {
    Line { level, place: Place::Own, text: text.into() }
}

/// The lines of the layout of a dataset that takes `size` bytes; `userblock` bytes of the file are
/// before all addresses.
pub(super) fn describe(
    dataset: &Dataset,
    filters: &[FilterInfo],
    size: u64,
    userblock: u64,
) -> Result<Block> {
    let lines = match dataset.layout()? {
        Layout::Compact => vec!["COMPACT".to_owned(), format!("SIZE {size}")],
        Layout::Contiguous => return Ok(contiguous(dataset, size, userblock)),
        Layout::Chunked => {
            let chunk: Vec<_> = dataset.chunk().unwrap_or_default().iter().map(usize::to_string).collect();
            let logical = dataset.size() as f64 * memory_size(dataset.datatype()) as f64;
            let ratio = if size > 0 { logical / size as f64 } else { 0.0 };
            let ratio = if filters.is_empty() || dataset.ndim() == 0 {
                String::new()
            } else {
                format!(" ({ratio:.3}:1 COMPRESSION)")
            };
            vec![format!("CHUNKED ( {} )", chunk.join(", ")), format!("SIZE {size}{ratio}")]
        }
        Layout::Virtual => return Ok(mappings(dataset)),
        _ => vec!["Unknown layout".to_owned()],
    };
    Ok(lines.into_iter().map(|text| line(0, text)).collect())
}

fn contiguous(dataset: &Dataset, size: u64, userblock: u64) -> Block {
    let mut lines = vec![line(0, "CONTIGUOUS")];
    let files = dataset.external_files();
    if files.is_empty() {
        // The C library adds the userblock even to the address that stands for none.
        let offset = match dataset.offset().unwrap_or(u64::MAX).wrapping_add(userblock) {
            u64::MAX => "HADDR_UNDEF".to_owned(),
            offset => offset.to_string(),
        };
        lines.extend([line(0, format!("SIZE {size}")), line(0, format!("OFFSET {offset}"))]);
        return lines;
    }
    lines.push(line(0, "EXTERNAL {"));
    lines.extend(files.iter().map(|file| {
        let size = file.size.unwrap_or(u64::MAX);
        line(1, format!("FILENAME {} SIZE {size} OFFSET {}", file.name, file.offset))
    }));
    lines.push(line(0, "}"));
    lines
}

/// The mappings of a virtual dataset.
fn mappings(dataset: &Dataset) -> Block {
    let mut lines = Vec::new();
    for (index, mapping) in dataset.virtual_mappings().iter().enumerate() {
        lines.push(line(0, format!("MAPPING {index} {{ ")));
        lines.push(line(1, "VIRTUAL {"));
        lines.extend(selection(&mapping.target));
        lines.push(line(1, "}"));
        lines.push(line(1, "SOURCE {"));
        lines.push(line(2, format!("FILE \"{}\"", mapping.file)));
        lines.push(line(2, format!("DATASET \"{}\"", mapping.dataset)));
        lines.extend(selection(&mapping.source));
        lines.push(line(1, "}"));
        lines.push(line(0, "}"));
    }
    lines
}

/// One side of a mapping.
fn selection(selection: &MappedSelection) -> Block {
    let own = |text: &str| vec![line(2, text)];
    let hyperslab = |kind: &str, place, text| {
        let first = line(2, format!("SELECTION {kind}_HYPERSLAB {{ "));
        vec![first, Line { level: 2, place, text }, line(2, "}")]
    };
    match selection {
        MappedSelection::None => own("SELECTION NONE"),
        MappedSelection::Points(points) => {
            let points: Vec<_> = points.iter().map(|point| tuple(point)).collect();
            let text = format!("SELECTION POINT {{ {} }}", points.join(",\u{1} "));
            vec![Line { level: 2, place: Place::Same, text }]
        }
        MappedSelection::Regular(axes) => hyperslab("REGULAR", Place::Same, regular(axes)),
        MappedSelection::Blocks(blocks) => match pattern(blocks) {
            Some(axes) => hyperslab("REGULAR", Place::Same, regular(&axes)),
            None => {
                let blocks: Vec<_> =
                    blocks.iter().map(|(low, high)| format!("{}-{}", tuple(low), tuple(high))).collect();
                hyperslab("IRREGULAR", Place::Deeper, blocks.join(",\u{1} "))
            }
        },
        _ => own("SELECTION ALL"),
    }
}

/// The start, stride, count and block along each dimension of blocks that are a regular pattern.
fn pattern(blocks: &[(Vec<u64>, Vec<u64>)]) -> Option<Vec<[u64; 4]>> {
    let rank = blocks.first()?.0.len();
    let axes: Option<Vec<_>> = (0..rank)
        .map(|axis| {
            let mut ranges: Vec<_> = blocks.iter().map(|(low, high)| (low[axis], high[axis])).collect();
            ranges.sort_unstable();
            ranges.dedup();
            axis_pattern(&ranges)
        })
        .collect();
    let total = axes.as_ref()?.iter().try_fold(1_u64, |total, [.., count, _]| total.checked_mul(*count))?;
    let distinct: HashSet<_> = blocks.iter().collect();
    if total == blocks.len() as u64 && distinct.len() == blocks.len() { axes } else { None }
}

/// The pattern of ranges in order that are of one size and equally far apart.
fn axis_pattern(ranges: &[(u64, u64)]) -> Option<[u64; 4]> {
    let (start, end) = *ranges.first()?;
    let block = end.checked_sub(start)?.checked_add(1)?;
    let stride = ranges.get(1).map_or(1, |(next, _)| next - start);
    let fits = |(index, &(low, high)): (usize, &(u64, u64))| {
        Some(low) == stride.checked_mul(index as u64).and_then(|step| start.checked_add(step))
            && Some(block - 1) == high.checked_sub(low)
    };
    ranges.iter().enumerate().all(fits).then_some([start, stride, ranges.len() as u64, block])
}

fn regular(axes: &[[u64; 4]]) -> String {
    let property = |(index, name): (usize, &str)| {
        let values: Vec<_> = axes.iter().map(|axis| axis[index]).collect();
        format!("{name} {}", tuple(&values))
    };
    let lines: Vec<_> =
        ["   START", "STRIDE", "COUNT", "BLOCK"].into_iter().enumerate().map(property).collect();
    lines.join("\n")
}

fn tuple(values: &[u64]) -> String {
    let text = |&value: &u64| match value {
        u64::MAX => "H5S_UNLIMITED".to_owned(),
        value => value.to_string(),
    };
    format!("({})", values.iter().map(text).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_of_every_kind() {
        let text =
            |mapped| selection(&mapped).into_iter().map(|line| (line.place, line.text)).collect::<Vec<_>>();
        let expected = |kind: &str, place, inner: &str| {
            let first = format!("SELECTION {kind}_HYPERSLAB {{ ");
            vec![(Place::Own, first), (place, inner.to_owned()), (Place::Own, "}".to_owned())]
        };
        assert_eq!(text(MappedSelection::All), [(Place::Own, "SELECTION ALL".to_owned())]);
        let axes = vec![[0, 1, u64::MAX, 2], [3, 4, 5, 6]];
        let inner = "   START (0,3)\nSTRIDE (1,4)\nCOUNT (H5S_UNLIMITED,5)\nBLOCK (2,6)";
        assert_eq!(text(MappedSelection::Regular(axes)), expected("REGULAR", Place::Same, inner));
        let blocks = MappedSelection::Blocks(vec![(vec![0], vec![1]), (vec![3], vec![3])]);
        let inner = "(0)-(1),\u{1} (3)-(3)";
        assert_eq!(text(blocks), expected("IRREGULAR", Place::Deeper, inner));
        let blocks = MappedSelection::Blocks(vec![(vec![0, 5], vec![1, 5]), (vec![3, 5], vec![4, 5])]);
        let inner = "   START (0,5)\nSTRIDE (3,1)\nCOUNT (2,1)\nBLOCK (2,1)";
        assert_eq!(text(blocks), expected("REGULAR", Place::Same, inner));
    }
}
