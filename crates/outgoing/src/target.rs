//! Whom an address names, and whether such a one may be asked at all.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::{is_loopback, refusal};
use crate::error::FetchError;
use crate::limits::{PORTS, URL_BYTES_MAX};

/// What is permitted beyond the public internet: nothing, but for developers and tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Permits {
    /// On this machine's own addresses these ports may be asked, without TLS too.
    pub loopback_ports: Vec<u16>,
}

impl Permits {
    /// Why no connection to `address` at `port` may be made; none if it may.
    pub fn refusal(&self, address: IpAddr, port: u16) -> Option<&'static str> {
        if is_loopback(address) && self.loopback_ports.contains(&port) {
            return None;
        }
        match refusal(address) {
            Some(why) => Some(why),
            None if PORTS.contains(&port) => None,
            None => Some("not a port of the web"),
        }
    }
}

/// A host and port that may be asked if its addresses may be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub url: Url,
    pub host: Host<String>,
    pub port: u16,
    pub is_tls: bool,
}

impl Target {
    /// Reads an address as the URL standard does: `http://0x7f.1/` is 127.0.0.1.
    pub fn parse(text: &str, permits: &Permits) -> Result<Target, FetchError> {
        if text.len() > URL_BYTES_MAX {
            return Err(FetchError::Refused("the address is too long".to_owned()));
        }
        let url = Url::parse(text)
            .map_err(|error| FetchError::Refused(format!("the address: {error}")))?;
        Target::of(url, permits)
    }

    /// Where an answer from here points.
    pub fn redirected(&self, location: &str, permits: &Permits) -> Result<Target, FetchError> {
        let url = self
            .url
            .join(location)
            .map_err(|_| FetchError::Redirects("to what is no address"))?;
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(FetchError::Redirects("to an address that is too long"));
        }
        let next = Target::of(url, permits)?;
        if self.is_tls && !next.is_tls {
            return Err(FetchError::Redirects("from https to http"));
        }
        Ok(next)
    }

    /// Why `address`, which this host is said to have, may not be connected to.
    pub fn refusal(&self, address: IpAddr, permits: &Permits) -> Option<&'static str> {
        permits.refusal(address, self.port)
    }

    fn of(url: Url, permits: &Permits) -> Result<Target, FetchError> {
        let refused = |why: &str| Err(FetchError::Refused(why.to_owned()));
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return refused("neither http nor https"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("a user or password in the address");
        }
        let (Some(host), Some(port)) = (
            url.host().map(|host| host.to_owned()),
            url.port_or_known_default(),
        ) else {
            return refused("no host");
        };
        if !PORTS.contains(&port) && !permits.loopback_ports.contains(&port) {
            return refused("not a port of the web");
        }
        let target = Target {
            host,
            port,
            is_tls,
            url,
        };
        match target
            .literal()
            .and_then(|address| target.refusal(address, permits))
        {
            Some(why) => refused(why),
            None => Ok(target),
        }
    }

    /// The address itself, where the host is written as one.
    pub fn literal(&self) -> Option<IpAddr> {
        match self.host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, FetchError> {
        Target::parse(text, &Permits::default())
    }

    #[test]
    fn odd_forms_of_an_inner_address_are_refused() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://017700000001/",
            "http://0/",
            "http://127.0.0.1./",
            "http://1２7.0.0.1/",
            "http://①②⑦.⓪.⓪.①/",
            "http://%31%32%37.0.0.1/",
            "http://10.1/",
            "http://0xa9fea9fe/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://[::]/",
            "http://[0:0:0:0:0:ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http:\\\\127.0.0.1\\",
            "https:127.0.0.1/",
        ] {
            assert!(
                matches!(target(text), Err(FetchError::Refused(_))),
                "{text}: {:?}",
                target(text)
            );
        }
    }

    #[test]
    fn only_http_at_its_ports_and_without_a_user() {
        for text in [
            "ftp://a.example/",
            "file:///etc/passwd",
            "gopher://a.example:80/",
            "data:text/html,a",
            "http://a.example:22/",
            "https://a.example:8443/",
            "http://u@a.example/",
            "http://:p@a.example/",
            "http://a.example@127.0.0.1/",
            "http:///",
            "http://[fe80::1%25eth0]/",
            "a.example",
            "",
        ] {
            assert!(
                matches!(target(text), Err(FetchError::Refused(_))),
                "{text}"
            );
        }
        let long = format!("http://a.example/{}", "a".repeat(URL_BYTES_MAX));
        assert!(target(&long).is_err());
        for text in [
            "http://a.example",
            "https://a.example:80/",
            "http://a.example:443/x?y#z",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(target(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn loopback_is_permitted_at_the_ports_that_were_named_and_nothing_else_is() {
        let permits = Permits {
            loopback_ports: vec![8_080],
        };
        let may = |text: &str| Target::parse(text, &permits).is_ok();
        assert!(may("http://127.0.0.1:8080/") && may("http://[::1]:8080/"));
        assert!(!may("http://127.0.0.1:8081/") && !may("http://127.0.0.1/"));
        assert!(!may("http://10.0.0.1:8080/") && !may("http://8.8.8.8:8080/"));
        let named = Target::parse("http://a.example:8080/", &permits).unwrap();
        assert!(named.refusal([127, 0, 0, 1].into(), &permits).is_none());
        assert!(named.refusal([8, 8, 8, 8].into(), &permits).is_some());
    }

    #[test]
    fn a_redirect_is_judged_as_any_address_and_never_leaves_tls() {
        let permits = Permits::default();
        let from = target("https://a.example/x/y").unwrap();
        let to = |location: &str| from.redirected(location, &permits);
        assert_eq!(to("../z").unwrap().url.as_str(), "https://a.example/z");
        assert_eq!(
            to("//b.example/").unwrap().url.as_str(),
            "https://b.example/"
        );
        assert!(matches!(
            to("http://a.example/"),
            Err(FetchError::Redirects(_))
        ));
        assert!(matches!(to("https://127.1/"), Err(FetchError::Refused(_))));
        assert!(matches!(to("//[::1]/"), Err(FetchError::Refused(_))));
        assert!(matches!(
            to("https://u:p@b.example/"),
            Err(FetchError::Refused(_))
        ));
        assert!(matches!(to("javascript:1"), Err(FetchError::Refused(_))));
    }
}
