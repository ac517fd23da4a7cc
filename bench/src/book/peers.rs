//! Order books from crates.io on the same messages. Each is driven as its own documentation does:
//! commands made before, one call a message, what traded read from what the call gives back.

use super::messages::{Ask, Message};
use super::{Pass, passed};
use crate::interleave::Measured;
use crate::report::Ratio;
use matchcore::{
    AmendCmd, AmendPatch, CancelCmd, CommandKind, CommandMeta, CommandOutcome, CommandReport,
    LimitOrder, LimitOrderPatch, OrderFlags, OrderKind, QuantityPolicy, SequenceNumber, SubmitCmd,
    Timestamp,
};
use orderbook_rs::orderbook::trade::TradeResult;
use ringpit_core::Side;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the contender is called.
pub(super) const MATCHCORE: &str = "matchcore 0.4";
/// What the contender is called.
pub(super) const ORDERBOOK_RS: &str = "orderbook-rs 0.15";

/// geseq's array book as a part of matchcore's time: 25 and 62 ns a message of the AAPL day file in
/// November 2026, on a machine where both were run in turns.
const GESEQ_OF_MATCHCORE: f64 = 0.40;

/// Ours as a multiple of geseq, which no registry delivers: derived from matchcore.
pub(super) fn geseq(own: &Measured, peers: &[&Measured]) -> Option<Ratio> {
    let matchcore = peers.iter().find(|peer| peer.name == MATCHCORE)?;
    let spread = own.times(matchcore).scaled(1.0 / GESEQ_OF_MATCHCORE);
    Some(Ratio { to: "geseq".to_owned(), spread, is_derived: true })
}

/// One pass of matchcore. It names an order by the number of the message that enters it, as our
/// messages do.
pub(super) fn matchcore(messages: &[Message]) -> Pass {
    let commands: Vec<matchcore::Command> = messages
        .iter()
        .zip(0..)
        .map(|(message, number)| matchcore_command(message, number))
        .collect();
    let mut book = matchcore::OrderBook::new("BOOK");
    passed(messages.len(), |fills| {
        for command in &commands {
            let outcome = book.execute(black_box(command));
            if let CommandOutcome::Applied(
                CommandReport::Submit(effects) | CommandReport::Amend(effects),
            ) = black_box(&outcome)
                && let Some(matched) = effects.target_order().match_result()
            {
                matched.trades().iter().for_each(|trade| fills.add(trade.quantity().0));
            }
        }
    })
}

fn matchcore_command(message: &Message, number: u64) -> matchcore::Command {
    let quantity = |lots| QuantityPolicy::Standard { quantity: matchcore::Quantity(lots) };
    let order_id = matchcore::OrderId(message.id);
    let kind = match message.ask {
        Ask::Order { side, price, qty, rests } => {
            let side = match side {
                Side::Buy => matchcore::Side::Buy,
                Side::Sell => matchcore::Side::Sell,
            };
            let time_in_force =
                if rests { matchcore::TimeInForce::Gtc } else { matchcore::TimeInForce::Ioc };
            let flags = OrderFlags::new(side, false, time_in_force);
            let price = matchcore::Price(price.unsigned_abs());
            let order = LimitOrder::new(price, quantity(qty), flags);
            CommandKind::Submit(SubmitCmd { order: matchcore::NewOrder::Limit(order) })
        }
        Ask::Cancel => CommandKind::Cancel(CancelCmd { order_id, order_kind: OrderKind::Limit }),
        Ask::Reduce { leaves, .. } => {
            let patch = LimitOrderPatch::new().with_quantity_policy(quantity(leaves));
            CommandKind::Amend(AmendCmd { order_id, patch: AmendPatch::Limit(patch) })
        }
    };
    let meta =
        CommandMeta { sequence_number: SequenceNumber(number), timestamp: Timestamp(number) };
    matchcore::Command { meta, kind }
}

/// One pass of orderbook-rs, which tells its trades to a listener: also those of an order whose
/// rest finds nothing any more, which it calls a failure.
pub(super) fn orderbook_rs(messages: &[Message]) -> Pass {
    let traded = Arc::new(Traded::default());
    let counted = traded.clone();
    let book: orderbook_rs::OrderBook = orderbook_rs::OrderBook::with_trade_listener(
        "BOOK",
        Arc::new(move |result: &TradeResult| counted.take(result)),
    );
    passed(messages.len(), |fills| {
        for message in messages {
            orderbook_rs_message(&book, black_box(message));
        }
        fills.trades = traded.trades.load(Ordering::Relaxed);
        fills.volume = traded.volume.load(Ordering::Relaxed);
    })
}

#[derive(Default)]
struct Traded {
    trades: AtomicU64,
    volume: AtomicU64,
}

impl Traded {
    fn take(&self, result: &TradeResult) {
        for trade in result.match_result.trades().as_vec() {
            self.trades.fetch_add(1, Ordering::Relaxed);
            self.volume.fetch_add(trade.quantity().as_u64(), Ordering::Relaxed);
        }
    }
}

fn orderbook_rs_message(book: &orderbook_rs::OrderBook, message: &Message) {
    let id = pricelevel::Id::Sequential(message.id);
    // That an order is gone, or finds nothing more, is one of the messages and no failure of ours.
    match message.ask {
        Ask::Order { side, price, qty, rests } => {
            let side = match side {
                Side::Buy => pricelevel::Side::Buy,
                Side::Sell => pricelevel::Side::Sell,
            };
            let tif =
                if rests { pricelevel::TimeInForce::Gtc } else { pricelevel::TimeInForce::Ioc };
            let price = u128::from(price.unsigned_abs());
            let _ = black_box(book.add_limit_order(id, price, qty, side, tif, None));
        }
        Ask::Cancel => {
            let _ = black_box(book.cancel_order(id));
        }
        Ask::Reduce { leaves, .. } => {
            let new_quantity = pricelevel::Quantity::new(leaves);
            let update = pricelevel::OrderUpdate::UpdateQuantity { order_id: id, new_quantity };
            let _ = black_box(book.update_order(update));
        }
    }
}
