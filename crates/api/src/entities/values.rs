//! Values as the wire has them: ids as text, moments as ISO 8601 in UTC.

use std::borrow::Cow;
use std::fmt::{self, Display};

use jiff::Timestamp;
use jiff::tz::Offset;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Written as text without being made a string first.
#[derive(Clone, Copy, Debug)]
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Text, whatever is shown: each place says more of it.
impl<T> JsonSchema for Shown<T> {
    fn schema_name() -> Cow<'static, str> {
        "Shown".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// What there is none of yet.
pub type Nothing = [(); 0];
pub const NOTHING: Nothing = [];

/// A moment in Unix milliseconds, shown as `2024-02-29T12:00:00.000Z`.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "date-time"))]
pub struct Moment(pub u64);

impl Moment {
    /// The beginning of the day: when exactly an account was made is nobody's business.
    pub fn midnight(self) -> Moment {
        const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
        Moment(self.0 - self.0 % DAY_MS)
    }

    fn timestamp(self) -> Timestamp {
        let ms = i64::try_from(self.0).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The day of a moment in Unix milliseconds, shown as `2024-02-29`.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "date"))]
pub struct Day(pub u64);

impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Offset::UTC
            .to_datetime(Moment(self.0).timestamp())
            .date()
            .fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_days_are_shown_as_mastodon_shows_them() {
        let moment = Moment(1_709_210_096_007);
        assert_eq!(moment.to_string(), "2024-02-29T12:34:56.007Z");
        assert_eq!(moment.midnight().to_string(), "2024-02-29T00:00:00.000Z");
        assert_eq!(Day(moment.0).to_string(), "2024-02-29");
        assert_eq!(Moment(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert!(!Moment(u64::MAX).to_string().is_empty());
    }
}
