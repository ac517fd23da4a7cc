//! Which rules are in force. What commands mean has a version of its own: a line goes on under the
//! rules it began with until an operator activates later ones, at one place in the line.
//!
//! Version 1 is all that docs/rules.md says. A change of meaning raises [`RULES_NEWEST`], asks
//! `Rules::in_force` where old and new part, and keeps the old branch for ever, since old lines
//! are replayed under it.

use crate::admin::at;
use crate::command::ActivateRules;
use crate::digest::Digest;
use crate::engine::Engine;
use crate::event::Sink;
use crate::reason::Reason;
use crate::step::{Refusal, Step};
use crate::words::{CommandKind, Field};

/// The rules every line begins with.
pub const RULES_FIRST: u32 = 1;

/// The latest rules that this program knows.
#[cfg(not(test))]
pub const RULES_NEWEST: u32 = 1;
/// One more in this crate's own tests, which thereby try what a change of rules will do.
#[cfg(test)]
pub const RULES_NEWEST: u32 = tests::NEWEST;

/// The versions that matter to an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rules {
    /// As the line activated them.
    active: u32,
    /// What a shadow goes by, whatever the line activates.
    held_to: Option<u32>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { active: RULES_FIRST, held_to: None }
    }
}

impl Rules {
    /// The version to go by.
    pub(crate) fn in_force(self) -> u32 {
        self.held_to.unwrap_or(self.active)
    }

    /// Lines that never activated anything hash as they did before there were versions.
    pub(crate) fn hash(self, digest: &mut Digest) {
        if self.active != RULES_FIRST {
            digest.value(&self.active);
        }
    }
}

impl Engine {
    /// The version of the rules it goes by.
    #[must_use]
    pub fn rules(&self) -> u32 {
        self.rules.in_force()
    }

    /// A fresh engine that goes by these rules from its first step on, whatever its line activates;
    /// `None` when this program does not know them. For shadows: its answers are no line's.
    #[must_use]
    pub fn held_to_rules(rules: u32) -> Option<Self> {
        let is_known = (RULES_FIRST..=RULES_NEWEST).contains(&rules);
        is_known.then(|| {
            let mut engine = Self::new();
            engine.rules.held_to = Some(rules);
            engine
        })
    }

    /// Everything from here on goes by later rules.
    pub(crate) fn activate_rules<S: Sink>(
        &mut self,
        cx: &mut Step<'_, S>,
        c: &ActivateRules,
    ) -> Result<(), Refusal> {
        if c.rules <= self.rules.active {
            return Err(at(Reason::BadValue, Field::Rules));
        }
        self.rules.active = c.rules;
        self.accept(cx, CommandKind::ActivateRules, u64::from(c.rules));
        Ok(())
    }
}

#[cfg(test)]
impl Rules {
    /// What version 2 would be: there is none, so these tests make one, in which deposits are
    /// whole hundreds.
    pub(crate) fn refuse_deposit(self, amount: i64) -> bool {
        self.in_force() >= 2 && amount % 100 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Code, Command, CreateAsset, Deposit, Input, OpenAccount};
    use crate::shadow::Shadow;
    use crate::{AccountId, AssetId, Emitted, Event};
    use alloc::vec::Vec;

    pub(super) const NEWEST: u32 = 2;

    fn deposit(amount: i64) -> Command {
        Deposit { account: AccountId(1), asset: AssetId(1), amount, request_id: None }.into()
    }

    fn activate(rules: u32) -> Command {
        ActivateRules { rules }.into()
    }

    fn step(engine: &mut Engine, command: Command) -> Vec<Event> {
        let mut events = Vec::new();
        let mut sink = |emitted: &Emitted<'_>| events.push(*emitted.event);
        engine.apply(engine.seq() + 1, 0, &Input::venue(command), &mut sink);
        events
    }

    fn is_refused(events: &[Event]) -> Option<(Reason, Option<Field>)> {
        match events {
            [Event::Rejected(rejected)] => Some((rejected.reason, rejected.field)),
            _ => None,
        }
    }

    fn setup() -> [Command; 2] {
        let asset = CreateAsset { asset: AssetId(1), code: Code::new("X").unwrap(), decimals: 0 };
        [asset.into(), OpenAccount { account: AccountId(1), group: None }.into()]
    }

    #[test]
    fn later_rules_hold_from_their_activation_on() {
        let mut engine = Engine::new();
        setup().into_iter().for_each(|command| drop(step(&mut engine, command)));
        let bad = |field| Some((Reason::BadValue, Some(field)));
        assert_eq!(is_refused(&step(&mut engine, activate(1))), bad(Field::Rules));
        assert_eq!(is_refused(&step(&mut engine, activate(0))), bad(Field::Rules));
        assert_eq!((engine.rules(), is_refused(&step(&mut engine, deposit(150)))), (1, None));
        let before = engine.contents_hash();
        assert_eq!(is_refused(&step(&mut engine, activate(2))), None);
        assert_ne!(engine.contents_hash(), before, "the state says which rules are in force");
        assert_eq!(engine.rules(), 2);
        assert_eq!(is_refused(&step(&mut engine, deposit(150))), bad(Field::Amount));
        assert_eq!(is_refused(&step(&mut engine, deposit(200))), None);
        assert_eq!(is_refused(&step(&mut engine, activate(2))), bad(Field::Rules));
    }

    #[test]
    fn unknown_rules_are_refused_before_the_line() {
        let engine = Engine::new();
        let input = Input::venue(activate(NEWEST + 1));
        assert!(input.command.is_beyond_rules() && !activate(NEWEST).is_beyond_rules());
        let mut events = Vec::new();
        engine.query(0, &input, &mut |emitted: &Emitted<'_>| events.push(*emitted.event));
        assert_eq!(is_refused(&events), Some((Reason::UnknownRules, Some(Field::Rules))));
    }

    /// The first step at which rules 1 and 2 part is named; where a line has activated 2 itself,
    /// they are the same from there on.
    #[test]
    fn a_shadow_names_the_first_difference() {
        let lines: [(&[Command], Option<u64>); 3] = [
            (&[deposit(100), deposit(300)], None),
            (&[deposit(100), deposit(150), deposit(70)], Some(4)),
            (&[deposit(100), activate(2), deposit(150), deposit(100)], None),
        ];
        for (commands, first) in lines {
            let mut own = Engine::new();
            let mut shadow = Shadow::held_to(2).unwrap();
            for command in setup().iter().chain(commands) {
                step(&mut own, *command);
                shadow.follow(&own, &Input::venue(*command), &mut |_: &Emitted<'_>| {});
            }
            assert_eq!(shadow.first_difference(), first, "{commands:?}");
            assert_eq!(shadow.is_same(&own), first.is_none());
        }
        assert!(Shadow::held_to(0).is_none() && Shadow::held_to(NEWEST + 1).is_none());
    }

    #[test]
    fn the_rules_a_line_began_with_are_their_own_shadow() {
        let mut own = Engine::new();
        let mut shadow = Shadow::held_to(1).unwrap();
        for command in setup().into_iter().chain([deposit(150), activate(2), deposit(150)]) {
            step(&mut own, command);
            shadow.follow(&own, &Input::venue(command), &mut |_: &Emitted<'_>| {});
        }
        assert_eq!(shadow.first_difference(), Some(5), "the line went on to 2, the shadow did not");
    }
}
