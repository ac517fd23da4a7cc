//! The vocabulary as JSON lines: scenario files in, events out.
