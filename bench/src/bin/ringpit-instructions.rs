//! Does one fixed piece of work, for `cargo xtask instructions` to count its instructions. Without
//! arguments it lists the pieces and the messages of a pass.

use ringpit_bench::fixed::ALL;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, passes] = arguments.as_slice() else {
        ALL.iter().for_each(|work| println!("{} {}", work.name, work.messages));
        return ExitCode::SUCCESS;
    };
    let (work, passes) = (ALL.iter().find(|work| work.name == name), passes.parse());
    let (Some(work), Ok(passes)) = (work, passes) else {
        eprintln!("usage: ringpit-instructions [WORK PASSES]");
        return ExitCode::from(2);
    };
    match work.run(passes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
