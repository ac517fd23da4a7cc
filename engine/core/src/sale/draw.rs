//! The draw: a committed seed ranks the entries, and nobody can choose who wins.

use crate::admin::at;
use crate::book::ladder::NONE;
use crate::command::Draw;
use crate::engine::Engine;
use crate::event::Sink;
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, Field, ReservationState};
use alloc::vec::Vec;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

impl Engine {
    /// Ranks the entries of every product and gives out what is free.
    pub(crate) fn draw<S: Sink>(&mut self, cx: &mut Step<'_, S>, c: &Draw) -> Result<(), Refusal> {
        let slot = self.sales.sale(c.sale).ok_or(at(Reason::UnknownSale, Field::Sale))?;
        let sale = &self.sales.list[slot as usize];
        if !sale.is_draw() {
            return Err(at(Reason::NotADraw, Field::Sale));
        }
        if cx.at < sale.rules.closes_at {
            return Err(at(Reason::TooEarly, Field::Sale));
        }
        if sale.drawn {
            return Err(at(Reason::TooLate, Field::Sale));
        }
        let bad_seed = at(Reason::BadSeed, Field::Seed);
        let seed = from_hex(c.seed.as_str()).ok_or(bad_seed)?;
        let committed = sale.rules.seed_digest.and_then(|digest| from_hex(digest.as_str()));
        if committed != Some(Sha256::digest(seed).into()) {
            return Err(bad_seed);
        }
        self.end_draw(slot, true);
        self.accept(cx, CommandKind::Draw, u64::from(c.sale.0));
        for product in self.sales.products_by_id(slot) {
            self.draw_product(cx, product, &seed);
        }
        Ok(())
    }

    /// Nobody drew in time: every entry is rejected. Its deadline was taken already.
    pub(crate) fn miss_draw<S: Sink>(&mut self, cx: &mut Step<'_, S>, sale: u32) {
        self.end_draw(sale, false);
        self.end_lines(cx, sale, ReservationState::Rejected, Reason::NotDrawn);
    }

    fn end_draw(&mut self, sale: u32, cancel: bool) {
        let sale = &mut self.sales.list[sale as usize];
        sale.drawn = true;
        let deadline = core::mem::replace(&mut sale.draw_deadline, NONE);
        if cancel && deadline != NONE {
            self.deadlines.cancel(deadline);
        }
    }

    fn draw_product<S: Sink>(&mut self, cx: &mut Step<'_, S>, product: u32, seed: &[u8; 32]) {
        let id = self.sales.products[product as usize].id;
        let mut ranked: Vec<([u8; 32], u32)> = self
            .line(product)
            .map(|slot| {
                let account = self.sales.reservations[slot as usize].account;
                (rank(seed, self.ledger.accounts[account as usize].id.0, id.0), slot)
            })
            .collect();
        ranked.sort_unstable();
        for (_, slot) in ranked {
            let held = self.sales.reservations[slot as usize];
            let (_, needed) = self.sales.line(held.subject, 0);
            let free = self.sales.products[product as usize].units.free;
            let hold_for_ns = self.sales.list[held.sale as usize].rules.hold_for;
            let deadline_ns = cx.at.saturating_add(hold_for_ns).min(crate::limits::UNSIGNED_MAX);
            let refused = self
                .barred(held.account, held.origin)
                .or((needed > free).then_some(Reason::NotDrawn));
            if let Some(reason) = refused {
                self.give_back(cx, slot, ReservationState::Rejected, Some(reason));
            } else {
                self.leave_line(slot);
                self.take_units(slot);
                self.begin_hold(cx, slot, deadline_ns);
            }
        }
    }
}

/// HMAC-SHA256 of the seed over account and product, little endian; the lowest wins.
fn rank(seed: &[u8; 32], account: u64, product: u32) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) else {
        // HMAC takes keys of any length.
        return [0xff; 32];
    };
    mac.update(&account.to_le_bytes());
    mac.update(&product.to_le_bytes());
    mac.finalize().into_bytes().into()
}

/// 64 hexadecimal digits as 32 bytes.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = (high << 4 | low) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_as_rfc_4231_computes_hmac() {
        // RFC 4231, test case 1, has a key of 20 bytes; here the primitive is taken from the
        // same crate, so what is checked is the layout of the message.
        let seed = [7; 32];
        let mut mac = Hmac::<Sha256>::new_from_slice(&seed).unwrap();
        mac.update(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
        let expected: [u8; 32] = mac.finalize().into_bytes().into();
        assert_eq!(rank(&seed, 1, 2), expected);
        assert_eq!(from_hex("zz"), None);
        assert_eq!(from_hex(&"0f".repeat(32)), Some([15; 32]));
    }
}
