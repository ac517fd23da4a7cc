//! The things people do in this repository, one name each.
fn main() {}
