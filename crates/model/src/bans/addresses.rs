//! Addresses and networks: written in one form, and compared as ranges of 16 bytes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, or all of a network's. Those of IPv4 are the ones that IPv6 maps them to, so there is one
/// order of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Addresses {
    first: u128,
    /// How many bits all of them have in common, of 128.
    prefix: u8,
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an IP address or a network such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32")]
pub struct AddressError;

/// How many bits the mapped addresses of IPv4 have in common.
const MAPPED: u8 = 96;

impl Addresses {
    /// One address.
    pub fn one(address: IpAddr) -> Self {
        Self {
            first: number(address),
            prefix: 128,
        }
    }

    /// Reads `203.0.113.7`, `2001:db8::1`, or a network with the length of its prefix: `10.1.2.3/8` is the
    /// network that the address is in.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| AddressError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| AddressError)?
            }
            Some(_) => return Err(AddressError),
        };
        if prefix > most {
            return Err(AddressError);
        }
        let prefix = prefix + (128 - most);
        Ok(Self {
            first: number(address) & !rest(prefix),
            prefix,
        })
    }

    /// The first of them, in 16 bytes.
    pub fn first(self) -> [u8; 16] {
        self.first.to_be_bytes()
    }

    /// The last of them, in 16 bytes.
    pub fn last(self) -> [u8; 16] {
        (self.first | rest(self.prefix)).to_be_bytes()
    }

    /// Whether this is one of them.
    pub fn contains(self, address: IpAddr) -> bool {
        number(address) & !rest(self.prefix) == self.first
    }

    /// An address in 16 bytes, as it is compared with the first and the last.
    pub fn bytes(address: IpAddr) -> [u8; 16] {
        number(address).to_be_bytes()
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The bits behind a prefix.
fn rest(prefix: u8) -> u128 {
    u128::MAX.checked_shr(prefix.into()).unwrap_or(0)
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v6 = Ipv6Addr::from_bits(self.first);
        let mapped = v6.to_ipv4_mapped().filter(|_| self.prefix >= MAPPED);
        match mapped {
            Some(v4) => network::<Ipv4Addr>(f, v4, self.prefix - MAPPED, 32),
            None => network::<Ipv6Addr>(f, v6, self.prefix, 128),
        }
    }
}

fn network<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    address: T,
    prefix: u8,
    most: u8,
) -> fmt::Result {
    if prefix == most {
        write!(f, "{address}")
    } else {
        write!(f, "{address}/{prefix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_form_of_each() {
        let forms = [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7/32", "203.0.113.7"),
            ("203.0.113.7/31", "203.0.113.6/31"),
            ("255.255.255.255/0", "0.0.0.0/0"),
            ("2001:DB8:0:0::9/32", "2001:db8::/32"),
            ("2001:db8::9/128", "2001:db8::9"),
            ("ffff::/0", "::/0"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
            ("::ffff:0.0.0.0/95", "::fffe:0:0/95"),
        ];
        for (text, form) in forms {
            let addresses = Addresses::parse(text).unwrap();
            assert_eq!(addresses.to_string(), form, "{text}");
            assert_eq!(Addresses::parse(form), Ok(addresses), "{form}");
        }
        let wrong = [
            "",
            "/8",
            "10.0.0.1/",
            "10.0.0.1/33",
            "10.0.0.1/+8",
            "10.0.0.1/-1",
            "10.0.0.1/8/8",
            "10.0.0",
            "::1/129",
            "10.0.0.1/256",
            "10.0.0.1:80",
            "[::1]",
            "fe80::1%eth0",
            "example.com",
            "010.0.0.1",
            " ::1",
            "10.0.0.1/ 8",
        ];
        for text in wrong {
            assert_eq!(Addresses::parse(text), Err(AddressError), "{text:?}");
        }
    }

    #[test]
    fn a_network_contains_its_addresses_whichever_way_they_are_written() {
        let contains = |network: &str, address: &str| {
            let (network, address) = (Addresses::parse(network).unwrap(), address.parse().unwrap());
            let bytes = Addresses::bytes(address);
            let in_range = network.first() <= bytes && bytes <= network.last();
            assert_eq!(network.contains(address), in_range, "{network} {address}");
            in_range
        };
        assert!(
            contains("10.0.0.0/8", "10.255.255.255") && contains("10.0.0.0/8", "::ffff:10.0.0.0")
        );
        assert!(!contains("10.0.0.0/8", "11.0.0.0") && !contains("10.0.0.0/8", "9.255.255.255"));
        assert!(contains("0.0.0.0/0", "255.255.255.255") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("::/0", "203.0.113.7") && contains("::/0", "ffff::1"));
        assert!(contains("203.0.113.7", "203.0.113.7") && !contains("203.0.113.7", "203.0.113.8"));
    }
}
