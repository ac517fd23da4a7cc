//! Where two accounts of the same inputs part, as people read events.

use crate::events::write_event;
use ringpit_core::Event;

/// The place of the first event that is not the same in both, and how each tells it there; `None`
/// when they are the same. Events stand beside their time, nanoseconds.
#[must_use]
pub fn first_difference(
    one: &[(u64, Event)],
    other: &[(u64, Event)],
) -> Option<(usize, String, String)> {
    if one == other {
        return None;
    }
    let place = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    Some((place, line(one.get(place)), line(other.get(place))))
}

fn line(event: Option<&(u64, Event)>) -> String {
    let Some((at, event)) = event else { return "nothing".into() };
    let mut out = Vec::new();
    write_event(0, *at, event, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
