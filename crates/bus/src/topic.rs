/// What messages are about. The set is small and closed: each topic is a subject that every node hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// What was committed.
    Events,
    /// How often callers were counted, for rate limits across nodes.
    Rates,
}

impl Topic {
    pub const ALL: [Topic; 2] = [Topic::Events, Topic::Rates];

    /// As it stands in a subject. Never changed: nodes of two versions must understand each other.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Events => "events",
            Topic::Rates => "rates",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stand_in_the_order_of_their_indexes() {
        for (index, topic) in Topic::ALL.iter().enumerate() {
            assert_eq!(topic.index(), index);
        }
    }

    #[test]
    fn names_are_for_ever() {
        assert_eq!(Topic::ALL.map(Topic::name), ["events", "rates"]);
    }
}
