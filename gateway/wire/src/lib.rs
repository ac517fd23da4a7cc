//! SBE messages in FIXP frames, read and written in place.
//!
//! `gateway/schema/ringpit.xml` is the truth; `generated` is made from it by `cargo xtask schema`.
//! Nothing here allocates, keeps state, knows sockets, or says what a message does.

mod block;
pub mod frame;
#[rustfmt::skip]
mod generated;
mod incoming;
mod legs;
pub mod limits;
mod outgoing;
pub mod session;
pub mod signature;
mod stats;
mod value;

pub use block::{Fault, FieldLayout, GroupLayout, MessageLayout};
pub use frame::{Frame, FrameError, peek_len};
pub use generated::{MESSAGES, SCHEMA_ID, VERSION, field_id, template_id};
pub use incoming::{Incoming, decode_incoming, encode_command, login_echo};
pub use legs::LegKind;
pub use outgoing::{
    EventHead, Headed, Outgoing, Plain, decode_outgoing, encode, encode_event, encode_headed,
};
pub use session::*;
