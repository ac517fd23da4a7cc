//! The virtual network: connections that delay, give and take in parts, break with or without a
//! word, and never reorder or invent a byte, as TCP does not.

use crate::faults::{Fault, Faults};
use crate::random::Random;
use crate::time::{MICROSECOND_NS, MS_NS};
use ringpit_server::hub::Sockets;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr};

/// Which connection.
pub(crate) type LinkId = u64;

/// Bytes a direction holds before it takes no more.
const PIPE_BYTES_MAX: usize = 64 << 10;

/// The same for a connection that takes little at once.
const NARROW_BYTES_MAX: usize = 96;

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    /// What is under way, each with the time of its arrival.
    parts: VecDeque<(u64, Vec<u8>)>,
    bytes: usize,
    last_ready_ns: u64,
    /// Nothing more comes; the reader learns it behind the last part.
    is_ended: bool,
    /// What is written gets lost, and nobody is told.
    is_void: bool,
}

/// What a read gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Bytes(Vec<u8>),
    Nothing,
    End,
}

impl Pipe {
    fn write(&mut self, bytes: &[u8], capacity: usize, ready_ns: u64) -> usize {
        if self.is_void {
            return bytes.len();
        }
        let count = bytes.len().min(capacity.saturating_sub(self.bytes));
        if count > 0 {
            self.last_ready_ns = self.last_ready_ns.max(ready_ns);
            self.parts.push_back((self.last_ready_ns, bytes[..count].to_vec()));
            self.bytes += count;
        }
        count
    }

    fn read(&mut self, max: usize, now_ns: u64) -> Read {
        let mut out = Vec::new();
        while let Some((ready_ns, part)) = self.parts.front_mut() {
            if *ready_ns > now_ns || out.len() == max {
                break;
            }
            let count = part.len().min(max - out.len());
            out.extend(part.drain(..count));
            if part.is_empty() {
                self.parts.pop_front();
            }
        }
        self.bytes -= out.len();
        match (out.is_empty(), self.parts.is_empty() && self.is_ended) {
            (false, _) => Read::Bytes(out),
            (true, true) => Read::End,
            (true, false) => Read::Nothing,
        }
    }

    /// Of what is under way only so many bytes arrive.
    fn truncate(&mut self, bytes: usize) {
        let mut left = bytes;
        for (_, part) in &mut self.parts {
            part.truncate(left);
            left -= part.len();
        }
        self.parts.retain(|(_, part)| !part.is_empty());
        self.bytes = bytes.min(self.bytes);
    }
}

#[derive(Debug)]
struct Link {
    to_server: Pipe,
    to_client: Pipe,
    capacity: usize,
    address: u8,
    key: Option<usize>,
    /// The side has closed its end.
    is_client_gone: bool,
    is_server_gone: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Network {
    links: BTreeMap<LinkId, Link>,
    last: LinkId,
    /// Opened, but not accepted yet.
    waiting: VecDeque<LinkId>,
    keys: BTreeMap<usize, LinkId>,
    random: Random,
    now_ns: u64,
    pub(crate) faults: Faults,
    /// Percent of reads and writes that do less than they could.
    partial_percent: u64,
}

impl Network {
    pub(crate) fn new(mut random: Random) -> Self {
        let partial_percent = random.pick(&[0, 5, 20, 50]);
        Self {
            links: BTreeMap::new(),
            last: 0,
            waiting: VecDeque::new(),
            keys: BTreeMap::new(),
            random,
            now_ns: 0,
            faults: Faults::default(),
            partial_percent,
        }
    }

    pub(crate) fn set_now(&mut self, now_ns: u64) {
        self.now_ns = now_ns;
    }

    /// Opens a connection from an address.
    pub(crate) fn connect(&mut self, address: u8) -> LinkId {
        self.last += 1;
        let is_narrow = self.random.chance(4);
        let link = Link {
            to_server: Pipe::default(),
            to_client: Pipe::default(),
            capacity: if is_narrow { NARROW_BYTES_MAX } else { PIPE_BYTES_MAX },
            address,
            key: None,
            is_client_gone: false,
            is_server_gone: false,
        };
        self.links.insert(self.last, link);
        self.waiting.push_back(self.last);
        self.last
    }

    /// The next connection that wants to be accepted, and where it comes from.
    pub(crate) fn next_waiting(&mut self) -> Option<(LinkId, IpAddr)> {
        let id = self.waiting.pop_front()?;
        let address = self.links.get(&id).map_or(0, |link| link.address);
        Some((id, IpAddr::V4(Ipv4Addr::new(10, 0, 0, address))))
    }

    pub(crate) fn accepted(&mut self, id: LinkId, key: usize) {
        if let Some(link) = self.links.get_mut(&id) {
            link.key = Some(key);
            self.keys.insert(key, id);
        }
    }

    /// The server's connections.
    pub(crate) fn server_keys(&self) -> Vec<usize> {
        self.keys.keys().copied().collect()
    }

    fn delay(&mut self) -> u64 {
        let ns = match self.random.below(100) {
            0..=79 => self.random.within(5, 200) * MICROSECOND_NS,
            80..=97 => self.random.within(1, 30) * MS_NS,
            _ => self.random.within(30, 900) * MS_NS,
        };
        self.now_ns + ns
    }

    /// How much of so many bytes moves at once.
    fn part(&mut self, len: usize, fault: Fault) -> usize {
        if len < 2 || !self.random.chance(self.partial_percent) {
            return len;
        }
        self.faults.count(fault);
        1 + self.random.index(len - 1)
    }

    pub(crate) fn client_write(&mut self, id: LinkId, bytes: &[u8]) -> usize {
        let count = self.part(bytes.len(), Fault::PartialWrite);
        let ready_ns = self.delay();
        match self.links.get_mut(&id) {
            Some(link) if link.is_server_gone => bytes.len(),
            Some(link) => link.to_server.write(&bytes[..count], link.capacity, ready_ns),
            None => bytes.len(),
        }
    }

    pub(crate) fn client_read(&mut self, id: LinkId) -> Read {
        let max = self.part(64 << 10, Fault::PartialRead);
        let now_ns = self.now_ns;
        self.links.get_mut(&id).map_or(Read::End, |link| link.to_client.read(max, now_ns))
    }

    pub(crate) fn server_read(&mut self, key: usize) -> Read {
        let max = self.part(64 << 10, Fault::PartialRead);
        let now_ns = self.now_ns;
        let link = self.keys.get(&key).and_then(|id| self.links.get_mut(id));
        link.map_or(Read::End, |link| link.to_server.read(max, now_ns))
    }

    /// The client closes its end; what it wrote still arrives.
    pub(crate) fn client_close(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.is_client_gone = true;
            link.to_server.is_ended = true;
            (link.to_client.is_void, link.to_client.parts) = (true, VecDeque::new());
            link.to_client.bytes = 0;
        }
        self.forget(id);
    }

    /// The client's process is gone, and the server is not told.
    pub(crate) fn client_vanishes(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.is_client_gone = true;
            link.to_client.is_void = true;
            link.to_server.is_void = true;
        }
        self.faults.count(Fault::SilentCut);
    }

    /// Drops what nobody holds any more.
    fn forget(&mut self, id: LinkId) {
        let is_waiting = self.waiting.contains(&id);
        if self.links.get(&id).is_some_and(|link| {
            link.is_client_gone && (link.is_server_gone || (link.key.is_none() && !is_waiting))
        }) {
            self.links.remove(&id);
        }
    }

    /// A connection that both sides hold, if there is one.
    pub(crate) fn any_open(&mut self) -> Option<LinkId> {
        let open: Vec<LinkId> = self
            .links
            .iter()
            .filter(|(_, link)| link.key.is_some() && !link.is_client_gone)
            .map(|(id, _)| *id)
            .collect();
        (!open.is_empty()).then(|| self.random.pick(&open))
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        let is_idle = |link: &Link| link.to_server.bytes + link.to_client.bytes == 0;
        self.links.values().all(|link| link.is_client_gone || is_idle(link))
    }

    /// Whatever is dead is known to be dead.
    pub(crate) fn own_up(&mut self) {
        for link in self.links.values_mut() {
            if link.to_server.is_void || link.to_client.is_void {
                (link.to_server.is_ended, link.to_client.is_ended) = (true, true);
            }
        }
    }

    /// Breaks a connection: a part of what is under way arrives, then both sides are told.
    pub(crate) fn cut(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        self.faults.count(Fault::Cut);
        for pipe in [&mut link.to_server, &mut link.to_client] {
            let keep = self.random.index(pipe.bytes + 1);
            if keep < pipe.bytes && keep > 0 {
                self.faults.count(Fault::HalfFrame);
            }
            pipe.truncate(keep);
            pipe.is_ended = true;
            pipe.is_void = true;
        }
    }

    /// Breaks a connection, and one side is told much later or never.
    pub(crate) fn cut_silently(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        self.faults.count(Fault::SilentCut);
        let ends = self.random.below(3);
        for (side, pipe) in [&mut link.to_server, &mut link.to_client].into_iter().enumerate() {
            pipe.truncate(self.random.index(pipe.bytes + 1));
            pipe.is_void = true;
            pipe.is_ended = ends == side as u64;
        }
    }

    /// The server's process has ended. What it had written still arrives, unless the machine went
    /// with it; then the clients may not even be told.
    pub(crate) fn server_died(&mut self, with_machine: bool) {
        self.keys.clear();
        self.waiting.clear();
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        for id in ids {
            let tells = !with_machine || self.random.chance(50);
            let Some(link) = self.links.get_mut(&id) else { continue };
            (link.is_server_gone, link.key) = (true, None);
            link.to_server.is_void = true;
            if with_machine {
                link.to_client.truncate(self.random.index(link.to_client.bytes + 1));
            }
            link.to_client.is_ended |= tells;
            self.forget(id);
        }
    }

    fn server_link(&mut self, key: usize) -> Option<(LinkId, &mut Link)> {
        let id = *self.keys.get(&key)?;
        Some((id, self.links.get_mut(&id)?))
    }
}

impl Sockets for Network {
    fn write(&mut self, key: usize, bytes: &[u8]) -> io::Result<usize> {
        let count = self.part(bytes.len(), Fault::PartialWrite);
        let ready_ns = self.delay();
        let Some((_, link)) = self.server_link(key) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        if link.to_server.is_ended && link.to_client.is_ended {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        match link.to_client.write(&bytes[..count], link.capacity, ready_ns) {
            0 if count > 0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn shutdown(&mut self, key: usize) {
        if let Some((_, link)) = self.server_link(key) {
            link.to_client.is_ended = true;
        }
    }

    fn close(&mut self, key: usize) {
        if let Some((id, link)) = self.server_link(key) {
            link.to_client.is_ended = true;
            link.to_server.is_void = true;
            link.is_server_gone = true;
            self.keys.remove(&key);
            self.forget(id);
        }
    }
}
