// SPDX-License-Identifier: Apache-2.0
import Foundation
import MeetingProtocol
import Testing

@testable import Storage

@Suite("SQLite files")
struct SQLiteStoreTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("parley.db") }

    init() throws { folder = try TemporaryFolder() }

    /// Runs statements on the file as another program would.
    private func alter(_ sql: String) throws { try SQLiteConnection(path: path).runScript(sql) }

    @Test("shows a reported message to another connection before anything is closed")
    func isDurable() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample())
        try await store.append(.sample(1), in: .first)
        // A copy of the files as a killed process leaves them: nothing flushed, nothing checkpointed.
        let killed = folder.file("killed.db")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: killed + suffix)
        }
        let restarted = try SQLiteStore(path: killed)
        #expect(try await restarted.load(.first)?.messages == [.sample(1)])
        let second = try SQLiteStore(path: path)
        #expect(try await second.load(.first)?.messages == [.sample(1)])
    }

    @Test("two stores on one file wait for each other")
    func sharesFile() async throws {
        let first = try SQLiteStore(path: path)
        let second = try SQLiteStore(path: path)
        _ = try await first.create(.sample())
        async let odd: Void = {
            for seq in [1, 3, 5, 7] { try await first.append(.sample(Int64(seq)), in: .first) }
        }()
        async let even: Void = {
            for seq in [2, 4, 6, 8] { try await second.append(.sample(Int64(seq)), in: .first) }
        }()
        _ = try await (odd, even)
        #expect(try await first.load(.first)?.messages.map(\.seq) == Array(1...8))
    }

    @Test("opens what it wrote")
    func reopens() async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample())
        store.close()
        let again = try SQLiteStore(path: path)
        #expect(try await again.load(.first)?.record == .sample())
    }

    @Test("makes the file for its owner only", arguments: ["", "-wal", "-shm"])
    func isPrivate(_ suffix: String) async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.create(.sample())
        let attributes = try FileManager.default.attributesOfItem(atPath: path + suffix)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("shuts others out of a file that was readable")
    func becomesPrivate() throws {
        try SQLiteStore(path: path).close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try SQLiteStore(path: path).close()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("runs with the promised safety settings")
    func pragmas() throws {
        let connection = try SQLiteSchema.open(path)
        func value(_ pragma: String) throws -> String? {
            try connection.rows("PRAGMA \(pragma)") { $0.text(0) }.first
        }
        #expect(try value("journal_mode") == "wal")
        #expect(try value("synchronous") == "2")
        #expect(try value("foreign_keys") == "1")
        #expect(try value("secure_delete") == "1")
        #expect(try value("user_version") == "\(SQLiteSchema.steps.count)")
    }

    @Test("refuses a file of a newer version and leaves it alone")
    func refusesNewer() throws {
        try SQLiteStore(path: path).close()
        try alter("PRAGMA user_version = 99")
        let error = #expect(throws: StorageError.self) { try SQLiteStore(path: path) }
        #expect(error?.kind == .newerVersion)
        #expect(error?.message.contains("schema 99") == true)
        #expect(error?.message.hasPrefix(path) == true)
    }

    @Test("refuses another program's database and leaves it alone")
    func refusesStranger() throws {
        try alter("CREATE TABLE recipes (name TEXT)")
        let error = #expect(throws: StorageError.self) { try SQLiteStore(path: path) }
        #expect(error?.kind == .damaged)
        let tables = try SQLiteConnection(path: path).rows("SELECT name FROM sqlite_schema") { $0.text(0) }
        #expect(tables == ["recipes"])
    }

    @Test("refuses a file that is not a database and leaves it alone")
    func refusesGarbage() throws {
        let garbage = Data(repeating: 0x41, count: 5000)
        try garbage.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StorageError.self) { try SQLiteStore(path: path) }
        #expect(error?.kind == .damaged)
        #expect(error?.message.hasPrefix(path) == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == garbage)
    }

    @Test("names the file it cannot open")
    func refusesMissingFolder() {
        let error = #expect(throws: StorageError.self) {
            try SQLiteStore(path: folder.file("missing/parley.db"))
        }
        #expect(error?.code == ENOENT)
        #expect(error?.message.contains("missing/parley.db") == true)
    }

    @Test("a migration that fails leaves the file as it was")
    func migratesAllOrNothing() throws {
        // The same mark and version 0 is what a half-made file would look like, if there were any.
        try alter("CREATE TABLE meetings (code TEXT)")
        let connection = try SQLiteConnection(path: path)
        #expect(throws: StorageError.self) { try SQLiteSchema.apply(to: connection, from: 0) }
        #expect(connection.isInTransaction == false)
        #expect(try connection.rows("SELECT name FROM sqlite_schema") { $0.text(0) } == ["meetings"])
    }

    @Test("a full disk refuses the message, keeps what was stored and lets reads go on")
    func survivesFullDisk() async throws {
        let connection = try SQLiteSchema.open(path)
        let pages = try #require(try connection.rows("PRAGMA page_count") { $0.integer(0) }.first)
        try connection.runScript("PRAGMA max_page_count = \(pages + 8)")
        _ = try connection.add(MeetingRecord.sample())
        let reports = Reports()
        for seq in 1...20 {
            let message = ChatMessage.sample(Int64(seq), text: String(repeating: "x", count: 4000))
            SQLiteRequest.carryOut([append(message, to: .first, reports)], on: connection)
        }
        let stored = try #require(try connection.meeting(.first, newest: 100)?.messages.count)
        #expect((1..<20).contains(stored))
        #expect(
            reports.all == (1...stored).map { "\($0)" } + ((stored + 1)...20).map { "\($0) full" })
    }

    @Test("one failing request leaves the others of its transaction alone")
    func isolatesFailures() throws {
        let connection = try SQLiteSchema.open(path)
        let reports = Reports()
        _ = try connection.add(MeetingRecord.sample())
        SQLiteRequest.carryOut(
            [
                append(.sample(1), to: .first, reports), append(.sample(1), to: .first, reports),
                append(.sample(2), to: .second, reports), append(.sample(3), to: .first, reports),
            ], on: connection)
        #expect(reports.all == ["1", "1 conflict", "2 noSuchMeeting", "3"])
        #expect(try connection.meeting(.first, newest: 9)?.messages.map(\.seq) == [1, 3])
    }

    @Test("a transaction that cannot begin fails all of its requests")
    func failsTogether() throws {
        let connection = try SQLiteSchema.open(path)
        let other = try SQLiteConnection(path: path)
        try other.runScript("BEGIN IMMEDIATE")
        try connection.runScript("PRAGMA busy_timeout = 0")
        let reports = Reports()
        SQLiteRequest.carryOut(
            [append(.sample(1), to: .first, reports), append(.sample(2), to: .first, reports)],
            on: connection)
        #expect(reports.all == ["1 failed", "2 failed"])
        #expect(connection.isInTransaction == false)
        try other.runScript("ROLLBACK")
    }

    /// A request that reports the message's number, and the kind of error if there is one.
    private func append(
        _ message: ChatMessage, to code: MeetingCode, _ reports: Reports
    ) -> SQLiteRequest {
        SQLiteRequest(
            .writes, { reports.add($0, as: "\(message.seq)") },
            { (database) throws(StorageError) in try database.add(message, to: code) })
    }

    @Test("leaves nothing of a deleted message in its files")
    func deletesSecurely() async throws {
        let secret = Data("a very recognisable secret".utf8)
        let store = try SQLiteStore(path: path)
        func copies() throws -> Int {
            try ["", "-wal"].filter {
                try Data(contentsOf: URL(fileURLWithPath: path + $0)).range(of: secret) != nil
            }.count
        }
        _ = try await store.create(.sample())
        try await store.append(.sample(1, text: String(decoding: secret, as: UTF8.self)), in: .first)
        #expect(try copies() > 0)
        _ = try await store.end(.first, at: 5000)
        #expect(try copies() == 0)
    }
}

@Suite("Storage threads")
struct StorageThreadTests {
    @Test("refuses more than may wait, and takes more when there is room")
    func isBounded() throws {
        let gate = Gate()
        let thread = try StorageThread<Int>(capacity: 3, open: { 0 }, carryOut: { (_, _) in gate.pass() })
        try thread.add(0)
        gate.waitForArrival()
        for request in 1...3 { try thread.add(request) }
        #expect(throws: StorageError.overloaded) { try thread.add(4) }
        gate.open()
        thread.close()
        #expect(throws: StorageError.closed) { try thread.add(5) }
    }

    @Test("reports why its value could not be made")
    func failsToOpen() {
        #expect(throws: StorageError.overloaded) {
            _ = try StorageThread<Int>(
                capacity: 3, open: { () throws(StorageError) -> Int in throw .overloaded },
                carryOut: { (_, _) in })
        }
    }
}

/// Holds one thread until it is opened.
private final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    func pass() {
        arrived.signal()
        opened.wait()
        opened.signal()
    }
    func waitForArrival() { arrived.wait() }
    func open() { opened.signal() }
}
