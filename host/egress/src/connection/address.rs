//! Step 5 of the pipeline: the addresses that may be dialled. Grants allow names, this step refuses addresses.
//!
//! # Guarantees
//! An address is refused unless it is known to be a public unicast address, or is private and its network is allowed,
//! or is loopback and loopback is allowed. An IPv4 address inside an IPv6 address (mapped, compatible, translated,
//! NAT64, 6to4, ISATAP) is extracted and checked instead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{PoisonError, RwLock};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Whether loopback addresses may be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loopback {
    /// In local mode and in tests, where a forge on this machine belongs to the user.
    Allowed,
    /// In a cluster, where loopback is the operator's own pod.
    #[default]
    Refused,
}

/// The address rules of a policy.
#[derive(Debug, Default)]
pub(crate) struct AddressRules {
    pub(crate) allow_private: Vec<IpNet>,
    pub(crate) loopback: Loopback,
    /// Replaced while the process runs, because the endpoints of the API server's service change.
    forbidden: RwLock<Vec<IpAddr>>,
}

/// An address that may not be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {reason}{}", self.remedy())]
pub(crate) struct AddressRefused {
    address: IpAddr,
    reason: &'static str,
}

impl AddressRefused {
    /// The flag or mode that allows the address.
    fn remedy(&self) -> String {
        match (self.reason, bare(self.address)) {
            (PRIVATE, IpAddr::V4(four)) => format!("; --egress-allow-cidr {four}/32 (or a range around it) allows it"),
            (PRIVATE, IpAddr::V6(six)) => format!("; --egress-allow-cidr {six}/128 (or a range around it) allows it"),
            (LOOPBACK, _) => {
                "; `orangery poll --allow-loopback` and local mode reach it, a cluster never does".to_owned()
            }
            _ => String::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Public,
    Private,
    Loopback,
    Never(&'static str),
}

const PRIVATE: &str = "a private address, and the operator does not allow its network";
const LOOPBACK: &str = "a loopback address, which is not dialled here";
const FORBIDDEN: &str = "an address of the operator or of the API server, which is never granted";
const METADATA: &str = "a metadata address, which is never granted";
const LINK_LOCAL: &str = "a link-local or metadata address, which is never granted";
const UNSPECIFIED: &str = "an unspecified address, which is never granted";
const MULTICAST: &str = "a multicast or broadcast address, which is never granted";
const RESERVED: &str = "a reserved address, which is never granted";

impl AddressRules {
    pub(crate) fn new(allow_private: Vec<IpNet>, loopback: Loopback, forbidden: Vec<IpAddr>) -> Self {
        Self { allow_private, loopback, forbidden: RwLock::new(forbidden) }
    }

    /// Replaces the addresses that are refused even if another rule allows them.
    pub(crate) fn forbid(&self, addresses: Vec<IpAddr>) {
        *self.forbidden.write().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// # Errors
    /// The address, and why it is refused.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), AddressRefused> {
        let refused = |reason| Err(AddressRefused { address, reason });
        let bare = bare(address);
        let forbidden = self.forbidden.read().unwrap_or_else(PoisonError::into_inner);
        if forbidden.iter().any(|forbidden| *forbidden == address || self::bare(*forbidden) == bare) {
            return refused(FORBIDDEN);
        }
        drop(forbidden);
        match classify(bare) {
            Class::Public => Ok(()),
            Class::Private if self.allow_private.iter().any(|net| net.contains(&bare)) => Ok(()),
            Class::Private => refused(PRIVATE),
            Class::Loopback if self.loopback == Loopback::Allowed => Ok(()),
            Class::Loopback => refused(LOOPBACK),
            Class::Never(reason) => refused(reason),
        }
    }
}

/// The IPv4 address inside an IPv6 address, or the address itself.
fn bare(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => embedded(six).map_or(address, IpAddr::V4),
    }
}

fn embedded(six: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = six.segments();
    let join = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match (a, b, c, d, e, f) {
        // ::a.b.c.d, but neither :: nor ::1
        (0, 0, 0, 0, 0, 0) if g != 0 => join(g, h),
        // ::ffff:a.b.c.d, ::ffff:0:a.b.c.d, 64:ff9b::a.b.c.d
        (0, 0, 0, 0, 0, 0xffff) | (0, 0, 0, 0, 0xffff, 0) | (0x64, 0xff9b, 0, 0, 0, 0) => join(g, h),
        (0x2002, ..) => join(b, c),
        // ISATAP, under any prefix
        (_, _, _, _, 0 | 0x200, 0x5efe) => join(g, h),
        _ => None,
    }
}

fn classify(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(four) => V4.iter().find(|(net, _)| net.contains(&four)).map_or(Class::Public, |(_, class)| *class),
        IpAddr::V6(six) => {
            V6.iter().find(|(net, _)| net.contains(&six)).map_or(Class::Never(RESERVED), |(_, class)| *class)
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(a: u16, b: u16, c: u16, h: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, h), length)
}

const fn v6_of(address: Ipv6Addr, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(address, length)
}

/// Ranges of IPv4; the first match wins, and an unlisted address is public. From the IANA special-purpose registry
/// and the manuals of the clouds.
const V4: &[(Ipv4Net, Class)] = &[
    // Alibaba, Azure's wire server, Oracle
    (v4(100, 100, 100, 200, 32), Class::Never(METADATA)),
    (v4(168, 63, 129, 16, 32), Class::Never(METADATA)),
    (v4(192, 0, 0, 192, 32), Class::Never(METADATA)),
    (v4(169, 254, 0, 0, 16), Class::Never(LINK_LOCAL)),
    (v4(127, 0, 0, 0, 8), Class::Loopback),
    (v4(10, 0, 0, 0, 8), Class::Private),
    (v4(172, 16, 0, 0, 12), Class::Private),
    (v4(192, 168, 0, 0, 16), Class::Private),
    (v4(100, 64, 0, 0, 10), Class::Private),
    (v4(0, 0, 0, 0, 8), Class::Never(UNSPECIFIED)),
    (v4(224, 0, 0, 0, 4), Class::Never(MULTICAST)),
    (v4(255, 255, 255, 255, 32), Class::Never(MULTICAST)),
    (v4(240, 0, 0, 0, 4), Class::Never(RESERVED)),
    (v4(192, 0, 0, 0, 24), Class::Never(RESERVED)),
    (v4(192, 88, 99, 0, 24), Class::Never(RESERVED)),
    // documentation and benchmarks
    (v4(192, 0, 2, 0, 24), Class::Never(RESERVED)),
    (v4(198, 51, 100, 0, 24), Class::Never(RESERVED)),
    (v4(203, 0, 113, 0, 24), Class::Never(RESERVED)),
    (v4(198, 18, 0, 0, 15), Class::Never(RESERVED)),
];

/// Ranges of IPv6; the first match wins, and an unlisted address is reserved: only `2000::/3` is assigned.
const V6: &[(Ipv6Net, Class)] = &[
    // AWS (time and DNS as well as metadata and credentials), Google, Oracle, Scaleway; inside the private range
    (v6(0xfd00, 0xec2, 0, 0, 32), Class::Never(METADATA)),
    (v6(0xfd20, 0xce, 0, 0x254, 128), Class::Never(METADATA)),
    (v6_of(Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe), 128), Class::Never(METADATA)),
    (v6(0xfd00, 0x42, 0, 0x42, 128), Class::Never(METADATA)),
    (v6(0, 0, 0, 0, 128), Class::Never(UNSPECIFIED)),
    (v6(0, 0, 0, 1, 128), Class::Loopback),
    (v6(0xfc00, 0, 0, 0, 7), Class::Private),
    (v6(0xfe80, 0, 0, 0, 10), Class::Never(LINK_LOCAL)),
    (v6(0xff00, 0, 0, 0, 8), Class::Never(MULTICAST)),
    // Teredo hides an IPv4 address; protocol assignments; documentation
    (v6(0x2001, 0, 0, 0, 23), Class::Never(RESERVED)),
    (v6(0x2001, 0xdb8, 0, 0, 32), Class::Never(RESERVED)),
    (v6(0x3fff, 0, 0, 0, 20), Class::Never(RESERVED)),
    (v6(0x2000, 0, 0, 0, 3), Class::Public),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(rules: &AddressRules, address: &str) -> bool {
        rules.check(address.parse().unwrap()).is_ok()
    }

    /// Everything that can be allowed is.
    fn lenient() -> AddressRules {
        lenient_but_for(Vec::new())
    }

    fn lenient_but_for(forbidden: Vec<IpAddr>) -> AddressRules {
        AddressRules::new(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()], Loopback::Allowed, forbidden)
    }

    #[test]
    fn public_addresses_pass() {
        for address in
            ["140.82.121.6", "2606:50c0:8000::153", "::ffff:140.82.121.6", "64:ff9b::8c52:7906", "2002:8c52:7906::1"]
        {
            assert!(passes(&AddressRules::default(), address), "{address}");
        }
    }

    #[test]
    fn some_addresses_are_never_granted() {
        let never = [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "198.18.0.1",
            "::",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd00:ec2::253",
            "fd00:ec2::23",
            "fd00:ec2:1::1",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42",
            "fd20:ce::254",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "64:ff9b:1::7f00:1",
            "5f00::1",
            // the same behind IPv6
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2606:50c0::5efe:a9fe:a9fe",
            "fe80::200:5efe:a9fe:a9fe",
        ];
        for address in never {
            assert!(!passes(&lenient(), address), "{address}");
        }
    }

    #[test]
    fn loopback_passes_only_where_loopback_is_allowed() {
        for address in ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"] {
            assert!(!passes(&AddressRules::default(), address), "{address}");
            assert!(passes(&lenient(), address), "{address}");
        }
    }

    #[test]
    fn private_networks_pass_only_where_listed() {
        let rules = AddressRules::new(vec!["10.1.0.0/16".parse().unwrap()], Loopback::Refused, Vec::new());
        assert!(passes(&rules, "10.1.2.3"));
        assert!(passes(&rules, "::ffff:10.1.2.3"));
        for address in ["10.2.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.2.0.1"] {
            assert!(!passes(&rules, address), "{address}");
            assert!(passes(&lenient(), address), "{address}");
        }
    }

    #[test]
    fn a_forbidden_address_stays_forbidden_in_every_spelling() {
        let rules = lenient_but_for(vec!["10.96.0.1".parse().unwrap()]);
        assert!(passes(&rules, "10.96.0.2"));
        for address in ["10.96.0.1", "::ffff:10.96.0.1", "64:ff9b::a60:1"] {
            assert!(!passes(&rules, address), "{address}");
        }
        rules.forbid(vec!["10.96.0.2".parse().unwrap()]);
        assert!(passes(&rules, "10.96.0.1") && !passes(&rules, "10.96.0.2"));
    }

    #[test]
    fn a_refusal_names_the_flag_that_would_allow_the_address() {
        let said = |address: &str| AddressRules::default().check(address.parse().unwrap()).unwrap_err().to_string();
        for (address, flag) in [
            ("10.2.0.1", "--egress-allow-cidr 10.2.0.1/32"),
            ("::ffff:10.2.0.1", "--egress-allow-cidr 10.2.0.1/32"),
            ("fd12::1", "--egress-allow-cidr fd12::1/128"),
            ("127.0.0.1", "--allow-loopback"),
        ] {
            assert!(said(address).contains(flag), "{}", said(address));
        }
        for address in ["169.254.169.254", "fd00:42::42", "224.0.0.1"] {
            assert!(said(address).contains("never granted") && !said(address).contains("--"), "{}", said(address));
        }
    }
}
