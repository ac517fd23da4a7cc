//! Auctions: English with proxy bids, Dutch, sealed first- and second-price, uniform-price.
//!
//! Prices are quote minor units: for the whole lot, in `uniform` for one unit. There are no fees
//! here, no books and no session rules.

mod audit;
mod bidding;
mod closing;
mod create;
mod dutch;
mod english;
mod sealed;
pub(crate) mod state;
#[cfg(test)]
mod undone;
mod view;
