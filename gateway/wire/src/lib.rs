//! SBE messages and FIXP frames, in place.
