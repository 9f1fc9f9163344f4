//! The `h5` command.

fn main() {}
