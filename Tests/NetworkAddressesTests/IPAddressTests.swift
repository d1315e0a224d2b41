// SPDX-License-Identifier: Apache-2.0
import Glibc
import NetworkAddresses
import TestKit
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "every form of an address is read and written in the canonical one",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0db8::0001", "2001:db8::1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::1", "fe80::1"), ("0:0:0:0:0:0:0:0", "::"), ("::1.2.3.4", "::102:304"),
        ])
    func text(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(
        "what only looks like an address is none",
        arguments: [
            "", " ", ":", ":::", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
            "1.2.3.4/8", "1..3.4", ".1.2.3", "1.2.3.", "1.2.3.-4", "1.2.3.+4", "0x1.2.3.4", "1.2.3.99999999",
            "12345::", "::12345", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "1::2::3", "::g",
            "1:", ":1", "1:2:3:4:5:6:7:", "[::1]", "::1%eth0", "fe80::1%1", "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "1.2.3.4::", "::1.2.3.4:5", "::1.2.3.04", "localhost", "::1\0", "1.2.3.4\0",
            "0000:0000:0000:0000:0000:0000:0000:00000", "\u{661}.2.3.4",
        ])
    func notAddresses(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("text is read as the system reads it", arguments: [UInt64(1), 2, 3, 4])
    func systemReader(_ seed: UInt64) {
        var random = Scramble(state: seed)
        let pieces = [":", "::", ".", "0", "1", "00", "255", "256", "ffff", "a0", "12345", "g", "1.2.3.4"]
        for _ in 0..<20_000 {
            let count = Int(random.next() % 12)
            let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            #expect(IPAddress(text) == systemAddress(text), "\(text)")
        }
    }

    @Test("addresses are written as the system writes them", arguments: [UInt64(5), 6])
    func systemWriter(_ seed: UInt64) {
        var random = Scramble(state: seed)
        for _ in 0..<20_000 {
            // Half of the groups are zero, so that there are runs to leave out.
            let zeros = random.next()
            let groups = (0..<8).map { zeros >> UInt64($0) & 1 == 0 ? 0 : random.next() & 0xFFFF }
            let address = IPAddress(
                high: groups[..<4].reduce(0) { $0 << 16 | $1 }, low: groups[4...].reduce(0) { $0 << 16 | $1 })
            // The system writes the obsolete ::1.2.3.4 with dots.
            guard address.high != 0 || address.low >> 32 != 0 else { continue }
            #expect(address.description == systemText(address.bytes))
        }
    }

    @Test("only 4 or 16 bytes are an address")
    func byteCounts() {
        for count in 0...20 where count != 4 && count != 16 {
            #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil)
        }
        #expect(IPAddress(bytes: [127, 0, 0, 1])?.v4 == 0x7F00_0001)
        let mapped = IPAddress(bytes: [UInt8](hex: "00000000 00000000 0000FFFF 7F000001"))
        #expect(mapped?.isIPv4 == false)
        #expect(mapped?.description == "::ffff:127.0.0.1")
        #expect(mapped?.unmapped == IPAddress("127.0.0.1"))
    }

    @Test("IPv4 comes before IPv6, and then the smaller number")
    func order() {
        let sorted = ["0.0.0.0", "9.255.0.1", "10.0.0.1", "::", "::1", "1::", "fe80::1", "fe80::2"]
        #expect(sorted.reversed().compactMap { IPAddress($0) }.sorted().map(\.description) == sorted)
    }

    @Test("an address and its port fit into a few words, without memory elsewhere")
    func size() {
        #expect(MemoryLayout<IPAddress>.size == 17)
        #expect(MemoryLayout<SocketAddress>.stride == 24)
    }

    private func systemAddress(_ text: String) -> IPAddress? {
        var buffer = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, text, &buffer) == 1 { return IPAddress(bytes: buffer[..<4]) }
        guard unsafe inet_pton(AF_INET6, text, &buffer) == 1 else { return nil }
        return IPAddress(bytes: buffer)?.unmapped
    }

    private func systemText(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        unsafe inet_ntop(AF_INET6, bytes, &text, UInt32(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The same numbers in every run: splitmix64.
private struct Scramble {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
