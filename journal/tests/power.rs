//! Power cuts, failed flushes, full disks: whatever part of the unflushed writes reaches the disk,
//! in whatever order, a prefix of the line is recovered that holds everything acknowledged; after a
//! failure nothing more is acknowledged; what was recovered is durable before anything else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ringpit_journal::mem::{Faults, MemStorage};
use ringpit_journal::{
    FlushError, Kind, OpenError, Opened, Options, SegmentMap, Storage, StorageFile, TailCopy,
    Watermark, open_in,
};
use support::{Random, small, tries};

/// The line as it should be, kept by the test: what was appended, in order.
#[derive(Clone, Default)]
struct Model {
    payloads: Vec<Vec<u8>>,
}

impl Model {
    /// Opens the store and checks that it holds a prefix of the line with all of `acknowledged`;
    /// the line goes on from there.
    fn open(
        &mut self,
        storage: Arc<dyn Storage>,
        tail: Option<&TailCopy>,
        acknowledged: u64,
    ) -> Result<Opened, OpenError> {
        let mut found = 0;
        let opened = open_in(
            storage,
            &small(),
            tail,
            &mut |record| {
                if record.kind == Kind::Input {
                    assert_eq!(record.seq, found as u64 + 1);
                    assert_eq!(record.payload, self.payloads[found], "payload of {}", record.seq);
                    found += 1;
                }
                Ok(())
            },
            &mut |_| {},
        )?;
        assert!(found as u64 >= acknowledged, "{found} of {acknowledged} acknowledged");
        assert_eq!(opened.recovered.last_seq, found as u64);
        self.payloads.truncate(found);
        Ok(opened)
    }

    /// Appends a random input, if there is room.
    fn append(&mut self, opened: &mut Opened, random: &mut Random) -> bool {
        // Mostly small, now and then as large as it gets.
        let len = if random.below(40) == 0 { random.below(8_000) } else { random.below(300) };
        let payload: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        if !opened.appender.has_room(payload.len()) {
            return false;
        }
        let seq = self.payloads.len() as u64 + 1;
        opened.appender.append(Kind::Input, seq, seq * 10, &payload).unwrap();
        if random.below(20) == 0 {
            // Takes no number; where there is no room for it, none is due.
            let _ = opened.appender.append(Kind::Checkpoint, seq, seq * 10, b"digest");
        }
        self.payloads.push(payload);
        true
    }
}

/// One turn of work: some inputs, then mostly a flush and what follows it.
fn turn(model: &mut Model, opened: &mut Opened, random: &mut Random) -> Result<(), FlushError> {
    for _ in 0..random.below(12) {
        model.append(opened, random);
    }
    if random.below(8) == 0 {
        opened.flusher.prepare()?;
    }
    if opened.flusher.flush_pending()?.is_some() {
        opened.flusher.after_flush()?;
    } else {
        opened.flusher.mark()?;
    }
    Ok(())
}

/// Calls back before each flush, when the most is pending.
struct Watched {
    disk: MemStorage,
    before_sync: Arc<dyn Fn(&MemStorage) + Send + Sync>,
}

struct WatchedFile {
    file: Box<dyn StorageFile>,
    disk: MemStorage,
    before_sync: Arc<dyn Fn(&MemStorage) + Send + Sync>,
}

impl Watched {
    fn file(&self, file: io::Result<Box<dyn StorageFile>>) -> io::Result<Box<dyn StorageFile>> {
        let (disk, before_sync) = (self.disk.clone(), self.before_sync.clone());
        Ok(Box::new(WatchedFile { file: file?, disk, before_sync }))
    }
}

impl Storage for Watched {
    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.file(self.disk.create(name))
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.file(self.disk.open(name))
    }
    fn open_read(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.disk.open_read(name)
    }
    fn map(&self, name: &str) -> io::Result<SegmentMap> {
        self.disk.map(name)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }
    fn sync_dir(&self) -> io::Result<()> {
        (self.before_sync)(&self.disk);
        self.disk.sync_dir()
    }
    fn path(&self) -> PathBuf {
        self.disk.path()
    }
}

impl StorageFile for WatchedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(buffer, at)
    }
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.file.write_at(bytes, at)
    }
    fn sync_data(&self) -> io::Result<()> {
        (self.before_sync)(&self.disk);
        self.file.sync_data()
    }
}

/// What a watched flush needs to know to take images.
struct Camera {
    images: Vec<(MemStorage, u64)>,
    random: Random,
    acknowledged: u64,
    watermark: Option<Watermark>,
}

impl Camera {
    /// All, none and random parts of what is pending, torn at sectors and at pages.
    fn take(&mut self, disk: &MemStorage) {
        if let Some(watermark) = &self.watermark {
            self.acknowledged = watermark.durable();
        }
        let random = &mut self.random;
        let mut images = vec![disk.crash(4096, &mut || true), disk.crash(4096, &mut || false)];
        for sector in [512, 4096, 512, 4096] {
            let odds = 1 + random.below(7);
            images.push(disk.crash(sector, &mut || random.below(8) < odds));
        }
        self.images.extend(images.into_iter().map(|image| (image, self.acknowledged)));
    }
}

#[test]
fn torn_and_reordered_images_recover_what_was_acknowledged() {
    let work =
        |part: u64| move || (0..tries(1)).map(|n| images_of(11 + part + 2 * n)).sum::<usize>();
    let tried: usize = std::thread::scope(|scope| {
        let threads = [scope.spawn(work(0)), scope.spawn(work(1))];
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("{tried} images tried");
    assert!(tried >= 3_000, "{tried} images");
}

/// Lives that each begin with a random image of the one before, taken at any flush of work, of a
/// rotation, or of recovery itself.
fn images_of(seed: u64) -> usize {
    let mut random = Random(seed);
    let mut model = Model::default();
    let mut disk = MemStorage::new();
    let mut acknowledged = 0;
    let mut tried = 0;
    for _life in 0..14 {
        let camera = Arc::new(Mutex::new(Camera {
            images: Vec::new(),
            random: Random(random.next()),
            acknowledged,
            watermark: None,
        }));
        let taker = camera.clone();
        let before_sync: Arc<dyn Fn(&MemStorage) + Send + Sync> =
            Arc::new(move |disk| taker.lock().unwrap().take(disk));
        let storage = Arc::new(Watched { disk: disk.clone(), before_sync });
        let mut before = model.clone();
        let mut opened = model.open(storage, None, acknowledged).unwrap();
        // Recovery may drop what was not acknowledged, but an image from before it did can still
        // hold it: compare those with the longer line.
        let during_recovery = camera.lock().unwrap().images.len();
        camera.lock().unwrap().watermark = Some(opened.appender.watermark());
        for _ in 0..18 {
            turn(&mut model, &mut opened, &mut random).unwrap();
        }
        drop(opened);
        let images = std::mem::take(&mut camera.lock().unwrap().images);
        assert!(images.len() > 100, "{} images", images.len());
        for (index, (image, acknowledged)) in images.iter().enumerate() {
            let line = if index < during_recovery { &mut before } else { &mut model };
            let mut own = line.clone();
            let opened = own.open(Arc::new(image.restart()), None, *acknowledged);
            opened.unwrap_or_else(|error| panic!("image {index}: {error}"));
            tried += 1;
        }
        let (image, durable) = images[random.below(images.len() as u64) as usize].clone();
        let index = images.iter().position(|(other, _)| same(other, &image)).unwrap();
        if index < during_recovery {
            model = before;
        }
        (disk, acknowledged) = (image, durable);
    }
    tried
}

fn same(one: &MemStorage, other: &MemStorage) -> bool {
    let content = |disk: &MemStorage| -> Vec<_> {
        disk.list().unwrap().iter().map(|name| disk.content(name)).collect()
    };
    content(one) == content(other)
}

/// What happened until the first failure: the store's state, its tail, what was acknowledged.
struct Failed {
    model: Model,
    acknowledged: u64,
    tail: Option<TailCopy>,
    error: String,
}

/// Works until something fails (or for long enough), on a disk with `faults`.
fn work_until_failure(disk: &MemStorage, faults: Faults, seed: u64) -> Option<Failed> {
    let mut random = Random(seed);
    let mut model = Model::default();
    disk.set_faults(faults);
    let mut opened = match model.open(Arc::new(disk.clone()), None, 0) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(matches!(error, OpenError::Io(_)), "{error}");
            let (acknowledged, tail) = (0, None);
            return Some(Failed { model, acknowledged, tail, error: error.to_string() });
        }
    };
    let watermark = opened.appender.watermark();
    for _ in 0..400 {
        let Err(error) = turn(&mut model, &mut opened, &mut random) else { continue };
        let acknowledged = watermark.durable();
        assert_eq!(error.durable_seq, acknowledged);
        assert!(opened.appender.failed() && watermark.failed());
        assert_eq!(watermark.releasable(), acknowledged, "nothing more is acknowledged");
        let next = model.payloads.len() as u64 + 1;
        let refused = opened.appender.append(Kind::Input, next, next * 10, b"");
        assert_eq!(refused, Err(ringpit_journal::Refused::Failed));
        let (tail, error) = (Some(opened.appender.copy_tail()), error.to_string());
        return Some(Failed { model, acknowledged, tail, error });
    }
    None
}

/// After a failure the server is started again: on the same machine, and after a power cut. Then
/// the power goes once more: what was recovered had to be durable.
fn assert_nothing_is_lost(disk: &MemStorage, failed: &Failed) {
    let restarted = disk.restart();
    let mut model = failed.model.clone();
    let opened = model.open(Arc::new(restarted.clone()), failed.tail.as_ref(), failed.acknowledged);
    let last_seq = opened.unwrap().recovered.last_seq;
    assert_eq!(last_seq, failed.model.payloads.len() as u64, "a killed process loses nothing");
    let dark = restarted.crash(512, &mut || false);
    let opened = model.open(Arc::new(dark), None, last_seq);
    assert_eq!(opened.unwrap().recovered.last_seq, last_seq);

    let dark = disk.crash(512, &mut || false);
    let mut model = failed.model.clone();
    model.open(Arc::new(dark), None, failed.acknowledged).unwrap();
}

#[test]
fn each_flush_that_fails_ends_it_and_nothing_acknowledged_is_lost() {
    for nth in 1..=200 {
        let disk = MemStorage::new();
        let faults = Faults { fail_sync: Some(nth), ..Faults::default() };
        let failed = work_until_failure(&disk, faults, nth).unwrap();
        assert!(failed.error.contains("injected failure of a flush"), "{}", failed.error);
        assert_nothing_is_lost(&disk, &failed);
    }
}

#[test]
fn each_write_that_fails_or_is_short_ends_it() {
    for nth in 1..=200 {
        let short = Faults { short_write: Some(nth), ..Faults::default() };
        let fails = Faults { fail_write: Some(nth), ..Faults::default() };
        for (faults, word) in [(short, "short write"), (fails, "injected failure of a write")] {
            let disk = MemStorage::new();
            let failed = work_until_failure(&disk, faults, nth).unwrap();
            assert!(failed.error.contains(word), "{}", failed.error);
            assert_nothing_is_lost(&disk, &failed);
        }
    }
}

#[test]
fn a_full_disk_is_refused_by_name_at_every_size() {
    let segment_bytes = small().segment_bytes;
    for capacity in (0..=3 * segment_bytes).step_by(1_531) {
        let disk = MemStorage::new();
        let faults = Faults { capacity_bytes: Some(capacity), ..Faults::default() };
        let failed = work_until_failure(&disk, faults, 3).unwrap();
        let is_named = failed.error.contains("short write") || failed.error.contains("no storage");
        assert!(is_named && failed.error.contains(".rpj"), "{}", failed.error);
        // With room again, it goes on.
        assert_nothing_is_lost(&disk, &failed);
    }
}

#[test]
fn a_crash_while_losses_are_set_aside_leaves_a_store_that_can_try_again() {
    let mut random = Random(5);
    let disk = MemStorage::new();
    let mut model = Model::default();
    let mut opened = model.open(Arc::new(disk.clone()), None, 0).unwrap();
    while disk.list().unwrap().iter().filter(|name| name.ends_with(".rpj")).count() < 4 {
        turn(&mut model, &mut opened, &mut random).unwrap();
    }
    drop(opened);
    let mut names = disk.list().unwrap();
    names.retain(|name| name.ends_with(".rpj"));
    disk.corrupt(&names[1], |content| content[20_000] ^= 1);
    let intact = match model.clone().open(Arc::new(disk.clone()), None, 0) {
        Err(OpenError::Damage(damage)) => damage.intact_before,
        _ => panic!("no damage"),
    };
    let accept = Options { accept_loss_after: Some(intact), ..small() };
    let images = Arc::new(Mutex::new(Vec::new()));
    let taker = images.clone();
    let before_sync: Arc<dyn Fn(&MemStorage) + Send + Sync> = Arc::new(move |disk| {
        for sector in [512, 4096] {
            let mut random = Random(77);
            let image = disk.crash(sector, &mut || random.below(2) == 0);
            taker.lock().unwrap().push(image);
        }
    });
    let storage = Arc::new(Watched { disk, before_sync });
    open_in(storage, &accept, None, &mut |_| Ok(()), &mut |_| {}).unwrap();
    let images = std::mem::take(&mut *images.lock().unwrap());
    assert!(images.len() >= 6, "{} images", images.len());
    for image in images {
        let mut found = 0;
        let count = &mut |record: &ringpit_journal::Record<'_>| {
            found += u64::from(record.kind == Kind::Input);
            Ok(())
        };
        open_in(Arc::new(image), &accept, None, count, &mut |_| {}).unwrap();
        assert_eq!(found, intact);
    }
}

/// Killed again and again while it recovers, at each flush and write of recovery itself, with the
/// same tail still there: nothing is lost, and nothing is taken twice.
#[test]
fn a_recovery_that_is_killed_anywhere_can_be_tried_again() {
    let mut random = Random(21);
    let disk = MemStorage::new();
    let mut model = Model::default();
    let mut opened = model.open(Arc::new(disk.clone()), None, 0).unwrap();
    for _ in 0..60 {
        turn(&mut model, &mut opened, &mut random).unwrap();
    }
    // More pending than the segment has room for, so that recovery itself must rotate.
    while model.append(&mut opened, &mut random) {}
    let tail = opened.appender.copy_tail();
    let acknowledged = opened.appender.watermark().durable();
    drop(opened);
    let last_seq = model.payloads.len() as u64;
    let mut failures = 0;
    for nth in 1.. {
        let fail_sync = Faults { fail_sync: Some(nth), ..Faults::default() };
        let short_write = Faults { short_write: Some(nth), ..Faults::default() };
        let before = failures;
        for faults in [fail_sync, short_write] {
            let own = disk.restart();
            own.set_faults(faults);
            let first = model.clone().open(Arc::new(own.clone()), Some(&tail), last_seq);
            failures += u32::from(first.is_err());
            // The same machine, the same tail; then the power goes.
            let again = own.restart();
            model.clone().open(Arc::new(again.clone()), Some(&tail), last_seq).unwrap();
            let dark = again.crash(512, &mut || false);
            model.clone().open(Arc::new(dark), None, last_seq).unwrap();
            // Or the power goes at once.
            let dark = own.crash(512, &mut || random.below(2) == 0);
            model.clone().open(Arc::new(dark), None, acknowledged).unwrap();
        }
        if failures == before {
            break;
        }
    }
    assert!(failures >= 10, "{failures} failures");
}

/// The mark that a clean stop ends with is itself flushed: a power cut right after changes nothing.
#[test]
fn a_clean_stop_is_durable_to_its_last_byte() {
    let mut random = Random(8);
    let disk = MemStorage::new();
    let mut model = Model::default();
    let mut opened = model.open(Arc::new(disk.clone()), None, 0).unwrap();
    for _ in 0..40 {
        turn(&mut model, &mut opened, &mut random).unwrap();
    }
    model.append(&mut opened, &mut random);
    support::close(opened);
    let dark = disk.crash(512, &mut || false);
    for name in disk.list().unwrap().iter().filter(|name| name.ends_with(".rpj")) {
        assert!(disk.content(name) == dark.content(name), "{name} after the power cut");
    }
}
