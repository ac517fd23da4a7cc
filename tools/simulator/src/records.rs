//! What the clients were promised, and what they sent: kept by each client as it happens, and held
//! against the line by the auditor.

use crate::digest::Digest;
use ringpit_core::{Command, Input, SessionId, codec};
use std::collections::{BTreeMap, BTreeSet};

/// A message that was sent, under the number it has now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Which request of the client's it is, under whatever number.
    pub(crate) request: u64,
    /// Of its command.
    pub(crate) digest: u64,
    pub(crate) is_query: bool,
}

/// One version of a session, as its client knows it.
#[derive(Debug, Default)]
pub(crate) struct Era {
    /// 0 until the server has accepted it.
    pub(crate) version: u64,
    /// Digests of the numbered frames handed over, in order.
    pub(crate) delivered: Vec<u64>,
    /// How many of them were held against the line.
    pub(crate) checked: usize,
    /// By number.
    pub(crate) sent: BTreeMap<u64, Sent>,
    /// Numbers that were refused, or that got another number.
    pub(crate) refused: BTreeSet<u64>,
    /// Numbers found in the line.
    pub(crate) executed: BTreeSet<u64>,
}

/// All versions of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Records {
    sessions: BTreeMap<SessionId, Vec<Era>>,
    last_request: u64,
    /// The highest step whose events, or answers given at it, a client has seen.
    pub(crate) promised_seq: u64,
}

/// Of a command, wherever it is.
pub(crate) fn digest(command: &Command) -> u64 {
    let mut bytes = [0; codec::INPUT_BYTES_MAX];
    let input = Input::venue(*command);
    codec::encode(&input, &mut bytes).map_or(0, |len| Digest::of(&bytes[..len]))
}

impl Records {
    /// The client begins anew.
    pub(crate) fn begin(&mut self, session: SessionId) {
        self.sessions.entry(session).or_default().push(Era::default());
    }

    /// The version that its client lives in.
    pub(crate) fn era(&mut self, session: SessionId) -> &mut Era {
        let eras = self.sessions.entry(session).or_default();
        if eras.is_empty() {
            eras.push(Era::default());
        }
        let last = eras.len() - 1;
        &mut eras[last]
    }

    /// A past or present version.
    pub(crate) fn version(&mut self, session: SessionId, version: u64) -> Option<&mut Era> {
        self.sessions.get_mut(&session)?.iter_mut().find(|era| era.version == version)
    }

    /// All of them.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = (SessionId, &mut Era)> {
        self.sessions
            .iter_mut()
            .flat_map(|(session, eras)| eras.iter_mut().map(|era| (*session, era)))
    }

    pub(crate) fn sent(&mut self, session: SessionId, number: u64, command: &Command) {
        self.last_request += 1;
        let (request, digest) = (self.last_request, digest(command));
        let sent = Sent { request, digest, is_query: command.is_query() };
        self.era(session).sent.insert(number, sent);
    }
}

impl Era {
    /// A message got another number.
    pub(crate) fn renumbered(&mut self, from: u64, to: u64) -> Result<(), String> {
        if let Some(sent) = self.sent.get(&from).copied() {
            self.sent.insert(to, sent);
            return self.not_executed(from);
        }
        Ok(())
    }

    /// A message will never be in the line under this number.
    pub(crate) fn not_executed(&mut self, number: u64) -> Result<(), String> {
        if self.executed.contains(&number) {
            return Err(format!("{number} was refused, but it is in the line"));
        }
        self.refused.insert(number);
        Ok(())
    }
}
