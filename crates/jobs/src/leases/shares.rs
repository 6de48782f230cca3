//! How nodes share out what only one of them does: each takes what is free, but none takes a
//! second while another that is alive has none, and who has two more than another gives one back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use petrel_model::entropy::Entropy;
use petrel_store::{Row, Store, StoreError};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::lease::{Lease, Renewed};
use super::observer::{Observer, Seen};
use super::post::Post;
use super::table::Leases;
use crate::wake::Wake;

/// How long the lease of a queue or of a reconciler lasts unless it is renewed.
const DURATION: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_secs(1);
/// Leases are renewed every so many steps.
const RENEW_STEPS: u64 = 5;
/// Leases of others are looked at every so many steps.
const LOOK_STEPS: u64 = 5;
/// A renewal that has not answered by then is asked about later.
const RENEW_TIME_MAX: Duration = Duration::from_secs(5);
/// All leases are given back in this time, or end by themselves.
const RELEASE_TIME_MAX: Duration = Duration::from_millis(1_500);
/// What is free is left to another node for so many looks; then that one seems not to want it.
const PATIENCE_LOOKS: u32 = 3;
/// A node with too many gives one back every so many steps, so that others can take it meanwhile.
const LEVEL_STEPS: u64 = 20;
/// A node that takes no writes for so many steps can do nothing under its leases.
const UNWRITABLE_STEPS_MAX: u64 = 5;
/// After having taken what another node was left to take: it is not offered again for so many.
const LEVEL_REST_STEPS: u64 = 3_600;

pub(crate) struct Shares {
    store: Store,
    entropy: Arc<dyn Entropy>,
    wake: Arc<Wake>,
    observer: Observer,
    shares: Vec<Share>,
    steps: u64,
    level_after: u64,
    /// Nodes that gave back what they had and have taken nothing since: they are leaving, or cannot
    /// work now, and are not waited for.
    resting: HashSet<String>,
    /// For how many steps the store has taken no writes.
    unwritable: u64,
    /// As told by whoever knows the nodes: the numbers of the others that are alive.
    others: Others,
}

/// The numbers of the other nodes that serve now.
pub(crate) type Others = Arc<dyn Fn() -> Vec<u16> + Send + Sync>;

struct Share {
    post: Arc<Post>,
    lease: Option<Lease>,
    renew_at: u64,
    /// How many looks it was left to others.
    left_free: u32,
}

impl Shares {
    pub(crate) fn new(
        store: Store,
        entropy: Arc<dyn Entropy>,
        wake: Arc<Wake>,
        posts: impl IntoIterator<Item = Arc<Post>>,
        others: Others,
    ) -> Shares {
        let share = |post| Share {
            post,
            lease: None,
            renew_at: 0,
            left_free: 0,
        };
        let mut shares: Vec<Share> = posts.into_iter().map(share).collect();
        if !shares.is_empty() {
            // Not all begin with the same one.
            let first = usize::from(store.clock().node().number()) % shares.len();
            shares.rotate_left(first);
        }
        Shares {
            store,
            entropy,
            wake,
            observer: Observer::default(),
            shares,
            steps: 0,
            level_after: LEVEL_STEPS,
            resting: HashSet::new(),
            unwritable: 0,
            others,
        }
    }

    /// Works until `stop`, which comes after everything that is done under the leases has ended;
    /// then gives them back.
    pub(crate) async fn run_until(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            tokio::select! {
                biased;
                () = self.step() => {}
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
            tokio::select! {
                biased;
                () = sleep(STEP) => {}
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
        }
        self.give_all_back().await;
    }

    async fn give_all_back(&mut self) {
        let mut held = Vec::new();
        for share in &mut self.shares {
            share.post.vacate();
            held.extend(share.lease.take());
        }
        let store = &self.store;
        let given_back = join_all(held.into_iter().map(|lease| give_back(store, lease)));
        if timeout(RELEASE_TIME_MAX, given_back).await.is_err() {
            tracing::warn!("leases could not be given back in time; they end by themselves");
        }
    }

    async fn step(&mut self) {
        self.steps += 1;
        let unwritable = self.store.unwritable();
        self.unwritable = unwritable.as_ref().map_or(0, |_| self.unwritable + 1);
        if let Some(why) = unwritable
            && self.unwritable == UNWRITABLE_STEPS_MAX
        {
            tracing::warn!(why, "this node takes no writes: its leases are given back");
            self.give_all_back().await;
        }
        let (store, now) = (&self.store, self.steps);
        join_all(self.shares.iter_mut().map(|share| share.keep(store, now))).await;
        if self.steps % LOOK_STEPS == 1
            && self.unwritable == 0
            && let Err(error) = self.look().await
        {
            tracing::warn!(%error, "the leases could not be read; trying again");
        }
    }

    /// Takes one of those that are free, if it is this node's turn; or gives one back.
    async fn look(&mut self) -> Result<(), StoreError> {
        let (vacant, names): (Vec<usize>, Vec<String>) = self
            .shares
            .iter()
            .enumerate()
            .filter(|(_, share)| share.lease.is_none())
            .map(|(at, share)| (at, share.post.name().to_owned()))
            .unzip();
        let others = (self.others)();
        let mut held: HashMap<String, usize> =
            others.iter().map(|node| (node.to_string(), 0)).collect();
        let mut free = Vec::new();
        if !names.is_empty() {
            let seen = self.observer.look(&self.store, &names).await?;
            for (at, seen) in vacant.into_iter().zip(seen) {
                match seen {
                    Seen::Free(before) => free.push((at, before)),
                    Seen::Held(row) => {
                        self.shares[at].left_free = 0;
                        if let Some(count) = held.get_mut(&row.value.holder) {
                            *count += 1;
                        }
                    }
                }
            }
        }
        let gave_back = free.iter().filter_map(|(_, before)| before.as_ref());
        let gave_back = gave_back.filter(|row| row.value.released);
        self.resting
            .extend(gave_back.map(|row| row.value.holder.clone()));
        self.resting.retain(|node| held.get(node) == Some(&0));
        held.retain(|node, _| !self.resting.contains(node));
        let fewest = held.values().min().copied();
        for (at, before) in free {
            let own = self.own_count();
            let is_turn = fewest.is_none_or(|fewest| own <= fewest);
            if !is_turn && self.shares[at].left_free < PATIENCE_LOOKS {
                self.shares[at].left_free += 1;
                continue;
            }
            if !is_turn {
                self.level_after = self.steps + LEVEL_REST_STEPS;
            }
            self.take(at, before).await?;
        }
        if self.steps >= self.level_after && fewest.is_some_and(|few| self.own_count() >= few + 2) {
            self.level_after = self.steps + LEVEL_STEPS;
            self.offer_one();
        }
        Ok(())
    }

    fn own_count(&self) -> usize {
        let held = |share: &&Share| share.lease.is_some() && !share.post.is_leaving();
        self.shares.iter().filter(held).count()
    }

    async fn take(&mut self, at: usize, before: Option<Row<Leases>>) -> Result<(), StoreError> {
        let share = &mut self.shares[at];
        let holder = self.store.clock().node().number().to_string();
        let (store, entropy) = (&self.store, self.entropy.as_ref());
        let name = share.post.name();
        let claim = Lease::claim(store, entropy, name, &holder, DURATION, before);
        let Some(lease) = claim.await? else {
            return Ok(());
        };
        tracing::info!(lease = name, token = lease.token(), "a lease was taken");
        share.post.fill(lease.term().clone());
        share.lease = Some(lease);
        share.renew_at = self.steps + RENEW_STEPS;
        share.left_free = 0;
        self.wake.wake();
        Ok(())
    }

    /// The last one in the list, which is the first in another node's.
    fn offer_one(&mut self) {
        if self.shares.iter().any(|share| share.post.is_leaving()) {
            // The last one offered is still worked on.
            return;
        }
        let mut shares = self.shares.iter().rev();
        if let Some(share) = shares.find(|share| share.lease.is_some()) {
            tracing::info!(lease = share.post.name(), "a lease is left to another node");
            share.post.leave();
            self.wake.wake();
        }
    }
}

impl Share {
    async fn keep(&mut self, store: &Store, now: u64) {
        self.post.notice();
        let Some(lease) = &mut self.lease else {
            return;
        };
        if self.post.has_left() {
            self.post.vacate();
            if let Some(lease) = self.lease.take() {
                let name = lease.name().to_owned();
                if timeout(RELEASE_TIME_MAX, give_back(store, lease))
                    .await
                    .is_err()
                {
                    tracing::warn!(lease = name, "a lease could not be given back in time");
                }
            }
            return;
        }
        if now < self.renew_at {
            return;
        }
        match timeout(RENEW_TIME_MAX, lease.renew(store)).await {
            Ok(Ok(Renewed::Stands)) => {
                self.renew_at = now + RENEW_STEPS;
                self.post.renewed();
            }
            Ok(Ok(Renewed::Lost)) => {
                tracing::warn!(lease = lease.name(), "a lease was lost");
                self.post.vacate();
                self.lease = None;
            }
            Ok(Err(error)) => {
                tracing::warn!(lease = lease.name(), %error, "a lease was not renewed yet");
            }
            Err(_) => {
                tracing::warn!(lease = lease.name(), "a renewal has not been answered yet");
            }
        }
    }
}

async fn give_back(store: &Store, lease: Lease) {
    let name = lease.name().to_owned();
    if let Err(error) = lease.release(store).await {
        tracing::warn!(lease = name, %error, "a lease could not be given back; it ends by itself");
    }
}

#[cfg(test)]
mod tests;
