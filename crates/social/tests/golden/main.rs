//! The bytes of each table's rows, which can never change: partition key, sort key, value.

mod accounts;
mod media;
mod relations;
mod statuses;

use petrel_model::choices::Choices;
use petrel_model::id::{AccountId, Id, MediaId, StatusId};
use petrel_social::polls::table::Ballot;
use petrel_store::{Table, golden};

const ADA: AccountId = AccountId(Id(0x0102_0304_0506_0708));

const BOB: AccountId = AccountId(Id(9));

const STATUS: StatusId = StatusId(Id(0x1112_1314_1516_1718));

const MEDIA: MediaId = MediaId(Id(0x0203));

const CHAPTER: Id = Id(0x0A0B);

fn is<T: Table>(partition: T::Partition, sort: T::Sort, value: T::Value, bytes: [&str; 3]) {
    let row = golden::<T>(&partition, &sort, &value);
    assert_eq!(row, bytes.map(str::to_owned), "{} {sort:?}", T::NAME);
}

/// The first and the third option.
const BALLOT: Ballot = Ballot {
    poll: Id(0x0a0c),
    choices: Choices::of([true, false, true, false]),
};
