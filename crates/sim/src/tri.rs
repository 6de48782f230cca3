//! Three-valued truth (Kleene's): what is in doubt is `Maybe`, and stays so through all rules.

use std::ops::Not;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tri {
    No,
    Maybe,
    Yes,
}

impl Tri {
    pub fn and(self, other: Tri) -> Tri {
        self.min(other)
    }

    pub fn or(self, other: Tri) -> Tri {
        self.max(other)
    }

    pub fn surely(self) -> bool {
        self == Tri::Yes
    }

    pub fn maybe(self) -> bool {
        self != Tri::No
    }

    pub fn any(all: impl IntoIterator<Item = Tri>) -> Tri {
        all.into_iter().fold(Tri::No, Tri::or)
    }
}

impl Not for Tri {
    type Output = Tri;

    fn not(self) -> Tri {
        match self {
            Tri::No => Tri::Yes,
            Tri::Maybe => Tri::Maybe,
            Tri::Yes => Tri::No,
        }
    }
}

impl From<bool> for Tri {
    fn from(is_so: bool) -> Tri {
        if is_so { Tri::Yes } else { Tri::No }
    }
}
