//! Many commands through one session, as fast as it takes them.

use ringpit_client::{Client, ClientError, Delivery};
use ringpit_core::{Command, Event, Reason};
use std::collections::HashMap;
use std::time::Duration;

/// Commands that wait for their answer at once: enough to keep the server busy, too few to fill
/// its ring.
const WINDOW: usize = 1_000;

/// Sends each command, hands over each event, and waits until all are answered; gives what was
/// refused. What the server is too busy for is sent again.
///
/// # Errors
/// When the session ends before.
pub fn each(
    client: &mut Client,
    commands: impl Iterator<Item = Command>,
    mut on_event: impl FnMut(&Event),
) -> Result<Vec<String>, ClientError> {
    let (mut commands, mut refused, mut again) = (commands.peekable(), Vec::new(), Vec::new());
    let mut waiting: HashMap<u64, Command> = HashMap::new();
    loop {
        while waiting.len() < WINDOW
            && let Some(command) = again.pop().or_else(|| commands.next())
        {
            let number = match command.is_query() {
                true => client.query(&command)?.0,
                false => client.send(&command)?,
            };
            waiting.insert(number, command);
        }
        if waiting.is_empty() {
            return Ok(refused);
        }
        client.turn(Duration::from_secs(1), |delivery| match delivery {
            Delivery::Event(arrived) => {
                if let Some(number) = arrived.ref_seq_no.filter(|_| arrived.query_id == 0) {
                    waiting.remove(&number);
                }
                if matches!(arrived.event, Event::Rejected(_)) {
                    refused.push(format!("{:?}", arrived.event));
                }
                on_event(arrived.event);
            }
            Delivery::QueryEnd { number, .. } => {
                waiting.remove(&number);
            }
            Delivery::Refused(refusal) => match waiting.remove(&refusal.number) {
                Some(command) if refusal.reason == Reason::Busy => again.push(command),
                _ => refused.push(format!("{refusal:?}")),
            },
            Delivery::Renumbered { from, to } => {
                if let Some(command) = waiting.remove(&from) {
                    waiting.insert(to, command);
                }
            }
            _ => {}
        })?;
    }
}
