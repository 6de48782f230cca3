//! What a command does to the facts: what it may do while its outcome is not known, and what it
//! did once it was acknowledged.

use petrel_model::event::{MarkKind, RelationKind};
use petrel_model::id::{AccountId, StatusId};
use petrel_social::accounts::table::{AccountSort, Accounts, ProfileSwitch};
use petrel_social::marks::table::{Marks, partition};
use petrel_social::relations::table::Relations;
use petrel_social::views::RelationshipView;
use petrel_store::engine::RowKey;
use petrel_store::{Key as _, Table};

use crate::act::{Act, Answer, Deed};
use crate::looks::LookDeed;
use crate::model::{Key, Mark, Model, Person, Tie, Value, What};
use crate::tri::Tri;
use crate::wire::Written;

pub type Effects = Vec<(Key, Value)>;

/// All that the command may do, whatever it finds.
pub fn possible(model: &Model, deed: &Deed, now_ms: u64) -> Effects {
    let me = deed.actor;
    match &deed.act {
        Act::Follow { other, .. } => {
            let tie = |kind| Key::Tie(me, *other, kind);
            let mut effects = vec![
                (tie(Tie::Follow), Value::On),
                (tie(Tie::Request), Value::On),
                (tie(Tie::Request), Value::Off),
            ];
            effects.extend(settings_after(model, deed));
            effects.extend(behind_block(model, me, *other));
            effects
        }
        Act::Authorize(other) => {
            let mut effects = certain(model, deed);
            effects.extend(behind_block(model, *other, me));
            effects
        }
        Act::Mute {
            other,
            notifications,
            duration_s,
        } => {
            let until_ms = (*duration_s > 0).then(|| now_ms + duration_s * 1_000);
            let value = Value::Mute {
                notifications: *notifications,
                until_ms,
            };
            vec![(Key::Tie(me, *other, Tie::Mute), value)]
        }
        Act::Reblog { of, reblog, .. } => vec![
            (Key::Created(*reblog), Value::On),
            (Key::Mark(me, *of, Mark::Reblog), Value::Reblog(*reblog)),
        ],
        _ => certain(model, deed),
    }
}

/// What the command did, by its answer; none if the answer does not say.
pub fn done(model: &Model, deed: &Deed, answer: &Answer) -> Option<Effects> {
    let me = deed.actor;
    match (&deed.act, answer) {
        (Act::Follow { other, .. }, Answer::Tie(view)) => followed(me, *other, view),
        // Somebody blocked somebody at the same time, and who was let in is let go again.
        (Act::Authorize(other), Answer::Tie(view))
            if !view.followed_by && !behind_block(model, *other, me).is_empty() =>
        {
            None
        }
        (
            Act::Mute {
                other,
                notifications,
                ..
            },
            Answer::Tie(view),
        ) => {
            let value = Value::Mute {
                notifications: *notifications,
                until_ms: view.muting_expires_at_ms,
            };
            Some(vec![(Key::Tie(me, *other, Tie::Mute), value)])
        }
        (Act::Reblog { of, .. }, Answer::Status(view)) => {
            let reblog = model.find(view.id)?;
            Some(vec![
                (Key::Created(reblog), Value::On),
                (Key::Mark(me, *of, Mark::Reblog), Value::Reblog(reblog)),
            ])
        }
        _ => Some(certain(model, deed)),
    }
}

/// Of what an acknowledged command may have done, what it did, where that depends on what nobody
/// knows: whether there was a block that it ended is told by what it wrote.
pub fn as_written(model: &Model, deed: &Deed, written: &Written, effects: Effects) -> Effects {
    let depends = match deed.act {
        Act::Unblock(other) => has_blocked(model, deed, other) == Tri::Maybe,
        _ => false,
    };
    let was_done = |(key, _): &(Key, Value)| {
        let row = row_of(model, *key);
        row.is_some_and(|row| written.stamp_of(&row).is_some())
    };
    match depends {
        true => effects.into_iter().filter(was_done).collect(),
        false => effects,
    }
}

/// What a command did that answers that there is no such status. Who takes back what they did to
/// one that they are shown no longer, or that is gone, has taken it back all the same.
pub fn done_unseen(model: &Model, deed: &Deed) -> Option<Effects> {
    let post = match deed.act {
        Act::Set(post, Mark::Favourite | Mark::Bookmark, false) | Act::Unreblog(post) => post,
        _ => return None,
    };
    let status = &model.statuses[post];
    // What a reblog that is gone was one of, nobody can tell.
    let is_own = matches!(status.what, What::Own { .. });
    (is_own && status.id.is_some()).then(|| certain(model, deed))
}

/// What a job may do some time after the command: who stops approving followers lets in all who
/// wait, and those too who ask before the job has looked.
pub fn later(model: &Model, deed: &Deed, now_ms: u64) -> Effects {
    let me = deed.actor;
    match deed.act {
        Act::Update {
            locked: Some(false),
            ..
        } => {
            let people = 0..model.people.len();
            let waits = |person: &Person| {
                let request = model.fact(Key::Tie(*person, me, Tie::Request));
                request.is_some_and(|fact| fact.possible().any(|value| *value == Value::On))
            };
            people
                .filter(waits)
                .flat_map(|one| let_in(one, me))
                .collect()
        }
        Act::Follow { other, .. } if model.lets_in.contains(&other) => {
            // The job looks again whether followers are approved.
            let locked = model.fact(Key::Locked(other));
            let may_be_open =
                locked.is_none_or(|fact| fact.lately(now_ms).any(|value| *value == Value::Off));
            match may_be_open {
                true => let_in(me, other),
                false => Vec::new(),
            }
        }
        Act::Plan(ref plan) => plan.later(),
        Act::Look(LookDeed::UploadAvatar) => vec![(Key::Avatar(me), Value::On)],
        _ => Vec::new(),
    }
}

fn let_in(person: Person, other: Person) -> Effects {
    vec![
        (Key::Tie(person, other, Tie::Request), Value::Off),
        (Key::Tie(person, other, Tie::Follow), Value::On),
    ]
}

fn certain(model: &Model, deed: &Deed) -> Effects {
    let me = deed.actor;
    match &deed.act {
        Act::Update { locked, name } => {
            let locked = locked.map(|on| (Key::Locked(me), Value::of(on)));
            let name = name.clone().map(Value::Text);
            let name = name.map(|name| (Key::DisplayName(me), name));
            locked.into_iter().chain(name).collect()
        }
        Act::Unfollow(other) => unfollowed(me, *other),
        Act::RemoveFollower(other) => unfollowed(*other, me),
        Act::Authorize(other) => vec![
            (Key::Tie(*other, me, Tie::Request), Value::Off),
            (Key::Tie(*other, me, Tie::Follow), Value::On),
        ],
        // How the follow would have been shown is forgotten too.
        Act::Reject(other) => vec![
            (Key::Tie(*other, me, Tie::Request), Value::Off),
            (Key::Tie(*other, me, Tie::Settings), Value::Off),
        ],
        Act::Block(other) => blocked(me, *other, true, Tri::Yes),
        Act::Unblock(other) => blocked(me, *other, false, has_blocked(model, deed, *other)),
        Act::Unmute(other) => vec![(Key::Tie(me, *other, Tie::Mute), Value::Off)],
        Act::Note(other, note) => {
            let value = match note.is_empty() {
                true => Value::Off,
                false => Value::Text(note.clone()),
            };
            vec![(Key::Tie(me, *other, Tie::Note), value)]
        }
        Act::Create { post, .. } => vec![(Key::Created(*post), Value::On)],
        Act::Edit { post, version } => vec![(Key::Version(*post), Value::Number(*version))],
        Act::Delete(post) => match model.statuses[*post].what {
            What::Own { .. } => vec![(Key::Deleted(*post), Value::On)],
            What::Reblog { of } => {
                vec![(Key::Mark(me, of, Mark::Reblog), Value::Off)]
            }
        },
        Act::DeleteWithMedia(post) => {
            let files = model.statuses[*post].media.iter();
            let gone = files.map(|file| (Key::FileGone(*file), Value::On));
            gone.chain([(Key::Deleted(*post), Value::On)]).collect()
        }
        Act::Set(post, mark, on) => {
            let marked = match mark {
                Mark::ThreadMute => model.statuses[*post].root,
                Mark::Pin => *post,
                _ => model.text_of(*post),
            };
            vec![(Key::Mark(me, marked, *mark), Value::of(*on))]
        }
        Act::Unreblog(of) => vec![(Key::Mark(me, *of, Mark::Reblog), Value::Off)],
        Act::Habit(habit) => habit.effects(me),
        Act::File(deed) => deed.effects(),
        Act::Plan(deed) => deed.effects(),
        Act::Look(deed) => deed.effects(me),
        Act::Suspend(person, on) => vec![(Key::Suspended(*person), Value::of(*on))],
        Act::SetRole(person, role) => {
            vec![(Key::Role(*person), Value::Text(format!("{role:?}")))]
        }
        Act::ResetPassword(person, number) => {
            vec![(Key::Password(*person), Value::Number(*number))]
        }
        _ => Vec::new(),
    }
}

/// Whether the command may have found that its actor blocks the other.
fn has_blocked(model: &Model, deed: &Deed, other: Person) -> Tri {
    let Some(fact) = model.fact(Key::Tie(deed.actor, other, Tie::Block)) else {
        return Tri::No;
    };
    let found = || fact.found_by(deed.number).map(|value| *value == Value::On);
    match (found().any(|on| on), found().all(|on| on)) {
        (false, _) => Tri::No,
        (true, true) => Tri::Yes,
        (true, false) => Tri::Maybe,
    }
}

/// A block and its end leave two strangers; where there was none to end, all stays as it was.
fn blocked(me: Person, other: Person, on: bool, is_block: Tri) -> Effects {
    let mut effects = vec![(Key::Tie(me, other, Tie::Block), Value::of(on))];
    if is_block.maybe() {
        effects.extend(unfollowed(me, other));
        effects.extend(unfollowed(other, me));
    }
    effects
}

fn unfollowed(person: Person, other: Person) -> Effects {
    let off = |kind| (Key::Tie(person, other, kind), Value::Off);
    vec![off(Tie::Follow), off(Tie::Request), off(Tie::Settings)]
}

/// A follow ends by whoever began it if it turns out that one of the two blocks the other.
fn behind_block(model: &Model, person: Person, other: Person) -> Effects {
    let blocks = model.blocks(person, other).or(model.blocks(other, person));
    match blocks.maybe() {
        true => unfollowed(person, other),
        false => Vec::new(),
    }
}

fn followed(me: Person, other: Person, view: &RelationshipView) -> Option<Effects> {
    let tie = |kind| Key::Tie(me, other, kind);
    let settings = Value::Settings {
        reblogs: view.showing_reblogs,
        notify: view.notifying,
        languages: view.languages.clone().unwrap_or_default(),
    };
    match (view.following, view.requested) {
        (true, _) => Some(vec![
            (tie(Tie::Follow), Value::On),
            (tie(Tie::Request), Value::Off),
            (tie(Tie::Settings), settings),
        ]),
        (false, true) => Some(vec![
            (tie(Tie::Request), Value::On),
            (tie(Tie::Settings), settings),
        ]),
        // Somebody was quicker to take it away again.
        (false, false) => None,
    }
}

/// The settings of a follow as they may be afterwards: what is not said stays.
fn settings_after(model: &Model, deed: &Deed) -> Effects {
    let Act::Follow {
        other,
        reblogs,
        notify,
        languages,
    } = &deed.act
    else {
        return Vec::new();
    };
    let key = Key::Tie(deed.actor, *other, Tie::Settings);
    let mut before: Vec<Value> = match model.fact(key) {
        Some(fact) => fact.possible().cloned().collect(),
        None => Vec::new(),
    };
    before.push(Value::Off);
    let after = before.into_iter().map(|value| {
        let (r, n, l) = match value {
            Value::Settings {
                reblogs,
                notify,
                languages,
            } => (reblogs, notify, languages),
            _ => (true, false, Vec::new()),
        };
        let value = Value::Settings {
            reblogs: reblogs.unwrap_or(r),
            notify: notify.unwrap_or(n),
            languages: languages.clone().unwrap_or(l),
        };
        (key, value)
    });
    after.collect()
}

/// The row that a fact is, where it is always the same one.
pub fn row_of(model: &Model, key: Key) -> Option<RowKey> {
    let id = |person: Person| model.people[person].id;
    match key {
        Key::Tie(person, other, tie) => {
            let kind = match tie {
                Tie::Follow => RelationKind::Follow,
                Tie::Settings => RelationKind::FollowSettings,
                Tie::Request => RelationKind::FollowRequest,
                Tie::Block => RelationKind::Block,
                Tie::Mute => RelationKind::Mute,
                Tie::Note => RelationKind::Note,
            };
            Some(RowKey {
                table: Relations::ID,
                partition: id(person).to_bytes().into(),
                sort: (id(other), kind).to_bytes().into(),
            })
        }
        Key::Mark(person, post, mark) => Some(mark_row(id(person), model.statuses[post].id?, mark)),
        Key::Suspended(person) => Some(account_row(id(person), AccountSort::Suspension)),
        Key::Locked(person) => {
            let switch = AccountSort::Switch(ProfileSwitch::Locked);
            Some(account_row(id(person), switch))
        }
        Key::DisplayName(person) => Some(account_row(id(person), AccountSort::Profile)),
        _ => None,
    }
}

fn mark_row(account: AccountId, status: StatusId, mark: Mark) -> RowKey {
    let kind = match mark {
        Mark::Favourite => MarkKind::Favourite,
        Mark::Reblog => MarkKind::Reblog,
        Mark::Bookmark => MarkKind::Bookmark,
        Mark::Pin => MarkKind::Pin,
        Mark::ThreadMute => MarkKind::ThreadMute,
    };
    RowKey {
        table: Marks::ID,
        partition: partition(account, status).to_bytes().into(),
        sort: (status, kind).to_bytes().into(),
    }
}

fn account_row(account: AccountId, sort: AccountSort) -> RowKey {
    RowKey {
        table: Accounts::ID,
        partition: account.to_bytes().into(),
        sort: sort.to_bytes().into(),
    }
}
