//! Shapes as the C library sees them.

use hdfive::{Container, Extent, Extents, SimpleExtents};

/// The shape of a dataset or an attribute. In files with short lengths, the C library takes "no limit"
/// for the largest length.
pub(crate) fn extents(container: &Container) -> Extents {
    match container.extents() {
        Extents::Simple(simple) if simple.iter().any(Extent::is_unlimited) => {
            let info = container.file().and_then(|file| file.info());
            match info.map_or(64, |info| 8 * u32::from(info.length_size)) {
                bits @ 0..64 => Extents::Simple(limited(&simple, (1 << bits) - 1)),
                _ => Extents::Simple(simple),
            }
        }
        other => other,
    }
}

fn limited(simple: &SimpleExtents, largest: usize) -> SimpleExtents {
    simple.iter().map(|axis| Extent { dim: axis.dim, max: Some(axis.max.unwrap_or(largest)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_limit_gets_the_largest() {
        let simple = SimpleExtents::new([Extent::resizable(3), Extent::new(4, Some(9))]);
        assert_eq!(limited(&simple, 65_535).maxdims(), [Some(65_535), Some(9)]);
    }
}
