//! Who plays in the demo, what they send and when: the book's traders, the crowd of the other two
//! markets, and the operators.

use super::crowd::Crowd;
use crate::failure::Failure;
use crate::flow::{BASE, Dice, ENDOWMENT, Flow, INSTRUMENT, QUOTE, opening};
use crate::members::{Member, write_sessions};
use crate::process::imported;
use ringpit_core::command::{
    CancelOrder, Confirm, Deposit, NewOrder, PlaceBid, ReplaceOrder, Reserve, SetPhase, Void,
};
use ringpit_core::{AccountId, Command, Phase, Risk, Role, TimeInForce};
use ringpit_vocab::Scenario;
use std::path::Path;

/// The session that sets the stage and asks at the end.
const OPERATOR: u64 = 1;

/// The operator's session that rings the bells.
const BELLS: u64 = 2;

/// Session of the first trader; the others follow. Its account has the number of its place.
const FIRST_TRADER: u64 = 11;

/// Money and shares of each account when a market data file is played: it knows no poverty.
const RICH: i64 = ENDOWMENT * 1_000;

/// The closing call takes the last part of the run: one in so many.
const CALL_PART: u64 = 8;

/// A nanosecond count for a second.
pub const SECOND_NS: u64 = 1_000_000_000;

macro_rules! acts {
    ($($(#[$meta:meta])* $name:ident($command:ident))+) => {
        /// What is sent: a command without those that are large, since there are many of them.
        #[derive(Clone, Copy, Debug)]
        pub enum Act { $($(#[$meta])* $name($command)),+ }

        impl From<Act> for Command {
            fn from(act: Act) -> Self {
                match act { $(Act::$name(command) => command.into()),+ }
            }
        }
    };
}

acts! {
    /// A new order.
    Order(NewOrder)
    /// Its cancellation.
    Cancel(CancelOrder)
    /// Its change.
    Replace(ReplaceOrder)
    /// A bell of the book.
    Bell(SetPhase)
    /// A bid.
    Bid(PlaceBid)
    /// A shopper's grip.
    Reserve(Reserve)
    /// A hold given back.
    Void(Void)
    /// A hold paid.
    Confirm(Confirm)
}

impl Act {
    fn of_order(command: Command) -> Option<(AccountId, Self)> {
        match command {
            Command::NewOrder(it) => Some((it.account, Self::Order(it))),
            Command::CancelOrder(it) => Some((it.account, Self::Cancel(it))),
            Command::ReplaceOrder(it) => Some((it.account, Self::Replace(it))),
            _ => None,
        }
    }
}

/// What is sent and when it is meant to be, nanoseconds after the opening bell.
#[derive(Clone, Copy, Debug)]
pub struct Cue {
    /// Nanoseconds after the start.
    pub at_ns: u64,
    /// What is sent then.
    pub act: Act,
}

/// Where a part plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Market {
    /// The order book.
    Book,
    /// The auction.
    Auction,
    /// The flash sale.
    Sale,
}

impl Market {
    /// All, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Book, Self::Auction, Self::Sale];

    /// As people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Auction => "auction",
            Self::Sale => "flash sale",
        }
    }
}

/// One client: its session, the accounts it acts for and what it will send.
pub struct Part {
    /// Who comes.
    pub member: Member,
    /// Where it plays.
    pub market: Market,
    /// What it sends by itself, in order.
    pub cues: Vec<Cue>,
}

impl Part {
    /// A session with a fresh secret, and nothing to send.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no random secret.
    pub fn new(
        session: u64,
        role: Role,
        accounts: Option<std::ops::RangeInclusive<u64>>,
        market: Market,
    ) -> Result<Self, Failure> {
        Ok(Self { member: Member::new(session, role, accounts)?, market, cues: Vec::new() })
    }

    /// The one account of a trader.
    pub fn trader(&self) -> Option<AccountId> {
        let accounts = self.member.accounts.as_ref()?;
        (self.member.role == Role::Trader).then_some(AccountId(*accounts.start()))
    }
}

/// Everybody.
pub struct Cast {
    /// Sets the stage and asks at the end.
    pub operator: Member,
    /// What the operator sends first: the book, its accounts and what they own.
    pub book: Vec<Command>,
    /// How many traders there are.
    pub traders: u64,
    /// The auction's and the sale's people.
    pub crowd: Crowd,
    /// All who play.
    pub parts: Vec<Part>,
}

impl Cast {
    /// A generated session of `traders` accounts that send `orders` commands in total, `rate` of
    /// them a second, with a closing call at the end; and a crowd.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no random secrets.
    pub fn generated(
        (traders, orders, rate): (u64, u64, u64),
        shoppers: u64,
        seed: u64,
    ) -> Result<Self, Failure> {
        let accounts: Vec<AccountId> = (1..=traders).map(AccountId).collect();
        let mut flows: Vec<Flow> = accounts.iter().map(|id| Flow::new(seed, *id)).collect();
        let mut dice = Dice::new(seed);
        let commands = (0..orders).filter_map(|_| {
            let trader = dice.below(traders) as usize;
            Act::of_order(flows[trader].command())
        });
        let run_ns = run_ns(orders, rate);
        let call_ns = run_ns - run_ns / CALL_PART;
        let book = opening(accounts.iter().copied());
        let mut cast = Self::new(book, traders, Crowd::new(shoppers, run_ns, seed))?;
        cast.cue(commands, rate, call_ns);
        let mut bells = Part::new(BELLS, Role::Operator, None, Market::Book)?;
        bells.cues = [(call_ns, Phase::ClosingCall), (run_ns, Phase::Closed)]
            .map(|(at_ns, phase)| Cue {
                at_ns,
                act: Act::Bell(SetPhase { instrument: INSTRUMENT, phase }),
            })
            .into();
        cast.parts.push(bells);
        Ok(cast)
    }

    /// The first `orders` commands of a LOBSTER file: one trader for the orders that rest, one for
    /// those that take. The book stays in continuous trading; the crowd is there, too.
    ///
    /// # Errors
    /// [`Failure`] when the file can't be read.
    pub fn lobster(
        file: &str,
        (orders, rate): (u64, u64),
        shoppers: u64,
        seed: u64,
    ) -> Result<Self, Failure> {
        let text = imported(file)?;
        let mut scenario = Scenario::new();
        let (mut opening, mut acts) = (Vec::new(), Vec::new());
        let orders = usize::try_from(orders).unwrap_or(usize::MAX);
        for line in text.split(|byte| *byte == b'\n') {
            let read = scenario.read(line).map_err(|error| Failure::Input(error.to_string()))?;
            let Some(line) = read else { continue };
            match Act::of_order(line.command) {
                Some(act) if acts.len() < orders => acts.push(act),
                Some(_) => break,
                None => opening.extend(with_money(line.command)),
            }
        }
        let run_ns = run_ns(acts.len() as u64, rate);
        let mut cast = Self::new(opening, 2, Crowd::new(shoppers, run_ns, seed))?;
        cast.cue(acts.into_iter(), rate, u64::MAX);
        Ok(cast)
    }

    fn new(book: Vec<Command>, traders: u64, crowd: Crowd) -> Result<Self, Failure> {
        let operator = Member::new(OPERATOR, Role::Operator, None)?;
        let mut parts = Vec::new();
        for account in 1..=traders {
            let session = FIRST_TRADER + account - 1;
            parts.push(Part::new(session, Role::Trader, Some(account..=account), Market::Book)?);
        }
        parts.extend(crowd.parts()?);
        Ok(Self { operator, book, traders, crowd, parts })
    }

    /// Gives the traders their cues; in the call, who would take at once waits for the close.
    fn cue(&mut self, acts: impl Iterator<Item = (AccountId, Act)>, rate: u64, call_ns: u64) {
        for (index, (account, mut act)) in acts.enumerate() {
            let at_ns = index as u64 * SECOND_NS / rate;
            if let Act::Order(order) = &mut act
                && at_ns >= call_ns
                && order.tif == TimeInForce::Ioc
            {
                order.tif = TimeInForce::AtClose;
            }
            self.parts[account.0 as usize - 1].cues.push(Cue { at_ns, act });
        }
    }

    /// How many requests are planned; what shoppers and payments answer to holds comes on top.
    pub fn planned(&self) -> u64 {
        self.parts.iter().map(|part| part.cues.len() as u64).sum()
    }

    /// The accounts that exist, the venue's own included.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        (0..=self.traders).map(AccountId).chain(self.crowd.accounts())
    }

    /// Everything that opens the accounts and fills them.
    pub fn opening(&self) -> impl Iterator<Item = Command> {
        self.book.iter().copied().chain(self.crowd.opening())
    }

    /// Writes the server's session file.
    ///
    /// # Errors
    /// [`Failure`] when it can't be written.
    pub fn write_sessions(&self, folder: &Path) -> Result<(), Failure> {
        let members = self.parts.iter().map(|part| &part.member);
        write_sessions(folder, std::iter::once(&self.operator).chain(members))
    }
}

/// How long so many commands take, nanoseconds; a crowd needs some room, too.
fn run_ns(orders: u64, rate: u64) -> u64 {
    (u128::from(orders) * u128::from(SECOND_NS) / u128::from(rate))
        .clamp(u128::from(SECOND_NS), u128::from(u64::MAX / 2)) as u64
}

/// The imported opening, with risk checks on, fees, and money for everybody.
fn with_money(command: Command) -> Vec<Command> {
    match command {
        Command::CreateInstrument(mut instrument) => {
            instrument.risk = Risk::Cash;
            (instrument.maker_fee_ppm, instrument.taker_fee_ppm) = (Some(-20), Some(50));
            vec![instrument.into()]
        }
        Command::OpenAccount(opened) => {
            let account = opened.account;
            let deposits = [BASE, QUOTE]
                .map(|asset| Deposit { account, asset, amount: RICH, request_id: None }.into());
            [command].into_iter().chain(deposits).collect()
        }
        other => vec![other],
    }
}
