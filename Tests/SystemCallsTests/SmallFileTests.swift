// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemCalls
import Testing

@Suite("Small files") struct SmallFileTests {
    private func code(of path: String) -> Int32? {
        do {
            _ = try SmallFile.read(path)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("are read whole, and no larger ones", arguments: [0, 1, 20_000, SmallFile.maxBytes])
    func sizes(_ count: Int) throws {
        let path = FileManager.default.temporaryDirectory.path + "/parley-small-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        try Data(bytes).write(to: URL(filePath: path))
        #expect(try SmallFile.read(path) == bytes)
        try Data(count: SmallFile.maxBytes + 1).write(to: URL(filePath: path))
        #expect(code(of: path) == EFBIG)
    }

    @Test("that cannot be read say why", arguments: [("/no/such/file", ENOENT), ("/", EISDIR)])
    func unreadable(_ path: String, _ expected: Int32) {
        #expect(code(of: path) == expected)
    }

    @Test("say it in the system's words")
    func words() {
        #expect(SystemCallError.text(of: ENOENT) == "No such file or directory")
        #expect(SystemCallError(call: "open", code: EACCES).description == "open: Permission denied")
    }
}
