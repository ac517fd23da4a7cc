//! The worked examples of docs/protocol.md, byte by byte: what a stranger copies from the page is
//! what the server reads, and its signature holds.

use hmac::{Hmac, KeyInit, Mac};
use ringpit_core::command::NewOrder;
use ringpit_core::{OrdType, SessionId, Side, Stp, TimeInForce};
use ringpit_wire::signature::{put_signature, signed_parts};
use ringpit_wire::*;
use sha2::Sha256;

/// The bytes of the example with this name.
fn example(name: &str) -> Vec<u8> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
    let page = std::fs::read_to_string(page).unwrap_or_default();
    let marker = format!("<!-- example: {name} -->\n```\n");
    let block = page.split(&marker).nth(1).and_then(|rest| rest.split("```").next());
    let digits = block.unwrap_or_default().split_whitespace();
    digits.filter_map(|digits| u8::from_str_radix(digits, 16).ok()).collect()
}

#[test]
fn new_order() {
    let bytes = example("new_order");
    let frame = Frame::new(&bytes).expect("frame");
    let order = NewOrder {
        account: 11.into(),
        instrument: 1.into(),
        cl_ord_id: 7.into(),
        side: Side::Buy,
        ord_type: OrdType::Limit,
        qty: 10,
        price: Some(100),
        stop_px: None,
        tif: TimeInForce::Day,
        expire_at: None,
        display_qty: None,
        post_only: false,
        min_qty: None,
        stp: Stp::NoPrevention,
    };
    let read = decode_incoming(&frame).expect("order");
    assert_eq!(read, Incoming::Command { command: order.into(), query_id: None });
}

#[test]
fn negotiate() {
    let bytes = example("negotiate");
    let frame = Frame::new(&bytes).expect("frame");
    let secret: Vec<u8> = (0..32).collect();
    let mut hmac = Hmac::<Sha256>::new_from_slice(&secret).expect("key");
    signed_parts(&frame).expect("login").iter().for_each(|part| hmac.update(part));
    let signature: [u8; 32] = hmac.finalize().into_bytes().into();

    let time = 1_766_500_000_000_000_000;
    let login = Negotiate {
        session_id: SessionId(1),
        session_ver_id: time,
        timestamp: time,
        client_flow: FlowType::Idempotent,
        server_flow: FlowType::Recoverable,
        signature,
    };
    assert_eq!(decode_incoming(&frame), Ok(Incoming::Negotiate(login)));

    // The client's way to the same bytes: write it unsigned, sign it, put the signature in.
    let mut buffer = [0; 4096];
    let length = encode(&Negotiate { signature: [0; 32], ..login }, &mut buffer).expect("fits");
    assert!(put_signature(&mut buffer[..length], &signature));
    assert_eq!(buffer[..length], bytes);
}
