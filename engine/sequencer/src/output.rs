//! From the sequencer to the gateway: one ring, one reader.
//!
//! When it is full in mid-step the sequencer wakes the reader and waits for it; the reader never
//! waits for the sequencer.

use crate::failure::FailureFlag;
use crate::input::Doorway;
use crate::limits::FULL_PARK_NS;
use disruptor::{
    BusySpin, EventPoller, Polling, Producer, SingleConsumerBarrier, SingleProducer,
    SingleProducerBarrier, build_single_producer,
};
use ringpit_core::event::Accepted;
use ringpit_core::{CommandKind, Emitted, Event, SessionId, Sink};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Wakes the reader of the output ring. It is called often: it must cost next to nothing when the
/// reader is awake.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// What a slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutputKind {
    /// An event.
    Event,
    /// All answers to a query have been given.
    EndOfQuery {
        /// How many.
        count: u64,
    },
    /// All events of an input that had a tag have been given.
    Applied,
    /// The input's client number was applied before: it was dropped.
    Duplicate,
}

/// One place in the output ring.
#[derive(Clone, Copy, Debug)]
pub struct OutputSlot {
    /// What it holds.
    pub kind: OutputKind,
    /// The step's number; for what is not a step the last one's. It may leave when
    /// [`crate::Watermark::releasable`] has reached it.
    pub seq: u64,
    /// UNIX nanoseconds: the step's time, or the fired deadline's own.
    pub at: u64,
    /// Whose it is, or the session that sent the query or the duplicate; 0: none.
    pub owner: SessionId,
    /// The event's number in the owner's stream; 0 where it is not numbered.
    pub owner_seq: u64,
    /// The owner's number of the input that caused it; `None` when a deadline or another did.
    pub ref_seq_no: Option<u64>,
    /// The tag given with the input, on query answers, their end, and `Applied`; else 0.
    pub tag: u64,
    event: Event,
}

impl OutputSlot {
    fn empty() -> Self {
        Self {
            kind: OutputKind::Applied,
            seq: 0,
            at: 0,
            owner: SessionId(0),
            owner_seq: 0,
            ref_seq_no: None,
            tag: 0,
            event: Event::Accepted(Accepted { command: CommandKind::Tick, id: 0 }),
        }
    }

    /// The event, where there is one.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        (self.kind == OutputKind::Event).then_some(&self.event)
    }

    /// The event as the engine gave it, where there is one.
    #[must_use]
    pub fn emitted(&self) -> Option<Emitted<'_>> {
        Some(Emitted {
            seq: self.seq,
            at: self.at,
            owner: self.owner,
            owner_seq: self.owner_seq,
            ref_seq_no: self.ref_seq_no,
            event: self.event()?,
        })
    }
}

/// The gateway's end. Dropping it tells the sequencer to wait for nobody any more.
pub struct OutputPort {
    poller: EventPoller<OutputSlot, SingleProducerBarrier>,
    gone: Arc<AtomicBool>,
}

impl OutputPort {
    /// Gives at most `max` slots to `take`, in order, then frees them; gives how many.
    pub fn poll(&mut self, max: usize, mut take: impl FnMut(&OutputSlot)) -> usize {
        match self.poller.take(max as u64) {
            Ok(mut slots) => {
                let mut taken = 0;
                for slot in &mut slots {
                    take(slot);
                    taken += 1;
                }
                taken
            }
            Err(Polling::NoEvents | Polling::Shutdown) => 0,
        }
    }

    /// Whether something waits here.
    #[must_use]
    pub fn has_available(&self) -> bool {
        self.poller.has_available()
    }
}

impl Drop for OutputPort {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for OutputPort {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OutputPort(has_available: {})", self.has_available())
    }
}

/// The sequencer's end.
pub(crate) struct OutputRing {
    producer: SingleProducer<OutputSlot, SingleConsumerBarrier>,
    gone: Arc<AtomicBool>,
    failure: FailureFlag,
    waker: Waker,
    /// Says whether anybody listens to public events.
    doorway: Arc<Doorway>,
    /// The tag of the query that is being answered; 0 while a command is applied.
    tag: u64,
    /// Slots published since the count was last taken.
    published: u64,
}

/// Both ends.
pub(crate) fn ring(
    slots: usize,
    waker: Waker,
    failure: FailureFlag,
    doorway: Arc<Doorway>,
) -> (OutputRing, OutputPort) {
    let (poller, builder) =
        build_single_producer(slots, OutputSlot::empty, BusySpin).new_event_poller();
    let gone = Arc::new(AtomicBool::new(false));
    let producer = builder.build();
    let (tag, published) = (0, 0);
    let ring = OutputRing { producer, gone: gone.clone(), failure, waker, doorway, tag, published };
    (ring, OutputPort { poller, gone })
}

impl OutputRing {
    /// Wakes the reader.
    pub(crate) fn wake(&self) {
        (self.waker)();
    }

    /// What is emitted from now on carries this tag.
    pub(crate) fn set_tag(&mut self, tag: u64) {
        self.tag = tag;
    }

    /// How many slots were published since the count was last taken.
    pub(crate) fn count(&self) -> u64 {
        self.published
    }

    /// Begins the count anew; gives what it was.
    pub(crate) fn take_count(&mut self) -> u64 {
        std::mem::take(&mut self.published)
    }

    /// Publishes a slot without an event.
    pub(crate) fn note(
        &mut self,
        kind: OutputKind,
        (seq, at): (u64, u64),
        (owner, ref_seq_no): (SessionId, u64),
        tag: u64,
    ) {
        self.publish(|slot| {
            slot.kind = kind;
            (slot.seq, slot.at, slot.owner, slot.tag) = (seq, at, owner, tag);
            (slot.owner_seq, slot.ref_seq_no) = (0, Some(ref_seq_no).filter(|number| *number != 0));
        });
    }

    fn publish(&mut self, write: impl Fn(&mut OutputSlot)) {
        self.published += 1;
        if self.producer.try_publish(&write).is_ok() {
            return;
        }
        self.wake();
        let mut yields = 0;
        while !self.gone.load(Ordering::Acquire) && !self.failure.is_set() {
            if self.producer.try_publish(&write).is_ok() {
                return;
            }
            // The reader may share this processor: give it away, and sleep when that is not enough.
            if yields < 64 {
                yields += 1;
                std::thread::yield_now();
            } else {
                self.wake();
                std::thread::sleep(Duration::from_nanos(FULL_PARK_NS));
            }
        }
    }
}

impl Sink for OutputRing {
    #[inline]
    fn emit(&mut self, emitted: &Emitted<'_>) {
        let tag = self.tag;
        // Read after the input's slot: whoever asked for market data before offering this input
        // gets what it causes.
        let is_for_listeners = tag == 0 && emitted.owner_seq == 0 && emitted.event.is_public();
        if is_for_listeners && !self.doorway.public_wanted.load(Ordering::Relaxed) {
            return;
        }
        self.publish(|slot| {
            slot.kind = OutputKind::Event;
            (slot.seq, slot.at) = (emitted.seq, emitted.at);
            (slot.owner, slot.owner_seq) = (emitted.owner, emitted.owner_seq);
            (slot.ref_seq_no, slot.tag) = (emitted.ref_seq_no, tag);
            slot.event = *emitted.event;
        });
    }
}
