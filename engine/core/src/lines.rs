//! Derived lines: after all reports of a command or fired deadline, `level` for each changed
//! price, net over the step, then `quote`, then `indicative`, instrument by instrument.

use crate::book::instrument::{IndicativeSent, top};
use crate::book::resting::Touched;
use crate::engine::Engine;
use crate::event::{Indicative, Level, Quote, Sink};
use crate::ids::InstrumentId;
use crate::step::Step;
use crate::words::{Phase, Side};

impl Engine {
    /// Sends the derived lines of what changed since the last time.
    #[inline]
    pub(crate) fn flush_lines<S: Sink>(&mut self, cx: &mut Step<'_, S>) {
        if !self.books.dirty.is_empty() {
            self.flush_books(cx);
        }
        self.flush_products(cx);
    }

    fn flush_books<S: Sink>(&mut self, cx: &mut Step<'_, S>) {
        // Most steps change one price of one book: nothing to sort, no buffer to move.
        if let ([book], [] | [_]) = (&self.books.dirty[..], &self.books.touched[..]) {
            let (book, was) = (*book, self.books.touched.pop());
            self.books.dirty.clear();
            self.flush_book(cx, book, was.as_slice());
            return;
        }
        let mut dirty = core::mem::take(&mut self.books.dirty);
        let mut touched = core::mem::take(&mut self.books.touched);
        if dirty.len() > 1 {
            dirty.sort_unstable_by_key(|book| self.book(*book).id);
        }
        self.sort_touched(&mut touched);
        for book in dirty.drain(..) {
            let begin = touched.partition_point(|t| t.book < book);
            let len = touched[begin..].partition_point(|t| t.book == book);
            self.flush_book(cx, book, &touched[begin..begin + len]);
        }
        touched.clear();
        // The buffers go back, so that the next step finds room without allocating.
        (self.books.dirty, self.books.touched) = (dirty, touched);
    }

    fn flush_book<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32, touched: &[Touched]) {
        self.books.book_mut(book).dirty = false;
        self.assert_not_crossed(book);
        let state = self.book(book);
        let (phase, sent) = (state.phase, state.quote_sent);
        let mut tops = sent;
        for was in touched {
            let now = self.send_level(cx, was);
            // The top of a side changes only with the level that it was or that it is.
            let best = self.book(book).sides.get(was.side).best().unwrap_or(0);
            let at = usize::from(was.side == Side::Sell);
            if best == was.price {
                tops[at] = (best, now);
            } else if sent[at].0 == was.price {
                tops[at] = top(self.book(book).sides.get(was.side), &self.books.levels);
            }
        }
        match phase {
            Phase::Continuous => self.send_quote(cx, book, tops),
            Phase::OpeningCall | Phase::ClosingCall => self.send_indicative(cx, book),
            _ => {}
        }
        self.books.book_mut(book).quote_is_current = phase == Phase::Continuous;
    }

    /// By instrument; buys high to low, sells low to high; each price once, as it was at first.
    fn sort_touched(&self, touched: &mut alloc::vec::Vec<Touched>) {
        if touched.len() < 2 {
            return;
        }
        touched.sort_unstable_by_key(key);
        touched.dedup_by_key(|t| (t.book, t.side, t.price));
    }

    /// Sends a level where it is another than it was; gives the lots that it displays now.
    fn send_level<S: Sink>(&mut self, cx: &mut Step<'_, S>, was: &Touched) -> u64 {
        let book = self.book(was.book);
        let (qty, orders) = book
            .sides
            .get(was.side)
            .find(&self.books.levels, was.price)
            .map_or((0, 0), |at| (self.books.levels[at].shown, self.books.levels[at].orders));
        if (qty, orders) != (was.shown, was.orders) {
            let (instrument, side, price) = (book.id, was.side, was.price);
            self.emit(cx, 0, Level { instrument, side, price, qty, orders });
        }
        qty
    }

    /// Sends the top where it is another than was sent. `tops` follow from what was sent and what
    /// changed since; where quotes were not sent meanwhile, they are looked up.
    fn send_quote<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32, tops: [(i64, u64); 2]) {
        let tops = if self.book(book).quote_is_current { tops } else { self.tops(book) };
        if tops != self.book(book).quote_sent {
            self.books.book_mut(book).quote_sent = tops;
            self.emit(cx, 0, quote(self.book(book).id, tops));
        }
    }

    fn tops(&self, book: u32) -> [(i64, u64); 2] {
        let sides = &self.book(book).sides;
        [top(&sides.buy, &self.books.levels), top(&sides.sell, &self.books.levels)]
    }

    /// The top of a book as it is now.
    pub(crate) fn quote_of(&self, book: u32) -> Quote {
        quote(self.book(book).id, self.tops(book))
    }

    fn send_indicative<S: Sink>(&mut self, cx: &mut Step<'_, S>, book: u32) {
        let now: IndicativeSent = self.books.uncross_price(book).map_or((0, 0, 0), |uncross| {
            let surplus = uncross.surplus.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
            let qty = u64::try_from(uncross.qty).unwrap_or(u64::MAX);
            (uncross.price, qty.min(crate::limits::UNSIGNED_MAX), surplus as i64)
        });
        if now == self.book(book).indicative_sent {
            return;
        }
        self.books.book_mut(book).indicative_sent = now;
        let (price, qty, surplus) = now;
        let executable = price != 0;
        let instrument = self.book(book).id;
        let (price, surplus) = (executable.then_some(price), executable.then_some(surplus));
        self.emit(cx, 0, Indicative { instrument, price, qty, surplus });
    }

    /// In continuous trading nothing may rest that could trade.
    fn assert_not_crossed(&self, book: u32) {
        let book = self.book(book);
        if book.phase == Phase::Continuous
            && let (Some(bid), Some(ask)) = (book.sides.buy.best(), book.sides.sell.best())
        {
            assert!(bid < ask, "instrument {}: bid {bid} and ask {ask} crossed", book.id);
        }
    }
}

fn quote(instrument: InstrumentId, [bid, ask]: [(i64, u64); 2]) -> Quote {
    let some = |(price, qty)| if price == 0 { (None, None) } else { (Some(price), Some(qty)) };
    let ((bid, bid_qty), (ask, ask_qty)) = (some(bid), some(ask));
    Quote { instrument, bid, bid_qty, ask, ask_qty }
}

fn key(touched: &Touched) -> (u32, Side, i64, u32) {
    let along = if touched.side == Side::Buy { -touched.price } else { touched.price };
    (touched.book, touched.side, along, touched.nth)
}
