//! Measures Ringpit and its peers in one interleaved run.
