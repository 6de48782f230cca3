use petrel_model::text::fold;

/// What a session can listen to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// Home and notifications.
    User,
    UserNotification,
    Public,
    PublicLocal,
    /// Statuses of other servers: there are none yet.
    PublicRemote,
    /// Media only: there are none yet.
    PublicMedia,
    /// By its folded name.
    Hashtag(String),
    HashtagLocal(String),
    /// Direct statuses that name the viewer or are the viewer's own.
    Direct,
}

impl Channel {
    /// By its name in the API; hashtags also need the tag.
    pub fn parse(stream: &str, tag: Option<&str>) -> Option<Channel> {
        let tag = || tag.map(fold::tag).filter(|tag| !tag.is_empty());
        Some(match stream {
            "user" => Channel::User,
            "user:notification" => Channel::UserNotification,
            "public" => Channel::Public,
            "public:local" => Channel::PublicLocal,
            "public:remote" => Channel::PublicRemote,
            "public:media" | "public:local:media" | "public:remote:media" => Channel::PublicMedia,
            "hashtag" => Channel::Hashtag(tag()?),
            "hashtag:local" => Channel::HashtagLocal(tag()?),
            "direct" => Channel::Direct,
            _ => return None,
        })
    }

    /// As the API names it: the stream, and the tag if it is one.
    pub fn names(&self) -> Vec<String> {
        let (name, tag) = match self {
            Channel::User => ("user", None),
            Channel::UserNotification => ("user:notification", None),
            Channel::Public => ("public", None),
            Channel::PublicLocal => ("public:local", None),
            Channel::PublicRemote => ("public:remote", None),
            Channel::PublicMedia => ("public:media", None),
            Channel::Hashtag(tag) => ("hashtag", Some(tag)),
            Channel::HashtagLocal(tag) => ("hashtag:local", Some(tag)),
            Channel::Direct => ("direct", None),
        };
        [name.to_owned()].into_iter().chain(tag.cloned()).collect()
    }

    /// It is a viewer's own: nobody hears it without an account.
    pub fn is_personal(&self) -> bool {
        matches!(
            self,
            Channel::User | Channel::UserNotification | Channel::Direct
        )
    }

    pub(super) fn is_public(&self) -> bool {
        matches!(self, Channel::Public | Channel::PublicLocal)
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
        for name in [
            "user",
            "user:notification",
            "public",
            "public:local",
            "public:remote",
            "public:media",
            "hashtag",
            "hashtag:local",
            "direct",
        ] {
            let channel = Channel::parse(name, Some("Café")).unwrap();
            assert_eq!(channel.names()[0], name);
            assert!(channel.tag().is_none_or(|tag| tag == "cafe"));
        }
        assert_eq!(Channel::parse("hashtag", None), None);
        assert_eq!(Channel::parse("everything", None), None);
    }
}
