// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import Testing

@Suite("Address ranges and sockets' addresses")
struct AddressRangeTests {
    @Test(
        "a range contains its first and last address and not their neighbours",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8"),
            ("128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "::"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::", "::1"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0", "1.2.3.4"),
            (
                "2001:db8::/63", "2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff",
                "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:2::"
            ),
            (
                "2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff",
                "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:1::"
            ),
            ("2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", "::", "2001:db8:0:0:8000::"),
            ("2001:db8::/127", "2001:db8::", "2001:db8::1", "::1", "2001:db8::2"),
            ("::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", "9.0.0.0", "::ffff:11.0.0.0"),
        ])
    func limits(_ range: String, _ first: String, _ last: String, _ before: String, _ after: String) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(IPAddress(first))))
        #expect(range.contains(try #require(IPAddress(last))))
        #expect(!range.contains(try #require(IPAddress(before))))
        #expect(!range.contains(try #require(IPAddress(after))))
        #expect(AddressRange(range.description) == range)
    }

    @Test("bits behind the prefix do not count")
    func normalised() {
        #expect(AddressRange("10.1.2.3/8")?.description == "10.0.0.0/8")
        #expect(AddressRange("10.1.2.3/8") == AddressRange("10.0.0.0/8"))
        #expect(AddressRange("2001:db8::1/32")?.description == "2001:db8::/32")
        #expect(AddressRange("192.0.2.7/32")?.description == "192.0.2.7")
    }

    @Test("the mask of a range has the bits of its prefix")
    func masks() {
        #expect(AddressRange("10.0.0.0/8")?.mask.description == "255.0.0.0")
        #expect(AddressRange("fc00::/7")?.mask.description == "fe00::")
        #expect(AddressRange("::1")?.mask.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(AddressRange("::/0")?.mask.description == "::")
    }

    @Test(
        "what is no range is refused",
        arguments: [
            "", "/", "/8", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/+8",
            "10.0.0.0/08", "10.0.0.0/ 8", "10.0.0.0/8 ", "::/129", "::/99999999999999999999",
            "::ffff:10.0.0.0/8",
            "localhost", "10.0.0.0/255.0.0.0",
        ])
    func notRanges(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "an address with a port is read and written",
        arguments: [
            ("192.0.2.1:3478", "192.0.2.1:3478"), ("[2001:db8::1]:443", "[2001:db8::1]:443"),
            ("[::FFFF:192.0.2.1]:0", "192.0.2.1:0"), ("[::]:65535", "[::]:65535"),
        ])
    func sockets(_ text: String, _ canonical: String) throws {
        let address = try #require(SocketAddress(text))
        #expect(address.description == canonical)
        #expect(SocketAddress(canonical) == address)
    }

    @Test(
        "what is no address with a port is refused",
        arguments: [
            "", ":1", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1",
            "192.0.2.1:01", "192.0.2.1:1 ", "[192.0.2.1]:1", "::1:1", "[::1]", "[::1]:", "[::1]1", "[::1:1",
            "::1]:1", "[::1%lo]:1", "localhost:1", "192.0.2.1:1:1",
        ])
    func notSockets(_ text: String) {
        #expect(SocketAddress(text) == nil)
    }
}
