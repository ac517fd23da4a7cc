//! Order books: price levels, orders in their queues, and one instrument's rules and state.

pub(crate) mod instrument;
pub(crate) mod ladder;
pub(crate) mod orders;
pub(crate) mod positions;
pub(crate) mod queue;
pub(crate) mod resting;
pub(crate) mod undo;
