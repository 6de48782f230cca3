use std::io::Cursor;
use std::sync::Arc;

use petrel_model::clock::ManualClock;
use petrel_model::event::Event;
use petrel_store::conformance::{Other, Plains, RawKey, RawValue, Serials, TABLES};
use petrel_store::dump::{self, DumpError, Phase};
use petrel_store::engine::FullRow;
use petrel_store::sim::{self, Hostility, SimEngine};
use petrel_store::{Catalogue, Dropped, Engine, Store, Table};

fn catalogue() -> Catalogue {
    Catalogue::new(TABLES.iter().copied(), &[]).unwrap()
}

fn key(number: u64) -> RawKey {
    RawKey(number.to_be_bytes().to_vec())
}

async fn filled() -> (Store, Arc<ManualClock>) {
    let (store, wall) = sim::store(1);
    for number in 0..3_000_u64 {
        let mut batch = store.batch();
        let value = RawValue(vec![number as u8; (number % 50) as usize]);
        batch.put::<Plains>(&key(number % 7), &key(number), &value);
        let at_s = store.clock().now_s() + 1_000 + number;
        batch.put_until::<Other>(&key(number), &RawKey(vec![0, 0xFF]), &value, at_s);
        if number < 10 {
            batch.emit(Event::Nothing);
        }
        batch.commit().await.unwrap();
    }
    let (name, sort) = (RawKey::from("name"), RawKey::from(""));
    let claim = store.write_if::<Serials>(&name).absent(&sort);
    claim
        .put(&sort, &RawValue::from("claimed"))
        .commit()
        .await
        .unwrap();
    (store, wall)
}

async fn rows_of(engine: &dyn Engine) -> Vec<Vec<FullRow>> {
    let mut all = Vec::new();
    for table in [Plains::ID, Other::ID, Serials::ID] {
        let (mut rows, token) = engine.scan_table(table, None, 100_000).await.unwrap();
        assert!(token.is_none());
        rows.sort_by(|a, b| (&a.partition, &a.row.sort).cmp(&(&b.partition, &b.row.sort)));
        all.push(rows);
    }
    all
}

async fn dumped(engine: &dyn Engine) -> Vec<u8> {
    let mut file = Vec::new();
    let written = dump::write(engine, &catalogue(), 77, &mut file, &mut |_| {}).await;
    let summary = written.unwrap();
    assert_eq!((summary.begun_ms, summary.bytes), (77, file.len() as u64));
    file
}

async fn restored(engine: &dyn Engine, file: &[u8]) -> Result<dump::Summary, DumpError> {
    dump::restore(engine, &catalogue(), &mut Cursor::new(file), &mut |_| {}).await
}

#[tokio::test]
async fn a_restored_store_has_the_same_rows_revisions_and_expiries() {
    let (store, wall) = filled().await;
    let file = dumped(&**store.engine()).await;
    let target = SimEngine::calm(wall.clone(), 2);
    let mut phases = Vec::new();
    let mut input = Cursor::new(&file);
    let told = &mut |progress: dump::Progress<'_>| phases.push((progress.phase, progress.rows));
    let summary = dump::restore(&*target, &catalogue(), &mut input, told)
        .await
        .unwrap();
    assert_eq!((summary.rows(), summary.bytes), (6_011, file.len() as u64));
    let plains = ("conformance_plains".to_owned(), 3_000);
    assert!(summary.tables.contains(&plains));
    assert!(
        phases.contains(&(Phase::Verifying, 6_011)) && phases.contains(&(Phase::Loading, 6_011))
    );
    assert!(rows_of(&*target).await == rows_of(&**store.engine()).await);
    let last = target.last_stamp().await.unwrap();
    let next = store.engine().last_stamp().await.unwrap();
    assert_eq!(last, next, "a restored node starts above the greatest");
    // A dump of the copy lacks nothing but the events of its former life.
    let again = dumped(&*target).await;
    let again = dump::verify(&catalogue(), &mut &again[..], &mut |_| {}).unwrap();
    assert_eq!(again.tables[0], ("events".to_owned(), 0));
    assert_eq!(again.tables[1..], summary.tables[1..]);
}

#[tokio::test]
async fn a_dump_is_one_moment_although_writes_go_on() {
    let wall = Arc::new(ManualClock::at_ms(sim::BEGIN_MS));
    let engine = SimEngine::calm(wall.clone(), 1);
    let (store, _) = sim::node(&engine, 1, 1, sim::BEGIN_MS);
    let twin = |number: u64| {
        let store = &store;
        async move {
            let mut batch = store.batch();
            batch.put::<Plains>(&key(number), &key(0), &RawValue::from("twin"));
            batch.put::<Other>(&key(number), &key(0), &RawValue::from("twin"));
            batch.commit().await.unwrap();
        }
    };
    for number in 0..2_500 {
        twin(number).await;
    }
    // Not torn, because a snapshot may hold half of a batch that is under way.
    engine.set_hostility(Hostility {
        turns_max: 3,
        ..Hostility::CALM
    });
    let mut file = Vec::new();
    let tables = catalogue();
    let told = &mut |_: dump::Progress<'_>| {};
    let dump = dump::write(&*engine, &tables, 1, &mut file, told);
    let writes = async {
        for number in 2_500..2_600 {
            twin(number).await;
        }
    };
    let (summary, ()) = futures_util::future::join(dump, writes).await;
    assert!(summary.unwrap().rows() < 5_200, "writes went on");
    let target = SimEngine::calm(wall, 2);
    restored(&*target, &file).await.unwrap();
    let rows = rows_of(&*target).await;
    assert_eq!(rows[0].len(), rows[1].len());
}

#[tokio::test]
async fn a_damaged_or_unfinished_dump_loads_nothing() {
    let (store, wall) = filled().await;
    let file = dumped(&**store.engine()).await;
    let target = SimEngine::calm(wall, 2);
    let mut damaged = 0;
    for at in (0..file.len())
        .step_by(991)
        .chain(file.len() - 40..file.len())
    {
        for cut in [true, false] {
            let mut bytes = file.clone();
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 0x10;
            }
            let error = restored(&*target, &bytes).await.unwrap_err();
            let is_clear = matches!(
                error,
                DumpError::Truncated { .. }
                    | DumpError::Corrupt { .. }
                    | DumpError::NotADump
                    | DumpError::Version { .. }
            );
            assert!(is_clear, "byte {at}: {error}");
            if let DumpError::Corrupt { at: told, .. } = error {
                assert!(told <= at as u64, "damage at {at} is reported at {told}");
            }
            damaged += 1;
        }
    }
    assert!(damaged > 200);
    assert!(rows_of(&*target).await.iter().all(Vec::is_empty));
    let mut longer = file.clone();
    longer.push(0);
    assert!(matches!(
        restored(&*target, &longer).await,
        Err(DumpError::Corrupt { .. })
    ));
    restored(&*target, &file).await.unwrap();
}

/// Each frame bears its own checksum, but the whole is not what was written.
#[tokio::test]
async fn a_dump_with_frames_exchanged_or_lost_is_refused() {
    let (store, wall) = filled().await;
    let file = dumped(&**store.engine()).await;
    let (head, mut at) = (12, 12);
    let mut frames = Vec::new();
    while at < file.len() {
        let length: [u8; 4] = file[at..at + 4].try_into().unwrap();
        let end = at + 8 + u32::from_be_bytes(length) as usize;
        frames.push(&file[at..end]);
        at = end;
    }
    assert!(frames.len() >= 9);
    let target = SimEngine::calm(wall, 2);
    let mut exchanged = frames.clone();
    exchanged.swap(2, 3);
    let mut lost = frames.clone();
    lost.remove(3);
    let mut doubled = frames.clone();
    doubled.insert(3, frames[3]);
    for changed in [exchanged, lost, doubled] {
        let bytes = [&file[..head], &changed.concat()].concat();
        let error = restored(&*target, &bytes).await.unwrap_err();
        assert!(matches!(error, DumpError::Corrupt { .. }), "{error}");
    }
    let bytes = [&file[..head], &frames.concat()].concat();
    restored(&*target, &bytes).await.unwrap();
}

#[tokio::test]
async fn what_it_cannot_take_in_it_refuses_with_a_reason() {
    let (store, wall) = filled().await;
    let file = dumped(&**store.engine()).await;
    let full = restored(&**store.engine(), &file).await.unwrap_err();
    assert!(
        matches!(full, DumpError::NotEmpty { table: "events" }),
        "{full}"
    );
    let target = SimEngine::calm(wall, 2);
    let mut newer = file.clone();
    newer[11] = 9;
    let version = restored(&*target, &newer).await.unwrap_err();
    assert!(matches!(version, DumpError::Version { found: 9 }));
    let without = |dropped: &[Dropped]| {
        let specs = TABLES.iter().copied().filter(|spec| spec.id != Other::ID);
        Catalogue::new(specs, dropped).unwrap()
    };
    let mut input = Cursor::new(&file);
    let unknown = dump::restore(&*target, &without(&[]), &mut input, &mut |_| {}).await;
    assert!(matches!(
        unknown,
        Err(DumpError::UnknownTable { id: Other::ID, .. })
    ));
    assert!(rows_of(&*target).await.iter().all(Vec::is_empty));
    // A table that was dropped since is left out.
    let grave = Dropped {
        id: Other::ID,
        name: Other::NAME,
    };
    dump::restore(&*target, &without(&[grave]), &mut input, &mut |_| {})
        .await
        .unwrap();
    let counts: Vec<usize> = rows_of(&*target).await.iter().map(Vec::len).collect();
    assert_eq!(counts, [3_000, 0, 1]);
}
