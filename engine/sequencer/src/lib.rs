//! The one line: rings, stamps, journal, engine.
