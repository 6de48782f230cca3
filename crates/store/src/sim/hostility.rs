/// How badly the engine behaves, always inside the contract. Chances are in thousandths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hostility {
    /// Every step of an operation waits for up to so many turns of the scheduler.
    pub turns_max: u64,
    /// A batch that spans partitions becomes visible one partition after the other.
    pub torn: bool,
    /// A write answers `Timeout { outcome_unknown: true }`: it has landed, or part of it has and
    /// the rest follows by the late bound, or all of it follows, or nothing ever does.
    pub in_doubt: u64,
    /// A write answers `Unavailable`; nothing was written.
    pub unavailable: u64,
    /// A read answers `Timeout { outcome_unknown: false }`.
    pub read_timeout: u64,
    /// `scan_table` shuffles partitions anew for each run and returns short and empty pages.
    pub shuffled: bool,
}

impl Hostility {
    pub const CALM: Hostility = Hostility {
        turns_max: 0,
        torn: false,
        in_doubt: 0,
        unavailable: 0,
        read_timeout: 0,
        shuffled: false,
    };

    /// Slow, torn and shuffled, but every answer is a plain one.
    pub const SLOW: Hostility = Hostility {
        turns_max: 3,
        torn: true,
        shuffled: true,
        ..Hostility::CALM
    };

    pub const HOSTILE: Hostility = Hostility {
        in_doubt: 60,
        unavailable: 30,
        read_timeout: 20,
        ..Hostility::SLOW
    };
}
