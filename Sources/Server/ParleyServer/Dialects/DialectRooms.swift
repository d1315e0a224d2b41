// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import TLS
internal import Telemetry
internal import WebServer

extension DialectRoom {
    /// The room that a meeting is one with. A room of `devameet` is a meeting anyway.
    init?(of meeting: MeetingRecord, _ addresses: [DialectAddress]) {
        let spoken = Set(addresses.flatMap(\.keys))
        if let text = meeting.dialectRoom {
            let parts = text.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let key = DialectKey(rawValue: String(parts[0])), spoken.contains(key)
            else {
                return nil
            }
            self.init(key: key, name: String(parts[1]))
        } else {
            guard spoken.contains(.devameet) else { return nil }
            self.init(key: .devameet, name: meeting.code.text)
        }
    }

    /// As a ``MeetingRecord`` keeps it.
    var stored: String { "\(key.rawValue)/\(name)" }
}

/// `/dialects/KEY/rooms/ROOM` on the main address: leads our own client into a room of a dialect, which is a
/// meeting there. Whoever may start meetings makes it by the way.
struct DialectDoor: DialectREST {
    let key: DialectKey
    let shard: Shard

    private static let path = "/rooms/"

    func handle(_ path: String, _ client: ClientRequest, _ answer: Answer) -> Bool {
        guard path.hasPrefix(Self.path), answer.head.method == .get else { return false }
        let name = PercentCoding.decode(String(path.dropFirst(Self.path.count)))
        guard let name = DialectLimits().roomName(name.map { .string($0) }) else {
            answer.send(HTTPResponse(.badRequest, text: "A room has a name of at most 128 characters.\n"))
            return true
        }
        if key == .devameet {
            if let code = MeetingCode(name) { lead(to: code, answer) } else { refuse(answer) }
        } else if shard.creations.allows(client.address, at: shard.loop.now) {
            let mayCreate = shard.services.config.rooms.creation == .anyone || client.isHost
            open(DialectRoom(key: key, name: name), mayCreate: mayCreate, attempts: 3, answer)
        } else {
            answer.send(HTTPResponse(.tooManyRequests, text: "That was too fast. Try again in a moment.\n"))
        }
        return true
    }

    private func open(_ room: DialectRoom, mayCreate: Bool, attempts: Int, _ answer: Answer) {
        let later = LoopBound((self, answer), on: shard.loop)
        shard.services.store.meeting(ofDialectRoom: room.stored) { result in
            later.execute { door, answer in
                switch result {
                case .success(let code?): door.lead(to: code, answer)
                case .success(nil) where mayCreate && attempts > 0:
                    door.create(room, attempts: attempts, answer)
                case .success(nil): door.refuse(answer)
                case .failure(let error): door.fail(error, answer)
                }
            }
        }
    }

    private func create(_ room: DialectRoom, attempts: Int, _ answer: Answer) {
        var random = SystemRandomSource()
        let letters = random.nextText(MeetingCode.letterCount, from: MeetingCode.alphabet)
        guard let code = MeetingCode(letters) else { return refuse(answer) }
        let record = MeetingRecord(
            code: code, retention: .meeting, createdAt: WallClock.system().milliseconds,
            dialectRoom: room.stored)
        let later = LoopBound((self, answer), on: shard.loop)
        shard.services.store.create(record) { result in
            later.execute { door, answer in
                switch result {
                case .success(true): door.lead(to: code, answer)
                // Somebody else opened the same door at the same moment.
                case .success(false): door.open(room, mayCreate: true, attempts: attempts - 1, answer)
                case .failure(let error): door.fail(error, answer)
                }
            }
        }
    }

    private func lead(to code: MeetingCode, _ answer: Answer) {
        var response = HTTPResponse(.seeOther)
        response.headers.set("Location", "/" + code.text)
        response.headers.set("Cache-Control", "no-store")
        answer.send(response)
    }

    private func refuse(_ answer: Answer) {
        answer.send(
            HTTPResponse(
                .notFound, text: "No meeting is one with this room, and only the host may start one.\n"))
    }

    private func fail(_ error: StorageError, _ answer: Answer) {
        shard.services.log.error("storage failed", [("why", .text(error.description))])
        answer.send(
            HTTPResponse(.serviceUnavailable, text: "The server cannot reach its storage just now.\n"))
    }
}
