//! TLS from outside: a certificate of one's own, `serve --tls`, `send --tls`, and everybody who
//! should stay outside.

use crate::server::{Server, login};
use crate::{prints, ringpit};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use ringpit_client::{Client, ClientError, Tls};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

const SCENARIO: &str = r#"{"do":"create_asset","asset":1,"code":"ABC","decimals":0}
{"do":"open_account","account":1}
{"do":"deposit","account":1,"asset":1,"amount":100}
{"do":"query_balance","account":1}
"#;

/// Writes a fresh certificate for the loopback address and its key.
fn certify(folder: &Path) {
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn start() -> Server {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let path = |name| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    Server::start_in(folder, &[], &["--tls", &cert, &key])
}

/// `ringpit send` of the scenario with more flags: exit code, output, errors.
fn send(server: &Server, more: &[&str]) -> (Option<i32>, String, String) {
    let file = server.path("scenario.jsonl");
    fs::write(&file, SCENARIO).unwrap();
    let (to, key) = (server.address().to_string(), server.sessions());
    let mut args = vec!["send", file.to_str().unwrap(), "--to", &to];
    args.extend(["--key", key.to_str().unwrap()]);
    args.extend(more);
    let Output { status, stdout, stderr } = ringpit().args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn send_prints_the_same_under_tls() {
    let mut server = start();
    let cert = server.path("cert.pem");
    let (code, said, told) = send(&server, &["--tls", cert.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{told}");
    let file = server.path("scenario.jsonl");
    let run = prints(&["run", file.to_str().unwrap()]);
    crate::assert_same(said.lines().map(crate::timeless), run.lines().map(crate::timeless));
    assert!(server.said().contains("TLS 1.3"), "{}", server.said());
    assert!(server.stop().success());
}

#[test]
fn a_client_that_trusts_another_certificate_stays_outside() {
    let server = start();
    let other = tempfile::tempdir().unwrap();
    certify(other.path());
    let tls = |pem: &Path, name| Tls::new(&fs::read(pem).unwrap(), name).unwrap();
    let foreign = tls(&other.path().join("cert.pem"), "127.0.0.1");
    let misnamed = tls(&server.path("cert.pem"), "exchange.example");
    for (tls, why) in [(foreign, "BadSignature"), (misnamed, "not valid for name")] {
        let client = Client::new(server.address(), login()).unwrap();
        let mut client = client.over_tls(tls).patience(Duration::from_millis(300));
        let Err(ClientError::Unreachable { reason, .. }) = client.establish(|_| {}) else {
            panic!("somebody was let in who trusts another: {why}");
        };
        assert!(reason.contains(why), "{reason}");
    }
}

#[test]
fn plain_bytes_and_noise_are_shut_out_and_the_rest_is_served() {
    let server = start();
    let mut plain = TcpStream::connect(server.address()).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    // An alert, then the end.
    let mut heard = Vec::new();
    plain.read_to_end(&mut heard).unwrap();
    assert_eq!(heard.first(), Some(&21), "{heard:?}");
    let silent = TcpStream::connect(server.address()).unwrap();
    let cert = server.path("cert.pem");
    let (code, said, told) = send(&server, &["--tls", cert.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(said.lines().count(), 4, "{said}");
    drop(silent);
}

#[test]
fn a_renewed_certificate_is_shown_after_sighup_and_a_bad_one_changes_nothing() {
    let server = start();
    let old = fs::read(server.path("cert.pem")).unwrap();
    fs::write(server.path("cert.pem"), "no certificate").unwrap();
    server.signal(rustix::process::Signal::HUP);
    server.wait_for("the certificate stays as it was");
    fs::write(server.path("old.pem"), old).unwrap();
    let trusts = |name| send(&server, &["--tls", server.path(name).to_str().unwrap()]);
    assert_eq!(trusts("old.pem").0, Some(0));
    certify(server.path("key.pem").parent().unwrap());
    server.signal(rustix::process::Signal::HUP);
    server.wait_for("certificate read again");
    let (code, said, told) = trusts("cert.pem");
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(said.lines().count(), 4, "{said}");
}

#[test]
fn what_can_t_be_used_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let refused = |cert: &str, key: &str| {
        let serve = ["serve", "--data", &path("store"), "--dev", "--tls", &path(cert), &path(key)];
        let Output { status, stderr, .. } = ringpit().args(serve).output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    let (code, said) = refused("key.pem", "key.pem");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("key.pem: no certificate in it"), "{said}");
    let (code, said) = refused("cert.pem", "none.pem");
    assert_eq!(code, Some(2), "{said}");
    fs::set_permissions(path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = refused("cert.pem", "key.pem");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("mode 644 lets others read the key"), "{said}");
}
