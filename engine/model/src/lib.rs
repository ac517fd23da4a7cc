//! A slow, obvious model of the engine's rules to test it against.
