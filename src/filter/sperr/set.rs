//! Sets of coefficients, which are boxes, and how they are divided.
#![expect(clippy::arithmetic_side_effects, reason = "boxes lie within a chunk, whose elements 32 bits count")]

/// What is divided: it decides the order of the parts and of the levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Line,
    Plane,
    Volume,
}

/// A box of coefficients, the fastest dimension first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Set {
    pub(super) start: [u32; 3],
    pub(super) len: [u32; 3],
}

/// All dimensions, or the first two, or the third.
const ALL: [bool; 3] = [true; 3];
const HORIZONTAL: [bool; 3] = [true, true, false];
const UPRIGHT: [bool; 3] = [false, false, true];

/// The elements of a box.
pub(super) fn elements(len: [u32; 3]) -> usize {
    len.iter().fold(1_usize, |count, len| count.saturating_mul(*len as usize))
}

/// How often a dimension of `len` is halved by the transformation.
pub(super) fn transformations(mut len: u32) -> u32 {
    let mut count = 0;
    while len >= 9 && count < 6 {
        len -= len / 2;
        count += 1;
    }
    count
}

/// What is left of `len` after `times` halvings, each leaving the larger half.
pub(super) fn halved(len: u32, times: u32) -> u32 {
    (0..times).fold(len, |len, _| len - len / 2)
}

/// How often a volume is halved in all dimensions, if in all together.
pub(super) fn together([x, y, z]: [u32; 3]) -> Option<u32> {
    let (level, upright) = (transformations(x.min(y)), transformations(z));
    (y > 1 && z > 1 && (level == upright || level.min(upright) >= 5)).then_some(level.min(upright))
}

impl Set {
    pub(super) fn is_empty(&self) -> bool {
        self.len.contains(&0)
    }

    pub(super) fn is_element(&self) -> bool {
        self.len == [1; 3]
    }

    /// Divides the set along `axes`, and tells along how many of them there was something to divide. The
    /// parts are ordered by their place, that along the last axis first.
    pub(super) fn divide(&self, axes: [bool; 3]) -> ([Self; 8], usize) {
        let mut parts = [*self; 8];
        for (nth, part) in parts.iter_mut().enumerate() {
            for (axis, divided) in axes.into_iter().enumerate() {
                let is_second = nth >> axis & 1 == 1;
                if let (Some(start), Some(len)) = (part.start.get_mut(axis), part.len.get_mut(axis)) {
                    let second = if divided { *len / 2 } else { 0 };
                    let first = *len - second;
                    (*start, *len) = if is_second { (*start + first, second) } else { (*start, first) };
                }
            }
        }
        let halved = axes.iter().zip(self.len).filter(|(divided, len)| **divided && *len > 1).count();
        (parts, halved)
    }

    /// The parts in the order of their coding, and how much deeper they lie.
    pub(super) fn parts(&self, shape: Shape) -> ([Self; 8], usize) {
        let (mut parts, halved) = self.divide(ALL);
        if shape == Shape::Plane {
            parts.reverse();
        }
        (parts, if shape == Shape::Volume { halved } else { 1 })
    }
}

/// The sets at the beginning, by their level, and of a plane also how many rings of sets surround them.
pub(super) fn initial(shape: Shape, dims: [u32; 3]) -> (Vec<Vec<Set>>, u32) {
    let whole = Set { start: [0; 3], len: dims };
    let mut lists = Vec::new();
    match shape {
        Shape::Line => {
            let (parts, _) = whole.divide(ALL);
            parts.into_iter().filter(|part| !part.is_empty()).for_each(|part| put(&mut lists, 1, part));
            (lists, 0)
        }
        Shape::Plane => {
            let [x, y, z] = dims;
            let rings = transformations(x.min(y));
            let root = Set { start: [0; 3], len: [halved(x, rings), halved(y, rings), z] };
            put(&mut lists, rings as usize, root);
            (lists, rings)
        }
        Shape::Volume => {
            let [x, y, z] = dims;
            let (level, upright) = match together(dims) {
                Some(count) => (count, count),
                None => (transformations(x.min(y)), transformations(z)),
            };
            let (mut root, mut depth) = (whole, 0);
            for nth in 0..level.max(upright) {
                let axes = match (nth < level, nth < upright) {
                    (true, true) => ALL,
                    (true, false) => HORIZONTAL,
                    _ => UPRIGHT,
                };
                let ([first, others @ ..], deeper) = root.divide(axes);
                depth += deeper;
                others
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .for_each(|part| put(&mut lists, depth, part));
                root = first;
            }
            put(&mut lists, depth, root);
            if let Some(list) = lists.get_mut(depth) {
                list.rotate_right(1);
            }
            (lists, 0)
        }
    }
}

/// The three sets of a plane's ring, counted from the outermost, 1.
pub(super) fn ring([x, y, z]: [u32; 3], nth: u32) -> [Set; 3] {
    let outer = nth.saturating_sub(1);
    let (inner_x, inner_y) = (halved(x, nth), halved(y, nth));
    let (outer_x, outer_y) = (halved(x, outer) - inner_x, halved(y, outer) - inner_y);
    [
        Set { start: [inner_x, inner_y, 0], len: [outer_x, outer_y, z] },
        Set { start: [inner_x, 0, 0], len: [outer_x, inner_y, z] },
        Set { start: [0, inner_y, 0], len: [inner_x, outer_y, z] },
    ]
}

/// Appends a set to the list of its level.
pub(super) fn put(lists: &mut Vec<Vec<Set>>, level: usize, set: Set) {
    if lists.len() <= level {
        lists.resize_with(level + 1, Vec::new);
    }
    if let Some(list) = lists.get_mut(level) {
        list.push(set);
    }
}
