//! Against what the C library makes of the same bytes.
