//! Bytes that changed behind the journal's back: every flipped bit, every truncation, swapped and
//! stale blocks, missing and foreign segments, gaps. Each is damage at the right sequence number or
//! a legal cut above the highest durable mark; none is ever taken for the truth, and nothing is
//! repaired without being asked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ringpit_journal::mem::MemStorage;
use ringpit_journal::{Damage, Fault, Kind, OpenError, Options, Recovered};
use support::{Kept, Random, append, assert_line, close, flush, must_open, reopen, small, tries};

const PAYLOAD_BYTES: usize = 24;

/// A clean store of `count` inputs, flushed each `batch`, and its content by file name.
fn store(count: u64, batch: u64, bytes_max: usize) -> MemStorage {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for seq in 1..=count {
        append(&mut opened, bytes_max);
        if seq % batch == 0 {
            flush(&mut opened);
        }
    }
    close(opened);
    storage
}

fn segments(storage: &MemStorage) -> Vec<String> {
    use ringpit_journal::Storage;
    let mut names = storage.list().unwrap();
    names.retain(|name| name.ends_with(".rpj"));
    names.sort();
    names
}

enum Found {
    Opened(Box<Recovered>),
    Damage(Box<Damage>),
}

fn look(storage: &MemStorage, options: &Options) -> (Found, Vec<Kept>) {
    match reopen(storage, options, None) {
        (Ok(opened), kept) => (Found::Opened(Box::new(opened.recovered)), kept),
        (Err(OpenError::Damage(damage)), kept) => (Found::Damage(damage), kept),
        (Err(error), _) => panic!("{error}"),
    }
}

/// Number and offset of each record in a segment, by the lengths in their heads.
fn records(content: &[u8]) -> Vec<(u64, usize, Kind)> {
    let word = |at: usize| u32::from_le_bytes(content[at..at + 4].try_into().unwrap());
    let mut found = Vec::new();
    let mut at = 4096;
    while at < content.len() && word(at) != 0 {
        let seq = u64::from_le_bytes(content[at + 8..at + 16].try_into().unwrap());
        let kinds = [Kind::Input, Kind::Checkpoint, Kind::Mark, Kind::Seal];
        found.push((seq, at, kinds[content[at + 4] as usize - 1]));
        at += (word(at) as usize).next_multiple_of(8);
    }
    found
}

/// Every bit of header, records and the first free bytes.
#[test]
fn every_flipped_bit_of_200_records_is_found() {
    let storage = store(200, 7, PAYLOAD_BYTES);
    let name = segments(&storage).remove(0);
    let clean = storage.content(&name).unwrap();
    let records = records(&clean);
    assert_eq!(records.last().map(|last| (last.0, last.2)), Some((200, Kind::Mark)));
    let end = records.last().unwrap().1 + 40;
    // The mark proves all 200; only what lies behind the last input is open to a cut.
    let mark_at = records.last().unwrap().1;
    let bits = (end + 64) * 8;
    let expected = look(&storage, &small()).1;
    assert_line(&expected, 200, PAYLOAD_BYTES);
    let tried: usize = std::thread::scope(|scope| {
        let work = |part: usize| {
            let (clean, records, name, expected) = (&clean, &records, &name, &expected);
            let own = storage.restart();
            move || {
                let mut tried = 0;
                for bit in (part..bits).step_by(2) {
                    let byte = bit / 8;
                    own.corrupt(name, |content| {
                        content.copy_from_slice(clean);
                        content[byte] ^= 1 << (bit % 8);
                    });
                    let hit = records.iter().rposition(|(_, at, _)| *at <= byte);
                    let (found, kept) = look(&own, &small());
                    match (found, hit) {
                        (Found::Damage(damage), None) => {
                            assert_eq!((damage.seq, damage.offset), (1, 0), "header byte {byte}");
                        }
                        (Found::Damage(damage), Some(hit)) => {
                            assert!(byte < mark_at, "byte {byte} is above every mark");
                            let (seq, at, _) = records[hit];
                            assert_eq!(damage.seq, seq, "bit {bit}: {damage}");
                            assert_eq!(damage.offset, at as u64);
                            assert_eq!(damage.intact_before, seq - 1);
                            assert_eq!(kept[..], expected[..seq as usize - 1]);
                        }
                        (Found::Opened(recovered), _) => {
                            assert!(byte >= mark_at, "bit {bit} passed unseen");
                            let cut = recovered.cut.as_ref().unwrap();
                            assert_eq!((cut.after_seq, cut.records), (200, 0));
                            assert_eq!(kept, *expected);
                        }
                    }
                    tried += 1;
                }
                tried
            }
        };
        let threads = [scope.spawn(work(0)), scope.spawn(work(1))];
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(tried, bits);
}

/// A store whose server was killed: its last batch is above every mark.
#[test]
fn flipped_bits_above_the_last_mark_cut_and_below_it_are_damage() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for seq in 1..=60 {
        append(&mut opened, PAYLOAD_BYTES);
        if seq % 10 == 0 {
            flush(&mut opened);
        }
    }
    drop(opened);
    let name = segments(&storage).remove(0);
    let clean = storage.content(&name).unwrap();
    let records = records(&clean);
    // Inputs 51 to 60 were appended when 50 was durable, and nothing says more.
    for (seq, at, _) in &records {
        let own = storage.restart();
        own.corrupt(&name, |content| content[at + 30] ^= 4);
        let (found, kept) = look(&own, &small());
        assert_line(&kept, seq - 1, PAYLOAD_BYTES);
        match found {
            Found::Damage(damage) => {
                assert!(*seq <= 50, "{damage}");
                assert_eq!((damage.seq, damage.offset), (*seq, *at as u64));
                assert_eq!(damage.intact_after, Some((seq + 1, 60)));
                assert_eq!(damage.durable_seq, 50);
                let text = damage.to_string();
                for part in [name.as_str(), "ringpit verify", "--accept-loss-after"] {
                    assert!(text.contains(part), "{text}");
                }
            }
            Found::Opened(recovered) => {
                assert!(*seq > 50);
                let cut = recovered.cut.unwrap();
                assert_eq!((cut.after_seq, cut.offset), (seq - 1, *at as u64));
                assert_eq!(cut.records, 60 - seq, "the good records behind it are dropped");
                let end = records.last().map(|(_, at, _)| at + 40).unwrap();
                assert!(cut.bytes as usize >= end - at);
                // What was dropped is gone for good, and the line goes on.
                let (mut opened, _) = must_open(&own, None);
                assert_eq!(opened.recovered.last_seq, seq - 1);
                assert!(opened.recovered.cut.is_none());
                append(&mut opened, PAYLOAD_BYTES);
                close(opened);
                assert_line(&must_open(&own, None).1, *seq, PAYLOAD_BYTES);
            }
        }
    }
}

#[test]
fn every_truncation_is_damage() {
    let storage = store(40, 3, PAYLOAD_BYTES);
    let name = segments(&storage).remove(0);
    let clean = storage.content(&name).unwrap();
    let records = records(&clean);
    let end = records.last().unwrap().1 + 40;
    let lengths = (0..end + 64).chain((end + 64..clean.len()).step_by(1021));
    for len in lengths {
        let own = storage.restart();
        own.corrupt(&name, |content| content.truncate(len));
        let (found, kept) = look(&own, &small());
        let Found::Damage(damage) = found else { panic!("truncated to {len}") };
        let whole = |seq: u64| {
            let behind =
                records.iter().find(|(other, _, kind)| *other > seq || *kind != Kind::Input);
            behind.map_or(end, |(_, at, _)| *at) <= len
        };
        let intact = (1..=40).take_while(|seq| len > 4096 && whole(*seq)).count() as u64;
        assert_eq!(damage.intact_before, intact, "truncated to {len}: {damage}");
        assert_line(&kept, intact, PAYLOAD_BYTES);
        if len >= 4096 {
            // The operator may go on with what is there; the file gets its length back.
            let accept = Options { accept_loss_after: Some(intact), ..small() };
            let recovered = reopen(&own, &accept, None).0.unwrap().recovered;
            assert_eq!(recovered.last_seq, intact);
            assert_eq!(recovered.accepted_loss.map(|damage| damage.intact_before), Some(intact));
            assert_eq!(own.content(&name).unwrap().len(), clean.len());
            assert_line(&must_open(&own, None).1, intact, PAYLOAD_BYTES);
        }
    }
}

/// A block that came from elsewhere: from another place of the same store, from another store, or
/// from the same place at an earlier time. All ordered pairs of the 64 blocks of four segments.
///
/// The block that holds the last mark is the one exception to damage: without the mark, what else
/// it held looks like a torn end.
#[test]
fn no_swapped_foreign_or_stale_block_is_accepted() {
    const COUNT: u64 = 1_250;
    let storage = store(COUNT, 9, 300);
    let (other, older) = (store(COUNT, 9, 300), store(1_100, 9, 300));
    let names = segments(&storage);
    assert_eq!(names.len(), 4, "{names:?}");
    let content = |storage: &MemStorage| -> Vec<u8> {
        segments(storage).iter().flat_map(|name| storage.content(name).unwrap()).collect()
    };
    let (own, other, older) = (content(&storage), content(&other), content(&older));
    let expected = look(&storage, &small()).1;
    assert_line(&expected, COUNT, 300);
    let block = |content: &[u8], at: usize| content[at * 4096..][..4096].to_vec();
    let last_segment = storage.content(&names[3]).unwrap();
    let mark_block = 48 + records(&last_segment).last().unwrap().1 / 4096;
    let tried: usize = std::thread::scope(|scope| {
        let work = |part: usize| {
            let (own, other, older, names) = (&own, &other, &older, &names);
            let expected = &expected;
            let storage = storage.restart();
            move || {
                let mut tried = 0;
                for to in (part..64).step_by(2) {
                    let name = &names[to / 16];
                    let mut sources: Vec<Vec<u8>> = (0..64).map(|from| block(own, from)).collect();
                    sources.extend([block(other, to), block(older, to), vec![0; 4096]]);
                    let clean = block(own, to);
                    for (from, source) in sources.iter().enumerate() {
                        if *source == clean {
                            continue;
                        }
                        let put = |bytes: &[u8]| {
                            storage.corrupt(name, |content| {
                                content[to % 16 * 4096..][..4096].copy_from_slice(bytes);
                            });
                        };
                        put(source);
                        let (found, kept) = look(&storage.restart(), &small());
                        put(&clean);
                        let last = kept.len() as u64;
                        assert_eq!(kept[..], expected[..kept.len()]);
                        match found {
                            Found::Damage(damage) => assert_eq!(damage.intact_before, last),
                            Found::Opened(recovered) => {
                                let is_told =
                                    recovered.cut.is_some() || !recovered.warnings.is_empty();
                                assert!(is_told, "{from} over {to} unseen");
                                assert!(last == COUNT || to == mark_block, "{from} over {to}");
                            }
                        }
                        tried += 1;
                    }
                }
                tried
            }
        };
        let threads = [scope.spawn(work(0)), scope.spawn(work(1))];
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(tried > 3_500, "{tried} swaps");
    println!("{tried} swapped, foreign, stale and empty blocks tried");
}

#[test]
fn a_missing_segment_is_named_wherever_it_was() {
    let storage = store(1_250, 9, 300);
    let names = segments(&storage);
    assert!(names.len() >= 4);
    let first_seq = |name: &str| name[..20].parse::<u64>().unwrap();
    for (index, name) in names.iter().enumerate() {
        let own = storage.restart();
        ringpit_journal::Storage::remove(&own, name).unwrap();
        let (found, kept) = look(&own, &small());
        let Found::Damage(damage) = found else { panic!("{name} is not missed") };
        assert_eq!(damage.file, *name);
        assert_eq!(damage.seq, first_seq(name));
        assert_eq!(damage.fault, Fault::MissingSegment(first_seq(name)));
        assert_eq!(damage.intact_before, first_seq(name) - 1);
        if index > 0 && index + 1 < names.len() {
            assert_eq!(damage.intact_after, Some((first_seq(&names[index + 1]), 1_250)));
        }
        assert_line(&kept, first_seq(name) - 1, 300);
    }
}

#[test]
fn foreign_renamed_and_stale_segments_are_named() {
    let storage = store(900, 9, 300);
    let other = store(900, 9, 300);
    let names = segments(&storage);
    assert_eq!(names, segments(&other), "the same inputs fill the same segments");
    // A whole segment of another store.
    let own = storage.restart();
    let foreign = other.content(&names[1]).unwrap();
    own.corrupt(&names[1], |content| content.copy_from_slice(&foreign));
    let (Found::Damage(damage), _) = look(&own, &small()) else { panic!("foreign segment") };
    assert!(matches!(damage.fault, Fault::WrongStore { .. }), "{damage}");
    // A segment under another's name.
    let own = storage.restart();
    let wrong = storage.content(&names[2]).unwrap();
    own.corrupt(&names[1], |content| content.copy_from_slice(&wrong));
    let (Found::Damage(damage), _) = look(&own, &small()) else { panic!("renamed segment") };
    assert!(matches!(damage.fault, Fault::WrongName(_)), "{damage}");
    assert_eq!(damage.file, names[1]);
}

/// Marks are not in the chain of checksums: what takes one away is seen by the digest.
#[test]
fn a_mark_taken_out_of_a_full_segment_is_damage() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for seq in 1..=900 {
        append(&mut opened, 300);
        flush(&mut opened);
        if seq == 100 {
            opened.flusher.mark().unwrap();
        }
    }
    close(opened);
    let name = segments(&storage).remove(0);
    let records = records(&storage.content(&name).unwrap());
    let (_, at, _) = records.iter().find(|(_, _, kind)| *kind == Kind::Mark).unwrap();
    storage.corrupt(&name, |content| content.copy_within(at + 40.., *at));
    let (Found::Damage(damage), _) = look(&storage, &small()) else { panic!("no damage") };
    assert_eq!(damage.fault, Fault::Unlinked("digest"), "{damage}");
    assert_eq!(damage.file, segments(&storage)[1]);
}

/// A crash between the making of a segment and the seal of the one before: opening seals it, whether
/// the seal is missing or torn, so that the segment behind it is missed when it goes.
#[test]
fn a_seal_that_a_crash_prevented_or_tore_is_written_at_the_next_start() {
    let storage = store(900, 9, 300);
    let names = segments(&storage);
    let before = &names[names.len() - 2];
    let clean = storage.content(before).unwrap();
    let (_, seal_at, kind) = *records(&clean).last().unwrap();
    assert_eq!(kind, Kind::Seal);
    for kept in [0, 3, 20, 39] {
        let own = storage.restart();
        own.corrupt(before, |content| content[seal_at + kept..].fill(0));
        let (Found::Opened(recovered), line) = look(&own, &small()) else { panic!("damage") };
        assert_line(&line, 900, 300);
        assert_eq!(recovered.warnings.len(), usize::from(kept > 0), "{:?}", recovered.warnings);
        assert!(recovered.cut.is_none());
        assert_eq!(own.content(before).as_ref(), Some(&clean));
        ringpit_journal::Storage::remove(&own, names.last().unwrap()).unwrap();
        let (Found::Damage(damage), _) = look(&own, &small()) else { panic!("not missed") };
        assert!(matches!(damage.fault, Fault::MissingSegment(_)), "{damage}");
    }
}

#[test]
fn stray_bytes_behind_a_seal_are_warned_of_and_cost_nothing() {
    let storage = store(900, 9, 300);
    let name = segments(&storage).remove(0);
    storage.corrupt(&name, |content| {
        let last = content.len() - 1;
        content[last] = 1;
    });
    let (Found::Opened(recovered), kept) = look(&storage, &small()) else { panic!("damage") };
    assert_line(&kept, 900, 300);
    assert!(recovered.cut.is_none());
    assert!(recovered.warnings.iter().any(|warning| warning.contains(&name)), "{recovered:?}");
}

#[test]
fn an_accepted_loss_keeps_what_is_intact_and_sets_the_rest_aside() {
    let storage = store(900, 9, 300);
    let names = segments(&storage);
    let content = storage.content(&names[1]).unwrap();
    let (seq, at, _) = records(&content)[20];
    storage.corrupt(&names[1], |content| content[at + 41] ^= 1);
    let before = names.iter().map(|name| storage.content(name).unwrap()).collect::<Vec<_>>();
    let (Found::Damage(damage), _) = look(&storage, &small()) else { panic!("no damage") };
    assert_eq!((damage.seq, damage.intact_before), (seq, seq - 1));
    assert_eq!(damage.intact_after, Some((seq + 1, 900)));
    let after = names.iter().map(|name| storage.content(name).unwrap()).collect::<Vec<_>>();
    assert_eq!(before, after, "a refused start changes nothing");
    // More than is intact can't be kept.
    let too_much = Options { accept_loss_after: Some(seq), ..small() };
    let error = reopen(&storage, &too_much, None).0.err().unwrap();
    assert!(matches!(error, OpenError::LossTooSmall { intact, .. } if intact == seq - 1));
    let accept = Options { accept_loss_after: Some(seq - 1), ..small() };
    let (opened, kept) = reopen(&storage, &accept, None);
    assert_line(&kept, seq - 1, 300);
    let mut opened = opened.unwrap();
    assert_eq!(opened.recovered.accepted_loss.as_ref(), Some(&*damage));
    for _ in 0..500 {
        append(&mut opened, 300);
    }
    close(opened);
    let (opened, kept) = must_open(&storage, None);
    assert_line(&kept, seq - 1 + 500, 300);
    assert!(opened.recovered.cut.is_none() && opened.recovered.accepted_loss.is_none());
    // The damaged file and the one behind it are still there to look at.
    for (name, content) in names.iter().zip(&before).skip(1) {
        assert_eq!(storage.content(&format!("{name}.lost-1")).as_ref(), Some(content));
    }
    // Left on the command line, the option does no harm.
    let (opened, kept) = reopen(&storage, &accept, None);
    assert_line(&kept, seq - 1 + 500, 300);
    assert!(opened.unwrap().recovered.accepted_loss.is_none());
}

#[test]
fn what_a_client_chose_never_poses_as_a_record() {
    // The bytes of good records of another store as a payload of this one, torn so that the search
    // behind the tear reads them.
    let other = store(20, 1, 10);
    let content = other.content(&segments(&other)[0]).unwrap();
    let bait = content[4096..4096 + 960].to_vec();
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    opened.appender.append(Kind::Input, 1, 5, b"").unwrap();
    flush(&mut opened);
    opened.appender.append(Kind::Input, 2, 5, &bait).unwrap();
    flush(&mut opened);
    drop(opened);
    let name = segments(&storage).remove(0);
    storage.corrupt(&name, |content| content[4096 + 40] ^= 1);
    let (Found::Opened(recovered), kept) = look(&storage, &small()) else { panic!("deceived") };
    assert_eq!(kept.len(), 1);
    assert_eq!(recovered.cut.unwrap().records, 0);
}

#[test]
fn a_newer_format_or_newer_rules_are_refused_by_name() {
    let storage = store(5, 1, 10);
    let name = segments(&storage).remove(0);
    let older_program = Options { rules_version: 0, ..small() };
    let error = reopen(&storage, &older_program, None).0.err().unwrap();
    assert!(matches!(error, OpenError::NewerRules { found: 1, known: 0 }), "{error}");
    storage.corrupt(&name, |content| {
        content[8] = 2;
        let crc = crc32c::crc32c(&content[..4092]);
        content[4092..4096].copy_from_slice(&crc.to_le_bytes());
    });
    let error = reopen(&storage, &small(), None).0.err().unwrap();
    assert!(matches!(error, OpenError::NewerFormat { found: 2, .. }), "{error}");
}

#[test]
fn a_tail_of_another_line_is_not_taken() {
    // Two lines of one store that part after 10; the tail of one beside the segments of the other.
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for _ in 0..10 {
        append(&mut opened, 50);
    }
    flush(&mut opened);
    let fork = storage.restart();
    let early = opened.appender.copy_tail();
    for _ in 0..5 {
        append(&mut opened, 50);
    }
    let pending = opened.appender.copy_tail();
    let (mut forked, _) = must_open(&fork, Some(&early));
    // No later than the other line's, so that nothing but the checksums tells the two apart.
    let at = support::time_ns(11);
    for seq in 11..=12 {
        forked.appender.append(Kind::Input, seq, at, b"another history").unwrap();
    }
    flush(&mut forked);
    drop(forked);
    // 11 and 12 are numbers the other line has too; 13 would be next but follows another 12.
    let (again, kept) = reopen(&fork, &small(), Some(&pending));
    let again = again.unwrap();
    assert_eq!((kept.len(), again.recovered.last_seq, again.recovered.tail_records), (12, 12, 0));
    assert!(again.recovered.warnings.iter().any(|text| text.contains("do not continue")));
    // Its own line takes it.
    let (_, kept) = must_open(&storage, Some(&pending));
    assert_line(&kept, 15, 50);
}

#[test]
fn a_tail_that_proves_more_than_the_segments_hold_is_damage() {
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for _ in 0..10 {
        append(&mut opened, 50);
    }
    flush(&mut opened);
    let backup = storage.restart();
    for _ in 0..10 {
        append(&mut opened, 50);
        flush(&mut opened);
    }
    append(&mut opened, 50);
    let tail = opened.appender.copy_tail();
    let error = reopen(&backup, &small(), Some(&tail)).0.err().unwrap();
    let OpenError::Damage(damage) = error else { panic!("{error}") };
    assert_eq!((damage.seq, &damage.fault), (11, &Fault::BehindTail(20)), "{damage}");
    let accept = Options { accept_loss_after: Some(10), ..small() };
    let (opened, kept) = reopen(&backup, &accept, Some(&tail));
    assert_line(&kept, 10, 50);
    assert_eq!(opened.unwrap().recovered.last_seq, 10);
    let empty = MemStorage::new();
    let error = reopen(&empty, &small(), Some(&tail)).0.err().unwrap();
    assert!(matches!(error, OpenError::Damage(_)), "segments are gone, the tail is there");
}

#[test]
fn a_gap_in_the_numbers_is_damage() {
    // Take record 5 out of a clean segment and move the rest up.
    let storage = store(10, 1, PAYLOAD_BYTES);
    let name = segments(&storage).remove(0);
    let records = records(&storage.content(&name).unwrap());
    let (from, until) = (records[4].1, records[5].1);
    storage.corrupt(&name, |content| {
        content.copy_within(until.., from);
    });
    let (Found::Damage(damage), kept) = look(&storage, &small()) else { panic!("no damage") };
    assert_line(&kept, 4, PAYLOAD_BYTES);
    let expected = Fault::Sequence { kind: Kind::Input, expected: 5, found: 6 };
    assert_eq!((damage.seq, &damage.fault), (5, &expected));
}

/// Random bits, runs and zeroed or exchanged ranges in a store whose server was killed: what is
/// recovered is always a prefix, and never without what some untouched mark proves.
#[test]
fn random_damage_never_shortens_the_line_silently() {
    const COUNT: u64 = 1_000;
    let storage = MemStorage::new();
    let (mut opened, _) = must_open(&storage, None);
    for seq in 1..=COUNT {
        append(&mut opened, 200);
        if seq % 13 == 0 {
            flush(&mut opened);
        }
    }
    flush(&mut opened);
    drop(opened);
    let names = segments(&storage);
    let expected = look(&storage.restart(), &small()).1;
    assert_line(&expected, COUNT, 200);
    let mut random = Random(99);
    let (mut cuts, mut damages) = (0, 0);
    for _ in 0..tries(1_500) {
        let own = storage.restart();
        for _ in 0..=random.below(3) {
            let name = &names[random.below(names.len() as u64) as usize];
            own.corrupt(name, |content| {
                let at = random.below(content.len() as u64) as usize;
                let len = (random.below(300) as usize + 1).min(content.len() - at);
                match random.below(4) {
                    0 => content[at] ^= 1 << random.below(8),
                    1 => content[at..at + len].fill(0),
                    2 => content[at..at + len].iter_mut().for_each(|b| *b = random.next() as u8),
                    _ => {
                        let from = random.below((content.len() - len) as u64) as usize;
                        content.copy_within(from..from + len, at);
                    }
                }
            });
        }
        let (found, kept) = look(&own, &small());
        let last = kept.len() as u64;
        assert_eq!(kept[..], expected[..kept.len()]);
        match found {
            Found::Damage(damage) => {
                assert_eq!(damage.intact_before, last);
                damages += 1;
            }
            // The last batch, from 989 on, is above every mark.
            Found::Opened(recovered) => {
                assert!(last >= 988, "only {last} of the line: {recovered:?}");
                cuts += 1;
            }
        }
    }
    println!("{damages} damages found, {cuts} legal ends");
    assert!(damages > 0 && cuts > 0);
}
