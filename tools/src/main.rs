//! One deterministic transaction engine for order books, auctions and flash sales.
fn main() {}
