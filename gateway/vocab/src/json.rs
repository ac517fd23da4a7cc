//! Single values: how each type of the vocabulary is read from and written as JSON.

use crate::error::ScenarioError;
use ringpit_core::command::{AccountRange, Code, Hex, Increment, Line};
use ringpit_core::limits::CODE_BYTES;
use ringpit_core::*;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A value with a JSON form.
pub trait Json: Sized {
    /// Reads it from its JSON text, which is well-formed.
    fn read(text: &str) -> Result<Self, ScenarioError>;

    /// Appends its JSON text.
    fn write(&self, out: &mut Vec<u8>);
}

/// What a JSON text is, in words for people.
fn found(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'"') => "a text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn wrong_type(expected: &str, text: &str) -> ScenarioError {
    ScenarioError::value(format!("expected {expected}, found {}", found(text)))
}

/// Reads a whole number between two bounds. All types of the vocabulary lie within i64.
fn integer(text: &str, least: i64, most: i64) -> Result<i64, ScenarioError> {
    if found(text) != "a number" {
        return Err(wrong_type("a whole number", text));
    }
    if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Err(ScenarioError::value(format!("not a whole number: {text}")));
    }
    match text.parse::<i64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(ScenarioError::value(format!("outside {least} to {most}: {text}"))),
    }
}

const DIGIT_PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut n = 0;
    while n < 100 {
        pairs[2 * n] = b'0' + (n / 10) as u8;
        pairs[2 * n + 1] = b'0' + (n % 10) as u8;
        n += 1;
    }
    pairs
};

/// Appends a number in decimal, two digits at a time.
pub fn write_u64(mut value: u64, out: &mut Vec<u8>) {
    const DIGITS_MAX: usize = 20;
    let mut digits = [0; DIGITS_MAX];
    let mut at = DIGITS_MAX;
    while value >= 10 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
    }
    if value > 0 || at == DIGITS_MAX {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a signed number in decimal.
pub fn write_i64(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(value.unsigned_abs(), out);
}

/// Appends a text in quotes.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Reads any text.
pub fn read_text(text: &str) -> Result<Cow<'_, str>, ScenarioError> {
    if found(text) != "a text" {
        return Err(wrong_type("a text", text));
    }
    let inner = &text[1..text.len() - 1];
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    serde_json::from_str(text).map(Cow::Owned).map_err(|error| ScenarioError::json(&error))
}

/// Reads a list's elements, each as its text.
pub fn read_list(text: &str) -> Result<Vec<&str>, ScenarioError> {
    if found(text) != "a list" {
        return Err(wrong_type("a list", text));
    }
    let raw: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| ScenarioError::json(&error))?;
    Ok(raw.into_iter().map(RawValue::get).collect())
}

macro_rules! unsigned {
    ($($name:ty: $most:expr;)+) => {$(
        impl Json for $name {
            fn read(text: &str) -> Result<Self, ScenarioError> {
                integer(text, 0, $most).map(|value| value as Self)
            }

            fn write(&self, out: &mut Vec<u8>) {
                write_u64(u64::from(*self), out);
            }
        }
    )+};
}

unsigned! {
    u8: 255;
    u32: 4_294_967_295;
    u64: i64::MAX;
}

impl Json for i64 {
    fn read(text: &str) -> Result<Self, ScenarioError> {
        integer(text, i64::MIN, i64::MAX)
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_i64(*self, out);
    }
}

impl Json for bool {
    fn read(text: &str) -> Result<Self, ScenarioError> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(wrong_type("true or false", text)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

macro_rules! ids {
    ($($name:ident)+) => {$(
        impl Json for $name {
            fn read(text: &str) -> Result<Self, ScenarioError> {
                Json::read(text).map(Self)
            }

            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
        }
    )+};
}

ids! {
    SessionId AccountId GroupId AssetId InstrumentId AuctionId SaleId ProductId CounterId ClOrdId
    OrderId TradeId BidId ReservationId RequestId OriginId
}

macro_rules! word_lists {
    ($($name:ident)+) => {$(
        impl Json for $name {
            fn read(text: &str) -> Result<Self, ScenarioError> {
                let word = read_text(text)?;
                Self::from_word(&word).ok_or_else(|| {
                    let words: Vec<&str> = Self::ALL.iter().map(|value| value.word()).collect();
                    ScenarioError::value(format!("`{word}` is none of {}", words.join(", ")))
                })
            }

            fn write(&self, out: &mut Vec<u8>) {
                write_text(self.word(), out);
            }
        }
    )+};
}

word_lists! {
    Side OrdType TimeInForce Stp Phase Risk ExecType OrdStatus Liquidity Aggressor AuctionKind
    AuctionState BidState Payment SaleMode ReservationState AtomicState DeadlineKind Role
    CancelOnDisconnect CommandKind Field Reason
}

/// A code that does not fit its type is no code, as a number outside its type is none.
impl Json for Code {
    fn read(text: &str) -> Result<Self, ScenarioError> {
        Self::new(&read_text(text)?).ok_or_else(|| {
            ScenarioError::value(format!("not at most {CODE_BYTES} printable ASCII characters"))
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_text(self.as_str(), out);
    }
}

/// A seed or digest that does not fit is read as an empty one, which the engine refuses: a wrong
/// one is answered by its reason and never makes the line unreadable.
impl Json for Hex {
    fn read(text: &str) -> Result<Self, ScenarioError> {
        read_text(text).map(|text| Self::new(&text).unwrap_or_default())
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_text(self.as_str(), out);
    }
}

/// Two numbers that are written `[first, second]`.
pub trait Pair: Copy + Default {
    /// The first number's type.
    type First: Json;
    /// The second number's type.
    type Second: Json;

    /// Made of its numbers.
    fn of(first: Self::First, second: Self::Second) -> Self;

    /// Its numbers.
    fn parts(&self) -> (Self::First, Self::Second);
}

impl Pair for Line {
    type First = ProductId;
    type Second = u64;

    fn of(product: ProductId, qty: u64) -> Self {
        Self { product, qty }
    }

    fn parts(&self) -> (ProductId, u64) {
        (self.product, self.qty)
    }
}

impl Pair for Increment {
    type First = i64;
    type Second = i64;

    fn of(from: i64, step: i64) -> Self {
        Self { from, step }
    }

    fn parts(&self) -> (i64, i64) {
        (self.from, self.step)
    }
}

impl Pair for AccountRange {
    type First = AccountId;
    type Second = AccountId;

    fn of(from: AccountId, to: AccountId) -> Self {
        Self { from, to }
    }

    fn parts(&self) -> (AccountId, AccountId) {
        (self.from, self.to)
    }
}

/// A longer list is read to its end, but only as much is kept as shows the engine that it is too
/// long.
impl<T: Pair, const N: usize> Json for List<T, N> {
    fn read(text: &str) -> Result<Self, ScenarioError> {
        let mut list = Self::new();
        for (index, row) in read_list(text)?.into_iter().enumerate() {
            let pair = read_pair(row).map_err(|error| error.at_index(index))?;
            let _full = list.push(pair);
        }
        Ok(list)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, row) in self.iter().enumerate() {
            let (first, second) = row.parts();
            out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
            first.write(out);
            out.push(b',');
            second.write(out);
            out.push(b']');
        }
        out.push(b']');
    }
}

fn read_pair<T: Pair>(text: &str) -> Result<T, ScenarioError> {
    match read_list(text)?.as_slice() {
        [first, second] => Ok(T::of(Json::read(first)?, Json::read(second)?)),
        other => Err(ScenarioError::value(format!("expected 2 numbers, found {}", other.len()))),
    }
}
