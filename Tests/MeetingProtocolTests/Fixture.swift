// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Testing

/// One file of `Fixtures/meeting`.
struct Fixture: CustomTestStringConvertible {
    let name: String
    let text: String
    let direction: String
    let event: String
    let payload: JSONValue

    var testDescription: String { name }

    init(_ name: String) throws {
        let url = Self.folder.appendingPathComponent("Fixtures/meeting/\(name).json")
        text = try String(contentsOf: url, encoding: .utf8)
        let value = try JSONValue(parsing: text)
        self.name = name
        direction = value["direction"]?.string ?? "missing"
        event = value["event"]?.string ?? "missing"
        payload = value["payload"] ?? .null
    }

    /// The repository's root.
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every file in the folder, without its extension.
    static let names: [String] = {
        let path = folder.appendingPathComponent("Fixtures/meeting").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()
}
