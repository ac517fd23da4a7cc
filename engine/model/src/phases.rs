//! Trading phases, and deadlines.

use crate::Model;
use crate::state::{Due, Order, Place, Planned, is_call};
use ringpit_core::command::{SchedulePhase, SetPhase};
use ringpit_core::event::PhaseChange;
use ringpit_core::*;

impl Model {
    pub(crate) fn set_phase(&mut self, c: &SetPhase) {
        let id = u64::from(c.instrument.0);
        if !self.knows_instrument(c.instrument) {
            let why = (Reason::UnknownInstrument, Field::Instrument);
            return self.reject(CommandKind::SetPhase, id, why);
        }
        self.accept(CommandKind::SetPhase, id);
        self.enter(c.instrument, c.phase);
    }

    /// One phase an instrument and time: the newest word counts, and counts as newly set.
    pub(crate) fn schedule_phase(&mut self, c: &SchedulePhase) {
        let id = u64::from(c.instrument.0);
        let is_same = |p: &Planned| p.instrument == c.instrument && p.time == c.time;
        let fault = if !self.knows_instrument(c.instrument) {
            Some((Reason::UnknownInstrument, Field::Instrument))
        } else if c.time <= self.time {
            Some((Reason::BadValue, Field::Time))
        } else if c.phase.is_none() && !self.schedule.iter().any(is_same) {
            Some((Reason::NotScheduled, Field::Time))
        } else {
            None
        };
        if let Some(why) = fault {
            return self.reject(CommandKind::SchedulePhase, id, why);
        }
        self.schedule.retain(|planned| !is_same(planned));
        if let Some(phase) = c.phase {
            self.last_deadline += 1;
            let (instrument, time, set) = (c.instrument, c.time, self.last_deadline);
            self.schedule.push(Planned { instrument, time, phase, set });
        }
        self.accept(CommandKind::SchedulePhase, id);
    }

    fn begin_scheduled(&mut self, set: u64) {
        let place = self.schedule.iter().position(|planned| planned.set == set);
        let planned = self.schedule.remove(place.expect("it was due"));
        self.enter(planned.instrument, planned.phase);
    }

    /// Leaves the present phase for another one, and does what that brings.
    fn enter(&mut self, instrument: InstrumentId, new: Phase) {
        self.instrument_mut(instrument).halt_end = None;
        let old = self.instrument(instrument).phase;
        if old == new {
            return;
        }
        let uncrosses = new == Phase::Continuous || (is_call(old) && new != Phase::Halted);
        if uncrosses {
            self.uncross(instrument);
        }
        let open_over =
            old == Phase::OpeningCall || matches!(new, Phase::Continuous | Phase::Closed);
        let close_over = old == Phase::ClosingCall || new == Phase::Closed;
        let over = |order: &Order| match order.tif {
            TimeInForce::AtOpen => open_over,
            TimeInForce::AtClose => close_over,
            _ => false,
        };
        let own = |order: &Order| order.instrument == instrument;
        if uncrosses {
            let waits_as_market = |o: &Order| o.price.is_none() && o.place == Place::Book;
            for id in self.ids(|order| own(order) && waits_as_market(order) && !over(order)) {
                self.cancel(id, Reason::Unfilled);
            }
        }
        self.expire_all(instrument, over);
        self.instrument_mut(instrument).phase = new;
        if is_call(new) && !is_call(old) {
            self.instrument_mut(instrument).told_indicative = None;
        }
        self.emit(PhaseChange { instrument, phase: new });
        match new {
            Phase::Closed => self.expire_all(instrument, |order| order.tif == TimeInForce::Day),
            Phase::ClosingCall => {
                for id in self.ids(|o| o.instrument == instrument && o.place == Place::Parked) {
                    self.join_queue(id);
                }
            }
            Phase::Continuous => {
                self.fresh_trades.clear();
                let last = self.instrument(instrument).last();
                let due = last.map_or(Vec::new(), |last| self.due_stops(instrument, last));
                self.run_stops(due);
            }
            Phase::PreOpen | Phase::OpeningCall | Phase::Halted => {}
        }
    }

    /// Open orders that fit, by order_id.
    pub(crate) fn ids(&self, fits: impl Fn(&Order) -> bool) -> Vec<OrderId> {
        self.orders.iter().filter(|order| fits(order)).map(|order| order.id).collect()
    }

    fn expire_all(&mut self, instrument: InstrumentId, fits: impl Fn(&Order) -> bool) {
        for id in self.ids(|order| order.instrument == instrument && fits(order)) {
            self.end(id, ExecType::Expired, None);
        }
    }

    pub(crate) fn fire(&mut self, due: Due) {
        match due.kind {
            DeadlineKind::OrderExpiry => self.end(OrderId(due.id), ExecType::Expired, None),
            DeadlineKind::HaltEnd => self.enter(InstrumentId(small(due.id)), Phase::Continuous),
            DeadlineKind::Phase => self.begin_scheduled(due.set),
            DeadlineKind::AuctionOpen => self.open_auction(AuctionId(small(due.id))),
            DeadlineKind::AuctionClose => self.close_auction(AuctionId(small(due.id))),
            DeadlineKind::ReservationExpiry => self.expire_reservation(ReservationId(due.id)),
            DeadlineKind::SaleClose => self.close_sale(SaleId(small(due.id))),
            DeadlineKind::DrawBy => self.give_up_draw(SaleId(small(due.id))),
            DeadlineKind::SessionGrace => self.cancel_of_session(SessionId(due.id)),
        }
    }
}

/// The number of a thing whose ids are u32.
fn small(id: u64) -> u32 {
    u32::try_from(id).expect("it was a u32")
}
