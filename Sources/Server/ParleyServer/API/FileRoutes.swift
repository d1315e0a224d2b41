// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import WebServer

/// Files in the chat: sent part by part by who sits in the meeting, fetched by who was told of them.
enum FileRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .post, "/meetings/{code}/files", "Announce a file for the chat, with the token of a seat",
            .ownToken,
            content: .json("NewFile"), success: .json("ChatFile", .created),
            problems: MeetingRoutes.absent + seatless + [
                ("files-off", .forbidden), ("file-refused", .unsupportedMediaType),
                ("file-empty", .badRequest),
                ("file-too-large", .contentTooLarge), ("too-many-files", .conflict),
                ("no-space", .insufficientStorage),
            ], announce),
        APIRoute(
            .put, "/meetings/{code}/files/{file}", "Send the next part of a file", .ownToken,
            query: [("from", "The byte with which the part begins")], content: .bytes,
            success: .json("FileProgress"),
            problems: seatless + [("no-such-file", .notFound), ("wrong-part", .conflict)], take),
        APIRoute(
            .delete, "/meetings/{code}/files/{file}", "Give up a file that no message has", .ownToken,
            success: .nothing, problems: seatless + [("no-such-file", .notFound)], giveUp),
        APIRoute(
            .get, "/files/{file}", "Fetch a file of a chat", .anyone, success: .file(FileShelf.anyType),
            problems: [("no-such-file", .notFound)], fetch),
    ]

    private static let seatless: [(String, HTTPStatus)] = [("no-seat", .unauthorized)]

    private static func announce(_ call: APICall) throws(APIProblem) {
        let (code, sender) = try seat(call)
        let fields = try call.fields()
        let name = try fields.requiredString("name")
        guard let size = try fields.integer("size", 0...Int64.max) else { throw .invalid("size is missing.") }
        guard let shelf = call.services.files else { throw .filesOff }
        call.withMeeting(code) { call, meeting throws(APIProblem) in
            guard meeting.retention != .none else { throw .filesOff }
            let answer = call.later { (call: APICall, isThere: Bool) throws(APIProblem) in
                guard isThere else { throw .noSeat }
                let file = try shelf.begin(name, size: size, in: code, by: sender, now: call.now)
                call.send(file.payload, .created)
            }
            let shards = call.shard.shards
            shards.execute(on: shards.home(of: code)) { answer($0.rooms.holdsSeat(sender, in: code)) }
        }
    }

    private static func take(_ call: APICall) throws(APIProblem) {
        let (code, sender) = try seat(call)
        guard let shelf = call.services.files else { throw .filesOff }
        guard let offset = call.head.query["from"].flatMap({ Int64($0) }), offset >= 0 else {
            throw .invalid("from is the byte with which the part begins.")
        }
        typealias Outcome = Result<FileShelf.Progress, APIProblem>
        let answer = call.later { (call: APICall, outcome: Outcome) throws(APIProblem) in
            let progress = try outcome.get()
            var answer: JSONObject = ["received": .number(JSONNumber(progress.received))]
            if let file = progress.file { answer["file"] = file.payload }
            call.send(.object(answer))
        }
        let body = call.answer.exchange.request.body
        shelf.take(body, of: FileID(call.parameter("file")), at: offset, in: code, by: sender) { answer($0) }
    }

    private static func giveUp(_ call: APICall) throws(APIProblem) {
        let (code, sender) = try seat(call)
        guard let shelf = call.services.files else { throw .filesOff }
        try shelf.giveUp(FileID(call.parameter("file")), in: code, by: sender)
        call.sendNothing()
    }

    /// Whose seat the token is for.
    private static func seat(_ call: APICall) throws(APIProblem) -> (MeetingCode, ParticipantID) {
        let code = try call.meetingCode()
        let words = (call.head.headers["Authorization"] ?? "").split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer",
            let sender = call.services.seats.participant(of: SeatToken(String(words[1])), in: code)
        else { throw .noSeat }
        return (code, sender)
    }

    // MARK: Fetching

    /// Bytes that are read at once, and that may wait for a slow client.
    private static let piece = 256 * 1024

    private static func fetch(_ call: APICall) throws(APIProblem) {
        let id = FileID(call.parameter("file"))
        guard let shelf = call.services.files, let file = shelf.find(id, now: call.now) else {
            throw .noSuchFile
        }
        let response = HTTPResponse(.ok, headers: headers(of: file))
        // Nobody's page is dressed with these headers, so they are not the site's.
        guard let stream = call.answer.exchange.respondStreaming(response) else { return }
        guard call.head.method != .head else { return stream.finish() }
        FileSending(file, from: shelf, to: stream, on: call.shard.loop).next()
    }

    /// Nothing that somebody sent is ever run or shown as part of this site: pictures alone are shown at all.
    static func headers(of file: ChatFile) -> HTTPHeaders {
        let isPicture = file.type != FileShelf.anyType
        var headers = HTTPHeaders()
        headers.set("Content-Type", file.type)
        headers.set("Content-Length", String(file.size))
        headers.set(
            "Content-Disposition",
            "\(isPicture ? "inline" : "attachment"); filename=\"\(plain(file.name))\"; "
                + "filename*=UTF-8''\(extended(file.name))")
        headers.set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
        headers.set("X-Content-Type-Options", "nosniff")
        headers.set("Cross-Origin-Resource-Policy", "same-origin")
        headers.set("Referrer-Policy", "no-referrer")
        headers.set("Cache-Control", isPicture ? "private, max-age=600" : "no-store")
        return headers
    }

    /// For clients that know no other letters. RFC 6266 appendix D.
    private static func plain(_ name: String) -> String {
        String(name.map { $0.isASCII && $0 != "\"" && $0 != "\\" && $0 != "%" ? $0 : "_" })
    }

    /// RFC 8187 §3.2.1: all but its `attr-char` escaped.
    private static func extended(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            let character = Character(Unicode.Scalar(byte))
            if character.isASCII, character.isLetter || character.isNumber || "-._~".contains(character) {
                text.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
    }

    /// One file on its way to a client, a piece at a time: the next one when the last one was taken.
    private final class FileSending {
        private let file: ChatFile
        private let shelf: FileShelf
        private let stream: HTTPResponseStream
        private let loop: EventLoop
        private var sent: Int64 = 0

        init(_ file: ChatFile, from shelf: FileShelf, to stream: HTTPResponseStream, on loop: EventLoop) {
            self.file = file
            self.shelf = shelf
            self.stream = stream
            self.loop = loop
        }

        func next() {
            let later = LoopBound(self, on: loop)
            shelf.read(file.id, from: sent, atMost: piece) { result in later.execute { $0.take(result) } }
        }

        private func take(_ result: Result<[UInt8], APIProblem>) {
            // A file that is deleted meanwhile must not look complete.
            guard stream.isOpen, case .success(let bytes) = result, !bytes.isEmpty else {
                return stream.abort()
            }
            sent += Int64(bytes.count)
            guard sent < file.size else {
                stream.onDrain = nil
                stream.write(bytes)
                return stream.finish()
            }
            stream.onDrain = { [self] in
                stream.onDrain = nil
                next()
            }
            stream.write(bytes)
        }
    }
}

extension APIProblem {
    static let noSeat = APIProblem(
        .unauthorized, "no-seat", "Only who sits in the meeting may send files: show the token of your seat.",
        fields: [("WWW-Authenticate", "Bearer realm=\"parley\"")])
    static let filesOff = APIProblem(
        .forbidden, "files-off", "Files cannot be sent in this meeting.")
}
