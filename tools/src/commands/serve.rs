//! `ringpit serve`: the server, until a signal ends it.

use crate::failure::Failure;
use clap::ValueEnum;
use ringpit_journal::{Durability, Options};
use ringpit_sequencer::{Pin, Wait};
use ringpit_server::sessions_file::{SessionEntry, load};
use ringpit_server::tls::{self, TlsError};
use ringpit_server::{Config, Handle, Remote, Report, Server, ServerError, dev};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const EXAMPLE: &str = "\
Example, in an empty directory:
  ringpit serve --data venue --dev
  ringpit send orders.jsonl --to 127.0.0.1:7401 --session 7 --key venue/sessions.toml

The first makes the store and the file venue/sessions.toml with one session a role (7 is the
operator). SIGTERM or Ctrl-C ends the server cleanly, SIGHUP makes it read the session file again.
docs/operations.md says more.";

/// Serve sessions over TCP from a store.
///
/// Makes the store at the first start, else recovers it. Prints what it recovered, where it
/// listens and in which mode; then serves until SIGTERM. Exit code 3 with the reason when the
/// line fails: what was not acknowledged by then never will be.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Directory of the store.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7401")]
    listen: SocketAddr,
    /// Session file; DIR/sessions.toml when not given. It must not be readable by others.
    #[arg(long, value_name = "FILE")]
    sessions: Option<PathBuf>,
    /// Write a session file with one session a role, if there is none.
    #[arg(long)]
    dev: bool,
    /// When answers leave: `sync`, when their input survives a power cut; `async`, at once.
    #[arg(long, value_enum, default_value_t = DurabilityArg::Sync)]
    durability: DurabilityArg,
    /// CPU of sequencer and flusher: a number, `auto` (the disk's interrupt's) or `none`.
    #[arg(long, value_name = "CPU", default_value = "auto", value_parser = pin)]
    pin: Pin,
    /// Never sleep: for machines that give each thread a CPU of its own.
    #[arg(long)]
    spin: bool,
    /// Directory of the mapped tail; /dev/shm when not given.
    #[arg(long, value_name = "DIR")]
    tail: Option<PathBuf>,
    /// Length of segments made from now on.
    #[arg(long, value_name = "N")]
    segment_bytes: Option<u64>,
    /// Length of the tail's ring.
    #[arg(long, value_name = "N")]
    tail_bytes: Option<u64>,
    /// Speak TLS 1.3: certificate chain and private key, both PEM; SIGHUP reads them again.
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Vec<PathBuf>,
    /// Serve plain TCP on a public address all the same.
    #[arg(long)]
    insecure: bool,
    /// Seconds the wall clock may jump ahead and be followed.
    #[arg(long, value_name = "S", default_value_t = 5)]
    max_clock_step: u32,
    /// After damage: go on without what came after this sequence number.
    #[arg(long, value_name = "SEQ")]
    accept_loss_after: Option<u64>,
    /// Failed logins in a minute that close an address to a session for a minute; 0: never.
    #[arg(long, value_name = "N", default_value_t = ringpit_server::limits::LOGIN_FAILURES_DEFAULT)]
    login_failures: u32,
}

/// Prints a line. That nobody reads it is no reason to stop serving.
macro_rules! say {
    ($($text:tt)*) => {{ let _ = writeln!(std::io::stdout(), $($text)*); }};
}

#[derive(Clone, Copy, ValueEnum)]
enum DurabilityArg {
    Sync,
    Async,
}

fn pin(text: &str) -> Result<Pin, String> {
    match text {
        "auto" => Ok(Pin::Auto),
        "none" => Ok(Pin::None),
        number => number
            .parse()
            .map(Pin::Cpu)
            .map_err(|_| "must be the number of a CPU, `auto` or `none`".to_owned()),
    }
}

impl Args {
    fn sessions_path(&self) -> PathBuf {
        self.sessions.clone().unwrap_or_else(|| self.data.join("sessions.toml"))
    }

    fn config(&self, sessions: Vec<SessionEntry>) -> Config {
        let mut journal = Options {
            tail_dir: self.tail.clone(),
            durability: match self.durability {
                DurabilityArg::Sync => Durability::Sync,
                DurabilityArg::Async => Durability::Async,
            },
            accept_loss_after: self.accept_loss_after,
            ..Options::default()
        };
        journal.segment_bytes = self.segment_bytes.unwrap_or(journal.segment_bytes);
        journal.tail_bytes = self.tail_bytes.unwrap_or(journal.tail_bytes);
        let mut config = Config::local(&self.data, sessions);
        config.listen = self.listen;
        config.insecure = self.insecure;
        config.journal = journal;
        config.sequencer.pin = self.pin;
        if self.spin {
            config.sequencer.wait = Wait::Spin;
            config.spin = true;
        }
        config.sequencer.max_clock_step_ns = u64::from(self.max_clock_step) * 1_000_000_000;
        config.login_failures = self.login_failures;
        config
    }
}

/// Serves until a signal.
///
/// # Errors
/// Why it did not start, or why it ended.
pub fn run(args: &Args) -> Result<(), Failure> {
    log_to_stderr();
    let path = args.sessions_path();
    if args.dev {
        make_dev_sessions(args, &path)?;
    }
    let sessions = load(&path).map_err(|error| match failure(&error.into()) {
        Failure::Input(text) if !path.exists() => {
            Failure::Input(format!("{text}; --dev writes one for trying things out"))
        }
        other => other,
    })?;
    for entry in sessions.iter().filter(|_| args.dev) {
        say!("session {}: {}", entry.config.session, entry.config.role.word());
    }
    let signals_failed = |error| Failure::Environment(format!("signals: {error}"));
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(signals_failed)?;
    // A file beyond the process's limit is then a failed write with a reason, not a silent death.
    let file_too_large = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGXFSZ, file_too_large).map_err(signals_failed)?;
    let mut told = Instant::now();
    let mut config = args.config(sessions);
    config.tls = certificate(&args.tls).map_err(|error| failure(&error.into()))?;
    let started = Server::start_with(config, &mut |_, progress| {
        if signals.pending().any(|signal| signal != SIGHUP) {
            // Nobody is served yet, and a start may be cut off anywhere.
            say!("stopped while replaying {}", progress.file);
            std::process::exit(0);
        }
        if told.elapsed() > Duration::from_secs(1) {
            told = Instant::now();
            eprintln!("replaying {}: {} records", progress.file, progress.records);
        }
    });
    let server = started.map_err(|error| failure(&error))?;
    introduce(args, &server);
    let remote = server.remote();
    let signal_handle = signals.handle();
    let files = Files { sessions: path, tls: args.tls.clone() };
    let listener = std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || obey(&mut signals, &remote, &files))
        .map_err(|error| Failure::Environment(format!("a thread: {error}")))?;
    let ended = server.wait();
    signal_handle.close();
    // Its panic, if any, is printed; the server's end is what counts.
    let _ = listener.join();
    let engine = ended.map_err(|error| failure(&error))?;
    say!("stopped cleanly after sequence number {}", engine.seq());
    Ok(())
}

fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Whoever runs this in a process that logs already keeps that.
    let _ = logger.try_init();
}

fn make_dev_sessions(args: &Args, path: &std::path::Path) -> Result<(), Failure> {
    let told = |error: std::io::Error| Failure::Environment(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(&args.data).map_err(told)?;
    if dev::write_sessions(path).map_err(told)? {
        say!("wrote {}", path.display());
    }
    Ok(())
}

/// Certificate and key by their paths; none, plain TCP.
fn certificate(paths: &[PathBuf]) -> Result<Option<Arc<tls::TlsConfig>>, TlsError> {
    match paths {
        [certificate, key] => tls::load(certificate, key).map(Some),
        _ => Ok(None),
    }
}

/// What SIGHUP reads again.
struct Files {
    sessions: PathBuf,
    tls: Vec<PathBuf>,
}

fn obey(signals: &mut Signals, remote: &Remote, files: &Files) {
    for signal in signals.forever() {
        if signal != SIGHUP {
            remote.stop();
            continue;
        }
        match load(&files.sessions) {
            Ok(sessions) => remote.reload(sessions),
            Err(error) => eprintln!("{error}; the sessions stay as they were"),
        }
        match certificate(&files.tls) {
            Ok(Some(tls)) => remote.renew(tls),
            Ok(None) => (),
            Err(error) => eprintln!("{error}; the certificate stays as it was"),
        }
    }
}

fn introduce(args: &Args, server: &Handle) {
    let Report { journal, checkpoints, took, placement } = server.report();
    let took_ms = took.as_secs_f64() * 1_000.0;
    if journal.is_new {
        say!("made a store in {}", args.data.display());
    } else {
        say!(
            "recovered {} records up to sequence number {} in {took_ms:.0} ms \
             ({} from the tail, {checkpoints} checkpoints confirmed)",
            journal.records,
            journal.last_seq,
            journal.tail_records
        );
    }
    if let Some(cut) = &journal.cut {
        say!("{cut}");
    }
    if let Some(damage) = &journal.accepted_loss {
        say!("accepted: {damage}");
    }
    for warning in &journal.warnings {
        say!("warning: {warning}");
    }
    let mode = match args.durability {
        DurabilityArg::Sync => "sync: answers leave when their input survives a power cut",
        DurabilityArg::Async => {
            "async: answers leave at once; a power cut can lose the last moments"
        }
    };
    say!("durability {mode}");
    say!("sequencer {placement}");
    if let [certificate, _] = args.tls.as_slice() {
        say!("TLS 1.3 with {}", certificate.display());
    }
    say!("listening on {}", server.address());
}

fn failure(error: &ServerError) -> Failure {
    if error.is_usage() {
        Failure::Input(error.to_string())
    } else {
        Failure::Environment(error.to_string())
    }
}
