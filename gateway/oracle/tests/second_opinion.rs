//! Frames of ours, read by an independent SBE generator's code: every message's layout, and the
//! meaning of the commands and events that matter most.

use ringpit_core::command::{Line, NewOrder, ReserveCart};
use ringpit_core::event::{ExecutionReport, Reservation};
use ringpit_core::{
    Event, ExecType, Liquidity, List, OrdStatus, OrdType, Reason, ReservationState, Side, Stp,
    TimeInForce,
};
use ringpit_oracle::sbe;
use ringpit_wire::{EventHead, MESSAGES, encode_command, encode_event};

/// Bytes before the root block, of which the last 8 are the SBE header.
const HEADERS: usize = 14;

/// Every field of every message lies where the other generator finds it.
#[test]
fn every_field_lies_where_a_stranger_finds_it() {
    let mut fields = 0;
    for message in MESSAGES {
        let body: Vec<u8> = (0..message.block_length).map(|at| (at % 251) as u8).collect();
        let (parts, rest) = sbe::take_apart(message.template_id, &body).expect("message");
        assert!(rest.is_empty(), "{}: {} bytes longer", message.name, rest.len());
        assert_eq!(parts.len(), message.fields.len(), "{}", message.name);
        for ((name, bytes), field) in parts.iter().zip(message.fields) {
            let ours = &body[field.offset..field.offset + field.size];
            assert_eq!((*name, &bytes[..]), (field.name, ours), "{}", message.name);
            fields += 1;
        }
    }
    println!("{} messages, {fields} fields", MESSAGES.len());
    assert!(fields > 400);
}

fn order() -> NewOrder {
    NewOrder {
        account: 11.into(),
        instrument: 3.into(),
        cl_ord_id: 77.into(),
        side: Side::Sell,
        ord_type: OrdType::StopLimit,
        qty: 25,
        price: Some(-5),
        stop_px: Some(i64::MAX),
        tif: TimeInForce::Gtd,
        expire_at: Some(1_766_500_000_000_000_000),
        display_qty: None,
        post_only: true,
        min_qty: None,
        stp: Stp::Decrement,
    }
}

#[test]
fn an_order_means_the_same() {
    let mut buffer = [0; 4096];
    let length = encode_command(&order().into(), 0, &mut buffer).expect("fits");
    let (header, body) = buffer[6..length].split_at(8);
    let (header, _) = sbe::message_header::MessageHeader::parse_prefix(header).expect("header");
    assert_eq!(
        (header.block_length.get(), header.template_id.get(), header.schema_id.get()),
        (sbe::new_order::NewOrder::BLOCK_LENGTH, sbe::new_order::NewOrder::TEMPLATE_ID, 8421)
    );
    let (read, rest) = sbe::new_order::NewOrder::parse_prefix(body).expect("order");
    assert!(rest.is_empty());
    assert_eq!((read.account.get(), read.instrument.get(), read.cl_ord_id.get()), (11, 3, 77));
    assert_eq!(read.side.as_enum(), Some(sbe::types::SideEnum::Sell));
    assert_eq!(read.ord_type.as_enum(), Some(sbe::types::OrdTypeEnum::StopLimit));
    assert_eq!(read.tif.as_enum(), Some(sbe::types::TimeInForceEnum::Gtd));
    assert_eq!(read.stp.as_enum(), Some(sbe::types::StpEnum::Decrement));
    assert_eq!(read.post_only.as_enum(), Some(sbe::types::YesNoEnum::Yes));
    assert_eq!(read.qty.get(), 25);
    assert_eq!((read.price_opt(), read.stop_px_opt()), (Some(-5), Some(i64::MAX)));
    assert_eq!(read.expire_at_opt(), Some(1_766_500_000_000_000_000));
    assert_eq!((read.display_qty_opt(), read.min_qty_opt()), (None, None));
}

fn fill() -> ExecutionReport {
    ExecutionReport {
        account: 11.into(),
        instrument: 3.into(),
        order_id: Some(901.into()),
        cl_ord_id: 77.into(),
        exec_type: ExecType::Trade,
        ord_status: OrdStatus::PartiallyFilled,
        side: Side::Buy,
        price: Some(100),
        order_qty: 12,
        leaves_qty: 7,
        cum_qty: 5,
        last_px: Some(100),
        last_qty: Some(5),
        trade_id: Some(4.into()),
        liquidity: Some(Liquidity::Added),
        fee: Some(-2),
        reason: None,
        ord_type: None,
        tif: None,
        stop_px: None,
        display_qty: None,
    }
}

#[test]
fn a_fill_means_the_same() {
    let head = EventHead { seq: 9, at: 10, ref_seq_no: None, msg_seq_num: Some(3), query_id: None };
    let mut buffer = [0; 4096];
    let length = encode_event(&head, &Event::from(fill()), &mut buffer).expect("fits");
    let body = &buffer[HEADERS..length];
    let (read, rest) = sbe::execution_report::ExecutionReport::parse_prefix(body).expect("report");
    assert!(rest.is_empty());
    assert_eq!((read.seq.get(), read.at.get()), (9, 10));
    assert_eq!((read.ref_seq_no_opt(), read.msg_seq_num_opt()), (None, Some(3)));
    assert_eq!(read.query_id_opt(), None);
    assert_eq!(read.exec_type.as_enum(), Some(sbe::types::ExecTypeEnum::Trade));
    assert_eq!(read.ord_status.as_enum(), Some(sbe::types::OrdStatusEnum::PartiallyFilled));
    assert_eq!(read.liquidity.as_enum(), Some(sbe::types::LiquidityEnum::Added));
    assert_eq!((read.reason.as_enum(), read.ord_type.as_enum()), (None, None));
    assert_eq!((read.last_px_opt(), read.last_qty_opt()), (Some(100), Some(5)));
    assert_eq!((read.trade_id_opt(), read.fee_opt()), (Some(4), Some(-2)));
    assert_eq!((read.order_qty.get(), read.leaves_qty.get(), read.cum_qty.get()), (12, 7, 5));
    assert_eq!(read.stop_px_opt(), None);
}

#[test]
fn groups_mean_the_same() {
    let lines: Vec<_> =
        (1..=16).map(|at| Line { product: at.into(), qty: u64::from(at) * 3 }).collect();
    let mut buffer = [0; 4096];
    for count in [0, 1, 16] {
        let lines = List::from_slice(&lines[..count]).expect("fits");
        let cart = ReserveCart {
            account: 1.into(),
            sale: 2.into(),
            request_id: 3.into(),
            origin: None,
            lines,
        };
        let length = encode_command(&cart.into(), 0, &mut buffer).expect("fits");
        let body = &buffer[HEADERS..length];
        let (read, rest) = sbe::reserve_cart::ReserveCart::parse_prefix(body).expect("cart");
        assert_eq!(read.origin_opt(), None);
        let group = sbe::reserve_cart::parse_lines(rest).expect("group");
        assert_eq!(group.count(), count);
        let read: Vec<_> = group
            .iter()
            .map(|entry| {
                let entry = entry.body;
                (entry.product.get(), entry.qty.get())
            })
            .collect();
        let ours: Vec<_> = lines.iter().map(|line| (line.product.0, line.qty)).collect();
        assert_eq!(read, ours);
    }
}

#[test]
fn a_refused_reservation_means_the_same() {
    let event = Event::from(Reservation {
        reservation: None,
        account: 5.into(),
        sale: 6.into(),
        product: Some(7.into()),
        qty: Some(8),
        request_id: Some(9.into()),
        state: ReservationState::Rejected,
        position: None,
        deadline: None,
        amount: None,
        lines: None,
        reason: Some(Reason::SoldOut),
    });
    let mut buffer = [0; 4096];
    let length = encode_event(&EventHead::default(), &event, &mut buffer).expect("fits");
    let body = &buffer[HEADERS..length];
    let (read, rest) = sbe::reservation::Reservation::parse_prefix(body).expect("reservation");
    assert_eq!(read.state.as_enum(), Some(sbe::types::ReservationStateEnum::Rejected));
    assert_eq!(read.reason.as_enum(), Some(sbe::types::ReasonEnum::SoldOut));
    assert_eq!((read.reservation_opt(), read.product_opt()), (None, Some(7)));
    assert_eq!(sbe::reservation::parse_lines(rest).expect("group").count(), 0);
}
