use petrel_model::id::Id;
use petrel_model::text::fold;

/// What a session can listen to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// Home and notifications.
    User,
    UserNotification,
    Public,
    PublicMedia,
    PublicLocal,
    PublicLocalMedia,
    /// Statuses of other servers: there are none yet.
    PublicRemote,
    PublicRemoteMedia,
    /// By its folded name.
    Hashtag(String),
    HashtagLocal(String),
    /// One of the viewer's lists of accounts.
    List(Id),
    /// Direct statuses that name the viewer or are the viewer's own.
    Direct,
}

/// Why there is no such channel, as Mastodon's streaming server says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoChannel {
    #[error("Unknown channel requested")]
    Unknown,
    #[error("Missing tag name parameter")]
    NoTag,
    #[error("Missing list name parameter")]
    NoList,
}

impl Channel {
    /// What clients call them; some take a hashtag or a list besides.
    pub const NAMES: &[&str] = &[
        "user",
        "user:notification",
        "public",
        "public:media",
        "public:local",
        "public:local:media",
        "public:remote",
        "public:remote:media",
        "hashtag",
        "hashtag:local",
        "list",
        "direct",
    ];

    /// By its name in the API; hashtags also need the tag, and lists the list's id.
    pub fn parse(
        stream: &str,
        tag: Option<&str>,
        list: Option<&str>,
    ) -> Result<Channel, NoChannel> {
        let tag = || {
            let folded = tag.map(|tag| fold::tag(tag.trim_start_matches('#')));
            folded.filter(|tag| !tag.is_empty()).ok_or(NoChannel::NoTag)
        };
        Ok(match stream {
            "user" => Channel::User,
            "user:notification" => Channel::UserNotification,
            "public" => Channel::Public,
            "public:media" => Channel::PublicMedia,
            "public:local" => Channel::PublicLocal,
            "public:local:media" => Channel::PublicLocalMedia,
            "public:remote" => Channel::PublicRemote,
            "public:remote:media" => Channel::PublicRemoteMedia,
            "hashtag" => Channel::Hashtag(tag()?),
            "hashtag:local" => Channel::HashtagLocal(tag()?),
            // What is no id is nobody's list.
            "list" => Channel::List(list.ok_or(NoChannel::NoList)?.parse().unwrap_or(Id::MIN)),
            "direct" => Channel::Direct,
            _ => return Err(NoChannel::Unknown),
        })
    }

    /// As the API names it: the stream, and the tag or the list if it is one.
    pub fn names(&self) -> Vec<String> {
        let (name, which) = match self {
            Channel::User => ("user", None),
            Channel::UserNotification => ("user:notification", None),
            Channel::Public => ("public", None),
            Channel::PublicMedia => ("public:media", None),
            Channel::PublicLocal => ("public:local", None),
            Channel::PublicLocalMedia => ("public:local:media", None),
            Channel::PublicRemote => ("public:remote", None),
            Channel::PublicRemoteMedia => ("public:remote:media", None),
            Channel::Hashtag(tag) => ("hashtag", Some(tag.clone())),
            Channel::HashtagLocal(tag) => ("hashtag:local", Some(tag.clone())),
            Channel::List(list) => ("list", Some(list.to_string())),
            Channel::Direct => ("direct", None),
        };
        [name.to_owned()].into_iter().chain(which).collect()
    }

    /// It is a viewer's own: nobody hears it without an account.
    pub fn is_personal(&self) -> bool {
        matches!(
            self,
            Channel::User | Channel::UserNotification | Channel::Direct | Channel::List(_)
        )
    }

    /// What is heard there comes of those whom the viewer follows.
    pub(super) fn is_of_followed(&self) -> bool {
        matches!(self, Channel::User | Channel::List(_))
    }

    /// It hears what is public and from here.
    pub(super) fn is_public(&self) -> bool {
        matches!(
            self,
            Channel::Public
                | Channel::PublicMedia
                | Channel::PublicLocal
                | Channel::PublicLocalMedia
        )
    }

    pub(super) fn is_for_media(&self) -> bool {
        matches!(
            self,
            Channel::PublicMedia | Channel::PublicLocalMedia | Channel::PublicRemoteMedia
        )
    }

    pub(super) fn tag(&self) -> Option<&str> {
        match self {
            Channel::Hashtag(tag) | Channel::HashtagLocal(tag) => Some(tag),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in Channel::NAMES {
            let channel = Channel::parse(name, Some("Café"), Some("7")).unwrap();
            assert_eq!(channel.names()[0], *name);
            assert!(channel.tag().is_none_or(|tag| tag == "cafe"));
        }
        let list = Channel::parse("list", None, Some("7")).unwrap();
        assert_eq!(list.names(), ["list", "7"]);
    }

    #[test]
    fn what_is_missing_is_said() {
        let wrong = [
            ("hashtag", NoChannel::NoTag),
            ("hashtag:local", NoChannel::NoTag),
            ("list", NoChannel::NoList),
            ("everything", NoChannel::Unknown),
        ];
        for (name, why) in wrong {
            assert_eq!(Channel::parse(name, None, None), Err(why));
        }
        assert_eq!(
            Channel::parse("list", None, Some("mine")),
            Ok(Channel::List(Id::MIN))
        );
    }
}
