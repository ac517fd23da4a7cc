//! A line that goes on under rules of a newer program is refused by number and version, and not
//! replayed by what this program takes them to be.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{config, offer_patiently, start_in_memory, wait_until};
use ringpit_core::codec::{INPUT_BYTES_MAX, encode};
use ringpit_core::command::ActivateRules;
use ringpit_core::rules::RULES_NEWEST;
use ringpit_core::{Emitted, Event, Input, Reason};
use ringpit_sequencer::{Entry, OutputKind, RecordKind, Replay, ReplayError, SystemClock};

fn take(replay: &mut Replay, seq: u64, rules: u32) -> Result<(), ReplayError> {
    let mut bytes = [0; INPUT_BYTES_MAX];
    let len = encode(&Input::venue(ActivateRules { rules }), &mut bytes).unwrap();
    let entry = Entry { kind: RecordKind::Input, seq, at: 7, payload: &bytes[..len] };
    replay.take(&entry, &mut |_: &Emitted<'_>| {})
}

#[test]
fn unknown_rules_end_the_replay_by_name() {
    let mut replay = Replay::new();
    assert_eq!(take(&mut replay, 1, RULES_NEWEST), Ok(()));
    let rules = RULES_NEWEST + 1;
    let error = take(&mut replay, 2, rules).unwrap_err();
    assert_eq!(error, ReplayError::UnknownRules { seq: 2, rules });
    let text = error.to_string();
    assert!(text.starts_with(&format!("record 2 activates rules {rules}, and this")), "{text}");
    assert_eq!((replay.engine().seq(), replay.engine().rules()), (1, RULES_NEWEST));
}

#[test]
fn unknown_rules_are_answered_and_not_journaled() {
    let (mut started, control) = start_in_memory(&config(), SystemClock, 100);
    let input = Input::venue(ActivateRules { rules: RULES_NEWEST + 1 });
    offer_patiently(&mut started.input, 9, &input);
    let (mut reasons, mut is_over) = (Vec::new(), false);
    wait_until(|| {
        started.output.poll(64, |slot| {
            if let Some(Event::Rejected(rejected)) = slot.event() {
                reasons.push(rejected.reason);
            }
            is_over |= matches!(slot.kind, OutputKind::EndOfQuery { count: 1 });
        });
        is_over
    });
    assert_eq!(reasons, [Reason::UnknownRules]);
    started.running.stop().unwrap();
    assert!(control.records().iter().all(|record| record.kind != RecordKind::Input));
}
