// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage
internal import TLS
internal import Telemetry
internal import WebServer

/// Which meetings are one with which rooms of dialects.
///
/// Opening `/dialects/noom-video/rooms/tea` makes a meeting that is one with the room `tea`. Its code follows from the
/// room and the server's secret, so that the link always leads to the same meeting and nobody can guess it from
/// elsewhere.
struct DialectRooms: Sendable {
    private let key: [UInt8]
    private let store: any Store
    private let spoken: Set<DialectKey>

    /// - Parameter secret: The server's own secret, 32 bytes.
    init(secret: [UInt8], store: any Store, _ addresses: [DialectAddress]) {
        key = Digest.hmacSHA256(key: secret, Array("rooms of dialects".utf8))
        self.store = store
        spoken = Set(addresses.flatMap(\.keys))
    }

    /// The room that a meeting is one with. A room of `devameet` is a meeting anyway.
    func room(of code: MeetingCode, _ found: @escaping @Sendable (DialectRoom?) -> Void) {
        let fallback =
            spoken.contains(.devameet) ? DialectRoom(key: .devameet, name: code.text) : nil
        store.setting(Self.setting(of: code)) { [spoken] result in
            guard case .success(let text?) = result, let room = DialectRoom(stored: text) else {
                return found(fallback)
            }
            found(spoken.contains(room.key) ? room : nil)
        }
    }

    /// Makes the meeting that is one with a room, if it is not there yet.
    func open(
        _ room: DialectRoom, _ done: @escaping @Sendable (Result<MeetingCode, StorageError>) -> Void
    ) {
        let code = code(of: room)
        let record = MeetingRecord(
            code: code, retention: .meeting, createdAt: WallClock.system().milliseconds)
        let store = store
        store.create(record) { created in
            if case .failure(let error) = created { return done(.failure(error)) }
            store.setSetting(Self.setting(of: code), room.stored) { kept in done(kept.map { code }) }
        }
    }

    private func code(of room: DialectRoom) -> MeetingCode {
        var number = Digest.hmacSHA256(key: key, Array(room.stored.utf8)).prefix(8).reduce(0 as UInt64) {
            $0 << 8 | UInt64($1)
        }
        var letters = ""
        for _ in 0..<MeetingCode.letterCount {
            letters.unicodeScalars.append(Unicode.Scalar(UInt8(ascii: "a") + UInt8(number % 26)))
            number /= 26
        }
        guard let code = MeetingCode(letters) else { preconditionFailure("ten letters are a code") }
        return code
    }

    private static func setting(of code: MeetingCode) -> String { "dialect room of \(code.text)" }
}

extension DialectRoom {
    fileprivate init?(stored text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let key = DialectKey(rawValue: String(parts[0])) else { return nil }
        self.init(key: key, name: String(parts[1]))
    }

    fileprivate var stored: String { "\(key.rawValue)/\(name)" }
}

/// `/dialects/KEY/rooms/ROOM` on the main address: leads our own client into a room of a dialect.
struct DialectDoor: DialectREST {
    let key: DialectKey
    let shard: Shard

    private static let path = "/rooms/"

    func handle(_ path: String, _ client: ClientRequest, _ answer: Answer) -> Bool {
        guard path.hasPrefix(Self.path), answer.head.method == .get else { return false }
        let name = PercentCoding.decode(String(path.dropFirst(Self.path.count))) ?? ""
        guard let room = DialectLimits().roomName(.string(name)) else {
            answer.send(HTTPResponse(.badRequest, text: "A room has a name of at most 128 characters.\n"))
            return true
        }
        if key == .devameet {
            lead(answer, to: "/" + name)
        } else if shard.creations.allows(client.address, at: shard.loop.now) {
            open(DialectRoom(key: key, name: room), answer)
        } else {
            answer.send(HTTPResponse(.tooManyRequests, text: "That was too fast. Try again in a moment.\n"))
        }
        return true
    }

    private func open(_ room: DialectRoom, _ answer: Answer) {
        let log = shard.services.log
        let later = LoopBound((self, answer), on: shard.loop)
        shard.services.dialectRooms.open(room) { result in
            if case .failure(let error) = result {
                log.error("storage failed", [("why", .text(error.description))])
            }
            later.execute { door, answer in
                switch result {
                case .success(let code): door.lead(answer, to: "/" + code.text)
                case .failure:
                    answer.send(
                        HTTPResponse(
                            .serviceUnavailable, text: "The server cannot reach its storage just now.\n"))
                }
            }
        }
    }

    private func lead(_ answer: Answer, to path: String) {
        var response = HTTPResponse(.seeOther)
        response.headers.set("Location", path)
        answer.send(response)
    }
}
