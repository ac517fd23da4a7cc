//! Planted bugs. Each is a few lines behind `#[cfg(ringpit_canary)]` at the place where somebody
//! could make the mistake; the simulator must catch it, or it would not catch the mistake either.
//!
//! No build has them but one that is asked for with `RUSTFLAGS="--cfg ringpit_canary"`, which
//! `cargo xtask simulate --canaries` does in a target folder of its own: without that flag this
//! crate is not even a dependency of the others. Nothing sings before it was chosen.

use std::sync::atomic::{AtomicUsize, Ordering};

macro_rules! canaries {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal $seeds:literal)+) => {
        /// A planted bug.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Canary { $($(#[doc = $doc])+ $name),+ }

        impl Canary {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// What is wrong.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }

            /// Within how many seeds of 5,000 steps it must be caught.
            #[must_use]
            pub const fn seeds_max(self) -> u64 {
                match self { $(Self::$name => $seeds),+ }
            }
        }
    };
}

canaries! {
    /// answers leave before their step is durable
    AckBeforeDurable "ack_before_durable" 20
    /// the segment is not flushed before its records count as durable
    SkipSegmentFlush "skip_segment_flush" 20
    /// a new segment's name is not flushed
    SkipDirectoryFlush "skip_directory_flush" 200
    /// a flush that failed is taken for one that succeeded
    IgnoreFailedFlush "ignore_failed_flush" 100
    /// what was recovered is not rewritten before it counts as durable
    TailNotRewritten "tail_not_rewritten" 100
    /// a client's number that was executed is executed again
    AcceptDuplicate "accept_duplicate" 50
    /// a retransmission begins one event late
    WrongRetransmit "wrong_retransmit" 50
    /// a login that was accepted may be used again
    CapturedLogin "captured_login" 50
    /// a jump of the wall clock is followed
    ClockStepApplied "clock_step_applied" 50
    /// a deadline fires without an input that says so
    TickNotJournaled "tick_not_journaled" 20
    /// what an account bought counts less after a hold has expired
    LimitForgotten "limit_forgotten" 100
    /// units that come back are not handed to who waits
    WaitlistLost "waitlist_lost" 100
    /// the money of an order stays bound when it is cancelled
    HoldKept "hold_kept" 100
}

/// One more than the chosen one's place; 0 none.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

/// This one sings from now on, in this process; or none.
pub fn choose(canary: Option<Canary>) {
    CHOSEN.store(canary.map_or(0, |canary| canary as usize + 1), Ordering::SeqCst);
}

/// Whether this one was chosen.
#[must_use]
pub fn sings(canary: Canary) -> bool {
    CHOSEN.load(Ordering::Relaxed) == canary as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_sings_before_it_was_chosen_and_only_that_one_then() {
        assert!(Canary::ALL.iter().all(|canary| !sings(*canary)));
        choose(Some(Canary::HoldKept));
        let singing: Vec<_> = Canary::ALL.iter().filter(|canary| sings(**canary)).collect();
        assert_eq!(singing, [&Canary::HoldKept]);
        choose(None);
        assert!(!sings(Canary::HoldKept));
    }
}
