//! Which addresses may be connected to: those that the IANA's registries of special-purpose
//! addresses (RFC 6890 and its successors) leave to the public internet, and nothing else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused; none if it is a public one.
pub fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

/// Whether it stands for this machine, in whatever form it is written.
pub fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => match mapped(address) {
            Some(inner) => inner.is_loopback(),
            None => address.is_loopback(),
        },
    }
}

struct Row<A> {
    first: A,
    prefix_bits: u32,
    /// What it is, and the document that says so.
    why: &'static str,
}

const fn v4(octets: [u8; 4], prefix_bits: u32, why: &'static str) -> Row<Ipv4Addr> {
    let [a, b, c, d] = octets;
    let first = Ipv4Addr::new(a, b, c, d);
    Row {
        first,
        prefix_bits,
        why,
    }
}

const fn v6(segments: [u16; 8], prefix_bits: u32, why: &'static str) -> Row<Ipv6Addr> {
    let [a, b, c, d, e, f, g, h] = segments;
    let first = Ipv6Addr::new(a, b, c, d, e, f, g, h);
    Row {
        first,
        prefix_bits,
        why,
    }
}

const V4: [Row<Ipv4Addr>; 18] = [
    v4([0, 0, 0, 0], 8, "this network (RFC 791)"),
    v4([10, 0, 0, 0], 8, "private (RFC 1918)"),
    v4([100, 64, 0, 0], 10, "shared by a provider (RFC 6598)"),
    v4([127, 0, 0, 0], 8, "loopback (RFC 1122)"),
    // Azure's metadata, DNS and health service: a public address that is an inner one there.
    v4([168, 63, 129, 16], 32, "metadata of a cloud"),
    // With 169.254.169.254 and its like, the metadata of most clouds.
    v4([169, 254, 0, 0], 16, "link-local (RFC 3927)"),
    v4([172, 16, 0, 0], 12, "private (RFC 1918)"),
    // Among them the metadata of Oracle's cloud, 192.0.0.192.
    v4([192, 0, 0, 0], 24, "protocol assignments (RFC 6890)"),
    v4([192, 0, 2, 0], 24, "documentation (RFC 5737)"),
    v4([192, 31, 196, 0], 24, "AS112 (RFC 7535)"),
    v4([192, 52, 193, 0], 24, "AMT (RFC 7450)"),
    v4([192, 88, 99, 0], 24, "6to4 relays (RFC 7526)"),
    v4([192, 168, 0, 0], 16, "private (RFC 1918)"),
    v4([192, 175, 48, 0], 24, "AS112 (RFC 7534)"),
    v4([198, 18, 0, 0], 15, "benchmarking (RFC 2544)"),
    v4([198, 51, 100, 0], 24, "documentation (RFC 5737)"),
    v4([203, 0, 113, 0], 24, "documentation (RFC 5737)"),
    // 224.0.0.0/4 multicast (RFC 5771); 240.0.0.0/4 reserved (RFC 1112), with the limited
    // broadcast 255.255.255.255 (RFC 919).
    v4([224, 0, 0, 0], 3, "multicast or reserved (RFC 5771, 1112)"),
];

/// All that is not in 2000::/3 is refused as a whole; these rows name the best known parts of it,
/// and the special ones within.
const V6: [Row<Ipv6Addr>; 14] = [
    v6([0; 8], 128, "unspecified (RFC 4291)"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback (RFC 4291)"),
    v6([0; 8], 96, "IPv4-compatible (RFC 4291)"),
    v6(
        [0x64, 0xff9b, 1, 0, 0, 0, 0, 0],
        48,
        "local NAT64 (RFC 8215)",
    ),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard-only (RFC 6666)"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo (RFC 4380)"),
    // With benchmarking 2001:2::/48 (RFC 5180) and ORCHIDs (RFC 4843, 7343).
    v6(
        [0x2001, 0, 0, 0, 0, 0, 0, 0],
        23,
        "protocol assignments (RFC 2928)",
    ),
    v6(
        [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
        32,
        "documentation (RFC 3849)",
    ),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4 (RFC 3056)"),
    v6(
        [0x3fff, 0, 0, 0, 0, 0, 0, 0],
        20,
        "documentation (RFC 9637)",
    ),
    // Among them the metadata of Amazon's and Google's clouds.
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local (RFC 4193)"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local (RFC 4291)"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local (RFC 3879)"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast (RFC 4291)"),
];

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    let covers = |row: &&Row<Ipv4Addr>| {
        let differing = u32::from(row.first) ^ u32::from(address);
        differing.leading_zeros() >= row.prefix_bits
    };
    V4.iter().find(covers).map(|row| row.why)
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = mapped(address).or_else(|| translated(address)) {
        return refusal_v4(inner);
    }
    let covers = |row: &&Row<Ipv6Addr>| {
        let differing = u128::from(row.first) ^ u128::from(address);
        differing.leading_zeros() >= row.prefix_bits
    };
    if let Some(row) = V6.iter().find(covers) {
        return Some(row.why);
    }
    if address.segments()[0] & 0xe000 != 0x2000 {
        return Some("not global unicast (RFC 4291)");
    }
    tunnelled(address).and_then(refusal_v4)
}

/// ::ffff:a.b.c.d (RFC 4291): a system connects to it over IPv4.
fn mapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    address.to_ipv4_mapped()
}

/// 64:ff9b::a.b.c.d (RFC 6052): a NAT64 connects to it over IPv4.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(joined(high, low)),
        _ => None,
    }
}

/// ISATAP's interface identifier (RFC 5214), under any prefix.
fn tunnelled(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(joined(high, low)),
        _ => None,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests;
