//! The storage layout of datasets.

use std::collections::HashSet;

use hdfive::{Dataset, FilterInfo, Layout, MappedSelection};

use crate::errors::Result;
use crate::render::memory_size;

/// Lines, each with its indentation relative to the line before the first.
pub(super) type Block = Vec<(usize, String)>;

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
    Ok(lines.into_iter().map(|line| (0, line)).collect())
}

fn contiguous(dataset: &Dataset, size: u64, userblock: u64) -> Block {
    let mut lines = vec![(0, "CONTIGUOUS".to_owned())];
    let files = dataset.external_files();
    if files.is_empty() {
        // The C library adds the userblock even to the address that stands for none.
        let offset = match dataset.offset().unwrap_or(u64::MAX).wrapping_add(userblock) {
            u64::MAX => "HADDR_UNDEF".to_owned(),
            offset => offset.to_string(),
        };
        lines.extend([(0, format!("SIZE {size}")), (0, format!("OFFSET {offset}"))]);
        return lines;
    }
    lines.push((0, "EXTERNAL {".to_owned()));
    lines.extend(files.iter().map(|file| {
        let size = file.size.unwrap_or(u64::MAX);
        (1, format!("FILENAME {} SIZE {size} OFFSET {}", file.name, file.offset))
    }));
    lines.push((0, "}".to_owned()));
    lines
}

/// The mappings of a virtual dataset.
fn mappings(dataset: &Dataset) -> Block {
    let mut lines = Vec::new();
    for (index, mapping) in dataset.virtual_mappings().iter().enumerate() {
        lines.push((0, format!("MAPPING {index} {{ ")));
        lines.push((1, "VIRTUAL {".to_owned()));
        lines.extend(selection(&mapping.target));
        lines.push((1, "}".to_owned()));
        lines.push((1, "SOURCE {".to_owned()));
        lines.push((2, format!("FILE \"{}\"", mapping.file)));
        lines.push((2, format!("DATASET \"{}\"", mapping.dataset)));
        lines.extend(selection(&mapping.source));
        lines.push((1, "}".to_owned()));
        lines.push((0, "}".to_owned()));
    }
    lines
}

/// How the first line of a hyperslab ends.
const HYPERSLAB: &str = "_HYPERSLAB { ";

/// Goes on with regular hyperslabs on the line on which they begin, as the C tool does if all of their
/// properties fit there.
pub(super) fn join_hyperslabs(lines: &mut Block) {
    let mut joined: Block = Vec::new();
    for (level, line) in lines.drain(..) {
        match joined.last_mut() {
            Some((_, start)) if start.ends_with(HYPERSLAB) && line.starts_with("START") => {
                start.push_str("   ");
                start.push_str(&line);
            }
            _ => joined.push((level, line)),
        }
    }
    *lines = joined;
}

/// One side of a mapping.
fn selection(selection: &MappedSelection) -> Block {
    let (kind, inner) = match selection {
        MappedSelection::None => return vec![(2, "SELECTION NONE".to_owned())],
        MappedSelection::Points(points) => {
            let points: Vec<_> = points.iter().map(|point| tuple(point)).collect();
            return vec![(2, format!("SELECTION POINT {{ {} }}", points.join(",\u{1} ")))];
        }
        MappedSelection::Regular(axes) => ("REGULAR", regular(axes)),
        MappedSelection::Blocks(blocks) => match pattern(blocks) {
            Some(axes) => ("REGULAR", regular(&axes)),
            None => {
                let blocks: Vec<_> =
                    blocks.iter().map(|(low, high)| format!("{}-{}", tuple(low), tuple(high))).collect();
                ("IRREGULAR", vec![blocks.join(",\u{1} ")])
            }
        },
        _ => return vec![(2, "SELECTION ALL".to_owned())],
    };
    let mut lines = vec![(2, format!("SELECTION {kind}{HYPERSLAB}"))];
    lines.extend(inner.into_iter().map(|line| (3, line)));
    lines.push((2, "}".to_owned()));
    lines
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

fn regular(axes: &[[u64; 4]]) -> Vec<String> {
    let property = |(index, name): (usize, &str)| {
        let values: Vec<_> = axes.iter().map(|axis| axis[index]).collect();
        format!("{name} {}", tuple(&values))
    };
    ["START", "STRIDE", "COUNT", "BLOCK"].into_iter().enumerate().map(property).collect()
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
        let text = |mapped| selection(&mapped).into_iter().map(|(_, line)| line).collect::<Vec<_>>();
        assert_eq!(text(MappedSelection::All), ["SELECTION ALL"]);
        assert_eq!(
            text(MappedSelection::Regular(vec![[0, 1, u64::MAX, 2], [3, 4, 5, 6]])),
            [
                "SELECTION REGULAR_HYPERSLAB { ",
                "START (0,3)",
                "STRIDE (1,4)",
                "COUNT (H5S_UNLIMITED,5)",
                "BLOCK (2,6)",
                "}"
            ]
        );
        let mut lines = selection(&MappedSelection::Regular(vec![[0, 1, 2, 3]]));
        join_hyperslabs(&mut lines);
        assert_eq!(lines[0].1, "SELECTION REGULAR_HYPERSLAB {    START (0)");
        assert_eq!(lines.len(), 5);
        let blocks = MappedSelection::Blocks(vec![(vec![0], vec![1]), (vec![3], vec![3])]);
        assert_eq!(text(blocks)[1], "(0)-(1),\u{1} (3)-(3)");
        let blocks = MappedSelection::Blocks(vec![(vec![0, 5], vec![1, 5]), (vec![3, 5], vec![4, 5])]);
        assert_eq!(text(blocks)[1..3], ["START (0,5)", "STRIDE (3,1)"]);
    }
}
