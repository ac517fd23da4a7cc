//! A client that reconnects, resends and fills gaps.
