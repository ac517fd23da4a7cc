//! `ringpit send`: a scenario file through the wire, as a client.

use crate::failure::Failure;
use crate::input::Lines;
use crate::output::Output;
use crate::session_key::{self, SessionKey};
use ringpit_client::{Arrived, Client, ClientError, Delivery, Error, Login, Refusal, Tls, Topic};
use ringpit_core::command::QueryCounter;
use ringpit_core::{Command, CommandKind, CounterId};
use ringpit_vocab::{Scenario, write_event};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// Commands that wait for their answer at once: enough to keep the server busy over any distance,
/// and below the in-flight limit of any session.
const WINDOW: usize = 256;

/// How long one turn waits when nothing arrives.
const TURN: Duration = Duration::from_secs(1);

const EXAMPLE: &str = "\
Example:
  ringpit serve --data venue --dev &
  ringpit send book.jsonl --to 127.0.0.1:7401 --key venue/sessions.toml

The event lines are those of `ringpit run`, but for `seq` and `at`: the server numbers and stamps
what it gets, so the `at` of the file's lines only must not fall and is not sent. What others do on
the same server is printed, too, where everybody can see it (trade, quote, level, ...).
When the connection is lost, send connects again, sends what was not answered and fetches the
reports it missed; market data of that time is lost, and a word on standard error says so.";

/// Send a scenario file through the wire and print its events.
///
/// A session of role operator may send everything and act for any account. A message that the
/// server refused before it reached the engine is printed as an event `business_reject` with the
/// file's line. Gives up after 30 seconds without a server (exit code 3).
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Scenario file, `-` for standard input.
    file: String,
    /// The server, host:port.
    #[arg(long, value_name = "ADDR")]
    to: String,
    /// Session id; the key file's first operator unless told.
    #[arg(long, value_name = "ID")]
    session: Option<u64>,
    /// The server's session file, or a file that holds the secret's hexadecimal digits alone.
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// Speak TLS 1.3 with a server that shows one of these certificates (PEM), or one of theirs.
    #[arg(long, value_name = "FILE")]
    tls: Option<PathBuf>,
    /// The name or address that the certificate is for; that of --to unless told.
    #[arg(long, value_name = "NAME", requires = "tls")]
    tls_name: Option<String>,
}

/// Sends a scenario file.
///
/// # Errors
/// How it ended, when not well; the events of answered lines are written out.
pub fn run(args: &Args) -> Result<(), Failure> {
    let address = resolve(&args.to)?;
    let key = session_key::find(args.key.as_deref(), args.session)?;
    let mut lines = Lines::open(&args.file)?;
    let mut sender = Sender::new(address, key, &args.file)?;
    if let Some(tls) = tls(args)? {
        sender.client = sender.client.over_tls(tls);
    }
    let ended = sender.subscribe().and_then(|()| sender.send_all(&mut lines));
    // What is under way is answered even when a later line can't be read.
    let settled = match &ended {
        Ok(()) | Err(Failure::Input(_)) => sender.barrier(),
        Err(_) => Ok(()),
    };
    sender.printer.output.write_out()?;
    ended.and(settled)?;
    sender.close()
}

fn resolve(to: &str) -> Result<SocketAddr, Failure> {
    let mut found =
        to.to_socket_addrs().map_err(|error| Failure::Input(format!("--to {to}: {error}")))?;
    found.next().ok_or_else(|| Failure::Input(format!("--to {to}: no such host")))
}

fn tls(args: &Args) -> Result<Option<Tls>, Failure> {
    let Some(path) = &args.tls else { return Ok(None) };
    let told = |error: &dyn std::fmt::Display| Failure::Input(format!("--tls: {error}"));
    let pem = std::fs::read(path)
        .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    let host = args.to.rsplit_once(':').map_or(args.to.as_str(), |(host, _)| host);
    let name = args.tls_name.as_deref().unwrap_or(host.trim_matches(['[', ']']));
    Tls::new(&pem, name).map(Some).map_err(|error| told(&error))
}

struct Sender {
    client: Client,
    printer: Printer,
}

impl Sender {
    fn new(address: SocketAddr, key: SessionKey, file: &str) -> Result<Self, Failure> {
        let login = Login::new(key.session, key.secret);
        let client = Client::new(address, login).map_err(|error| failed(&error.into()))?;
        Ok(Self { client, printer: Printer::new(file) })
    }

    fn subscribe(&mut self) -> Result<(), Failure> {
        let (_, query_id) = self.client.subscribe(Topic::All).map_err(|error| failed(&error))?;
        self.printer.subscription = query_id;
        self.barrier()
    }

    fn send_all(&mut self, lines: &mut Lines) -> Result<(), Failure> {
        let mut scenario = Scenario::new();
        loop {
            if lines.may_wait() {
                self.settle()?;
                self.printer.output.write_out()?;
            }
            let Some(text) = lines.next_line()? else { return Ok(()) };
            match scenario.read(text) {
                Ok(Some(line)) => self.take(&line.command, lines)?,
                Ok(None) => {}
                Err(error) => return Err(lines.fault(&error.to_string())),
            }
        }
    }

    fn take(&mut self, command: &Command, lines: &Lines) -> Result<(), Failure> {
        let kind = command.kind();
        if command.is_query() {
            // Alone on the way, so that its answer stands at its place even when the connection is
            // lost and the query must be asked again.
            self.settle()?;
            let (number, _) =
                self.client.query(command).map_err(|error| not_taken(&error, lines))?;
            self.printer.sent.insert(number, (lines.number(), kind));
            return self.settle();
        }
        while self.client.session().in_flight() >= WINDOW {
            self.turn(TURN)?;
        }
        let number = self.client.send(command).map_err(|error| not_taken(&error, lines))?;
        self.printer.sent.insert(number, (lines.number(), kind));
        if self.client.session().in_flight().is_multiple_of(WINDOW / 4) {
            self.turn(Duration::ZERO)?;
        }
        Ok(())
    }

    /// Waits until everything is answered.
    fn settle(&mut self) -> Result<(), Failure> {
        while self.client.session().in_flight() > 0 || self.client.session().is_catching_up() {
            self.turn(TURN)?;
        }
        Ok(())
    }

    /// Waits until everything that was sent is answered and all it caused has arrived: the answer
    /// to a query stands behind it.
    fn barrier(&mut self) -> Result<(), Failure> {
        self.settle()?;
        let query = QueryCounter { counter: CounterId(0) }.into();
        let (_, query_id) = self.client.query(&query).map_err(|error| failed(&error))?;
        self.printer.barrier = query_id;
        self.settle()
    }

    fn turn(&mut self, wait: Duration) -> Result<(), Failure> {
        let Self { client, printer } = self;
        client.turn(wait, |delivery| printer.take(&delivery)).map_err(|error| failed(&error))?;
        printer.output.write_out_if_large()
    }

    fn close(mut self) -> Result<(), Failure> {
        self.client.close(|_| {}).map_err(|error| failed(&error))
    }
}

/// A message that was not taken is its line's fault; a session that has ended is not.
fn not_taken(error: &ClientError, lines: &Lines) -> Failure {
    match error {
        ClientError::Send(error) => lines.fault(&format!("line: {error}")),
        _ => failed(error),
    }
}

fn failed(error: &ClientError) -> Failure {
    match error {
        ClientError::Session(Error::Refused { .. } | Error::Config { .. }) => {
            Failure::Input(error.to_string())
        }
        _ => Failure::Environment(error.to_string()),
    }
}

/// What the deliveries become on standard output and standard error.
struct Printer {
    file: String,
    output: Output,
    /// Line and kind of what was sent, by number, until an event answers it.
    sent: BTreeMap<u64, (u64, CommandKind)>,
    /// The answers of the query under way.
    answers: Vec<u8>,
    /// The subscription's id: what carries it is a snapshot and not printed.
    subscription: u64,
    /// The id of the query that only waits for what is before it.
    barrier: u64,
}

impl Printer {
    fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            output: Output::default(),
            sent: BTreeMap::new(),
            answers: Vec::new(),
            subscription: 0,
            barrier: 0,
        }
    }

    fn take(&mut self, delivery: &Delivery<'_>) {
        match *delivery {
            Delivery::Event(arrived) => self.event(&arrived),
            Delivery::QueryEnd { number, .. } => {
                self.sent.remove(&number);
                self.output.buffer.append(&mut self.answers);
            }
            Delivery::Refused(refusal) => self.refused(&refusal),
            Delivery::Disconnected => {
                self.answers.clear();
                eprintln!(
                    "ringpit: connection lost; trade, quote and level lines are lost with it"
                );
            }
            Delivery::Renumbered { from, to } => {
                if let Some(sent) = self.sent.remove(&from) {
                    self.sent.insert(to, sent);
                }
            }
            Delivery::Passed { number } => {
                if let Some((line, kind)) = self.sent.remove(&number) {
                    let (file, word) = (&self.file, kind.word());
                    eprintln!(
                        "{file}:{line}: {word}: refused; the reason was lost with a connection"
                    );
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, arrived: &Arrived<'_>) {
        let out = match arrived.query_id {
            0 => &mut self.output.buffer,
            id if id == self.subscription || id == self.barrier => return,
            _ => &mut self.answers,
        };
        write_event(arrived.seq, arrived.at, arrived.event, out);
        out.push(b'\n');
        if let Some(number) = arrived.ref_seq_no.filter(|_| arrived.number != 0) {
            self.sent.remove(&number);
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        let Some((line, kind)) = self.sent.remove(&refusal.number) else { return };
        let (word, reason, field) = (kind.word(), refusal.reason.word(), refusal.field_id);
        // Writing to memory does not fail.
        let _ = writeln!(
            self.output.buffer,
            r#"{{"event":"business_reject","line":{line},"do":"{word}","reason":"{reason}","field_id":{field}}}"#,
        );
    }
}
