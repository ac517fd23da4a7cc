//! What was promised, and whether it was kept: each line is computed from what the clients were
//! told, what the server answers, and what the journal holds.

use super::actor::fetch_again;
use super::cast::{Cast, Part};
use super::crowd::{AUCTION, Crowd, SALE, SHOP, STOCK};
use super::pipeline::each;
use super::told::{Fill, Told};
use crate::failure::Failure;
use crate::flow::QUOTE;
use crate::process::Process;
use ringpit_client::{Client, ClientError};
use ringpit_core::command::{QueryAuction, QueryBalance, QuerySale};
use ringpit_core::event::{Auction, Balance, Product};
use ringpit_core::{AccountId, AssetId, AuctionState, Command, Event, ProductId, ReservationState};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

/// A promise and what was found.
pub struct Check {
    /// What was promised.
    pub promise: &'static str,
    /// What was looked at, in figures.
    pub found: String,
    /// Whether it was kept.
    pub kept: bool,
}

impl Check {
    /// A check.
    pub fn new(promise: &'static str, found: String, kept: bool) -> Self {
        Self { promise, found, kept }
    }
}

/// What the clients themselves can say.
pub fn of_clients(told: &[Told]) -> Vec<Check> {
    let sum = |of: fn(&Told) -> u64| told.iter().map(of).sum::<u64>();
    let (sent, answered) = (sum(|told| told.sent), sum(|told| told.samples.len() as u64));
    let (refused, passed) = (sum(|told| told.refused), sum(|told| told.passed));
    let (accepted, repeated) = (sum(|told| told.accepted), sum(|told| told.repeated));
    let open: usize = told.iter().map(|told| told.open.len()).sum();
    let listed: usize = told.iter().map(|told| told.listed.len()).sum();
    let same = told.iter().all(|told| told.open == told.listed);
    let trades = trades(told);
    let odd = trades.values().filter(|sides| !is_whole(sides)).count();
    vec![
        Check::new(
            "every request gets exactly one answer",
            format!("{sent} sent, {answered} answered, {refused} refused, {passed} without"),
            answered == sent && refused == 0 && passed == 0,
        ),
        Check::new(
            "no order, hold or payment is accepted twice",
            format!("{accepted} accepted, {repeated} of them twice"),
            repeated == 0,
        ),
        Check::new(
            "no acknowledged order is lost",
            format!("{open} open by the reports, {listed} open when asked"),
            same,
        ),
        Check::new(
            "both sides of a trade are told the same",
            format!("{} trades, {odd} with unequal or missing sides", trades.len()),
            odd == 0,
        ),
    ]
}

fn trades(told: &[Told]) -> HashMap<u64, Vec<Fill>> {
    let mut trades: HashMap<u64, Vec<Fill>> = HashMap::new();
    for (trade, fill) in told.iter().flat_map(|told| &told.fills) {
        trades.entry(trade.0).or_default().push(*fill);
    }
    trades
}

fn is_whole(sides: &[Fill]) -> bool {
    let [one, other] = sides else { return false };
    one.side != other.side && (one.price, one.qty) == (other.price, other.qty)
}

/// Asks for the events around the kill again, and compares.
///
/// # Errors
/// When a session ends before it has them.
pub fn of_retransmission(
    cast: &Cast,
    told: &[Told],
    address: SocketAddr,
) -> Result<Check, ClientError> {
    let (mut events, mut different) = (0, 0);
    let fetched: Vec<_> = std::thread::scope(|scope| {
        let pairs = cast.parts.iter().zip(told);
        let asking: Vec<_> =
            pairs.map(|(part, told)| scope.spawn(|| fetch_again(part, address, told))).collect();
        asking.into_iter().map(|one| one.join().unwrap_or(Ok((0, 1)))).collect()
    });
    for fetched in fetched {
        let (compared, wrong) = fetched?;
        events += compared;
        different += wrong;
    }
    Ok(Check::new(
        "what was missed can be fetched, byte for byte",
        format!("{events} reports around the kill fetched again, {different} different"),
        different == 0,
    ))
}

/// What the server answers at the end.
#[derive(Default)]
pub struct Answers {
    balances: BTreeMap<(AccountId, AssetId), Balance>,
    products: BTreeMap<ProductId, Product>,
    auction: Option<Auction>,
}

impl Answers {
    /// Asks for everybody's balances, the venue's included, all products, and the auction.
    ///
    /// # Errors
    /// When the operator's session ends before the answers are there.
    pub fn ask(cast: &Cast, address: SocketAddr) -> Result<Self, ClientError> {
        let mut client = Client::new(address, cast.operator.login.clone())?;
        let mut answers = Self::default();
        let balances =
            cast.accounts().map(|account| Command::from(QueryBalance { account, asset: None }));
        let others = [QuerySale { sale: SALE }.into(), QueryAuction { auction: AUCTION }.into()];
        let refused = each(&mut client, balances.chain(others), |event| match event {
            Event::Balance(it) => {
                answers.balances.insert((it.account, it.asset), *it);
            }
            Event::Product(it) => {
                answers.products.insert(it.product, *it);
            }
            Event::Auction(it) => answers.auction = Some(*it),
            _ => {}
        })?;
        assert!(refused.is_empty(), "an operator may ask for everything: {refused:?}");
        client.close(|_| {})?;
        Ok(answers)
    }

    /// The promises that its answers and those of the clients prove together.
    pub fn checks(&self, cast: &Cast, told: &[Told]) -> Vec<Check> {
        vec![self.of_sale(cast, told), self.of_seller(), self.of_winner(told), self.of_money(cast)]
    }

    fn of_sale(&self, cast: &Cast, told: &[Told]) -> Check {
        let mut bought: HashMap<ProductId, u64> = HashMap::new();
        for hold in told.iter().flat_map(|told| told.holds.values()) {
            if hold.state == ReservationState::Confirmed {
                *bought.entry(hold.product).or_default() += hold.qty;
            }
        }
        let is_right = |product: &Product| {
            let told = bought.get(&product.product).copied().unwrap_or(0);
            product.sold == told && product.sold + product.free + product.held == STOCK
        };
        let sum = |of: fn(&Product) -> u64| self.products.values().map(of).sum::<u64>();
        let wrong = self.products.values().filter(|product| !is_right(product)).count();
        let (count, stock) = (self.products.len() as u64, cast.crowd.products * STOCK);
        let (sold, free, held) = (sum(|it| it.sold), sum(|it| it.free), sum(|it| it.held));
        let told: u64 = bought.values().sum();
        let empty = self.products.values().filter(|it| it.sold == STOCK).count();
        Check::new(
            "units sold + free + held are the stock",
            format!(
                "{sold} + {free} + {held} of {stock}, shoppers have {told}; {count} products, {empty} sold \
                 out, {wrong} wrong"
            ),
            wrong == 0 && count == cast.crowd.products && held == 0,
        )
    }

    fn of_seller(&self) -> Check {
        let due: i128 = self
            .products
            .values()
            .map(|it| i128::from(it.sold) * i128::from(Crowd::price(it.product)))
            .sum();
        let got = self.balances.get(&(SHOP, QUOTE)).map_or(0, |it| it.available);
        Check::new(
            "the shop has units × price, to the cent",
            format!("{got} received, {due} due"),
            i128::from(got) == due,
        )
    }

    fn of_winner(&self, told: &[Told]) -> Check {
        let winners: Vec<_> = told.iter().flat_map(|told| &told.won).collect();
        let found = match (&winners[..], &self.auction) {
            ([(account, price)], Some(auction)) => Some((
                format!("account {account} was told, at {}", price.unwrap_or(0)),
                auction.state == AuctionState::Sold
                    && auction.leader == Some(*account)
                    && auction.price == *price,
            )),
            _ => None,
        };
        let (found, kept) = found.unwrap_or((format!("{} winners", winners.len()), false));
        Check::new("one bidder wins, and pays the shown price", found, kept)
    }

    fn of_money(&self, cast: &Cast) -> Check {
        let mut off: BTreeMap<AssetId, i128> = BTreeMap::new();
        for command in cast.opening() {
            if let Command::Deposit(it) = command {
                *off.entry(it.asset).or_default() -= i128::from(it.amount);
            }
        }
        for ((_, asset), it) in &self.balances {
            *off.entry(*asset).or_default() += i128::from(it.available) + i128::from(it.held);
        }
        let (accounts, assets) = (cast.accounts().count(), off.len());
        let wrong: i128 = off.values().map(|off| off.abs()).sum();
        Check::new(
            "no money and no share appears or vanishes",
            format!("{accounts} accounts, {assets} assets, {wrong} off at the end"),
            wrong == 0,
        )
    }
}

/// Asks the server to end, and says whether it did so cleanly.
///
/// # Errors
/// [`Failure`] when it can't be asked.
pub fn of_stop(server: Process) -> Result<Check, Failure> {
    let status = server.stop()?;
    Ok(Check::new("the server ends cleanly", status.to_string(), status.success()))
}

/// Whose part it is, for messages.
pub fn name(part: &Part) -> String {
    format!("session {}", part.member.login.session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::told::Hold;
    use crate::commands::demo::told::Sample;
    use ringpit_core::{OrderId, ReservationId, Side, TradeId};

    const FILL: Fill = Fill { side: Side::Buy, price: Some(100), qty: Some(5) };

    /// Two traders who were told everything there is to tell of one trade and one open order.
    fn good() -> Vec<Told> {
        let sample = Sample { meant_ns: 1, answered_ns: 2 };
        let side = |side| {
            let mut told = Told::default();
            told.sent = 1;
            told.samples.push(sample);
            told.open.insert(OrderId(7), 3);
            told.listed.insert(OrderId(7), 3);
            told.fills.push((TradeId(1), Fill { side, ..FILL }));
            told
        };
        vec![side(Side::Buy), side(Side::Sell)]
    }

    #[test]
    fn what_is_broken_is_called_broken() {
        type Change = fn(&mut Told);
        let changes: [(&str, Change); 8] = [
            ("", |_| ()),
            ("every request gets", |told| told.samples.clear()),
            ("every request gets", |told| told.refused = 1),
            ("every request gets", |told| told.passed = 1),
            ("no order, hold", |told| told.repeated = 1),
            ("no acknowledged order", |told| told.listed.clear()),
            ("both sides", |told| told.fills.clear()),
            ("both sides", |told| told.fills[0].1.price = Some(101)),
        ];
        for (promise, change) in changes {
            let mut told = good();
            change(&mut told[0]);
            let broken: Vec<_> =
                of_clients(&told).into_iter().filter(|check| !check.kept).collect();
            assert_eq!(broken.len(), usize::from(!promise.is_empty()), "{promise}");
            assert!(broken.iter().all(|check| check.promise.starts_with(promise)), "{promise}");
        }
    }

    /// One product, of which one shopper bought two, and an auction that account 9 won.
    fn answered() -> (Answers, Vec<Told>) {
        let (mut answers, product) = (Answers::default(), ProductId(1));
        let sold = 2;
        let numbers = Product { sale: SALE, product, free: 48, held: 0, sold, waiting: 0 };
        answers.products.insert(product, numbers);
        let available = 2 * Crowd::price(product);
        let balance = Balance { account: SHOP, asset: QUOTE, available, held: 0 };
        answers.balances.insert((SHOP, QUOTE), balance);
        answers.auction = Some(Auction {
            auction: AUCTION,
            state: AuctionState::Sold,
            price: Some(5),
            leader: Some(AccountId(9)),
            bids: 1,
            closes_at: 1,
            reserve_met: None,
        });
        let mut told = Told::default();
        let hold = Hold { product, qty: sold, state: ReservationState::Confirmed };
        told.holds.insert(ReservationId(1), hold);
        told.won.push((AccountId(9), Some(5)));
        (answers, vec![told])
    }

    #[test]
    fn what_the_server_says_and_the_crowd_was_told_must_agree() {
        type Change = fn(&mut Answers, &mut Told);
        let changes: [(&str, Change); 7] = [
            ("", |_, _| ()),
            ("units sold", |answers, _| answers.products.clear()),
            ("units sold", |_, told| told.holds.clear()),
            ("units sold", |answers, _| {
                answers.products.values_mut().for_each(|product| product.free += 1);
            }),
            ("the shop", |answers, _| {
                answers.balances.values_mut().for_each(|balance| balance.available -= 1);
            }),
            ("one bidder", |_, told| told.won.push((AccountId(8), Some(5)))),
            ("one bidder", |_, told| told.won[0].1 = Some(6)),
        ];
        let cast = Cast::generated((2, 2, 1), 100, 1).unwrap();
        for (promise, change) in changes {
            let (mut answers, mut told) = answered();
            change(&mut answers, &mut told[0]);
            let checks =
                [answers.of_sale(&cast, &told), answers.of_seller(), answers.of_winner(&told)];
            let broken: Vec<_> = checks.iter().filter(|check| !check.kept).collect();
            assert_eq!(broken.is_empty(), promise.is_empty(), "{promise}");
            assert!(
                promise.is_empty() || broken.iter().any(|check| check.promise.starts_with(promise)),
                "{promise}"
            );
        }
    }
}
