//! The address of a bus, as an operator writes it.

use async_nats::ServerAddr;

/// Names of networks in subjects are as long as names of keyspaces may be.
const PREFIX_LENGTH_MAX: usize = 48;

/// What is wrong with the configuration. No text here holds a password.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("the address of the bus begins with neither nats:// nor tls://")]
    Scheme,
    #[error("the address of the bus names no host, or an empty one")]
    NoHost,
    #[error("`{0}` is no host of a bus: write host or host:port")]
    Host(String),
    #[error("the address of the bus has a user without a password: write user:password@host")]
    NoPassword,
    #[error("`{0}` cannot stand in a subject: letters, digits and _ only, 48 at most")]
    Prefix(String),
    /// The client refused; never for a server that is away.
    #[error("the bus cannot be set up: {0}")]
    Client(String),
}

/// `nats://[user:password@]host[:port],host[:port]…`, or `tls://…`. User and password are taken
/// as they stand: the last `@` ends them.
pub(crate) struct Servers {
    pub addresses: Vec<ServerAddr>,
    pub credentials: Option<(String, String)>,
    pub tls: bool,
}

impl Servers {
    pub fn parse(url: &str) -> Result<Servers, BusError> {
        let (scheme, rest) = url.split_once("://").ok_or(BusError::Scheme)?;
        let tls = match scheme {
            "nats" => false,
            "tls" => true,
            _ => return Err(BusError::Scheme),
        };
        let (credentials, hosts) = match rest.rsplit_once('@') {
            Some((who, hosts)) => {
                let (user, password) = who.split_once(':').ok_or(BusError::NoPassword)?;
                (Some((user.to_owned(), password.to_owned())), hosts)
            }
            None => (None, rest),
        };
        let addresses = hosts
            .trim_end_matches('/')
            .split(',')
            .map(|host| address(scheme, host.trim()))
            .collect::<Result<_, _>>()?;
        Ok(Servers {
            addresses,
            credentials,
            tls,
        })
    }
}

/// The prefix of all subjects of one network.
pub(crate) fn subject_prefix(network: &str) -> Result<String, BusError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if network.is_empty() || network.len() > PREFIX_LENGTH_MAX || !network.chars().all(plain) {
        return Err(BusError::Prefix(network.to_owned()));
    }
    Ok(format!("petrel.{network}"))
}

fn address(scheme: &str, host: &str) -> Result<ServerAddr, BusError> {
    if host.is_empty() {
        return Err(BusError::NoHost);
    }
    let wrong = || BusError::Host(host.to_owned());
    if host.contains(['/', '?', '#', ' ']) {
        return Err(wrong());
    }
    format!("{scheme}://{host}").parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &str) -> Vec<(String, u16)> {
        Servers::parse(url)
            .unwrap()
            .addresses
            .iter()
            .map(|server| (server.host().to_owned(), server.port()))
            .collect()
    }

    #[test]
    fn hosts_have_a_port_of_their_own_or_the_usual_one() {
        assert_eq!(
            hosts("nats://a.example,10.0.0.2:5222,[::1]:4223"),
            [
                ("a.example".into(), 4222),
                ("10.0.0.2".into(), 5222),
                ("::1".into(), 4223),
            ]
        );
    }

    #[test]
    fn a_password_may_hold_what_it_likes() {
        let servers = Servers::parse("tls://ann:p@ss:w/rd,@a.example").unwrap();
        assert!(servers.tls);
        assert_eq!(
            servers.credentials,
            Some(("ann".into(), "p@ss:w/rd,".into()))
        );
        assert_eq!(servers.addresses.len(), 1);
        assert!(!servers.addresses[0].has_user_pass());
    }

    #[test]
    fn mistakes_are_named_without_the_password() {
        for (url, piece) in [
            ("a.example", "nats://"),
            ("http://a.example", "nats://"),
            ("nats://", "no host"),
            ("nats://a.example,,b.example", "no host"),
            ("nats://ann@a.example", "without a password"),
            ("nats://u:hunter2@a.example:port", "a.example:port"),
            ("nats://u:hunter2@a.example/x", "a.example/x"),
        ] {
            let text = Servers::parse(url).map(|_| ()).unwrap_err().to_string();
            assert!(text.contains(piece), "{url}: {text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_network_is_a_plain_word() {
        assert_eq!(subject_prefix("petrel_1").unwrap(), "petrel.petrel_1");
        for wrong in ["", "a.b", "*", "a>", "a b", &"x".repeat(49)] {
            assert!(subject_prefix(wrong).is_err(), "{wrong}");
        }
    }
}
