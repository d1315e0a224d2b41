// SPDX-License-Identifier: Apache-2.0
import Foundation
import MeetingProtocol
import Storage

/// A folder that is gone when the test is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/parley-storage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Waits for what a store reports to `call`'s completion.
func report<Value: Sendable>(
    _ call: (@escaping @Sendable (Result<Value, StorageError>) -> Void) -> Void
) async throws -> Value {
    try await withCheckedContinuation { continuation in call { continuation.resume(returning: $0) } }.get()
}

/// The same calls, awaited: tests read as a sequence.
extension MeetingStore {
    func create(_ meeting: MeetingRecord) async throws -> Bool { try await report { create(meeting, $0) } }
    func load(_ code: MeetingCode, newest: Int = 500) async throws -> StoredMeeting? {
        try await report { load(code, newest: newest, $0) }
    }
    func append(_ message: ChatMessage, in code: MeetingCode) async throws {
        try await report { append(message, in: code, $0) }
    }
    func change(_ message: ChatMessage, in code: MeetingCode) async throws {
        try await report { change(message, in: code, $0) }
    }
    func files() async throws -> Set<FileID> { try await report { files($0) } }
    func touch(_ code: MeetingCode, at time: Int64) async throws {
        try await report { touch(code, at: time, $0) }
    }
    func end(_ code: MeetingCode, at time: Int64) async throws -> Bool {
        try await report { end(code, at: time, $0) }
    }
    func recent(limit: Int) async throws -> [MeetingRecord] { try await report { recent(limit: limit, $0) } }
    func sweep(now: Int64, active: Set<MeetingCode> = []) async throws -> SweepCounts {
        try await report { sweep(now: now, active: active, $0) }
    }
    func setting(_ name: String) async throws -> String? { try await report { setting(name, $0) } }
    func setSetting(_ name: String, _ value: String?) async throws {
        try await report { setSetting(name, value, $0) }
    }
}

extension MeetingCode {
    static let first = MeetingCode("aaa-aaaa-aaa")!
    static let second = MeetingCode("bbb-bbbb-bbb")!
    static let third = MeetingCode("ccc-cccc-ccc")!
}

extension MeetingRecord {
    static func sample(
        _ code: MeetingCode = .first, _ retention: ChatRetention = .day, createdAt: Int64 = 1000
    ) -> MeetingRecord {
        MeetingRecord(code: code, retention: retention, createdAt: createdAt)
    }
}

extension ChatMessage {
    static func sample(_ seq: Int64, text: String = "Hello", sentAt: Int64 = 2000) -> ChatMessage {
        ChatMessage(seq: seq, id: MessageID("m\(seq)"), from: "ana", name: "Ana", text: text, sentAt: sentAt)
    }
}
