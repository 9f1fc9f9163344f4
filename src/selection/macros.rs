//! The `s![]` macro.

/// Makes a [`Selection`](crate::Selection) of an index, a range or `range; step` for each dimension.
///
/// ```
/// use hdfive::s;
///
/// // The image at 7; every other row of the first 80; all columns; the first two channels.
/// let selection = s![7, 0..80; 2, .., ..2];
/// assert_eq!(selection.out_shape(&[10, 80, 80, 3]).unwrap(), [40, 80, 2]);
/// ```
#[macro_export]
macro_rules! s {
    (@ [$($done:expr,)*] $slice:expr; $step:expr) => {
        $crate::s!(@ [$($done,)* $crate::SliceOrIndex::from($slice).with_step($step),])
    };
    (@ [$($done:expr,)*] $slice:expr) => {
        $crate::s!(@ [$($done,)* $crate::SliceOrIndex::from($slice),])
    };
    (@ [$($done:expr,)*] $slice:expr; $step:expr, $($rest:tt)*) => {
        $crate::s!(@ [$($done,)* $crate::SliceOrIndex::from($slice).with_step($step),] $($rest)*)
    };
    (@ [$($done:expr,)*] $slice:expr, $($rest:tt)*) => {
        $crate::s!(@ [$($done,)* $crate::SliceOrIndex::from($slice),] $($rest)*)
    };
    (@ [$($done:expr,)*]) => {
        $crate::Selection::Hyperslab($crate::Hyperslab::from(::std::vec![$($done,)*]))
    };
    ($($slices:tt)*) => {
        $crate::s!(@ [] $($slices)*)
    };
}
