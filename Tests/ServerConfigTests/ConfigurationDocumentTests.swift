// SPDX-License-Identifier: Apache-2.0
import Foundation
import ServerConfig
import Testing

@Suite("docs/configuration.md")
struct ConfigurationDocumentTests {
    @Test("is what parley config --markdown prints")
    func matches() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let checkedIn = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        #expect(checkedIn == Setting.markdown, "run: parley config --markdown > docs/configuration.md")
    }
}
