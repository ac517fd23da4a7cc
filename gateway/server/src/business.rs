//! What an established session sends: numbers, throttles, rights, and the way into the ring.
//!
//! A message that is refused here never reached the engine: it is answered by BusinessReject,
//! which is not numbered, and it is not journaled. Whether the session may act for the accounts
//! that a command names, the engine checks.

use crate::hub::{Hub, Now};
use crate::numbers::{Gap, Numbered};
use crate::queries::{Purpose, Query};
use crate::subscriptions::Topic;
use crate::tags::Tag;
use ringpit_core::roles::{may_subscribe, permitted, permitted_leg};
use ringpit_core::{Command, CommandKind, InputRef, Reason, Role};
use ringpit_sequencer::Class;
use ringpit_wire::{
    BusinessReject, Fault, FeedQuality, Frame, Incoming, Limits, NotApplied, QueryEnd, Subscribe,
    TerminationCode, Unsubscribe, decode_incoming, field_id, template_id,
};

/// A message whose number is known.
#[derive(Clone, Copy)]
struct Message<'f, 'b> {
    key: usize,
    place: usize,
    number: u64,
    frame: &'f Frame<'b>,
}

/// Why a message is refused, and where in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Refusal {
    field_id: u16,
    group_index: Option<u16>,
    reason: Reason,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { field_id: 0, group_index: None, reason }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let Fault { field_id, group_index, reason, .. } = fault;
        Self { field_id, group_index, reason }
    }
}

/// Whether a template takes from the cancels' bucket and keeps the ring's reserved share: what
/// makes risk smaller.
const fn is_cancel(template: u16) -> bool {
    matches!(
        template,
        template_id::CANCEL_ORDER
            | template_id::MASS_CANCEL
            | template_id::KILL_SWITCH
            | template_id::CANCEL_AUCTION
            | template_id::CONFIRM
            | template_id::VOID
            | template_id::LEAVE
    )
}

/// Whether a role may send this at all.
fn check_role(role: Role, incoming: &Incoming) -> Result<(), Refusal> {
    let may = match incoming {
        Incoming::Command { command: Command::Atomic(atomic), .. } => {
            let leg = atomic.legs.iter().position(|leg| !permitted_leg(role, leg));
            if let Some(index) = leg {
                let group_index = u16::try_from(index + 1).ok();
                let field_id = field_id::LEGS;
                return Err(Refusal { field_id, group_index, reason: Reason::NotPermitted });
            }
            permitted(role, CommandKind::Atomic)
        }
        Incoming::Command { command, .. } => permitted(role, command.kind()),
        Incoming::Subscribe(_) | Incoming::Unsubscribe(_) => may_subscribe(role),
        _ => true,
    };
    if may { Ok(()) } else { Err(Reason::NotPermitted.into()) }
}

impl Hub {
    /// A frame on an established connection.
    pub(crate) fn established_frame(&mut self, key: usize, frame: &Frame<'_>, now: Now) {
        let Some(place) = self.connections.get(key).and_then(|connection| connection.session)
        else {
            return;
        };
        if frame.is_session() {
            return self.session_message(key, place, frame, now);
        }
        let Some(connection) = self.connections.get_mut(key) else { return };
        let Numbered::New { number, gap } = connection.numbers.message() else { return };
        self.tell_gap(key, gap);
        let message = Message { key, place, number, frame };
        if let Err(refusal) = self.take_message(message, now) {
            self.refuse(key, place, number, frame.template_id(), refusal, now);
        }
    }

    fn session_message(&mut self, key: usize, place: usize, frame: &Frame<'_>, now: Now) {
        if !self.sessions[place].session_messages.take(now.mono_ns) {
            if frame.template_id() == template_id::SEQUENCE {
                // It says what number comes next. Were it dropped, what follows it would be taken
                // under other numbers than the client gave, and executed again when it is resent.
                return self.terminate(key, TerminationCode::Throttled, now);
            }
            let refusal = Reason::Throttled.into();
            return self.refuse(key, place, 0, frame.template_id(), refusal, now);
        }
        match decode_incoming(frame) {
            Ok(Incoming::Sequence(sequence)) => {
                let Some(connection) = self.connections.get_mut(key) else { return };
                match connection.numbers.sequence(sequence.next_seq_no) {
                    Ok(gap) => self.tell_gap(key, gap),
                    Err(_) => self.terminate(key, TerminationCode::ProtocolViolation, now),
                }
            }
            Ok(Incoming::RetransmitRequest(request)) => self.retransmit(key, place, request, now),
            _ => self.terminate(key, TerminationCode::ProtocolViolation, now),
        }
    }

    fn tell_gap(&mut self, key: usize, gap: Option<Gap>) {
        if let Some(Gap { from, count }) = gap {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            self.push(key, 0, &NotApplied { from_seq_no: from, count });
        }
    }

    fn refuse(
        &mut self,
        key: usize,
        place: usize,
        number: u64,
        template: u16,
        refusal: Refusal,
        now: Now,
    ) {
        let Refusal { field_id, group_index, reason } = refusal;
        self.counters.rejected += 1;
        self.counters.busy += u64::from(reason == Reason::Busy);
        self.push(
            key,
            0,
            &BusinessReject {
                ref_seq_no: number,
                ref_template_id: template,
                ref_field_id: field_id,
                group_index,
                reason,
            },
        );
        if reason == Reason::Throttled && !self.sessions[place].abuse.take(now.mono_ns) {
            self.terminate(key, TerminationCode::Throttled, now);
        }
    }

    fn take_message(&mut self, message: Message<'_, '_>, now: Now) -> Result<(), Refusal> {
        let Message { place, frame, .. } = message;
        let template = frame.template_id();
        let session = &mut self.sessions[place];
        let bucket = match template {
            template_id::LIMITS_REQUEST => &mut session.session_messages,
            template if is_cancel(template) => &mut session.cancels,
            _ => &mut session.business,
        };
        if !bucket.take(now.mono_ns) {
            return Err(Reason::Throttled.into());
        }
        let role = session.role().ok_or(Reason::NotPermitted)?;
        // Looked at where it was read: a command may be two kilobytes long.
        let decoded = decode_incoming(frame);
        let incoming = decoded.as_ref().map_err(|fault| Refusal::from(*fault))?;
        check_role(role, incoming)?;
        incoming.check()?;
        match incoming {
            Incoming::Command { command, .. } if command.is_beyond_rules() => {
                let (field_id, reason) = (field_id::RULES, Reason::UnknownRules);
                Err(Refusal { field_id, group_index: None, reason })
            }
            Incoming::Command { command, query_id } => self.command(message, command, *query_id),
            Incoming::Subscribe(subscribe) => self.subscribe(message, *subscribe),
            Incoming::Unsubscribe(unsubscribe) => {
                self.unsubscribe(message, *unsubscribe);
                Ok(())
            }
            Incoming::LimitsRequest(_) => {
                self.tell_limits(message, now);
                Ok(())
            }
            _ => Err(Reason::UnknownTemplate.into()),
        }
    }

    fn command(
        &mut self,
        message: Message<'_, '_>,
        command: &Command,
        query_id: Option<u64>,
    ) -> Result<(), Refusal> {
        match query_id {
            Some(query_id) if command.is_query() => {
                self.query(message, command, Purpose::Answer { query_id })
            }
            _ => {
                let class = if is_cancel(message.frame.template_id()) {
                    Class::Protected
                } else {
                    Class::NewBusiness
                };
                let marked = self.sessions[message.place].marks(message.number);
                let tag = if marked { Tag::Command(message.place).code() } else { 0 };
                self.offer(message, class, tag, command)
            }
        }
    }

    fn offer(
        &mut self,
        message: Message<'_, '_>,
        class: Class,
        tag: u64,
        command: &Command,
    ) -> Result<(), Refusal> {
        let session = &mut self.sessions[message.place];
        if class == Class::NewBusiness && session.in_flight_left() == 0 {
            return Err(Reason::Throttled.into());
        }
        let line = self.line.as_mut().ok_or(Reason::Busy)?;
        let input = InputRef { session: session.id, client_seq: message.number, command };
        line.offer(session.lane, class, tag, input).map_err(|_| Reason::Busy)?;
        if command.is_query() {
            session.asked(message.number);
        } else {
            session.entered(message.number);
        }
        self.counters.entered += 1;
        Ok(())
    }

    fn query(
        &mut self,
        message: Message<'_, '_>,
        command: &Command,
        purpose: Purpose,
    ) -> Result<(), Refusal> {
        let query = Query {
            connection: self.reference(message.key),
            place: message.place,
            number: message.number,
            purpose,
        };
        let place = self.queries.insert(query);
        let offered = self.offer(message, Class::NewBusiness, Tag::Query(place).code(), command);
        if offered.is_err() {
            self.queries.remove(place);
        }
        offered
    }

    fn subscribe(&mut self, message: Message<'_, '_>, subscribe: Subscribe) -> Result<(), Refusal> {
        if subscribe.quality != FeedQuality::Full {
            let (field_id, reason) = (field_id::QUALITY, Reason::Unsupported);
            return Err(Refusal { field_id, group_index: None, reason });
        }
        let (by_it, by_all) = self.asked_subscriptions(self.reference(message.key));
        self.subscriptions.check_room(message.key, by_it, by_all).map_err(|_| Reason::Full)?;
        let topic = Topic::named(subscribe.instrument, subscribe.auction, subscribe.sale);
        let purpose =
            Purpose::Snapshot { query_id: subscribe.query_id, topic, joins: true, events: None };
        self.want_public(true);
        self.query(message, &topic.snapshot_query(), purpose)
    }

    fn unsubscribe(&mut self, message: Message<'_, '_>, unsubscribe: Unsubscribe) {
        let Unsubscribe { query_id, instrument, auction, sale } = unsubscribe;
        let topic = Topic::named(instrument, auction, sale);
        self.give_up_asked(self.reference(message.key), topic);
        match topic {
            Topic::Everything => self.subscriptions.remove_all(message.key),
            topic => self.subscriptions.remove(message.key, topic),
        }
        let head = self.last.answer_head(query_id, message.number);
        self.push_headed(message.key, &head, &QueryEnd { count: 0 });
    }

    fn tell_limits(&mut self, message: Message<'_, '_>, now: Now) {
        let session = &mut self.sessions[message.place];
        let Some(config) = session.config else { return };
        let limits = Limits {
            ref_seq_no: message.number,
            messages_per_second: config.messages_per_second,
            burst: config.burst,
            messages_left: session.business.left(now.mono_ns),
            cancels_per_second: config.cancels_per_second,
            cancels_left: session.cancels.left(now.mono_ns),
            orders_in_flight: config.orders_in_flight,
            orders_in_flight_left: session.in_flight_left(),
        };
        self.push(message.key, 0, &limits);
    }
}
