// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import Testing

@Suite("Purposes of addresses")
struct PurposeTests {
    @Test(
        "the first and the last address of a special range have its purpose, their neighbours have not",
        arguments: [
            ("0.0.0.1", "0.255.255.255", IPAddress.Purpose.thisNetwork),
            ("10.0.0.0", "10.255.255.255", .private),
            ("172.16.0.0", "172.31.255.255", .private), ("192.168.0.0", "192.168.255.255", .private),
            ("100.64.0.0", "100.127.255.255", .carrier), ("127.0.0.0", "127.255.255.255", .loopback),
            ("169.254.0.0", "169.254.255.255", .linkLocal),
            ("192.0.0.0", "192.0.0.255", .protocolAssignments),
            ("192.0.2.0", "192.0.2.255", .documentation), ("198.51.100.0", "198.51.100.255", .documentation),
            ("203.0.113.0", "203.0.113.255", .documentation), ("192.88.99.0", "192.88.99.255", .translated),
            ("198.18.0.0", "198.19.255.255", .benchmarking), ("224.0.0.0", "239.255.255.255", .multicast),
            ("240.0.0.0", "255.255.255.254", .reserved), ("0.0.0.0", "0.0.0.0", .unspecified),
            ("255.255.255.255", "255.255.255.255", .broadcast), ("::", "::", .unspecified),
            ("::1", "::1", .loopback), ("::2", "::ffff:ffff", .translated),
            ("64:ff9b::", "64:ff9b::ffff:ffff", .translated),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", .translated),
            ("100::", "100::ffff:ffff:ffff:ffff", .reserved),
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", .translated),
            ("2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", .protocolAssignments),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", .documentation),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .translated),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", .documentation),
            ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .reserved),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .uniqueLocal),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .linkLocal),
            ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .uniqueLocal),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .multicast),
        ])
    func ranges(_ first: String, _ last: String, _ purpose: IPAddress.Purpose) throws {
        let first = try #require(IPAddress(first))
        let last = try #require(IPAddress(last))
        #expect(first.purpose == purpose)
        #expect(last.purpose == purpose)
        if let before = first.neighbour(-1) { #expect(before.purpose != purpose || before.isApart(first)) }
        if let after = last.neighbour(1) { #expect(after.purpose != purpose || after.isApart(last)) }
    }

    @Test(
        "ordinary addresses have no special purpose",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
            "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::", "2001:200::", "2001:4860:4860::8888",
            "2001:db7::1", "2001:db9::", "2003::", "3ffe::", "3fff:1000::", "2606:4700::1111",
        ])
    func ordinary(_ text: String) throws {
        #expect(try #require(IPAddress(text)).purpose == nil)
    }

    @Test(
        "the IPv4 address inside an IPv6 address is found",
        arguments: [
            ("::7f00:1", "127.0.0.1"), ("::2", "0.0.0.2"), ("2002:7f00:1::", "127.0.0.1"),
            ("2002:a9fe:a9fe:1:2:3:4:5", "169.254.169.254"),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
            ("64:ff9b::a9fe:a9fe", "169.254.169.254"), ("64:ff9b:1::a00:1", "10.0.0.1"),
            ("64:ff9b:1:a00:0:100::", "10.0.0.1"), ("64:ff9b:1:c0a8:1:100::", "192.168.1.1"),
            ("64:ff9b:1::", "0.0.0.0"),
        ])
    func canonical(_ text: String, _ inside: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.canonical == IPAddress(inside))
        #expect(address.canonical.canonical == address.canonical)
    }

    @Test("a mapped address from the network is the IPv4 address inside")
    func mapped() {
        let mapped = IPAddress(high: 0, low: 0xFFFF_7F00_0001)
        #expect(mapped.canonical == IPAddress("127.0.0.1"))
        #expect(mapped.purpose == .translated)
        #expect(mapped.canonical.isLoopback)
    }

    @Test(
        "other addresses stay what they are",
        arguments: [
            "::", "::1", "192.0.2.1", "2001:db8::1", "fe80::1", "64:ff9b:0:1::1", "2001:1::1", "0:1::2",
        ])
    func plain(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.canonical == address)
        #expect(address.unmapped == address)
    }
}

extension IPAddress {
    /// The next or the previous address; `nil` past the ends.
    fileprivate func neighbour(_ step: Int) -> IPAddress? {
        if let v4 {
            let (next, isPast) = Int64(v4).addingReportingOverflow(Int64(step))
            return isPast ? nil : UInt32(exactly: next).map { IPAddress(v4: $0) }
        }
        if step > 0 {
            let (low, carries) = low.addingReportingOverflow(1)
            let (high, isPast) = high.addingReportingOverflow(carries ? 1 : 0)
            return isPast ? nil : IPAddress(high: high, low: low)
        }
        let (low, borrows) = low.subtractingReportingOverflow(1)
        let (high, isPast) = high.subtractingReportingOverflow(borrows ? 1 : 0)
        return isPast ? nil : IPAddress(high: high, low: low)
    }

    /// Two ranges of one purpose may touch: 2001:0::/32 and what follows are told apart by their purpose, the
    /// reserved parts of IPv6 are not.
    fileprivate func isApart(_ other: IPAddress) -> Bool { !isIPv4 && purpose == .reserved && other != self }
}
