//! Our frames through an SBE implementation of another language: `sbe` 0.4.3 from PyPI reads every
//! message and writes it again, byte for byte. Needs Python 3 with venv and the package index;
//! where they are not there it says that it was skipped.

mod common;

use common::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A Python with the package, made once under the target folder.
fn python() -> Result<PathBuf, String> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stranger-venv");
    let python = venv.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(format!("{}: {error}", program.display())),
        }
    };
    if run(&python, &["-c", "import sbe"]).is_err() {
        run(Path::new("python3"), &["-m", "venv", &venv.display().to_string()])?;
        let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(&python, &[&quiet[..], &["--retries", "1", "--timeout", "10", "sbe==0.4.3"]].concat())?;
    }
    Ok(python)
}

/// Frames of every message. Texts are without blanks, which the other side strips.
fn frames() -> Vec<Vec<u8>> {
    let mut random = Random(11);
    let mut frames = Vec::new();
    for message in messages() {
        for _ in 0..20 {
            let mut bytes = random_frame(&message, &mut random);
            for field in &message.root.fields {
                if field.primitive == "char" && field.name != "signature" {
                    let text = &mut bytes[14 + field.offset..14 + field.offset + field.size];
                    text.iter_mut().filter(|octet| **octet == b' ').for_each(|octet| *octet = b'_');
                }
            }
            frames.push(bytes);
        }
    }
    frames
}

#[test]
fn python_reads_and_writes_every_message() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            println!("skipped: no Python with sbe 0.4.3 to be had: {}", why.trim());
            return;
        }
    };
    let frames = frames();
    let folder = env!("CARGO_MANIFEST_DIR");
    let mut child = Command::new(python)
        .arg(format!("{folder}/tests/stranger.py"))
        .arg(format!("{folder}/../schema/ringpit.xml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut input = child.stdin.take().expect("stdin");
    let lines: Vec<String> = frames.iter().map(|frame| hex(frame)).collect();
    let text = lines.join("\n");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("python ends");
    writer.join().expect("writer").expect("written");
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).expect("hexadecimal");
    let answers: Vec<_> = answers.lines().collect();
    assert_eq!(answers.len(), lines.len());
    for (ours, theirs) in lines.iter().zip(answers) {
        assert_eq!(ours, theirs);
    }
    println!("{} frames", lines.len());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
