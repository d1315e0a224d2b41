// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses

extension AddressRange {
    /// Loopback, private, carrier and link-local networks. RFC 1918, 3927, 4193, 4291, 6598.
    private static let local = [
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
        "::1", "fc00::/7", "fe80::/10",
    ].compactMap(AddressRange.init)

    /// What a local authority may sign for: the local ranges and, for each public address of this machine, that
    /// IPv4 address or that IPv6 network. Machines change the second half of their public IPv6 addresses every
    /// day. RFC 8981.
    static func permitted(for addresses: [String]) -> [AddressRange] {
        var ranges = local
        for address in addresses.compactMap(IPAddress.init)
        where !ranges.contains(where: { $0.contains(address) }) {
            ranges.append(AddressRange(address, prefix: address.isIPv4 ? 32 : 64))
        }
        return ranges
    }
}
