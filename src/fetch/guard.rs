//! Addresses out of bounds: the closed door between sources and the networks the daemon stands in.
//!
//! Two checks make it tight. Before every request and every hop the host as written is looked at
//! ([`check_url`]), because a literal address never passes a resolver. And the resolver hands out no forbidden
//! address ([`fault_of`]), so that a name which resolves differently each time gains nothing: the address that was
//! checked is the address that is connected to. Opening the door is a source's `allow_private_networks`.

use super::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Refuses an address whose host is out of bounds as written. Names are judged once more where they resolve.
pub fn check_url(url: &Url) -> Result<(), Error> {
    let fault = match url.host() {
        Some(Host::Ipv4(address)) => fault_of(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => fault_of(IpAddr::V6(address)),
        Some(Host::Domain(name)) => is_local_name(name).then_some("a name of this very machine"),
        None => Some("no host at all"),
    };
    match fault {
        None => Ok(()),
        Some(what) => Err(Error::OutOfBounds {
            host: url.host_str().unwrap_or_default().to_owned(),
            what,
        }),
    }
}

/// Why an address must not be connected to; `None` for one on the open internet (RFC 6890 and the IANA
/// registries of special-purpose addresses).
///
/// NAT64 (64:ff9b::/96) and 6to4 (2002::/16) are refused whole: what they lead to is decided elsewhere.
pub fn fault_of(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => fault_of_v4(address),
        IpAddr::V6(address) => fault_of_v6(address),
    }
}

fn fault_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (0, ..) => "this network, 0.0.0.0/8",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "a private network",
        (100, 64..=127, _) => "a carrier's network, 100.64.0.0/10",
        (127, ..) => "this machine, 127.0.0.0/8",
        (169, 254, _) => "link-local, where cloud metadata is",
        (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _) => "a special-purpose network",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "an address for documentation",
        (224..=239, ..) => "multicast",
        (240..=255, ..) => "reserved, 240.0.0.0/4",
        _ => return None,
    })
}

fn fault_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(v4) = address.to_ipv4_mapped() {
        return fault_of_v4(v4);
    }
    let [a, b, c, d, e, f, ..] = address.segments();
    Some(match (a, b) {
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0) => "this machine, or an IPv4 address in disguise",
        (0, 0) => "a reserved network",
        (0x64, 0xff9b) => "a NAT64 translation",
        (0x100, 0) => "a discard network",
        (0x2001, 0..=0x1ff) => "a special-purpose network",
        (0x2001, 0xdb8) | (0x3fff, 0..=0xfff) => "an address for documentation",
        (0x2002, _) => "a 6to4 translation",
        (0x5f00, _) => "a segment routing network",
        (0xfc00..=0xfdff, _) => "a private network",
        (0xfe80..=0xfebf, _) => "link-local",
        (0xfec0..=0xfeff, _) => "site-local",
        (0xff00..=0xffff, _) => "multicast",
        _ => return None,
    })
}

/// `localhost` and its kin (RFC 6761 6.3), which resolvers may answer without asking anyone.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    matches!(
        name.as_str(),
        "localhost" | "localhost.localdomain" | "ip6-localhost" | "ip6-loopback"
    ) || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(host: &str) -> bool {
        check_url(&Url::parse(&format!("http://{host}/feed")).unwrap()).is_ok()
    }

    #[test]
    fn the_inner_networks_are_closed_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f.1",
            "0x7f000001",
            "017700000001",
            "127.255.255.255",
            "1２7.0.0.1",
            "127。0。0。1",
            "0.0.0.0",
            "0",
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "2852039166",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "localhost",
            "LOCALHOST.",
            "a.b.localhost",
            "localhost.localdomain",
            "ip6-localhost",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::8.8.8.8]",
            "[64:ff9b:1::1]",
            "[100::1]",
            "[2001::1]",
            "[2001:10::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[2002:808:808::1]",
            "[3fff::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fdff::1]",
            "[fe80::1]",
            "[febf::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            assert!(!is_open(host), "{host}");
        }
    }

    #[test]
    fn the_open_internet_is_open() {
        for host in [
            "example.org",
            "localhost.example.org",
            "notlocalhost",
            "8.8.8.8",
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.167.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "[2606:4700:4700::1111]",
            "[2001:4860:4860::8888]",
            "[2400:da00::6666]",
            "[::ffff:8.8.8.8]",
        ] {
            assert!(is_open(host), "{host}");
        }
    }
}
