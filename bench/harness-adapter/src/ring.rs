//! A report ring of our own: one writer, one reader, shown at the end of every message.
//!
//! An entry is half a cache line: a report says which message it belongs to, which order, at what
//! price and how much. A trade stands behind the acknowledgement of the order that came in, so it
//! does not repeat that order's name; the reader puts it back in. Words are relaxed atomics and
//! cost what plain ones do, so nothing here is unsafe. It deliberately knows no C.

use crate::abi::{Kind, Report};
use crate::reports::{Reports, Told, Traded};
use crossbeam_utils::CachePadded;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of an entry: half a cache line.
const ENTRY_WORDS: u64 = 4;

/// Pauses between two looks at an empty ring, some 20 to 60 µs: each look takes the cache line away
/// in which the writer says how far it is, and with it half of the writer's speed.
const PAUSES: u32 = 1024;

/// What writer and reader share.
#[derive(Debug)]
pub struct Ring {
    words: Box<[AtomicU64]>,
    mask: u64,
    /// Entries that the reader may take, counted from the first one ever.
    shown: CachePadded<AtomicU64>,
    /// Entries that the reader has taken.
    taken: CachePadded<AtomicU64>,
    /// Only the reader's: the order that the last acknowledgement was about.
    came_in: CachePadded<AtomicU64>,
}

impl Ring {
    /// A ring for at least so many reports, its memory touched.
    pub fn new(capacity: u32) -> Self {
        let entries = u64::from(capacity).next_power_of_two();
        // Not zeros: those the system would hand out page by page when they are first written.
        let words = (0..entries * ENTRY_WORDS).map(|_| AtomicU64::new(u64::MAX)).collect();
        Self {
            words,
            mask: entries - 1,
            shown: CachePadded::new(AtomicU64::new(0)),
            taken: CachePadded::new(AtomicU64::new(0)),
            came_in: CachePadded::new(AtomicU64::new(0)),
        }
    }

    /// Takes reports in order, at most so many; how many there were. The reader's only call.
    pub fn drain(&self, max: u32, mut take: impl FnMut(Report)) -> u32 {
        let taken = self.taken.load(Ordering::Relaxed);
        let mut shown = self.shown.load(Ordering::Acquire);
        if shown == taken {
            for _ in 0..PAUSES {
                core::hint::spin_loop();
            }
            shown = self.shown.load(Ordering::Acquire);
        }
        let mut came_in = self.came_in.load(Ordering::Relaxed);
        let mut next = taken;
        while next < shown && next - taken < u64::from(max) {
            take(self.read(next, &mut came_in));
            next += 1;
        }
        self.came_in.store(came_in, Ordering::Relaxed);
        self.taken.store(next, Ordering::Release);
        (next - taken) as u32
    }

    fn read(&self, entry: u64, came_in: &mut u64) -> Report {
        let words = self.entry(entry);
        let [what, sequence_number, order_id, price] =
            core::array::from_fn(|n| words[n].load(Ordering::Relaxed));
        let (kind, side, quantity) = (what as u8, (what >> 8) as u8, (what >> 32) as u32);
        let price_ticks = price.cast_signed();
        if kind == Kind::Trade as u8 {
            let fill = Traded { maker: order_id, taker: *came_in, price_ticks, quantity };
            return Report::trade(sequence_number, &fill);
        }
        *came_in = order_id;
        let told = Told { order_id, side, price_ticks, quantity };
        Report { kind, ..Report::answer(Kind::OrderAck, sequence_number, &told) }
    }

    fn entry(&self, entry: u64) -> &[AtomicU64] {
        let at = ((entry & self.mask) * ENTRY_WORDS) as usize;
        &self.words[at..at + ENTRY_WORDS as usize]
    }
}

impl Report {
    /// An answer about one order.
    #[inline]
    fn answer(kind: Kind, sequence_number: u64, order: &Told) -> Self {
        Self {
            kind: kind as u8,
            side: order.side,
            sequence_number,
            order_id: order.order_id,
            price_ticks: order.price_ticks,
            quantity: order.quantity,
            ..Self::default()
        }
    }

    /// A traded.
    #[inline]
    fn trade(sequence_number: u64, traded: &Traded) -> Self {
        Self {
            kind: Kind::Trade as u8,
            sequence_number,
            price_ticks: traded.price_ticks,
            quantity: traded.quantity,
            maker_order_id: traded.maker,
            taker_order_id: traded.taker,
            ..Self::default()
        }
    }
}

/// The writing end.
#[derive(Debug)]
pub struct Writer {
    ring: Arc<Ring>,
    next: u64,
    /// The entry before which there is room for certain.
    room_until: u64,
}

impl Writer {
    /// The one writer of a ring that nothing was written to yet.
    pub fn new(ring: Arc<Ring>) -> Self {
        let room_until = ring.mask + 1;
        Self { ring, next: 0, room_until }
    }

    #[inline]
    fn write(&mut self, words: [u64; ENTRY_WORDS as usize]) {
        if self.next == self.room_until {
            self.wait_for_room();
        }
        for (to, word) in self.ring.entry(self.next).iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        self.next += 1;
    }

    /// The ring is full: shows what is there, or the reader could never make room.
    #[cold]
    fn wait_for_room(&mut self) {
        self.show();
        while self.next == self.room_until {
            self.room_until = self.ring.taken.load(Ordering::Acquire) + self.ring.mask + 1;
            std::thread::yield_now();
        }
    }

    /// Lets the reader see all that was written.
    #[inline]
    pub fn show(&self) {
        self.ring.shown.store(self.next, Ordering::Release);
    }
}

impl Reports for Writer {
    #[inline]
    fn answer(&mut self, kind: Kind, sequence_number: u64, order: &Told) {
        let what = kind as u64 | u64::from(order.side) << 8 | u64::from(order.quantity) << 32;
        let price = order.price_ticks.cast_unsigned();
        self.write([what, sequence_number, order.order_id, price]);
    }

    #[inline]
    fn trade(&mut self, sequence_number: u64, fill: &Traded) {
        let what = Kind::Trade as u64 | u64::from(fill.quantity) << 32;
        self.write([what, sequence_number, fill.maker, fill.price_ticks.cast_unsigned()]);
    }

    #[inline]
    fn done(&mut self) {
        self.show();
    }

    fn flush(&mut self) {
        self.show();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(order_id: u64) -> Told {
        Told { order_id, side: 1, price_ticks: -7, quantity: u32::MAX }
    }

    /// Up to so many reports.
    fn drained(ring: &Ring, max: u32) -> Vec<Report> {
        let mut out = Vec::new();
        let count = ring.drain(max, |report| out.push(report));
        assert_eq!(count as usize, out.len());
        out
    }

    #[test]
    fn a_trade_gets_its_taker_back() {
        let ring = Arc::new(Ring::new(3));
        let mut writer = Writer::new(ring.clone());
        writer.answer(Kind::OrderAck, 5, &told(50));
        let fill = Traded { maker: 40, taker: 50, price_ticks: 9, quantity: 2 };
        writer.trade(5, &fill);
        assert_eq!(drained(&ring, 8), [], "nothing is shown before the message is done");
        writer.done();
        assert_eq!(drained(&ring, 1), [Report::answer(Kind::OrderAck, 5, &told(50))]);
        assert_eq!(drained(&ring, 8), [Report::trade(5, &fill)]);
        assert_eq!(drained(&ring, 8), []);
    }

    #[test]
    fn a_full_ring_waits_for_its_reader() {
        const REPORTS: u64 = 10_000;
        let ring = Arc::new(Ring::new(64));
        let mut writer = Writer::new(ring.clone());
        let reader = std::thread::spawn(move || {
            let mut next = 0;
            while next < REPORTS {
                std::thread::yield_now();
                for report in drained(&ring, 5) {
                    assert_eq!(report, Report::answer(Kind::CancelAck, next, &told(next)));
                    next += 1;
                }
            }
        });
        // Messages of more reports than the ring has room for.
        for number in 0..REPORTS {
            writer.answer(Kind::CancelAck, number, &told(number));
            if number % 200 == 199 {
                writer.done();
            }
        }
        assert!(reader.join().is_ok());
    }
}
