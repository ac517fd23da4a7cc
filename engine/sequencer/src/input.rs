//! From the gateway's thread to the sequencer: two rings, one of them for priority sessions.
//!
//! An offer is encoded once; the bytes in the slot are what is journaled. Nobody ever waits here:
//! a full ring is answered `Busy`. One thread offers, so that an offer needs no locked instruction:
//! the cache lines of many slots may be on their way at once. A second gateway thread would get
//! rings of its own, polled in turn.

use crate::config::Config;
use crate::limits::{INLINE_BYTES_MAX, INPUT_SLOT_BYTES};
use crate::pool::Pool;
use crossbeam_utils::CachePadded;
use disruptor::{
    BusySpin, EventPoller, Producer, SingleConsumerBarrier, SingleProducer, SingleProducerBarrier,
    build_single_producer,
};
use ringpit_core::InputRef;
use ringpit_core::codec::{self, INPUT_BYTES_MAX};
use ringpit_journal::Gate;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Which ring an input takes. It is chosen by session, never by message, so that the messages of
/// one session keep their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Everybody's.
    Normal,
    /// Operators' and payment services', polled first.
    Priority,
}

/// How much of the normal ring an input may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Orders, bids, reservations, queries: refused when only the reserved share is free.
    NewBusiness,
    /// Cancels, voids, confirms, the session layer's inputs: the whole ring.
    Protected,
}

/// The rings are too full for this input; it was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("busy")]
pub struct Busy;

const IN_SLOT: u32 = u32::MAX;

/// One place in a ring.
pub(crate) struct InputSlot {
    pub(crate) tag: u64,
    len: u32,
    /// The side pool's place, or [`IN_SLOT`].
    place: u32,
    bytes: [u8; INLINE_BYTES_MAX],
}

const _: () = assert!(size_of::<InputSlot>() == INPUT_SLOT_BYTES);

impl InputSlot {
    const fn empty() -> Self {
        Self { tag: 0, len: 0, place: IN_SLOT, bytes: [0; INLINE_BYTES_MAX] }
    }

    /// The encoded input; a long one is copied to `scratch` and its place in the pool given back.
    pub(crate) fn bytes<'a>(&'a self, pool: &Pool, scratch: &'a mut [u8]) -> &'a [u8] {
        let len = self.len as usize;
        if self.place == IN_SLOT {
            return &self.bytes[..len];
        }
        pool.load(self.place, &mut scratch[..len]);
        &scratch[..len]
    }
}

type SlotProducer = SingleProducer<InputSlot, SingleConsumerBarrier>;
pub(crate) type SlotPoller = EventPoller<InputSlot, SingleProducerBarrier>;

/// What port and sequencer share.
#[derive(Debug)]
pub(crate) struct Doorway {
    pub(crate) gate: Gate,
    pub(crate) pool: Pool,
    pub(crate) closed: AtomicBool,
    /// Whether anybody listens to public events; see [`InputPort::want_public`].
    pub(crate) public_wanted: AtomicBool,
    /// Inputs whose slots of the normal ring are free again.
    released: CachePadded<AtomicI64>,
}

impl Doorway {
    /// Tells the gateway that the slots of so many more inputs are free.
    pub(crate) fn release(&self, inputs: i64) {
        let released = self.released.load(Ordering::Relaxed);
        self.released.store(released + inputs, Ordering::Release);
    }
}

/// Wakes the sequencer, only if it sleeps.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Doorway>);

impl Bell {
    /// Rings it, after a batch of offers.
    pub fn ring(&self) {
        self.0.gate.wake();
    }
}

/// The sequencer's ends of the rings.
pub(crate) struct InputRings {
    pub(crate) doorway: Arc<Doorway>,
    pub(crate) normal: SlotPoller,
    pub(crate) priority: SlotPoller,
}

/// The gateway thread's end of the rings.
pub struct InputPort {
    doorway: Arc<Doorway>,
    normal: SlotProducer,
    priority: SlotProducer,
    /// Inputs ever put into the normal ring.
    published: i64,
    /// Slots of the normal ring that new business may use.
    open_slots: i64,
    scratch: Box<[u8; INPUT_BYTES_MAX]>,
}

/// Both ends; the settings have been checked.
pub(crate) fn rings(config: &Config) -> (InputPort, InputRings) {
    let build = |slots| {
        let (poller, builder) =
            build_single_producer(slots, InputSlot::empty, BusySpin).new_event_poller();
        (builder.build(), poller)
    };
    let (normal, normal_poller) = build(config.input_slots);
    let (priority, priority_poller) = build(config.priority_slots);
    let doorway = Arc::new(Doorway {
        gate: Gate::new(),
        pool: Pool::new(config.long_inputs),
        closed: AtomicBool::new(false),
        public_wanted: AtomicBool::new(true),
        released: CachePadded::new(AtomicI64::new(0)),
    });
    let slots = config.input_slots as i64;
    let port = InputPort {
        doorway: doorway.clone(),
        normal,
        priority,
        published: 0,
        open_slots: slots - slots * i64::from(config.reserved_percent) / 100,
        scratch: Box::new([0; INPUT_BYTES_MAX]),
    };
    (port, InputRings { doorway, normal: normal_poller, priority: priority_poller })
}

impl InputPort {
    /// Puts an input on its way. A query is marked with the tag that its answers shall carry; any
    /// other input with a tag gets an [`crate::OutputKind::Applied`] behind its events. 0 is no tag.
    ///
    /// The sequencer may sleep: call [`Self::wake`] after a batch.
    ///
    /// # Errors
    /// [`Busy`] when the lane has no room for this class; nothing was taken.
    pub fn offer<'c>(
        &mut self,
        lane: Lane,
        class: Class,
        tag: u64,
        input: impl Into<InputRef<'c>>,
    ) -> Result<(), Busy> {
        if self.doorway.closed.load(Ordering::Acquire) {
            return Err(Busy);
        }
        if lane == Lane::Normal && class == Class::NewBusiness && self.is_nearly_full() {
            return Err(Busy);
        }
        let Ok(len) = codec::encode(input, &mut self.scratch[..]) else {
            unreachable!("an input's bytes always fit, by the core's limits")
        };
        let bytes = &self.scratch[..len];
        let place = if len <= INLINE_BYTES_MAX {
            IN_SLOT
        } else {
            self.doorway.pool.store(bytes).ok_or(Busy)?
        };
        let producer = match lane {
            Lane::Normal => &mut self.normal,
            Lane::Priority => &mut self.priority,
        };
        let published = producer.try_publish(|slot| {
            slot.tag = tag;
            slot.len = len as u32;
            slot.place = place;
            if place == IN_SLOT {
                slot.bytes[..len].copy_from_slice(bytes);
            }
        });
        match published {
            Ok(_) => {
                self.published += i64::from(lane == Lane::Normal);
                Ok(())
            }
            Err(_) => {
                if place != IN_SLOT {
                    self.doorway.pool.give_back(place);
                }
                Err(Busy)
            }
        }
    }

    /// Wakes the sequencer, only if it sleeps.
    pub fn wake(&self) {
        self.doorway.gate.wake();
    }

    /// What wakes the sequencer, for those who do not offer.
    #[must_use]
    pub fn bell(&self) -> Bell {
        Bell(self.doorway.clone())
    }

    /// Says whether anybody listens to public events; at first everybody is taken to. While nobody
    /// does, a public event that is not numbered for an owner need not come out: most events are
    /// such. What is said holds from the next offered input on, at the latest.
    pub fn want_public(&self, wanted: bool) {
        self.doorway.public_wanted.store(wanted, Ordering::Relaxed);
    }

    /// Whether new business would be refused now.
    #[must_use]
    pub fn is_nearly_full(&self) -> bool {
        self.published - self.doorway.released.load(Ordering::Acquire) >= self.open_slots
    }
}

impl std::fmt::Debug for InputPort {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "InputPort({} published, {:?})", self.published, self.doorway.released)
    }
}
