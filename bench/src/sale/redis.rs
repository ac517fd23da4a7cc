//! Redis as a shop: one Lua script checks the buyer's limit and the stock, takes a unit and records
//! the order; every write is flushed before it is answered (`appendfsync always`).
//!
//! It speaks RESP2 itself, over the pool that drives Ringpit too: a client library with a thread a
//! connection takes processor time that the server then lacks.

use super::crowd::{Ask, Crowd, Outcome};
use super::{Shop, Style};
use crate::daemon::{Daemon, Home, find_program, free_address};
use crate::error::BenchError;
use crate::pool::{Connection, Frames, Heard, Loaded, Tongue, drive};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

/// Keys: the product's stock, its buyers, all orders. Arguments: buyer and product.
const SELL: &str = "\
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return -1 end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return -2 end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
return redis.call('RPUSH', KEYS[3], ARGV[1] .. ':' .. ARGV[2])";

/// The list of orders.
const ORDERS: &str = "orders";

/// A Redis server of our own.
#[derive(Debug)]
pub struct Redis {
    daemon: Daemon,
    script: String,
}

impl Redis {
    /// Starts one with its files in a directory.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(directory: &Path) -> Result<Self, String> {
        let program = find_program("redis-server", &[]).ok_or("not installed")?;
        let home = Home::new(directory, None)?;
        let address = free_address()?;
        let mut command = home.command(&program);
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        let serves = |address| ask(address, &[&["PING"]]).is_ok();
        let daemon = home.start(command, address, Signal::TERM, serves)?;
        let loaded =
            ask(daemon.address, &[&["SCRIPT", "LOAD", SELL]]).map_err(|e| e.to_string())?;
        let script = loaded.into_iter().next().unwrap_or_default();
        Ok(Self { daemon, script })
    }
}

fn stock_key(product: u32) -> String {
    format!("stock:{product}")
}

fn buyers_key(product: u32) -> String {
    format!("buyers:{product}")
}

impl Shop for Redis {
    fn open(&mut self, crowd: &Crowd) -> Result<(), BenchError> {
        ask(self.daemon.address, &[&["FLUSHALL"]])?;
        let stocks = (1..).zip(&crowd.stock);
        let stocks: Vec<[String; 2]> =
            stocks.map(|(product, units)| [stock_key(product), units.to_string()]).collect();
        let set: Vec<[&str; 3]> = stocks.iter().map(|[key, units]| ["SET", key, units]).collect();
        let set: Vec<&[&str]> = set.iter().map(<[&str; 3]>::as_slice).collect();
        ask(self.daemon.address, &set).map(|_| ())
    }

    fn sell(
        &mut self,
        crowd: &Crowd,
        style: Style,
        bought: &mut [bool],
    ) -> Result<Loaded, BenchError> {
        let mut frames = Frames::default();
        for Ask { buyer, product, .. } in &crowd.asks {
            let (stock, buyers) = (stock_key(*product), buyers_key(*product));
            let (buyer, product) = (buyer.to_string(), product.to_string());
            let words = ["EVALSHA", &self.script, "3", &stock, &buyers, ORDERS, &buyer, &product];
            frames.push(&request(&words));
        }
        let connect = |_| {
            let stream = TcpStream::connect(self.daemon.address);
            Connection::new(stream.map_err(BenchError::of("Redis"))?, Integers)
        };
        let connections: Result<Vec<_>, _> = (0..style.connections).map(connect).collect();
        drive(&mut connections?, &frames, style.window, |ask, number| bought[ask] = number > 0)
    }

    fn outcome(&mut self, crowd: &Crowd, bought: Vec<bool>) -> Result<Outcome, BenchError> {
        let products = 1..=crowd.stock.len() as u32;
        let keys: Vec<[String; 2]> = products.map(|p| [stock_key(p), buyers_key(p)]).collect();
        let get: Vec<[&str; 2]> =
            keys.iter().flat_map(|[stock, buyers]| [["GET", stock], ["SCARD", buyers]]).collect();
        let mut all: Vec<&[&str]> = get.iter().map(<[&str; 2]>::as_slice).collect();
        all.push(&["LLEN", ORDERS]);
        let answers = ask(self.daemon.address, &all)?;
        let number =
            |text: &String| text.parse::<u64>().map_err(|_| BenchError::Answer(text.clone()));
        let numbers: Vec<u64> = answers.iter().map(number).collect::<Result<_, _>>()?;
        let (pairs, orders) = numbers.split_at(2 * crowd.stock.len());
        Ok(Outcome {
            left: pairs.iter().copied().step_by(2).collect(),
            sold: pairs.iter().copied().skip(1).step_by(2).collect(),
            orders: orders[0],
            bought,
        })
    }

    fn pid(&self) -> Option<u32> {
        Some(self.daemon.pid())
    }
}

/// A request in RESP: an array of strings.
fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len());
    for word in words {
        bytes.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    bytes.into_bytes()
}

/// Answers that are integers.
struct Integers;

impl Tongue for Integers {
    type Answer = i64;

    fn hear(&mut self, bytes: &[u8]) -> Result<Heard<i64>, BenchError> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            return Ok(Heard::Part);
        };
        let line = String::from_utf8_lossy(&bytes[..end]);
        match line.trim_end().strip_prefix(':').and_then(|digits| digits.parse().ok()) {
            Some(number) => Ok(Heard::Answer(end + 1, number)),
            None => Err(BenchError::Answer(line.into_owned())),
        }
    }
}

/// Sends requests over a connection of their own and waits for the answers, as text.
fn ask(address: SocketAddr, requests: &[&[&str]]) -> Result<Vec<String>, BenchError> {
    let talk = || -> std::io::Result<Vec<String>> {
        let mut stream = TcpStream::connect(address)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let bytes: Vec<u8> = requests.iter().flat_map(|words| request(words)).collect();
        stream.write_all(&bytes)?;
        requests.iter().map(|_| read_answer(&mut reader)).collect()
    };
    talk().map_err(BenchError::of("Redis"))
}

fn read_answer(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
    match (kind, rest.parse::<u16>()) {
        ("+" | ":", _) => Ok(rest.to_owned()),
        ("$", Ok(len)) => {
            let mut bytes = vec![0; usize::from(len) + 2];
            reader.read_exact(&mut bytes)?;
            bytes.truncate(usize::from(len));
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => Err(std::io::Error::other(format!("it answered {line:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_arrays_of_strings() {
        assert_eq!(request(&["GET", "stock:7"]), b"*2\r\n$3\r\nGET\r\n$7\r\nstock:7\r\n");
    }

    #[test]
    fn answers_are_read_whole_or_not_at_all() {
        let mut integers = Integers;
        assert_eq!(integers.hear(b":1").unwrap(), Heard::Part);
        assert_eq!(integers.hear(b":12\r\n:3\r\n").unwrap(), Heard::Answer(5, 12));
        assert_eq!(integers.hear(b":-2\r\n").unwrap(), Heard::Answer(5, -2));
        assert!(integers.hear(b"-NOSCRIPT No matching script\r\n").is_err());
        let read = |mut text: &[u8]| read_answer(&mut text);
        assert_eq!(read(b"$5\r\nhello\r\n").unwrap(), "hello");
        assert_eq!(read(b":42\r\n").unwrap(), "42");
        assert!(read(b"-ERR unknown command\r\n").is_err() && read(b"").is_err());
    }
}
