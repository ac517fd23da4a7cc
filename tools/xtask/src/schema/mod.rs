//! `cargo xtask schema`: everything that is made from gateway/schema/ringpit.xml.
//!
//! The XML is the truth. Made from it are the Rust layout table of `ringpit-wire` and the tables
//! of docs/protocol.md, between its markers; both are checked in, and a test proves them fresh.

mod docs;
mod layout;
mod model;

use model::Schema;
use std::path::{Path, PathBuf};

/// What may go wrong, in words.
pub type Error = Box<dyn std::error::Error>;

/// Arguments of `cargo xtask schema`.
#[derive(clap::Args)]
pub struct Args {
    /// Writes nothing; fails if a file is not what would be written.
    #[arg(long)]
    check: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files that are made, and their text.
fn made(root: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let text = std::fs::read_to_string(root.join("gateway/schema/ringpit.xml"))?;
    let document = roxmltree::Document::parse(&text)?;
    let schema = Schema::read(&document)?;
    let docs_path = root.join("docs/protocol.md");
    let docs = docs::fill(&std::fs::read_to_string(&docs_path)?, &schema)?;
    Ok(vec![
        (root.join("gateway/wire/src/generated/mod.rs"), layout::file(&schema)),
        (docs_path, docs),
    ])
}

/// Makes the files, or checks them.
pub fn run(args: &Args) -> Result<(), Error> {
    let root = root();
    for (path, text) in made(&root)? {
        let same = std::fs::read_to_string(&path).is_ok_and(|old| old == text);
        let name = path.strip_prefix(&root).unwrap_or(&path).display();
        if same {
            println!("{name}: as it should be");
        } else if args.check {
            return Err(
                format!("{name}: not made from the schema; run `cargo xtask schema`").into()
            );
        } else {
            std::fs::write(&path, text)?;
            println!("{name}: written");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    /// What is checked in is what the schema gives.
    #[test]
    fn made_files_are_fresh() {
        super::run(&super::Args { check: true }).expect("fresh files");
    }
}
