// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import Testing

@testable import MediaServer

@Suite("Names of checks")
struct CheckNameTests {
    @Test("tell the loop that their connection lives on, whichever it is")
    func loops() throws {
        var random = SeededRandomSource(seed: 1)
        for loop in 0..<64 {
            let credentials = CheckName.credentials(for: loop, using: &random)
            #expect(credentials.ufrag.utf8.count == ICECredentials.ownUfragSize)
            let bytes = check(named: credentials.ufrag + ":peer")
            #expect(unsafe bytes.withUnsafeBytes { unsafe CheckName.loop(of: $0) } == loop)
        }
    }

    @Test("differ from each other behind the first character, with passwords of their own")
    func unguessable() {
        var random = SeededRandomSource(seed: 2)
        let made = (0..<100).map { _ in CheckName.credentials(for: 5, using: &random) }
        #expect(Set(made.map(\.ufrag)).count == 100)
        #expect(Set(made.map(\.password)).count == 100)
        #expect(Set(made.compactMap { $0.ufrag.first }).count == 1)
    }

    @Test(
        "are not found in what is no check",
        arguments: ["", "short:x", "abcdefghi:x", "abcdefgh", "!bcdefgh:x"])
    func others(_ name: String) {
        let bytes = check(named: name)
        #expect(unsafe bytes.withUnsafeBytes { unsafe CheckName.loop(of: $0) } == nil)
    }

    @Test("are looked for in requests that are cut off, and in any bytes, without harm")
    func truncated() {
        let whole = check(named: "Bbcdefgh:someone")
        for count in 0..<whole.count {
            let bytes = Array(whole[..<count])
            #expect(unsafe bytes.withUnsafeBytes { unsafe CheckName.loop(of: $0) } == nil)
        }
        var random = SeededRandomSource(seed: 3)
        for _ in 0..<2000 {
            let bytes = [0, 1] + random.nextBytes(Int(random.nextBytes(1).first ?? 0) % 120)
            _ = unsafe bytes.withUnsafeBytes { unsafe CheckName.loop(of: $0) }
        }
    }

    /// A Binding request with PRIORITY and USERNAME.
    private func check(named name: String) -> [UInt8] {
        var attributes: [UInt8] = [0, 0x24, 0, 4, 1, 2, 3, 4, 0, 6, 0, UInt8(name.utf8.count)]
        attributes += Array(name.utf8)
        while attributes.count % 4 != 0 { attributes.append(0) }
        return [0, 1, 0, UInt8(attributes.count), 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12)
            + attributes
    }
}
