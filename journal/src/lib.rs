//! The durable line: segments, memory-mapped tail, flusher, recovery.
