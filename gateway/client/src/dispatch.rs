//! What a session does with each message of the server.

use crate::codec;
use crate::delivery::{Arrived, Delivery, Refusal};
use crate::error::Error;
use crate::inbound::Place;
use crate::limits::ASK_AGAIN_NS;
use crate::pending::Kind;
use crate::session::{Handler, Now, Phase, Session};
use crate::topic::Topic;
use ringpit_core::Event;
use ringpit_wire::{
    EstablishmentAck, EstablishmentReject, EstablishmentRejectCode, EventHead, NegotiationReject,
    NegotiationRejectCode, Outgoing, TerminationCode, template_id,
};

impl Session {
    /// Works on one whole frame.
    pub(crate) fn frame(
        &mut self,
        now: Now,
        frame: &[u8],
        handler: Handler<'_>,
    ) -> Result<(), Error> {
        match (codec::read(frame)?, self.phase) {
            (Outgoing::NegotiationResponse(answer), Phase::Negotiating { until }) => {
                self.of_this_version(answer.session_ver_id)?;
                self.negotiated = true;
                self.sent_at = now.mono_ns;
                self.establish(now, until);
                Ok(())
            }
            (Outgoing::NegotiationReject(reject), Phase::Negotiating { .. }) => {
                self.negotiation_rejected(&reject)
            }
            (Outgoing::EstablishmentReject(reject), Phase::Establishing { .. }) => {
                Err(self.establishment_rejected(&reject))
            }
            (Outgoing::EstablishmentAck(ack), Phase::Establishing { .. }) => {
                self.of_this_version(ack.session_ver_id)?;
                self.established(now, &ack, handler)
            }
            (Outgoing::Terminate(terminate), _) => self.terminated(terminate.code),
            (message, Phase::Live | Phase::Leaving { .. }) => {
                self.live_message(now, &message, frame, handler)
            }
            _ => Err(Error::Malformed("a message before the session was established".to_owned())),
        }
    }

    fn of_this_version(&self, version: u64) -> Result<(), Error> {
        if version == self.version {
            return Ok(());
        }
        let (theirs, ours) = (version, self.version);
        Err(Error::Malformed(format!("an answer to version {theirs}, ours is {ours}")))
    }

    fn negotiation_rejected(&mut self, reject: &NegotiationReject) -> Result<(), Error> {
        let reason = match reject.code {
            // The next attempt, after a pause, finds it further on.
            NegotiationRejectCode::Recovering => {
                self.phase = Phase::HangUp;
                return Ok(());
            }
            // An earlier process may have run with a clock that was ahead: go above what it used.
            NegotiationRejectCode::VersionNotRising
                if reject.last_session_ver_id.is_some_and(|last| last >= self.version) =>
            {
                self.version = reject.last_session_ver_id.unwrap_or(self.version);
                self.phase = Phase::HangUp;
                return Ok(());
            }
            NegotiationRejectCode::VersionNotRising => "the session version does not rise",
            NegotiationRejectCode::Credentials => "unknown session or wrong secret",
            NegotiationRejectCode::Clock => CLOCK,
            NegotiationRejectCode::BadField => "a field holds what it may not",
        };
        let session = self.login.session;
        Err(Error::Refused { session, step: "Negotiate", reason })
    }

    fn establishment_rejected(&self, reject: &EstablishmentReject) -> Error {
        let reason = match reject.code {
            EstablishmentRejectCode::Ahead => {
                let (next, seen) = (reject.next_seq_no.unwrap_or(0), self.inbound.last());
                return Error::Behind { next, seen };
            }
            EstablishmentRejectCode::NotNegotiated => "the session version is not the one in force",
            EstablishmentRejectCode::Credentials => "unknown session or wrong secret",
            EstablishmentRejectCode::Clock => CLOCK,
            EstablishmentRejectCode::KeepAlive => "the keep-alive interval is out of bounds",
            EstablishmentRejectCode::BadField => "a field holds what it may not",
        };
        Error::Refused { session: self.login.session, step: "Establish", reason }
    }

    fn terminated(&mut self, code: TerminationCode) -> Result<(), Error> {
        if !matches!(self.phase, Phase::Leaving { .. }) {
            self.say_goodbye(code);
        }
        self.phase = Phase::HangUp;
        let reason = match code {
            // The next connection begins anew, or ends as it was asked to.
            TerminationCode::Finished
            | TerminationCode::KeepAliveLapsed
            | TerminationCode::SlowConsumer
            | TerminationCode::Throttled
            | TerminationCode::ServerShutdown => return Ok(()),
            _ if self.closing => return Ok(()),
            TerminationCode::NotNegotiated => "the session version is not the one in force",
            TerminationCode::Credentials => "wrong secret",
            TerminationCode::ProtocolViolation => "we broke the protocol",
            TerminationCode::Replaced => "a newer connection of the same session took over",
        };
        Err(Error::Terminated { session: self.login.session, reason })
    }

    fn established(
        &mut self,
        now: Now,
        ack: &EstablishmentAck,
        handler: Handler<'_>,
    ) -> Result<(), Error> {
        self.inbound.established(ack.next_seq_no)?;
        let (theirs, ours) = (ack.last_incoming_seq_no, self.outbound.next());
        if theirs >= ours {
            return Err(Error::Malformed(format!(
                "it has our number {theirs}; our next is {ours}"
            )));
        }
        self.phase = Phase::Live;
        self.backoff.reset();
        self.sent_at = now.mono_ns;
        handler(Delivery::Established);
        self.fetch_next(now);
        self.outbound.established(theirs, &mut self.output, handler);
        for index in 0..self.topics.len() {
            let (topic, query_id) = self.topics[index];
            self.scratch.subscribe(topic, query_id);
            // Without room the messages that fill it come first; a new snapshot can be asked for.
            let _ = self.push(now, Kind::Request, query_id);
        }
        Ok(())
    }

    /// A message without a number was refused: the server is too busy for it.
    fn session_message_refused(&mut self, now: Now, template: u16) {
        match template {
            template_id::RETRANSMIT_REQUEST => {
                self.inbound.request_refused();
                self.ask_again_at = Some(now.mono_ns + ASK_AGAIN_NS);
            }
            // It counts other numbers than we do: begin anew before it takes one for another.
            template_id::SEQUENCE => self.phase = Phase::HangUp,
            _ => {}
        }
    }

    /// Asks for what is missing, unless that is under way.
    pub(crate) fn fetch_next(&mut self, now: Now) {
        self.ask_again_at = None;
        if let Some((from, count)) = self.inbound.next_request() {
            codec::retransmit_request(&mut self.output, now.unix_ns, from, count);
            self.sent_at = now.mono_ns;
        }
    }

    fn live_message(
        &mut self,
        now: Now,
        message: &Outgoing,
        frame: &[u8],
        handler: Handler<'_>,
    ) -> Result<(), Error> {
        match message {
            Outgoing::Sequence(sequence) => {
                if self.inbound.sequence(sequence.next_seq_no)? {
                    self.close_gap(handler)?;
                    self.fetch_next(now);
                } else {
                    self.ask_again_at = Some(now.mono_ns + ASK_AGAIN_NS);
                }
                Ok(())
            }
            Outgoing::BusinessReject(reject) if reject.ref_seq_no == 0 => {
                self.session_message_refused(now, reject.ref_template_id);
                Ok(())
            }
            Outgoing::Retransmission(it) => {
                Ok(self.inbound.retransmission(it.next_seq_no, it.count)?)
            }
            Outgoing::RetransmitReject(reject) => {
                let code = reject.code;
                Err(Error::Unavailable {
                    from: self.inbound.last() + 1,
                    reason: format!("{code:?}"),
                })
            }
            Outgoing::NotApplied(it) => {
                let count = u64::from(it.count);
                self.outbound.not_applied(it.from_seq_no, count, &mut self.output, handler);
                Ok(())
            }
            Outgoing::NegotiationResponse(_)
            | Outgoing::NegotiationReject(_)
            | Outgoing::EstablishmentAck(_)
            | Outgoing::EstablishmentReject(_) => {
                Err(Error::Malformed("a second answer to a login".to_owned()))
            }
            message => {
                let place = match number(message) {
                    Some(number) => self.inbound.numbered(number)?,
                    None => self.inbound.unnumbered(),
                };
                match place {
                    Place::Deliver(number) => self.hand_over(number, message, frame, handler),
                    Place::Hold(number) => self.inbound.hold(number, frame)?,
                    Place::Drop => {}
                }
                Ok(())
            }
        }
    }

    /// Hands over what waited for a gap to be closed, once it is.
    fn close_gap(&mut self, handler: Handler<'_>) -> Result<(), Error> {
        if self.inbound.gap() {
            return Ok(());
        }
        self.outbound.pass(&mut self.output, handler);
        let Some(mut held) = self.inbound.release() else { return Ok(()) };
        while let Some((number, frame)) = held.front() {
            let message = codec::read(frame)?;
            if let Place::Deliver(number) = self.inbound.released(number) {
                self.hand_over(number, &message, frame, handler);
            }
            held.pop();
        }
        Ok(())
    }

    fn hand_over(&mut self, number: u64, message: &Outgoing, frame: &[u8], handler: Handler<'_>) {
        match message {
            Outgoing::Event(head, event) => self.event(number, head, event, frame, handler),
            Outgoing::BusinessReject(reject) => {
                self.outbound.settled(reject.ref_seq_no);
                handler(Delivery::Refused(Refusal {
                    number: reject.ref_seq_no,
                    template_id: reject.ref_template_id,
                    field_id: reject.ref_field_id,
                    group_index: reject.group_index,
                    reason: reject.reason,
                }));
            }
            Outgoing::QueryEnd(head, end) => {
                if let Some(number) = self.settled(head) {
                    let (query_id, count) = (head.query_id.unwrap_or(0), end.count);
                    handler(Delivery::QueryEnd { number, query_id, count });
                }
            }
            Outgoing::SnapshotBegin(head, begin) => {
                let topic = Topic::from_parts((begin.instrument, begin.auction, begin.sale));
                let query_id = head.query_id.unwrap_or(0);
                handler(Delivery::SnapshotBegin { topic, query_id, seq: head.seq });
            }
            Outgoing::SnapshotEnd(head, end) => {
                self.settled(head);
                let topic = Topic::from_parts((end.instrument, end.auction, end.sale));
                let (query_id, count) = (head.query_id.unwrap_or(0), end.count);
                handler(Delivery::SnapshotEnd { topic, query_id, seq: head.seq, count });
            }
            Outgoing::Limits(limits) => {
                self.outbound.settled(limits.ref_seq_no);
                handler(Delivery::Limits(limits));
            }
            // The others were dealt with before they could be held.
            _ => {}
        }
    }

    fn event(
        &mut self,
        number: u64,
        head: &EventHead,
        event: &Event,
        frame: &[u8],
        handler: Handler<'_>,
    ) {
        if let (Some(cause), true) = (head.ref_seq_no, number != 0) {
            self.outbound.answered(cause, &mut self.output, handler);
        }
        handler(Delivery::Event(Arrived {
            number,
            seq: head.seq,
            at: head.at,
            ref_seq_no: head.ref_seq_no,
            query_id: head.query_id.unwrap_or(0),
            event,
            frame,
        }));
    }

    /// The number that is answered by this, if it still waited.
    fn settled(&mut self, head: &EventHead) -> Option<u64> {
        self.outbound.settled(head.ref_seq_no?).map(|entry| entry.number)
    }
}

const CLOCK: &str = "our clock is more than 30 s off, or behind an earlier login";

/// The number of a message that has one.
fn number(message: &Outgoing) -> Option<u64> {
    match message {
        Outgoing::Event(head, _) => head.msg_seq_num,
        _ => None,
    }
}
