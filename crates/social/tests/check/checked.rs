//! A world in which everything was done that there is to do, and ways to look at its rows.

use crate::common::{World, id, post, reply};
use crate::watched::Watched;
use parking_lot::Mutex;
use petrel_jobs::Reconciler;
use petrel_model::clock::ManualClock;
use petrel_model::entropy::SeededEntropy;
use petrel_model::scope::Scopes;
use petrel_social::check::{CheckOptions, Difference, Report, check};
use petrel_social::lists::{List, ListRow, Lists};
use petrel_social::oauth::{self, NewApp};
use petrel_social::polls::{self, NewPoll};
use petrel_social::relations::{FollowOptions, MuteOptions};
use petrel_social::statuses::{CleanUp, Edit, NotifyBells, NotifyEdited, NotifyMentions};
use petrel_social::{Ctx, marks, relations, statuses};
use petrel_store::sim::{BEGIN_MS, LATE_BOUND_S, SimEngine};
use petrel_store::{Engine, Plain, Row, Store, Table};
use std::collections::HashSet;
use std::sync::Arc;

pub const HOUR_MS: u64 = 3_600_000;

pub struct Checked {
    pub world: World,
    pub engine: Arc<Watched>,
    pub people: Vec<Ctx>,
}

impl std::ops::Deref for Checked {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Checked {
    /// People who have done all that there is to do, and taken half of it back.
    pub async fn new() -> Checked {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        Checked::over(SimEngine::calm(wall.clone(), 1), wall).await
    }

    pub async fn over(engine: Arc<dyn Engine>, wall: Arc<ManualClock>) -> Checked {
        let engine = Watched::new(engine);
        let world = World::over(engine.clone(), wall, 10);
        let mut people = Vec::new();
        for number in 0..14 {
            people.push(world.person(&format!("p{number}")).await);
        }
        people.push(world.locked_person("locked").await);
        let checked = Checked {
            world,
            engine,
            people,
        };
        checked.relate().await;
        checked.mark().await;
        checked.edit_and_delete().await;
        checked.let_in().await;
        checked
    }

    /// The same rows, and nothing of them in memory.
    pub fn reopened(&self) -> Checked {
        let (engine, wall) = (self.engine.clone(), self.world.wall.clone());
        Checked {
            world: World::over(engine.clone(), wall, 10),
            engine,
            people: Vec::new(),
        }
    }

    pub fn store(&self) -> &Store {
        &self.world.social.store
    }

    pub fn locked(&self) -> &Ctx {
        &self.people[14]
    }

    pub async fn relate(&self) {
        let (ann, locked) = (&self.people[0], self.locked());
        let keeper = self.world.keeper();
        for other in &self.people[1..14] {
            let bell = FollowOptions {
                notify: Some(true),
                ..FollowOptions::default()
            };
            relations::follow(other, id(ann), bell).await.unwrap();
            relations::follow(other, id(locked), FollowOptions::default())
                .await
                .unwrap();
            keeper.run().await;
        }
        relations::authorize_request(locked, id(&self.people[1]))
            .await
            .unwrap();
        relations::reject_request(locked, id(&self.people[2]))
            .await
            .unwrap();
        relations::unfollow(&self.people[3], id(ann)).await.unwrap();
        let silent = FollowOptions {
            notify: Some(false),
            ..FollowOptions::default()
        };
        relations::follow(&self.people[4], id(ann), silent)
            .await
            .unwrap();
        relations::block(ann, id(&self.people[5])).await.unwrap();
        relations::block(ann, id(&self.people[6])).await.unwrap();
        relations::unblock(ann, id(&self.people[6])).await.unwrap();
        let mute = MuteOptions {
            notifications: true,
            duration_s: 60,
        };
        relations::mute(ann, id(&self.people[7]), mute)
            .await
            .unwrap();
        relations::set_note(ann, id(&self.people[7]), "Loud".into())
            .await
            .unwrap();
    }

    pub async fn mark(&self) {
        let (ann, bob) = (&self.people[0], &self.people[1]);
        let status = post(ann, "Hello @p1 #first #common").await.id;
        let keeper = self.world.keeper();
        for other in &self.people[7..14] {
            marks::favourite(other, status).await.unwrap();
            marks::reblog(other, status, None).await.unwrap();
            reply(other, status, "Indeed #common").await;
            marks::favourite(bob, post(other, "Mine #common").await.id)
                .await
                .unwrap();
            keeper.run().await;
        }
        for _ in 0..12 {
            let mine = post(ann, "And on #common").await.id;
            marks::favourite(bob, mine).await.unwrap();
            marks::bookmark(bob, mine).await.unwrap();
            keeper.run().await;
        }
        let asked = petrel_social::statuses::Draft {
            poll: Some(NewPoll {
                options: vec!["a".into(), "b".into()],
                expires_in_s: Some(86_400),
                ..NewPoll::default()
            }),
            ..crate::common::draft("Which one?")
        };
        let asked = statuses::create(ann, asked).await.unwrap().id;
        for other in &self.people[7..14] {
            polls::vote(other, asked, &[1]).await.unwrap();
        }
        marks::pin(ann, status).await.unwrap();
        marks::mute_thread(ann, status).await.unwrap();
        let (taken_back, again) = (&self.people[8], &self.people[9]);
        marks::unfavourite(taken_back, status).await.unwrap();
        marks::unreblog(taken_back, status).await.unwrap();
        marks::unreblog(again, status).await.unwrap();
        marks::reblog(again, status, None).await.unwrap();
        let other = post(ann, "Once pinned").await.id;
        marks::pin(ann, other).await.unwrap();
        marks::unpin(ann, other).await.unwrap();
        marks::bookmark(bob, other).await.unwrap();
        marks::unbookmark(bob, other).await.unwrap();
    }

    pub async fn edit_and_delete(&self) {
        let (ann, bob) = (&self.people[0], &self.people[1]);
        let changed = post(ann, "Old #stays #goes @p1").await.id;
        let edit = Edit {
            text: Some("New #stays #comes @p2".into()),
            ..Edit::default()
        };
        statuses::edit(ann, changed, edit).await.unwrap();
        let gone = post(ann, "Gone soon #goes").await.id;
        for other in &self.people[7..14] {
            marks::favourite(other, gone).await.unwrap();
            marks::reblog(other, gone, None).await.unwrap();
            reply(other, gone, "Stay").await;
        }
        marks::bookmark(bob, gone).await.unwrap();
        statuses::delete(ann, gone).await.unwrap();
    }

    pub async fn let_in(&self) {
        let new = NewApp {
            name: "A client".to_owned(),
            redirect_uris: vec![oauth::OUT_OF_BAND.to_owned()],
            scopes: Scopes::parse("read write").unwrap(),
            website: None,
            fixed: None,
        };
        let app = oauth::create_app(&self.world.anonymous(), new)
            .await
            .unwrap();
        let (social, ann) = (&self.world.social, id(&self.people[0]));
        for _ in 0..2 {
            oauth::issue(social, app.id, ann, app.scopes).await.unwrap();
        }
        let cookie = oauth::start_session(social, ann).await.unwrap();
        oauth::start_session(social, ann).await.unwrap();
        oauth::end_session(social, &cookie).await.unwrap();
    }

    pub async fn run_jobs(&self) {
        let social = &self.world.social;
        let handlers: Vec<Arc<dyn petrel_jobs::Handler>> = vec![
            Arc::new(CleanUp(social.clone())),
            Arc::new(NotifyMentions(social.clone())),
            Arc::new(NotifyBells(social.clone())),
            Arc::new(NotifyEdited(social.clone())),
        ];
        let entropy = Arc::new(SeededEntropy::new(1));
        petrel_jobs::run_due(&social.store, entropy, handlers)
            .await
            .unwrap();
    }

    pub async fn check(&self, repair: bool) -> Report {
        let stages = Mutex::new(HashSet::new());
        let options = CheckOptions {
            repair,
            progress: &|progress| {
                stages.lock().insert(progress.stage);
            },
        };
        let report = check(self.store(), options).await.unwrap();
        assert!(stages.lock().len() >= 5);
        report
    }

    pub async fn assert_clean(&self, when: &str) {
        let report = self.check(false).await;
        assert_eq!(report.differences, [], "{when}");
        assert!(report.is_clean() && report.rows_count() > 300);
    }

    /// The one difference that there is.
    pub async fn difference(&self, repair: bool) -> Difference {
        let mut report = self.check(repair).await;
        assert_eq!(report.differences.len(), 1, "{:#?}", report.differences);
        report.differences.pop().unwrap()
    }

    pub async fn all<T: Table>(&self) -> Vec<(T::Partition, Row<T>)> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let (rows, next) = self.store().scan_table::<T>(token, 1_000).await.unwrap();
            all.extend(rows);
            match next {
                None => return all,
                next => token = next,
            }
        }
    }

    /// A row of this list that is neither the first nor in the first chapter, if there are such.
    pub async fn some_row(&self, list: List) -> ListRow {
        let rows = self.all::<Lists>().await.into_iter();
        let mut of_list = rows.filter(|((found, ..), _)| *found == list);
        let ((_, owner, chapter), row) = of_list.next_back().unwrap();
        ListRow {
            list,
            owner,
            chapter,
            id: row.sort,
            entry: row.value,
        }
    }

    pub async fn put<T: Table<Mode = Plain>>(
        &self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
    ) {
        let mut batch = self.store().batch();
        batch.put::<T>(partition, sort, value);
        batch.commit().await.unwrap();
    }

    pub async fn remove<T: Table<Mode = Plain>>(&self, partition: &T::Partition, sort: &T::Sort) {
        let mut batch = self.store().batch();
        batch.delete::<T>(partition, sort);
        batch.commit().await.unwrap();
    }

    pub fn pass_the_late_bound(&self) {
        self.world.wall.advance_ms(LATE_BOUND_S * 1_000 + 1);
    }
}
