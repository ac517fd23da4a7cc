//! Lets `sbe_gen`, an SBE generator that is not ours, make Rust types of gateway/schema/ringpit.xml,
//! and adds one function that takes any message apart by them.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

const SCHEMA: &str = "../schema/ringpit.xml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let xml = std::fs::read_to_string(SCHEMA)?;
    let out = std::env::var("OUT_DIR")?;
    let made = Path::new(&out).join("sbe");
    sbe_gen::generate_to(&xml, &made, &sbe_gen::GeneratorOptions::default())?;

    let mut modules: Vec<_> = std::fs::read_dir(&made)?.collect::<Result<_, _>>()?;
    modules.sort_by_key(std::fs::DirEntry::path);
    let mut text = String::new();
    for module in modules {
        let name = module.file_name().into_string().map_err(|_| "file name")?;
        match name.strip_suffix(".rs") {
            None | Some("mod") => {}
            Some(name) => {
                write!(
                    text,
                    "pub mod {name} {{\n{}\n}}\n",
                    std::fs::read_to_string(module.path())?
                )?;
            }
        }
    }
    text += &take_apart(&xml)?;
    std::fs::write(Path::new(&out).join("sbe.rs"), text)?;
    Ok(())
}

/// A function that gives each field of a root block, by name, as its bytes, and what follows it.
fn take_apart(xml: &str) -> Result<String, Box<dyn Error>> {
    let document = roxmltree::Document::parse(xml)?;
    let mut text = "/// Each root field's name and bytes, and what follows the root block.\n\
        pub fn take_apart(template_id: u16, body: &[u8]) -> Option<(Vec<(&'static str, Vec<u8>)>, &[u8])> {\n\
        use zerocopy::IntoBytes;\n    match template_id {\n"
        .to_owned();
    let messages = document.root_element().children();
    for message in messages.filter(|node| node.tag_name().name() == "message") {
        let name = message.attribute("name").ok_or("message name")?;
        let module = snake(name);
        let id = message.attribute("id").ok_or("message id")?;
        writeln!(
            text,
            "        {id} => {{\n            let (message, rest) = {module}::{name}::parse_prefix(body)?;\n            let _ = message;"
        )?;
        writeln!(text, "            Some((vec![")?;
        for field in message.children().filter(|node| node.has_tag_name("field")) {
            let name = field.attribute("name").ok_or("field name")?;
            writeln!(
                text,
                "                ({name:?}, message.{}.as_bytes().to_vec()),",
                snake(name)
            )?;
        }
        writeln!(text, "            ], rest))\n        }}")?;
    }
    text += "        _ => None,\n    }\n}\n";
    Ok(text)
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
