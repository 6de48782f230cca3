//! A dump of an engine without snapshots, while other nodes write.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use futures_util::future::{join, join_all};
use petrel_store::dump::{self, DumpError};
use petrel_store::events::Events;
use petrel_store::sim::{Hostility, SimEngine};
use petrel_store::{
    Catalogue, Key, Latest, Nodes, Plain, Record, Store, StoreError, Table, TableId, TableSpec,
    TakesRights,
};

use crate::nodes::World;

/// What an author has posted, by number: after how many of the author's blocks.
struct Posts;
impl Table for Posts {
    const ID: TableId = 0x7E00;
    const NAME: &'static str = "test_posts";
    type Partition = u64;
    type Sort = u64;
    type Value = u64;
    type Mode = Plain;
    const BOUND: &'static str = "cap: the test's own";
}

/// The author's blocks, by number.
struct Blocks;
impl Table for Blocks {
    const ID: TableId = 0x7E01;
    const NAME: &'static str = "test_blocks";
    type Partition = u64;
    type Sort = u64;
    type Value = u64;
    type Mode = Plain;
    const BOUND: &'static str = "cap: the test's own";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

/// What no event names.
struct Tasks;
impl Table for Tasks {
    const ID: TableId = 0x7DFF;
    const NAME: &'static str = "test_tasks";
    type Partition = u64;
    type Sort = u64;
    type Value = u64;
    type Mode = Plain;
    const BOUND: &'static str = "cap: the test's own";
    const CACHED: bool = false;
}

fn catalogue() -> Catalogue {
    let tables = [
        TableSpec::of::<Events>(),
        TableSpec::of::<Latest>(),
        TableSpec::of::<Nodes>(),
        // In the order of their ids tasks are scanned before posts, and posts before blocks: the
        // wrong way round.
        TableSpec::of::<Posts>(),
        TableSpec::of::<Blocks>(),
        TableSpec::of::<Tasks>(),
    ];
    Catalogue::new(tables, &[]).unwrap()
}

const AUTHORS: u64 = 300;
const WRITERS: u64 = 12;

async fn commit(store: &Store, fill: impl Fn(&mut petrel_store::Batch<'_>)) {
    let mut batch = store.batch();
    fill(&mut batch);
    loop {
        match batch.commit().await {
            Ok(_) => return,
            Err(StoreError::Timeout { .. } | StoreError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// All authors have a post and one that will be deleted.
async fn fill(store: &Store) {
    for author in 0..AUTHORS {
        commit(store, |batch| {
            batch.put::<Posts>(&author, &0, &0);
            batch.put::<Posts>(&author, &1, &0);
            batch.put::<Tasks>(&author, &0, &0);
        })
        .await;
    }
    // So much that a scan takes longer than a command.
    for author in 1_000..1_200 {
        commit(store, |batch| {
            (0..100).for_each(|post| batch.put::<Posts>(&author, &post, &0));
        })
        .await;
    }
}

/// Until the dump is over: now and then a block and then, only after it was acknowledged, an edit
/// by the same author; else edits of others, and at first a deletion.
async fn write(world: &World, writer: u64, is_over: &Cell<bool>, acknowledged: &Cell<usize>) {
    // One of them is the node that takes the dump.
    let store = &world.nodes[writer as usize % 3].store;
    let mut blocks: BTreeMap<u64, u64> = BTreeMap::new();
    // A command is stamped later than what it read.
    store.catch_up().await.unwrap();
    for step in 0.. {
        if is_over.get() {
            return;
        }
        // Each author has one writer.
        let author = || world.below(AUTHORS / WRITERS) * WRITERS + writer;
        let blocker = author();
        if world.below(20) == 0 {
            let block = blocks.get(&blocker).copied().unwrap_or_default() + 1;
            commit(store, |batch| batch.put::<Blocks>(&blocker, &block, &0)).await;
            blocks.insert(blocker, block);
            acknowledged.set(acknowledged.get() + 1);
            commit(store, |batch| batch.put::<Posts>(&blocker, &0, &block)).await;
        }
        let edited: BTreeSet<u64> = (0..8).map(|_| author()).collect();
        commit(store, |batch| {
            for author in &edited {
                let block = blocks.get(author).copied().unwrap_or_default();
                batch.put::<Posts>(author, &0, &block);
                if step == 0 {
                    batch.delete::<Posts>(author, &1);
                    batch.put::<Posts>(author, &2, &0);
                    batch.put::<Tasks>(author, &1, &0);
                }
            }
        })
        .await;
    }
}

async fn rows<T: Table<Partition = u64, Sort = u64, Value = u64>>(
    engine: &SimEngine,
) -> BTreeMap<(u64, u64), u64> {
    use petrel_store::Engine;
    let (rows, _) = engine.scan_table(T::ID, None, 1_000_000).await.unwrap();
    let read = rows.into_iter().map(|full| {
        let partition = u64::from_bytes(&full.partition).unwrap();
        let sort = u64::from_bytes(&full.row.sort).unwrap();
        ((partition, sort), u64::from_value(&full.row.value).unwrap())
    });
    read.collect()
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_forbidden_is_in_it() {
    let (mut blocks_seen, mut deleted_seen) = (0, 0);
    for seed in 1..5 {
        let world = World::of(3, seed, 1_000).await;
        fill(&world.nodes[0].store).await;
        world.engine.set_hostility(Hostility::SLOW);
        let (is_over, acknowledged) = (Cell::new(false), Cell::new(0));
        let writers =
            join_all((0..WRITERS).map(|writer| write(&world, writer, &is_over, &acknowledged)));
        let mut file = Vec::new();
        let store_begun_ms = world.nodes[0].store.clock().now_ms();
        let dumping = async {
            let tables = catalogue();
            let store = &world.nodes[0].store;
            let told = &mut |_: dump::Progress<'_>| {};
            let summary = dump::write_store(store, &tables, 7, &mut file, told).await;
            is_over.set(true);
            (summary, acknowledged.get())
        };
        let ((summary, acknowledged), _) = join(dumping, writers).await;
        let summary = summary.unwrap();
        let verified = dump::verify(&catalogue(), &mut &file[..], &mut |_| {}).unwrap();
        assert!(summary.closed_ms >= store_begun_ms, "{summary:?}");
        let as_read = dump::Summary {
            closed_ms: summary.begun_ms,
            ..summary
        };
        assert_eq!(verified, as_read);
        let target = SimEngine::calm(world.engine_wall.clone(), seed);
        let mut input = Cursor::new(&file);
        dump::restore(&*target, &catalogue(), &mut input, &mut |_| {})
            .await
            .unwrap();
        let (posts, blocks) = (rows::<Posts>(&target).await, rows::<Blocks>(&target).await);
        let tasks = rows::<Tasks>(&target).await;
        // Those of the very last round may be acknowledged after it has read.
        assert!(
            blocks.len() + 2 >= acknowledged,
            "{} of {acknowledged} blocks",
            blocks.len()
        );
        blocks_seen += blocks.len();
        for author in 0..AUTHORS {
            let post = posts.get(&(author, 0)).copied();
            let after = post.expect("what was there before the dump began is in it");
            let known = blocks
                .range((author, 0)..(author + 1, 0))
                .last()
                .map_or(0, |((_, block), _)| *block);
            assert!(
                known >= after,
                "seed {seed}: {author} posted after block {after}, known is {known}"
            );
            // A deletion and what was written with it are both in it or both not.
            let was_deleted = posts.contains_key(&(author, 2));
            assert_eq!(
                !posts.contains_key(&(author, 1)),
                was_deleted,
                "seed {seed}: {author}"
            );
            // So is a task, although no event names it.
            assert!(tasks.contains_key(&(author, 0)));
            assert!(
                !was_deleted || tasks.contains_key(&(author, 1)),
                "seed {seed}: {author}"
            );
            deleted_seen += usize::from(was_deleted);
        }
    }
    assert!(
        blocks_seen > 15 && deleted_seen > 80,
        "{blocks_seen} {deleted_seen}"
    );
}

#[tokio::test]
async fn an_older_petrel_refuses_a_dump_that_it_would_misread() {
    let world = World::of(1, 1, 0).await;
    let mut file = Vec::new();
    let store = &world.nodes[0].store;
    dump::write_store(store, &catalogue(), 7, &mut file, &mut |_| {})
        .await
        .unwrap();
    assert_eq!(file[10..12], [0, 2]);
    file[11] = 3;
    let error = dump::verify(&catalogue(), &mut &file[..], &mut |_| {}).unwrap_err();
    assert!(matches!(error, DumpError::Version { found: 3 }));
}
