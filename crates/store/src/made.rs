/// In which mode a store was made; it keeps its mode for life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MadeIn {
    Standard,
    /// For developers of clients: doors stand open there that never may on a real server.
    Dev,
}

impl MadeIn {
    pub const ALL: [MadeIn; 2] = [MadeIn::Standard, MadeIn::Dev];

    pub fn as_str(self) -> &'static str {
        match self {
            MadeIn::Standard => "standard",
            MadeIn::Dev => "dev",
        }
    }

    pub fn parse(word: &str) -> Option<MadeIn> {
        MadeIn::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Which store may be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    /// One that is there, however it was made.
    Existing,
    /// One that was made so; if there is none, it is made.
    OrMake(MadeIn),
    /// One that is there, however it was made; if there is none, it is made so.
    AnyOrMake(MadeIn),
}
