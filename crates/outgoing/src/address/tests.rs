use super::*;

fn judged(text: &str) -> Option<&'static str> {
    refusal(text.parse().unwrap())
}

/// Each range by its edges: the last address before it, its first, its last, the next one.
#[test]
fn each_range_is_refused_from_its_first_address_to_its_last_and_no_further() {
    let ranges = [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("168.63.129.16", "168.63.129.16"),
        ("169.254.0.0", "169.254.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.31.196.0", "192.31.196.255"),
        ("192.52.193.0", "192.52.193.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("192.175.48.0", "192.175.48.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "255.255.255.255"),
    ];
    assert_eq!(ranges.len(), V4.len());
    for (first, last) in ranges {
        let number = |text: &str| u32::from(text.parse::<Ipv4Addr>().unwrap());
        let (first, last) = (number(first), number(last));
        let is_refused = |number: u32| refusal_v4(Ipv4Addr::from(number)).is_some();
        for inside in [first, first + (last - first) / 2, last] {
            assert!(is_refused(inside), "{}", Ipv4Addr::from(inside));
        }
        for outside in [first.checked_sub(1), last.checked_add(1)] {
            let Some(outside) = outside else { continue };
            assert!(!is_refused(outside), "{}", Ipv4Addr::from(outside));
        }
    }
}

/// All of IPv4, as far as its ranges can differ, in every form in which IPv6 bears an address.
#[test]
fn what_bears_an_address_is_judged_as_that_address() {
    let thirds = [0, 1, 2, 99, 100, 113, 129, 193, 196, 255];
    let all = (0..=u16::MAX).flat_map(|high| thirds.map(|third: u16| (high, third << 8 | 16)));
    for (high, low) in all {
        let inner = joined(high, low);
        let expected = refusal_v4(inner).is_some();
        for bearer in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2a00, 1, 2, 3, 0, 0x5efe, high, low),
            Ipv6Addr::new(0x2a00, 1, 2, 3, 0x200, 0x5efe, high, low),
        ] {
            assert_eq!(refusal_v6(bearer).is_some(), expected, "{bearer}");
        }
        let always = [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 1, 2, 3, 4, !high, !low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
        ];
        assert!(always.iter().all(|address| refusal_v6(*address).is_some()));
    }
}

#[test]
fn of_ipv6_only_global_unicast_is_left() {
    for refused in [
        "::",
        "::1",
        "::2",
        "::ffff:0:1.2.3.4",
        "64:ff9b:1::1",
        "64:ff9b:0:1::808:808",
        "100::1",
        "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001::1",
        "2001:2::1",
        "2001:20::1",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::1",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2002:7f00:1::1",
        "3fff::1",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ] {
        assert!(judged(refused).is_some(), "{refused}");
    }
    for public in [
        "2001:200::1",
        "2001:4860:4860::8888",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700::1111",
        "3ffe:ffff::1",
        "3fff:1000::1",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
        "2000::1",
    ] {
        assert_eq!(judged(public), None, "{public}");
    }
}

#[test]
fn the_reasons_name_what_it_is() {
    assert_eq!(judged("169.254.169.254"), Some("link-local (RFC 3927)"));
    assert_eq!(judged("::ffff:127.0.0.1"), Some("loopback (RFC 1122)"));
    assert_eq!(judged("::1"), Some("loopback (RFC 4291)"));
    assert!(is_loopback("::ffff:127.9.9.9".parse().unwrap()));
    assert!(!is_loopback("::ffff:10.0.0.1".parse().unwrap()));
}
