//! One account that votes on two nodes at once.

use petrel_social::counts::Counts;
use petrel_social::polls::{self, NewPoll};
use petrel_social::statuses::{self, Draft};
use petrel_store::sim::Hostility;

use crate::common::draft;
use crate::house::{Cluster, answered};

#[tokio::test]
async fn of_two_votes_at_once_one_counts_and_everywhere_the_same() {
    let mut met = 0;
    for seed in 0..30 {
        let mut cluster = Cluster::of(seed, &[0, 900, 400]).await;
        cluster.bus = seed % 2 == 0;
        let author = cluster.person(2, "author").await;
        let (voter, other) = (
            cluster.person(0, "voter").await,
            cluster.person(1, "other").await,
        );
        let poll = NewPoll {
            options: ["gull", "tern", "skua"].map(str::to_owned).to_vec(),
            expires_in_s: Some(3_600),
            multiple: true,
            ..NewPoll::default()
        };
        let asked = Draft {
            poll: Some(poll),
            ..draft("Which one?")
        };
        let id = statuses::create(&cluster.ask(2, author).await, asked)
            .await
            .unwrap()
            .id;
        let known = cluster.ask(1, other).await;
        polls::vote(&known, id, &[2]).await.unwrap();
        // Both nodes have read the voter's marks before either knows of the other's vote.
        let hostility = [Hostility::CALM, Hostility::SLOW][seed as usize % 2].clone();
        cluster.hostile(hostility);
        let vote = async |node: usize| {
            let ctx = cluster.unattended(node, voter);
            answered(async || polls::vote(&ctx, id, &[node]).await).await
        };
        let (a, b) = tokio::join!(vote(0), vote(1));
        cluster.hostile(Hostility::CALM);
        assert!(a.is_ok() || b.is_ok(), "seed {seed}: {a:?} {b:?}");
        met += usize::from(a.is_ok() && b.is_ok());
        for _ in 0..12 {
            cluster.step().await;
        }
        let mut seen = Vec::new();
        for node in 0..3 {
            let ctx = cluster.ask(node, voter).await;
            let shown = polls::get(&ctx, id).await.unwrap();
            let own = shown.viewer.unwrap().own_votes;
            let places: Vec<usize> = own.places().collect();
            assert_eq!(places.len(), 1, "seed {seed}, node {node}");
            let figures: Vec<_> = shown
                .options
                .iter()
                .map(|option| option.votes_count.unwrap())
                .collect();
            let mut wanted = [0, 0, 1];
            wanted[places[0]] += 1;
            assert_eq!(figures, wanted, "seed {seed}, node {node}");
            assert_eq!(
                (shown.votes_count, shown.voters_count),
                (2, 2),
                "seed {seed}"
            );
            let anew = Counts::default().poll(ctx.store(), id, id.0).await.unwrap();
            assert_eq!(anew.options[..3], wanted, "seed {seed}, node {node}");
            seen.push(places);
        }
        assert!(
            seen.iter().all(|one| *one == seen[0]),
            "seed {seed}: {seen:?}"
        );
    }
    assert!(met > 0, "no two votes were ever accepted both");
}
