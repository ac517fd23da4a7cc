//! Starts and stops a server: listener, recovery, line, gateway thread.
//!
//! It listens before the journal is replayed, so that a client learns that the server is there and
//! how far it is; sessions are served only when the line runs.

use crate::error::ServerError;
use crate::gateway::{Gateway, LISTENER, Live, Order, WAKER, now};
use crate::histories::Histories;
use crate::hub::Hub;
use crate::limits::LOGIN_FAILURES_DEFAULT;
use crate::listener;
use crate::sessions_file::SessionEntry;
use crate::sockets::SocketTable;
use crate::wake::Wake;
use mio::{Interest, Poll};
use ringpit_core::Engine;
use ringpit_journal::{Options, Progress};
use ringpit_sequencer::{Placement, Replayer, SystemClock, Watermark, recover, start};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the store is, or shall be.
    pub data: PathBuf,
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whether plain TCP may be served on a public address.
    pub insecure: bool,
    /// Certificate and key; plain TCP without.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Who may connect.
    pub sessions: Vec<SessionEntry>,
    /// How the journal is kept.
    pub journal: Options,
    /// How the line runs.
    pub sequencer: ringpit_sequencer::Config,
    /// Failed logins in a minute that close an address to a session; 0: never.
    pub login_failures: u32,
    /// Whether the gateway never sleeps.
    pub spin: bool,
}

impl Config {
    /// A durable server on a free port of the loopback address.
    #[must_use]
    pub fn local(data: &Path, sessions: Vec<SessionEntry>) -> Self {
        Self {
            data: data.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            insecure: false,
            tls: None,
            sessions,
            journal: Options::default(),
            sequencer: ringpit_sequencer::Config::default(),
            login_failures: LOGIN_FAILURES_DEFAULT,
            spin: false,
        }
    }
}

/// What a start found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the journal held.
    pub journal: ringpit_journal::Recovered,
    /// Checkpoints that the replay confirmed.
    pub checkpoints: u64,
    /// How long recovery and replay took.
    pub took: Duration,
    /// Where sequencer and flusher run.
    pub placement: Placement,
}

/// Starts servers.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// A running server. Dropping it leaves the server running; see [`Handle::stop`].
#[derive(Debug)]
pub struct Handle {
    address: SocketAddr,
    report: Report,
    watermark: Watermark,
    remote: Remote,
    thread: JoinHandle<Result<Option<Engine>, ServerError>>,
}

/// Gives a server orders; cheap to clone.
#[derive(Clone)]
pub struct Remote {
    orders: Sender<Order>,
    wake: Wake,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Remote")
    }
}

impl Remote {
    fn order(&self, order: Order) {
        // A server that has ended takes no orders; joining it tells why.
        let _ = self.orders.send(order);
        self.wake.nudge();
    }

    /// Takes over the session file as it is now.
    pub fn reload(&self, sessions: Vec<SessionEntry>) {
        self.order(Order::Reload(sessions));
    }

    /// Serves new connections under another certificate.
    pub fn renew(&self, tls: Arc<rustls::ServerConfig>) {
        self.order(Order::Renew(tls));
    }

    /// Asks for a clean end; [`Handle::wait`] waits for it.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }
}

impl Server {
    /// Recovers the store and serves. Returns when sessions are served.
    ///
    /// # Errors
    /// [`ServerError`]; nothing runs any more then.
    pub fn start(config: Config) -> Result<Handle, ServerError> {
        Self::start_with(config, &mut |_, _| ())
    }

    /// The same; `progress` is told where it listens and how far the replay is.
    ///
    /// # Errors
    /// [`ServerError`]; nothing runs any more then.
    pub fn start_with(
        config: Config,
        progress: &mut dyn FnMut(SocketAddr, Progress<'_>),
    ) -> Result<Handle, ServerError> {
        let mut listener = listener::bind(config.listen, config.insecure || config.tls.is_some())?;
        let address = listener.local_addr().map_err(ServerError::system("the listener"))?;
        let poll = Poll::new().map_err(ServerError::system("a poll"))?;
        let system = |what| ServerError::system(what);
        let registry = poll.registry();
        registry
            .register(&mut listener, LISTENER, Interest::READABLE)
            .map_err(system("the poll"))?;
        let wake = Wake::new(registry, WAKER).map_err(system("a waker"))?;
        let sockets =
            SocketTable::new(registry.try_clone().map_err(system("the poll"))?, config.tls.clone());
        let (sender, orders) = channel();
        let percent = Arc::new(AtomicU8::new(0));
        let mut hub = Hub::new(config.login_failures);
        hub.load(&config.sessions, now());
        let gateway = Gateway {
            poll,
            listener,
            wake: wake.clone(),
            hub,
            orders,
            sender: sender.clone(),
            percent: percent.clone(),
            spin: config.spin,
            sockets,
        };
        let remote = Remote { orders: sender, wake };
        let thread = std::thread::Builder::new()
            .name("gateway".into())
            .spawn(move || gateway.run())
            .map_err(ServerError::system("a thread"))?;
        let started = go_live(&config, &remote, &percent, &mut |p| progress(address, p));
        match started {
            Ok((report, watermark)) => Ok(Handle { address, report, watermark, remote, thread }),
            Err(error) => {
                remote.stop();
                // It has nothing to say beside what went wrong here.
                let _ = thread.join();
                Err(error)
            }
        }
    }
}

impl Handle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its start found.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// How far its line is durable.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        self.watermark.clone()
    }

    /// For giving it orders.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Waits for its end. Gives the engine as it was in the end.
    ///
    /// # Errors
    /// Why it failed.
    pub fn wait(self) -> Result<Engine, ServerError> {
        match self.thread.join() {
            Ok(Ok(Some(engine))) => Ok(engine),
            Ok(Ok(None)) | Err(_) => Err(ServerError::Panic),
            Ok(Err(error)) => Err(error),
        }
    }

    /// Ends it cleanly: sessions are told, what is on its way is answered, the line is flushed.
    ///
    /// # Errors
    /// Why it failed.
    pub fn stop(self) -> Result<Engine, ServerError> {
        self.remote.stop();
        self.wait()
    }
}

/// Recovers the store, starts the line and hands it to the gateway.
fn go_live(
    config: &Config,
    remote: &Remote,
    percent: &AtomicU8,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(Report, Watermark), ServerError> {
    let begun = Instant::now();
    let segments = segment_names(&config.data);
    let mut histories = Histories::default();
    let recovered = recover(
        &config.data,
        &config.journal,
        &mut |p| {
            let before = segments.partition_point(|name| name.as_str() < p.file);
            let done = before * 100 / segments.len().max(1);
            percent.store(u8::try_from(done).unwrap_or(99).min(99), Ordering::Relaxed);
            progress(p);
        },
        &mut |emitted| histories.keep(emitted),
    )?;
    let (sessions, budget) = histories.with_facts(&recovered.line.engine);
    let wake = remote.wake.clone();
    let started =
        start(&config.sequencer, recovered.line, SystemClock, Arc::new(move || wake.wake()))?;
    let watermark = started.running.watermark();
    let replayer = Replayer::start(recovered.reader, watermark.clone())
        .map_err(ServerError::system("a thread"))?;
    let report = Report {
        journal: recovered.journal,
        checkpoints: recovered.checkpoints,
        took: begun.elapsed(),
        placement: started.placement,
    };
    remote.order(Order::GoLive(Box::new(Live {
        input: started.input,
        output: started.output,
        running: started.running,
        replayer,
        sessions,
        budget,
    })));
    Ok((report, watermark))
}

/// The store's segments, in order; none before the first start.
fn segment_names(data: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(data).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".rpj"))
        .collect();
    names.sort();
    names
}
