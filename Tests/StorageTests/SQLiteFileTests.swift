// SPDX-License-Identifier: Apache-2.0
import Foundation
import MeetingProtocol
import Testing

@testable import Storage

@Suite("Database files")
struct SQLiteFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("parley.db") }
    private var backup: String { folder.file("backup.db") }

    init() throws { folder = try TemporaryFolder() }

    private var files: Set<String> {
        get throws { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }
    }

    // MARK: Migration

    /// A file as the first release wrote it, with a meeting, a message and a secret.
    private func writeFirstVersion() throws {
        let connection = try SQLiteConnection(path: path)
        try connection.runScript(SQLiteSchema.steps[0])
        try connection.runScript(
            """
            PRAGMA application_id = \(SQLiteSchema.applicationID);
            PRAGMA user_version = 1;
            PRAGMA journal_mode = WAL;
            INSERT INTO meetings VALUES ('aaa-aaaa-aaa', 'month', 1000, 2000, NULL, 3);
            INSERT INTO messages VALUES ('aaa-aaaa-aaa', 3, 'm3', 'ana', 'Ana', 'Hello', 2000);
            INSERT INTO settings VALUES ('secret', 'kept');
            """)
    }

    @Test("a file of the first release keeps its data and takes accounts")
    func migrates() async throws {
        try writeFirstVersion()
        let store = try SQLiteStore(path: path)
        let meeting = try #require(try await store.load(.first))
        #expect(
            meeting.record
                == MeetingRecord(code: .first, retention: .month, createdAt: 1000, usedAt: 2000))
        #expect(meeting.messages == [.sample(3)] && meeting.lastSeq == 3)
        #expect(try await store.setting("secret") == "kept")
        #expect(try await store.addAccount(.sample()))
        #expect(try await store.deleteMeeting(.first))
        store.close()
        let again = try SQLiteStore(path: path)
        #expect(try await again.accounts() == [.sample()])
    }

    @Test("a file that an older server uses is not upgraded under it")
    func leavesOlder() throws {
        try writeFirstVersion()
        #expect(throws: StorageError.self) { try SQLiteStore(path: path, upgrades: false) }
        let version = try SQLiteConnection(path: path).rows("PRAGMA user_version") { $0.integer(0) }
        #expect(version == [1])
    }

    // MARK: Durability

    @Test("whatever was reported is there after a kill")
    func survivesKill() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.addAccount(.sample())
        _ = try await store.addSession(.init(hash: [1], account: .ana, createdAt: 0, expiresAt: 9))
        _ = try await store.create(.sample())
        _ = try await store.changeMeeting(.first) { $0.objects = [.sample("o")] }
        _ = try await store.addInvite(.init(id: "i", meeting: .first, role: "guest", createdAt: 1))
        _ = try await store.setBooking(.init(professional: .ana, slug: "ana"))
        _ = try await store.addAppointment(.sample("a"))
        // The files as a killed process leaves them: nothing flushed, nothing checkpointed.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: backup + suffix)
        }
        let restarted = try SQLiteStore(path: backup)
        #expect(try await restarted.session([1], now: 0)?.account == .sample())
        #expect(try await restarted.objects(in: .first) == [.sample("o")])
        #expect(try await restarted.invite("i") != nil)
        #expect(try await restarted.booking(slug: "ana") != nil)
        #expect(try await restarted.appointment("a") == .sample("a"))
    }

    // MARK: Backups

    @Test("a backup made while the database is in use has all that was reported, and is private")
    func backsUp() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample())
        try await store.append(.sample(1), in: .first)
        try SQLiteFile.copy(path, to: backup)
        try await store.append(.sample(2), in: .first)
        let attributes = try FileManager.default.attributesOfItem(atPath: backup)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let copy = try SQLiteStore(path: backup)
        #expect(try await copy.load(.first)?.messages == [.sample(1)])
        copy.close()
        store.close()
        #expect(try files == ["parley.db", "backup.db"])
    }

    @Test("a backup never overwrites a file, and leaves nothing behind when it fails")
    func backupRefuses() throws {
        #expect(throws: StorageError.self) { try SQLiteFile.copy(path, to: backup) }
        try SQLiteStore(path: path).close()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: backup))
        let error = #expect(throws: StorageError.self) { try SQLiteFile.copy(path, to: backup) }
        #expect(error?.code == EEXIST)
        #expect(try Data(contentsOf: URL(fileURLWithPath: backup)) == Data("mine".utf8))
        #expect(throws: StorageError.self) { try SQLiteFile.copy(path, to: folder.file("none/backup.db")) }
        #expect(try files == ["parley.db", "backup.db"])
    }

    @Test("a backup comes back as it was, and what was there is kept beside it")
    func restores() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample(.first))
        try SQLiteFile.copy(path, to: backup)
        _ = try await store.create(.sample(.second))
        store.close()
        let old = folder.file("old.db")
        #expect(try SQLiteFile.replace(path, with: backup, movingTo: old))
        let restored = try SQLiteStore(path: path)
        #expect(try await restored.load(.first) != nil)
        #expect(try await restored.load(.second) == nil)
        let kept = try SQLiteStore(path: old)
        #expect(try await kept.load(.second) != nil)
    }

    @Test("no session comes back with a backup, which stays as it is")
    func restoresNoSessions() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.addAccount(.sample())
        _ = try await store.addSession(.init(hash: [1], account: .ana, createdAt: 0, expiresAt: 9))
        try await store.setSetting("a", "old")
        try await store.setSetting("b", "old")
        try SQLiteFile.copy(path, to: backup)
        store.close()
        _ = try SQLiteFile.replace(
            path, with: backup, movingTo: folder.file("old.db"), settings: ["a": "new", "c": "new"])
        let restored = try SQLiteStore(path: path)
        #expect(try await restored.session([1], now: 0) == nil)
        #expect(try await restored.account(.ana) == .sample())
        #expect(try await restored.setting("a") == "new")
        #expect(try await restored.setting("b") == "old")
        #expect(try await restored.setting("c") == "new")
        let kept = try SQLiteStore(path: backup)
        #expect(try await kept.session([1], now: 0) != nil)
        #expect(try await kept.setting("a") == "old")
    }

    @Test("the journal of a killed server goes with its database, not with the restored one")
    func restoresAfterKill() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample(.first))
        let killed = folder.file("killed.db")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: killed + suffix)
        }
        let empty = folder.file("empty.db")
        try SQLiteStore(path: empty).close()
        #expect(try SQLiteFile.replace(killed, with: empty, movingTo: folder.file("old.db")))
        #expect(try await SQLiteStore(path: killed).load(.first) == nil)
        #expect(try await SQLiteStore(path: folder.file("old.db")).load(.first) != nil)
    }

    @Test("a backup of an earlier version is brought to this one")
    func restoresOlder() async throws {
        try writeFirstVersion()
        try SQLiteFile.copy(path, to: backup)
        let target = folder.file("target.db")
        #expect(try SQLiteFile.replace(target, with: backup, movingTo: folder.file("old.db")) == false)
        #expect(try await SQLiteStore(path: target, upgrades: false).load(.first) != nil)
    }

    enum Foreign: CaseIterable, Sendable { case garbage, empty, stranger, newer, damaged, missing, folder }

    @Test("nothing is replaced with what is no sound database of Parley", arguments: Foreign.allCases)
    func refusesForeign(_ foreign: Foreign) async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample())
        store.close()
        let url = URL(fileURLWithPath: backup)
        switch foreign {
        case .garbage: try Data(repeating: 0x41, count: 5000).write(to: url)
        case .empty: try Data().write(to: url)
        case .stranger: try SQLiteConnection(path: backup).runScript("CREATE TABLE recipes (name TEXT)")
        case .newer:
            try SQLiteStore(path: backup).close()
            try SQLiteConnection(path: backup).runScript("PRAGMA user_version = 99")
        case .damaged:
            try SQLiteFile.copy(path, to: backup)
            var bytes = try Data(contentsOf: url)
            bytes.replaceSubrange(
                4096..<(bytes.count - 4096), with: Data(repeating: 0x5A, count: bytes.count - 8192))
            try bytes.write(to: url)
        case .missing: break
        case .folder:
            try FileManager.default.createDirectory(atPath: backup, withIntermediateDirectories: false)
        }
        let before = try files
        let error = #expect(throws: StorageError.self) {
            try SQLiteFile.replace(path, with: backup, movingTo: folder.file("old.db"))
        }
        #expect(error?.message.contains(backup) == true)
        #expect(try files == before)
        #expect(try await SQLiteStore(path: path).load(.first)?.record == .sample())
    }

    @Test("rows that belong to nothing are damage")
    func findsOrphans() throws {
        try SQLiteStore(path: path).close()
        let connection = try SQLiteConnection(path: path)
        try connection.runScript(
            "INSERT INTO invites VALUES ('i', 'zzz-zzzz-zzz', 'guest', NULL, NULL, 0, NULL, NULL, 1)")
        let error = #expect(throws: StorageError.self) { try SQLiteFile.check(path) }
        #expect(error?.kind == .damaged)
    }
}
