//! Dataspaces as text.

use hdfive::Extents;

/// The description of a dataspace.
pub(crate) fn describe(extents: &Extents) -> String {
    match extents {
        Extents::Null => " NULL".to_owned(),
        Extents::Scalar => " SCALAR".to_owned(),
        Extents::Simple(_) => {
            let sizes: Vec<_> = extents.dims().iter().map(usize::to_string).collect();
            let limit = |max: &Option<usize>| max.map_or("H5S_UNLIMITED".to_owned(), |max| max.to_string());
            let limits: Vec<_> = extents.maxdims().iter().map(limit).collect();
            format!(" SIMPLE {{ ( {} ) / ( {} ) }}", sizes.join(", "), limits.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dataspaces_of_every_class() {
        assert_eq!(describe(&Extents::Null), " NULL");
        assert_eq!(describe(&Extents::Scalar), " SCALAR");
        assert_eq!(describe(&(2, 3..).into()), " SIMPLE { ( 2, 3 ) / ( 2, H5S_UNLIMITED ) }");
    }
}
