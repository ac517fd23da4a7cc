//! Proves that a scenario line is read exactly: what the vocabulary does not know is named, what
//! only makes no sense is left to the engine.

use crate::tables::{COMMANDS, FieldSpec, LEGS, Row, rows};
use ringpit_core::command::{Command, Leg};
use ringpit_core::{AccountId, Stp, TimeInForce};
use ringpit_vocab::{Scenario, ScenarioLine, write_command};

fn read(line: &str) -> Result<Option<ScenarioLine>, String> {
    Scenario::new().read(line.as_bytes()).map_err(|error| error.to_string())
}

fn command(line: &str) -> Command {
    read(line).unwrap_or_else(|error| panic!("{line}\n{error}")).unwrap().command
}

/// A value of a type that the type allows.
fn sample(kind: &str) -> &str {
    match kind {
        "u8" | "u32" | "u64" | "i64" => "7",
        "bool" | "true" => "true",
        "code" | "hex" => "\"X\"",
        "lines" | "increments" => "[[1,2]]",
        "legs" => "[{\"do\":\"before\",\"time\":1}]",
        words => words.split('|').next().unwrap(),
    }
}

fn quoted(kind: &str) -> String {
    let text = sample(kind);
    match text.as_bytes()[0] {
        b'a'..=b'z' if text != "true" => format!("\"{text}\""),
        _ => text.to_owned(),
    }
}

/// The row's line with all its fields, but one field written as `replaced` says.
fn line_with(row: &Row, replaced: &str, text: Option<&str>) -> String {
    let mut line = format!("{{\"do\":\"{}\"", row.word);
    for field in &row.fields {
        let value = match (field.name == replaced, text) {
            (true, None) => continue,
            (true, Some(text)) => text.to_owned(),
            (false, _) => quoted(field.kind),
        };
        line.push_str(&format!(",\"{}\":{value}", field.name));
    }
    line + "}"
}

/// Texts that a type does not allow, whatever the field is.
fn unreadable(kind: &str) -> &'static [&'static str] {
    match kind {
        "u8" => &["-1", "256", "1.0", "1e1", "\"1\"", "true", "[1]", "{}"],
        "u32" => &["-1", "4294967296", "1.5", "\"1\"", "false", "[]", "{}"],
        "u64" => &["-1", "9223372036854775808", "99999999999999999999999", "0.0", "\"1\"", "[]"],
        "i64" => &["9223372036854775808", "-9223372036854775809", "1.0", "2e0", "\"1\"", "true"],
        "bool" | "true" => &["1", "0", "\"true\"", "[]"],
        "code" => {
            &["1", "true", "[\"a\"]", "{}", "\"more than 16 bytes\"", "\"\u{e9}\"", "\"\\n\""]
        }
        "hex" => &["1", "true", "[\"a\"]", "{}"],
        "lines" | "increments" => {
            &["1", "{}", "[1,2]", "[[1]]", "[[1,2,3]]", "[[1,2],[1,\"2\"]]", "[[1.0,2]]", "[null]"]
        }
        "legs" => &["{}", "1", "[1]", "[{}]", "[{\"do\":\"void\"}]", "[{\"do\":\"deposit\"}]"],
        _ => &["\"\"", "\"Buy\"", "\"other\"", "1", "true", "[]"],
    }
}

fn each_field(mut check: impl FnMut(&Row, &FieldSpec)) {
    for row in rows(COMMANDS) {
        for field in &row.fields {
            check(&row, field);
        }
    }
}

#[test]
fn every_command_of_the_table_is_read() {
    for row in rows(COMMANDS) {
        let line = line_with(&row, "", None);
        assert_eq!(command(&line).kind().word(), row.word);
    }
}

#[test]
fn a_required_field_must_be_there_and_null_counts_as_absent() {
    each_field(|row, field| {
        for line in [line_with(row, field.name, None), line_with(row, field.name, Some("null"))] {
            // One of an order's two names may be left out.
            let either = matches!(field.name, "order_id" | "orig_cl_ord_id");
            match read(&line) {
                Ok(_) => assert!(field.optional || either, "{line}"),
                Err(error) => {
                    assert!(!field.optional && !either, "{line}\n{error}");
                    assert_eq!(error, format!("{}: missing", field.name), "{line}");
                }
            }
        }
    });
}

#[test]
fn a_wrong_type_and_a_number_outside_its_type_are_refused_by_field() {
    each_field(|row, field| {
        for text in unreadable(field.kind) {
            let line = line_with(row, field.name, Some(text));
            let error = read(&line).expect_err(&line);
            assert!(error.starts_with(field.name), "{line}\n{error}");
        }
    });
}

#[test]
fn an_unknown_field_and_a_field_given_twice_are_refused() {
    for row in rows(COMMANDS) {
        let line = line_with(&row, "", None).replacen('{', "{\"colour\":1,", 1);
        assert_eq!(read(&line).unwrap_err(), "colour: unknown field", "{line}");
        for name in row.fields.iter().map(|field| field.name).chain(["do"]) {
            for text in ["null", "7"] {
                let twice = format!("{{\"{name}\":{text},");
                let line = line_with(&row, "", None).replacen('{', &twice, 1);
                assert_eq!(read(&line).unwrap_err(), format!("{name}: given twice"), "{line}");
            }
        }
    }
}

#[test]
fn every_leg_is_read_and_its_faults_are_named_by_path() {
    for row in rows(LEGS) {
        let leg = line_with(&row, "", None);
        let line = |leg: &str| {
            format!("{{\"do\":\"atomic\",\"account\":5,\"request_id\":1,\"legs\":[{leg}]}}")
        };
        command(&line(&leg));
        for name in ["request_id", "colour"] {
            let leg = leg.replacen('{', &format!("{{\"{name}\":1,"), 1);
            let error = read(&line(&leg)).unwrap_err();
            assert_eq!(error, format!("legs[1].{name}: unknown field"));
        }
        for field in row.fields.iter().filter(|field| !field.optional && field.name != "account") {
            let leg = line_with(&row, field.name, None);
            let error = read(&line(&leg)).unwrap_err();
            assert_eq!(error, format!("legs[1].{}: missing", field.name));
        }
    }
}

#[test]
fn a_leg_acts_for_the_atomics_account_unless_it_says_otherwise() {
    let account_of = |leg: &str| {
        let line = format!("{{\"legs\":[{leg}],\"do\":\"atomic\",\"account\":5,\"request_id\":1}}");
        let Command::Atomic(atomic) = command(&line) else { panic!("{line}") };
        match atomic.legs[0] {
            Leg::Reserve { account, .. } => account,
            Leg::PlaceBid(bid) => bid.account,
            Leg::Order(order) => order.account,
            other => panic!("{other:?}"),
        }
    };
    for row in rows(LEGS).iter().filter(|row| row.fields[0].name == "account") {
        assert_eq!(account_of(&line_with(row, "account", None)), AccountId(5));
        assert_eq!(account_of(&line_with(row, "account", Some("6"))), AccountId(6));
    }
}

#[test]
fn what_only_makes_no_sense_is_read() {
    for line in [
        r#"{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"limit","qty":0,"price":-1}"#,
        r#"{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"limit","qty":1}"#,
        r#"{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"stop","tif":"gtd","qty":1}"#,
        r#"{"do":"deposit","account":1,"asset":1,"amount":-5}"#,
        r#"{"do":"draw","sale":1,"seed":""}"#,
        r#"{"do":"draw","sale":1,"seed":"zz"}"#,
        r#"{"do":"draw","sale":1,"seed":"é\u0000\n"}"#,
        r#"{"do":"create_asset","asset":1,"code":"16 bytes long ok","decimals":255}"#,
        r#"{"do":"block","on":true}"#,
        r#"{"do":"block","account":1,"origin":1,"on":false}"#,
        r#"{"do":"query_stats"}"#,
        r#"{"do":"query_deadlines"}"#,
        r#"{"do":"atomic","account":1,"request_id":1,"legs":[]}"#,
        r#"{"do":"reserve_cart","account":1,"sale":1,"request_id":1,"lines":[]}"#,
        r#" { "\u0064o" : "void" , "reservation" : -0 } "#,
        "{\"do\":\"void\",\"reservation\":1}\r\n",
    ] {
        command(line);
    }
}

#[test]
fn a_seed_too_long_for_its_field_is_left_for_the_engine_to_refuse() {
    let long = "a".repeat(65);
    let Command::Draw(draw) = command(&format!(r#"{{"do":"draw","sale":1,"seed":"{long}"}}"#))
    else {
        panic!("not a draw")
    };
    assert_eq!(draw.seed.as_str(), "");
}

#[test]
fn a_list_that_is_too_long_is_kept_too_long() {
    for (len, kept) in [(16, 16), (17, 17), (18, 17), (1000, 17)] {
        let rows = vec!["[1,2]"; len].join(",");
        let cart = format!(
            r#"{{"do":"reserve_cart","account":1,"sale":1,"request_id":1,"lines":[{rows}]}}"#
        );
        let Command::ReserveCart(cart) = command(&cart) else { panic!("{cart}") };
        assert_eq!(cart.lines.len(), kept);
        let legs = vec![r#"{"do":"before","time":1}"#; len].join(",");
        let atomic = format!(r#"{{"do":"atomic","account":1,"request_id":1,"legs":[{legs}]}}"#);
        let Command::Atomic(atomic) = command(&atomic) else { panic!("{atomic}") };
        assert_eq!(atomic.legs.len(), kept);
    }
    let rows = vec!["[1,2]"; 17].join(",") + ",[1,-1]";
    let cart =
        format!(r#"{{"do":"reserve_cart","account":1,"sale":1,"request_id":1,"lines":[{rows}]}}"#);
    assert_eq!(read(&cart).unwrap_err(), "lines[18]: outside 0 to 9223372036854775807: -1");
}

#[test]
fn defaults_are_what_the_table_says_and_are_not_written() {
    let line = r#"{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"buy","ord_type":"limit","qty":1"#;
    let bare = command(&format!("{line}}}"));
    let Command::NewOrder(order) = bare else { panic!("{bare:?}") };
    assert_eq!(
        (order.tif, order.stp, order.post_only),
        (TimeInForce::Day, Stp::NoPrevention, false)
    );
    let full = format!(r#"{line},"tif":"day","post_only":false,"stp":"none"}}"#);
    assert_eq!(command(&full), bare);
    let mut written = Vec::new();
    write_command(None, &command(&full), &mut written);
    assert_eq!(String::from_utf8(written).unwrap(), format!("{line}}}"));
}

#[test]
fn lines_that_are_no_object_or_no_command_are_refused() {
    for (line, error) in [
        ("[]", "line: not one JSON object: invalid type: sequence, expected one JSON object"),
        ("7", "line: not one JSON object: invalid type: integer `7`, expected one JSON object"),
        ("{", "line: not one JSON object: EOF while parsing an object at column 1"),
        ("{} {}", "line: not one JSON object: trailing characters at column 4"),
        (
            r#"{"do":"void","reservation":01}"#,
            "line: not one JSON object: invalid number at column 29",
        ),
        (
            r#"{"do":"void","reservation":NaN}"#,
            "line: not one JSON object: expected value at column 28",
        ),
        (" # not at the line's start", "line: not one JSON object: expected value at column 2"),
        ("{}", "do: missing"),
        (r#"{"at":1}"#, "do: missing"),
        (r#"{"do":1}"#, "do: expected a text, found a number"),
        (r#"{"do":"dance"}"#, "do: unknown command `dance`"),
        (r#"{"do":"tick"}"#, "do: unknown command `tick`"),
        (
            r#"{"do":"session_lost","session":1,"cancel_on_disconnect":"never","grace_ns":1}"#,
            "do: unknown command `session_lost`",
        ),
        (
            r#"{"do":"session_open","session":1,"version":1,"timestamp":1}"#,
            "do: unknown command `session_open`",
        ),
        (
            r#"{"do":"cancel_order","account":1,"instrument":1}"#,
            "order_id: missing, and so is orig_cl_ord_id",
        ),
        (r#"{"at":-1,"do":"void","reservation":1}"#, "at: outside 0 to 9223372036854775807: -1"),
        (r#"{"do":"void","reservation":1,"at":1,"at":1}"#, "at: given twice"),
        (
            r#"{"do":"new_order","account":1,"instrument":1,"cl_ord_id":1,"side":"up"}"#,
            "side: `up` is none of buy, sell",
        ),
    ] {
        assert_eq!(read(line).unwrap_err(), error, "{line}");
    }
    let not_utf8 = Scenario::new().read(b"{\"do\":\"\xff\"}").unwrap_err();
    assert_eq!(not_utf8.to_string(), "line: not UTF-8 text");
    let fields: Vec<String> = (0..100_000).map(|n| format!("\"f{n}\":1")).collect();
    let many = format!("{{{}}}", fields.join(","));
    assert_eq!(read(&many).unwrap_err(), "line: not one JSON object: more than 64 fields");
}

#[test]
fn time_stays_when_left_out_and_does_not_fall() {
    let mut scenario = Scenario::new();
    let mut at = |line: &str| {
        scenario.read(line.as_bytes()).map(|line| line.unwrap().at).map_err(|e| e.to_string())
    };
    assert_eq!(at(r#"{"do":"void","reservation":1}"#), Ok(0));
    assert_eq!(at(r#"{"at":5,"do":"void","reservation":1}"#), Ok(5));
    assert!(at(r#"{"at":9,"do":"void","reservation":-1}"#).is_err());
    assert_eq!(at(r#"{"at":null,"do":"void","reservation":1}"#), Ok(5));
    assert_eq!(
        at(r#"{"at":4,"do":"void","reservation":1}"#),
        Err("at: 4 after 5: time fell".into())
    );
    assert_eq!(at(r#"{"at":5,"do":"void","reservation":1}"#), Ok(5));
}

#[test]
fn empty_lines_and_comments_are_skipped() {
    for line in ["", "\n", "\r\n", "  \t", "#", "# {\"do\":\"void\"}", "#\n"] {
        assert_eq!(read(line), Ok(None), "{line:?}");
    }
}
