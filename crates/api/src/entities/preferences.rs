use petrel_social::views::PostingSettings;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
pub struct Preferences<'a> {
    #[serde(rename = "posting:default:visibility")]
    visibility: &'static str,
    #[serde(rename = "posting:default:sensitive")]
    sensitive: bool,
    #[serde(rename = "posting:default:language")]
    language: Option<&'a str>,
    #[serde(rename = "reading:expand:media")]
    expand_media: &'static str,
    #[serde(rename = "reading:expand:spoilers")]
    expand_spoilers: bool,
}

impl<'a> From<&'a PostingSettings> for Preferences<'a> {
    fn from(settings: &'a PostingSettings) -> Preferences<'a> {
        Preferences {
            visibility: settings.privacy.as_str(),
            sensitive: settings.sensitive,
            language: settings.language.as_deref(),
            expand_media: "default",
            expand_spoilers: false,
        }
    }
}
