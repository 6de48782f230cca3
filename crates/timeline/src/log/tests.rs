use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::event::About;
use petrel_model::home::Entry;
use petrel_model::id::Id;
use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;

use super::*;

const TINY: LogSettings = LogSettings {
    slots_max: usize::MAX >> 1,
    segment_bits: 3,
};

fn account(number: u64) -> AccountId {
    AccountId(Id(number + 1))
}

fn status(id: u64, author: u64) -> StatusEvent {
    StatusEvent {
        id: StatusId(Id(id)),
        account: account(author),
        visibility: Visibility::Public,
        about: About::Nothing,
        language: "en".to_owned(),
        mentions: Vec::new(),
        tags: Vec::new(),
        has_media: false,
    }
}

/// What a plain list of events says.
#[derive(Default)]
struct Naive {
    statuses: BTreeMap<StatusId, StatusEvent>,
    deleted: BTreeSet<StatusId>,
    start: Option<StatusId>,
}

impl Naive {
    fn chain(&self, chain: Chain) -> Vec<Entry> {
        let shown = self.statuses.values().rev().filter(|status| {
            let target = match status.about {
                About::Reblog { status, .. } => Some(status),
                _ => None,
            };
            !self.deleted.contains(&status.id)
                && target.is_none_or(|target| !self.deleted.contains(&target))
                && self.start.is_none_or(|start| status.id >= start)
                && is_in(chain, status)
        });
        shown.map(entry).collect()
    }
}

fn entry(status: &StatusEvent) -> Entry {
    Entry {
        id: status.id,
        account: status.account,
        about: status.about,
        language: Language::parse(&status.language),
        visibility: status.visibility,
    }
}

fn is_in(chain: Chain, status: &StatusEvent) -> bool {
    let is_direct = status.visibility == Visibility::Direct;
    let is_public = status.visibility == Visibility::Public;
    match chain {
        Chain::Account(account) => !is_direct && status.account == account,
        Chain::Direct(account) => {
            is_direct && (status.account == account || status.mentions.contains(&account))
        }
        Chain::Tag(_) => {
            is_public
                && !matches!(status.about, About::Reblog { .. })
                && status.tags.iter().any(|tag| Chain::tag(tag) == chain)
        }
        Chain::Public => match status.about {
            About::Nothing => is_public,
            About::Reply { account, .. } => is_public && account == status.account,
            About::Reblog { .. } => false,
        },
    }
}

struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, sides: u64) -> u64 {
        self.0.next_u64() % sides
    }

    fn status(&self, id: u64, earlier: &BTreeMap<StatusId, StatusEvent>) -> StatusEvent {
        let mut status = status(id, self.below(4));
        status.visibility = Visibility::ALL[self.below(4) as usize];
        status.language = ["en", "", "de", "??"][self.below(4) as usize].to_owned();
        let target = earlier
            .values()
            .nth(self.below(earlier.len() as u64 + 1) as usize);
        if let Some(target) = target {
            let (about, author) = (target.id, target.account);
            status.about = match self.below(3) {
                0 => About::Reply {
                    status: about,
                    account: author,
                },
                1 => About::Reblog {
                    status: about,
                    account: author,
                },
                _ => About::Nothing,
            };
        }
        self.retouch(&mut status);
        status
    }

    /// What an edit may change.
    fn retouch(&self, status: &mut StatusEvent) {
        let named = (0..self.below(3)).map(|_| account(self.below(5)));
        status.mentions.extend(named);
        let tags = (0..self.below(3)).map(|_| format!("tag{}", self.below(3)));
        status.tags.extend(tags);
    }
}

fn all_chains() -> Vec<Chain> {
    let accounts = (0..5).map(account);
    let tags = (0..3).map(|tag| Chain::tag(&format!("tag{tag}")));
    accounts
        .flat_map(|account| [Chain::Account(account), Chain::Direct(account)])
        .chain(tags)
        .chain([Chain::Public])
        .collect()
}

fn newest(log: &Log, chains: &[Chain], below: Option<u64>) -> Vec<Entry> {
    let ordinals = chains.iter().filter_map(|chain| log.find_ordinal(*chain));
    let below = below.map(|below| StatusId(Id(below)));
    log.newest(ordinals, below).collect()
}

#[test]
fn chains_say_what_a_plain_list_of_the_events_says() {
    for seed in 0..400 {
        let dice = Dice(SeededEntropy::new(seed));
        let slots_max = if seed % 2 == 0 { TINY.slots_max } else { 64 };
        let log = Log::new(LogSettings { slots_max, ..TINY });
        let mut naive = Naive::default();
        for step in 0..120u64 {
            // Mostly rising ids, some late, some twice.
            let id = (100 + step * 10).saturating_sub(dice.below(6) * dice.below(12));
            match dice.below(10) {
                0 => {
                    naive.deleted.insert(StatusId(Id(id)));
                    log.delete(StatusId(Id(id)));
                }
                1 => {
                    if let Some(status) = naive.statuses.get_mut(&StatusId(Id(id))) {
                        dice.retouch(status);
                        status.language = "fr".to_owned();
                        log.edit(status, Stamp::MIN);
                    }
                }
                _ if naive.statuses.contains_key(&StatusId(Id(id))) => {
                    let taken = log.append(&naive.statuses[&StatusId(Id(id))]);
                    assert_ne!(taken, Taken::Added, "seed {seed}: {id} again");
                }
                _ => {
                    let status = dice.status(id, &naive.statuses);
                    if log.append(&status) == Taken::Added {
                        naive.statuses.insert(status.id, status);
                    }
                }
            }
        }
        naive.start = Some(log.start());
        assert_eq!(log.start() > StatusId::MIN, slots_max == 64, "seed {seed}");
        for chain in all_chains() {
            let expected = naive.chain(chain);
            assert_eq!(
                newest(&log, &[chain], None),
                expected,
                "seed {seed}: {chain:?}"
            );
        }
        merged_chains_are_right(seed, &dice, &log, &naive);
    }
}

#[test]
fn an_edit_that_is_told_before_the_creation_stays() {
    let log = Log::new(TINY);
    let created = status(100, 1);
    let edited = StatusEvent {
        tags: vec!["gull".to_owned()],
        language: "fr".to_owned(),
        ..created.clone()
    };
    assert!(log.edit(&edited, Stamp(9)));
    assert_eq!(log.append(&created), Taken::Known);
    let earlier = StatusEvent {
        language: "de".to_owned(),
        ..created.clone()
    };
    assert!(!log.edit(&earlier, Stamp(8)), "another node told it late");
    let found = newest(&log, &[Chain::tag("gull")], None);
    assert_eq!(found, [entry(&edited)]);
    log.delete(StatusId(Id(200)));
    log.edit(&status(200, 1), Stamp::MIN);
    assert_eq!(newest(&log, &[Chain::Account(account(1))], None), found);
}

fn merged_chains_are_right(seed: u64, dice: &Dice, log: &Log, naive: &Naive) {
    let chains: Vec<_> = all_chains()
        .into_iter()
        .filter(|_| dice.below(2) == 0)
        .collect();
    let mut all: BTreeMap<StatusId, Entry> = BTreeMap::new();
    for chain in &chains {
        all.extend(
            naive
                .chain(*chain)
                .into_iter()
                .map(|entry| (entry.id, entry)),
        );
    }
    let (above, below) = (100 + dice.below(1_200), 100 + dice.below(1_200));
    let expected: Vec<_> = all
        .values()
        .rev()
        .filter(|entry| entry.id.0.0 < below)
        .copied()
        .collect();
    assert_eq!(newest(log, &chains, Some(below)), expected, "seed {seed}");
    let ordinals = chains.iter().filter_map(|chain| log.find_ordinal(*chain));
    let within = |entry: &&Entry| entry.id.0.0 < below && entry.id.0.0 > above;
    let expected: Vec<_> = all.values().filter(within).take(7).copied().collect();
    let (above, below) = (StatusId(Id(above)), StatusId(Id(below)));
    assert_eq!(
        log.oldest(ordinals, above, Some(below), 7).entries,
        expected,
        "seed {seed}"
    );
}

#[test]
fn the_newest_of_many_chains_are_the_newest() {
    let dice = Dice(SeededEntropy::new(3));
    let log = Log::new(LogSettings {
        segment_bits: 10,
        ..LogSettings::default()
    });
    let mut all = BTreeMap::new();
    for step in 0..20_000u64 {
        // Now and then one comes very late.
        let late = if dice.below(50) == 0 {
            dice.below(8_000)
        } else {
            0
        };
        let id = (10_000 + step * 2).saturating_sub(late);
        let status = status(id, dice.below(3_000));
        all.entry(id).or_insert_with(|| {
            assert_eq!(log.append(&status), Taken::Added);
            entry(&status)
        });
    }
    for round in 0..50 {
        let followed: BTreeSet<AccountId> = (0..400).map(|_| account(dice.below(3_000))).collect();
        let chains: Vec<Chain> = followed.iter().copied().map(Chain::Account).collect();
        let below = (round % 2 == 0).then(|| 10_000 + dice.below(40_000));
        let in_range = all
            .range(..below.unwrap_or(u64::MAX))
            .rev()
            .map(|(_, entry)| *entry);
        let expected: Vec<Entry> = in_range
            .filter(|entry| followed.contains(&entry.account))
            .take(300)
            .collect();
        let found: Vec<Entry> = newest(&log, &chains, below).into_iter().take(300).collect();
        assert_eq!(found, expected, "round {round}");
        let above = 10_000 + dice.below(40_000);
        let in_range = all.range(above + 1..).map(|(_, entry)| *entry);
        let expected: Vec<Entry> = in_range
            .filter(|entry| followed.contains(&entry.account))
            .take(30)
            .collect();
        let ordinals = chains.iter().filter_map(|chain| log.find_ordinal(*chain));
        let found = log.oldest(ordinals, StatusId(Id(above)), None, 30);
        assert_eq!(found.entries, expected, "round {round}, above {above}");
    }
}

#[test]
fn the_log_forgets_its_oldest_segments_and_says_so() {
    let log = Log::new(LogSettings {
        slots_max: 32,
        segment_bits: 3,
    });
    for id in 1..=1_000 {
        assert_eq!(log.append(&status(id, id % 3)), Taken::Added);
    }
    assert!(log.bytes() <= 40 * 24);
    assert!(log.start() > StatusId(Id(900)));
    assert_eq!(log.append(&status(5, 0)), Taken::TooOld);
    assert_eq!(log.append(&status(1_000, 1)), Taken::Known);
    let kept = newest(&log, &[Chain::Account(account(0))], None);
    assert!(kept.len() > 2 && kept.iter().all(|entry| entry.id >= log.start()));
}

#[test]
fn what_is_deleted_before_it_arrives_does_not_enter() {
    let log = Log::new(TINY);
    log.delete(StatusId(Id(7)));
    assert_eq!(log.append(&status(7, 0)), Taken::Deleted);
    let reblog = StatusEvent {
        about: About::Reblog {
            status: StatusId(Id(7)),
            account: account(0),
        },
        ..status(8, 1)
    };
    assert_eq!(log.append(&reblog), Taken::Deleted);
}

#[test]
fn readers_see_whole_chains_while_the_log_is_written() {
    let log = Log::new(LogSettings {
        slots_max: 4_096,
        segment_bits: 6,
    });
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..2 {
            let (log, done) = (&log, &done);
            scope.spawn(move || {
                let mut seen = StatusId::MIN;
                while !done.load(Ordering::Acquire) {
                    let kept = newest(log, &[Chain::Account(account(reader))], None);
                    assert!(kept.windows(2).all(|pair| pair[0].id > pair[1].id));
                    assert!(kept.iter().all(|entry| entry.account == account(reader)));
                    let first = kept.first().map_or(StatusId::MIN, |entry| entry.id);
                    assert!(first >= seen, "the newest never goes away");
                    seen = first;
                }
            });
        }
        for id in 1..60_000 {
            // Every seventh comes late.
            let id = if id % 7 == 0 { id * 4 - 13 } else { id * 4 };
            log.append(&status(id, id % 2));
        }
        done.store(true, Ordering::Release);
    });
}
