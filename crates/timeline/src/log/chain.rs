use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::RwLock;
use petrel_model::id::{AccountId, Id};

use crate::log::column::Column;
use crate::log::mixed::{Mixed, mix};

/// So many maps, each small enough that its growth is not felt.
const SHARDS: usize = 256;
/// Places made in each shard at once.
const SHARD_PRESIZED: usize = 64;
/// The public timeline's number. 0 marks slots that are no entries.
const PUBLIC: u32 = 1;

/// Whatever has a chain of its own in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chain {
    /// What an account wrote and reblogged, direct statuses aside.
    Account(AccountId),
    /// The direct statuses that an account wrote or is named in.
    Direct(AccountId),
    /// Public statuses under a hashtag, by the hash of its folded name.
    Tag(u64),
    /// Public statuses that are neither reblogs nor replies to others.
    Public,
}

impl Chain {
    /// `name` is folded. Two names may share a chain, so who reads it compares the names too.
    pub fn tag(name: &str) -> Chain {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Chain::Tag(hasher.finish())
    }
}

/// A chain's small number. It belongs to this process: never stored, never sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ordinal(pub(crate) u32);

/// Which number each chain has, and the head of each chain.
pub(crate) struct Ordinals {
    accounts: Numbers,
    directs: Numbers,
    tags: Numbers,
    next: AtomicU32,
    /// By ordinal: the account that the chain is of.
    account_ids: Column<AtomicU64>,
    /// By ordinal: index of the newest entry; 0 is none.
    heads: Column<AtomicU32>,
}

type Shard = RwLock<HashMap<u64, u32, Mixed>>;

/// Numbers by what they are of.
struct Numbers {
    shards: Box<[Shard]>,
}

impl Ordinals {
    pub(crate) fn new() -> Ordinals {
        let ordinals = Ordinals {
            accounts: Numbers::new(),
            directs: Numbers::new(),
            tags: Numbers::new(),
            next: AtomicU32::new(PUBLIC + 1),
            account_ids: Column::new(),
            heads: Column::new(),
        };
        ordinals.heads.get_or_make(PUBLIC);
        ordinals
    }

    pub(crate) fn get(&self, chain: Chain) -> Option<Ordinal> {
        match self.numbers(chain) {
            Ok((numbers, key)) => numbers.shard(key).read().get(&key).copied().map(Ordinal),
            Err(ordinal) => Some(ordinal),
        }
    }

    /// None only when there are no more numbers.
    pub(crate) fn get_or_make(&self, chain: Chain) -> Option<Ordinal> {
        let (numbers, key) = match self.numbers(chain) {
            Ok(place) => place,
            Err(ordinal) => return Some(ordinal),
        };
        let shard = numbers.shard(key);
        if let Some(ordinal) = shard.read().get(&key) {
            return Some(Ordinal(*ordinal));
        }
        let mut shard = shard.write();
        if let Some(ordinal) = shard.get(&key) {
            return Some(Ordinal(*ordinal));
        }
        let ordinal = self.next.fetch_add(1, Ordering::Relaxed);
        if ordinal >= Column::<AtomicU32>::LEN_MAX {
            self.next.store(ordinal, Ordering::Relaxed);
            return None;
        }
        self.heads.get_or_make(ordinal)?;
        let account = match chain {
            Chain::Account(account) | Chain::Direct(account) => account,
            Chain::Tag(_) | Chain::Public => AccountId::MIN,
        };
        self.account_ids
            .get_or_make(ordinal)?
            .store(account.0.0, Ordering::Release);
        shard.insert(key, ordinal);
        Some(Ordinal(ordinal))
    }

    pub(crate) fn account(&self, ordinal: Ordinal) -> AccountId {
        let id = self.account_ids.get(ordinal.0);
        AccountId(Id(id.map_or(0, |id| id.load(Ordering::Acquire))))
    }

    /// Index of the newest entry of a chain; 0 is none.
    pub(crate) fn head(&self, ordinal: Ordinal) -> u32 {
        let head = self.heads.get(ordinal.0);
        head.map_or(0, |head| head.load(Ordering::Acquire))
    }

    pub(crate) fn set_head(&self, ordinal: Ordinal, index: u32) {
        let head = self.heads.get(ordinal.0);
        head.expect("made with the ordinal")
            .store(index, Ordering::Release);
    }

    /// Where the chain's number stands, or else the number.
    fn numbers(&self, chain: Chain) -> Result<(&Numbers, u64), Ordinal> {
        match chain {
            Chain::Account(account) => Ok((&self.accounts, account.0.0)),
            Chain::Direct(account) => Ok((&self.directs, account.0.0)),
            Chain::Tag(hash) => Ok((&self.tags, hash)),
            Chain::Public => Err(Ordinal(PUBLIC)),
        }
    }
}

impl Numbers {
    fn new() -> Numbers {
        let shard = |_| RwLock::new(HashMap::with_capacity_and_hasher(SHARD_PRESIZED, Mixed));
        Numbers {
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    fn shard(&self, key: u64) -> &Shard {
        // Bits that the maps themselves do not choose by.
        &self.shards[(mix(key) >> 24) as usize % SHARDS]
    }
}
