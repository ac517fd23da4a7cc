//! TCP sessions, throttles and outboxes in front of the sequencer.
