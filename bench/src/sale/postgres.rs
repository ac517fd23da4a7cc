//! PostgreSQL as a shop: one statement checks the buyer's limit and the stock, takes a unit and
//! records the order; a commit is flushed before it is answered (`synchronous_commit` on).
//!
//! It speaks the frontend/backend protocol 3.0 itself, as far as that takes: a statement prepared
//! once a connection, then bound and executed, over the pool that drives Ringpit too.

use super::crowd::{Ask, Crowd, Outcome};
use super::{Shop, Style};
use crate::daemon::{Daemon, Home, User, find_program, free_address, told};
use crate::error::BenchError;
use crate::pool::{Connection, Frames, Heard, Loaded, Tongue, drive};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

/// The database's superuser, and its database.
const USER: &str = "postgres";

/// Where Debian keeps the programs, a folder a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A row of products on a page of its own can be updated in place.
const TABLES: &str = "
DROP TABLE IF EXISTS product, purchase;
CREATE TABLE product (id int PRIMARY KEY, stock int NOT NULL CHECK (stock >= 0)) WITH (fillfactor = 10);
CREATE TABLE purchase (product int, buyer int, number int NOT NULL, PRIMARY KEY (product, buyer));";

/// Product, buyer, and the buyer's own number of it. The key of `purchase` is the limit: whoever
/// loses a race against itself gets an error, and nothing is taken.
const SELL: &str = "
WITH taken AS (
  UPDATE product SET stock = stock - 1 WHERE id = $1 AND stock > 0
  AND NOT EXISTS (SELECT FROM purchase WHERE product = $1 AND buyer = $2) RETURNING id)
INSERT INTO purchase (product, buyer, number) SELECT id, $2, $3 FROM taken";

/// The error code of a key that is there already.
const UNIQUE_VIOLATION: &[u8] = b"23505";

/// A PostgreSQL server of our own.
#[derive(Debug)]
pub struct Postgres {
    daemon: Daemon,
}

impl Postgres {
    /// Starts one with its files in a directory. It refuses to run as the superuser, so another
    /// user is taken then.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(directory: &Path) -> Result<Self, String> {
        let folders = installed();
        let [initdb, server] = ["initdb", "postgres"].map(|name| find_program(name, &folders));
        let (initdb, server) = initdb.zip(server).ok_or("not installed")?;
        let user = match User::is_root() {
            true => Some(User::find(&[USER, "nobody"]).ok_or("it won't run as root")?),
            false => None,
        };
        let home = Home::new(directory, user)?;
        let data = home.path().join("data");
        let mut init = home.command(&initdb);
        init.arg("-D").arg(&data).args(["-U", USER, "-A", "trust", "--no-locale", "--no-sync"]);
        let made = init.status().map_err(told("initdb"))?;
        if !made.success() {
            return Err(format!("initdb: {made}"));
        }
        let address = free_address()?;
        let mut command = home.command(&server);
        command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &address.port().to_string()]);
        for setting in [
            "fsync=on",
            "synchronous_commit=on",
            "unix_socket_directories=",
            "shared_buffers=512MB",
            "max_wal_size=8GB",
            "checkpoint_timeout=1h",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum=off",
        ] {
            command.args(["-c", setting]);
        }
        let serves = |address| ask(address, &["SELECT 1"]).is_ok();
        Ok(Self { daemon: home.start(command, address, Signal::INT, serves)? })
    }
}

/// Folders with the programs of each installed version, the newest first.
fn installed() -> Vec<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    versions.into_iter().map(|version| version.join("bin")).collect()
}

impl Shop for Postgres {
    fn open(&mut self, crowd: &Crowd) -> Result<(), BenchError> {
        let row = |(product, units): (usize, &u32)| format!("({product},{units})");
        let rows: Vec<String> = (1..).zip(&crowd.stock).map(row).collect();
        let fill = format!("INSERT INTO product VALUES {}", rows.join(","));
        // Statistics are what autovacuum would have made of the filled table.
        ask(self.daemon.address, &[TABLES, &fill, "ANALYZE"]).map(|_| ())
    }

    fn sell(
        &mut self,
        crowd: &Crowd,
        style: Style,
        bought: &mut [bool],
    ) -> Result<Loaded, BenchError> {
        let mut frames = Frames::default();
        crowd.asks.iter().for_each(|ask| frames.push(&execution(*ask)));
        let connect = |_| {
            let stream = prepared(self.daemon.address).map_err(BenchError::of("PostgreSQL"))?;
            Connection::new(stream, Commands { bought: false })
        };
        let connections: Result<Vec<_>, _> = (0..style.connections).map(connect).collect();
        drive(&mut connections?, &frames, style.window, |ask, answer| bought[ask] = answer)
    }

    fn outcome(&mut self, _: &Crowd, bought: Vec<bool>) -> Result<Outcome, BenchError> {
        let sold = "SELECT count(buyer) FROM product LEFT JOIN purchase ON product = id \
                    GROUP BY id ORDER BY id";
        let left = "SELECT stock FROM product ORDER BY id";
        let orders = "SELECT count(*) FROM purchase";
        let [sold, left, orders] = [sold, left, orders].map(|query| {
            let rows = ask(self.daemon.address, &[query])?;
            let number = |text: &String| text.parse().map_err(|_| BenchError::Answer(text.clone()));
            rows.iter().map(number).collect::<Result<Vec<u64>, _>>()
        });
        let orders = orders?.first().copied().unwrap_or(0);
        Ok(Outcome { sold: sold?, left: left?, orders, bought })
    }

    /// It has a process for each connection.
    fn pid(&self) -> Option<u32> {
        None
    }
}

/// A message: its letter, its length, what is in it.
fn message(letter: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len = 4 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = vec![letter];
    bytes.extend_from_slice(&(len as u32).to_be_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// Bind, Execute and Sync of the prepared statement, with three binary parameters.
fn execution(ask: Ask) -> Vec<u8> {
    const FORMATS: [u8; 4] = [0, 1, 0, 1];
    const COUNT: [u8; 2] = [0, 3];
    const LEN: [u8; 4] = [0, 0, 0, 4];
    let Ask { buyer, product, number } = ask;
    let [product, buyer, number] = [product, buyer, number].map(u32::to_be_bytes);
    let bind: [&[u8]; 11] =
        [b"\0s\0", &FORMATS, &COUNT, &LEN, &product, &LEN, &buyer, &LEN, &number, &[0, 0], &[]];
    let mut bytes = message(b'B', &bind);
    bytes.extend(message(b'E', &[b"\0", &[0; 4]]));
    bytes.extend(message(b'S', &[]));
    bytes
}

/// The first whole message: its letter, what is in it, and the bytes that it takes.
fn whole(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let len = 1 + u32::from_be_bytes(*bytes.get(1..)?.first_chunk()?) as usize;
    Some((bytes[0], bytes.get(5..len)?, len))
}

/// The code of an error.
fn error_code(body: &[u8]) -> &[u8] {
    let mut fields = body.split(|byte| *byte == 0);
    fields.find_map(|field| field.strip_prefix(b"C")).unwrap_or_default()
}

/// Whether each execution wrote a row.
struct Commands {
    bought: bool,
}

impl Tongue for Commands {
    type Answer = bool;

    fn hear(&mut self, bytes: &[u8]) -> Result<Heard<bool>, BenchError> {
        let Some((letter, body, len)) = whole(bytes) else { return Ok(Heard::Part) };
        match letter {
            b'C' => self.bought = body == b"INSERT 0 1\0",
            b'E' if error_code(body) == UNIQUE_VIOLATION => self.bought = false,
            b'Z' => return Ok(Heard::Answer(len, std::mem::take(&mut self.bought))),
            b'2' => {}
            _ => return Err(BenchError::Answer(String::from_utf8_lossy(body).into_owned())),
        }
        Ok(Heard::Aside(len))
    }
}

/// Reads messages until the server is ready, and gives the first column of each row.
fn until_ready(stream: &mut TcpStream) -> std::io::Result<Vec<String>> {
    let mut rows = Vec::new();
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head)?;
        let len = u32::from_be_bytes([head[1], head[2], head[3], head[4]]).saturating_sub(4);
        let mut body = vec![0; len as usize];
        stream.read_exact(&mut body)?;
        match head[0] {
            b'Z' => return Ok(rows),
            // Two bytes of columns, four of the first one's length.
            b'D' => {
                rows.push(String::from_utf8_lossy(body.get(6..).unwrap_or_default()).into_owned())
            }
            b'E' => return Err(std::io::Error::other(String::from_utf8_lossy(&body).into_owned())),
            _ => {}
        }
    }
}

fn connected(address: SocketAddr) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    let settings = format!("user\0{USER}\0database\0{USER}\0\0");
    let len = 8 + settings.len() as u32;
    let start = [&len.to_be_bytes(), &[0, 3, 0, 0][..], settings.as_bytes()].concat();
    stream.write_all(&start)?;
    until_ready(&mut stream)?;
    Ok(stream)
}

/// A connection with the statement prepared.
fn prepared(address: SocketAddr) -> std::io::Result<TcpStream> {
    const INT4: [u8; 4] = [0, 0, 0, 23];
    let mut stream = connected(address)?;
    let parse: [&[u8]; 6] = [b"s\0", SELL.as_bytes(), &[0, 0, 3], &INT4, &INT4, &INT4];
    let mut bytes = message(b'P', &parse);
    bytes.extend(message(b'S', &[]));
    stream.write_all(&bytes)?;
    until_ready(&mut stream)?;
    Ok(stream)
}

/// Runs queries one after the other over a connection of their own; the first column of all rows,
/// each of which has one.
fn ask(address: SocketAddr, queries: &[&str]) -> Result<Vec<String>, BenchError> {
    let talk = || {
        let (mut stream, mut rows) = (connected(address)?, Vec::new());
        for query in queries {
            stream.write_all(&message(b'Q', &[query.as_bytes(), b"\0"]))?;
            rows.extend(until_ready(&mut stream)?);
        }
        stream.write_all(&message(b'X', &[]))?;
        Ok(rows)
    };
    talk().map_err(BenchError::of("PostgreSQL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_three_messages_of_the_protocol() {
        let bytes = execution(Ask { buyer: 2, product: 1, number: 3 });
        let (mut at, mut letters) = (0, Vec::new());
        while let Some((letter, _, len)) = whole(&bytes[at..]) {
            letters.push(letter);
            at += len;
        }
        assert_eq!((letters.as_slice(), at), (b"BES".as_slice(), bytes.len()));
        assert!(whole(&bytes[..4]).is_none() && whole(&bytes[..20]).is_none());
    }

    #[test]
    fn only_a_written_row_is_a_purchase() {
        let mut commands = Commands { bought: false };
        let ready = message(b'Z', &[b"I"]);
        let mut answer = |letter, body: &[u8]| {
            let bytes = message(letter, &[body]);
            assert_eq!(commands.hear(&bytes).unwrap(), Heard::Aside(bytes.len()));
            commands.hear(&ready).unwrap()
        };
        assert_eq!(answer(b'C', b"INSERT 0 1\0"), Heard::Answer(6, true));
        assert_eq!(answer(b'C', b"INSERT 0 0\0"), Heard::Answer(6, false));
        assert_eq!(answer(b'E', b"SERROR\0C23505\0Mduplicate key\0\0"), Heard::Answer(6, false));
        let deadlock = message(b'E', &[b"SERROR\0C40P01\0Mdeadlock\0\0"]);
        assert!(commands.hear(&deadlock).is_err());
    }
}
