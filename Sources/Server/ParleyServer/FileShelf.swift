// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import ServerConfig
internal import Synchronization
internal import SystemCalls
internal import TLS
internal import Telemetry

/// The files of all meetings' chats: bytes in a folder beside the database, each with a slip of what it is.
///
/// What is kept is known at every moment and asked from any thread; the disk is used on a thread of its
/// own. A file without a slip is one that was never sent in full. Files go with their message, their
/// meeting or their time, whichever comes first: ``sweep(keeping:now:)`` finds those whose message is gone.
final class FileShelf: Sendable {
    /// A file, or what has come of one so far.
    struct Entry: Sendable {
        var meeting: MeetingCode
        var sender: ParticipantID
        var file: ChatFile
        /// When it was announced, and later when it got its message, in milliseconds since 1970.
        var usedAt: Int64
        /// Bytes on disk.
        var received: Int64 = 0
        /// A part is being written.
        var isBusy = false
        /// Whether everything is there and can be fetched.
        var isWhole = false
        /// The message that has it.
        var message: MessageID?
        /// Whether it is of an earlier run, of which it is not known whether a message has it.
        var isOlder = false
    }

    /// How far an upload has come.
    struct Progress: Sendable {
        /// Bytes on disk.
        var received: Int64
        /// The file, once everything is there.
        var file: ChatFile?
    }

    /// What an upload or a download may end with.
    typealias Completion<Value> = @Sendable (Result<Value, APIProblem>) -> Void

    /// Most bytes of one part of an upload.
    static let partBytes: Int64 = 512 * 1024
    /// How long an upload may take, and how long a file may wait to be said something with, in milliseconds.
    private static let patience: Int64 = 3_600_000
    /// Uploads of one person at a time.
    private static let uploadsAtOnce = 12

    private let settings: ServerConfig.Files
    private let folder: String
    private let log: Log
    private let loop: EventLoop
    private let entries = Mutex<[FileID: Entry]>([:])

    /// - Returns: `nil` where files are switched off.
    static func open(_ config: ServerConfig, _ log: Log) throws(StartError) -> FileShelf? {
        config.files.size > 0 ? try FileShelf(config, log) : nil
    }

    private init(_ config: ServerConfig, _ log: Log) throws(StartError) {
        settings = config.files
        folder = config.data.folder + "/files"
        self.log = log
        try ParleyServer.makeFolder(folder)
        do throws(SystemCallError) {
            loop = try EventLoop.start(name: "parley-files")
            let found = try Self.look(in: folder)
            entries.withLock { $0 = found }
        } catch {
            throw StartError("\(folder): \(error.description)")
        }
    }

    func stop() { loop.stop() }

    var limits: FileLimits { FileLimits(size: Int64(settings.size) * 1_000_000, part: Self.partBytes) }

    // MARK: Sending one

    /// Makes room for a file of which nothing is there yet.
    func begin(
        _ name: String, size: Int64, in meeting: MeetingCode, by sender: ParticipantID, now: Int64
    ) throws(APIProblem) -> ChatFile {
        let name = FileName.cleaned(name)
        guard size > 0 else { throw .emptyFile }
        guard size <= limits.size else { throw .fileTooLarge(settings.size) }
        if let ending = FileEnding(setting: FileName.ending(of: name)), settings.refused.contains(ending) {
            throw .fileRefused(ending)
        }
        var random = SystemRandomSource()
        let id = FileID(Base64.urlText(random.nextBytes(18)))
        let file = ChatFile(
            id: id, name: name, type: Self.anyType, size: size,
            expiresAt: now + settings.expiry.components.seconds * 1000)
        let problem: APIProblem? = entries.withLock { entries in
            let own = entries.values.filter { $0.meeting == meeting }
            let unfinished = own.count { $0.sender == sender && $0.message == nil && !$0.isOlder }
            if unfinished >= Self.uploadsAtOnce { return .tooFast }
            if own.count >= settings.perMeeting { return .tooManyFiles(settings.perMeeting) }
            let taken = entries.values.reduce(0) { $0 + $1.file.size }
            if taken + size > Int64(settings.space) * 1_000_000 { return .noSpace }
            entries[id] = Entry(meeting: meeting, sender: sender, file: file, usedAt: now)
            return nil
        }
        if let problem { throw problem }
        return file
    }

    /// Takes the next bytes of a file. Reports how many there are now.
    func take(
        _ bytes: [UInt8], of id: FileID, at offset: Int64, in meeting: MeetingCode, by sender: ParticipantID,
        _ done: @escaping Completion<Progress>
    ) {
        let problem: APIProblem? = entries.withLock { entries in
            guard let entry = entries[id], entry.meeting == meeting, entry.sender == sender, !entry.isWhole
            else { return .noSuchFile }
            guard !entry.isBusy, offset == entry.received else { return .wrongPart(entry.received) }
            guard !bytes.isEmpty, bytes.count <= Self.partBytes,
                entry.received + Int64(bytes.count) <= entry.file.size
            else { return .wrongSize }
            entries[id]?.isBusy = true
            if offset == 0 { entries[id]?.file.type = Self.type(of: bytes) }
            return nil
        }
        if let problem { return done(.failure(problem)) }
        loop.execute { [self] in
            do throws(SystemCallError) {
                try DiskFile.write(bytes, to: path(of: id), at: offset)
                done(try advance(id, by: Int64(bytes.count)))
            } catch {
                log.error("file could not be written", [("why", .text(error.description))])
                entries.withLock { $0[id]?.isBusy = false }
                done(.failure(.storageFailed))
            }
        }
    }

    /// A part is on disk; with the last one the slip is written.
    private func advance(_ id: FileID, by count: Int64) throws(SystemCallError) -> Result<
        Progress, APIProblem
    > {
        let entry = entries.withLock { $0[id] }
        guard var entry else {
            // It was given up meanwhile.
            try DiskFile.remove(path(of: id))
            return .failure(.noSuchFile)
        }
        entry.received += count
        entry.isBusy = false
        if entry.received == entry.file.size {
            // A slip that outlives a power cut stands for bytes that do, too.
            try DiskFile.sync(path(of: id))
            try DiskFile.write(Array(Self.slip(of: entry).formatted.utf8), to: slipPath(of: id), at: 0)
            try DiskFile.sync(slipPath(of: id))
            try DiskFile.sync(folder)
            entry.isWhole = true
        }
        let (received, isWhole) = (entry.received, entry.isWhole)
        entries.withLock { entries in
            entries[id]?.received = received
            entries[id]?.isBusy = false
            entries[id]?.isWhole = isWhole
        }
        return .success(Progress(received: received, file: isWhole ? entry.file : nil))
    }

    /// Gives up a file that no message has.
    func giveUp(_ id: FileID, in meeting: MeetingCode, by sender: ParticipantID) throws(APIProblem) {
        let isThere = entries.withLock { entries in
            guard let entry = entries[id], entry.meeting == meeting, entry.sender == sender,
                entry.message == nil
            else { return false }
            return true
        }
        guard isThere else { throw .noSuchFile }
        remove([id])
    }

    // MARK: In a message

    /// What a message of `sender` says with the file; `nil` when it may not: it is another's, not all there,
    /// or another message has it.
    func claim(
        _ id: FileID, in meeting: MeetingCode, by sender: ParticipantID, for message: MessageID
    ) -> ChatFile? {
        entries.withLock { entries in
            guard let entry = entries[id], entry.isWhole, entry.meeting == meeting, entry.sender == sender,
                entry.message.map({ $0 == message }) ?? true
            else { return nil }
            entries[id]?.message = message
            // Until it is on disk that the message has it.
            entries[id]?.usedAt = WallClock.system().milliseconds
            return entry.file
        }
    }

    /// A file that is all there.
    func find(_ id: FileID, now: Int64) -> ChatFile? {
        entries.withLock { $0[id] }.flatMap { $0.isWhole && now < $0.file.expiresAt ? $0.file : nil }
    }

    /// Reads a piece of a file.
    func read(_ id: FileID, from offset: Int64, atMost count: Int, _ done: @escaping Completion<[UInt8]>) {
        loop.execute { [self] in
            do throws(SystemCallError) {
                done(.success(try DiskFile.read(path(of: id), from: offset, atMost: count)))
            } catch {
                done(.failure(.noSuchFile))
            }
        }
    }

    // MARK: Removing

    /// Removes files for good; their place is free at once.
    func remove(_ ids: [FileID]) {
        guard !ids.isEmpty else { return }
        entries.withLock { entries in for id in ids { entries[id] = nil } }
        loop.execute { [self] in
            for id in ids {
                do throws(SystemCallError) {
                    try DiskFile.remove(slipPath(of: id))
                    try DiskFile.remove(path(of: id))
                } catch {
                    log.error("file could not be removed", [("why", .text(error.description))])
                }
            }
        }
    }

    /// Removes the files of a meeting that is over.
    func removeAll(of meeting: MeetingCode) {
        remove(entries.withLock { entries in entries.filter { $0.value.meeting == meeting }.map(\.key) })
    }

    /// Removes what has had its time, and what has no message any more: none of `kept`.
    func sweep(keeping kept: Set<FileID>, now: Int64) {
        let old = entries.withLock { entries in
            entries.filter { id, entry in
                let isForgotten = !kept.contains(id) && now - entry.usedAt > Self.patience
                return isForgotten || now >= entry.file.expiresAt
            }
        }
        remove(old.map(\.key))
    }

    // MARK: On disk

    private func path(of id: FileID) -> String { "\(folder)/\(id.rawValue)" }
    private func slipPath(of id: FileID) -> String { "\(folder)/\(id.rawValue).json" }

    private static func slip(of entry: Entry) -> JSONValue {
        [
            "meeting": .string(entry.meeting.text), "sender": .string(entry.sender.rawValue),
            "begunAt": .number(JSONNumber(entry.usedAt)), "file": entry.file.payload,
        ]
    }

    private static func entry(of slip: JSONValue) -> Entry? {
        guard let meeting = slip.object?["meeting"]?.string.flatMap({ MeetingCode($0) }),
            let sender = slip.object?["sender"]?.string, let begunAt = slip.object?["begunAt"]?.integer,
            let file = try? ChatFile(payload: slip.object?["file"], at: "file")
        else { return nil }
        return Entry(
            meeting: meeting, sender: ParticipantID(sender), file: file, usedAt: begunAt,
            received: file.size,
            isWhole: true, isOlder: true)
    }

    /// What is in the folder; parts of files without a slip are removed.
    private static func look(in folder: String) throws(SystemCallError) -> [FileID: Entry] {
        var found: [FileID: Entry] = [:]
        let names = try DiskFile.names(in: folder)
        for name in names where name.hasSuffix(".json") {
            let bytes = try SmallFile.read("\(folder)/\(name)")
            guard let slip = try? JSONValue(parsing: bytes), let entry = entry(of: slip),
                name == entry.file.id.rawValue + ".json"
            else { continue }
            found[entry.file.id] = entry
        }
        for name in names where !name.hasSuffix(".json") && found[FileID(name)] == nil {
            try DiskFile.remove("\(folder)/\(name)")
        }
        return found
    }

    // MARK: Kinds

    static let anyType = "application/octet-stream"

    /// What a browser may show in place, by how the bytes begin, whatever the name says. Drawings with
    /// scripts in them (SVG) and pages are not among it.
    static func type(of bytes: [UInt8]) -> String {
        let marks: [([UInt8], String)] = [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
            ([0xFF, 0xD8, 0xFF], "image/jpeg"),
            (Array("GIF87a".utf8), "image/gif"), (Array("GIF89a".utf8), "image/gif"),
        ]
        if let (_, type) = marks.first(where: { bytes.starts(with: $0.0) }) { return type }
        let isWebP = bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8)
        return isWebP ? "image/webp" : anyType
    }
}

extension APIProblem {
    static let noSuchFile = APIProblem(
        .notFound, "no-such-file", "This file is not on the server, or not any more.")
    static let wrongSize = APIProblem.invalid(
        "A part has 1 to \(FileShelf.partBytes) bytes, and all parts together have the size announced.")
    static let emptyFile = APIProblem(.badRequest, "file-empty", "The file is empty.")
    static let noSpace = APIProblem(
        .insufficientStorage, "no-space", "The server has no room for more files just now. Ask who runs it.")

    static func fileTooLarge(_ megabytes: Int) -> APIProblem {
        APIProblem(.contentTooLarge, "file-too-large", "A file has at most \(megabytes) MB here.")
    }
    static func fileRefused(_ ending: FileEnding) -> APIProblem {
        APIProblem(
            .unsupportedMediaType, "file-refused",
            "Files that end in .\(ending.text) are not taken here, because opening them can run them.")
    }
    static func tooManyFiles(_ most: Int) -> APIProblem {
        APIProblem(
            .conflict, "too-many-files",
            "This meeting has \(most) files already, which is all it may have. Delete one first.")
    }
    /// - Parameter received: Where to go on.
    static func wrongPart(_ received: Int64) -> APIProblem {
        APIProblem(
            .conflict, "wrong-part", "The next part begins at byte \(received).",
            members: ["received": .number(JSONNumber(received))])
    }
}
