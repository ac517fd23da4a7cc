//! Reads the durable part of the line while the server runs: for retransmission, snapshots and
//! followers.
//!
//! It never sees what is not durable yet, and never disturbs the appender or the flusher: segments
//! are mapped, and records at or below the durable number no longer change.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::{Damage, IoError, OpenError};
use crate::fault::Fault;
use crate::format::{self, HEADER_BYTES, Kind, Slot, StoreId};
use crate::raw::SegmentMap;
use crate::record::{Place, Record};
use crate::shared::Shared;
use crate::storage::Storage;

/// See the module. Cheap to clone; each clone keeps one segment mapped.
pub struct Reader {
    storage: Arc<dyn Storage>,
    shared: Arc<Shared>,
    store_id: StoreId,
    mapped: Option<(String, SegmentMap)>,
}

/// Numbers asked for.
#[derive(Clone, Copy)]
struct Wanted {
    from_seq: u64,
    until_seq: u64,
}

/// Where to start in a segment, and the last number it can hold.
struct Start {
    name: String,
    seq: u64,
    offset: u64,
    last_seq: u64,
    /// Where its records end; `None` while it is the last one.
    records_end: Option<u64>,
}

impl Clone for Reader {
    fn clone(&self) -> Self {
        Self::new(self.storage.clone(), self.shared.clone(), self.store_id)
    }
}

impl Reader {
    pub(crate) fn new(storage: Arc<dyn Storage>, shared: Arc<Shared>, store_id: StoreId) -> Self {
        Self { storage, shared, store_id, mapped: None }
    }

    /// Highest number that can be read now.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.shared.durable()
    }

    /// Hands over inputs and checkpoints from number `from_seq` on, in order, up to `until_seq` or
    /// the durable number, whichever is lower, until `on_record` breaks. Returns the number of the
    /// last input handed over, or `from_seq - 1` if there was none. Each record's checksum and
    /// number are checked again. A checkpoint is handed over together with the input after it.
    pub fn read(
        &mut self,
        from_seq: u64,
        until_seq: u64,
        on_record: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Result<u64, OpenError> {
        let from_seq = from_seq.max(1);
        let until_seq = until_seq.min(self.durable());
        let mut next = from_seq;
        while next <= until_seq {
            let start = self.find(next);
            let before = next;
            let wanted = Wanted { from_seq, until_seq };
            if self.segment(&start, wanted, &mut next, on_record)?.is_break() {
                break;
            }
            assert!(next > before, "{} holds the number it was chosen for", start.name);
        }
        Ok(next - 1)
    }

    /// The segment that holds `seq`, and a place in it at or before `seq`.
    fn find(&self, seq: u64) -> Start {
        let segments = self.shared.segments();
        let at = segments.partition_point(|entry| entry.first_seq <= seq);
        assert!(at > 0, "some segment holds every durable number");
        let entry = &segments[at - 1];
        let place = entry.places.partition_point(|(first, _)| *first <= seq);
        let (seq, offset) = match place.checked_sub(1) {
            Some(place) => entry.places[place],
            None => (entry.first_seq, HEADER_BYTES as u64),
        };
        let last_seq = segments.get(at).map_or(u64::MAX, |next| next.first_seq - 1);
        let (name, records_end) = (entry.name.clone(), entry.records_end);
        Start { name, seq, offset, last_seq, records_end }
    }

    /// Reads on in one segment; `next` is the number of the next input to hand over.
    fn segment(
        &mut self,
        start: &Start,
        wanted: Wanted,
        next: &mut u64,
        on_record: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, OpenError> {
        let seed = self.store_id.seed();
        let name = &start.name;
        let map = self.map(name)?;
        let (mut offset, mut expected) = (start.offset, start.seq);
        // Behind the last input of a segment a checkpoint may stand, which goes with the input
        // after it, wherever that is.
        let goes_on = wanted.until_seq > start.last_seq;
        let end = start.records_end.filter(|_| goes_on).unwrap_or(0);
        while expected <= start.last_seq.min(wanted.until_seq) || offset < end {
            let damage = |fault| -> OpenError {
                let (file, seq, intact_before) = (name.clone(), expected, expected - 1);
                let (intact_after, durable_seq) = (None, wanted.until_seq);
                Damage { file, offset, seq, fault, intact_before, intact_after, durable_seq }.into()
            };
            // SAFETY: input `expected` is durable and stands here or further on in this segment,
            // or the segment's records, all durable, end further on: a whole record stands here
            // that was flushed; nothing that was flushed is written again while the store is open.
            let bytes = unsafe { map.record(offset as usize) };
            let record = match bytes.map(|bytes| format::parse(bytes, seed)) {
                Some(Slot::Record(record)) => record,
                Some(Slot::Bad(fault)) => return Err(damage(fault)),
                Some(Slot::End) => return Err(damage(Fault::Hole)),
                None => return Err(damage(Fault::ShortFile)),
            };
            if record.kind == Kind::Input {
                if record.seq != expected {
                    let (kind, found) = (record.kind, record.seq);
                    return Err(damage(Fault::Sequence { kind, expected, found }));
                }
                expected += 1;
            }
            if record.kind.is_chained() && record.seq >= wanted.from_seq {
                *next = expected;
                let flow = on_record(&Record::new(&record, Place { file: name, offset }));
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            offset += record.padded_bytes as u64;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn map(&mut self, name: &str) -> Result<&SegmentMap, IoError> {
        let is_mapped = self.mapped.as_ref().is_some_and(|(mapped, _)| mapped == name);
        // A copy (a storage without files) does not grow with the line; look again each time.
        let is_live = self.mapped.as_ref().is_some_and(|(_, map)| map.is_live());
        if !is_mapped || !is_live {
            let map = self
                .storage
                .map(name)
                .map_err(|error| IoError::new("map", self.storage.path().join(name), error))?;
            self.mapped = Some((name.to_owned(), map));
        }
        match &self.mapped {
            Some((_, map)) => Ok(map),
            None => Err(IoError::new("map", name, std::io::Error::other("nothing mapped"))),
        }
    }
}
